"""Serve casework to the organization's own officers, on a listener of its own; peers have no business here.

Every call but `SignIn` carries the token of an officer who is signed in. What an officer may not see is answered like
what does not exist. Nothing of a request stands in the log but its id and the reason why it was refused.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from casework.errors import CallError, CaseworkError, SessionError, TransferError
from casework.recovering import notices_for
from casework.server import access, cases, evidence, intake, portfolio
from casework.server.call import Call
from casework.sessions import IDLE_SECONDS, Sessions
from casework.status import sentence, status_code
from casework.wire.cases import encode_notice
from casework.wire.parsing import parse, request_id_of
from casework.wire.sentences import KEY, encode_sentence
from casework.wire.services import ACCESS, CASEWORK, EVIDENCE, INTAKE, PORTFOLIO
from crypto.errors import CryptoError
from crypto.sentence import english
from tocsin.casework.v1 import casework_service_pb2 as messages

DETAILS = "grpc-status-details-bin"
MAX_REQUEST_BYTES = 1024 * 1024
CONNECTION_AGE_SECONDS = 3600
CONNECTION_GRACE_SECONDS = 12 * 3600  # for files under way
PIECE_SECONDS = 60.0  # within which the next piece of a file has to come
UPLOADS = 8  # at once; more wait
_BEARER = "Bearer "

logger = logging.getLogger(__name__)
Context: TypeAlias = (
    Any  # grpc.aio.ServicerContext; its stub has type parameters that handlers of bytes can not fill
)
PackDetails: TypeAlias = Callable[[grpc.StatusCode, str, str, str], bytes]
SERVICES: Mapping[str, Mapping[str, Call]] = {
    CASEWORK: cases.CALLS,
    ACCESS: access.CALLS,
    EVIDENCE: evidence.CALLS,
    INTAKE: intake.CALLS,
    PORTFOLIO: portfolio.CALLS,
}


class Tls(NamedTuple):
    """Key and certificate of the server, PEM."""

    key: bytes
    certificate: bytes


def make_case_server(
    sessions: Sessions, tls: Tls, listen: str, pack: PackDetails
) -> tuple[grpc.aio.Server, int]:
    """Build a server that is ready to start.

    Args:
        sessions: Who is signed in.
        tls: Officers' programs pin this certificate.
        listen: host:port; port 0 takes a free one.
        pack: Makes the details of an error out of status, sentence, reason and request id.

    Returns:
        The server and the port that it is bound to.

    Raises:
        CallError: The address can not be listened on.
    """
    server = grpc.aio.server(
        options=(
            ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
            ("grpc.max_connection_age_ms", CONNECTION_AGE_SECONDS * 1000),
            ("grpc.max_connection_age_grace_ms", CONNECTION_GRACE_SECONDS * 1000),
            ("grpc.keepalive_time_ms", 60_000),
            ("grpc.http2.min_ping_interval_without_data_ms", 20_000),
            ("grpc.so_reuseport", 0),
        )
    )
    edge = _Edge(sessions, pack)
    for name, calls in SERVICES.items():
        handlers = {method: edge.handler(call) for method, call in calls.items()}
        if name == CASEWORK:
            handlers |= {"SignIn": edge.sign_in(), "SignOut": edge.sign_out()}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, handlers),))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    try:
        port = server.add_secure_port(listen, grpc.ssl_server_credentials([tls]))
    except RuntimeError as error:
        raise CallError(
            "casework_listen: {listen} can not be listened on; is it taken?", listen=listen
        ) from error
    return server, port


def signed_in(sessions: Sessions, wire: bytes) -> messages.SignInResponse:
    """SignIn."""
    asked = parse(messages.SignInRequest(), wire)
    token, desk = sessions.sign_in(asked.officer_id, asked.passphrase)
    desk.ring()
    return messages.SignInResponse(
        token=token,
        idle_seconds=IDLE_SECONDS,
        roles=sorted(desk.officer.roles),
        notices=map(encode_notice, notices_for(desk)),
    )


def signed_out(sessions: Sessions, token: str) -> messages.SignOutResponse:
    """SignOut."""
    sessions.sign_out(token)
    return messages.SignOutResponse()


class _Edge:
    """Between gRPC and the functions that answer: tokens, threads, pieces and errors."""

    def __init__(self, sessions: Sessions, pack: PackDetails) -> None:
        self._sessions = sessions
        self._pack = pack
        # Whoever sends a file slowly keeps a thread, and must not keep those of everybody else.
        self._uploads = ThreadPoolExecutor(UPLOADS, "upload")

    def handler(self, call: Call) -> Any:
        """The handler of a call, by the direction in which there are pieces."""

        async def unary(wire: bytes, context: Context) -> bytes:
            return await anext(self._answers(call, wire, context))

        async def upload(wires: Any, context: Context) -> bytes:
            return await anext(self._answers(call, wires, context))

        async def stream(asked: Any, context: Context) -> AsyncIterator[bytes]:
            async for one in self._answers(call, asked, context):
                yield one

        if call.streams:
            kind = (
                grpc.stream_stream_rpc_method_handler
                if call.uploads
                else grpc.unary_stream_rpc_method_handler
            )
            return kind(stream)
        if call.uploads:
            return grpc.stream_unary_rpc_method_handler(upload)
        return grpc.unary_unary_rpc_method_handler(unary)

    def sign_in(self) -> Any:
        """The handler that opens an officer's keys."""
        return self._plain(lambda wire, _context: signed_in(self._sessions, wire))

    def sign_out(self) -> Any:
        """The handler that forgets them."""
        return self._plain(lambda _wire, context: signed_out(self._sessions, _token(context)))

    def _plain(self, answer: Callable[[bytes, Context], Any]) -> Any:
        async def handle(wire: bytes, context: Context) -> bytes:
            request_id = ""
            try:
                request_id = request_id_of(wire)
                found = await asyncio.to_thread(answer, wire, context)
            except (CaseworkError, CryptoError) as error:
                await self._abort(context, error, request_id)
                raise AssertionError("abort does not return") from error
            return bytes(found.SerializeToString())

        return grpc.unary_unary_rpc_method_handler(handle)

    async def _answers(self, call: Call, asked: Any, context: Context) -> AsyncIterator[bytes]:
        """Every message of an answer, or the refusal."""
        request_id, threads = "", self._uploads if call.uploads else None
        loop = asyncio.get_running_loop()
        found: Any = None
        try:
            wires = asked.__aiter__() if call.uploads else None
            first = asked if wires is None else await _first(wires)
            request_id = request_id_of(first)
            work = self._sessions.desk(_token(context))
            given = first if wires is None else _arriving(first, wires, loop)
            found = await loop.run_in_executor(threads, call.answer, given, work)
            if not call.streams:
                yield found.SerializeToString()
                return
            while (one := await loop.run_in_executor(threads, next, found, None)) is not None:
                yield one.SerializeToString()
        except (CaseworkError, CryptoError) as error:
            await self._abort(context, error, request_id)

    async def _abort(self, context: Context, error: CaseworkError | CryptoError, request_id: str) -> None:
        ours = error if isinstance(error, CaseworkError) else CaseworkError(str(error))
        logger.warning("call refused: reason=%s request=%s", ours.reason, request_id)
        code, text = status_code(ours), sentence(ours)
        packed = self._pack(code, text, ours.reason, request_id)
        parts = encode_sentence(text)
        beside = ((KEY, parts),) if parts else ()
        await context.abort(code, english(text), trailing_metadata=((DETAILS, packed), *beside))


async def _first(wires: Any) -> bytes:
    """The first message of a request that comes in pieces.

    Raises:
        TransferError: Nothing came for a minute.
    """
    try:
        return bytes(await asyncio.wait_for(anext(wires, b""), PIECE_SECONDS))
    except TimeoutError as error:
        raise TransferError("nothing was sent") from error


def _arriving(first: bytes, wires: Any, loop: asyncio.AbstractEventLoop) -> Iterator[bytes]:
    """Messages of a request as they arrive, for a thread that waits for each.

    Raises:
        TransferError: The line was cut, or nothing came for a minute.
    """

    async def following() -> bytes | None:
        wire: bytes | None = await anext(wires, None)
        return wire

    yield first
    while True:
        coming = asyncio.run_coroutine_threadsafe(following(), loop)
        try:
            wire = coming.result(PIECE_SECONDS)
        except (TimeoutError, CancelledError, grpc.RpcError, grpc.aio.UsageError) as error:
            coming.cancel()
            raise TransferError("the file did not arrive whole; nothing of it was kept") from error
        if wire is None:
            return
        yield wire


def _token(context: Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and value.startswith(_BEARER):
            return value.removeprefix(_BEARER)
    raise SessionError("sign in")
