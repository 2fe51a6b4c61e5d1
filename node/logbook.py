"""Write the log of this organization: who signs, what calls a record back, and what an entry replaces."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.envelope import Envelope, leaf, sign_envelope
from crypto.merkle import Frontier, leaf_hash
from crypto.signing import Signer
from node.restored import verify_writable
from node.signed import RETRACTION_TYPE, Codec, Entry, Position, Reason, Retraction
from node.store.database import Store, Transaction
from node.store.heads import LogHead, advance_log, open_log
from node.store.own_log import OwnEntry, Released, append_own, close_views


class Pace(NamedTuple):
    """How often a log is signed: once in so many seconds, each time grown by a multiple of `padding` entries.

    0 seconds are with each release; nothing is padded then. 0 entries are no padding.
    """

    slot_seconds: int = 0
    padding: int = 0


AT_EACH_RELEASE = Pace()


class Identity(NamedTuple):
    """Who signs: the organization and its keys, one per use; and how often it signs its log."""

    org_id: str
    signing: Signer
    log: Signer
    pace: Pace = AT_EACH_RELEASE
    cosigning: Signer | None = None

    @property
    def witness(self) -> Signer:
        """With what it cosigns for others: with the key of its log where it was made before there were such keys."""
        return self.cosigning or self.log


class Callback(NamedTuple):
    """One record that left before and is called back."""

    before: Released
    reason: Reason
    purge: bool = False


def start_log(store: Store, identity: Identity, now: datetime) -> None:
    """Sign the checkpoint of the empty log, so that a node that shared nothing yet can say so."""
    with store.write() as connection:
        head = open_log(connection, identity.org_id)
        if not head.checkpoint:
            append(connection, head, [], identity, now)


def append(
    connection: Transaction, head: LogHead, entries: Sequence[OwnEntry], identity: Identity, now: datetime
) -> None:
    """Add entries after a head; the checkpoint that commits to them is signed at once, or with the end of the slot.

    Raises:
        BusyError: Another process of this node appended at the same moment.
        LogBehindError: Members hold entries of our log that are not here.
        LogUnconfirmedError: This is a copy, and no member was asked.
    """
    verify_writable(connection, identity.org_id)
    frontier = append_own(connection, head, entries, now)
    if identity.pace.slot_seconds and head.checkpoint:
        advance_log(connection, head, frontier, head.checkpoint, head.heard_at)
    else:
        advance_log(
            connection, head, frontier, sign_head(frontier, identity, head.name), int(now.timestamp())
        )


def retraction(one: Callback, identity: Identity, codec: Codec) -> OwnEntry:
    """Sign that a record no longer stands."""
    before = one.before
    payload = codec.encode_retraction(
        Retraction(
            before.uid,
            identity.org_id,
            before.times + 1,
            one.reason,
            Position(before.log_index, before.leaf_hash),
            one.purge,
        )
    )
    envelope = sign_envelope(identity.signing, RETRACTION_TYPE, payload)
    wire = codec.encode_entry(Entry(b"", envelope, ()))
    # Whoever could see the record must learn that it no longer stands; nobody else learns that it existed.
    views = dict.fromkeys(before.seen_by, wire)
    terms = before.terms._replace(views={})
    return OwnEntry(
        *leaf_of(envelope, identity, codec), views, before.record_id, before.revision_id, terms, b""
    )


def close_replaced(connection: Transaction, replaced: Sequence[Released], codec: Codec) -> None:
    """Open no more to anybody of what is being called back or corrected (R18)."""
    close_views(
        connection,
        [one.log_index for one in replaced],
        lambda wire: codec.encode_entry(codec.decode_entry(wire)._replace(openings=())),
    )


def leaf_of(envelope: Envelope, identity: Identity, codec: Codec) -> tuple[bytes, bytes]:
    """Leaf hash of an entry, and the entry as everybody may see it."""
    data = leaf(envelope, identity.signing.public_key)
    return leaf_hash(data), codec.encode_entry(Entry(data, None, ()))


def sign_head(frontier: Frontier, identity: Identity, name: str) -> bytes:
    """The checkpoint of our log as it stands."""
    return sign_checkpoint(Checkpoint(name, frontier.size, frontier.root), name, identity.log)
