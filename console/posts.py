"""Plug signed documents about cases into the network: hand ours out to members, fetch theirs after their records.

No key of any case is needed for either. An officer sees what was fetched with `case status` and `case joint`.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from casework.errors import CaseworkError, PostError
from casework.posting import Placed, listed
from casework.store.database import Database
from casework.store.post import Cursor
from casework.taking import MAX_OF_MEMBER, Fate, Members, Outcome, begin, take_page
from node.client import PeerClient
from node.errors import MemberError, NodeError, PeerError, StoreError, UnavailableError
from node.statuses import Shelf
from node.wire.statuses import Documents

logger = logging.getLogger(__name__)


class Reader(NamedTuple):
    """Who fetches: the office's database, who belongs to the network, our id."""

    database: Database
    members: Members
    org_id: str


class Fetched(NamedTuple):
    """What fetching from one member did; `error` says why it stopped before the end."""

    outcomes: tuple[Outcome, ...] = ()
    error: NodeError | CaseworkError | None = None

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


async def fetch(reader: Reader, line: PeerClient, today: date) -> Fetched:
    """Fetch what a member signed for all and for us, verify it, and keep it page by page with how far we are.

    Whatever the member does wrong ends it with `Fetched.error`; what was kept before stays, and the next one goes on
    there.

    Raises:
        CaseStoreError: Our own database refused.
    """
    outcomes: list[Outcome] = []
    try:
        cursor = await asyncio.to_thread(begin, reader.database, line.peer.org_id, today)
        for to_us in (False, True):
            cursor = await _fetch_list(reader, line, cursor, today, outcomes, to_us=to_us)
    except (PeerError, MemberError, UnavailableError, PostError) as error:
        logger.warning("case documents refused: peer=%s reason=%s", line.peer.org_id, error.reason)
        return Fetched(tuple(outcomes), error)
    return Fetched(tuple(outcomes))


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
