"""The gate in front of every service of a node: who calls, how often, how much, and how long it may take.

A caller is held against the directory as it stands at each call, before anything of its request is read, and once a
second while a stream is open. What one member may ask is bounded, so that a hostile one takes nothing from the others
(`node.allowance`); so are the size of a request and the time in which it has to come and to be answered.
"""

import asyncio
import inspect
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, TypeAlias

import grpc
from google.protobuf.message import DecodeError

from crypto.errors import CryptoError
from node.allowance import Allowance, Purse, spend
from node.directory import Directory, Member, Status
from node.errors import (
    CallError,
    LargeCallError,
    MemberError,
    NodeError,
    PayloadError,
    SlowCallError,
    StoreError,
    TooManyCallsError,
)
from node.status import DETAILS, details, sentence, status_code

MAX_REQUEST_BYTES = 64 * 1024
REQUEST_SECONDS = 10.0  # until the request of a call has come
ANSWER_SECONDS = 60.0  # until it is answered, where the answer is one message
CHECK_SECONDS = 1.0  # between two looks at the directory for an open stream

logger = logging.getLogger(__name__)
Context: TypeAlias = (
    Any  # grpc.aio.ServicerContext; its stub has type parameters that handlers of bytes can not fill
)
Answer: TypeAlias = Callable[[Any, Context], Any]  # a handler's own function, whatever kind it is of
Read: TypeAlias = Callable[[bytes], Any] | None


@dataclass(eq=False, slots=True)
class _Stream:
    """What is open, who shows which certificate for it, and why it has to end."""

    task: "asyncio.Task[None]"
    certificate: bytes
    error: NodeError | None = None


class Gatekeeper(grpc.aio.ServerInterceptor):
    """Lets active members through, to whichever service, as often as they may."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
        allowance: Allowance = Allowance(),  # noqa: B008 - a value that nobody can change
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._allowance = allowance
        self._purses: dict[str, Purse] = {}
        self._under_way: Counter[str] = Counter()
        self._streams: set[_Stream] = set()
        self._looking = False
        self._caller: ContextVar[Member] = ContextVar("caller")

    def directory(self) -> Directory:
        """The directory as it stands now.

        Raises:
            NodeError: It can not be used.
        """
        return self._directory()

    def caller(self) -> Member:
        """The member whose call is being answered, as it was found when the call came."""
        return self._caller.get()

    def judge(self) -> Callable[[bytes], Member]:
        """What tells the member that a certificate belongs to, by the directory of this moment; for many at once.

        Raises:
            NodeError: The directory can not be used.
        """
        directory, now = self._directory(), self._clock()
        return lambda certificate: directory.verify_caller(certificate, now)

    def welcome(self) -> tuple[bytes, ...]:
        """Certificates (DER) of those who may connect now.

        Raises:
            NodeError: The directory can not be used, or has expired.
        """
        directory = self._directory()
        directory.verify_current(self._clock())
        active = (one for one in directory.members if one.status is Status.ACTIVE)
        return tuple(certificate for one in active for certificate in one.tls_certificates)

    async def intercept_service(
        self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any
    ) -> Any:
        """Put the gate in front of a handler.

        On the line it is the same whether a side sends one message or a stream of one. So requests are read here, when
        the caller is known.
        """
        handler = await continuation(handler_call_details)
        if handler is None:
            return grpc.stream_unary_rpc_method_handler(self._one_answer(_not_served, None))
        read, write = handler.request_deserializer, handler.response_serializer
        if handler.stream_stream:
            guard = self._many_answers(handler.stream_stream, None, asked_once=False)
            return grpc.stream_stream_rpc_method_handler(guard, read, write)
        if handler.unary_stream:
            guard = self._many_answers(handler.unary_stream, read, asked_once=True)
            return grpc.stream_stream_rpc_method_handler(guard, None, write)
        return grpc.stream_unary_rpc_method_handler(self._one_answer(handler.unary_unary, read), None, write)

    def _one_answer(self, inner: Answer, read: Read) -> Answer:
        async def guarded(requests: AsyncIterator[bytes], context: Context) -> Any:
            try:
                self._let_in(context)
                async with _at_most(REQUEST_SECONDS) as limit:
                    request = await _one_request(requests, read)
                    limit.reschedule(asyncio.get_running_loop().time() + ANSWER_SECONDS)
                    answer = inner(request, context)
                    return await answer if asyncio.iscoroutine(answer) else answer
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told no more than is its to know
                await _refuse(context, error)

        return guarded

    def _many_answers(self, inner: Answer, read: Read, *, asked_once: bool) -> Answer:
        async def write(request: Any, context: Context) -> None:
            if inspect.iscoroutinefunction(inner):  # it writes its answers itself, as the health service does
                await inner(request, context)
                return
            async with aclosing(inner(request, context)) as answers:
                async for answer in answers:
                    self._judge_anew(context)
                    await context.write(answer)

        async def guarded(requests: AsyncIterator[Any], context: Context) -> None:
            try:
                self._let_in(context)
                request: Any = requests
                if asked_once:
                    async with _at_most(REQUEST_SECONDS):
                        request = await _one_request(requests, read)
                await self._watch_over(write(request, context), shown_certificate(context))
            except Exception as error:  # noqa: BLE001 - as above
                await _refuse(context, error)

        return guarded

    def _let_in(self, context: Context) -> None:
        """Find out who calls, and count the call until all of its answer is on the line.

        Raises:
            NodeError: It is no active member, or has asked too much.
        """
        member = self._judge_anew(context)
        name = member.org_id
        if self._under_way[name] >= self._allowance.calls_at_once:
            raise TooManyCallsError(f"{name} has {self._under_way[name]} calls under way")
        self._purses[name] = spend(self._allowance, self._purses.get(name), monotonic())
        self._under_way[name] += 1
        context.add_done_callback(lambda _context: self._under_way.subtract((name,)))
        self._caller.set(member)

    def _judge_anew(self, context: Context) -> Member:
        return self.judge()(shown_certificate(context))

    async def _watch_over(self, work: Coroutine[Any, Any, None], certificate: bytes) -> None:
        """Let a stream run for as long as its caller is an active member.

        Raises:
            NodeError: It is none any more.
        """
        stream = _Stream(asyncio.create_task(work), certificate)
        self._streams.add(stream)
        self._look_later()
        try:
            await stream.task
        except asyncio.CancelledError:
            if stream.error is None:  # the caller has gone, or the node stops
                raise
            raise stream.error from None
        finally:
            self._streams.discard(stream)

    def _look(self) -> None:
        """Hold the callers of all open streams against the directory; ends those that are no members any more."""
        self._looking, judge = False, None
        for stream in self._streams:
            try:
                judge = judge or self.judge()
                judge(stream.certificate)
            except Exception as error:  # noqa: BLE001 - who can not be judged is not let in
                stream.error = stream.error or our_error(error)
                stream.task.cancel()
        self._look_later()

    def _look_later(self) -> None:
        if self._streams and not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_later(CHECK_SECONDS, self._look)


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


def our_error(error: Exception) -> NodeError:
    """What failed; cryptography that does not hold here is damage to what this node stored."""
    if isinstance(error, NodeError):
        return error
    if isinstance(error, CryptoError):
        return StoreError(str(error))
    logger.error("a call failed", exc_info=error)
    return NodeError("something that nobody foresaw")


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


async def _refuse(context: Context, error: Exception) -> None:
    if isinstance(error, grpc.aio.BaseError):  # ended already, by a handler or by the line
        raise error
    await abort_call(context, our_error(error), "")


async def _one_request(requests: AsyncIterator[bytes], read: Read) -> Any:
    wire = await anext(requests, None)
    if wire is None:
        raise CallError("a call came without its request")
    if len(wire) > MAX_REQUEST_BYTES:
        raise LargeCallError(f"a request of {len(wire)} bytes")
    try:
        return read(wire) if read else wire
    except DecodeError as error:
        raise PayloadError("a request is no message") from error


@asynccontextmanager
async def _at_most(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Give up what takes longer; the time may be set anew on the way.

    Raises:
        SlowCallError: It took longer.
    """
    try:
        async with asyncio.timeout(seconds) as limit:
            yield limit
    except TimeoutError as error:
        raise SlowCallError("a call was given up") from error


async def _not_served(_request: bytes, context: Context) -> None:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such call here")
