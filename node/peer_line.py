"""A line to one member: a channel that accepts only that member's pinned certificate, and calls that give bytes.

A peer that can not be reached, is too slow or refuses us is `UnavailableError`, with the reason that it gave where it
gave one.
"""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Self

import grpc

from crypto.certificates import certificate_end, certificate_pem, private_key_pem, server_name
from node.directory import Member
from node.errors import ExpiredError, LateError, UnavailableError
from node.status import Trailing, reason_of, retry_seconds_of

CALL_SECONDS = 30.0
STREAM_SECONDS = 7200.0  # no peer of ours keeps a line for so long
SHORTEST_PAUSE_SECONDS = 0.05  # before we ask again, whatever a peer says
MAX_MESSAGE_BYTES = 8 << 20  # more than a full page of ordinary entries, less than what hurts a small machine

_NOT_SERVED = grpc.StatusCode.UNIMPLEMENTED  # by a peer of an older version


class Credentials(NamedTuple):
    """This node's own TLS key (PKCS 8) and certificate, DER."""

    key: bytes
    certificate: bytes


class PeerLine:
    """An open line to one member; use it as an async context manager.

    Raises:
        UnavailableError: The member has no address, so only bundles reach it.
    """

    def __init__(self, peer: Member, own: Credentials, *, call_seconds: float = CALL_SECONDS) -> None:
        if not peer.endpoints:
            raise UnavailableError(
                "{org_id} has no address in the directory; a bundle reaches it", org_id=peer.org_id
            )
        self.peer = peer
        self._own = own
        self._call_seconds = call_seconds
        self._at = 0  # which of its endpoints is used
        self._channel = self._connect()

    def _connect(self) -> grpc.aio.Channel:
        peer, own = self.peer, self._own
        return grpc.aio.secure_channel(
            peer.endpoints[self._at],
            grpc.ssl_channel_credentials(
                # Only certificates of this very peer are trusted here, so no other member can stand in for it.
                root_certificates=b"".join(map(certificate_pem, peer.tls_certificates)),
                private_key=private_key_pem(own.key),
                certificate_chain=certificate_pem(own.certificate),
            ),
            options=(
                ("grpc.ssl_target_name_override", server_name(peer.org_id)),
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.use_local_subchannel_pool", 1),
                ("grpc.enable_http_proxy", 0),
            ),
        )

    async def __aenter__(self) -> Self:
        # Whoever opens a line has things to read before it calls.
        self._channel.get_state(try_to_connect=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._channel.close()

    async def call(self, service: str, method: str, request: bytes) -> bytes:
        """Answer to a call; a peer that says when to ask again is asked again then, if there is time.

        Raises:
            UnavailableError: No answer, or a refusal.
        """
        until = monotonic() + self._call_seconds
        while True:
            try:
                return await self._ask(f"/{service}/{method}", request, until)
            except grpc.aio.AioRpcError as error:
                pause = retry_seconds_of(trailing_of(error))
                if not 0 < pause < until - monotonic():
                    raise self._unavailable(error) from error
                await asyncio.sleep(max(pause, SHORTEST_PAUSE_SECONDS))

    async def call_if_known(self, service: str, method: str, request: bytes) -> bytes | None:
        """Answer to a call; nothing where the peer is of a version that knows no such call.

        Raises:
            UnavailableError: No answer, or a refusal.
        """
        try:
            return await self.call(service, method, request)
        except UnavailableError as error:
            refused = error.__cause__
            if isinstance(refused, grpc.aio.AioRpcError) and refused.code() is _NOT_SERVED:
                return None
            raise

    async def stream(
        self, service: str, method: str, request: bytes, silence_seconds: float | None = None
    ) -> AsyncGenerator[bytes, None]:
        """Answers to a call as they come, from the endpoint that answered last.

        Raises:
            UnavailableError: The line is gone, or nothing at all has come for so many seconds.
        """
        ask: Any = self._channel.unary_stream(f"/{service}/{method}")
        answers = ask(request, timeout=STREAM_SECONDS)
        try:
            while True:
                async with asyncio.timeout(silence_seconds):
                    wire = await answers.read()
                if wire is grpc.aio.EOF:
                    return
                yield wire
        except TimeoutError as error:
            raise UnavailableError("{org_id} has gone silent", org_id=self.peer.org_id) from error
        except grpc.aio.AioRpcError as error:
            raise self._unavailable(error) from error
        finally:
            answers.cancel()

    def _unavailable(self, error: grpc.aio.AioRpcError) -> UnavailableError:
        now = datetime.now(UTC)  # that of the machine, which TLS goes by
        if _is_away(error):
            end = certificate_end(self._own.certificate)
            if end < now:
                return ExpiredError("our TLS certificate expired on {end}", end=end.date())
            end = max(map(certificate_end, self.peer.tls_certificates))
            if end < now:
                return ExpiredError(
                    "{org_id}'s TLS certificate expired on {end}", org_id=self.peer.org_id, end=end.date()
                )
        return _unavailable(self.peer, ", ".join(self.peer.endpoints), error)

    async def _ask(self, method: str, request: bytes, until: float) -> bytes:
        """Call at the endpoint that answered last, and where nobody is there at the others in turn."""
        for _ in self.peer.endpoints[1:]:
            try:
                return await self._ask_here(method, request, until)
            except grpc.aio.AioRpcError as error:
                if not _is_away(error):
                    raise
                await self._go_on()
        return await self._ask_here(method, request, until)

    async def _ask_here(self, method: str, request: bytes, until: float) -> bytes:
        call: Any = self._channel.unary_unary(method)
        answer: bytes = await call(request, timeout=until - monotonic())
        return answer

    async def _go_on(self) -> None:
        """Use the next endpoint from now on."""
        before = self._channel
        self._at = (self._at + 1) % len(self.peer.endpoints)
        self._channel = self._connect()
        await before.close()


def trailing_of(error: BaseException | None) -> Trailing:
    """What a peer sent with its refusal, whether that is the error or its cause; nothing where nobody answered."""
    refused = error.__cause__ if isinstance(error, UnavailableError) else error
    return tuple(refused.trailing_metadata() or ()) if isinstance(refused, grpc.aio.AioRpcError) else ()


def _is_away(error: grpc.aio.AioRpcError) -> bool:
    """Whether nobody answered at all; a member that refuses says why."""
    return error.code() is grpc.StatusCode.UNAVAILABLE and not reason_of(trailing_of(error))


def _unavailable(peer: Member, endpoint: str, error: grpc.aio.AioRpcError) -> UnavailableError:
    reason = reason_of(trailing_of(error))
    code: grpc.StatusCode = error.code()
    if reason:
        return UnavailableError("{org_id} refused: {reason}", org_id=peer.org_id, reason=reason)
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return LateError("{org_id} did not answer in time", org_id=peer.org_id)
    return UnavailableError(
        "{org_id} can not be reached at {endpoint} ({code})",
        org_id=peer.org_id,
        endpoint=endpoint,
        code=code.name,
    )
