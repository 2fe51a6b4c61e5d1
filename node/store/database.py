"""One database, two engines: connections, the single write lane, and bulk inserts.

Reads run side by side. Writes take turns: SQLite by its own lock, PostgreSQL by an advisory lock, so that several
processes of one node never hand out the same key or log index twice.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Dialect, Table, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from crypto.sentence import Sentence
from node.errors import BusyError, StoreError, UnreachableError
from node.store.changes import CHANNEL, Changes, watched
from node.store.connecting import BUSY_SECONDS, is_gone, make_engine

_GONE = Sentence(
    "the database can not be reached; what was being written is there or not: do it again once it is back"
)
_FULL = Sentence("the disk of the database is full; nothing of this was stored")
_WRITE_LANE = 0x746F6373696E  # "tocsin"
_LANE = select(func.pg_advisory_xact_lock(_WRITE_LANE), func.pg_notify(CHANNEL, ""))  # told when it is stored

Rows: TypeAlias = Sequence[tuple[Any, ...]]
Transaction: TypeAlias = Connection  # what use cases hand from one function of this package to the next


Run: TypeAlias = Callable[[Any], Sequence[Sequence[Any]]]  # a statement over facts to its rows


class Beside(Protocol):
    """What answers questions about facts faster than the database does, and says the same."""

    def reading(self, store: "Store") -> AbstractContextManager[tuple[Connection, Run]]:
        """Read one consistent state, with what answers statements over facts in it."""

    def forget(self) -> None:
        """Destroy what is held."""


class Follower(Protocol):
    """What holds the same as the database did a moment ago, and may be asked instead."""

    def reading(self, stack: ExitStack) -> tuple[Connection, Run] | None:
        """Read one consistent state for as long as a stack lasts; nothing where that can not be done."""

    def close(self) -> None:
        """Close every connection."""


class Store:
    """A node's database; opens connections as they are needed.

    Raises:
        ConfigError: The URL is not one of SQLite or PostgreSQL, or its driver is not installed.
    """

    def __init__(self, url: str, beside: Beside | None = None, follower: Follower | None = None) -> None:
        self.engine = make_engine(url)
        self._beside = beside
        self._follower = follower

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read one consistent state; whatever is written meanwhile is not seen.

        Raises:
            StoreError: The database can not be read.
        """
        with _our_errors(), self.engine.connect() as connection:
            if (
                connection.dialect.name == "postgresql"
            ):  # by itself it would show each statement another state
                connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield connection

    @contextmanager
    def glance(self) -> Iterator[Connection]:
        """Read what single statements tell: each sees one state by itself, and no transaction is begun around it.

        Raises:
            StoreError: The database can not be read.
        """
        with _our_errors(), self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                yield connection.execution_options(isolation_level="AUTOCOMMIT")
            else:
                yield connection.execution_options(tocsin_alone=True)

    @contextmanager
    def counting(self, *, may_lag: bool = False) -> Iterator[tuple[Connection, Run]]:
        """Read one consistent state, with what answers statements over facts in it fastest.

        Args:
            may_lag: Whether a replica may be asked, which `node.store.replica.standing` tells. Never for what decides
                about anything that leaves.

        Raises:
            StoreError: The database can not be read.
        """
        with ExitStack() as stack:
            if may_lag and self._follower is not None and (found := self._follower.reading(stack)):
                yield found
                return
        if self._beside is not None:
            with self._beside.reading(self) as reading:
                yield reading
            return
        with self.read() as connection:
            yield connection, lambda statement: connection.execute(statement).all()

    def forget(self) -> None:
        """Destroy what is held beside the database, as something of it has to be destroyed; it is made again.

        Raises:
            StoreError: It can not be destroyed.
        """
        if self._beside is not None:
            self._beside.forget()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Write in one transaction: all of it or nothing.

        Raises:
            BusyError: Another writer did not finish in time.
            StoreError: The database refused.
        """
        with _our_errors(), self.engine.connect() as connection:
            writer = connection.execution_options(tocsin_write=True)
            with writer.begin():
                if writer.dialect.name == "postgresql":
                    writer.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
                    writer.execute(_LANE)
                yield writer

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        """Give what tells whether anything was written since it was last asked, by whichever process.

        Raises:
            StoreError: The database can not be read.
        """
        with _our_errors(), self.engine.connect() as connection, watched(connection) as changes:
            yield changes

    def probe(self) -> None:
        """Have the database answer something.

        Raises:
            StoreError: It can not.
        """
        with self.read() as connection:
            connection.execute(select(1))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()
        if self._follower is not None:
            self._follower.close()


def next_id(connection: Connection, table: Table) -> int:
    """First free key of a table; only inside `Store.write`, which makes it nobody else's."""
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) + 1


T = TypeVar("T")


def portions(items: Sequence[T], size: int = 5_000) -> Iterator[Sequence[T]]:
    """Cut a long list of keys so that each part fits into one statement of either engine."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def insert_many(connection: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert rows that hold every column of the table, in its order.

    Rows may be made while they are stored: a list of all of them costs a tenth of storing it.

    Raises:
        StoreError: The database refused a row.
    """
    driver: Any = connection.connection.driver_connection
    try:
        if connection.dialect.name == "postgresql":
            _copy(driver, connection.dialect, table, rows)
        else:
            _execute_many(driver, table, rows)
    except connection.dialect.loaded_dbapi.Error as error:
        if is_gone(error):
            connection.invalidate()
            raise UnreachableError(_GONE) from error
        raise StoreError(_FULL if _is_full(error) else "the database refused rows") from error


def _execute_many(driver: Any, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" * len(table.columns))
    driver.executemany(f"INSERT INTO {table.name} VALUES ({marks})", rows)  # noqa: S608 - our own names


def _copy(driver: Any, dialect: Dialect, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
    columns = ", ".join(column.name for column in table.columns)
    types = [column.type.compile(dialect).partition("(")[0].lower() for column in table.columns]
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise StoreError("the database refused a row that contradicts another") from error
    except DBAPIError as error:
        if error.connection_invalidated or is_gone(error.orig):
            raise UnreachableError(_GONE) from error
        if not isinstance(error, OperationalError):
            raise StoreError("the database refused a statement") from error
        if "lock" in str(error.orig):  # SQLite: "database is locked"; PostgreSQL: "... due to lock timeout"
            raise BusyError("another process of this node is writing; try again") from error
        if _is_full(error.orig):
            raise StoreError(_FULL) from error
        raise StoreError("the database can not be used: is it there, and is it of this version?") from error
    except SQLAlchemyError as error:
        raise StoreError("the database refused a statement") from error


def _is_full(error: object) -> bool:
    """Whether there is no room: SQLite says "database or disk is full", PostgreSQL hands on what the system says."""
    return any(said in str(error) for said in ("disk is full", "No space left"))
