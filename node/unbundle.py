"""Read a bundle that a member wrote for this node.

Nothing in it is believed because it came in a bundle: every page passes the same gate as one that came over the line
and is kept in the same way, so whatever the transport, the store ends up the same. Pages and the cursor move in one
transaction; reading that was cut goes on where it stopped, and reading again changes nothing.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple

from crypto.checkpoint import Checkpoint
from crypto.envelope import verify_envelope
from crypto.errors import CryptoError
from crypto.merkle import Frontier
from crypto.sealing import HEAD_BYTES, SealKey, fitting, open_sealed, seal_hash
from node.bundle import BUNDLE_TYPE, PREFIX_BYTES, Bundle, BundleCodec
from node.contain import refuse_forked
from node.directory import Directory, origin_of, quorum_of, speaker_of
from node.errors import (
    BundleContentError,
    BundleError,
    BundleGapError,
    BundleNetworkError,
    BundleRecipientError,
    OriginError,
    PeerError,
)
from node.quorum import NO_QUORUM, Quorum
from node.receive import Received, follow, keep_page
from node.signed import Codec
from node.store.database import Store
from node.store.heads import LogHead, log_head, note_contact
from node.store.peer_log import past_frontier
from node.verify import Origin, Page, verify_head, verify_page

MAX_FRAME_BYTES = 8 * 1024 * 1024  # as the largest message over the line

logger = logging.getLogger(__name__)
Progress = Callable[[int, int], None]  # entries verified so far, entries in the log


class Reader(NamedTuple):
    """Who reads a bundle, and what it trusts."""

    org_id: str
    seals: tuple[SealKey, ...]  # the newest first
    directory: Directory


class Outcome(NamedTuple):
    """What reading a bundle did; `error` says why it stopped before the end."""

    bundle: Bundle
    received: Received
    held: int  # entries of its origin that had been verified before
    verified: int  # that are verified now
    error: PeerError | None


def read_bundle(
    store: Store,
    source: BinaryIO,
    reader: Reader,
    now: datetime,
    progress: Progress = lambda _done, _size: None,
    *,
    codec: Codec,
    bundle_codec: BundleCodec,
) -> Outcome:
    """Read a bundle that a member wrote for us, and keep what is new in it.

    First the whole file is seen to be as it was sealed, so that a damaged one changes nothing. What its origin got
    wrong in a page ends in `Outcome.error` and is written down; the pages before it stay, as they do over the line.

    Args:
        store: Of this node.
        source: The file, from its start; it is read twice.
        reader: This organization.
        now: Aware UTC.
        progress: Is told how far it is.
        codec: Reads records.
        bundle_codec: Reads the parts of a bundle.

    Raises:
        SealError: The file was not sealed to our key, or is not as it was sealed.
        BundleError: No active member signed it for us in this network, or it starts beyond what we hold.
        MemberError: Its origin is suspended, or our directory has expired.
        PeerError: What was signed, or the checkpoint in it, does not hold.
        BusyError: Another process of this node has received entries of this log meanwhile.
    """
    reader.directory.verify_current(now)
    start = source.read(HEAD_BYTES)
    seal = fitting(reader.seals, start)
    for _ in open_sealed(seal, start, source.read):
        pass
    source.seek(HEAD_BYTES)
    frames = _frames(open_sealed(seal, start, source.read))
    bundle, origin = _verify_bundle(next(frames, b""), seal_hash(start), reader, now, bundle_codec)
    quorum = quorum_of(reader.directory, origin.org_id)
    head, checkpoint = _begin(store, bundle, origin, quorum, now)
    before, received, error = head.frontier.size, Received(), None
    try:
        for page in _new_pages(map(bundle_codec.decode_page, frames), bundle.first_index, before):
            verified = verify_page(page, origin, checkpoint, head.frontier, codec)
            kept, head = keep_page(store, head, verified, bundle.checkpoint, codec, now)
            received += kept
            progress(head.frontier.size, checkpoint.size)
        if head.frontier.size < checkpoint.size:
            raise BundleContentError(
                "it ends at entry {held} of {size}", held=head.frontier.size, size=checkpoint.size
            )
    except PeerError as refusal:
        _note(store, origin.org_id, now, refusal)
        error = refusal
    return Outcome(bundle, received, before, head.frontier.size, error)


def _frames(parts: Iterable[bytes]) -> Iterator[bytes]:
    gathered = bytearray()
    for part in parts:
        gathered += part
        while len(gathered) >= PREFIX_BYTES:
            size = int.from_bytes(gathered[:PREFIX_BYTES], "big")
            if size > MAX_FRAME_BYTES:
                raise BundleContentError(
                    "a part of it has {size} bytes, at most {most} are read", size=size, most=MAX_FRAME_BYTES
                )
            end = PREFIX_BYTES + size
            if len(gathered) < end:
                break
            yield bytes(gathered[PREFIX_BYTES:end])
            del gathered[:end]
    if gathered:
        raise BundleContentError("it ends in the middle of a page")


def _verify_bundle(
    wire: bytes, name: bytes, reader: Reader, now: datetime, codec: BundleCodec
) -> tuple[Bundle, Origin]:
    """Find who signed the first frame, and whether it is for us and belongs to this file."""
    envelope = codec.decode_envelope(wire)
    members = {key.public_key: member for member in reader.directory.members for key in member.signing_keys}
    try:
        public_key = verify_envelope(envelope, {BUNDLE_TYPE}, members.keys())
    except CryptoError as error:
        raise BundleError("no member of the directory that you hold has signed it") from error
    member = members[public_key]
    origin = origin_of(reader.directory, member.org_id, now)
    # A bundle is signed now, whatever its entries were signed with.
    if public_key not in speaker_of(reader.directory, member.org_id, now).signing_keys:
        raise BundleError("the key of {org_id} that signed it is not valid now", org_id=member.org_id)
    bundle = codec.decode_bundle(envelope.payload)
    if bundle.origin_id != member.org_id:
        raise OriginError(
            "{org_id} signed it, but it names {origin_id!r}",
            org_id=member.org_id,
            origin_id=bundle.origin_id[:63],
        )
    if bundle.network != reader.directory.network:
        raise BundleNetworkError(
            "it is of the network {network!r}, not of {reader_directory_network}",
            network=bundle.network[:63],
            reader_directory_network=reader.directory.network,
        )
    if bundle.recipient_id != reader.org_id:
        raise BundleRecipientError(
            "{org_id} wrote it for {recipient_id!r}",
            org_id=member.org_id,
            recipient_id=bundle.recipient_id[:63],
        )
    if member.org_id == reader.org_id:
        raise BundleError("it is of this node itself")
    if bundle.seal_hash != name:
        raise BundleContentError("its signature belongs to another file")
    return bundle, origin


def _begin(
    store: Store, bundle: Bundle, origin: Origin, quorum: Quorum, now: datetime
) -> tuple[LogHead, Checkpoint]:
    """Check the checkpoint against what is held, and start to follow the log when it is new."""
    with store.read() as connection:
        head = log_head(connection, origin.org_id)
    held = head.frontier.size if head else 0
    try:
        with store.read() as connection:
            refuse_forked(connection, origin.org_id)
        checkpoint = _verify_checkpoint(store, bundle, origin, quorum, head)
    except PeerError as refusal:
        _note(store, origin.org_id, now, refusal)
        raise
    if bundle.first_index > held:
        raise BundleGapError(
            "it starts at entry {first_index} and {held} are held here; ask {org_id} for one from "
            "{held}: tocsin bundle write --to {recipient_id} --from {held} FILE",
            first_index=bundle.first_index,
            held=held,
            org_id=origin.org_id,
            recipient_id=bundle.recipient_id,
        )
    return head or follow(store, origin.org_id), checkpoint


def _verify_checkpoint(
    store: Store, bundle: Bundle, origin: Origin, quorum: Quorum, head: LogHead | None
) -> Checkpoint:
    """Check that the log only grew; a bundle that was long on its way is no proof that it went back."""
    checkpoint = verify_head(bundle.checkpoint, origin, Frontier(), NO_QUORUM)
    if not bundle.first_index <= bundle.log_size == checkpoint.size:
        raise BundleContentError(
            "it names entries {first_index} to {log_size}, its checkpoint {size}",
            first_index=bundle.first_index,
            log_size=bundle.log_size,
            size=checkpoint.size,
        )
    if head is None or checkpoint.size >= head.frontier.size:
        name = head.name if head and head.checkpoint else ""
        return verify_head(bundle.checkpoint, origin, head.frontier if head else Frontier(), quorum, name)
    with store.read() as connection:
        held = past_frontier(connection, head.log_id, checkpoint.size)
    return verify_head(bundle.checkpoint, origin, held, quorum, head.name)


def _new_pages(pages: Iterable[Page], start: int, held: int) -> Iterator[Page]:
    """Pages from the first entry that is new on; those before were verified when they came."""
    for page in pages:
        stop = start + len(page.entries)
        if stop > held:
            yield page._replace(entries=page.entries[max(held - start, 0) :])
        start = stop


def _note(store: Store, org_id: str, now: datetime, refusal: PeerError) -> None:
    logger.warning("bundle refused: peer=%s reason=%s", org_id, refusal.reason)
    with store.write() as connection:
        note_contact(connection, org_id, int(now.timestamp()), refusal.reason)
