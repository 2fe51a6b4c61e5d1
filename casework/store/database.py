"""What casework asks of a database, and two helpers for its tables."""

from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection, Table, func, insert, select

Transaction: TypeAlias = Connection  # what use cases hand from one function of this package to the next


class Database(Protocol):
    """A database with one write lane; `console` plugs the node's in."""

    def read(self) -> AbstractContextManager[Connection]:
        """Read one consistent state.

        Raises:
            CaseStoreError: The database can not be read.
        """

    def write(self) -> AbstractContextManager[Connection]:
        """Write in one transaction, while nobody else writes: all of it or nothing.

        Raises:
            CaseStoreError: The database refused, or another writer did not finish in time.
        """


def next_id(connection: Connection, table: Table) -> int:
    """First free key of a table; only inside `Database.write`, which makes it nobody else's."""
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1


def add(connection: Connection, table: Table, *rows: dict[str, Any]) -> None:
    """Insert rows."""
    if rows:
        connection.execute(insert(table), list(rows))
