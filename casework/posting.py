"""Put what we signed where members fetch it: one list for all of them, and one for each addressee.

A document that replaces another stands at the end of its list, so whoever has read on to a place asks for what is
behind it. A list tells its readers nothing of the others. What may no longer be told of a case is kept back from the
moment in which that is written down. When it may be told again it stands at its old place: a new one would tell those
who have it that something had happened. Each change stands in the audit log by its digest, so that `casework.check`
finds what was put in, changed or dropped.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from casework.about import WHILE_TOLD
from casework.casefile import CaseFile
from casework.errors import UnconfirmedError
from casework.signedfile import read_line
from casework.store.database import Database, Transaction
from casework.store.post import (
    ALONE,
    UNHEARD,
    Posted,
    all_posted,
    anybody_unheard,
    cursor_of,
    drop_posted,
    last_place,
    posted,
    posted_about,
    posted_after,
    put_posted,
    shown,
)
from casework.summary import SUMMARY_TYPE, read_summary, withheld
from crypto.envelope import Envelope

Digests = Mapping[str, tuple[str, ...]]
PUT, REPLACED = "posts", "replaced"  # kinds of digests in the audit log
LEFT_OUT = 1000  # numbers, far more than anybody signs of one case between two backups


class Placed(NamedTuple):
    """A signed document and its place in a list."""

    place: int
    envelope: Envelope


class Listed(NamedTuple):
    """Documents of a list in order, and how far the list goes."""

    documents: tuple[Placed, ...]
    last: int


def offer(connection: Transaction, *documents: Posted) -> Digests:
    """Put our documents at the end of their lists, each instead of the one before it; gives what to write down.

    Raises:
        UnconfirmedError: Members may hold newer ones, and nobody has asked them since this database was restored.
    """
    put, replaced = [], []
    for one in documents:
        _verify_heard(connection, one)
        before = posted(connection, one.origin, one.subject)
        if before is not None and before.place is not None:
            replaced.append(before.digest)
        last = max(last_place(connection, one.addressee), cursor_of(connection, one.origin).to_all)
        new = one._replace(place=last + 1, kept_back=0)
        put_posted(connection, new)
        put.append(new.digest)
    return {PUT: tuple(put), REPLACED: tuple(replaced)}


def newest(connection: Transaction, org_id: str, subject: str) -> Posted | None:
    """The last that we signed of a subject, be it here or lost and shown to us by a member."""
    found = (posted(connection, org_id, subject), shown(connection, org_id, subject))
    return max((one for one in found if one), key=lambda one: one.number, default=None)


def next_number(connection: Transaction, org_id: str, subject: str) -> int:
    """The number of what we sign next of a subject; whatever was restored, it was given to nothing before.

    Where somebody decided that no member is asked, or not all that we knew have shown what they hold, so many are left
    out that what was lost can not have reached them.
    """
    last, ours = newest(connection, org_id, subject), cursor_of(connection, org_id)
    number, place = (last.number, last.place or 0) if last else (0, 0)
    unsure = (
        ours.to_all and place <= ours.to_all and (ours.month == ALONE or anybody_unheard(connection, org_id))
    )
    return number + (LEFT_OUT if unsure else 1)


def take_off(connection: Transaction, *documents: Posted) -> Digests:
    """Take our documents off their lists for good; gives what to write down."""
    for one in documents:
        drop_posted(connection, one)
    return {REPLACED: tuple(one.digest for one in documents)}


def settle(connection: Transaction, case: CaseFile) -> Digests:
    """Keep back what was signed of a case if nothing may be told of it any more, let it out if it may again.

    Gives what to write down.
    """
    kept_back = int(bool(withheld(case)))
    return _mark(connection, told_of(connection, case), kept_back)


def told_of(connection: Transaction, case: CaseFile) -> tuple[Posted, ...]:
    """What members fetch of a case, but for what takes something back."""
    return tuple(
        one
        for one in posted_about(connection, case.about.text("public_ref"))
        if read_line(one.line).payload_type in WHILE_TOLD
    )


def keep_back(connection: Transaction, case: CaseFile) -> Digests:
    """Keep back what was signed of a case; gives what to write down."""
    return _mark(connection, told_of(connection, case), 1)


def keep_back_again(connection: Transaction, digests: frozenset[str]) -> Digests:
    """Keep back those of our documents that have these digests; gives what to write down."""
    return _mark(connection, tuple(one for one in all_posted(connection) if one.digest in digests), 1)


def joined(*several: Digests) -> Digests:
    """Digests of several changes of one transaction."""
    return {kind: tuple(one for each in several for one in each.get(kind, ())) for kind in (PUT, REPLACED)}


def listed(database: Database, addressee: str, after: int, most: int, today: date) -> Listed:
    """What stands behind a place of the list of an addressee, or of that for all, without what has expired.

    Raises:
        CaseStoreError: The database can not be read.
    """
    with database.read() as connection:
        last = last_place(connection, addressee)
        found: list[Placed] = []
        while len(found) < most:
            rows = posted_after(connection, addressee, after, most)
            if not rows:
                break
            after = rows[-1].place or after
            read = ((one.place or 0, read_line(one.line)) for one in rows)
            found += (Placed(*one) for one in read if not _is_over(one[1], today))
    return Listed(tuple(found[:most]), last)


def _verify_heard(connection: Transaction, document: Posted) -> None:
    ours = cursor_of(connection, document.origin)
    if not ours.to_all or ours.month == ALONE:
        return
    if ours.month == UNHEARD:
        raise UnconfirmedError(
            "this node was restored, copied or moved, and no member has said yet what it holds of what was signed here "
            "about cases; `tocsin log confirm` asks the members"
        )
    if document.addressee and not cursor_of(connection, document.addressee).month:
        raise UnconfirmedError(
            "this node was restored, copied or moved, and {member} has not said yet what it holds of what was signed "
            "here for it; `tocsin sync` asks it",
            member=document.addressee,
        )


def _mark(connection: Transaction, documents: tuple[Posted, ...], kept_back: int) -> Digests:
    old = tuple(one for one in documents if one.kept_back != kept_back)
    new = tuple(one._replace(kept_back=kept_back) for one in old)
    for one in new:
        put_posted(connection, one)
    return {PUT: tuple(one.digest for one in new), REPLACED: tuple(one.digest for one in old)}


def _is_over(envelope: Envelope, today: date) -> bool:
    return envelope.payload_type == SUMMARY_TYPE and not read_summary(envelope.payload).is_shown(today)
