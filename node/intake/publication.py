"""What a published file turns into: checked incidents, and the rows that could not be one, with reasons."""

from datetime import date
from typing import NamedTuple

from node.model import Incident


class Row(NamedTuple):
    """One accepted row.

    Attributes:
        number: Row of the spreadsheet as a person sees it; the first row of the file is 1.
        key: Names the incident within its source: its id there, or id and date where an id is reused.
        incident: The incident, checked.
        warnings: What was left open or left out, one sentence each.
    """

    number: int
    key: str
    incident: Incident
    warnings: tuple[str, ...]


class Reject(NamedTuple):
    """One row that was not taken in: number and key as in `Row`, every reason, the cells as they came."""

    number: int
    key: str
    reasons: tuple[str, ...]
    cells: tuple[str, ...]


class Publication(NamedTuple):
    """A whole data set as its source stood on one day.

    Attributes:
        source: Name of the source, such as `awsd`.
        published_on: Day of publication; `None` when no row was accepted and nothing else tells it.
        published_from: Where that day comes from: `--published`, `file name`, `newest row`, or `today` for a part.
        header: Column names as the file spells them.
        rows: Accepted rows in file order.
        rejects: Rejected rows in file order.
        warnings: Defects of the file and of whole columns, and how many rows have each defect of a row.
        whole: Whether it holds all that its source knows; else what it does not hold is as it was.
    """

    source: str
    published_on: date | None
    published_from: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    rejects: tuple[Reject, ...]
    warnings: tuple[str, ...]
    whole: bool = True
