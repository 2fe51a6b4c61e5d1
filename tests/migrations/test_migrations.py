"""The tables that migrations make are those that the code works with, on both databases."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import casework.tables
import console.web.tables
from casework.audit import AuditEntry, Head, write_entry
from console.database import REVISION, alembic_config, migrate, open_store
from node.errors import ConfigError, StoreError
from node.store.database import Store
from node.store.requests import changed_requests
from node.tables import metadata as node_metadata

METADATA = (node_metadata, casework.tables.metadata, console.web.tables.metadata)
TABLES = {name: table for metadata in METADATA for name, table in metadata.tables.items()}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A database without any table."""
    opened = Store(database_url)
    yield opened
    opened.close()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def test_the_newest_revision_is_the_one_that_the_code_asks_for(store: Store) -> None:
    with store.read() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))

    assert script.get_heads() == [REVISION]


def test_the_migrated_tables_are_those_of_the_code(store: Store) -> None:
    with store.write() as connection:
        migrate(connection)
    with store.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )

        found = compare_metadata(context, METADATA)  # type: ignore[arg-type] # it takes several as well

        assert found == []
        assert tables(connection) == {*TABLES, "alembic_version"}


def test_columns_stand_in_the_order_in_which_rows_are_inserted(store: Store) -> None:
    with store.write() as connection:
        migrate(connection)
    with store.read() as connection:
        for name, table in TABLES.items():
            made = [column["name"] for column in inspect(connection).get_columns(name)]
            assert made == [column.name for column in table.columns]


def test_every_revision_can_be_taken_back(store: Store) -> None:
    with store.write() as connection:
        migrate(connection)
    with store.write() as connection:
        command.downgrade(alembic_config(connection), "base")
    with store.read() as connection:
        assert tables(connection) == {"alembic_version"}

    with store.write() as connection:
        migrate(connection)
    with store.read() as connection:
        assert tables(connection) == {*TABLES, "alembic_version"}


def test_what_peers_shared_before_purposes_is_for_the_safety_of_staff(store: Store) -> None:
    with store.write() as connection:
        command.upgrade(alembic_config(connection), "0002")
        connection.execute(
            text("INSERT INTO log VALUES (1, 'alpha', 0, :none, :none, 0, '')").bindparams(none=b"")
        )
        for key, of in ((1, None), (2, 1)):
            connection.execute(
                text("INSERT INTO fact (id, log_id, known_from) VALUES (:key, :of, 20240101)").bindparams(
                    key=key, of=of
                )
            )
        migrate(connection)

        assert connection.execute(text("SELECT purpose FROM fact ORDER BY id")).scalars().all() == [
            None,
            "staff_safety",
        ]


def test_who_died_in_captivity_is_counted_in_facts_of_before(store: Store) -> None:
    documents = ('{"killed_in_captivity":2}', '{"narrative":"\\"killed_in_captivity\\":"}', "{}")
    with store.write() as connection:
        command.upgrade(alembic_config(connection), "0017")
        connection.execute(text("INSERT INTO record VALUES (1, :uid, 'awsd', '7')").bindparams(uid=b"u" * 16))
        for key, document in enumerate(documents, 1):
            row = "VALUES (:key, 1, NULL, :key, 20240101, 0, :digest, :document)"
            connection.execute(
                text(f"INSERT INTO revision {row}").bindparams(key=key, digest=b"", document=document)
            )
            connection.execute(
                text(
                    "INSERT INTO fact (id, revision_id, known_from) VALUES (:key, :key, 20240101)"
                ).bindparams(key=key)
            )
        migrate(connection)

        told = "SELECT killed_in_captivity, killed_in_detention FROM fact ORDER BY id"
        assert connection.execute(text(told)).all() == [(2, 0), (0, 0), (0, 0)]


def test_share_requests_of_before_get_the_digest_by_which_a_change_is_found(store: Store) -> None:
    with store.write() as connection:
        command.upgrade(alembic_config(connection), "0013")
        for row in (
            "record VALUES (1, :uid, 'reports', 'a')",
            "share_request VALUES (1, 'x', 'beta', 1, :uid, 7, 'analysis', '2,1', 'ünder', 9)",
            "share_step VALUES (1, 1, 'propose', 'kb', 10, '2,1', 0)",
            "share_step VALUES (2, 1, 'agree', 'mo', 11, '2,0', 0)",
            "sent_request VALUES (1, 'y', 'alpha', :uid, 7, 'analysis', '2,1', '', 'kb', 8, 9, 1, 0, '-1', 10)",
        ):
            connection.execute(
                text(f"INSERT INTO {row}").bindparams(**({"uid": b"u" * 16} if ":uid" in row else {}))
            )
        migrate(connection)
    with store.write() as connection:
        assert list(changed_requests(connection)) == []
        connection.execute(text("UPDATE share_step SET levels = '2,2' WHERE id = 2"))
        connection.execute(text("UPDATE sent_request SET state = 2"))
        assert list(changed_requests(connection)) == ["share request x of beta", "share request y to alpha"]


def test_who_was_told_nothing_of_the_recovery_key_before_is_told_now(store: Store) -> None:
    acts = (("break_glass", {7: Head(4, "ab")}), ("write", {7: Head(5, "cd")}))
    with store.write() as connection:
        command.upgrade(alembic_config(connection), "0014")
        connection.execute(text("INSERT INTO case_file VALUES (7, :uid)").bindparams(uid=b"u" * 16))
        for number, (act, heads) in enumerate(acts):
            entry = write_entry(AuditEntry(0, "recovery", act, "break_glass", (7,), heads=heads))
            row = text("INSERT INTO case_audit VALUES (:number, :entry, :leaf)")
            connection.execute(row.bindparams(number=number, entry=entry, leaf=b"l" * 32))
        migrate(connection)

        assert connection.execute(text("SELECT case_id, sequence FROM case_notice")).all() == [(7, 4)]


def test_an_empty_database_is_migrated_when_it_is_opened_and_then_left_alone(database_url: str) -> None:
    for _ in range(2):
        opened = open_store(database_url)
        with opened.read() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        opened.close()

        assert found == REVISION


def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(database_url: str) -> None:
    opened = open_store(database_url)
    with opened.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    opened.close()

    with pytest.raises(StoreError, match="revision 9999, this version of Tocsin knows up to " + REVISION):
        open_store(database_url)

    again = Store(database_url)
    with again.read() as connection:
        assert tables(connection) == {*TABLES, "alembic_version"}
    again.close()


def test_a_migration_that_fails_leaves_nothing_behind(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("CREATE TABLE release (id INTEGER)"))

    with pytest.raises(StoreError), store.write() as connection:
        migrate(connection)

    with store.read() as connection:
        assert tables(connection) == {"release"}


@pytest.mark.parametrize(
    "url", ["", "node.db", "mysql://localhost/tocsin", "oracle://x", "sqlite+nodriver:///x", "://"]
)
def test_an_address_of_no_usable_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="database_url"):
        open_store(url)


def test_a_database_that_can_not_be_reached_is_an_error_of_ours(tmp_path: object) -> None:
    with pytest.raises(StoreError):
        open_store(f"sqlite:///{tmp_path}/missing/node.db")
