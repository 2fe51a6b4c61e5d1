"""Tell that something was written, by whichever process: PostgreSQL says it at once, SQLite when it is asked.

When to ask SQLite, the system says, which tells that its log of writes grows: that is a moment before what was written
is there for others. Where the system says nothing, one has to look.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from node.errors import StoreError, UnreachableError
from node.store.touched import forget_touches, touches

SOON_SECONDS = 2.0  # from a write to the log until it is there for others: the disk has to take it first
CHANNEL = "tocsin"  # each transaction that writes says on it, when it is stored, that it was


class Changes(Protocol):
    """Whether anything was written since it was last asked."""

    @property
    def line(self) -> int | None:
        """A file that can be read as soon as there is something to ask for; `None` where one has to look by oneself."""

    @property
    def is_told(self) -> bool:
        """Whether it tells of itself; else it need not be listened to while nobody waits."""

    @property
    def comes_soon(self) -> bool:
        """Whether something is being written, and one should ask again in a moment."""

    def changed(self) -> bool:
        """Whether anything was written, as told in microseconds.

        Raises:
            UnreachableError: The database has gone; what was written since is not known.
            StoreError: It can not be read.
        """


@contextmanager
def watched(connection: Connection) -> Iterator[Changes]:
    """Watch a database over a connection that is used for nothing else."""
    driver: Any = connection.connection.driver_connection
    broken = connection.dialect.loaded_dbapi.Error
    if connection.dialect.name == "sqlite":
        (_, _, file) = driver.execute("PRAGMA database_list").fetchone()
        driver.execute("PRAGMA data_version").fetchone()  # by then there is a log of writes
        with touches(f"{file}-wal") as line:
            yield _Version(driver, broken, line)
        return
    connection.detach()  # it goes back to nobody: whoever had it next would be told, too
    driver.autocommit = True
    driver.execute(f"LISTEN {CHANNEL}")
    yield _Told(driver, broken, driver.fileno())


class _Told(NamedTuple):
    driver: Any
    broken: type[Exception]
    line: int | None  # a line that was cut can not be asked for it
    is_told: bool = True
    comes_soon: bool = False

    def changed(self) -> bool:
        try:
            told = list(self.driver.notifies(timeout=0))  # all of them, or they would be told again
        except self.broken as error:
            raise UnreachableError("the database can not be reached") from error
        return bool(told)


class _Version:
    is_told = False

    def __init__(self, driver: Any, broken: type[Exception], line: int | None) -> None:
        self._driver, self._broken, self.line = driver, broken, line
        self._seen, self._until = self._version(), 0.0

    @property
    def comes_soon(self) -> bool:
        return monotonic() < self._until

    def changed(self) -> bool:
        if self.line is not None and forget_touches(self.line):
            self._until = monotonic() + SOON_SECONDS
        before, self._seen = self._seen, self._version()
        if self._seen != before:
            self._until = 0.0
        return self._seen != before

    def _version(self) -> object:
        """A number that is another one when another connection has written."""
        try:
            return self._driver.execute("PRAGMA data_version").fetchone()
        except self._broken as error:
            raise StoreError("the database can not be read") from error
