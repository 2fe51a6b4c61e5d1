"""Answers as files: CSV and workbooks with a row of HXL tags, JSON, GeoJSON, Parquet; and counts out of a file.

What stands beside the figures goes into the file wherever its kind has room for it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from console.home import write_file
from console.sheets import Sheet, write_csv, write_json, write_xlsx
from node.dimensions import BY_NAME, MEASURED
from node.errors import ColumnsError, ConfigError, QueryError
from node.figures import BEFORE, CHANGE, RATE, SHARE
from node.intake.table import read_table
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
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise ConfigError(f"--out: {path.name} is none of {', '.join(KINDS)}")
    write_file(path, kind(found, notes))


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
        raise ColumnsError(f"These columns were expected and not found: {', '.join(missing)}.")
    for record in records:
        cells = dict(zip(titles, map(str.strip, record.cells), strict=False))
        year, of, what, number = (cells.get(name, "") for name in _COUNTS)
        if not (year + number).isascii() or not (year.isdigit() and number.isdigit()):
            raise QueryError(f"row {record.number}: year and number are whole numbers")
        yield Count(int(year), of, what, int(number))


def _tag(name: str) -> str:
    if name == "record":
        return "#event+id"
    if name in BY_NAME:
        return BY_NAME[name].tag
    end = next(end for end in _ENDS if name.endswith(end) and name.removesuffix(end) in MEASURED)
    return MEASURED[name.removesuffix(end)].tag + _ENDS[end]


def _geojson(found: Answer, notes: Mapping[str, object]) -> bytes:
    """Figures hold areas and never a point, so no feature has a geometry; a map joins them by their codes."""
    features = [
        {"type": "Feature", "geometry": None, "properties": dict(zip(found.header, row, strict=True))}
        for row in found.rows
    ]
    plain = {"type": "FeatureCollection", "features": features, "about": notes}
    return json.dumps(plain, ensure_ascii=False, default=str).encode()


def _parquet(found: Answer, notes: Mapping[str, object]) -> bytes:
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("--out: Parquet needs the extra tocsin[columns]") from error
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - for this kind alone

    kinds = [_kind(name) for name in found.header]
    form = ", ".join(f'"{name}" {kind}' for name, kind in zip(found.header, kinds, strict=True))
    with TemporaryDirectory() as folder, duckdb.connect(":memory:") as engine:
        engine.execute(f"CREATE TABLE answer ({form})")
        if found.rows:
            marks = ", ".join("?" * len(kinds))
            rows = [_typed(row, kinds) for row in found.rows]
            engine.executemany(f"INSERT INTO answer VALUES ({marks})", rows)  # noqa: S608 - our own names
        file = Path(folder) / "answer.parquet"
        about = json.dumps(notes, ensure_ascii=False, default=str).replace("'", "''")
        target = str(file).replace("'", "''")
        engine.execute(f"COPY answer TO '{target}' (FORMAT parquet, KV_METADATA {{about: '{about}'}})")
        return file.read_bytes()


def _kind(name: str) -> str:
    if name in BY_NAME or name == "record":
        return "VARCHAR"
    return "DOUBLE" if name.endswith((SHARE, RATE)) else "BIGINT"


def _typed(row: Sequence[str | float | None], kinds: Sequence[str]) -> list[str | float | None]:
    return [str(cell) if kind == "VARCHAR" else cell for cell, kind in zip(row, kinds, strict=True)]


KINDS: Mapping[str, Callable[[Answer, Mapping[str, object]], bytes]] = {
    ".csv": lambda found, notes: write_csv(sheet_of(found, notes)),
    ".xlsx": lambda found, notes: write_xlsx(sheet_of(found, notes)),
    ".json": lambda found, notes: write_json(sheet_of(found, notes)),
    ".geojson": _geojson,
    ".parquet": _parquet,
}
