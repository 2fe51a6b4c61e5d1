"""What the rows of one case spoke of up to now, so that the next row can speak of the same."""

from collections.abc import Mapping
from typing import Any

from casework.intake.rows import Row
from casework.intake.words import adjourned_to, ids_in, word_of
from casework.span import Range
from casework.values import Gap, Value
from casework.vocabulary import imports


class Spoken:
    """Persons, accused, courts, inquiries, detentions and abductions of one case.

    Attributes:
        ids: Every person and accused, in the order in which they came up.
        held: By sort of captivity, who is in which.
        said: Kinds of events that were said of an investigation.
    """

    def __init__(self) -> None:
        self.ids: dict[str, None] = {}
        self.held: dict[str, dict[str, str]] = {"detention": {}, "abduction": {}}
        self.said: set[tuple[str, Value]] = set()
        self._forums: dict[tuple[str, str, str], str] = {}
        self._last: dict[str, str] = {}

    def add(self, who: str) -> None:
        """Take note of a person or an accused."""
        self.ids.setdefault(who)

    def values(self, row: Row) -> dict[str, Value]:
        """Everything that a table may take from a row; what the row does not say is not there."""
        cells, ids = row.cells, ids_in(row.cells["subjects"])
        if cells["subjects"].casefold().startswith("the other"):
            ids = tuple(who for who in self.ids if who[0] == (ids[0][0] if ids else "P"))
        persons = tuple(who for who in ids if who.startswith("P"))
        number = row.quantity if row.quantity != Range(len(ids), len(ids)) else None
        what = cells["outcome"] or cells["note"] or cells["event_type"].replace("_", " ")
        found: dict[str, Value | None] = {
            "persons": persons,
            "accused": ids,
            "number": number,
            "state": cells["state_iso3"],
            "forum": cells["forum"],
            "court": word_of(imports()["court_words"], cells["forum"]),
            "body": word_of(imports()["body_words"], cells["forum"]) or Gap.UNKNOWN,
            "outcome": cells["outcome"],
            "subjects": cells["subjects"],
            "what": what,
            "who_tells": cells["forum"] or cells["subjects"] or cells["source"],
            "proceeding": self._forum(row, "court"),
            "investigation": self._forum(row, "inquiry"),
            "last_proceeding": self._last.get(cells["state_iso3"], "") or self._forum(row, "court"),
            "new_detention": f"D{cells['event_no']}",
            "new_abduction": f"B{cells['event_no']}",
            "adjourned_to": adjourned_to(cells["outcome"]),
            "guilty": "met" if cells["outcome"].casefold().startswith("guilty") else "not_met",
        }
        return {name: value for name, value in found.items() if value not in {None, "", ()}}

    def remember(self, row: Row, wanted: Mapping[str, Any], fields: Mapping[str, Value]) -> None:
        """Take note of what a statement made from a row spoke of."""
        state, forum = row.cells["state_iso3"], row.cells["forum"]
        if "proceeding" in fields and wanted.get("proceeding") == "$proceeding":
            self._forums["court", state, forum] = self._last[state] = str(fields["proceeding"])
        if "investigation" in fields:
            self._forums["inquiry", state, forum] = str(fields["investigation"])
            self.said.add((wanted["kind"], fields["investigation"]))
        for sort in self.held:
            persons = fields.get("persons", ())
            if wanted["kind"] == f"{sort}_started" and isinstance(persons, tuple):
                self.held[sort] |= dict.fromkeys(map(str, persons), str(fields[sort]))

    def _forum(self, row: Row, sort: str) -> str:
        key = (sort, row.cells["state_iso3"], row.cells["forum"])
        return self._forums.get(key) or f"{sort}-{sum(one[0] == sort for one in self._forums) + 1}"
