"""Rows of a file of old cases, each one dated event; every problem is named with its row and its column."""

import csv
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from casework.errors import FieldError
from casework.span import Basis, Range, Span, parse_range
from casework.values import MAX_TEXT, STATE
from crypto.sentence import Sentence

COLUMNS = (
    "case_id",
    "event_no",
    "date_from",
    "date_to",
    "known_on",
    "event_type",
    "forum",
    "state_iso3",
    "subjects",
    "qty",
    "outcome",
    "basis",
    "source",
    "note",
)
_PATTERNS = {
    "case_id": (
        re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
        Sentence("write letters, digits, dots, hyphens, at most 64"),
    ),
    "event_no": (re.compile(r"[1-9][0-9]{0,5}"), Sentence("write a number, 1, 2, 3...")),
    "event_type": (re.compile(r".+", re.DOTALL), Sentence("is empty")),
    "state_iso3": (
        re.compile(rf"(?:{STATE.pattern})?"),
        Sentence("write a country code of three letters, like SSD"),
    ),
    "basis": (re.compile(r"(?:read|memory)?"), Sentence("write read or memory")),
}
_FORMULA = ("=", "+", "-", "@", "\t", "'")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Problem(NamedTuple):
    """What is wrong with a row: the number of the row, where the header is 1, its column, and why."""

    row: int
    column: str
    why: str


class Row(NamedTuple):
    """One row that can be read.

    Attributes:
        number: Number of the row in the file, where the header is 1; 0 for one that comes from a case.
        cells: Text of every column.
        when: The days.
        known_on: Since when it is known; the last of the days where nothing is said.
        quantity: How many; nothing for none said, or 0.
    """

    number: int
    cells: Mapping[str, str]
    when: Span
    known_on: date
    quantity: Range | None

    @property
    def case_id(self) -> str:
        """What the file calls the case."""
        return self.cells["case_id"]

    @property
    def id(self) -> str:
        """Id of the row inside its case, as a source of what it says."""
        return f"row-{self.cells['event_no']}"


class CaseRows(NamedTuple):
    """The rows of one case in a file that can be read, in their order, and what is wrong with the others."""

    rows: list[Row]
    problems: list[Problem]


def read_rows(text: str, today: date) -> dict[str, CaseRows]:
    """Read a file: rows by case, in the order in which the cases come up.

    Raises:
        FieldError: It is no such file: a column is missing, or it is no CSV.
    """
    reader = csv.reader(text.lstrip("\ufeff").splitlines(keepends=True), strict=True)
    cases: dict[str, CaseRows] = {}
    try:
        header = tuple(next(reader, []))
        if header != COLUMNS:
            lacking = [name for name in COLUMNS if name not in header] or ["header"]
            raise FieldError(lacking[0], "the first row has to be {columns}", columns=",".join(COLUMNS))
        for number, cells in enumerate(reader, 2):
            if cells:
                _take(number, cells, today, cases.setdefault(_plain(cells[0]), CaseRows([], [])))
    except csv.Error as error:
        raise FieldError(f"line {reader.line_num}", "is no CSV: {error}", error=error) from error
    return cases


def write_rows(rows: Iterable[Mapping[str, str]]) -> str:
    """Write rows as `read_rows` reads them; RFC 4180, and no cell is a formula to a spreadsheet."""
    lines = [COLUMNS, *(tuple(_harmless(row.get(name, "")) for name in COLUMNS) for row in rows)]
    return "".join(",".join(map(_quoted, line)) + "\r\n" for line in lines)


def _take(number: int, cells: list[str], today: date, case: CaseRows) -> None:
    if len(cells) != len(COLUMNS):
        case.problems.append(
            Problem(
                number,
                "row",
                Sentence("has {found} cells and not {wanted}", found=len(cells), wanted=len(COLUMNS)),
            )
        )
        return
    row = dict(zip(COLUMNS, map(_plain, cells), strict=True))
    found = list(_checked(number, row, today))
    if any(one.cells["event_no"] == row["event_no"] for one in case.rows):
        found.append(
            Problem(number, "event_no", Sentence("{event_no} is there twice", event_no=row["event_no"]))
        )
    case.problems.extend(found)
    if not found:
        case.rows.append(_read(number, row, today))


def _checked(number: int, row: Mapping[str, str], today: date) -> Iterator[Problem]:
    for name, (pattern, why) in _PATTERNS.items():
        if not pattern.fullmatch(row[name]):
            yield Problem(number, name, why)
    for name, text in row.items():
        if len(text) > MAX_TEXT or _NOT_IN_TEXT.search(text):
            yield Problem(
                number,
                name,
                Sentence("is longer than {most} signs, or holds signs that are no text", most=MAX_TEXT),
            )
    try:
        parse_range(row["qty"] or "0", "qty")
    except FieldError as error:
        yield Problem(number, "qty", error.why)
    yield from _checked_days(number, row, today)


def _checked_days(number: int, row: Mapping[str, str], today: date) -> Iterator[Problem]:
    days: dict[str, date] = {}
    for name in ("date_from", "date_to", "known_on"):
        try:
            if row[name] or name != "known_on":
                days[name] = date.fromisoformat(row[name])
        except ValueError:
            yield Problem(
                number, name, Sentence("{text!r} is no day; write it like 2015-03-14", text=row[name][:40])
            )
    first, last = days.get("date_from"), days.get("date_to")
    known = days.get("known_on", first)
    if first and last and last < first:
        yield Problem(number, "date_to", Sentence("is before date_from"))
    if first and first > today:
        yield Problem(number, "date_from", Sentence("lies in the future"))
    if first and known and not first <= known <= max(first, today):
        yield Problem(number, "known_on", Sentence("lies in the future, or before it happened"))


def _read(number: int, row: dict[str, str], today: date) -> Row:
    first, last = date.fromisoformat(row["date_from"]), date.fromisoformat(row["date_to"])
    known = date.fromisoformat(row["known_on"]) if row["known_on"] else min(last, today)
    quantity = parse_range(row["qty"] or "0", "qty")
    return Row(number, row, _span(first, last), known, quantity if quantity.high else None)


def _span(first: date, last: date) -> Span:
    """The days with their basis: a whole month or year is one."""
    if (first.year, first.month, first.day, last.day) == (
        last.year,
        last.month,
        1,
        monthrange(last.year, last.month)[1],
    ):
        return Span(first, last, Basis.MONTH)
    if (first.year, first.month, first.day) == (last.year, 1, 1) and (last.month, last.day) == (12, 31):
        return Span(first, last, Basis.YEAR)
    return Span(first, last)


def _plain(cell: str) -> str:
    """Take back the sign that keeps a spreadsheet from taking a text for a formula."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(sign in cell for sign in ',"\r\n') else cell
