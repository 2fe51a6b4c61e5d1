"""A server that follows the one that is written: read for questions alone, and it says itself how far it has come."""

import logging
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, make_url, select, text

from node.errors import StoreError
from node.store.database import Run, Store
from node.tables.incidents import revision

_READ_ONLY = (
    "-c default_transaction_read_only=on"  # were it promoted meanwhile, nothing would be written either
)

logger = logging.getLogger(__name__)


class Standing(NamedTuple):
    """How far a replica has come: the newest revision of a record there; when what changed last was written (UTC)."""

    revision: int
    changed_at: datetime | None


class Replica:
    """A replica under a URL of its own.

    Raises:
        ConfigError: It is no usable URL.
    """

    def __init__(self, url: str, is_usable: Callable[[Connection], bool]) -> None:
        self._store = Store(
            make_url(url).update_query_dict({"options": _READ_ONLY}).render_as_string(hide_password=False)
        )
        self._is_usable = is_usable

    def reading(self, stack: ExitStack) -> tuple[Connection, Run] | None:
        """Read one consistent state for as long as a stack lasts; nothing where the replica can not be used."""
        with ExitStack() as ours:
            try:
                connection = ours.enter_context(self._store.read())
                if self._is_usable(connection):
                    stack.push(ours.pop_all())
                    return connection, lambda statement: connection.execute(statement).all()
                logger.warning("replica not asked: its tables are of another revision")
            except StoreError as error:
                logger.warning("replica not asked: reason=%s", error.reason)
        return None

    def close(self) -> None:
        """Close every pooled connection."""
        self._store.close()


def standing(connection: Connection) -> Standing | None:
    """How far the database has come that is read, if it is a replica; nothing of one that is written."""
    if connection.dialect.name != "postgresql":
        return None
    follows, at = connection.execute(
        select(func.pg_is_in_recovery(), text("pg_last_xact_replay_timestamp()"))
    ).one()
    if not follows:
        return None
    newest = connection.execute(select(func.coalesce(func.max(revision.c.id), 0))).scalar_one()
    return Standing(int(newest), None if at is None else at.astimezone(UTC))
