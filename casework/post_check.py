"""Verify every signed document between organizations again: its signature, what it says, and ours by the audit log."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from casework.about import TYPES, about
from casework.errors import CaseInputError
from casework.posting import PUT, REPLACED
from casework.signedfile import read_line, write_line
from casework.store.database import Transaction
from casework.store.post import Posted, all_posted, all_shown
from casework.taking import signed_by

Found = tuple[str, str]  # where, and what does not hold


def check_post(
    connection: Transaction,
    keys: Mapping[str, Sequence[bytes]],
    written: Mapping[str, Sequence[str]],
) -> Iterator[Found | int]:
    """Give everything that does not hold, and how many documents were verified.

    Args:
        connection: An open read.
        keys: Public signing keys of this organization and of every member, by its id; those of before too.
        written: Digests that the audit log names, by kind.
    """
    known = Counter(written.get(PUT, ())) - Counter(written.get(REPLACED, ()))  # one may have come back
    documents = all_posted(connection)
    for one in documents:
        where = f"signed document of {one.origin}: {one.subject}"
        try:
            what = _fault(one, keys)
        except CaseInputError as error:
            what = str(error)
        if not what and one.place is not None and one.digest not in known:
            what = "the audit log does not know it like that"
        if what:
            yield where, what
    for digest in sorted(known.keys() - {one.digest for one in documents}):
        yield "signed documents", f"one of ours ({digest[:16]}) was dropped or changed"
    yield len(documents)
    for one in all_shown(connection):
        where = f"signed document of {one.origin}, as a member showed it: {one.subject}"
        try:
            what = _fault(one, keys)
        except CaseInputError as error:
            what = str(error)
        if what:
            yield where, what


def _fault(one: Posted, keys: Mapping[str, Sequence[bytes]]) -> str:
    envelope = read_line(one.line)
    if write_line(envelope) != one.line:
        return "it is not in the one form in which it is kept"
    signed_by(envelope, TYPES, {one.origin: tuple(keys.get(one.origin, ()))})
    found = about(envelope)
    if (found.subject, found.number, found.addressee) != (one.subject, one.number, one.addressee):
        return "it is entered as another than it is"
    if one.place is None and one.kept_back:
        return "it is kept back and was never offered"
    return ""
