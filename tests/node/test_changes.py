"""A store tells whether anything was written since it was last asked."""

from selectors import EVENT_READ, DefaultSelector

from console.database import open_store
from node.store.changes import Changes
from node.store.heads import open_log


def told(changes: Changes) -> bool:
    """Wait until there is something to ask for, and ask."""
    if changes.line is not None:
        with DefaultSelector() as selector:
            selector.register(changes.line, EVENT_READ)
            selector.select(10)
    return changes.changed()


def test_what_another_connection_wrote_is_noticed(database_url: str) -> None:
    store, other = open_store(database_url), open_store(database_url)
    try:
        with store.changes() as changes:
            assert not changes.changed()
            with other.write() as connection:
                open_log(connection, "alpha")
                assert not changes.changed()
            assert told(changes)
            with store.write() as connection:
                open_log(connection, "beta")
            assert told(changes)
            assert not changes.changed()
    finally:
        store.close()
        other.close()
