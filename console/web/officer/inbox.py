"""The inbox of anonymous reports: list them, read one, answer, take a file out, open a case from it, erase it by two.

For who takes reports in; for everybody else there are none. What is typed here stays in memory until it is sealed.
"""

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from casework.cleaning import working_copy
from casework.client.desk import RemoteDesk
from casework.erasing_tips import first_day
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.retention import Retention, report_retention, retention_rules
from casework.tip import INTAKE, REPORTER
from casework.tips import Report
from casework.vocabulary import kinds
from casework.vocabulary.words import Words, words
from console.web.languages import translations
from console.web.officer.fields import fault_of, own_of, printing, request_id_of, statement_of, typed_of
from console.web.officer.opening import at_desk
from console.web.officer.starting import OPENED, opening_form
from console.web.visit import Answer, Document, Elsewhere, Page, Table, Visit

INBOX = "/cases/reports"
MAX_ANSWER = 20_000  # signs, as on the form of who reports
COLUMNS = ("report", "came_in", "country", "month", "what", "messages", "mailbox", "case", "erase_on")
_MARKS = ((b"\xff\xd8", "jpg"), (b"\x89PNG", "png"), (b"RIFF", "webp"), (b"%PDF", "pdf"))
_DONE = frozenset({"answered", "proposed", "erased"})


def takes_in(desk: RemoteDesk) -> bool:
    """Whether there are anonymous reports for this officer at all."""
    return bool(desk.officer.roles & INTAKE)


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """Every report, those first that wait for an answer."""
    said = words(visit.language)
    found = sorted(desk.tips() if takes_in(desk) else (), key=lambda one: not one.waits)
    facts = {
        "rows": [(one, _kinds(one, said), said.state(one.tip.country), _mailbox(one)) for one in found],
        "takes_in": takes_in(desk),
        "waiting": sum(one.waits for one in found),
        "ends": {one.uid: _ends(one, desk.today) for one in found},
        "done": visit.asks("done") if visit.asks("done") in _DONE else "",
        "words": said,
    }
    return Page("officer/reports.html", facts)


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """The list as a file, without what was told; in the language of the page where it is printed."""
    said, prints = words(visit.language), printing(visit)
    rows = [
        (
            one.name,
            one.messages[0].week,
            said.state(one.tip.country) if prints else one.tip.country,
            one.tip.month,
            _kinds(one, said) if prints else ";".join(one.tip.what),
            len(one.messages),
            said.word("inbox", _mailbox(one)) if prints else _mailbox(one),
            (said.word("inbox", "opened") if prints else "opened") if one.has_case else "",
            str(_ends(one, desk.today).on),
        )
        for one in (desk.tips() if takes_in(desk) else ())
    ]
    if prints:
        return Table(
            said.word("inbox", "reports"), tuple(said.word("inbox", one) for one in COLUMNS), tuple(rows)
        )
    return Table("reports", COLUMNS, tuple(rows))


@at_desk
def read(visit: Visit, desk: RemoteDesk) -> Answer:
    """One report with all messages, and the form of an answer; what was typed before the desk was closed is there."""
    report = desk.tip(visit.asks("id"))
    kept = visit.works.desks.take(visit.who.key, visit.page, desk.officer.officer_id, visit.now)
    return _report(visit, desk, report, kept.get("text", ("",))[0])


@at_desk
def answer(visit: Visit, desk: RemoteDesk) -> Answer:
    """Answer the reporter; a form that is sent twice is one message."""
    report, text = desk.tip(visit.asks("id")), visit.says("text").replace("\r\n", "\n").strip()
    why = "needed" if not text else ""
    try:
        if not why:
            desk.answer_tip(report.uid, text, request_id=request_id_of(visit))
    except (CaseInputError, RefusedError) as error:
        why = _refused(error)
    if why:
        return _report(visit, desk, report, text, {"text": why})
    return Elsewhere(f"/cases/report?id={report.name}&done=answered")


@at_desk
def file(visit: Visit, desk: RemoteDesk) -> Answer:
    """The file of a message: of a picture the copy without what is hidden in it, or as it came if that is asked for."""
    report, number = desk.tip(visit.asks("id")), visit.says("message")
    held = dict(enumerate(report.messages, 1))
    content = held[int(number)].file if number.isdecimal() and int(number) in held else b""
    original = visit.says("original") == "yes"
    given = content if original else working_copy(content)
    if not content or given is None:
        why = "of this file no working copy can be made" if content else "this message has no file"
        return _report(visit, desk, report, "", {"": why})
    kind = "original" if original else "copy"
    name = f"{report.name}-{int(number)}-{kind}.{_ending(given)}"
    return Document(name, "application/octet-stream", given)


@at_desk
def ask_case(visit: Visit, desk: RemoteDesk) -> Answer:
    """The form of a case, with what kind of thing it was and where filled in; nothing else of what was told."""
    report = desk.tip(visit.asks("id"))
    kept = visit.works.desks.take(visit.who.key, visit.page, desk.officer.officer_id, visit.now)
    usual = {
        "owner": desk.officer.officer_id,
        "sensitivity": "normal",
        "categories": ", ".join(report.tip.what),
        "host_state": report.tip.country,
    }
    return opening_form(visit, desk, typed_of(OPENED, kept) if kept else usual, {}, from_report=report.name)


@at_desk
def open_case(visit: Visit, desk: RemoteDesk) -> Answer:
    """Open a case that names the report as its source, and tell the reporter so; go there."""
    report, typed = desk.tip(visit.asks("id")), typed_of(OPENED, visit.form)
    whole = {**typed, "public_ref": secrets.token_hex(8)}
    statement, faults = statement_of(OPENED, whole, own_of(visit.form), desk.today)
    if statement is not None:
        owners = () if typed["owner"] == desk.officer.officer_id else (typed["owner"],)
        try:
            uid = desk.open_from_tip(
                report.uid,
                replace(statement, sources=(report.name,)),
                owners,
                request_id=request_id_of(visit),
            )
        except (CaseInputError, RefusedError) as error:
            faults = fault_of(OPENED, error) if _refused(error) else {}
        else:
            return Elsewhere(f"/case?id={uid}&done={OPENED}")
    return opening_form(visit, desk, typed, faults, from_report=report.name)


@at_desk
def erase(visit: Visit, desk: RemoteDesk) -> Answer:
    """Propose that a report be erased, which tells the reporter; or destroy it, as another person proposed."""
    try:
        report = desk.tip(visit.asks("id"))
    except RefusedError as error:
        if error.reason != NotFoundError.reason:
            raise
        return Elsewhere(INBOX)  # where the form is sent again after it was done, the list says so
    try:
        if visit.says("act") == "propose":
            desk.propose_tip_erasure(report.uid)
            return Elsewhere(f"/cases/report?id={report.name}&done=proposed")
        if visit.says("sure") != "yes":
            return _report(visit, desk, report, "", {"": "say that you are sure: nobody can undo it"})
        desk.erase_tip(report.uid)
    except (CaseInputError, RefusedError) as error:
        return _report(visit, desk, report, "", {"": _refused(error)})
    return Elsewhere(f"{INBOX}?done=erased")


def _refused(error: CaseInputError | RefusedError) -> str:
    """Why something was refused; that nobody is signed in, or there is no such report, is answered elsewhere."""
    if error.reason in {SessionError.reason, NotFoundError.reason}:
        raise error
    return str(error)


def _report(
    visit: Visit, desk: RemoteDesk, report: Report, text: str, faults: Mapping[str, str] | None = None
) -> Page:
    said, proposal = words(visit.language), report.proposal
    facts = {
        "report": report,
        "kinds": _kinds(report, said),
        "country": said.state(report.tip.country),
        "reasons": [said.code("not_reported", code) for code in report.tip.not_reported],
        "messages": [
            (number, one, one.author == REPORTER, working_copy(one.file) is not None if one.file else None)
            for number, one in enumerate(report.messages, 1)
        ],
        "text": text,
        "most": MAX_ANSWER,
        "faults": faults or {},
        "names": {"text": translations(visit.language).gettext("Your answer")},
        "ends": _ends(report, desk.today),
        "proposal": proposal,
        "erased_from": first_day(proposal.week) if proposal else None,
        "own": proposal is not None and proposal.author == desk.officer.officer_id,
        "today": desk.today,
        "opens": bool(kinds()[OPENED].roles & desk.officer.roles),
        "done": visit.asks("done") if visit.asks("done") in _DONE else "",
        "request_id": request_id_of(visit) if faults else "",
        "fresh": request_id_of(replace(visit, form={})),
        "words": said,
    }
    return Page("officer/report.html", facts, 422 if faults else 200)


def _ends(report: Report, today: date) -> Retention:
    return report_retention(report.last_day, today, retention_rules())


def _kinds(report: Report, said: Words) -> str:
    return said.listed(said.code("category", code) for code in report.tip.what)


def _mailbox(report: Report) -> str:
    if report.proposal:
        return "erasing"
    return "waits" if report.waits else "answered"


def _ending(content: bytes) -> str:
    return next((end for mark, end in _MARKS if content.startswith(mark)), "bin")
