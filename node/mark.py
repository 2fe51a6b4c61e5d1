"""Mark a record as concerning people who need more protection than the rules can see, or take the marks off.

A mark is a new revision on the day from which its record is known as it stands, so no figure of any day moves. The
revisions before it stay, and tell later who was protected when.
"""

from dataclasses import replace

from node.document import write_document
from node.errors import QueryError
from node.model import Sensitive
from node.store.database import Store
from node.store.records import NewRevision, add_revisions, current, histories, revisions_by_key


def mark_record(store: Store, name: str, marks: frozenset[Sensitive]) -> frozenset[Sensitive]:
    """Give a record these marks instead of those that it has, in one transaction; equal marks change nothing.

    Args:
        store: Where this node keeps its records.
        name: SOURCE:KEY, as previews and lists name it.
        marks: All marks from now on; none takes them off.

    Returns:
        The marks that it had.

    Raises:
        QueryError: There is no such record, or it no longer stands.
    """
    source, colon, key = name.partition(":")
    with store.write() as connection:
        found = revisions_by_key(connection, source, [key]) if colon else {}
        one = next(iter(current(connection, list(found.values()))), None)
        if one is None:
            raise QueryError(f"there is no record {name[:80]!r}; ids look like awsd:4664")
        before = one.incident.sensitive
        if before != marks:
            known = histories(connection, source, [key])
            document = write_document(replace(one.incident, sensitive=marks))
            since = known[key].revisions[-1].known_on
            revision = NewRevision(key, since, withdrawn=False, document=document)
            add_revisions(connection, source, None, known, [revision], ())
    return before
