"""A table with what stands beside it as the bytes of a file; no spreadsheet takes a text in it for a formula."""

import csv
import json
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from types import MappingProxyType
from typing import NamedTuple

from xlsxwriter import Workbook

from console.cells import Cell, harmless, sentence


class Sheet(NamedTuple):
    """A table to take away.

    Attributes:
        header: Names of its columns.
        rows: Of cells, as many as columns.
        tags: HXL tag of each column, or none at all.
        notes: What must stand beside it; CSV has no room for that.
        name: Of the page in a workbook.
        first: Columns that name a row and stay in sight in a workbook.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    tags: Sequence[str] = ()
    notes: Mapping[str, object] = MappingProxyType({})
    name: str = "list"
    first: int = 0


def write_csv(sheet: Sheet) -> bytes:
    """As CSV, with the mark by which a spreadsheet knows UTF-8: without it, it would guess."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(_heads(sheet))
    writer.writerows([harmless(cell) for cell in row] for row in sheet.rows)
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
        for at, (name, note) in enumerate(sheet.notes.items()):
            about.write_row(at, 0, (name.replace("_", " "), sentence(note)))
    return content.getvalue()


def write_json(sheet: Sheet) -> bytes:
    """As JSON: rows by the names of their columns, and what stands beside them."""
    rows = [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
    tags = {"tags": dict(zip(sheet.header, sheet.tags, strict=True))} if sheet.tags else {}
    plain = {"rows": rows, **tags, **sheet.notes}
    return json.dumps(plain, ensure_ascii=False, indent=2, default=str).encode()


def _heads(sheet: Sheet) -> list[Sequence[str]]:
    return [sheet.header, sheet.tags] if sheet.tags else [sheet.header]
