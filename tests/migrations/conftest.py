"""Migrations start from nothing."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.postgres import Server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of one new, empty database: the test runs once on SQLite and once on PostgreSQL."""
    with ExitStack() as databases:
        if request.param == "sqlite":
            yield f"sqlite:///{tmp_path / 'tocsin.sqlite3'}"
        else:
            server: Server = request.getfixturevalue("postgresql_server")
            yield databases.enter_context(server.database())
