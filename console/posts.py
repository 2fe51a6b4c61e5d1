"""Plug signed documents about cases into the network: hand ours out to members, fetch theirs after their records.

No key of any case is needed for either. An officer sees what was fetched with `case status` and `case joint`.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from casework.errors import CaseworkError, PostError
from casework.posting import Placed, listed
from casework.shown import Ours, Regained, hear_page, held_of, is_due, is_unheard, note_heard
from casework.store.database import Database
from casework.store.post import Cursor
from casework.taking import MAX_OF_MEMBER, Fate, Members, Outcome, begin, take_page
from node.client import PeerClient
from node.errors import MemberError, NodeError, PeerError, StoreError, UnavailableError
from node.statuses import Shelf
from node.wire.statuses import Documents

logger = logging.getLogger(__name__)


class Reader(NamedTuple):
    """Who fetches: the office's database, who belongs to the network, our id, every signing key that we have or had."""

    database: Database
    members: Members
    org_id: str
    own_keys: tuple[bytes, ...]


class Fetched(NamedTuple):
    """What fetching from one member did.

    Attributes:
        outcomes: What became of each document.
        error: Why it stopped before the end.
        regained: What it holds of ours that was lost here.
    """

    outcomes: tuple[Outcome, ...] = ()
    error: NodeError | CaseworkError | None = None
    regained: tuple[Regained, ...] = ()

    @property
    def taken(self) -> int:
        """How many documents are new."""
        return sum(one.fate is Fate.TAKEN for one in self.outcomes)

    @property
    def refused(self) -> tuple[Outcome, ...]:
        """What was not taken, but for what is held already."""
        return tuple(one for one in self.outcomes if one.fate not in {Fate.TAKEN, Fate.REPLAYED})


def shelf(database: Database, clock: Callable[[], datetime]) -> Shelf:
    """What the case status service hands out."""

    def look(reader: str, after: int, most: int) -> Documents:
        try:
            found = listed(database, reader, after, most, clock().date())
        except CaseworkError as error:
            raise StoreError(str(error)) from error
        return Documents(found.documents, found.last)

    return look


def holdings(database: Database) -> Shelf:
    """What it hands out to who asks for what itself has signed."""

    def look(signer: str, after: int, most: int) -> Documents:
        try:
            return Documents(*held_of(database, signer, after, most))
        except CaseworkError as error:
            raise StoreError(str(error)) from error

    return look


async def hear_of_ours(reader: Reader, line: PeerClient, now: datetime) -> tuple[bool, tuple[Regained, ...]]:
    """Ask a member what it holds of what we signed; tells whether it could say, and what of it was lost here.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none.
        PostError: It shows what we did not sign, or what was not for it.
        CaseStoreError: Our own database refused.
    """
    after, peer, regained = 0, line.peer.org_id, list[Regained]()
    ours = Ours(reader.org_id, reader.own_keys)
    while True:
        page = await line.case_documents(after, ours=True)
        if not page.of_caller:  # an older version, which has answered with its own list
            return False, tuple(regained)
        if not page.documents:
            break
        shown = tuple(Placed(*one) for one in page.documents)
        after, lost = await asyncio.to_thread(hear_page, reader.database, ours, peer, shown, after, now)
        regained += lost
    if regained:
        logger.warning("documents about cases were lost here: peer=%s number=%d", peer, len(regained))
    await asyncio.to_thread(note_heard, reader.database, reader.org_id, peer, now.date())
    return True, tuple(regained)


def lost_here(told: Iterable[tuple[str, tuple[Regained, ...]]]) -> Iterator[str]:
    """What members hold of ours that was lost here, in words."""
    for peer, regained in told:
        for one in regained:
            what = f"{one.what} {one.number} of {one.subject!r}"
            yield f"{peer} holds {what}, lost here: publish again what shall stand, under a greater number"


async def fetch(reader: Reader, line: PeerClient, now: datetime) -> Fetched:
    """Fetch what a member signed for all and for us, verify it, and keep it page by page with how far we are.

    Once a month it is asked first what it holds of ours.

    Whatever the member does wrong ends it with `Fetched.error`; what was kept before stays, and the next one goes on
    there.

    Raises:
        CaseStoreError: Our own database refused.
    """
    outcomes: list[Outcome] = []
    regained: tuple[Regained, ...] = ()
    peer, today = line.peer.org_id, now.date()
    try:
        cursor = await asyncio.to_thread(begin, reader.database, peer, today)
        begins = not (cursor.to_all or cursor.to_us)
        if begins and await asyncio.to_thread(is_due, reader.database, peer, today):
            told, regained = await hear_of_ours(reader, line, now)
            if not told and await asyncio.to_thread(is_unheard, reader.database, reader.org_id, peer):
                cursor = cursor._replace(month="")  # so that it is asked again
        for to_us in (False, True):
            cursor = await _fetch_list(reader, line, cursor, today, outcomes, to_us=to_us)
    except (PeerError, MemberError, UnavailableError, PostError) as error:
        logger.warning("case documents refused: peer=%s reason=%s", peer, error.reason)
        return Fetched(tuple(outcomes), error, regained)
    return Fetched(tuple(outcomes), regained=regained)


async def _fetch_list(
    reader: Reader, line: PeerClient, cursor: Cursor, today: date, outcomes: list[Outcome], *, to_us: bool
) -> Cursor:
    peer, fresh, again = line.peer.org_id, 0, False
    while fresh <= MAX_OF_MEMBER:  # what is more than that is for the next time
        at = cursor.to_us if to_us else cursor.to_all
        page = await line.case_documents(at, to_us=to_us)
        documents = tuple(Placed(*one) for one in page.documents)
        if not documents and page.last < at and not again:  # it was restored from an older copy
            cursor, again = cursor._replace(to_us=0) if to_us else cursor._replace(to_all=0), True
            continue
        if not documents:
            return cursor
        cursor, became = await asyncio.to_thread(
            take_page,
            reader.database,
            reader.members,
            reader.org_id,
            peer,
            documents,
            cursor,
            to_us=to_us,
            today=today,
        )
        outcomes += became
        fresh += len(documents)
    return cursor
