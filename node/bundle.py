"""Write a bundle: the pages that a member would pull, as one signed and sealed file for a USB stick or an e-mail.

It holds exactly the bytes that ListEntries would answer this member with, behind a signed statement of what is in it,
from whom and for whom, sealed to the member's own key. It is written page by page, so a long log needs no more memory
than a short one. `node.unbundle` reads it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope, sign_envelope
from crypto.sealing import Sealer, seal_hash
from crypto.signing import Signer
from node.directory import Directory, Member, Status, seal_key_of, speaker_of
from node.errors import BundleGapError, BundleRecipientError, MemberError, UnknownLogError
from node.pages import Span, own_log_page
from node.store.database import Store, Transaction
from node.store.disclosures import Disclosure, note_disclosure
from node.store.heads import LogHead, log_head
from node.store.tiles import FullTiles
from node.verify import MAX_ASKED_ENTRIES, Page

BUNDLE_TYPE = "application/vnd.tocsin.bundle.v1+protobuf"
PREFIX_BYTES = 4


class Bundle(NamedTuple):
    """What its origin signs of a bundle."""

    network: str
    directory_version: int
    origin_id: str
    recipient_id: str
    seal_hash: bytes  # of the sealed stream that it stands in
    issued: datetime  # aware UTC
    first_index: int
    log_size: int
    checkpoint: bytes


class BundleCodec(Protocol):
    """Between the parts of a bundle and bytes; every `decode_*` raises `PayloadError`."""

    def encode_bundle(self, bundle: Bundle, /) -> bytes:
        """What is signed."""
        ...

    def decode_bundle(self, payload: bytes, /) -> Bundle:
        """Read what was signed."""
        ...

    def encode_envelope(self, envelope: Envelope, /) -> bytes:
        """First frame."""
        ...

    def decode_envelope(self, wire: bytes, /) -> Envelope:
        """Read the first frame."""
        ...

    def encode_page(self, entries: Sequence[bytes], proof: Iterable[bytes], next_token: str, /) -> bytes:
        """Every other frame: a page as it would travel over the line."""
        ...

    def decode_page(self, wire: bytes, /) -> Page:
        """Read a page."""
        ...


class Author(NamedTuple):
    """Who writes a bundle."""

    org_id: str
    signing: Signer


class Asked(NamedTuple):
    """What a member needs: the entries from the index on that it gives, the number that it has verified."""

    recipient_id: str
    first_index: int = 0


class Written(NamedTuple):
    """What a bundle holds, and how large the file is."""

    bundle: Bundle
    entries: int
    bytes: int
    waiting: int  # entries that no checkpoint commits to yet


def write_bundle(
    store: Store,
    author: Author,
    directory: Directory,
    asked: Asked,
    now: datetime,
    write: Callable[[bytes], object],
    *,
    codec: BundleCodec,
    page_entries: int = MAX_ASKED_ENTRIES,
) -> Written:
    """Write our log for one member.

    Args:
        store: Of this node.
        author: This organization.
        directory: Verified.
        asked: For whom, and from which entry on.
        now: Aware UTC.
        write: Takes the file, piece by piece.
        codec: Writes messages.
        page_entries: The most entries of a page.

    Raises:
        MemberError: One of both is no active member, our key is not the directory's, or the directory has expired.
        BundleGapError: The log has not so many entries.
        BundleRecipientError: The member is this organization itself.
        UnknownLogError: This node has not started its log.
        StoreError: The log can not be read.
    """
    if author.signing.public_key not in speaker_of(directory, author.org_id, now).signing_keys:
        raise MemberError(
            "the directory holds another signing key of {org_id}; nobody would believe this one",
            org_id=author.org_id,
        )
    recipient = _recipient(directory, author.org_id, asked.recipient_id)
    sealer = Sealer(seal_key_of(recipient, now))
    with store.read() as connection:
        head = log_head(connection, author.org_id)
        if head is None or not head.checkpoint:
            raise UnknownLogError("this node has not started its log")
        bundle = Bundle(
            directory.network,
            directory.version,
            author.org_id,
            recipient.org_id,
            seal_hash(sealer.head),
            now,
            asked.first_index,
            head.committed,
            head.checkpoint,
        )
        if not 0 <= bundle.first_index <= bundle.log_size:
            raise BundleGapError(
                "the log has {log_size} entries; start between 0 and that", log_size=bundle.log_size
            )
        if bundle.first_index < bundle.log_size:  # what can not be written down does not leave (R21)
            sent = Disclosure(
                recipient.org_id,
                recipient.tier,
                head.frontier.size,  # what was appended since may have closed some of it
                bundle.first_index,
                bundle.log_size,
                int(now.timestamp()),
            )
            with store.write() as writing:
                note_disclosure(writing, sent)
        envelope = codec.encode_envelope(
            sign_envelope(author.signing, BUNDLE_TYPE, codec.encode_bundle(bundle))
        )
        pages = _own_pages(connection, head, recipient, bundle.first_index, page_entries)
        frames = chain((envelope,), (codec.encode_page(*page) for page in pages))
        size = 0
        for piece in sealer.seal(map(frame, frames)):
            write(piece)
            size += len(piece)
    waiting = head.frontier.size - bundle.log_size
    return Written(bundle, bundle.log_size - bundle.first_index, size, waiting)


def frame(wire: bytes) -> bytes:
    """Put the length in front of one part of a bundle."""
    return len(wire).to_bytes(PREFIX_BYTES, "big") + wire


def _recipient(directory: Directory, own_id: str, org_id: str) -> Member:
    recipient = directory.member(org_id)
    if recipient.status is not Status.ACTIVE:
        raise MemberError("{org_id} is suspended", org_id=org_id)
    if org_id == own_id:
        raise BundleRecipientError("a bundle is for another member, and this is your own id")
    return recipient


def _own_pages(
    connection: Transaction, head: LogHead, recipient: Member, start: int, page_entries: int
) -> Iterator[Page]:
    size = head.committed
    tiles = FullTiles()
    while start < size:
        page = own_log_page(connection, head, recipient, Span(start, page_entries, size), tiles)
        start += len(page.entries)
        yield page
