"""Answers and records as files: CSV and workbooks with a row of HXL tags, JSON, GeoJSON, Parquet; and counts from one.

What stands beside the figures goes into the file wherever its kind has room for it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from console.home import write_file
from console.sheets import Sheet, write_csv, write_geojson, write_json, write_parquet, write_xlsx
from node.dimensions import BY_NAME, MEASURED
from node.errors import ColumnsError, ConfigError, QueryError
from node.figures import BEFORE, CHANGE, RATE, SHARE
from node.intake.table import read_table
from node.model import Point
from node.query import Answer
from node.yearly import Count

_ENDS = {BEFORE: "+before", CHANGE: "+change", SHARE: "+share", RATE: "+rate", "": ""}
_COUNTS = ("year", "of", "what", "number")


def write_answer(found: Answer, notes: Mapping[str, object], path: Path) -> None:
    """Write an answer into a file of the kind that its name says.

    Raises:
        ConfigError: The name is of another kind, or a library for it is not installed.
        UnreadableError: The file can not be written.
    """
    # Figures hold areas and never a point, so no feature has a geometry; a map joins them by their codes.
    _write(sheet_of(found, notes), list(map(_kind, found.header)), [None] * len(found.rows), path)


def write_incidents(sheet: Sheet, points: Sequence[Point | None], path: Path) -> None:
    """Write single records into a file of the kind that its name says.

    Raises:
        ConfigError: The name is of another kind, or a library for it is not installed.
        UnreadableError: The file can not be written.
    """
    _write(sheet, list(map(_incident_kind, sheet.tags)), points, path)


def _write(sheet: Sheet, kinds: Sequence[str], points: Sequence[Point | None], path: Path) -> None:
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise ConfigError("--out: {name} is none of {kinds}", name=path.name, kinds=", ".join(KINDS))
    write_file(path, kind(sheet, kinds, points))


def sheet_of(found: Answer, notes: Mapping[str, object]) -> Sheet:
    """An answer as a table to take away, with the HXL tag of each column."""
    tags = tuple(_tag(name) for name in found.header)
    return Sheet(found.header, found.rows, tags, notes, "figures", len(found.query.by))


def read_counts(data: bytes) -> Iterator[Count]:
    """Counts of a table with the columns year, of, what and number.

    Raises:
        IntakeError: It is no table, or lacks a column.
        QueryError: A cell is no number.
    """
    head, *records = read_table(data).records
    titles = [cell.strip().lower() for cell in head.cells]
    missing = [name for name in _COUNTS if name not in titles]
    if missing:
        raise ColumnsError(
            "These columns were expected and not found: {missing}.", missing=", ".join(missing)
        )
    for record in records:
        cells = dict(zip(titles, map(str.strip, record.cells), strict=False))
        year, of, what, number = (cells.get(name, "") for name in _COUNTS)
        if not (year + number).isascii() or not (year.isdigit() and number.isdigit()):
            raise QueryError("row {number}: year and number are whole numbers", number=record.number)
        yield Count(int(year), of, what, int(number))


def _tag(name: str) -> str:
    if name == "record":
        return "#event+id"
    if name in BY_NAME:
        return BY_NAME[name].tag
    end = next(end for end in _ENDS if name.endswith(end) and name.removesuffix(end) in MEASURED)
    return MEASURED[name.removesuffix(end)].tag + _ENDS[end]


def _kind(name: str) -> str:
    if name in BY_NAME or name == "record":
        return "VARCHAR"
    return "DOUBLE" if name.endswith((SHARE, RATE)) else "BIGINT"


def _incident_kind(tag: str) -> str:
    if tag.startswith("#geo+"):
        return "DOUBLE"
    counted = tag.startswith(("#affected", "#indicator", "#impact", "#meta+affected"))
    return "BIGINT" if counted and not tag.endswith("+range") else "VARCHAR"


KINDS: Mapping[str, Callable[[Sheet, Sequence[str], Sequence[Point | None]], bytes]] = {
    ".csv": lambda sheet, _kinds, _points: write_csv(sheet),
    ".xlsx": lambda sheet, _kinds, _points: write_xlsx(sheet),
    ".json": lambda sheet, _kinds, _points: write_json(sheet),
    ".geojson": lambda sheet, _kinds, points: write_geojson(sheet, points),
    ".parquet": lambda sheet, kinds, _points: write_parquet(sheet, kinds),
}
