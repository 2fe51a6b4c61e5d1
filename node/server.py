"""Serve this node's log to the members of the network.

Nobody gets further than the first line without a certificate that the directory binds to an active member: TLS asks
for it, and every call and every open stream is checked against the directory as it stands then. What a caller sees of
an entry is decided by its tier. Every page is written down before it leaves (R21), and so is a receipt that a caller
brings; nothing else is written here.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from crypto.certificates import certificate_pem, private_key_pem
from crypto.errors import CryptoError
from crypto.merkle import consistency_path
from crypto.tiles import Tiles
from node.client import Credentials
from node.confirm import keep_receipt
from node.directory import Directory, Member, Status
from node.errors import (
    CallError,
    MemberError,
    NodeError,
    PageTokenUnknownError,
    StoreError,
    UnknownLogError,
)
from node.pages import Span, own_log_page
from node.receipt import verify_receipt
from node.status import DETAILS, details, sentence, status_code
from node.store.database import Store, Transaction
from node.store.disclosures import Disclosure, is_noted, note_disclosure
from node.store.heads import LogHead, log_head
from node.store.tiles import FullTiles, TileReader
from node.verify import MAX_PAGE_ENTRIES
from node.wire.exchange import (
    SERVICE,
    Call,
    decode_checkpoint_call,
    decode_list_call,
    decode_proof_call,
    encode_checkpoint,
    encode_page,
    encode_proof,
)
from node.wire.receipts import decode_confirm_call, decode_receipt, encode_confirmed

DEFAULT_PAGE_ENTRIES = 500
MAX_REQUEST_BYTES = 64 * 1024
WATCH_SECONDS = 1.0  # between two looks at the log, and at the directory, for an open stream
CONNECTION_AGE_SECONDS = 3600

logger = logging.getLogger(__name__)
Context: TypeAlias = (
    Any  # grpc.aio.ServicerContext; its stub has type parameters that handlers of bytes can not fill
)
Unary: TypeAlias = Callable[[bytes, Member], bytes]


class Service(NamedTuple):
    """One gRPC service by its full name, and what answers its calls."""

    name: str
    handlers: grpc.GenericRpcHandler


class Exchange:
    """The answers of the exchange service; plain functions, run in threads beside the event loop."""

    def __init__(
        self, org_id: str, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._org_id = org_id
        self._store = store
        self._clock = clock
        self._tiles = FullTiles()

    def get_checkpoint(self, wire: bytes, _caller: Member) -> bytes:
        """GetCheckpoint."""
        return encode_checkpoint(self.checkpoint(decode_checkpoint_call(wire)))

    def list_entries(self, wire: bytes, caller: Member) -> bytes:
        """ListEntries."""
        asked = decode_list_call(wire)
        if not 0 <= asked.page_size <= MAX_PAGE_ENTRIES:
            raise CallError(f"page_size: {asked.page_size} is not between 0 and {MAX_PAGE_ENTRIES}")
        with self._store.read() as connection:
            head = self._head(connection, asked.call)
            size, start = _read_token(asked.page_token, head.committed)
            span = Span(start, asked.page_size or DEFAULT_PAGE_ENTRIES, size)
            page = own_log_page(connection, head, caller, span, self._tiles)
            stop, at = start + len(page.entries), int(self._clock().timestamp())
            sent = Disclosure(caller.org_id, caller.tier, head.frontier.size, start, stop, at)
            noted = is_noted(connection, sent)
        if not noted:  # what can not be written down is not sent
            with self._store.write() as connection:
                note_disclosure(connection, sent)
        return encode_page(*page)

    def get_consistency_proof(self, wire: bytes, _caller: Member) -> bytes:
        """GetConsistencyProof."""
        asked = decode_proof_call(wire)
        with self._store.read() as connection:
            size = self._head(connection, asked.call).committed
            if not 1 <= asked.old_size <= asked.new_size <= size:
                raise CallError(f"old_size, new_size: not in order between 1 and {size}")
            return encode_proof(consistency_path(self._hashes(connection), asked.old_size, asked.new_size))

    def confirm_receipt(self, wire: bytes, caller: Member) -> bytes:
        """ConfirmReceipt."""
        asked = decode_confirm_call(wire)
        if asked.call.origin_id not in {"", self._org_id}:
            raise UnknownLogError(f"this node serves the log of {self._org_id} only")
        receipt = verify_receipt(asked.envelope, caller, self._org_id, self._clock(), decode_receipt)
        keep_receipt(self._store, receipt, asked.wire, self._tiles)
        return encode_confirmed()

    def checkpoint(self, call: Call) -> bytes:
        """Newest signed checkpoint.

        Raises:
            UnknownLogError: The caller asks for a log that this node does not serve.
        """
        with self._store.read() as connection:
            return self._head(connection, call).checkpoint

    def _hashes(self, connection: Transaction) -> Tiles:
        return Tiles(TileReader(connection, self._tiles))

    def _head(self, connection: Transaction, call: Call) -> LogHead:
        if call.origin_id not in {"", self._org_id}:
            raise UnknownLogError(f"this node serves the log of {self._org_id} only")
        head = log_head(connection, self._org_id)
        if head is None:
            raise UnknownLogError("this node has not started its log")
        return head


class Gatekeeper(grpc.aio.ServerInterceptor):
    """Lets active members through, to whichever service; hands the member to the exchange service."""

    def __init__(self, directory: Callable[[], Directory], clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock

    def caller(self, context: Context) -> Member:
        """Find the member that is calling, as the directory stands now.

        Raises:
            MemberError: It is none, or suspended, or the directory has expired.
        """
        return self.judge()(shown_certificate(context))

    def judge(self) -> Callable[[bytes], Member]:
        """What tells the member that a certificate belongs to, by the directory of this moment; for many at once.

        Raises:
            NodeError: The directory can not be used.
        """
        directory, now = self._directory(), self._clock()
        return lambda certificate: directory.verify_caller(certificate, now)

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Put the check in front of a handler."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        forms = (handler.request_deserializer, handler.response_serializer)
        if handler.stream_stream:
            return grpc.stream_stream_rpc_method_handler(self._guard_stream(handler.stream_stream), *forms)
        if handler.unary_stream:
            # A coroutine, as the health service has it, writes its answers itself instead of yielding them.
            writes = inspect.iscoroutinefunction(handler.unary_stream)
            guard = self._guard_unary if writes else self._guard_stream
            return grpc.unary_stream_rpc_method_handler(guard(handler.unary_stream), *forms)
        return grpc.unary_unary_rpc_method_handler(self._guard_unary(handler.unary_unary), *forms)

    def _guard_unary(self, inner: Callable[[Any, Context], Any]) -> Callable[[Any, Context], Awaitable[Any]]:
        async def guarded(request: Any, context: Context) -> Any:
            await self._check(context)
            answer = inner(request, context)
            return await answer if asyncio.iscoroutine(answer) else answer

        return guarded

    def _guard_stream(
        self, inner: Callable[[Any, Context], Any]
    ) -> Callable[[Any, Context], AsyncIterator[Any]]:
        async def guarded(request: Any, context: Context) -> AsyncIterator[Any]:
            await self._check(context)
            async for message in inner(request, context):
                await self._check(context)  # a suspended member does not keep its stream
                yield message

        return guarded

    async def _check(self, context: Context) -> None:
        try:
            self.caller(context)
        except MemberError as error:
            await abort_call(context, error, "")


def shown_certificate(context: Context) -> bytes:
    """The certificate that a caller has shown, PEM.

    Raises:
        MemberError: It has shown none.
    """
    certificates = context.auth_context().get("x509_pem_cert")
    if not certificates:
        raise MemberError("no certificate was shown")
    certificate: bytes = certificates[0]
    return certificate


def make_server(
    exchange: Exchange,
    gatekeeper: Gatekeeper,
    own: Credentials,
    directory: Callable[[], Directory],
    listen: str,
    more: Sequence[Service] = (),
) -> tuple[grpc.aio.Server, int]:
    """Build a server that is ready to start, with `more` services behind the same gate.

    Returns:
        The server and the port that it is bound to.

    Raises:
        CallError: The address can not be listened on.
    """
    server = grpc.aio.server(
        interceptors=(gatekeeper,),
        options=(
            ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
            ("grpc.max_connection_age_ms", CONNECTION_AGE_SECONDS * 1000),
            ("grpc.max_connection_age_grace_ms", 30_000),
            ("grpc.so_reuseport", 0),
        ),
    )
    server.add_generic_rpc_handlers((_handlers(exchange, gatekeeper), *(one.handlers for one in more)))
    health_service = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health_service, server)
    names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME, *(one.name for one in more))
    reflection.enable_server_reflection(names, server)
    try:
        port = server.add_secure_port(listen, _credentials(own, directory))
    except RuntimeError as error:
        raise CallError(f"listen: {listen} can not be listened on; is it taken?") from error
    return server, port


def unary_handler(
    answer: Unary, gatekeeper: Gatekeeper, request_id_of: Callable[[bytes], str]
) -> "grpc.RpcMethodHandler[bytes, bytes]":
    """Answer a call in a thread, for the member that makes it."""

    async def handle(wire: bytes, context: Context) -> bytes:
        request_id = ""
        try:
            request_id = read_request_id(request_id_of(wire))
            return await asyncio.to_thread(answer, wire, gatekeeper.caller(context))
        except (NodeError, CryptoError) as error:
            await abort_call(context, our_error(error), request_id)
            raise AssertionError("abort does not return") from error

    return grpc.unary_unary_rpc_method_handler(handle)


def _handlers(exchange: Exchange, gatekeeper: Gatekeeper) -> grpc.GenericRpcHandler:
    def unary(answer: Unary) -> "grpc.RpcMethodHandler[bytes, bytes]":
        return unary_handler(answer, gatekeeper, lambda wire: decode_checkpoint_call(wire).request_id)

    async def watch(wire: bytes, context: Context) -> AsyncIterator[bytes]:
        request_id = ""
        sent = b""
        try:
            call = decode_checkpoint_call(wire)
            request_id = read_request_id(call.request_id)
            while True:
                gatekeeper.caller(context)  # a suspended member does not keep its stream
                note = await asyncio.to_thread(exchange.checkpoint, call)
                if note != sent:
                    yield encode_checkpoint(note)
                    sent = note
                await asyncio.sleep(WATCH_SECONDS)
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


def _credentials(own: Credentials, directory: Callable[[], Directory]) -> grpc.ServerCredentials:
    """TLS that asks each new caller for a certificate of a member active now.

    What gRPC is given it builds anew while other handshakes are under way, and one of those may still hold the old one:
    given with every connection, that ended whole processes. So it is given only what has changed.
    """

    def trusted() -> tuple[bytes, ...]:
        try:
            return tuple(one.tls_certificate for one in directory().members if one.status is Status.ACTIVE)
        except (
            NodeError
        ):  # an exception here would silently keep the old list; an empty one refuses everybody
            return ()

    def configuration(roots: tuple[bytes, ...]) -> grpc.ServerCertificateConfiguration:
        return grpc.ssl_server_certificate_configuration(
            [(private_key_pem(own.key), certificate_pem(own.certificate))],
            root_certificates=b"".join(map(certificate_pem, roots)),
        )

    given = trusted()

    def changed() -> Any:  # nothing for no change, which the library's own types forget
        nonlocal given
        before, given = given, trusted()
        return configuration(given) if given != before else None

    return grpc.dynamic_ssl_server_credentials(
        configuration(given), changed, require_client_authentication=True
    )


def _read_token(token: str, size: int) -> tuple[int, int]:
    numbers = re.fullmatch(r"([0-9]{1,19})\.([0-9]{1,19})", token)
    if numbers is None:
        raise PageTokenUnknownError("page_token: not of the form SIZE.INDEX")
    upto, start = map(int, numbers.groups())
    if not start < upto <= size:
        raise PageTokenUnknownError(f"page_token: not an index below a size of at most {size}")
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


def our_error(error: NodeError | CryptoError) -> NodeError:
    """What failed; cryptography that does not hold here is damage to what this node stored."""
    return error if isinstance(error, NodeError) else StoreError(str(error))


async def abort_call(
    context: Context, error: NodeError, request_id: str, more: tuple[tuple[str, str], ...] = ()
) -> None:
    """End a call with an error as its caller may know it, and perhaps more metadata."""
    logger.warning("call refused: reason=%s request=%s", error.reason, request_id)
    await context.abort(
        status_code(error),
        sentence(error),
        trailing_metadata=((DETAILS, details(error, request_id)), *more),
    )
