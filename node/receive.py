"""Keep a verified page: entries, facts and the log's head in one transaction.

Only pages that passed `node.verify` come here, from whichever transport. A record that replaces another closes the
other's count on the day it arrives, so figures as of earlier days stay what they were; only what its origin asked to
destroy is gone from those too.

What another member passed on as withheld may be for us, or call something back: the originator is asked for it again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from crypto.merkle import Frontier
from node.errors import BusyError, PayloadError
from node.purge import MISMATCH, purge, purge_held
from node.signed import PADDING_TYPE, RETRACTION_TYPE, Codec, IncidentRecord, Position, Retraction
from node.store.database import Store, Transaction
from node.store.heads import LogHead, advance_log, log_head, open_log
from node.store.matched import follow_replaced
from node.store.peer_log import (
    StoredEntry,
    add_peer_entries,
    entries_at,
    first_entry,
    past_frontier,
    peer_entries,
    put_withheld,
)
from node.store.records import day_number
from node.verify import RELAYED, Fate, Verified, VerifiedPage


class Received(NamedTuple):
    """What became of the entries of a page."""

    accepted: int = 0
    retracted: int = 0
    withheld: int = 0
    refused: int = 0
    purged: int = 0  # entries, of this page or before, whose values were destroyed
    padding: int = 0

    def __add__(self, other: object) -> "Received":
        if not isinstance(other, Received):
            return NotImplemented
        return Received(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


def follow(store: Store, origin_id: str) -> LogHead:
    """Find how far a peer's log was verified, starting to follow it when it is new."""
    with store.read() as connection:
        head = log_head(connection, origin_id)
    if head is None:
        with store.write() as connection:
            head = open_log(connection, origin_id)
    return head


def keep_page(
    store: Store,
    head: LogHead,
    page: VerifiedPage,
    checkpoint: bytes,
    codec: Codec,
    now: datetime,
    *,
    relayed: bool = False,
) -> tuple[Received, LogHead]:
    """Store a verified page that continues `head`.

    Args:
        store: Of this node.
        head: The log as it was when the page was verified.
        page: From `verify_page`.
        checkpoint: The signed note that the page was verified against.
        codec: Reads messages.
        now: Aware UTC time of arrival.
        relayed: Another member passed it on: its originator was not heard.

    Raises:
        BusyError: Another process of this node has stored entries of this log meanwhile; nothing was changed.
    """
    with store.write() as connection:
        held = log_head(connection, head.origin_id)
        if held is None or held.frontier.size != head.frontier.size:
            raise BusyError("the log has grown meanwhile; try again")
        entries, replaced = _settle(connection, head, page.entries, codec)
        entries, buried = purge(connection, head, entries, codec)
        if buried:
            store.forget()
        if relayed:
            entries = [one._replace(reason=RELAYED) if one.fate is Fate.WITHHELD else one for one in entries]
        add_peer_entries(connection, head, entries, replaced, day_number(now.date()))
        follow_replaced(connection, head.log_id, _continued(entries, replaced))
        seconds = head.heard_at if relayed else int(now.timestamp())
        # Until the last page is in, the checkpoint says more than is held; the frontier says how much that is.
        advance_log(connection, head, page.frontier, checkpoint, seconds)
    if buried:  # once more: somebody may have counted between
        store.forget()
    fates = [one.fate for one in entries]
    received = Received(*(fates.count(fate) for fate in Fate)) + Received(purged=buried)
    return received, LogHead(head.log_id, head.origin_id, page.frontier, checkpoint, seconds, "")


def before_withheld(store: Store, head: LogHead, start: int) -> Frontier | None:
    """The log up to the first entry from an index on that was passed on as withheld; nothing if there is none."""
    with store.read() as connection:
        first = first_entry(connection, head.log_id, start, Fate.WITHHELD, RELAYED)
        return past_frontier(connection, head.log_id, first) if first is not None else None


def keep_withheld(store: Store, head: LogHead, page: VerifiedPage, codec: Codec, now: datetime) -> Received:
    """Keep what the originator shows of entries that were passed on as withheld; of all others nothing changes.

    Args:
        store: Of this node.
        head: The log as it is held.
        page: From the originator, of entries that are held.
        codec: Reads messages.
        now: Aware UTC time of arrival.
    """
    start = page.frontier.size - len(page.entries)
    with store.write() as connection:
        held = entries_at(connection, head.log_id, range(start, page.frontier.size))
        before = head._replace(frontier=past_frontier(connection, head.log_id, start))
        settled, replaced = _settle(connection, before, page.entries, codec)
        fresh = [one for one in settled if held[one.position.log_index].reason == RELAYED]
        told = {one.position.log_index for one in fresh if _names(held[one.position.log_index], codec)}
        put_withheld(connection, head.log_id, fresh, told, replaced, day_number(now.date()))
        buried = purge_held(connection, head, start, codec)
        if buried:
            store.forget()
        follow_replaced(connection, head.log_id, _continued(fresh, replaced))
    if buried:  # once more: somebody may have counted between
        store.forget()
    fates = [one.fate for one in fresh]
    learnt = Received(*(fates.count(fate) for fate in Fate)) + Received(purged=buried)
    return learnt._replace(withheld=0)  # those were counted when they came


def _settle(
    connection: Transaction, head: LogHead, entries: Sequence[Verified], codec: Codec
) -> tuple[Sequence[Verified], frozenset[int]]:
    """Find what is replaced, by index; an entry that does not continue what it names is refused alone."""
    start = head.frontier.size
    targets = {one.position.log_index: targets_of(one.record) for one in entries if one.record is not None}
    named = {target.log_index for some in targets.values() for target, _ in some}
    stored = peer_entries(connection, head.log_id, sorted(index for index in named if index < start))
    settled = list(entries)
    replaced: set[int] = set()

    def before(index: int, target: Position) -> tuple[bytes, bytes] | None:
        if start <= target.log_index < index:
            held = entries[target.log_index - start]
            return held.position.leaf_hash, held.wire
        return stored.get(target.log_index)

    for index, some in targets.items():
        one = entries[index - start]
        assert one.record is not None, "only entries that name others are here"
        if all(_continues(one.record, target, before(index, target[0]), codec) for target in some):
            replaced |= {target.log_index for target, _ in some}
        else:
            settled[index - start] = one._replace(fate=Fate.REFUSED, reason=MISMATCH, fact=None)
    return settled, frozenset(replaced)


def _names(held: StoredEntry, codec: Codec) -> bool:
    """Whether an entry said what it replaces, whatever else of it was withheld."""
    return codec.decode_entry(held.wire).envelope is not None


def targets_of(record: IncidentRecord | Retraction) -> tuple[tuple[Position, bool], ...]:
    """The entries that a record says it replaces, and whether each is of its own record or of one it stands for."""
    own = () if record.replaces is None else ((record.replaces, True),)
    others = record.stands_for if isinstance(record, IncidentRecord) else ()
    return *own, *((target, False) for target in others)


def _continued(entries: Sequence[Verified], replaced: frozenset[int]) -> dict[int, int]:
    """Which entry of the same record stands in the place of which, by the older one."""
    named = (one for one in entries if one.record is not None and one.record.replaces is not None)
    pairs = ((one.record.replaces.log_index, one.position.log_index) for one in named)  # type: ignore[union-attr]
    return {old: new for old, new in pairs if old in replaced}


def _continues(
    record: IncidentRecord | Retraction,
    target: tuple[Position, bool],
    before: tuple[bytes, bytes] | None,
    codec: Codec,
) -> bool:
    """Whether an entry that a record says it replaces is that very one, of the same record and an older revision.

    What it stands for is of another record.
    """
    place, own = target
    if before is None or before[0] != place.leaf_hash:
        return False
    envelope = codec.decode_entry(before[1]).envelope
    if envelope is None:
        return True  # we may not see what it held; its leaf hash is the right one
    if envelope.payload_type == PADDING_TYPE:
        return False
    try:
        past: IncidentRecord | Retraction
        if envelope.payload_type == RETRACTION_TYPE:
            past = codec.decode_retraction(envelope.payload)
        else:
            past = codec.decode_incident(envelope.payload)
    except PayloadError:
        return False
    if not own:
        return past.record_uid != record.record_uid
    return past.record_uid == record.record_uid and past.revision < record.revision
