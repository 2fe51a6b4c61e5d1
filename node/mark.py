"""Mark a record as concerning people who need more protection than the rules can see, or take marks off.

A mark is a new revision on the day from which its record is known as it stands, so no figure of any day moves. The
revisions before it stay, and tell later who was protected when. Anybody may mark; taking a mark off takes two persons,
as it lets leave what was held.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from node.document import write_document
from node.errors import OverrideError, QueryError
from node.model import Sensitive
from node.store.consents import add_unmarking, agree_unmarking, unmarkings
from node.store.database import Store, Transaction
from node.store.records import Current, NewRevision, add_revisions, current, histories, revisions_by_key


def mark_record(store: Store, name: str, marks: frozenset[Sensitive]) -> frozenset[Sensitive]:
    """Give a record these marks beside those that it has, in one transaction; those that it has change nothing.

    Args:
        store: Where this node keeps its records.
        name: SOURCE:KEY, as previews and lists name it.
        marks: To be added.

    Returns:
        The marks that it had.

    Raises:
        QueryError: There is no such record, or it no longer stands.
    """
    with store.write() as connection:
        return _change(connection, name, lambda before: before | marks)


def ask_to_unmark(store: Store, name: str, taken: frozenset[Sensitive], by: str, now: datetime) -> int:
    """Ask that marks be taken off a record; gives the number to which a second person agrees.

    Raises:
        QueryError: There is no such record, it no longer stands, or it has none of these marks.
    """
    with store.write() as connection:
        one = _find(connection, name)
        taken &= one.incident.sensitive
        if not taken:
            raise QueryError("{name} has no such mark", name=name)
        return add_unmarking(connection, one.record_id, taken, by, int(now.timestamp()))


def agree_to_unmark(store: Store, number: int, by: str, now: datetime) -> tuple[str, frozenset[Sensitive]]:
    """Take marks off, as a second person; gives the record and the marks that it had.

    Raises:
        OverrideError: Nothing of that number waits, or the same person asked for it.
        QueryError: The record no longer stands.
    """
    with store.write() as connection:
        waiting = [one for one in unmarkings(connection) if one.number == number and not one.agreed_by]
        if not waiting:
            raise OverrideError("nothing with the number {number} waits for a second person", number=number)
        asked = waiting[0]
        if asked.said_by.casefold() == by.casefold():
            raise OverrideError("whoever asked for it can not be the second person")
        agree_unmarking(connection, number, by, int(now.timestamp()))
        return asked.record, _change(connection, asked.record, lambda before: before - asked.taken)


def _change(
    connection: Transaction, name: str, changed: Callable[[frozenset[Sensitive]], frozenset[Sensitive]]
) -> frozenset[Sensitive]:
    one = _find(connection, name)
    before = one.incident.sensitive
    if changed(before) != before:
        source, _, key = name.partition(":")
        known = histories(connection, source, [key])
        document = write_document(replace(one.incident, sensitive=changed(before)))
        since = known[key].revisions[-1].known_on
        revision = NewRevision(key, since, withdrawn=False, document=document)
        add_revisions(connection, source, None, known, [revision], ())
    return before


def _find(connection: Transaction, name: str) -> Current:
    source, colon, key = name.partition(":")
    found = revisions_by_key(connection, source, [key]) if colon else {}
    one = next(iter(current(connection, list(found.values()))), None)
    if one is None:
        raise QueryError("there is no record {name!r}; ids look like awsd:4664", name=name[:80])
    return one
