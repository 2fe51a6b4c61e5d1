"""Bundles as nodes write and read them, and as somebody makes them who wants to be believed."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from crypto.envelope import sign_envelope
from crypto.sealing import HEAD_BYTES, Sealer, SealKey, open_sealed, seal_hash
from crypto.signing import Signer
from node.bundle import BUNDLE_TYPE, Asked, Author, Bundle, frame, write_bundle
from node.directory import Directory
from node.unbundle import Outcome, Reader, read_bundle
from node.verify import MAX_ASKED_ENTRIES
from node.wire import bundles, records
from tests.support.network import NOW, Network, Node, seal_of
from tests.support.peer_simulator import PeerSimulator, as_it_is


def written(
    network: Network, author: Node, recipient: str, start: int = 0, page_entries: int = MAX_ASKED_ENTRIES
) -> bytes:
    """A bundle as a node writes it."""
    out = io.BytesIO()
    write_bundle(
        author.store,
        Author(author.org_id, author.identity.signing),
        network.directory,
        Asked(recipient, start),
        network.now,
        out.write,
        codec=bundles,
        page_entries=page_entries,
    )
    return out.getvalue()


def read(network: Network, reader: Node, wire: bytes) -> Outcome:
    """Let a node read a bundle."""
    who = Reader(reader.org_id, (seal_of(reader.identity),), network.directory)
    return read_bundle(reader.store, io.BytesIO(wire), who, network.now, codec=records, bundle_codec=bundles)


def unsealed(wire: bytes, key: SealKey) -> list[bytes]:
    """Frames of a bundle."""
    source = io.BytesIO(wire)
    content = b"".join(open_sealed(key, source.read(HEAD_BYTES), source.read))
    frames = []
    while content:
        size = int.from_bytes(content[:4], "big")
        frames.append(content[4 : 4 + size])
        content = content[4 + size :]
    return frames


@dataclass
class Forger:
    """Writes bundles of a simulated peer; what a test may break stands first.

    Attributes:
        bundle_as: Last word on what is signed, before it is.
        frames_as: Last word on the frames.
        content_as: Last word on the content before it is sealed.
        payload_type: Of the envelope.
        signer: Who signs it, if not the peer.
    """

    peer: PeerSimulator
    network: Network
    bundle_as: Callable[[Bundle], Bundle] = as_it_is
    frames_as: Callable[[list[bytes]], Iterable[bytes]] = as_it_is
    content_as: Callable[[bytes], bytes] = as_it_is
    payload_type: str = BUNDLE_TYPE
    signer: Signer | None = None

    def writes(self, recipient: Node, start: int = 0, size: int | None = None) -> bytes:
        """A bundle of the peer's log, or of its first `size` entries."""
        size = len(self.peer.entries) if size is None else size
        sealer = Sealer(seal_of(recipient.identity).public_key)
        bundle = Bundle(
            self.network.directory.network,
            self.network.directory.version,
            self.peer.org_id,
            recipient.org_id,
            seal_hash(sealer.head),
            NOW,
            start,
            size,
            self.peer.note(size),
        )
        payload = bundles.encode_bundle(self.bundle_as(bundle))
        envelope = sign_envelope(self.signer or self.peer.identity.signing, self.payload_type, payload)
        frames = [bundles.encode_envelope(envelope), *self._pages(start, size)]
        content = b"".join(map(frame, self.frames_as(frames)))
        return b"".join(sealer.seal([self.content_as(content)]))

    def _pages(self, start: int, size: int) -> Iterator[bytes]:
        while start < size:
            yield self.peer.answer(size, start)
            start += min(self.peer.page_entries, size - start)


@dataclass(frozen=True)
class ReadBundle:
    """Read the bundle for a node, as work that can be interrupted and be done in another process."""

    wires: tuple[tuple[str, bytes], ...]  # by the id of the reader
    directory: Directory

    def __call__(self, node: Node) -> None:
        """Read it to its end."""
        who = Reader(node.org_id, (seal_of(node.identity),), self.directory)
        source = io.BytesIO(dict(self.wires)[node.org_id])
        outcome = read_bundle(node.store, source, who, NOW, codec=records, bundle_codec=bundles)
        assert outcome.error is None
