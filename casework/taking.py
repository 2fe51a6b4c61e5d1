"""Take what members signed, out of a file or as they list it: one gate for both (CW-18).

A file may come from anybody, so each of its documents is judged by itself. A list comes from one member over the line:
one document that is not signed by that member, or not where it should be, and nothing of the page is taken.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import NamedTuple, Protocol

from casework.about import FILE_TYPES, WHILE_TOLD, About, about
from casework.errors import CaseInputError, FieldError, PostError, SummaryError
from casework.posting import Placed
from casework.signedfile import read_file, read_line, write_line
from casework.store.database import Database, Transaction
from casework.store.post import (
    Cursor,
    Posted,
    count_posted,
    cursor_of,
    posted,
    put_cursor,
    put_posted,
)
from casework.summary import LIFETIME, SUMMARY_TYPE, CaseStatusSummary, months_later, read_summary
from crypto.envelope import Envelope, keyid, verify_envelope
from crypto.errors import CryptoError
from crypto.sentence import Sentence

MAX_OF_MEMBER = 20_000  # documents held of one organization


class Members(Protocol):
    """Who belongs to the network; `console` plugs the directory in."""

    def keys(self) -> Mapping[str, tuple[bytes, ...]]:
        """Public signing keys that are valid now, of every active member by its id."""


class Fate(StrEnum):
    """What became of a document."""

    TAKEN = "taken"
    REPLAYED = "replayed"
    OLDER = "older"
    CONTRADICTS = "contradicts"  # another of the same number is held
    OURS = "ours"
    FULL = "full"
    FOR_OTHERS = "for_others"  # an answer that another co-sender is told
    NOT_JOINT = "not_joint"  # an answer for a case that this officer does not have, or that is not joint
    REFUSED = "refused"  # what it says can not be taken


class Outcome(NamedTuple):
    """What became of one document: about what it is, and why it was refused; empty where it was taken."""

    origin: str
    subject: str
    number: int
    what: str
    refused: str = ""
    fate: Fate = Fate.TAKEN

    def because(self, fate: Fate, why: str) -> "Outcome":
        """Likewise, refused."""
        return self._replace(fate=fate, refused=why)


def take(
    database: Database, members: Members, org_id: str, content: bytes, today: date
) -> tuple[Outcome, ...]:
    """Take the signed documents of a file, each by itself, and say what became of each.

    Raises:
        SummaryError: It is no such file; nothing is taken.
    """
    envelopes, keys = read_file(content), members.keys()
    outcomes = []
    with database.write() as connection:
        for number, envelope in enumerate(envelopes, 1):
            try:
                origin = signed_by(envelope, FILE_TYPES, keys)
                outcomes.append(_keep(connection, origin, envelope, org_id, today))
            except CaseInputError as error:
                outcomes.append(Outcome("", f"line {number}", 0, "").because(Fate.REFUSED, str(error)))
    return tuple(outcomes)


def begin(database: Database, peer: str, today: date) -> Cursor:
    """How far a member's lists were fetched; each month it begins again.

    By that nothing is missed for long that a member signed after it restored an older copy of its database, or that a
    newer version of ours can read.
    """
    with database.read() as connection:
        cursor = cursor_of(connection, peer)
    month = f"{today:%Y-%m}"
    return cursor if cursor.month == month else Cursor(month=month)


def take_page(
    database: Database,
    members: Members,
    org_id: str,
    peer: str,
    page: tuple[Placed, ...],
    cursor: Cursor,
    *,
    to_us: bool,
    today: date,
) -> tuple[Cursor, tuple[Outcome, ...]]:
    """Take a page of one of a member's lists; gives how far it was fetched now, and what became of each document.

    Documents and cursor are written together.

    Raises:
        PostError: A document is not signed by this member, for somebody else, or not where it should be; nothing is
            taken.
        CaseStoreError: The database refused; nothing is taken.
    """
    place, keys = cursor.to_us if to_us else cursor.to_all, {peer: members.keys().get(peer, ())}
    for one in page:
        if one.place <= place:
            raise PostError("place {place} does not follow {before}", place=one.place, before=place)
        place = one.place
        _verify(one, keys, org_id if to_us else "")
    cursor = cursor._replace(to_us=place) if to_us else cursor._replace(to_all=place)
    with database.write() as connection:
        outcomes = tuple(_outcome(connection, peer, one.envelope, org_id, today) for one in page)
        put_cursor(connection, peer, cursor)
    return cursor, outcomes


def signed_by(envelope: Envelope, types: tuple[str, ...], keys: Mapping[str, tuple[bytes, ...]]) -> str:
    """Id of the member that signed a document; nothing of it is read before.

    Raises:
        SummaryError: No member did, or it is of another type.
    """
    owners = {key: org_id for org_id, several in keys.items() for key in several}
    try:
        key = verify_envelope(envelope, types, tuple(owners))
    except CryptoError as error:
        raise SummaryError("no active member signed it ({error})", error=error) from error
    if envelope.signatures[0].keyid != keyid(key):
        raise SummaryError("keyid: names another key than the one that signed")
    return owners[key]


def _verify(one: Placed, keys: Mapping[str, tuple[bytes, ...]], addressee: str) -> None:
    """Verify what no honest member sends otherwise. Of what type a document is may be for a later version to know."""
    try:
        signed_by(one.envelope, (one.envelope.payload_type,), keys)
    except SummaryError as error:
        raise PostError("place {place}: {error}", place=one.place, error=error) from error
    try:
        found = about(one.envelope)
    except CaseInputError:
        return  # `_outcome` says why
    if found.addressee != addressee:
        raise PostError(
            "place {place}: it is for {addressee}",
            place=one.place,
            addressee=found.addressee or Sentence("all members"),
        )


def _outcome(connection: Transaction, peer: str, envelope: Envelope, org_id: str, today: date) -> Outcome:
    try:
        return _keep(connection, peer, envelope, org_id, today, listed=True)
    except CaseInputError as error:
        return Outcome(peer, envelope.payload_type[:80], 0, "").because(Fate.REFUSED, str(error))


def _keep(
    connection: Transaction,
    origin: str,
    envelope: Envelope,
    org_id: str,
    today: date,
    *,
    listed: bool = False,
) -> Outcome:
    found = about(envelope)
    if envelope.payload_type == SUMMARY_TYPE:
        _check_time(read_summary(envelope.payload), today)
    new = Posted(origin, found.subject, found.number, write_line(envelope), found.addressee)
    held = posted(connection, origin, found.subject)
    outcome = _judge(held, new, found)
    if listed and outcome.fate in {Fate.OLDER, Fate.CONTRADICTS} and _takes_back(held, envelope):
        outcome = Outcome(new.origin, new.subject, new.number, found.what)
    if origin == org_id:
        return outcome.because(Fate.OURS, "it is our own")
    if outcome.refused:
        return outcome
    if held is None and count_posted(connection, origin) >= MAX_OF_MEMBER:
        return outcome.because(Fate.FULL, f"{MAX_OF_MEMBER} documents of this member are held")
    put_posted(connection, new)
    return outcome


def _judge(held: Posted | None, new: Posted, found: About) -> Outcome:
    """What becomes of a document by what is held of its subject."""
    outcome = Outcome(new.origin, new.subject, new.number, found.what)
    if held is None or new.number > held.number:
        return outcome
    if new.number < held.number:
        return outcome.because(Fate.OLDER, f"older: number {held.number} is held")
    if read_line(held.line).payload == read_line(new.line).payload:
        return outcome.because(Fate.REPLAYED, "replayed: it is held already")
    return outcome.because(Fate.CONTRADICTS, "another of that number is held")


def _takes_back(held: Posted | None, envelope: Envelope) -> bool:
    """Whether a member takes back what is held of it.

    In its own list it means what it says, whatever the number: it may have given that before, and was put back to an
    older copy since. In a file it may be as old as it looks.
    """
    told = held is not None and read_line(held.line).payload_type in WHILE_TOLD
    return told and envelope.payload_type not in WHILE_TOLD


def _check_time(summary: CaseStatusSummary, today: date) -> None:
    issued = date.fromisoformat(f"{summary.issued}-01")
    if summary.issued > months_later(today, 1):
        raise FieldError("issued", "{issued} lies in the future", issued=summary.issued)
    if not summary.issued < summary.expires <= months_later(issued, LIFETIME):
        raise FieldError("expires", "is not at most {lifetime} months after issued", lifetime=LIFETIME)
    if not summary.is_shown(today):
        raise FieldError("expires", "it expired on the first of {expires}", expires=summary.expires)
