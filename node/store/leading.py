"""Which of several processes of one node does what only one should do at a time; who has died does it no more.

On PostgreSQL by locks that belong to a connection: when its process ends, or the server, they are free again. What
would follow if two did it all the same is that the second finds it done: nothing rests on these locks alone.
On SQLite one process serves, which another such lock sees to, on a file beside the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from zlib import crc32

from sqlalchemy import Connection, NullPool, create_engine, func, select
from sqlalchemy.exc import DBAPIError, OperationalError

from node.errors import ServedError, UnreachableError
from node.store.database import Store

SPACE = 0x746F63  # "toc"; the lock of whoever writes has a number of another form
SERVED = ".serving"  # ends the name of the file beside an SQLite database


class Leads:
    """What this process leads, by name. Threads may share it."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._alone = store.engine.dialect.name == "sqlite"
        self._guard = Lock()
        self._line: Connection | None = None
        self._held: set[str] = set()

    def take(self, what: str) -> bool:
        """Lead from now on, if no other process does; tells whether this one leads.

        Raises:
            UnreachableError: The database can not be reached, so nobody knows.
        """
        if self._alone:
            return True
        with self._guard:
            try:
                return self._taken(what)
            except DBAPIError as error:
                self._let_go()
                raise UnreachableError("the database can not be reached") from error

    def give(self, what: str) -> None:
        """Lead no more."""
        with self._guard:
            if what not in self._held or self._line is None:
                return
            self._held.discard(what)
            try:
                self._line.execute(select(func.pg_advisory_unlock(SPACE, key_of(what))))
            except DBAPIError:  # it ended with its line
                self._let_go()

    def close(self) -> None:
        """Lead nothing any more."""
        with self._guard:
            if self._line is not None and self._held:
                with suppress(DBAPIError):  # by itself the server notices a moment later
                    self._line.execute(select(func.pg_advisory_unlock_all()))
            self._let_go()

    def _taken(self, what: str) -> bool:
        if self._line is None:
            line = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            line.detach()
            self._line = line
        if what in self._held:
            self._line.execute(select(1))  # or it would be held by nobody, on a line that has ended
            return True
        found = self._line.execute(select(func.pg_try_advisory_lock(SPACE, key_of(what)))).scalar_one()
        if found:
            self._held.add(what)
        return bool(found)

    def _let_go(self) -> None:
        self._held.clear()
        line, self._line = self._line, None
        if line is not None:
            line.close()


@contextmanager
def served_alone(store: Store) -> Iterator[None]:
    """Keep another process from serving a node on SQLite as long as this one does.

    Raises:
        ServedError: Another one serves it.
    """
    file = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not file:
        yield
        return
    # Nothing is waited for, and nothing begun by the driver itself.
    locks = create_engine(
        f"sqlite:///{file}{SERVED}", poolclass=NullPool, connect_args={"timeout": 0, "isolation_level": None}
    )
    with locks.connect() as lock:
        try:
            lock.exec_driver_sql("BEGIN EXCLUSIVE")
        except OperationalError as error:
            raise ServedError(
                "another process serves this node; on SQLite one alone can, on PostgreSQL several (docs/service.md)"
            ) from error
        yield


def key_of(what: str) -> int:
    """The number of a name's lock. Two names of one number are led together."""
    return crc32(what.encode()) - (1 << 31)
