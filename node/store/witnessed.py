"""The newest checkpoint of each log that was cosigned here."""

from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from node.tables.witnesses import witnessed


class Witnessed(NamedTuple):
    """A log as it was when it was last cosigned."""

    origin: str
    size: int
    root: bytes
    note: bytes


def last_witnessed(connection: Connection, origin: str) -> Witnessed | None:
    """What was last cosigned of a log, or nothing."""
    row = connection.execute(select(*witnessed.c).where(witnessed.c.origin == origin)).one_or_none()
    return None if row is None else Witnessed(*row)


def put_witnessed(connection: Connection, seen: Witnessed) -> None:
    """Keep what is cosigned now instead of what was before."""
    changed = connection.execute(
        update(witnessed)
        .where(witnessed.c.origin == seen.origin)
        .values(size=seen.size, root=seen.root, note=seen.note)
    )
    if changed.rowcount == 0:
        connection.execute(insert(witnessed).values(seen._asdict()))
