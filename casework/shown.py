"""Learn from members which numbers we have given, once this database was restored from an older copy.

A member proves what it holds by showing it: our own document, with our own signature. So whoever lies can keep back
what it holds, and make up nothing. What is shown and was lost here is kept beside what is here, and what is signed next
has a greater number than both. Nothing of it is told to anybody again, and what was taken back since is on no list.
"""

from datetime import date, datetime
from typing import NamedTuple

from casework.about import WHILE_TOLD, about
from casework.audit import AuditEntry, write_entry
from casework.errors import CaseInputError, PostError, SummaryError
from casework.joint import ANSWER_TYPE
from casework.keyholder import WORK
from casework.letting_in import NODE
from casework.posting import Listed, Placed, newest, take_off
from casework.signedfile import read_line, write_line
from casework.store.audit import add_audit_entry
from casework.store.database import Database, Transaction
from casework.store.post import (
    ALONE,
    HEARD,
    UNHEARD,
    Cursor,
    Posted,
    count_posted,
    cursor_of,
    posted,
    posted_by,
    put_cursor,
    put_shown,
)
from casework.taking import MAX_OF_MEMBER, signed_by


class Ours(NamedTuple):
    """Our organization, and every signing key that it has or had."""

    org_id: str
    keys: tuple[bytes, ...]


class Regained(NamedTuple):
    """A document of ours that was lost here and that a member holds."""

    subject: str
    number: int
    what: str


def held_of(database: Database, signer: str, after: int, most: int) -> Listed:
    """What is held here of a member, behind a place, for that member itself."""
    with database.read() as connection:
        found = posted_by(connection, signer, after, most)
        last = count_posted(connection, signer)
    return Listed(tuple(Placed(at, read_line(one.line)) for at, one in enumerate(found, after + 1)), last)


def is_unheard(database: Database, org_id: str, peer: str) -> bool:
    """Whether a member has not said what it holds of ours since this database was restored, and has to."""
    with database.read() as connection:
        ours = cursor_of(connection, org_id)
        return _is_asking(ours) and not cursor_of(connection, peer).month


def nobody_heard(database: Database, org_id: str) -> bool:
    """Whether no member has said since this database was restored what it holds of ours, so that nothing is signed."""
    with database.read() as connection:
        ours = cursor_of(connection, org_id)
    return _is_asking(ours) and ours.month == UNHEARD


def is_due(database: Database, peer: str, today: date) -> bool:
    """Whether a member is to be asked what it holds of ours: once a month, as that finds what nobody noticed."""
    with database.read() as connection:
        return cursor_of(connection, peer).month != f"{today:%Y-%m}"


def hear_page(
    database: Database, ours: Ours, peer: str, page: tuple[Placed, ...], after: int, now: datetime
) -> tuple[int, tuple[Regained, ...]]:
    """Hear what a member shows of ours, and keep what was lost here; gives its last place, and what that is.

    Raises:
        PostError: A document is not ours, for somebody else, or not where it should be; nothing of the page is kept.
        CaseStoreError: The database refused; nothing is kept.
    """
    found = []
    for one in page:
        if not after < one.place <= MAX_OF_MEMBER:
            raise PostError("place {place} does not follow {before}", place=one.place, before=after)
        after = one.place
        found += _read(ours, peer, one)
    with database.read() as connection:
        lost = [new for new in found if _is_lost(connection, new)]
    if not lost:
        return after, ()
    with database.write() as connection:
        lost = [new for new in lost if _is_lost(connection, new)]
        for new in lost:
            _keep(connection, new, now)
    return after, tuple(Regained(new.subject, new.number, about(read_line(new.line)).what) for new in lost)


def note_heard(database: Database, org_id: str, peer: str, today: date) -> None:
    """Write down that a member has shown all that it holds of ours; its own lists are fetched from their beginning."""
    with database.write() as connection:
        ours = cursor_of(connection, org_id)
        if _is_asking(ours):
            put_cursor(connection, org_id, ours._replace(month=HEARD))
        put_cursor(connection, peer, Cursor(month=f"{today:%Y-%m}"))


def go_on_alone(database: Database, org_id: str) -> None:
    """Write down that somebody has decided that nobody is waited for."""
    with database.read() as connection:
        ours = cursor_of(connection, org_id)
    if _is_asking(ours):
        with database.write() as connection:
            put_cursor(connection, org_id, ours._replace(month=ALONE))


def _is_asking(ours: Cursor) -> bool:
    return bool(ours.to_all) and ours.month != ALONE


def _read(ours: Ours, peer: str, shown: Placed) -> list[Posted]:
    envelope, place = shown.envelope, shown.place
    try:
        signed_by(envelope, (envelope.payload_type,), {ours.org_id: ours.keys})
    except SummaryError as error:
        raise PostError("place {place}: {error}", place=place, error=error) from error
    try:
        found = about(envelope)
    except CaseInputError:
        return []  # signed with a later version, which is not here any more
    if found.addressee not in {"", peer}:
        raise PostError("place {place}: it is for {addressee}", place=place, addressee=found.addressee)
    if envelope.payload_type == ANSWER_TYPE:
        return []  # has one number for ever, and may be told again
    return [Posted(ours.org_id, found.subject, found.number, write_line(envelope), found.addressee)]


def _is_lost(connection: Transaction, one: Posted) -> bool:
    known = newest(connection, one.origin, one.subject)
    return known is None or known.number < one.number


def _keep(connection: Transaction, one: Posted, now: datetime) -> None:
    put_shown(connection, one)
    here = posted(connection, one.origin, one.subject)
    taken_back = read_line(one.line).payload_type not in WHILE_TOLD
    if here is not None and here.place and taken_back and read_line(here.line).payload_type in WHILE_TOLD:
        digests = take_off(connection, here)
        entry = AuditEntry(int(now.timestamp()), NODE, "write", WORK, digests=digests)
        add_audit_entry(connection, write_entry(entry))
