"""What survivors consented to, purpose by purpose, and marks that wait to be taken off."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, and_, select, update

from node.audience import Purpose
from node.errors import StoreError
from node.model import Sensitive
from node.sensitive import Consent
from node.store.database import insert_many, next_id, portions
from node.store.records import day_number, day_of
from node.tables.incidents import consent, record, unmarking


class Given(NamedTuple):
    """What was answered for one purpose, on which day, and who wrote it down."""

    answer: Consent
    on: date
    said_by: str


class Unmarking(NamedTuple):
    """What somebody wants to take off a record; `agreed_by` is empty while it waits for a second person."""

    number: int
    record: str  # SOURCE:KEY
    taken: frozenset[Sensitive]
    said_by: str
    agreed_by: str


def add_consent(connection: Connection, record_id: int, given: Mapping[Purpose, Given], now: int) -> None:
    """Write down answers; what was answered before stays, and the last counts."""
    first = next_id(connection, consent)
    rows = [
        (first + at, record_id, str(purpose), str(one.answer), day_number(one.on), one.said_by, now)
        for at, (purpose, one) in enumerate(given.items())
    ]
    insert_many(connection, consent, rows)


def consents(connection: Connection, record_ids: Sequence[int]) -> dict[int, dict[Purpose, Given]]:
    """What counts for some records now, by record and purpose; nothing where nobody was asked."""
    found: dict[int, dict[Purpose, Given]] = {}
    for chosen in portions(record_ids):
        rows = connection.execute(
            select(
                consent.c.record_id,
                consent.c.purpose,
                consent.c.answer,
                consent.c.given_on,
                consent.c.said_by,
            )
            .where(consent.c.record_id.in_(chosen))
            .order_by(consent.c.id)
        )
        for record_id, purpose, answer, given_on, said_by in rows:
            try:
                given = Given(Consent(answer), day_of(given_on), said_by)
                found.setdefault(record_id, {})[Purpose(purpose)] = given
            except ValueError as error:
                raise StoreError("a consent names a purpose, an answer or a day that there is not") from error
    return found


def add_unmarking(
    connection: Connection, record_id: int, taken: Iterable[Sensitive], by: str, now: int
) -> int:
    """Write down what somebody wants to take off, and give its number."""
    number = next_id(connection, unmarking)
    insert_many(connection, unmarking, [(number, record_id, " ".join(sorted(taken)), by, "", now, 0)])
    return number


def unmarkings(connection: Connection) -> tuple[Unmarking, ...]:
    """Everything that somebody wanted to take off, in order."""
    rows = connection.execute(
        select(
            unmarking.c.id,
            record.c.source + ":" + record.c.source_key,
            unmarking.c.taken,
            unmarking.c.said_by,
            unmarking.c.agreed_by,
        )
        .join_from(unmarking, record)
        .order_by(unmarking.c.id)
    )
    try:
        return tuple(
            Unmarking(number, name, frozenset(map(Sensitive, taken.split())), said_by, agreed_by)
            for number, name, taken, said_by, agreed_by in rows
        )
    except ValueError as error:
        raise StoreError("what is to be taken off names a mark that there is not") from error


def agree_unmarking(connection: Connection, number: int, by: str, now: int) -> None:
    """Write down who agreed."""
    waiting = and_(unmarking.c.id == number, unmarking.c.agreed_at == 0)
    connection.execute(update(unmarking).where(waiting).values(agreed_by=by, agreed_at=now))
