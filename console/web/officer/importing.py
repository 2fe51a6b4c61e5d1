"""Import old cases: what a file holds and what is wrong with it is seen first; then case by case, with how far it is.

The file waits in memory alone, with the open desk: it is of cases.
"""

from collections import Counter
from collections.abc import Mapping
from threading import Thread

from casework.casefile import case_name
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, CaseworkError
from casework.importing import Imported, foresee
from casework.intake.rows import COLUMNS as FILE_COLUMNS
from casework.vocabulary import kinds
from casework.vocabulary.words import words
from console.errors import NoPageError
from console.web.officer.opening import at_desk
from console.web.officer.starting import OPENED
from console.web.unlocked import Run
from console.web.visit import Answer, Document, Elsewhere, Page, Table, Visit

IMPORT = "/cases/import"
MAX_BYTES = 8 << 20
SHOWN = 100  # cases, and problems, of which a page tells; the file has all
SECONDS = 3  # until the page of an import that runs is asked for again
COLUMNS = ("in_the_file", "case", "result", "events", "row", "column", "problem")


@at_desk
def ask(visit: Visit, desk: RemoteDesk) -> Answer:
    """The form that a file is sent with; where an import runs, how far it is."""
    _may(desk)
    if visit.works.desks.running(visit.sitting.key) is not None and visit.asks("new") != "yes":
        return Elsewhere(f"{IMPORT}/progress")
    return _form(visit, "gone" if visit.asks("gone") else "", 200)


@at_desk
def take(visit: Visit, desk: RemoteDesk) -> Answer:
    """Keep a file until somebody has decided about it; nothing is imported."""
    _may(desk)
    sent = visit.files.get("file", ())
    if not sent:
        return _form(visit, "none", 422)
    try:
        text = sent[0].content.read().decode("utf-8-sig")
        foresee(desk, text)
    except UnicodeDecodeError:
        return _form(visit, "content: is not UTF-8 text", 422)
    except CaseInputError as error:
        return _form(visit, str(error), 422)
    token = visit.works.desks.hold(visit.sitting.key, text)
    return Elsewhere(f"{IMPORT}/preview?file={token}")


@at_desk
def look(visit: Visit, desk: RemoteDesk) -> Answer:
    """What the file holds and what would come of it; nothing is changed."""
    _may(desk)
    text = visit.works.desks.held(visit.sitting.key, visit.asks("file"))
    if not text:
        return Elsewhere(f"{IMPORT}?gone=1")
    facts = {"file": visit.asks("file"), **_told(foresee(desk, text)), "words": words(visit.language)}
    return Page("officer/import_preview.html", facts)


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same as a file, each problem in a row of its own.

    Raises:
        NoPageError: The file does not wait here any more.
    """
    _may(desk)
    text = visit.works.desks.held(visit.sitting.key, visit.asks("file"))
    if not text:
        raise NoPageError("there is no such page")
    return Table("import", COLUMNS, _rows(foresee(desk, text)))


@at_desk
def start(visit: Visit, desk: RemoteDesk) -> Answer:
    """Begin to take in what was shown; sent twice, it is begun once."""
    _may(desk)
    desks, key = visit.works.desks, visit.sitting.key
    text = desks.held(key, visit.says("file"))
    if not text:
        going = desks.running(key) is not None
        return Elsewhere(f"{IMPORT}/progress" if going else f"{IMPORT}?gone=1")
    run = Run(sum(not one.problems for one in foresee(desk, text)))
    if desks.begin(key, visit.says("file"), run):
        Thread(target=_import, args=(desk, text, run), daemon=True, name="import of cases").start()
    return Elsewhere(f"{IMPORT}/progress")


@at_desk
def forget(visit: Visit, desk: RemoteDesk) -> Answer:
    """Do not import the file, and forget it."""
    _may(desk)
    visit.works.desks.let_go(visit.sitting.key)
    return Elsewhere(IMPORT)


@at_desk
def progress(visit: Visit, desk: RemoteDesk) -> Answer:
    """How far an import is; and when it is over, what became of each case."""
    _may(desk)
    run = visit.works.desks.running(visit.sitting.key)
    if run is None:
        return Elsewhere(IMPORT)
    done = tuple(run.done)
    facts = {
        "whole": run.whole,
        "done": sum(not one.problems for one in done),
        "over": run.over,
        "stopped": run.stopped,
        **_told(done),
        "words": words(visit.language),
    }
    return Page("officer/import_progress.html", facts, again=0 if run.over else SECONDS)


@at_desk
def take_result(visit: Visit, desk: RemoteDesk) -> Answer:
    """What became of each case as a file.

    Raises:
        NoPageError: Nothing was imported in this session.
    """
    _may(desk)
    run = visit.works.desks.running(visit.sitting.key)
    if run is None:
        raise NoPageError("there is no such page")
    return Table("import", COLUMNS, _rows(tuple(run.done)))


def empty_file(_visit: Visit) -> Answer:
    """The file with its first row alone, to fill in."""
    return Document("old-cases.csv", "text/csv", (",".join(FILE_COLUMNS) + "\r\n").encode("utf-8-sig"))


def _import(desk: RemoteDesk, text: str, run: Run) -> None:
    """Take a file in case by case; each is whole or not at all, so it may stop anywhere."""
    try:
        for one in desk.importing(text):
            run.done.append(one)
    except CaseworkError as error:
        run.stopped = str(error)
    finally:
        run.over = True


def _may(desk: RemoteDesk) -> None:
    if not kinds()[OPENED].roles & desk.officer.roles:
        raise NoPageError("there is no such page")


def _form(visit: Visit, fault: str, status: int) -> Page:
    facts = {"fault": fault, "megabytes": MAX_BYTES >> 20, "words": words(visit.language)}
    return Page("officer/import.html", facts, status)


def _told(found: tuple[Imported, ...]) -> Mapping[str, object]:
    problems = [(one.case_id, *problem) for one in found for problem in one.problems]
    return {
        "counts": Counter(one.result for one in found),
        "events": sum(one.events for one in found),
        "cases": [(one, case_name(one.uid) if one.uid else "") for one in found[:SHOWN]],
        "more": max(0, len(found) - SHOWN),
        "problems": problems[:SHOWN],
        "all_problems": len(problems),
    }


def _rows(found: tuple[Imported, ...]) -> tuple[tuple[str | int | None, ...], ...]:
    return tuple(
        (one.case_id, case_name(one.uid) if one.uid else "", one.result, one.events, row, column, why)
        for one in found
        for row, column, why in (one.problems or ((None, "", ""),))
    )
