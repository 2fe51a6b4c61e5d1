"""Fixtures that every package's tests share: published data beside the checkout, and both databases."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.postgres import Server, running_server

IN_CI = bool(os.environ.get("CI"))

# No deadline: how long an example takes on a shared machine says nothing about it. CI repeats itself.
FAST = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", FAST)
settings.register_profile("ci", FAST, max_examples=150, derandomize=True, print_blob=True)
settings.load_profile("ci" if IN_CI else "fast")


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


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def new_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Give URLs of new, empty databases, all of one kind; the test runs once on each kind."""
    numbers = count(1)
    with ExitStack() as databases:

        def new_sqlite() -> str:
            return f"sqlite:///{tmp_path / f'tocsin-{next(numbers)}.sqlite3'}"

        def new_postgresql() -> str:
            server: Server = request.getfixturevalue("postgresql_server")
            return databases.enter_context(server.database())

        yield {"sqlite": new_sqlite, "postgresql": new_postgresql}[request.param]


@pytest.fixture
def database_url(new_database_url: Callable[[], str]) -> str:
    """URL of one new, empty database: the test runs once on SQLite and once on PostgreSQL."""
    return new_database_url()
