"""Our own audiences, version by version, how their members joined, and the charters of peers that name us."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, delete, select

from node.audience import Purpose, Tier
from node.charter import Charter, Joining, Standing
from node.errors import StoreError
from node.store.database import insert_many, next_id
from node.tables.audiences import belonging, charter, charter_copy, joining


class StoredCharter(NamedTuple):
    """A version of one of our audiences, who decided it, and the bytes that were signed."""

    charter: Charter
    said_by: str
    envelope: bytes


class Belonging(NamedTuple):
    """A charter of a peer that names us, as it was signed."""

    origin_id: str
    uid: bytes
    version: int
    envelope: bytes


def charters(connection: Connection) -> tuple[StoredCharter, ...]:
    """Every version of every audience of ours, oldest first."""
    return tuple(map(_stored, connection.execute(select(charter).order_by(charter.c.id))))


def joinings(connection: Connection) -> tuple[Joining, ...]:
    """How everybody joined, oldest first."""
    return tuple(Joining(*row) for row in connection.execute(select(*joining.c[1:]).order_by(joining.c.id)))


def standing(connection: Connection) -> dict[bytes, Standing]:
    """Our audiences as they stand now, by uid."""
    newest = {one.charter.uid: one.charter for one in charters(connection)}
    joined: dict[bytes, dict[str, Joining]] = {uid: {} for uid in newest}
    for one in joinings(connection):
        joined[one.uid][one.member] = one
    return {uid: Standing(one, joined[uid]) for uid, one in newest.items()}


def add_charter(
    connection: Connection, stored: StoredCharter, copies: Mapping[str, bytes], joined: Iterable[Joining]
) -> None:
    """Keep a new version, give each member its copy of it, and write down who joined how."""
    one = stored.charter
    row = (
        next_id(connection, charter),
        one.owner_id,
        one.uid,
        one.version,
        one.name,
        " ".join(sorted(one.members)),
        int(one.tier or 0),
        " ".join(sorted(one.countries)),
        " ".join(sorted(one.purposes)),
        int(one.hidden),
        int(one.issued.timestamp()),
        stored.said_by,
        stored.envelope,
    )
    insert_many(connection, charter, [row])
    connection.execute(delete(charter_copy).where(charter_copy.c.uid == one.uid))
    insert_many(
        connection, charter_copy, [(member, one.uid, wire) for member, wire in sorted(copies.items())]
    )
    first = next_id(connection, joining)
    insert_many(connection, joining, [(first + at, *new) for at, new in enumerate(joined)])


def copies_of(connection: Connection, member: str, after: bytes, limit: int) -> list[tuple[bytes, bytes]]:
    """(uid, envelope) of the charters that name a member, as it may have them, after a uid."""
    rows = connection.execute(
        select(charter_copy.c.uid, charter_copy.c.envelope)
        .where(and_(charter_copy.c.member == member, charter_copy.c.uid > after))
        .order_by(charter_copy.c.uid)
        .limit(limit)
    )
    return [(uid, envelope) for uid, envelope in rows]


def all_copies(connection: Connection) -> list[tuple[str, bytes, bytes]]:
    """(member, uid, envelope) of every copy that is handed out."""
    rows = connection.execute(select(charter_copy).order_by(charter_copy.c.uid, charter_copy.c.member))
    return [(member, uid, envelope) for member, uid, envelope in rows]


def belongings(connection: Connection, origin_id: str | None = None) -> tuple[Belonging, ...]:
    """Charters of peers that name us, or those of one peer."""
    rows = select(belonging).order_by(belonging.c.origin_id, belonging.c.uid)
    if origin_id is not None:
        rows = rows.where(belonging.c.origin_id == origin_id)
    return tuple(Belonging(*row) for row in connection.execute(rows))


def put_belongings(connection: Connection, origin_id: str, found: Iterable[Belonging]) -> None:
    """Keep the charters of a peer that name us, in the place of those that did before."""
    connection.execute(delete(belonging).where(belonging.c.origin_id == origin_id))
    insert_many(connection, belonging, [tuple(one) for one in found])


def _stored(row: Row[Any]) -> StoredCharter:
    try:
        found = Charter(
            row.owner_id,
            row.uid,
            row.version,
            row.name,
            frozenset(row.members.split()),
            Tier(row.tier) if row.tier else None,
            frozenset(row.countries.split()),
            frozenset(map(Purpose, row.purposes.split())),
            bool(row.hidden),
            datetime.fromtimestamp(row.issued_at, UTC),
        )
    except ValueError as error:
        raise StoreError("an audience names a tier or purpose that there is not") from error
    return StoredCharter(found, row.said_by, row.envelope)
