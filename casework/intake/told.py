"""What the rows of one case have said up to now: statements, problems, and whom each has its facts from.

Every statement names its row as a source. A statement that does not fit its kind is a problem of the row's column.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from casework.errors import FieldError
from casework.event import Statement, check_statement
from casework.intake.rows import COLUMNS, Problem, Row
from casework.span import Span
from casework.values import Value
from casework.vocabulary import imports

ROW_KIND = "row_imported"
_COLUMN = {
    "persons": "subjects",
    "parties": "subjects",
    "accused": "subjects",
    "by": "subjects",
    "number": "qty",
    "state": "state_iso3",
    "forum": "forum",
    "body": "forum",
    "proceeding": "forum",
    "when": "date_from",
    "known_on": "known_on",
}


class Said(NamedTuple):
    """A statement with the row that it comes from."""

    row: Row
    statement: Statement


class Told:
    """What was said of one case up to now."""

    def __init__(self, today: date) -> None:
        self._today = today
        self.said: list[Said] = []
        self.problems: list[Problem] = []
        self._sources: dict[str, str] = {}

    def keep(self, row: Row) -> None:
        """The row itself, as it stood, and whom it has its facts from."""
        text = json.dumps(
            {name: row.cells[name] for name in COLUMNS if name != "source" and row.cells[name]},
            ensure_ascii=False,
        )
        fields: dict[str, Value] = {"row": row.id, "text": text}
        if row.cells["source"]:
            fields["who"] = row.cells["source"]
        self.say(row, ROW_KIND, fields, sources=())
        for source in sources_of(row):
            self.name(row, source)

    def name(self, row: Row, source: str) -> str:
        """The id of a source; it is named when it is first heard of."""
        if source not in self._sources:
            self._sources[source] = f"src-{len(self._sources) + 1}"
            self.say(row, "source_named", {"source": self._sources[source], "who": source}, sources=())
        return self._sources[source]

    def of(self, row: Row) -> tuple[str, ...]:
        """Ids of a row and of those whom it has its facts from."""
        return (row.id, *(self._sources[source] for source in sources_of(row)))

    def say(
        self,
        row: Row,
        kind: str,
        fields: Mapping[str, Value],
        *,
        sources: tuple[str, ...] | None = None,
        when: Span | None = None,
    ) -> None:
        """Say something of a row: as of its own days and sources, unless others are given."""
        said = Statement(
            kind,
            when or row.when,
            fields,
            row.known_on,
            self.of(row) if sources is None else sources,
            imports()["basis"][row.cells["basis"]],
        )
        try:
            self.said.append(Said(row, check_statement(said, self._today)))
        except FieldError as error:
            self.problems.append(Problem(row.number, _COLUMN.get(error.field, "outcome"), str(error)))


def sources_of(row: Row) -> tuple[str, ...]:
    """Whom a row has its facts from, in its own words."""
    return tuple(dict.fromkeys(filter(None, (one.strip() for one in row.cells["source"].split(";")))))
