"""A complete peer in memory that lies on request: real keys, a real log, real gRPC over mutual TLS.

Left alone, everything it says is sound. A test adds one unsound entry, or replaces one attribute, and sees what a node
makes of it. It shares no code with the node's own log and server, only the formats.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import grpc

from crypto.certificates import certificate_pem, private_key_pem
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.envelope import Envelope, leaf, sign_envelope
from crypto.ladder import Opening
from crypto.merkle import Frontier, consistency_path, leaf_hash, node_hash
from crypto.signing import Signer
from node.anonymize import anonymize
from node.audience import Tier
from node.directory import Directory, Member
from node.disclose import commit
from node.ladders import SCHEMA, Chains
from node.logbook import Identity
from node.model import Incident
from node.peer_line import Credentials
from node.policy import baseline
from node.signed import (
    INCIDENT_TYPE,
    PADDING_TYPE,
    RETRACTION_TYPE,
    Entry,
    IncidentRecord,
    Label,
    Padding,
    Position,
    Reason,
    Retraction,
)
from node.verify import MAX_PAGE_ENTRIES, Origin, Page, log_name, page_token
from node.wire import records
from node.wire.exchange import (
    SERVICE,
    decode_list_call,
    decode_proof_call,
    encode_checkpoint,
    encode_page,
    encode_proof,
)
from tests.support.network import Network, make_credentials, make_identity, member_of


class Logged(NamedTuple):
    """An entry that was added: what was signed, where it stands, and its wire form."""

    record: IncidentRecord | Retraction
    position: Position
    entry: Entry
    wire: bytes


def always(answer: bytes) -> Callable[[bytes], bytes]:
    """Say this, whatever would be true."""
    return lambda _sound: answer


def as_it_is(value: Any) -> Any:
    """Change nothing."""
    return value


async def at_once(_request: bytes, _context: Any) -> None:
    """Do not wait before an answer."""


@dataclass
class PeerSimulator:
    """One peer; what a test may break stands first.

    Attributes:
        more: Other services that it answers for.
        note_as: Last word on each checkpoint, over the signed note.
        page_as: Last word on each page, before it is serialized.
        answer_as: Last word on each answer to ListEntries, over its bytes.
        pause: Awaited before each answer to ListEntries, with the request and its context.
        page_entries: The most entries that it gives at once.
        identity: Who signs records and checkpoints from now on.
        credentials: What it shows in TLS.
        entries: What it serves, in the order of the log.
        leaf_hashes: What its checkpoints commit to.
        receipts: Requests that brought it a receipt.
    """

    org_id: str = "mirage"
    more: tuple[grpc.GenericRpcHandler, ...] = ()
    note_as: Callable[[bytes], bytes] = as_it_is
    page_as: Callable[[Page], Page] = as_it_is
    answer_as: Callable[[bytes], bytes] = as_it_is
    pause: Callable[[bytes, Any], Awaitable[None]] = at_once
    page_entries: int = 1000
    identity: Identity = field(init=False)
    credentials: Credentials = field(init=False)
    entries: list[bytes] = field(default_factory=list)
    leaf_hashes: list[bytes] = field(default_factory=list)
    receipts: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.identity = make_identity(self.org_id)
        self.credentials = make_credentials(self.org_id)

    @property
    def member(self) -> Member:
        """What a directory would say of it."""
        return member_of(self.identity, self.credentials)

    @property
    def origin(self) -> Origin:
        """Its keys as a node that trusts the directory has them."""
        return Origin(self.org_id, (self.identity.signing.public_key,), (self.identity.log.public_key,))

    def adds(
        self,
        incident: Incident,
        *,
        tier: Tier = Tier.PEER,
        chains_as: Callable[[Chains], Chains] = as_it_is,
        payload_type: str = INCIDENT_TYPE,
        signer: Signer | None = None,
        **changes: Any,
    ) -> Logged:
        """Log an incident as one tier may see it; `changes` replace fields of the signed record."""
        uid = changes.setdefault("record_uid", len(self.entries).to_bytes(16, "big"))
        commitment = commit(uid, b"s" * 32, chains_as(anonymize(incident, rcrc_named=False)))
        record = IncidentRecord(uid, self.org_id, 1, commitment.heads, SCHEMA, Label.GREEN, None)
        record = record._replace(**changes)
        payload = records.encode_incident(record)
        envelope = sign_envelope(signer or self.identity.signing, payload_type, payload)
        return self.logs(record, envelope, commitment.open(baseline().levels[tier]))

    def revises(self, past: Logged, incident: Incident, **changes: Any) -> Logged:
        """Log the next revision of a record."""
        following: dict[str, Any] = {
            "record_uid": past.record.record_uid,
            "revision": past.record.revision + 1,
            "replaces": past.position,
        }
        return self.adds(incident, **(following | changes))

    def retracts(self, past: Logged, **changes: Any) -> Logged:
        """Log that a record is called back."""
        retraction = Retraction(
            past.record.record_uid, self.org_id, past.record.revision + 1, Reason.WITHDRAWN, past.position
        )._replace(**changes)
        envelope = sign_envelope(
            self.identity.signing, RETRACTION_TYPE, records.encode_retraction(retraction)
        )
        return self.logs(retraction, envelope)

    def pads(self, openings: tuple[Opening, ...] = (), **changes: Any) -> Position:
        """Log an entry that says nothing, and show that it does."""
        payload = records.encode_padding(Padding(self.org_id, bytes(32))._replace(**changes))
        envelope = sign_envelope(self.identity.signing, PADDING_TYPE, payload)
        self.leaf_hashes.append(leaf_hash(leaf(envelope, self.identity.signing.public_key)))
        self.entries.append(records.encode_entry(Entry(b"", envelope, openings)))
        return Position(len(self.entries) - 1, self.leaf_hashes[-1])

    def withholds(self, incident: Incident) -> Logged:
        """Log an incident that the caller is outside the audience of."""
        logged = self.adds(incident)
        assert logged.entry.envelope is not None
        self.entries[-1] = records.encode_entry(
            Entry(leaf(logged.entry.envelope, self.identity.signing.public_key), None, ())
        )
        return logged

    def logs(
        self, record: IncidentRecord | Retraction, envelope: Envelope, openings: tuple[Opening, ...] = ()
    ) -> Logged:
        """Log an envelope, whatever is in it."""
        hashed = leaf_hash(leaf(envelope, self.identity.signing.public_key))
        entry = Entry(b"", envelope, openings)
        wire = records.encode_entry(entry)
        position = Position(len(self.entries), hashed)
        self.entries.append(wire)
        self.leaf_hashes.append(hashed)
        return Logged(record, position, entry, wire)

    def note(self, size: int | None = None) -> bytes:
        """Checkpoint of the first `size` entries, or of all."""
        size = len(self.leaf_hashes) if size is None else size
        name = log_name(self.org_id)
        root = Frontier().append(self.leaf_hashes[:size]).root
        return self.note_as(sign_checkpoint(Checkpoint(name, size, root), name, self.identity.log))

    def branches(self, size: int) -> "PeerSimulator":
        """The same member with another story, that shares so many entries with this one."""
        other = PeerSimulator(self.org_id)
        other.identity, other.credentials = self.identity, self.credentials
        other.entries, other.leaf_hashes = self.entries[:size], self.leaf_hashes[:size]
        return other

    def consistency(self, old_size: int, new_size: int) -> tuple[bytes, ...]:
        """Proof that the log of `new_size` only adds to that of `old_size`."""
        return consistency_path(_Tree(self.leaf_hashes), old_size, new_size)

    def page(self, size: int, start: int, count: int = 1000) -> Page:
        """Entries from `start` on, below the checkpoint of `size`."""
        stop = min(start + min(count, self.page_entries), size)
        proof = consistency_path(_Tree(self.leaf_hashes), stop, size)
        return self.page_as(Page(tuple(self.entries[start:stop]), proof, page_token(size, stop)))

    def answer(self, size: int, start: int, count: int = 1000) -> bytes:
        """Answer to ListEntries."""
        page = self.page(size, start, count)
        return self.answer_as(encode_page(*page))

    @asynccontextmanager
    async def serving(self, network: Network) -> AsyncIterator[Member]:
        """Answer whoever shows a member's certificate; gives the directory's member with the true endpoint."""
        server = grpc.aio.server()
        server.add_generic_rpc_handlers((self._handlers(), *self.more))
        port = server.add_secure_port("127.0.0.1:0", self._tls(network.directory))
        await server.start()
        try:
            yield network.directory.member(self.org_id)._replace(endpoints=(f"127.0.0.1:{port}",))
        finally:
            await server.stop(None)

    def _handlers(self) -> grpc.GenericRpcHandler:
        async def get_checkpoint(_wire: bytes, _context: object) -> bytes:
            return encode_checkpoint(self.note())

        async def list_entries(wire: bytes, context: object) -> bytes:
            await self.pause(wire, context)
            asked = decode_list_call(wire)
            size, start = map(int, asked.page_token.split("."))
            return await asyncio.to_thread(self.answer, size, start, asked.page_size or MAX_PAGE_ENTRIES)

        async def get_consistency_proof(wire: bytes, _context: object) -> bytes:
            asked = decode_proof_call(wire)
            return encode_proof(self.consistency(asked.old_size, asked.new_size))

        async def confirm_receipt(wire: bytes, _context: object) -> bytes:
            self.receipts.append(wire)
            return b""

        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "ConfirmReceipt": grpc.unary_unary_rpc_method_handler(confirm_receipt),
                "GetConsistencyProof": grpc.unary_unary_rpc_method_handler(get_consistency_proof),
                "GetCheckpoint": grpc.unary_unary_rpc_method_handler(get_checkpoint),
                "ListEntries": grpc.unary_unary_rpc_method_handler(list_entries),
            },
        )

    def _tls(self, directory: Directory) -> grpc.ServerCredentials:
        return grpc.ssl_server_credentials(
            [(private_key_pem(self.credentials.key), certificate_pem(self.credentials.certificate))],
            b"".join(certificate_pem(one.tls_certificates[0]) for one in directory.members),
            require_client_auth=True,
        )


@contextmanager
def served_in_the_background(peer: PeerSimulator, network: Network) -> Iterator[Member]:
    """Let a peer answer from another thread, also to other processes."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = peer.serving(network)
    try:
        yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result()
        asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Tree:
    """Hashes of full subtrees, each made when it is asked for."""

    def __init__(self, leaf_hashes: list[bytes]) -> None:
        self._leaf_hashes = leaf_hashes

    def subtree(self, level: int, index: int) -> bytes:
        if level == 0:
            return self._leaf_hashes[index]
        return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))
