"""Deal one publication out to organizations: each incident to the type that employed most of its affected persons."""

import csv
from collections.abc import Mapping
from datetime import date
from io import StringIO
from types import MappingProxyType
from typing import NamedTuple

from node.intake import read_publication
from node.intake.table import read_table
from node.model import Incident

# The demo has three organizations. What neither the UN nor an international organization employs is local to its
# country in nearly all incidents, and so are national societies of the Red Cross and Red Crescent.
LOCAL = "NNGO"
_TYPES = MappingProxyType({"un": "UN", "ingo": "INGO", "icrc": "INGO"})


class Split(NamedTuple):
    """The publication in parts.

    Attributes:
        published_on: Day of publication.
        incidents: How many rows were dealt out.
        refused: Rows that the intake can not take in; nobody got them.
        parts: By type of organization a CSV of its rows, under the header of the file.
    """

    published_on: date
    incidents: int
    refused: int
    parts: Mapping[str, bytes]


def split(data: bytes, file_name: str, today: date) -> Split:
    """Deal a publication out, each incident to exactly one type of organization.

    Raises:
        IntakeError: The file can not be read as a publication.
    """
    publication = read_publication(data, file_name, None, today)
    cells = {record.number: record.cells for record in read_table(data).records}
    texts = {name: StringIO(newline="") for name in dict.fromkeys((*_TYPES.values(), LOCAL))}
    writers = {name: csv.writer(text) for name, text in texts.items()}
    for writer in writers.values():
        writer.writerow(publication.header)
    for row in publication.rows:
        writers[holder(row.incident)].writerow(cells[row.number])
    return Split(
        publication.published_on or today,
        len(publication.rows),
        len(publication.rejects),
        {name: text.getvalue().encode() for name, text in texts.items()},
    )


def holder(incident: Incident) -> str:
    """The type of organization that gets an incident: that of most affected persons, of equals the first named."""
    numbers: dict[str, int] = {}
    for tally in incident.employers:
        name = _TYPES.get(tally.organization_type, LOCAL)
        numbers[name] = numbers.get(name, 0) + tally.number
    return max(numbers, key=numbers.__getitem__, default=LOCAL)
