"""Every report and every letter by its name, as a page; what may stand in it is asked where it is read (`paper`)."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from casework.desk import Desk
from casework.erasing import graves
from casework.errors import FieldError
from casework.figures.facts import Facts
from casework.figures.gather import facts_of, facts_of_erased
from casework.figures.tables import ages, funnel, years
from casework.letter import Draft
from casework.paper import read_all_for, read_all_to_count, read_for, write_letter, write_yearly
from casework.printing.data import write_page
from casework.printing.html import html
from casework.printing.plain import plain
from casework.printing.sheet import sheet
from casework.printing.svg import svg_of
from casework.recovering import notices_for
from casework.report.counts import ageing
from casework.report.counts import yearly as yearly_page
from casework.report.dossier import dossier
from casework.report.lists import correction, detention_bulletin, state_sheet, timeline_page, work_list
from casework.report.names import OF_ONE_CASE, Report
from casework.report.page import Page
from casework.report.reading import Reading
from casework.report.telling import Level, Telling
from casework.retention import Retention, report_retention, retention, retention_rules
from casework.tips import list_tips
from casework.vocabulary.words import words

YEARLY = "yearly_request"
MAX_DAYS = 3660  # within which an answer can be asked for
E = TypeVar("E", bound=StrEnum)


class Wanted(NamedTuple):
    """A report that somebody asks for.

    Attributes:
        report: One of `Report`.
        uid: Of the case, for those of one case.
        level: One of `Level`.
        language: One of the six.
        state: Host State, for the report `state`.
        valid_as_of: As it stood on that day; `None` for today.
        known_as_of: By what was known on that day; likewise.
        first: For the report `state`: only incidents that may have been on that day or later; `None` for all.
        last: Likewise, on that day or earlier.
    """

    report: str
    uid: str = ""
    level: str = Level.INTERNAL
    language: str = "en"
    state: str = ""
    valid_as_of: date | None = None
    known_as_of: date | None = None
    first: date | None = None
    last: date | None = None


class WantedLetter(NamedTuple):
    """A letter that somebody asks for; without a case it is the yearly request to a State.

    Attributes:
        uid: Of the case; empty for the yearly request.
        kind: One of `letter.KINDS`; of no meaning for the yearly request.
        state: To which State the yearly request goes.
        language: One of the six.
        sender: Name of the organization as it signs.
        counterpart: Id of the addressee; empty for the first of the case.
        names: Whether persons affected are named.
        place: Whether the place of the incident is told.
        text: A paragraph of the officer's own; empty for none.
        days: Within how many days an answer is asked for; 0 is what rule D5 says.
    """

    uid: str = ""
    kind: str = ""
    state: str = ""
    language: str = "en"
    sender: str = ""
    counterpart: str = ""
    names: bool = False
    place: bool = False
    text: str = ""
    days: int = 0


def report_page(desk: Desk, wanted: Wanted) -> Page:
    """Read for a report, which is written down, and make its page.

    Raises:
        FieldError: There is no such report, level or language, or the State is not said.
        CaseworkError: The case is not for this officer, or may not stand in such a report.
    """
    report = _one_of(Report, "report", wanted.report)
    level = _one_of(Level, "level", wanted.level)
    telling, days = Telling(words(wanted.language), level), (wanted.valid_as_of, wanted.known_as_of)
    if report in OF_ONE_CASE:
        reading = read_for(desk, wanted.uid, level, *days)
        if report is Report.CORRECTION:
            return correction(reading.case, telling)
        return (dossier if report is Report.DOSSIER else timeline_page)(reading, telling)
    if report is Report.STATE and not wanted.state:
        raise FieldError("state", "say which host State")
    read_all = read_all_to_count if report is Report.YEARLY else read_all_for
    found, day = read_all(desk, level, *days), wanted.valid_as_of or desk.today
    pages: Mapping[Report, Callable[[], Page]] = {
        Report.STATE: lambda: state_sheet(wanted.state, found, telling, (wanted.first, wanted.last)),
        Report.WORKLIST: lambda: work_list(
            desk.officer.officer_id,
            (due for one in found for due in one.due),
            telling,
            notices_for(desk) if level is Level.INTERNAL else (),
        ),
        Report.AGEING: lambda: ageing(ages(_facts(desk, found), day), funnel(_facts(desk, found)), telling),
        Report.YEARLY: lambda: yearly_page(years(_facts(desk, found)), telling),
        Report.DETENTION: lambda: detention_bulletin(found, telling),
    }
    return pages[report]()


def letter_page(desk: Desk, wanted: WantedLetter) -> tuple[Page, int]:
    """Write a letter, and tell how many open cases may not stand in it.

    Raises:
        FieldError: There is no such kind or language, or neither case nor State is said.
        CaseInputError: It could not be sent, or what the letter needs is missing.
        NotFoundError: There is no such case, or it is not for this officer.
    """
    if not wanted.uid and not wanted.state:
        raise FieldError("state", "say to which State the yearly request goes")
    if wanted.days > MAX_DAYS:
        raise FieldError("days", "at most {most}", most=MAX_DAYS)
    draft = Draft(
        wanted.kind if wanted.uid else YEARLY,
        wanted.sender,
        desk.today,
        desk.today + timedelta(days=wanted.days or desk.rules["D5"].days["reply"]),
        wanted.counterpart,
        wanted.names,
        wanted.place,
        wanted.text,
    )
    if wanted.uid:
        return write_letter(desk, wanted.uid, draft, words(wanted.language)), 0
    return write_yearly(desk, wanted.state, draft, words(wanted.language))


class Ending(NamedTuple):
    """What is due of a case or an anonymous report by its name, and when."""

    name: str
    due: Retention


def endings(desk: Desk) -> tuple[Ending, ...]:
    """What is to be erased or looked at soon, of the cases of this officer and the reports that they take in.

    Raises:
        AuditError: The read could not be written down.
    """
    rules = retention_rules()
    found = [Ending(case.name, one) for case in desk.read_all() for one in retention(case, desk.today, rules)]
    found += [Ending(tip.name, report_retention(tip.last_day, desk.today, rules)) for tip in list_tips(desk)]
    return tuple(one for one in found if one.due.warning is not None)


def printed(page: Page, style: str) -> bytes:
    """A page as a file: `table` is plain text, then `csv`, `html`, `svg`, and `json` for programs.

    Raises:
        FieldError: It is written in no such way.
    """
    if style not in _PRINTERS:
        raise FieldError(
            "format", "{style!r} is none of {printers}", style=style[:40], printers=", ".join(_PRINTERS)
        )
    return _PRINTERS[style](page)


_PRINTERS: Mapping[str, Callable[[Page], bytes]] = MappingProxyType(
    {"table": plain, "csv": sheet, "html": html, "svg": svg_of, "json": write_page}
)


def _facts(desk: Desk, found: tuple[Reading, ...]) -> list[Facts]:
    """What each case contributes, and what still counts of those whose keys were destroyed."""
    return [
        *(facts_of(one.case, desk.rules) for one in found),
        *map(facts_of_erased, graves(desk.database)),
    ]


def _one_of(kind: type[E], field: str, text: str) -> E:
    try:
        return kind(text)
    except ValueError as error:
        raise FieldError(field, "{text!r} is none of {kind}", text=text[:40], kind=", ".join(kind)) from error
