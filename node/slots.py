"""Sign our log once in each slot of time, so that when and by how much it grows does not tell who was hit.

What is appended lies in the log at once and is shown to nobody before the checkpoint that commits to it. Slots are
counted from 1970 on: all processes of a node mean the same one, whichever comes first in it signs, and the others find
that done. Padding fills what a slot adds to a multiple of a fixed number. Its leaves look like all others, and members
are shown nothing else of it: whoever can tell padding apart can count the records that are withheld from them.
"""

import secrets
from datetime import datetime

from crypto.envelope import sign_envelope
from node.logbook import Identity, Pace, leaf_of, sign_head
from node.restored import verify_writable
from node.signed import PADDING_TYPE, Codec, Entry, Padding
from node.store.database import Store
from node.store.heads import LogHead, advance_log, log_head
from node.store.own_log import PaddingEntry, append_padding

NOISE_BYTES = 32


def issue_checkpoint(store: Store, identity: Identity, codec: Codec, now: datetime) -> bool:
    """Sign how our log stands, with padding, if that was not done in this slot yet; tells whether it was done now.

    Args:
        store: Of this node.
        identity: Who signs, and how often; without slots only what was left from before is signed.
        codec: Writes messages.
        now: Aware UTC.

    Raises:
        StoreError: It can not be stored, so nothing is signed.
        LogBehindError: Members hold entries of our log that are not here.
        LogUnconfirmedError: This is a copy, and no member was asked.
    """
    with store.read() as connection:
        if not _is_due(log_head(connection, identity.org_id), identity, now):
            return False
    with store.write() as connection:
        head = log_head(connection, identity.org_id)
        if head is None or not _is_due(head, identity, now):
            return False
        verify_writable(connection, identity.org_id)
        missing = _missing(head.frontier.size - head.committed, identity.pace)
        frontier = append_padding(connection, head, [_padding(identity, codec) for _ in range(missing)], now)
        advance_log(
            connection, head, frontier, sign_head(frontier, identity, head.name), int(now.timestamp())
        )
    return True


def seconds_to_next(slot_seconds: int, now: datetime) -> float:
    """How long the slot lasts that is now."""
    return slot_seconds - now.timestamp() % slot_seconds


def _is_due(head: LogHead | None, identity: Identity, now: datetime) -> bool:
    slot = identity.pace.slot_seconds
    if head is None:
        return False
    if not slot:
        return head.committed < head.frontier.size
    # Another slot, not only a later one: a clock that was wrong once must not silence the log until then.
    return head.heard_at // slot != int(now.timestamp()) // slot


def _missing(grown: int, pace: Pace) -> int:
    """How many entries fill up what a slot adds: to so many, or to the next multiple where that is not enough."""
    if not pace.slot_seconds or not pace.padding:
        return 0
    return -grown % pace.padding if grown else pace.padding


def _padding(identity: Identity, codec: Codec) -> PaddingEntry:
    payload = codec.encode_padding(Padding(identity.org_id, secrets.token_bytes(NOISE_BYTES)))
    envelope = sign_envelope(identity.signing, PADDING_TYPE, payload)
    return PaddingEntry(*leaf_of(envelope, identity, codec), codec.encode_entry(Entry(b"", envelope, ())))
