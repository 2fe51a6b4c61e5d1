"""Open a node's database, bringing its tables to the revision that this version works with."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from node.errors import StoreError
from node.store.columns import Columns
from node.store.database import Store
from node.store.replica import Replica

REVISION = "0037"  # newest revision in migrations/versions; a test holds the two together
MIGRATION_WAITS_SECONDS = 5.0  # for a table that others use; while it waits, they wait behind it
_TABLE = "alembic_version"


def open_store(url: str, columns: Path | None = None, replica: str = "") -> Store:
    """Open a database, making or migrating its tables where needed.

    Args:
        url: Of the database.
        columns: Folder for the columns of its facts; without one every question is answered by the database.
        replica: URL of a server that follows it and is asked instead, if it has the same tables; empty for none.

    Raises:
        ConfigError: The URL can not be used.
        StoreError: The database is of a newer version, or can not be reached.
    """
    store = Store(url, None if columns is None else Columns(columns), follower_of(replica))
    try:
        bring_up_to_date(store)
    except StoreError:
        store.close()
        raise
    return store


def follower_of(url: str) -> Replica | None:
    """The replica under a URL, which is asked as long as its tables are those of this version; empty for none.

    Raises:
        ConfigError: The URL can not be used.
    """
    return Replica(url, lambda connection: revision_of(connection) == REVISION) if url else None


def migrate(connection: Connection, revision: str = "head") -> None:
    """Upgrade the tables on an open write transaction."""
    from alembic import command  # noqa: PLC0415 - slow to import, and needed once in a node's life

    command.upgrade(alembic_config(connection), revision)


def is_known(revision: str) -> bool:
    """Whether this version of Tocsin knows a revision of the database; it knows those of all older versions."""
    return revision in {file.name.partition("_")[0] for file in (_migrations() / "versions").glob("*.py")}


def alembic_config(connection: Connection) -> Any:
    """Settings for alembic's commands on this connection; its type is alembic's, which is imported late."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_migrations()))
    config.attributes["connection"] = connection
    config.attributes["waits_seconds"] = MIGRATION_WAITS_SECONDS
    return config


def bring_up_to_date(store: Store) -> None:
    """Migrate the tables where that is needed, all of it or nothing.

    Raises:
        StoreError: The database is of a newer version, or can not be reached.
        BusyError: Others hold a table for too long.
    """
    with store.read() as connection:
        found = revision_of(connection)
    if found == REVISION:
        return
    if found is not None and not is_known(found):
        raise StoreError(
            "the database is of revision {found}, this version of Tocsin knows up to {known}",
            found=found,
            known=REVISION,
        )
    with store.write() as connection:
        migrate(connection)


def revision_of(connection: Connection) -> str | None:
    """Revision of the tables, none where there are no tables."""
    if not inspect(connection).has_table(_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {_TABLE}")).scalar_one_or_none()  # noqa: S608 - our own name


def _migrations() -> Path:
    """Folder of the revisions: inside the installed package, or beside it in a checkout."""
    installed = Path(__file__).parent / "_migrations"
    return installed if installed.is_dir() else Path(__file__).parent.parent / "migrations"
