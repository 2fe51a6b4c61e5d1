"""Connections to a node's database: how each is prepared, and that none is handed out which the server has ended.

A PostgreSQL server that is started again, or gives way to another of its cluster, ends every line. A URL may name
several servers; libpq takes the first that is as `target_session_attrs` wants it. A server that vanished without a
word is given up after seconds, where the system itself would wait for hours.
"""

import selectors
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, InvalidatePoolError, NoSuchModuleError

from node.errors import ConfigError

BUSY_SECONDS = 30  # how long a writer waits for its turn
_WAL_PAGES = 16_384  # 64 MiB between checkpoints: bulk loads write each page once instead of many times
_CACHE_KIB = 8_192
_LINES = {  # what libpq is told where the URL says nothing else
    "connect_timeout": "5",  # seconds for each server
    "keepalives_idle": "30",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",  # milliseconds that what was sent may stay without an answer
}
# Class of errors of a connection; a server that stops, was killed or starts; one that may only be read.
_GONE = ("08", "57P01", "57P02", "57P03", "25006")


def make_engine(url: str) -> Engine:
    """What opens connections to a database as they are needed.

    Raises:
        ConfigError: The URL is not one of SQLite or PostgreSQL, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
            raise ConfigError(
                "database_url: {backend} is neither sqlite nor postgresql", backend=parsed.get_backend_name()
            )
        if parsed.get_backend_name() == "postgresql":
            parsed = parsed.update_query_dict({**_LINES, **parsed.query})
        engine = create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise ConfigError("database_url: not a usable database address") from error
    if engine.dialect.name == "sqlite":
        _say_what_stays(engine.dialect.loaded_dbapi)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "checkout", _verifier(engine.dialect.loaded_dbapi.Error))
        event.listen(engine, "handle_error", _note_gone)
    return engine


def named_servers(url: str) -> tuple[str, ...]:
    """The servers that a URL names in its query; none where it names at most one, before the path."""
    hosts = make_url(url).query.get("host", ())
    return (hosts,) if isinstance(hosts, str) else tuple(hosts)


def is_gone(error: Any) -> bool:
    """Whether an error of a driver says that the server is not there, or no longer takes what is written."""
    state = getattr(error, "sqlstate", "none")  # SQLite knows none; of a line that broke there is none either
    return str(state).startswith(_GONE) or (state is None and type(error).__name__ == "OperationalError")


def _verifier(broken: type[Exception]) -> Callable[[Any, object, object], None]:
    """What gives up a connection, and all others of its pool, that the server ended while nobody used it.

    A server says nothing on a line that rests but that it ends it: looking costs microseconds, asking a round trip.
    """

    def verify(line: Any, _record: object, _proxy: object) -> None:
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(line.fileno(), selectors.EVENT_READ)
                if selector.select(0):
                    line.execute("SELECT 1")
                    line.rollback()
        except broken as error:
            raise InvalidatePoolError from error

    return verify


def _note_gone(context: ExceptionContext) -> None:
    """Have every connection made anew, so that they find the server that takes what is written."""
    if is_gone(context.original_exception):
        context.is_disconnect = True


def _say_what_stays(driver: Any) -> None:
    """Tell the driver that nothing and bytes are stored as they are.

    Of each value that is neither text nor a number it would ask in vain how to: a fifth of what storing a fact takes.
    """
    driver.register_adapter(type(None), lambda nothing: nothing)
    driver.register_adapter(bytes, bytes)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver would otherwise begin, and commit, behind our back
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",  # what was deleted is gone from the file, not only from its index
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        f"wal_autocheckpoint = {_WAL_PAGES}",
        f"cache_size = -{_CACHE_KIB}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A reader that later wants to write could find its snapshot outdated; a writer therefore says so at once.
    options = connection.get_execution_options()
    if not options.get("tocsin_alone"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("tocsin_write") else "BEGIN")
