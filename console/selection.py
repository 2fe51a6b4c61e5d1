"""Which of this organization's records somebody means."""

from collections.abc import Sequence
from datetime import date

from node.errors import QueryError
from node.measures import make_query
from node.store.database import Store, Transaction
from node.store.queries import own_revisions
from node.store.records import record_ids_by_key, revisions_by_key


def select_records(store: Store, option: str, ids: Sequence[str]) -> tuple[int, ...]:
    """Find records named by `SOURCE:KEY`, whether they still stand or not.

    Raises:
        QueryError: An id names no record that there ever was.
    """
    found: list[int] = []
    with store.read() as connection:
        for text in ids:
            source, colon, key = text.partition(":")
            known = record_ids_by_key(connection, source, [key]) if colon else {}
            if key not in known:
                raise QueryError(
                    "{option}: there is no record {text!r}; ids look like awsd:4664", option=option, text=text
                )
            found.append(known[key])
    return tuple(found)


def select_revisions(
    store: Store,
    ids: Sequence[str],
    where: Sequence[str],
    first: date | None,
    last: date | None,
    today: date,
) -> tuple[int, ...]:
    """Find the current revisions of records named by `SOURCE:KEY`, or of all that fit the filters.

    Raises:
        QueryError: A filter is wrong, or an id names no record that stands.
    """
    with store.read() as connection:
        if not ids:
            query = make_query([], ["incidents"], where, as_of=today, first=first, last=last)
            return tuple(own_revisions(connection, query))
        return tuple(_revision(connection, text) for text in ids)


def one_revision(store: Store, record: str) -> int:
    """Find the current revision of the record `SOURCE:KEY`.

    Raises:
        QueryError: There is none.
    """
    with store.read() as connection:
        return _revision(connection, record)


def _revision(connection: Transaction, text: str) -> int:
    source, colon, key = text.partition(":")
    known = revisions_by_key(connection, source, [key]) if colon else {}
    if key not in known:
        raise QueryError("there is no record {text!r}; ids look like awsd:4664", text=text)
    return known[key]
