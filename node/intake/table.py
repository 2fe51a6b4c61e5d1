"""Bytes of a file to rows of cells: separated text in any usual form, an Excel workbook, or a list of JSON objects."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import NamedTuple

from crypto.sentence import Sentence
from node.errors import EmptyFileError, NotATableError, TooLargeError
from node.intake.json_table import is_json, read_json
from node.intake.text import decode
from node.intake.workbook import is_workbook, read_workbook
from node.intake.workbook_size import MAX_COLUMNS, MAX_ROWS

MAX_FILE_BYTES = 32 << 20  # ten times the largest publication we know

_SEPARATORS = ",;\t|"
_FIRST_RECORD = 1 << 16  # characters in which column names must end
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class Record(NamedTuple):
    """A row as a person sees it in a spreadsheet: its number, counted from 1, and its cells.

    Of a list of objects the names are row 0, so that the first object is row 1.
    """

    number: int
    cells: tuple[str, ...]


class Table(NamedTuple):
    """The rows that hold anything, and what had to be guessed to read them."""

    records: tuple[Record, ...]
    warnings: tuple[str, ...]


def read_table(data: bytes) -> Table:
    """Read a table; what kind of file it is follows from its bytes, not from its name.

    Raises:
        EmptyFileError: There is no cell with anything in it.
        NotATableError: The bytes are not a table.
        TooLargeError: The file, a cell, the number of rows or of columns exceeds what we read.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLargeError("The file is larger than {most} MiB.", most=MAX_FILE_BYTES >> 20)
    if data.startswith(_OLD_EXCEL):
        raise NotATableError(
            "The file is an Excel file of the old or a protected kind. Save it as .xlsx or CSV."
        )
    rows: Iterable[Iterable[str]] | None = read_json(data) if is_json(data) else None
    first = 0
    warnings: tuple[str, ...] = ()
    if rows is None:
        first = 1
        rows, warnings = (read_workbook(data), ()) if is_workbook(data) else _separated(data)
    records = tuple(_records(rows, first))
    if not records:
        raise EmptyFileError("The file is empty.")
    return Table(records, warnings)


def _records(rows: Iterable[Iterable[str]], first: int) -> Iterator[Record]:
    for number, row in enumerate(rows, start=first):
        cells = tuple(row)
        if number > MAX_ROWS:
            raise TooLargeError("The table has more than {most} rows.", most=MAX_ROWS)
        if len(cells) > MAX_COLUMNS:
            raise TooLargeError("Row {number} has more than {most} cells.", number=number, most=MAX_COLUMNS)
        if any(map(str.strip, cells)):
            yield Record(number, cells)


def _separated(data: bytes) -> tuple[Iterator[list[str]], tuple[str, ...]]:
    text, encoding = decode(data)
    warnings = (
        ()
        if encoding.startswith("utf-8")
        else (Sentence("The text is not in UTF-8; it was read as {encoding}.", encoding=encoding),)
    )
    return _parsed(text), warnings


def _parsed(text: str) -> Iterator[list[str]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=_separator(text))
    try:
        yield from reader
    except csv.Error as error:
        raise TooLargeError(
            "Near line {line_num}: a cell is longer than {most} characters. A quotation mark may be missing.",
            line_num=reader.line_num,
            most=csv.field_size_limit(),
        ) from error


def _separator(text: str) -> str:
    """Separator that splits the first row into most cells; a comma when none does."""

    def width(separator: str) -> int:
        start = StringIO(text[:_FIRST_RECORD], newline="")
        try:
            return len(next((row for row in csv.reader(start, delimiter=separator) if row), ()))
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=width)
