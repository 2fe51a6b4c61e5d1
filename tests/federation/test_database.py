"""Bulk rows: all of a statement or nothing, and what a driver says against them stays below."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import select

from node.errors import StoreError
from node.store.database import insert_many
from node.store.heads import open_log
from node.tables.logs import entry
from tests.support.network import Network, on_sqlite_alone

HASH = bytes(32)
SYNCHRONOUS = """
import sys
from node.store.database import Store
with Store(sys.argv[1]).write() as connection:
    print(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())
"""  # in a process of its own: in that of the tests nothing waits for the disk


def test_what_a_node_has_stored_is_on_the_disk(new_sqlite_url: Callable[[], str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SYNCHRONOUS, new_sqlite_url()], capture_output=True, text=True, check=True
    )
    assert done.stdout == "2\n"  # FULL: a commit comes back when the disk has it


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param((0, "accepted", "", 1, HASH, b""), id="a place that is taken"),
        pytest.param((1, None, "", 1, HASH, b""), id="a value that is missing"),
    ],
)
def test_a_row_that_the_database_refuses_is_our_error_and_leaves_nothing(
    network: Network, wrong: tuple[object, ...]
) -> None:
    node = network.node("alpha")

    def store() -> None:
        with node.store.write() as connection:
            log_id = open_log(connection, "beta").log_id
            rows = [(0, "accepted", "", 1, HASH, b""), wrong]
            insert_many(connection, entry, ((log_id, *row) for row in rows))

    with pytest.raises(StoreError, match="refused rows"):
        store()
    with node.store.read() as connection:
        assert connection.execute(select(entry)).all() == []


@on_sqlite_alone
@pytest.mark.parametrize("bulk", [True, False])
def test_a_full_disk_is_told_as_such_and_leaves_nothing(network: Network, *, bulk: bool) -> None:
    store = network.node("alpha").store

    def fill() -> None:
        with store.write() as connection:
            log_id = open_log(connection, "beta").log_id
            rows = [(log_id, index, "accepted", "", 1, HASH, bytes(100_000)) for index in range(20)]
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 10}")
            if bulk:
                insert_many(connection, entry, rows)
            else:
                connection.execute(
                    entry.insert(), [dict(zip(entry.c.keys(), row, strict=True)) for row in rows]
                )

    with pytest.raises(StoreError, match="disk of the database is full"):
        fill()
    with store.read() as connection:
        assert connection.execute(select(entry)).all() == []
