"""A store tells whether anything was written since it was last asked."""

from console.database import open_store
from node.store.heads import open_log


def test_what_another_connection_wrote_is_noticed(database_url: str) -> None:
    store, other = open_store(database_url), open_store(database_url)
    try:
        with store.changes() as changed:
            assert changed()
            with other.write() as connection:
                open_log(connection, "alpha")
            assert changed()
            with store.write() as connection:
                open_log(connection, "beta")
            assert changed()
            assert changed() is (store.engine.dialect.name != "sqlite")
    finally:
        store.close()
        other.close()
