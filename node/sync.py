"""Pull a peer's log: ask for its head, fetch what is new, verify it, keep it.

The receiver's own cursor, the size up to which it has verified the log, is the only truth. It moves in the same
transaction as the entries, so a cut at any moment resumes where it stopped. While one page is being verified and
stored, the next is on the line. Signatures are checked on every core; the event loop does nothing but wait.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple, Self

from node.client import PeerClient
from node.directory import Directory, Status
from node.errors import MemberError, NodeError, PeerError, UnavailableError
from node.receive import Received, follow, keep_page
from node.store.database import Store
from node.store.logs import LogHead, note_contact
from node.verify import Origin, Page, VerifiedPage, page_token, verify_head, verify_page
from node.wire import records

logger = logging.getLogger(__name__)
Progress = Callable[[int, int], None]  # entries verified so far, entries in the log
Clock = Callable[[], datetime]  # aware UTC


class Outcome(NamedTuple):
    """What a pull from one peer did; `error` says why it stopped before the end."""

    org_id: str
    received: Received
    held: int  # entries that had been verified before
    verified: int  # entries that are verified now
    error: NodeError | None


async def pull(
    store: Store,
    client: PeerClient,
    directory: Directory,
    progress: Progress = lambda _done, _size: None,
    clock: Clock = lambda: datetime.now(UTC),
) -> Outcome:
    """Bring a peer's log up to its newest checkpoint.

    Whatever the peer does wrong ends the pull with `Outcome.error` and is written down; what was kept before stays.
    Errors of our own, such as a store that can not be written, are raised.
    """
    org_id = client.peer.org_id
    head = await asyncio.to_thread(follow, store, org_id)
    before, received, error = head.frontier.size, Received(), None
    try:
        origin = origin_of(directory, org_id, clock())
        note = await client.checkpoint()
        checkpoint = verify_head(note, origin, head.frontier)
        with (
            ThreadPoolExecutor(os.cpu_count()) as pool,
            _Pages(client, checkpoint.size, head.frontier.size) as pages,
        ):

            def verify(page: Page, held: LogHead) -> VerifiedPage:
                return verify_page(page, origin, checkpoint, held.frontier, records, pool.map)

            while (page := await pages.next()) is not None:
                verified = await asyncio.to_thread(verify, page, head)
                kept, head = await asyncio.to_thread(keep_page, store, head, verified, note, records, clock())
                received += kept
                progress(head.frontier.size, checkpoint.size)
    except (PeerError, MemberError) as refusal:
        logger.warning("refused: peer=%s reason=%s verified=%d", org_id, refusal.reason, head.frontier.size)
        error = refusal
    except UnavailableError as absence:
        return Outcome(org_id, received, before, head.frontier.size, absence)
    await asyncio.to_thread(_note, store, org_id, clock(), error.reason if error else "")
    return Outcome(org_id, received, before, head.frontier.size, error)


def origin_of(directory: Directory, org_id: str, now: datetime) -> Origin:
    """Find the keys by which the records and checkpoints of a member are to be verified now.

    Raises:
        MemberError: It is no active member, its log key is not valid, or the directory has expired.
    """
    directory.verify_current(now)
    member = directory.member(org_id)
    if member.status is not Status.ACTIVE:
        raise MemberError(f"{org_id} is suspended")
    if not member.log_key.is_valid(now):
        raise MemberError(f"the log key of {org_id} is not valid now")
    keys = tuple(key.public_key for key in member.signing_keys if key.is_valid(now))
    return Origin(org_id, keys, member.log_key.public_key)


class _Pages:
    """Pages of a log in order, each asked for while the one before it is being worked on.

    The next page is asked for before this one has been verified, by the token that we would make ourselves, so a
    peer's token never steers us; `verify_page` then refuses the page whose token was another.
    """

    def __init__(self, client: PeerClient, size: int, start: int) -> None:
        self._client = client
        self._size = size
        self._at = start
        self._asked: asyncio.Task[Page] | None = None

    def __enter__(self) -> Self:
        self._ask()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._asked is not None:
            self._asked.cancel()

    async def next(self) -> Page | None:
        if self._asked is None:
            return None
        page = await self._asked
        self._at += len(page.entries)
        self._ask()
        return page

    def _ask(self) -> None:
        token = page_token(self._size, self._at)
        self._asked = asyncio.create_task(self._client.entries(token)) if token else None


def _note(store: Store, org_id: str, now: datetime, reason: str) -> None:
    with store.write() as connection:
        note_contact(connection, org_id, int(now.timestamp()), reason)
