"""What the reader of one source offers, and what it makes of a row before rows are compared."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from node.intake.columns import Column, Layout
from node.intake.table import Record
from node.model import Incident, PartialDate


class Reading(NamedTuple):
    """One row as its source reads it.

    Attributes:
        record: The row itself.
        identifier: The source's own id; empty when it is missing or can not be one.
        when: Date of the incident, if it could be read.
        incident: The incident, or `None` when there is a reason against it.
        reasons: Why it can not be taken in.
        warnings: What was left open or left out.
    """

    record: Record
    identifier: str
    when: PartialDate | None
    incident: Incident | None
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


Readings: TypeAlias = tuple[tuple[Reading, ...], tuple[str, ...]]  # and the defects of whole columns


class Source(NamedTuple):
    """A source that publishes incidents: its name, the columns it has ever had, and how its rows are read."""

    name: str
    columns: tuple[Column, ...]
    read: Callable[[Layout, Sequence[Record]], Readings]
