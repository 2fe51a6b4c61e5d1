"""Tell that something was written, by whichever process: PostgreSQL says it at once, SQLite when it is asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from node.errors import StoreError, UnreachableError

CHANNEL = "tocsin"  # each transaction that writes says on it, when it is stored, that it was


class Changes(Protocol):
    """Whether anything was written since it was last asked."""

    @property
    def line(self) -> int | None:
        """A file that can be read as soon as there is something to ask for; `None` where one has to look by oneself."""

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
        yield _Version(driver, broken)
        return
    connection.detach()  # it goes back to nobody: whoever had it next would be told, too
    driver.autocommit = True
    driver.execute(f"LISTEN {CHANNEL}")
    yield _Told(driver, broken, driver.fileno())


class _Told(NamedTuple):
    driver: Any
    broken: type[Exception]
    line: int | None  # a line that was cut can not be asked for it

    def changed(self) -> bool:
        try:
            told = list(self.driver.notifies(timeout=0))  # all of them, or they would be told again
        except self.broken as error:
            raise UnreachableError("the database can not be reached") from error
        return bool(told)


class _Version:
    def __init__(self, driver: Any, broken: type[Exception]) -> None:
        self._driver, self._broken = driver, broken
        self._seen = self._version()

    @property
    def line(self) -> int | None:
        return None

    def changed(self) -> bool:
        before, self._seen = self._seen, self._version()
        return self._seen != before

    def _version(self) -> object:
        """A number that is another one when another connection has written."""
        try:
            return self._driver.execute("PRAGMA data_version").fetchone()
        except self._broken as error:
            raise StoreError("the database can not be read") from error
