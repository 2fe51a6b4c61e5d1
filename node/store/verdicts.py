"""Verdicts, ours and those of members, as they were signed; none is ever changed."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, func, select

from node.errors import StoreError
from node.signed import RecordName
from node.store.database import insert_many, next_id, portions
from node.tables.matches import verdict
from node.verdict import Ground, Judgement, Verdict, token_of


class StoredVerdict(NamedTuple):
    """A verdict, the day from which it counts here (as a `day_number`), who decided it if it is ours, and its bytes."""

    verdict: Verdict
    known_on: int
    said_by: str
    envelope: bytes


def add_verdict(connection: Connection, stored: StoredVerdict) -> None:
    """Keep a verdict."""
    one = stored.verdict
    row = (
        next_id(connection, verdict),
        one.signer_id,
        one.own.uid,
        one.own_index,
        one.other.origin_id,
        one.other.uid,
        one.other_index,
        int(one.judgement),
        int(one.ground or 0),
        one.number,
        int(one.issued.timestamp()),
        stored.known_on,
        stored.said_by,
        token_of(one.own, one.other),
        stored.envelope,
    )
    insert_many(connection, verdict, [row])


def all_verdicts(connection: Connection, known_on: int | None = None) -> list[StoredVerdict]:
    """Every verdict in the order in which it came, or those that counted on a day already."""
    rows = select(verdict).order_by(verdict.c.id)
    if known_on is not None:
        rows = rows.where(verdict.c.known_on <= known_on)
    return list(map(_stored, connection.execute(rows)))


def newest_verdict(connection: Connection, own: RecordName, other: RecordName) -> StoredVerdict | None:
    """The verdict of the owner of `own` about a pair that counts."""
    row = connection.execute(
        select(verdict)
        .where(verdict.c.token == token_of(own, other))
        .order_by(verdict.c.number.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else _stored(row)


def verdicts_asked(connection: Connection, signer_id: str, tokens: Collection[bytes]) -> list[StoredVerdict]:
    """The verdicts of a signer that count, of those pairs for which a token was given."""
    found: list[StoredVerdict] = []
    last = (
        select(verdict.c.token, func.max(verdict.c.number).label("number"))
        .group_by(verdict.c.token)
        .subquery()
    )
    for chosen in portions(sorted(set(tokens))):
        rows = connection.execute(
            select(verdict)
            .join(last, and_(verdict.c.token == last.c.token, verdict.c.number == last.c.number))
            .where(and_(verdict.c.signer_id == signer_id, verdict.c.token.in_(chosen)))
            .order_by(verdict.c.id)
        )
        found += map(_stored, rows)
    return found


def _stored(row: Row[Any]) -> StoredVerdict:
    try:
        judgement, ground = Judgement(row.judgement), Ground(row.ground) if row.ground else None
    except ValueError as error:
        raise StoreError("a verdict says what there is not") from error
    issued = datetime.fromtimestamp(row.issued_at, UTC)
    one = Verdict(
        RecordName(row.signer_id, row.own_uid),
        RecordName(row.other_id, row.other_uid),
        row.own_index,
        row.other_index,
        judgement,
        ground,
        row.number,
        issued,
    )
    return StoredVerdict(one, row.known_on, row.said_by, row.envelope)
