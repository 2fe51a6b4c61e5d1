"""Every migration runs over a database with data in all its tables, and keeps it."""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, LargeBinary, MetaData, SmallInteger, Table, Text, select, text

from console import database
from console.database import REVISION, alembic_config, migrate
from node.errors import BusyError
from node.store.database import Store
from tests.support.postgres import Server

pytestmark = pytest.mark.slow
ROWS = 3  # in each table
LETTERS = "aZ'\"\\%;-{}[]:,éж中🜂"


@contextmanager
def new_store(kind: str, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database without any table."""
    with ExitStack() as stack:
        if kind == "sqlite":
            url = f"sqlite:///{Path(stack.enter_context(TemporaryDirectory())) / 'tocsin.sqlite3'}"
        else:
            server: Server = request.getfixturevalue("postgresql_server")
            url = stack.enter_context(server.database())
        opened = Store(url)
        stack.callback(opened.close)
        yield opened


def tables_of(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def contents(connection: Connection, tables: list[Table]) -> dict[str, list[Any]]:
    """Every row of these tables with the columns that they have there, in whatever order."""
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(*table.c))), key=repr)
        for table in tables
    }


def fill(connection: Connection, tables: list[Table], chance: random.Random) -> None:
    """Put rows into the tables that have none yet."""
    for table in tables:
        if connection.execute(select(text("1")).select_from(table).limit(1)).first() is None:
            rows = [
                {one.name: value(one, number, chance) for one in table.c} for number in range(1, ROWS + 1)
            ]
            connection.execute(table.insert(), rows)


def value(column: Any, number: int, chance: random.Random) -> object:
    """A value for a column in the row of this number, another one in each row."""
    if column.nullable and chance.random() < 0.3:
        return None
    if column.foreign_keys or (column.primary_key and not isinstance(column.type, Text | LargeBinary)):
        return number  # which is the key of a row of the other table too
    if isinstance(column.type, LargeBinary):
        return number.to_bytes() + chance.randbytes(31)
    if isinstance(column.type, Text):
        return f"{number}{''.join(chance.choices(LETTERS, k=chance.randrange(20)))}"
    most = 1 << 12 if isinstance(column.type, SmallInteger) else 1 << 28
    return number * most + chance.randrange(most)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_every_migration_keeps_what_is_there(kind: str, request: pytest.FixtureRequest) -> None:
    chance = random.Random(random.random())  # each run another one, which the run can be told to repeat
    with new_store(kind, request) as store:
        with store.read() as connection:
            script = ScriptDirectory.from_config(alembic_config(connection))
        steps = [one.revision for one in reversed(list(script.walk_revisions()))]
        before: list[Table] = []
        held: dict[str, list[Any]] = {}
        for revision in steps:
            with store.write() as connection:
                held = contents(connection, before)
                command.upgrade(alembic_config(connection), revision)
                assert contents(connection, before) == held, revision
                before = tables_of(connection)
                fill(connection, before, chance)
    assert steps[-1] == REVISION
    assert all(held.values())


@pytest.mark.postgresql
def test_a_migration_gives_way_to_who_works_and_leaves_everything_as_it_was(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "MIGRATION_WAITS_SECONDS", 0.2)
    with new_store("postgresql", request) as store:
        with store.write() as connection:
            migrate(connection, "0012")
        with store.engine.connect() as other, other.begin():
            other.execute(text("LOCK TABLE revision IN ROW EXCLUSIVE MODE"))  # as who adds a record does
            with pytest.raises(BusyError):
                database.bring_up_to_date(store)
            with store.read() as connection:
                assert database.revision_of(connection) == "0012"
        database.bring_up_to_date(store)
        with store.read() as connection:
            assert database.revision_of(connection) == REVISION
