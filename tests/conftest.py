"""Fixtures that every package's tests share: published data beside the checkout, and both databases."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from sqlalchemy import Engine, event, make_url

from console.database import open_store
from node.store import connecting
from tests.support.postgres import Server, running_server
from tests.support.statements import share_statements

IN_CI = bool(os.environ.get("CI"))

# No deadline: how long an example takes on a shared machine says nothing about it. CI repeats itself.
FAST = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", FAST)
settings.register_profile("ci", FAST, max_examples=100, derandomize=True, print_blob=True)
# For `make mutants`: the same examples each time; how small a failing one could be is not asked.
PHASES = (Phase.explicit, Phase.generate)
settings.register_profile("mutation", FAST, derandomize=True, phases=PHASES, database=None)
settings.load_profile("ci" if IN_CI else "fast")

event.listen(Engine, "engine_connect", share_statements)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as slow what needs PostgreSQL: the fast tests run on SQLite, and every push runs both."""
    for item in items:
        if item.get_closest_marker("postgresql"):
            item.add_marker(pytest.mark.slow)


class _LongestFirst:
    """What may take longest is started first, so that in the end no worker waits long for another."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the order, but for tests that are given more time than others."""
        items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_configure(config: pytest.Config) -> None:
    """Let the longest tests be first after others have put all of them into an order."""
    config.pluginmanager.register(_LongestFirst())


@pytest.fixture(scope="session", autouse=True)
def _nothing_waits_for_the_disk() -> Iterator[None]:
    """Let what this process writes be there without the disk having it, which only a power cut would tell.

    PostgreSQL is started likewise. Other processes that a test starts, and may kill, write as nodes do.
    """
    prepare = connecting._prepare_sqlite

    def in_haste(connection: sqlite3.Connection, record: object) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous = OFF")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _file: None)
        patch.setattr(connecting, "_prepare_sqlite", in_haste)
        yield


@pytest.fixture(scope="session")
def shared(pytestconfig: pytest.Config) -> Path:
    """Folder of published data and test vectors that lies beside the checkout, not in it."""
    folder = pytestconfig.rootpath.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is absent")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """One server for all tests of this process, started when the first of them asks."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running_server())
        except ImportError:
            if IN_CI:
                raise
            pytest.skip("no PostgreSQL wheel for this platform")
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new SQLite database with all its tables, to be copied: that is far quicker than making them."""
    file = tmp_path_factory.mktemp("migrated") / "tocsin.sqlite3"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def migrated_database(postgresql_server: Server) -> Iterator[str]:
    """Name of a PostgreSQL database likewise."""
    with postgresql_server.database() as url:
        open_store(url).close()
        yield str(make_url(url).database)


@pytest.fixture
def new_sqlite_url(migrated_file: Path, tmp_path: Path) -> Callable[[], str]:
    """Give URLs of new SQLite databases of a node."""
    numbers = count(1)

    def make() -> str:
        file = tmp_path / f"tocsin-{next(numbers)}.sqlite3"
        shutil.copyfile(migrated_file, file)
        return f"sqlite:///{file}"

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def new_database_url(
    request: pytest.FixtureRequest, new_sqlite_url: Callable[[], str]
) -> Iterator[Callable[[], str]]:
    """Give URLs of new databases of a node, all of one kind; the test runs once on each kind."""
    with ExitStack() as databases:

        def new_postgresql() -> str:
            server: Server = request.getfixturevalue("postgresql_server")
            return databases.enter_context(server.database(request.getfixturevalue("migrated_database")))

        yield {"sqlite": new_sqlite_url, "postgresql": new_postgresql}[request.param]


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    """URL of one new database of a node: the test runs once on SQLite and once on PostgreSQL."""
    return new_database_url()
