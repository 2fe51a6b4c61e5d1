"""Statements are compiled once for all databases of a process, not anew for each of the hundreds that tests open."""

from typing import Any, cast

from sqlalchemy import Connection, Dialect
from sqlalchemy.util import LRUCache

# More than the number of different statements in all tests together.
_MOST_STATEMENTS = 5_000

_Key = tuple[Any, ...]


class Statements(LRUCache[_Key, Any]):
    """Compiled statements by their text and kind of database: two that differ in the file alone share them."""

    def get(self, key: _Key, default: Any = None) -> Any:
        """Look a compiled statement up, whichever database it was compiled for."""
        return super().get(_of_kind(key), default)

    def __setitem__(self, key: _Key, value: Any) -> None:
        super().__setitem__(_of_kind(key), value)


_STATEMENTS = Statements(_MOST_STATEMENTS)


def share_statements(connection: Connection) -> None:
    """Let a new connection use what was compiled for others; called for each by an event of SQLAlchemy."""
    connection.execution_options(compiled_cache=_STATEMENTS)


def _of_kind(key: _Key) -> _Key:
    dialect, *others = key
    return type(cast("Dialect", dialect)), *others
