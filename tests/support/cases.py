"""Cases out of a few events, for the pure rules: no database, no keys."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from casework.casefile import CaseFile, fold
from casework.event import Event, Statement, check_statement
from casework.span import Range, parse_span
from casework.values import Value

UID = "0123456789abcdef" * 2
LAST = date(2030, 1, 1)


def event(
    kind: str,
    when: str,
    /,
    *,
    known_on: str = "",
    sources: tuple[str, ...] = (),
    event_id: str = "",
    supersedes: str = "",
    reliability: str = "unknown",
    **fields: Value,
) -> Event:
    """One event that the table of kinds allows; known when it was over unless another day is given."""
    days = parse_span(when)
    known = date.fromisoformat(known_on) if known_on else days.latest
    check_statement(Statement(kind, days, fields, known, sources, reliability, supersedes), LAST)
    return Event(
        event_id,
        kind,
        days,
        known,
        datetime(2026, 3, 2, tzinfo=UTC),
        "ops",
        fields,
        sources,
        reliability,
        supersedes,
    )


def opened(
    when: str = "2010-01-01", categories: tuple[str, ...] = ("death_violence",), host: str = "AAA"
) -> Event:
    return event(
        "opened",
        when,
        categories=categories,
        host_state=host,
        sensitivity="normal",
        owner="ops",
        public_ref="r1",
    )


def case(*events: Event, valid: date = LAST, known: date = LAST) -> CaseFile:
    """The events in the order in which they were written down, as of two days."""
    return fold(UID, numbered(events), valid, known)


def numbered(events: Iterable[Event]) -> list[Event]:
    """Give each its place, and an id where it has none."""
    return [
        Event(
            one.event_id or f"e{at}",
            one.kind,
            one.when,
            one.known_on,
            one.recorded_at,
            one.recorded_by,
            one.fields,
            one.sources,
            one.reliability,
            one.supersedes,
            at,
        )
        for at, one in enumerate(events, 1)
    ]


def exactly(number: int) -> Range:
    return Range(number, number)
