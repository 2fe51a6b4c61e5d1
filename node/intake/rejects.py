"""Rejected rows as a table that a person can open, correct and hand in again."""

import csv
from io import StringIO

from node.intake.publication import Publication

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def rejects_csv(publication: Publication) -> str:
    """Return the rejected rows as CSV under the file's own header, with the columns Row and Why before it.

    A cell that a spreadsheet program would run as a formula gets an apostrophe in front; numbers do not.
    """
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("Row", "Why", *map(_safe, publication.header)))
    for reject in publication.rejects:
        writer.writerow((reject.number, _safe(" ".join(reject.reasons)), *map(_safe, reject.cells)))
    return text.getvalue()


def _safe(cell: str) -> str:
    if not cell.lstrip(" ").startswith(_FORMULA) or _is_number(cell):
        return cell
    return f"'{cell}"


def _is_number(cell: str) -> bool:
    return cell[:1] in "+-" and cell[1:].replace(".", "", 1).isdecimal()
