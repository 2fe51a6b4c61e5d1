"""Pull a peer's log: ask for its head, fetch what is new, verify it, keep it.

The receiver's own cursor, the size up to which it has verified the log, is the only truth. It moves in the same
transaction as the entries, so a cut at any moment resumes where it stopped.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import NamedTuple

from crypto.checkpoint import Checkpoint
from node.asking import keep_answers, standing_requests
from node.audiences import keep_belongings
from node.client import PeerClient
from node.confirm import is_due, make_receipt, note_given
from node.contact import Known, is_noted, note_heard, what_is_known
from node.directory import Directory, origin_of, quorum_of, speaker_of
from node.errors import (
    ForkedError,
    MemberError,
    NodeError,
    PeerError,
    RolledBackError,
    UnavailableError,
)
from node.fetching import NewEntries, ahead
from node.logbook import Identity
from node.receipt import sign_receipt
from node.receive import Received, before_withheld, keep_page, keep_withheld
from node.stepping import exchange_verdicts
from node.store.database import Store
from node.store.heads import LogHead
from node.store.receipts import Told
from node.verifiers import Verifiers
from node.verify import (
    Origin,
    log_name,
    page_token,
    read_checkpoint,
    verify_head,
    verify_page,
)
from node.wire import charters, records
from node.wire.receipts import encode_receipt

logger = logging.getLogger(__name__)
MANY_ENTRIES = 3_000  # from so many on it is worth to start processes that verify

Progress = Callable[[int, int], None]  # entries verified so far, entries in the log
Clock = Callable[[], datetime]  # aware UTC


class Reader(NamedTuple):
    """Who reads what was passed on, and what it trusts."""

    org_id: str
    directory: Directory
    clock: Clock = lambda: datetime.now(UTC)


class Outcome(NamedTuple):
    """What a pull from one peer did; `error` says why it stopped before the end."""

    org_id: str
    received: Received
    held: int  # entries that had been verified before
    verified: int  # entries that are verified now
    error: NodeError | None
    doubtful: bytes = b""  # a checkpoint that does not fit what is held, to be looked into


async def pull(
    store: Store,
    client: PeerClient,
    directory: Directory,
    progress: Progress = lambda _done, _size: None,
    clock: Clock = lambda: datetime.now(UTC),
    verifiers: Verifiers | None = None,
    *,
    identity: Identity | None = None,
) -> Outcome:
    """Bring a peer's log up to its newest checkpoint; pulls at the same time share `verifiers`.

    With our `identity` the peer is then given a signed receipt, unless it has one; should that fail, the next contact
    tries again.
    Whatever the peer does wrong ends the pull with `Outcome.error` and is written down; what was kept before stays.
    Errors of our own, such as a store that can not be written, are raised.
    """
    org_id = client.peer.org_id
    asked = clock()
    known, shown = await _known_and_shown(store, client, identity.org_id if identity else "")
    held = head = known.head
    before, received, error = head.frontier.size, Received(), None
    note = doubtful = b""
    try:
        note = _sound(known, shown)
        origin = origin_of(directory, org_id, asked)
        checkpoint = known.verify_shown(note, origin, quorum_of(directory, org_id))
        if checkpoint.size > before:
            async with nullcontext(verifiers) if verifiers else Verifiers() as who:
                if checkpoint.size - before >= MANY_ENTRIES:
                    who.call_helpers()
                async with ahead(NewEntries(client, origin, checkpoint, head.frontier, who).spans()) as spans:
                    async for span in spans:
                        kept, head = await asyncio.to_thread(
                            keep_page, store, head, span, note, records, clock()
                        )
                        received += kept
                        progress(head.frontier.size, checkpoint.size)
                        del span  # what is stored needs no memory while the next is awaited
        if identity is not None and known.told.log_size < before:  # another member passed it on
            received += await _ask_again(store, client, origin, head, clock)
    except (PeerError, MemberError) as refusal:
        doubtful = note if isinstance(refusal, ForkedError | RolledBackError) else b""
        logger.warning("refused: peer=%s reason=%s verified=%d", org_id, refusal.reason, head.frontier.size)
        error = refusal
    except UnavailableError as absence:
        return Outcome(org_id, received, before, head.frontier.size, absence)
    if head is not held or not known.rests or not is_noted(held, error, clock()):
        await asyncio.to_thread(note_heard, store, head, asked, clock(), error)
    if identity is not None and error is None:
        await _confirm(store, client, head, known.told, identity, clock())
        await _follow_audiences(store, client, directory, identity.org_id, clock())
        await exchange_requests(store, client)
        await exchange_verdicts(store, client, directory, identity.org_id, clock())
    return Outcome(org_id, received, before, head.frontier.size, error, doubtful)


async def _known_and_shown(store: Store, client: PeerClient, own_id: str) -> tuple[Known, bytes | NodeError]:
    """Look up what is known of a peer's log while the peer is asked for its checkpoint, or says why there is none."""
    known, shown = await asyncio.gather(
        asyncio.to_thread(what_is_known, store, client.peer.org_id, own_id), _shown(client)
    )
    # Others may have passed the log on after its checkpoint was asked for, and before we looked.
    if isinstance(shown, bytes) and known.is_beyond(shown):
        shown = await _shown(client)
    return known, shown


async def _shown(client: PeerClient) -> bytes | NodeError:
    try:
        return await client.checkpoint()
    except (PeerError, UnavailableError) as error:
        return error


def _sound(known: Known, shown: bytes | NodeError) -> bytes:
    """The checkpoint that was shown.

    Raises:
        ForkedError: The log told two stories.
        NodeError: None was shown.
    """
    if known.forked is not None:
        raise known.forked
    if isinstance(shown, NodeError):
        raise shown
    return shown


async def pull_relayed(
    store: Store,
    client: PeerClient,
    origin_id: str,
    reader: Reader,
    verifiers: Verifiers | None = None,
) -> Outcome:
    """Bring the log of a member to which there is no line as far as another member holds it.

    It passes the same gate as from its originator, and shows no more than may be passed on; whatever does not hold is
    the fault of who passes it on, and is not written down against the originator.
    """
    directory, now = reader.directory, reader.clock()
    head, forked, *_ = await asyncio.to_thread(what_is_known, store, origin_id)
    before, received, note = head.frontier.size, Received(), b""
    try:
        if forked is not None:
            raise forked
        origin = origin_of(directory, origin_id, now)
        tier = directory.member(reader.org_id).tier
        note = await client.checkpoint(origin_id)
        shown = read_checkpoint(note, origin)
        if head.checkpoint and shown.origin != head.name:  # an epoch that one of us does not follow
            return Outcome(origin_id, received, before, before, None)
        if shown.size < before:  # it follows the log more slowly than we do; or another log
            return Outcome(origin_id, received, before, before, None, note)
        checkpoint = verify_head(note, origin, head.frontier, quorum_of(directory, origin_id))
        async with nullcontext(verifiers) if verifiers else Verifiers() as who:
            log = NewEntries(client, origin, checkpoint, head.frontier, who, relayed_to=tier)
            async with ahead(log.spans()) as spans:
                async for span in spans:
                    kept, head = await asyncio.to_thread(
                        keep_page, store, head, span, note, records, reader.clock(), relayed=True
                    )
                    received += kept
                    del span
    except (PeerError, MemberError, UnavailableError) as refusal:
        logger.warning(
            "not passed on: log=%s peer=%s reason=%s", origin_id, client.peer.org_id, refusal.reason
        )
        doubtful = note if isinstance(refusal, ForkedError | RolledBackError) else b""
        return Outcome(origin_id, received, before, head.frontier.size, refusal, doubtful)
    return Outcome(origin_id, received, before, head.frontier.size, None)


async def _ask_again(
    store: Store, client: PeerClient, origin: Origin, head: LogHead, clock: Clock
) -> Received:
    """Learn from the originator what another member showed as withheld when it passed the log on.

    Raises:
        PeerError: A page does not hold.
        UnavailableError: No answer.
    """
    received, start = Received(), 0
    whole = Checkpoint(log_name(origin.org_id), head.frontier.size, head.frontier.root)
    while (held := await asyncio.to_thread(before_withheld, store, head, start)) is not None:
        page = await client.entries(page_token(whole.size, held.size))
        verified = await asyncio.to_thread(verify_page, page, origin, whole, held, records)
        received += await asyncio.to_thread(keep_withheld, store, head, verified, records, clock())
        start = verified.frontier.size
    return received


async def _confirm(
    store: Store, client: PeerClient, head: LogHead, before: Told, identity: Identity, now: datetime
) -> None:
    """Give the peer our receipt for its log as it is held here, if we owe it one, and note that it has it."""
    if not is_due(before, head, now):
        return
    receipt = await asyncio.to_thread(make_receipt, store, head, identity.org_id, now)
    envelope = sign_receipt(receipt, identity.signing, encode_receipt)
    try:
        await client.confirm(envelope)
    except (PeerError, UnavailableError) as error:
        logger.warning("no receipt given: peer=%s reason=%s", head.origin_id, error.reason)
        return
    await asyncio.to_thread(note_given, store, receipt, records.encode_envelope(envelope))


async def _follow_audiences(
    store: Store, client: PeerClient, directory: Directory, org_id: str, now: datetime
) -> None:
    """Learn to which audiences of the peer we belong; should that fail, the next contact tries again."""
    peer_id = client.peer.org_id
    try:
        owner = speaker_of(directory, peer_id, now)
        wires = await client.charters()
        await asyncio.to_thread(keep_belongings, store, owner, org_id, wires, charters)
    except (PeerError, MemberError, UnavailableError) as error:
        logger.warning("no audiences learnt: peer=%s reason=%s", peer_id, error.reason)


async def exchange_requests(store: Store, client: PeerClient) -> None:
    """Tell the peer what we ask of it, and learn what it has answered; should that fail, the next contact tries again.

    A request that the peer refuses to take is kept and told again: it may be another day.
    """
    peer_id = client.peer.org_id
    asked = await asyncio.to_thread(standing_requests, store, peer_id)
    if not asked:
        return
    for wish in (one.answer.wish for one in asked if not one.taken_at):
        try:
            await asyncio.to_thread(keep_answers, store, peer_id, (await client.ask(wish),))
        except (PeerError, UnavailableError) as error:
            logger.warning("share request waits: peer=%s reason=%s", peer_id, error.reason)
    try:
        await asyncio.to_thread(keep_answers, store, peer_id, await client.answers())
    except (PeerError, UnavailableError) as error:
        logger.warning("no answers learnt: peer=%s reason=%s", peer_id, error.reason)
