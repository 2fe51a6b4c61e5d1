"""Reports as pages to print, in a language of their own: the sheet of a host State and the dossier of a case.

What may stand in one is decided where it is read, as for the files of the command line, which are taken away from here.
"""

from datetime import date
from typing import NamedTuple

from casework.casefile import case_name
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, FieldError, NotFoundError, RefusedError, SessionError
from casework.report.names import Report
from casework.report.page import Page as Sheet
from casework.report.page import Table
from casework.report.telling import Level
from casework.reports import Wanted
from casework.vocabulary.words import LANGUAGES, words
from console.web.languages import LANGUAGES as NAMES
from console.web.officer.cases import part_of
from console.web.officer.opening import at_desk
from console.web.officer.papers import TYPES
from console.web.visit import Answer, Document, Page, Visit
from crypto.sentence import Sentence
from node.codes import code_list

STATE, DOSSIER = "/cases/state", "/case/dossier"
STYLES = ("html", "pdf", "csv")  # files that the command line writes, at the page's own address
DAYS = ("first", "last", "as_of", "known_as_of")
ACROSS = 6  # a table of more columns is printed across the paper


class Asked(NamedTuple):
    """What somebody asks for, and what is wrong with it by field."""

    wanted: Wanted
    faults: dict[str, str]


@at_desk
def show_state(visit: Visit, desk: RemoteDesk) -> Answer:
    """The sheet of a host State for a period."""
    return _show(visit, desk, Report.STATE, STATE)


@at_desk
def show_dossier(visit: Visit, desk: RemoteDesk) -> Answer:
    """The dossier of a case for one kind of reader."""
    return _show(visit, desk, Report.DOSSIER, DOSSIER)


@at_desk
def take_state(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same sheet as the file that the command line writes."""
    return _file(visit, desk, Report.STATE)


@at_desk
def take_dossier(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same dossier as the file that the command line writes."""
    return _file(visit, desk, Report.DOSSIER)


def _show(visit: Visit, desk: RemoteDesk, report: Report, path: str) -> Answer:
    said, asked = words(visit.language), _asked(visit, report)
    case = desk.read(asked.wanted.uid) if report is Report.DOSSIER else None
    sheet, faults = None, asked.faults
    if not faults and (case is not None or asked.wanted.state):
        try:
            sheet = desk.report_page(asked.wanted)
        except (CaseInputError, RefusedError) as error:
            if error.reason in {SessionError.reason, NotFoundError.reason}:
                raise
            faults = {"": str(error)}
    behind = f"?{visit.query}" if visit.query else ""
    facts = {
        "report": report,
        "path": path,
        "case": case,
        "sheet": sheet,
        "parts": [part_of(one, sheet.language) for one in sheet.sections] if sheet else [],
        "across": sheet is not None and _is_wide(sheet),
        "files": [(style, f"{path}.{style}{behind}") for style in STYLES] if sheet else [],
        "levels": [(one, said.word("level", one)) for one in Level],
        "written_in": [(code, NAMES[code]) for code in LANGUAGES],
        "wanted": asked.wanted,
        "days": {name: visit.asks(name) for name in DAYS},
        "names": {
            "state": said.field("host_state"),
            "first": said.pair(said.word("say", "incident_date"), "≥"),
            "last": said.pair(said.word("say", "incident_date"), "≤"),
            "as_of": said.word("say", "as_of"),
            "known_as_of": said.word("say", "known_as_of"),
        },
        "faults": faults,
        "words": said,
    }
    return Page("officer/sheet.html", facts, 422 if faults else 200)


def _file(visit: Visit, desk: RemoteDesk, report: Report) -> Answer:
    wanted, faults = _asked(visit, report)
    if faults:
        raise FieldError(*next(iter(faults.items())))
    style = visit.path.rpartition(".")[2]
    content = desk.report(wanted, style)
    of = case_name(wanted.uid) if report is Report.DOSSIER else wanted.state
    return Document(f"{report}-{of}-{wanted.language}.{style}", TYPES[style], content)


def _asked(visit: Visit, report: Report) -> Asked:
    faults: dict[str, str] = {}
    days: list[date | None] = []
    for name in DAYS:
        try:
            days.append(date.fromisoformat(visit.asks(name).strip()) if visit.asks(name).strip() else None)
        except ValueError:
            faults[name] = "write a day like 2015-03-14"
    if not faults and days[0] and days[1] and days[0] > days[1]:
        faults["last"] = Sentence("it is before the first day")
    state = visit.asks("state")
    if state and state not in code_list("country").codes:
        faults["state"] = "choose one of the list"
    if faults:
        days = [None] * len(DAYS)
    first, last, valid, known = days
    language = visit.asks("language") if visit.asks("language") in LANGUAGES else visit.language
    level = visit.asks("level") if visit.asks("level") in set(Level) else Level.INTERNAL
    uid = visit.asks("id") if report is Report.DOSSIER else ""
    return Asked(Wanted(report, uid, level, language, state, valid, known, first, last), faults)


def _is_wide(sheet: Sheet) -> bool:
    return any(isinstance(one, Table) and len(one.header) > ACROSS for one in sheet.sections)
