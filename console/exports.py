"""Answers as files: CSV and workbooks with a row of HXL tags, JSON, GeoJSON, Parquet; and counts out of a file.

What stands beside the figures goes into the file wherever its kind has room for it. No spreadsheet takes a text for a
formula.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path

from xlsxwriter import Workbook

from console.cells import harmless, sentence
from console.home import write_file
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


def tags(found: Answer) -> tuple[str, ...]:
    """HXL tag of each column."""
    return tuple(_tag(name) for name in found.header)


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


def _csv(found: Answer, _notes: Mapping[str, object]) -> bytes:
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows((found.header, tags(found)))
    writer.writerows([harmless(cell) for cell in row] for row in found.rows)
    return text.getvalue().encode("utf-8-sig")  # without the mark a spreadsheet would guess


def _xlsx(found: Answer, notes: Mapping[str, object]) -> bytes:
    content = BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, safe) as book:
        bold, sheet, about = (
            book.add_format({"bold": True}),
            book.add_worksheet("figures"),
            book.add_worksheet("about"),
        )
        sheet.write_row(0, 0, found.header, bold)
        sheet.write_row(1, 0, tags(found))
        for at, row in enumerate(found.rows, 2):
            sheet.write_row(at, 0, row)
        sheet.freeze_panes(2, len(found.query.by))
        for at, (name, note) in enumerate(notes.items()):
            about.write_row(at, 0, (name.replace("_", " "), sentence(note)))
    return content.getvalue()


def _json(found: Answer, notes: Mapping[str, object]) -> bytes:
    rows = [dict(zip(found.header, row, strict=True)) for row in found.rows]
    plain = {"rows": rows, "tags": dict(zip(found.header, tags(found), strict=True)), **notes}
    return json.dumps(plain, ensure_ascii=False, indent=2, default=str).encode()


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
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".json": _json,
    ".geojson": _geojson,
    ".parquet": _parquet,
}
