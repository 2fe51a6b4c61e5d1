"""Facts by whose they are, for figures that leave: own records one by one, those of each peer together."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, Integer, Text, and_, func, literal_column, or_, select

from node.audience import Purpose
from node.dimensions import MEASURED
from node.model import Outcome
from node.store.records import day_number
from node.tables.facts import fact
from node.tables.incidents import revision
from node.tables.logs import log

_UNKNOWN = literal_column("'unknown'", Text)
_ZERO = literal_column("0", Integer)


class Owned(NamedTuple):
    """What is counted in one place: of one own record, or of all that one peer shared.

    Attributes:
        record_id: Of an own record; `None` for those of a peer.
        owner: The peer; empty for ourselves.
        year: Of the incidents.
        month: From 1; `None` where nobody knows.
        values: In the order that was asked for; `unknown` where nobody knows.
        incidents: How many.
        outcomes: How many persons, by outcome.
    """

    record_id: int | None
    owner: str
    year: int
    month: int | None
    values: tuple[str, ...]
    incidents: int
    outcomes: tuple[int, ...]


def owned(
    connection: Connection, as_of: date, purpose: Purpose, dimensions: tuple[str, ...]
) -> Iterator[Owned]:
    """Count by owner, month and some dimensions what is known as of a day; of peers what was shared for a purpose."""
    day = day_number(as_of)
    group = [
        revision.c.record_id,
        log.c.origin_id,
        fact.c.year,
        fact.c.month,
        *(func.coalesce(fact.c[name], _UNKNOWN) for name in dimensions),
    ]
    persons = [
        func.coalesce(func.sum(sum((fact.c[column] for column in MEASURED[outcome].columns), _ZERO)), _ZERO)
        for outcome in Outcome
    ]
    counted = and_(
        fact.c.known_from <= day,
        or_(fact.c.known_until.is_(None), fact.c.known_until > day),
        or_(fact.c.purpose.is_(None), fact.c.purpose == purpose),
    )
    rows = connection.execute(
        select(*group, func.count(), *persons)
        .select_from(fact)
        .outerjoin(revision, revision.c.id == fact.c.revision_id)
        .outerjoin(log, log.c.id == fact.c.log_id)
        .where(counted)
        .group_by(*group)
    )
    width = 4 + len(dimensions)
    for record_id, owner, year, month, *rest in rows:
        values, numbers = rest[: width - 4], rest[width - 4 :]
        yield Owned(
            record_id, owner or "", year, month, tuple(values), int(numbers[0]), tuple(map(int, numbers[1:]))
        )
