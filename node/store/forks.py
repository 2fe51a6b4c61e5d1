"""What others were shown of logs, and the proofs that one has forked."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, update

from node.store.database import insert_many
from node.tables.witnesses import fork, heard

MOST_HEARD = 8  # checkpoints that are kept of each log, of those that agree and of those that may not


class Heard(NamedTuple):
    """A checkpoint that somebody else was shown; `heard_at` is seconds since 1970.

    `agrees` says that the log which is held here begins with it.
    """

    origin_id: str
    size: int
    root: bytes
    note: bytes
    told_by: str
    heard_at: int
    agrees: bool


class StoredFork(NamedTuple):
    """A proof as it lies here; `found_at` is seconds since 1970."""

    origin_id: str
    common_size: int
    first_size: int
    proof: bytes
    told_by: str
    found_at: int

    def settles(self, size: int) -> bool:
        """Whether another checkpoint of this size can tell nothing more."""
        return self.common_size > 0 and self.first_size <= size


def all_heard(connection: Connection) -> tuple[Heard, ...]:
    """Every checkpoint that is kept of what others were shown, by log and size."""
    rows = connection.execute(select(*heard.c).order_by(*heard.c[:3]))
    return tuple(Heard(*row)._replace(agrees=bool(row[-1])) for row in rows)


def put_heard(connection: Connection, some: Sequence[Heard]) -> None:
    """Keep what was heard, or what is known of it now."""
    for one in some:
        key = and_(heard.c.origin_id == one.origin_id, heard.c.size == one.size, heard.c.root == one.root)
        changed = connection.execute(update(heard).where(key).values(agrees=int(one.agrees)))
        if changed.rowcount == 0:
            insert_many(connection, heard, [(*one[:-1], int(one.agrees))])
    for origin_id, agrees in {(one.origin_id, one.agrees) for one in some}:
        _forget_small(connection, origin_id, agrees=agrees)


def fork_of(connection: Connection, origin_id: str) -> StoredFork | None:
    """What proves that a log has forked, or nothing."""
    row = connection.execute(select(*fork.c).where(fork.c.origin_id == origin_id)).one_or_none()
    return None if row is None else StoredFork(*row)


def all_forks(connection: Connection) -> tuple[StoredFork, ...]:
    """Every fork that was proven, by log."""
    return tuple(StoredFork(*row) for row in connection.execute(select(*fork.c).order_by(fork.c.origin_id)))


def put_fork(connection: Connection, found: StoredFork) -> None:
    """Keep a proof in the place of the one before."""
    connection.execute(delete(fork).where(fork.c.origin_id == found.origin_id))
    connection.execute(insert(fork).values(found._asdict()))


def forget_log(connection: Connection, origin_id: str) -> None:
    """Forget what was heard of a log and its fork: it goes on as another one."""
    connection.execute(delete(heard).where(heard.c.origin_id == origin_id))
    connection.execute(delete(fork).where(fork.c.origin_id == origin_id))


def drop_fork(connection: Connection, origin_id: str) -> None:
    """Forget that a log forked, and what others were shown of it."""
    connection.execute(delete(fork).where(fork.c.origin_id == origin_id))
    connection.execute(delete(heard).where(heard.c.origin_id == origin_id))


def _forget_small(connection: Connection, origin_id: str, *, agrees: bool) -> None:
    """Keep the largest: what one log grows into decides about the smaller ones too."""
    of_one = and_(heard.c.origin_id == origin_id, heard.c.agrees == int(agrees))
    sizes = (
        connection.execute(select(heard.c.size).where(of_one).order_by(heard.c.size.desc())).scalars().all()
    )
    if len(sizes) > MOST_HEARD:
        connection.execute(delete(heard).where(and_(of_one, heard.c.size < sizes[MOST_HEARD - 1])))
