"""The event: the one thing that a case is made of, and its text in parts, one for each key that seals it.

An event says what happened, when (an interval of days), from which day it was known, who wrote it down, from which
sources, and how reliable they are. It is never changed: a later event may supersede it. A field whose key the reader
lacks reads as withheld.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from casework.errors import FieldError, TamperedError
from casework.span import Range, Span, check_day, parse_span
from casework.values import ID, Gap, Value, check_value, read_value, wanted, write_value
from casework.vocabulary import Group, Kind, codes, kinds
from crypto.sentence import Sentence


@dataclass(frozen=True, slots=True)
class Event:
    """One dated, sourced statement.

    Attributes:
        event_id: 32 hexadecimal digits.
        kind: Name in the table of kinds; a newer version may have written one that this one does not know.
        when: The days on which it happened, both inclusive.
        known_on: Day from which the organization knew it.
        recorded_at: When it was written down, aware UTC.
        recorded_by: Id of the officer who signed it.
        fields: Values by name; absent ones were not said.
        sources: Ids of sources; who they are is sealed apart.
        reliability: Code of the list `reliability`.
        supersedes: Id of the event that this one replaces; empty for none.
        sequence: Place in the case, 1, 2, 3...
    """

    event_id: str
    kind: str
    when: Span
    known_on: date
    recorded_at: datetime
    recorded_by: str
    fields: Mapping[str, Value]
    sources: tuple[str, ...] = ()
    reliability: str = "unknown"
    supersedes: str = ""
    sequence: int = 0

    def text(self, name: str) -> str:
        """A text, code, id, State or digest; empty where there is none."""
        value = self.fields.get(name, "")
        return value if isinstance(value, str) and not isinstance(value, Gap) else ""

    def many(self, name: str) -> tuple[str, ...]:
        """Several ids, codes or States; none where there are none."""
        value = self.fields.get(name, ())
        return value if isinstance(value, tuple) and not isinstance(value, Span | Range) else ()

    def day(self, name: str) -> date | None:
        """A day, or nothing."""
        value = self.fields.get(name)
        return value if isinstance(value, date) else None

    def count(self, name: str) -> Range | None:
        """A number within bounds, or nothing."""
        value = self.fields.get(name)
        return value if isinstance(value, Range) else None


@dataclass(frozen=True, slots=True)
class Statement:
    """What an officer says: an event before it has an id, a place and a signature."""

    kind: str
    when: Span
    fields: Mapping[str, Value]
    known_on: date | None = None
    sources: tuple[str, ...] = ()
    reliability: str = "unknown"
    supersedes: str = ""


def check_statement(statement: Statement, today: date) -> Statement:
    """Return a statement whose every field is of its form and whose required fields are there.

    Raises:
        FieldError: One is missing, unknown, or not of its form; the first in the order of the table is named.
    """
    kind = kinds().get(statement.kind)
    if kind is None:
        raise FieldError("kind", "{kind!r} is no kind of event", kind=statement.kind[:40])
    _check_fields(kind, statement.fields)
    check_day("when", statement.when.earliest, statement.when.latest)
    if statement.known_on is not None:
        check_day("known_on", statement.known_on)
    if statement.known_on is not None and statement.known_on > today:
        raise FieldError("known_on", "lies in the future")
    if statement.when.earliest > today:
        raise FieldError("when", "lies in the future; what is planned is a task or a hearing")
    if statement.reliability not in codes("reliability"):
        raise FieldError(
            "reliability",
            "{reliability!r} is none of {known}",
            reliability=statement.reliability[:40],
            known=", ".join(codes("reliability")),
        )
    unnamed = [source for source in statement.sources if not ID.fullmatch(source)]
    if unnamed:
        raise FieldError("sources", "{unnamed!r} is no id of a source", unnamed=unnamed[0][:40])
    return statement


def _check_fields(kind: Kind, fields: Mapping[str, Value]) -> None:
    unknown = sorted(fields.keys() - kind.fields.keys())
    if unknown:
        raise FieldError(
            unknown[0],
            "{name} has no such field; it has {fields}",
            name=kind.name,
            fields=", ".join(kind.fields) or Sentence("none"),
        )
    for field in kind.fields.values():
        if field.required and field.name not in fields:
            raise FieldError(field.name, "{name} needs it; {wanted}", name=kind.name, wanted=wanted(field))
    for name, value in fields.items():
        check_value(kind.fields[name], value)


def write_parts(statement: Statement, known_on: date) -> dict[Group, bytes]:
    """Write an event as one text for each key that seals some of it; the first names the fields of the others."""
    kind = kinds()[statement.kind]
    grouped: dict[Group, dict[str, Any]] = {Group.CASE: {}}
    for name in sorted(statement.fields):
        grouped.setdefault(kind.fields[name].group, {})[name] = write_value(statement.fields[name])
    head: dict[str, Any] = {
        "kind": statement.kind,
        "when": str(statement.when),
        "known_on": str(known_on),
        "fields": grouped[Group.CASE],
        "sources": list(statement.sources),
        "reliability": statement.reliability,
        "supersedes": statement.supersedes,
        "others": sorted(
            name for group, fields in grouped.items() if group is not Group.CASE for name in fields
        ),
    }
    parts: dict[Group, dict[str, Any]] = {**grouped, Group.CASE: {k: v for k, v in head.items() if v}}
    return {
        group: json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode()
        for group, part in parts.items()
    }


def read_parts(
    parts: Mapping[Group, bytes], event_id: str, sequence: int, recorded_at: datetime, recorded_by: str
) -> Event:
    """Read an event from the parts that could be opened; the fields in the others are withheld.

    Raises:
        TamperedError: A part is not what `write_parts` writes.
    """
    try:
        head = json.loads(parts[Group.CASE])
        kind = kinds().get(head["kind"])
        fields: dict[str, Value] = dict.fromkeys(head.get("others", ()), Gap.WITHHELD)
        for group, part in parts.items():
            found = head.get("fields", {}) if group is Group.CASE else json.loads(part)
            for name, plain in found.items():
                fields[name] = read_value(kind, name, plain)
        return Event(
            event_id,
            head["kind"],
            parse_span(head["when"]),
            date.fromisoformat(head["known_on"]),
            recorded_at,
            recorded_by,
            MappingProxyType(fields),
            tuple(head.get("sources", ())),
            head.get("reliability", "unknown"),
            head.get("supersedes", ""),
            sequence,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FieldError) as error:
        raise TamperedError("event {event_id} can not be read", event_id=event_id) from error
