"""How long cases and reports are kept, what somebody proposed to erase, doing it as a second person, and what stays."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from casework.casefile import CaseFile, case_name
from casework.client.desk import RemoteDesk
from casework.erasing import erasable_from
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.event import Event
from casework.remains import Remains
from casework.retention import is_on_legal_hold
from casework.vocabulary import kinds
from casework.vocabulary.words import Words, words
from console.web.languages import translations
from console.web.officer.fields import printing
from console.web.officer.opening import at_desk
from console.web.visit import Answer, Elsewhere, Page, Table, Visit

KEEPING = "/cases/keeping"
COLUMNS = ("case", "what", "on", "within_days", "blocked_by")


class Proposal(NamedTuple):
    """Something that somebody proposed to erase.

    Attributes:
        case: Of which case.
        event: The proposal itself.
        groups: What of it, in words.
        since: The first day on which another person can do it.
        blocked: By a legal hold.
        done: The event that did it; nothing while it waits.
    """

    case: CaseFile
    event: Event
    groups: str
    since: date
    blocked: bool
    done: Event | None


class Gone(NamedTuple):
    """What was erased: its name, what is still told of it, who proposed it, who did it, and on which day."""

    name: str
    told: str
    proposed_by: str
    erased_by: str
    on: date


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """What is due, what waits for a second person, and what was erased."""
    return _page(visit, desk, "")


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """What is due as a file; in the language of the page where it is printed."""
    said, rows = words(visit.language), []
    for name, one in desk.endings():
        what = said.word("keeping", one.what) if printing(visit) else one.what
        hold = said.word("keeping", "legal_hold") if printing(visit) else "legal hold"
        rows.append((name, what, str(one.on), one.warning, hold if one.blocked else ""))
    if printing(visit):
        header = tuple(said.word("keeping", name) for name in COLUMNS)
        return Table(translations(visit.language).gettext("Keeping and erasing"), header, tuple(rows))
    return Table("keeping", COLUMNS, tuple(rows))


@at_desk
def erase(visit: Visit, desk: RemoteDesk) -> Answer:
    """Destroy the keys that another person proposed to destroy, once somebody has said that they are sure."""
    uid, proposal = visit.says("case"), visit.says("proposal")
    if visit.says("sure") != "yes":
        return _page(visit, desk, "say that you are sure: nobody can undo it")
    try:
        desk.erase(uid, proposal)
    except (CaseInputError, RefusedError) as error:
        if error.reason == SessionError.reason:
            raise
        if error.reason != NotFoundError.reason:
            return _page(visit, desk, str(error))
        return Elsewhere(KEEPING)  # where the form is sent again after it was done, the list says so
    return Elsewhere(f"{KEEPING}?done=yes")


def _page(visit: Visit, desk: RemoteDesk, fault: str) -> Page:
    said = words(visit.language)
    cases = desk.read_all("supervision")
    found = [one for case in cases for one in proposals(case, said)]
    uids = {case.name: case.uid for case in cases}
    facts = {
        "fault": fault,
        "endings": [(name, uids.get(name, ""), due) for name, due in desk.endings()],
        "waiting": [one for one in found if one.done is None],
        "done_parts": [one for one in found if one.done is not None],
        "gone": list(_gone(desk.remains(), said)),
        "erases": bool(kinds()["erased"].roles & desk.officer.roles),
        "officer": desk.officer.officer_id,
        "today": desk.today,
        "done": visit.asks("done") == "yes",
        "words": said,
    }
    return Page("officer/keeping.html", facts, 422 if fault else 200)


def proposals(case: CaseFile, said: Words) -> Iterator[Proposal]:
    """Everything that somebody proposed to erase of a case, and what became of it."""
    done = {one.text("proposal"): one for one in case.of("erased")}
    for event in case.of("erasure_proposed"):
        groups = said.listed(
            said.word("group", name) for name in event.text("groups").replace(",", " ").split()
        )
        blocked, ended = is_on_legal_hold(case), done.get(event.event_id)
        yield Proposal(case, event, groups, erasable_from(event), blocked, ended)


def _gone(found: Remains, said: Words) -> Iterator[Gone]:
    for one in found.cases:
        years = "\u2013".join(str(year) for year in (one.opened_year, one.closed_year) if year)
        told = said.listed(
            (
                *(said.code("category", code) for code in one.categories),
                said.state(one.host_state),
                said.code("state", one.status),
                years,
            )
        )
        day = datetime.fromtimestamp(one.erased_at, UTC).date()
        yield Gone(case_name(one.case), told, one.proposed_by, one.erased_by, day)
    for report in found.reports:
        kinds_told = (said.code("category", code) for code in report.what)
        told = said.listed((*kinds_told, said.state(report.country), str(report.year)))
        day = datetime.fromtimestamp(report.erased_at, UTC).date()
        yield Gone("", told, report.proposed_by, report.erased_by, day)
