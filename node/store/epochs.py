"""Statements that logs go on in another epoch, our own and those of members that are followed here."""

from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, select

from node.store.database import insert_many
from node.tables.logs import epoch


class StoredEpoch(NamedTuple):
    """A statement as it lies here, who decided it, and when, in seconds since 1970."""

    origin_id: str
    epoch: int
    statement: bytes
    said_by: str
    said_at: int


def epoch_of(connection: Connection, origin_id: str) -> StoredEpoch | None:
    """The newest epoch of a log that was decided on here."""
    rows = connection.execute(
        select(*epoch.c).where(epoch.c.origin_id == origin_id).order_by(epoch.c.number.desc()).limit(1)
    )
    row = rows.one_or_none()
    return None if row is None else StoredEpoch(*row)


def put_epoch(connection: Connection, decided: StoredEpoch) -> None:
    """Keep a statement that was decided on."""
    same = and_(epoch.c.origin_id == decided.origin_id, epoch.c.number == decided.epoch)
    connection.execute(delete(epoch).where(same))
    insert_many(connection, epoch, [tuple(decided)])
