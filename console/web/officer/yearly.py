"""The yearly table in the form of the Secretary-General's report: two years; what nobody reported is no zero.

Our own cases are counted from those that an officer may read. Staff of the United Nations Security Management
System and area staff of UNRWA come from a file of counts, as for `tocsin yearly`, and are never added up with anything.
"""

from collections.abc import Mapping
from typing import NamedTuple

from casework.client.desk import RemoteDesk
from casework.report.counts import YEARLY
from casework.report.names import Report
from casework.report.page import Table as Counted
from casework.report.telling import DASH
from casework.reports import Wanted
from casework.vocabulary.words import Words, words
from console.cells import Cell
from console.exports import read_counts
from console.web.languages import translations
from console.web.officer.fields import printing
from console.web.officer.opening import at_desk
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from node.errors import NodeError
from node.yearly import HEADER, UNRWA, UNSMS
from node.yearly import yearly as lines_of

PATH = "/cases/yearly"
MAX_BYTES = 1 << 20  # of a file of counts
OURS = "own_cases"
ROWS = (
    *(
        "affected",
        "deaths",
        "deaths_violence",
        "deaths_violence_local",
        "deaths_safety",
        "deaths_safety_local",
    ),
    *(
        "injuries",
        "injuries_violence",
        "injuries_safety",
        "abducted",
        "sexual_assault",
        "detained",
        "harassed",
    ),
    *("not_itemised", *YEARLY[YEARLY.index("locally_recruited") :]),
)
Years = dict[str, dict[int, Mapping[str, int | None]]]  # by whose, year and what


class Line(NamedTuple):
    """A figure of a year beside that of another; `None` is what nobody reported."""

    what: str
    number: int | None
    before: int | None

    @property
    def change(self) -> int | None:
        """From the one to the other, where both were reported."""
        return None if self.number is None or self.before is None else self.number - self.before


class Shown(NamedTuple):
    """The table: of which years, all that there are, and the lines of each whose figures they are."""

    year: int
    before: int
    years: tuple[int, ...]
    groups: tuple[tuple[str, tuple[Line, ...]], ...]


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """The table of a year beside another."""
    return _page(visit, desk, "gone" if visit.asks("file") and not _content(visit) else "", 200)


@at_desk
def bring(visit: Visit, desk: RemoteDesk) -> Answer:
    """Take a file of counts, which waits for half an hour in this session alone."""
    sent = [one for one in visit.files.get("file", ()) if one.size][:1]
    if not sent:
        return _page(visit, desk, "none", 422)
    content = sent[0].content.read(MAX_BYTES)
    try:
        lines_of(read_counts(content))
    except NodeError as error:
        return _page(visit, desk, str(error), 422)
    sent[0].content.seek(0)
    files = {"file": (sent[0].name[:200], sent[0].content)}
    token = visit.works.tray.put(visit.sitting.key, visit.works.home.path, files, visit.now)
    return Elsewhere(f"{PATH}?file={token}")


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same as a list: a dash is what nobody reported, and in JSON nothing."""
    said, shown = words(visit.language), _shown(visit, desk)
    plain = visit.path.endswith(".json")
    prints = printing(visit)

    def cell(number: int | None) -> Cell:
        return DASH if number is None and not plain and not prints else number

    gettext = translations(visit.language).gettext
    rows = tuple(
        (
            _whose(of, visit.language) if prints else of,
            _named(line.what, said, visit.language) if prints else line.what,
            *map(cell, (line.number, line.before, line.change)),
        )
        for of, lines in shown.groups
        for line in lines
    )
    header = ("of", "what", str(shown.year), str(shown.before), "change")
    if prints:
        header = (gettext("Whose"), said.word("say", "what"), *header[2:4], said.field("change"))
        notes = {said.word("level", "internal"): said.word("say", "not_reported")}
        return Table(said.word("report", "yearly"), header, rows, notes=notes)
    notes = {
        "unit": "affected persons; harassed and the follow-up: cases",
        "of": "own cases, UNSMS and UNRWA staff are never added up",
        "dash": "not reported, not zero",
        "for": "internal use",
    }
    return Table("yearly", header, rows, notes=notes)


def _page(visit: Visit, desk: RemoteDesk, fault: str, status: int) -> Answer:
    said, shown = words(visit.language), _shown(visit, desk)
    facts = {
        "shown": shown,
        "groups": [
            (of, _whose(of, visit.language), [(one, _named(one.what, said, visit.language)) for one in lines])
            for of, lines in shown.groups
        ],
        "file": visit.asks("file") if _content(visit) else "",
        "name": _name(visit),
        "fault": fault,
        "words": said,
    }
    return Page("officer/yearly.html", facts, status)


def _shown(visit: Visit, desk: RemoteDesk) -> Shown:
    found = _ours(desk) | _brought(visit)
    years = tuple(sorted({year for lines in found.values() for year in lines}, reverse=True))
    year = _year(visit.asks("year"), years) or (years[0] if years else 0)
    before = _year(visit.asks("before"), years) or year - 1
    groups = tuple(
        (of, _lines(lines.get(year, {}), lines.get(before, {}), named=of != OURS))
        for of, lines in found.items()
        if lines
    )
    return Shown(year, before, years, groups)


def _lines(now: Mapping[str, int | None], then: Mapping[str, int | None], *, named: bool) -> tuple[Line, ...]:
    """A line for each row; of staff those of the report, of our cases those that cases are counted by."""
    kept = set(HEADER) if named else set(YEARLY)
    return tuple(Line(what, now.get(what), then.get(what)) for what in ROWS if what in kept)


def _ours(desk: RemoteDesk) -> Years:
    """Figures of the cases that this officer may read, by year."""
    table = desk.report_page(Wanted(Report.YEARLY, language="en")).sections[0]
    assert isinstance(table, Counted), "the first part of this report is its table"
    years = [int(year) for year in table.header[1:]]
    cells = dict(zip(YEARLY, (row[1:] for row in table.rows), strict=True)) if years else {}
    return {
        OURS: {year: {what: _number(row[at]) for what, row in cells.items()} for at, year in enumerate(years)}
    }


def _number(cell: str) -> int | None:
    return None if cell == DASH else int(cell.replace(",", ""))


def _brought(visit: Visit) -> Years:
    """Figures of the file that was brought, by whose staff and year."""
    found: Years = {}
    for year, of, *cells in lines_of(read_counts(content)) if (content := _content(visit)) else ():
        numbers = {
            what: cell for what, cell in zip(HEADER[2:], cells, strict=True) if not isinstance(cell, str)
        }
        found.setdefault(str(of), {})[int(str(year))] = numbers
    return {of: found[of] for of in (UNSMS, UNRWA) if of in found}


def _content(visit: Visit) -> bytes:
    kept = (
        visit.works.tray.find(visit.sitting.key, visit.asks("file"), visit.now) if visit.asks("file") else {}
    )
    return kept["file"].content if "file" in kept else b""


def _name(visit: Visit) -> str:
    kept = (
        visit.works.tray.find(visit.sitting.key, visit.asks("file"), visit.now) if visit.asks("file") else {}
    )
    return kept["file"].name if "file" in kept else ""


def _year(text: str, years: tuple[int, ...]) -> int:
    return int(text) if text in {str(one) for one in years} else 0


def _whose(of: str, language: str) -> str:
    gettext = translations(language).gettext
    told = {
        OURS: gettext("Cases of this organization"),
        UNSMS: gettext("Staff of the United Nations Security Management System (UNSMS)"),
        UNRWA: gettext("Area staff of UNRWA"),
    }
    return told[of]


def _named(what: str, said: Words, language: str) -> str:
    gettext = translations(language).gettext
    own = {
        "deaths": gettext("Deaths"),
        "injuries": gettext("Injuries"),
        "deaths_violence_local": gettext("Of deaths by violence: locally recruited"),
        "deaths_safety_local": gettext("Of deaths by accident or illness: locally recruited"),
        "not_itemised": gettext("Affected, and in no line of this table"),
    }
    return own.get(what) or said.word("say", what)
