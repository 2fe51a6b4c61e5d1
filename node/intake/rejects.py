"""Rejected rows as a table that a person can open, correct and hand in again."""

import csv
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO, StringIO

from xlsxwriter import Workbook

from node.intake.publication import Publication

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


# Nothing that somebody typed becomes a formula, a link or a number.
SAFE = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_LONGEST = 32_767  # characters that a cell of a workbook can hold


def rejects_csv(publication: Publication) -> str:
    """Return the rejected rows as CSV under the file's own header, with the columns Row and Why before it.

    A cell that a spreadsheet program would run as a formula gets an apostrophe in front; numbers do not.
    """
    text = StringIO(newline="")
    csv.writer(text).writerows(map(_safe, map(str, row)) for row in _rows(publication))
    return text.getvalue()


def rejects_workbook(publication: Publication, say: Callable[[str], str] = str) -> bytes:
    """Return the same as a workbook; every cell is text, so that nothing in it can run. `say` translates a reason."""
    packed = BytesIO()
    with Workbook(packed, SAFE) as workbook:
        sheet = workbook.add_worksheet("Rejected")
        sheet.freeze_panes(1, 2)
        sheet.set_column(1, 1, 60)
        bold = workbook.add_format({"bold": True})
        for at, row in enumerate(_rows(publication, say)):
            for column, cell in enumerate(row):
                sheet.write_string(at, column, str(cell)[:_LONGEST], None if at else bold)
    return packed.getvalue()


def _rows(publication: Publication, say: Callable[[str], str] = str) -> Iterator[Sequence[str | int]]:
    yield "Row", "Why", *publication.header
    for reject in publication.rejects:
        yield reject.number, " ".join(map(say, reject.reasons)), *reject.cells


def _safe(cell: str) -> str:
    if not cell.lstrip(" ").startswith(_FORMULA) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    return cell[:1] in "+-" and cell[1:].replace(".", "", 1).isdecimal()
