"""Where this database was when our log was written last."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from node.store.database import insert_many
from node.tables.logs import place


class Place(NamedTuple):
    """The mark of a folder, and whether the database was restored or copied since and no member was asked yet."""

    mark: str
    unasked: bool


def last_place(connection: Connection) -> Place | None:
    """Where it was, or nothing where nobody has ever looked."""
    row = connection.execute(select(*place.c)).one_or_none()
    return None if row is None else Place(row[0], bool(row[1]))


def put_place(connection: Connection, now: Place) -> None:
    """Keep where it is instead of where it was."""
    connection.execute(delete(place))
    insert_many(connection, place, [(now.mark, int(now.unasked))])
