"""Serve this node's log to the members of the network, behind the doorway and the gate.

What a caller sees of an entry is decided by its tier. Every page is written down before it leaves (R21), and so is a
receipt that a caller brings; nothing else is written here.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from crypto.errors import CryptoError
from crypto.merkle import consistency_path
from crypto.tiles import Tiles
from node.confirm import keep_receipt
from node.directory import Member
from node.doorway import doorway
from node.errors import CallError, NodeError, PageTokenUnknownError, UnknownLogError
from node.gate import MAX_REQUEST_BYTES, Context, Gatekeeper, abort_call, our_error
from node.pages import Span, own_log_page
from node.peer_line import Credentials
from node.receipt import verify_receipt
from node.relay import Relay
from node.store.database import Store, Transaction
from node.store.disclosures import Disclosure, is_noted, note_disclosure
from node.store.heads import LogHead, log_head
from node.store.receipts import note_relayed
from node.store.tiles import FullTiles, OwnTiles
from node.verify import MAX_ASKED_ENTRIES, MAX_PAGE_ENTRIES
from node.waking import Wakes
from node.wire.exchange import (
    SERVICE,
    Call,
    ListCall,
    decode_checkpoint_call,
    decode_list_call,
    decode_proof_call,
    encode_checkpoint,
    encode_page,
    encode_proof,
)
from node.wire.receipts import decode_confirm_call, decode_receipt, encode_confirmed

WATCH_SECONDS = 1.0  # between two looks at the log for an open stream, where nobody tells that it was signed
PAUSE_SECONDS = 0.25  # between two looks however often somebody writes
HANDSHAKE_SECONDS = 20
CONNECTION_AGE_SECONDS = 3600
GRACE_SECONDS = 30  # for what is under way on a line that is too old
STREAMS_OF_A_CONNECTION = 128

Unary: TypeAlias = Callable[[bytes, Member], bytes]


class Service(NamedTuple):
    """One gRPC service by its full name, and what answers its calls."""

    name: str
    handlers: grpc.GenericRpcHandler


class Vital:
    """What `grpc.health.v1` says of this node: that it serves, until somebody says otherwise."""

    def __init__(self) -> None:
        self.servicer = health.aio.HealthServicer()
        self._names = [""]

    async def answer_for(self, services: Iterable[str]) -> None:
        """Say it of these services, too."""
        self._names += services
        await self.say(serves=True)

    async def say(self, serves: bool) -> None:  # noqa: FBT001 - as whoever is told of the database takes it
        """Say from now on whether it does."""
        status = health_pb2.HealthCheckResponse
        for name in self._names:
            await self.servicer.set(name, status.SERVING if serves else status.NOT_SERVING)


class Exchange:
    """The answers of the exchange service; plain functions, run in threads beside the event loop."""

    def __init__(
        self,
        org_id: str,
        store: Store,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        relay: Relay | None = None,
    ) -> None:
        self._org_id = org_id
        self._store = store
        self._clock = clock
        self._relay = relay
        self._tiles = FullTiles()

    def get_checkpoint(self, wire: bytes, _caller: Member) -> bytes:
        """GetCheckpoint."""
        return encode_checkpoint(self.checkpoint(decode_checkpoint_call(wire)))

    def list_entries(self, wire: bytes, caller: Member) -> bytes:
        """ListEntries."""
        asked = decode_list_call(wire)
        if not 0 <= asked.page_size <= MAX_ASKED_ENTRIES:
            raise CallError(
                "page_size: {page_size} is not between 0 and {most}",
                page_size=asked.page_size,
                most=MAX_ASKED_ENTRIES,
            )
        if asked.call.origin_id not in {"", self._org_id}:
            return self._relayed(asked, caller)
        with self._store.read() as connection:
            head = self._head(connection, asked.call)
            span = _span(asked, head.committed)
            start = span.start
            page = own_log_page(connection, head, caller, span, self._tiles)
            stop, at = start + len(page.entries), int(self._clock().timestamp())
            sent = Disclosure(caller.org_id, caller.tier, head.frontier.size, start, stop, at)
            noted = is_noted(connection, sent)
        if not noted:  # what can not be written down is not sent
            with self._store.write() as connection:
                note_disclosure(connection, sent)
        return encode_page(*page)

    def _relayed(self, asked: ListCall, caller: Member) -> bytes:
        """A page of another member's log, as far as it may be passed on; written down first, for its owner (R21)."""
        with self._store.read() as connection:
            head = self._head(connection, asked.call)
            assert self._relay is not None, "without one there is no such head"
            span = _span(asked, head.committed)
            page, shown = self._relay.page(connection, head, caller, span)
        if shown:
            with self._store.write() as connection:
                stop, at = span.start + len(page.entries), int(self._clock().timestamp())
                note_relayed(connection, head.origin_id, caller.org_id, (span.start, stop), at)
        return encode_page(*page)

    def get_consistency_proof(self, wire: bytes, _caller: Member) -> bytes:
        """GetConsistencyProof."""
        asked = decode_proof_call(wire)
        with self._store.read() as connection:
            head = self._head(connection, asked.call)
            sizes = asked.old_size, asked.new_size
            if not 1 <= asked.old_size <= asked.new_size <= head.committed:
                raise CallError(
                    "old_size, new_size: not in order between 1 and {committed}", committed=head.committed
                )
            if self._relay is not None and head.origin_id != self._org_id:
                return encode_proof(self._relay.proof(connection, head, *sizes))
            return encode_proof(consistency_path(self._hashes(connection), *sizes))

    def confirm_receipt(self, wire: bytes, caller: Member) -> bytes:
        """ConfirmReceipt."""
        asked = decode_confirm_call(wire)
        if asked.call.origin_id not in {"", self._org_id}:
            raise UnknownLogError("this node serves the log of {org_id} only", org_id=self._org_id)
        receipt = verify_receipt(asked.envelope, caller, self._org_id, self._clock(), decode_receipt)
        keep_receipt(self._store, receipt, asked.wire, self._tiles)
        return encode_confirmed()

    def checkpoint(self, call: Call) -> bytes:
        """Newest signed checkpoint.

        Raises:
            UnknownLogError: The caller asks for a log that this node does not serve.
        """
        ours = call.origin_id in {"", self._org_id}
        with self._store.glance() if ours else self._store.read() as connection:
            return self._head(connection, call).checkpoint

    def _hashes(self, connection: Transaction) -> Tiles:
        return OwnTiles(connection, self._tiles)

    def _head(self, connection: Transaction, call: Call) -> LogHead:
        if call.origin_id not in {"", self._org_id}:
            if self._relay is None:
                raise UnknownLogError("this node serves the log of {org_id} only", org_id=self._org_id)
            return self._relay.head(connection, call.origin_id)
        head = log_head(connection, self._org_id)
        if head is None:
            raise UnknownLogError("this node has not started its log")
        return head


async def make_server(
    exchange: Exchange,
    gatekeeper: Gatekeeper,
    own: Callable[[], Credentials],
    listen: str,
    more: Sequence[Service] = (),
    *,
    wakes: Wakes | None = None,
    vital: Vital | None = None,
) -> tuple[grpc.aio.Server, int]:
    """Build a server that is ready to start, with `more` services behind the same gate.

    Args:
        exchange: Answers about logs.
        gatekeeper: Who may call, and how often.
        own: Our credentials of this moment.
        listen: host:port; port 0 takes a free one.
        more: Other services.
        wakes: Tells whoever watches that somebody has written.
        vital: What is told of how this node is.

    Returns:
        The server and the port that it is bound to.

    Raises:
        CallError: The address can not be listened on.
    """
    server = grpc.aio.server(
        interceptors=(gatekeeper,),
        options=(
            (
                "grpc.max_receive_message_length",
                4 * MAX_REQUEST_BYTES,
            ),  # the gate says no with a reason before
            ("grpc.max_concurrent_streams", STREAMS_OF_A_CONNECTION),
            ("grpc.server_handshake_timeout_ms", HANDSHAKE_SECONDS * 1000),
            ("grpc.max_connection_age_ms", CONNECTION_AGE_SECONDS * 1000),
            ("grpc.max_connection_age_grace_ms", GRACE_SECONDS * 1000),
            ("grpc.so_reuseport", 0),
        ),
    )
    vital = vital or Vital()
    handlers = _handlers(exchange, gatekeeper, wakes or Wakes())
    server.add_generic_rpc_handlers((handlers, *(one.handlers for one in more)))
    health_pb2_grpc.add_HealthServicer_to_server(vital.servicer, server)
    names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME, *(one.name for one in more))
    await vital.answer_for(names)
    reflection.enable_server_reflection(names, server)
    try:
        port = server.add_secure_port(listen, doorway(own, gatekeeper.welcome))
    except RuntimeError as error:
        raise CallError("listen: {listen} can not be listened on; is it taken?", listen=listen) from error
    return server, port


def unary_handler(
    answer: Unary, gatekeeper: Gatekeeper, request_id_of: Callable[[bytes], str]
) -> "grpc.RpcMethodHandler[bytes, bytes]":
    """Answer a call in a thread, for the member that makes it."""

    async def handle(wire: bytes, context: Context) -> bytes:
        request_id = ""
        try:
            request_id = read_request_id(request_id_of(wire))
            return await asyncio.to_thread(answer, wire, gatekeeper.caller())
        except (NodeError, CryptoError) as error:
            await abort_call(context, our_error(error), request_id)
            raise AssertionError("abort does not return") from error

    return grpc.unary_unary_rpc_method_handler(handle)


def _handlers(exchange: Exchange, gatekeeper: Gatekeeper, wakes: Wakes) -> grpc.GenericRpcHandler:
    def unary(answer: Unary) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return unary_handler(answer, gatekeeper, lambda wire: decode_checkpoint_call(wire).request_id)

    async def watch(wire: bytes, context: Context) -> AsyncIterator[bytes]:
        request_id = ""
        sent = b""
        try:
            call = decode_checkpoint_call(wire)
            request_id = read_request_id(call.request_id)
            while True:
                seen = wakes.count
                note = await asyncio.to_thread(exchange.checkpoint, call)
                if note != sent:
                    yield encode_checkpoint(note)
                    sent = note
                await asyncio.sleep(PAUSE_SECONDS)
                await wakes.wait(seen, WATCH_SECONDS - PAUSE_SECONDS)
        except (NodeError, CryptoError) as error:
            await abort_call(context, our_error(error), request_id)

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "GetCheckpoint": unary(exchange.get_checkpoint),
            "ListEntries": unary(exchange.list_entries),
            "GetConsistencyProof": unary(exchange.get_consistency_proof),
            "ConfirmReceipt": unary(exchange.confirm_receipt),
            "WatchCheckpoints": grpc.unary_stream_rpc_method_handler(watch),
        },
    )


def _span(asked: ListCall, committed: int) -> Span:
    size, start = _read_token(asked.page_token, committed)
    return Span(start, asked.page_size or MAX_PAGE_ENTRIES, size)


def _read_token(token: str, size: int) -> tuple[int, int]:
    numbers = re.fullmatch(r"([0-9]{1,19})\.([0-9]{1,19})", token)
    if numbers is None:
        raise PageTokenUnknownError("page_token: not of the form SIZE.INDEX")
    upto, start = map(int, numbers.groups())
    if not start < upto <= size:
        raise PageTokenUnknownError("page_token: not an index below a size of at most {size}", size=size)
    return upto, start


def read_request_id(text: str) -> str:
    """The id that a caller gave its request, in one form.

    Raises:
        CallError: It is no UUID.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise CallError("request_id: not a UUID") from error
