"""A table with what stands beside it as the bytes of a file; no spreadsheet takes a text in it for a formula."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from xlsxwriter import Workbook

from console.cells import Cell, harmless, sentence
from node.errors import ConfigError
from node.model import Point


class Sheet(NamedTuple):
    """A table to take away.

    Attributes:
        header: Names of its columns.
        rows: Of cells, as many as columns.
        tags: HXL tag of each column, or none at all.
        notes: What must stand beside it; CSV has no room for that.
        name: Of the page in a workbook.
        first: Columns that name a row and stay in sight in a workbook.
        right_to_left: Whether a workbook begins at the right.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    tags: Sequence[str] = ()
    notes: Mapping[str, object] = MappingProxyType({})
    name: str = "list"
    first: int = 0
    right_to_left: bool = False


def write_csv(sheet: Sheet) -> bytes:
    """As CSV, with the mark by which a spreadsheet knows UTF-8: without it, it would guess."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in (*_heads(sheet), *sheet.rows))
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(sheet: Sheet) -> bytes:
    """As a workbook, with what stands beside the table on a page of its own."""
    content = BytesIO()
    safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, safe) as book:
        bold, page = book.add_format({"bold": True}), book.add_worksheet(sheet.name)
        heads = _heads(sheet)
        for at, row in enumerate((*heads, *sheet.rows)):
            page.write_row(at, 0, row, bold if at == 0 else None)
        page.freeze_panes(len(heads), sheet.first)
        about = book.add_worksheet("about") if sheet.notes else page
        for one in book.worksheets() if sheet.right_to_left else ():
            one.right_to_left()
        for at, (name, note) in enumerate(sheet.notes.items()):
            about.write_row(at, 0, (name.replace("_", " "), sentence(note)))
    return content.getvalue()


def write_json(sheet: Sheet) -> bytes:
    """As JSON: rows by the names of their columns, and what stands beside them."""
    rows = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
    tags = {"tags": dict(zip(sheet.header, sheet.tags, strict=True))} if sheet.tags else {}
    plain = {"rows": rows, **tags, **sheet.notes}
    return json.dumps(plain, ensure_ascii=False, indent=2, default=str).encode()


def write_geojson(sheet: Sheet, points: Sequence[Point | None]) -> bytes:
    """As GeoJSON: a feature for each row, with a point where one is handed in and no geometry elsewhere."""
    features = [
        {
            "type": "Feature",
            "geometry": None
            if point is None
            else {"type": "Point", "coordinates": point[::-1]},  # east first
            "properties": dict(zip(sheet.header, row, strict=True)),
        }
        for row, point in zip(sheet.rows, points, strict=True)
    ]
    plain = {"type": "FeatureCollection", "features": features, "about": sheet.notes}
    return json.dumps(plain, ensure_ascii=False, default=str).encode()


def write_parquet(sheet: Sheet, kinds: Sequence[str]) -> bytes:
    """As Parquet, with what stands beside the table in its metadata.

    Args:
        sheet: The table.
        kinds: Type of each column: VARCHAR, BIGINT or DOUBLE.

    Raises:
        ConfigError: The extra is not installed.
    """
    try:
        import duckdb  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError("--out: Parquet needs the extra tocsin[columns]") from error
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - for this kind alone

    form = ", ".join(f'"{name}" {kind}' for name, kind in zip(sheet.header, kinds, strict=True))
    with TemporaryDirectory() as folder, duckdb.connect(":memory:") as engine:
        engine.execute(f"CREATE TABLE answer ({form})")
        passing, file = Path(folder) / "answer.csv", Path(folder) / "answer.parquet"
        with passing.open("w", encoding="utf-8", newline="") as text:  # a row at a time takes minutes
            csv.writer(text, lineterminator="\r\n").writerows(sheet.rows)
        if sheet.rows:
            engine.execute(
                f"COPY answer FROM '{_quoted(passing)}' (FORMAT csv, AUTO_DETECT false, HEADER false, DELIMITER ',',"
                " QUOTE '\"', ESCAPE '\"', NULLSTR '', NEW_LINE '\\r\\n', PARALLEL false)"
            )
        about = json.dumps(sheet.notes, ensure_ascii=False, default=str).replace("'", "''")
        engine.execute(f"COPY answer TO '{_quoted(file)}' (FORMAT parquet, KV_METADATA {{about: '{about}'}})")
        return file.read_bytes()


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


def _heads(sheet: Sheet) -> list[Sequence[str]]:
    return [sheet.header, sheet.tags] if sheet.tags else [sheet.header]
