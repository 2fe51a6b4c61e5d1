"""The gate in front of every service of a node: who calls, how often, how much, and how long it may take.

A caller is held against the directory as it stands at each call, before anything of its request is read, and once a
second while the call is open. What one member may ask is bounded, so that a hostile one takes nothing from the others
(`node.allowance`); so are the size of a request and the time in which it has to come and to be answered.
"""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from math import inf
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
CHECK_SECONDS = 1.0  # between two looks at the calls that are under way

logger = logging.getLogger(__name__)
Context: TypeAlias = (
    Any  # grpc.aio.ServicerContext; its stub has type parameters that handlers of bytes can not fill
)
Answer: TypeAlias = Callable[[Any, Context], Any]  # a handler's own function, whatever kind it is of
Read: TypeAlias = Callable[[bytes], Any] | None
Watch: TypeAlias = Callable[[str, str, float], None]
"""Told of each call once it is over: its name, the name of its gRPC status, and the seconds that it took."""


def unwatched(_call: str, _status: str, _seconds: float) -> None:
    """Nobody wants to know."""


@dataclass(eq=False, slots=True)
class _Call:
    """A call under way: the certificate shown for it, until when it may take (monotonic), and why it has to end."""

    task: "asyncio.Task[Any]"
    certificate: bytes
    until: float
    error: NodeError | None = None


class Gatekeeper(grpc.aio.ServerInterceptor):
    """Lets active members through, to whichever service, as often as they may."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        clock: Callable[[], datetime],
        allowance: Allowance = Allowance(),  # noqa: B008 - a value that nobody can change
        watch: Watch = unwatched,
    ) -> None:
        self._directory = directory
        self._clock = clock
        self._allowance = allowance
        self._watch = watch
        self._purses: dict[str, Purse] = {}
        self._under_way: dict[str, int] = {}
        self._open: set[_Call] = set()
        self._looking = False
        self._gated: dict[str, Any] = {}  # handlers behind the gate, by the name of their call
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

    def identify(self, context: Context) -> tuple[bytes, Member]:
        """Find the certificate that a caller has shown, PEM, and the member that it belongs to by the directory of now.

        Raises:
            NodeError: It is no active member, or the directory can not be used.
        """
        certificate = shown_certificate(context)
        return certificate, self._directory().verify_caller(certificate, self._clock())

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
        gated = self._gated.get(handler_call_details.method)
        if gated is None:
            handler = await continuation(handler_call_details)
            name = handler_call_details.method.rpartition("/")[2] if handler else "unknown"
            gated = self._in_front_of(handler or grpc.unary_unary_rpc_method_handler(_not_served), name)
            if handler is not None:  # of names that do not exist there is no end
                self._gated[handler_call_details.method] = gated
        return gated

    def _in_front_of(self, handler: Any, name: str) -> Any:
        read, write = handler.request_deserializer, handler.response_serializer
        if handler.stream_stream:
            guard = self._many_answers(handler.stream_stream, None, name, asked_once=False)
            return grpc.stream_stream_rpc_method_handler(guard, read, write)
        if handler.unary_stream:
            guard = self._many_answers(handler.unary_stream, read, name, asked_once=True)
            return grpc.stream_stream_rpc_method_handler(guard, None, write)
        return grpc.stream_unary_rpc_method_handler(
            self._one_answer(handler.unary_unary, read, name), None, write
        )

    def _one_answer(self, inner: Answer, read: Read, name: str) -> Answer:
        async def answer(context: Context, call: _Call) -> Any:
            request = await _one_request(context, read)
            call.until = monotonic() + ANSWER_SECONDS
            answered = inner(request, context)
            return await answered if asyncio.iscoroutine(answered) else answered

        async def guarded(_requests: AsyncIterator[bytes], context: Context) -> Any:
            return await self._guard(context, answer, name)

        return guarded

    def _many_answers(self, inner: Answer, read: Read, name: str, *, asked_once: bool) -> Answer:
        writes = inspect.iscoroutinefunction(inner)  # its answers itself, as the health service does

        async def guarded(requests: AsyncIterator[Any], context: Context) -> None:
            async def answer(context: Context, call: _Call) -> None:
                request = await _one_request(context, read) if asked_once else requests
                call.until = inf
                if writes:
                    await inner(request, context)
                    return
                async with aclosing(inner(request, context)) as answers:
                    async for one in answers:
                        self.judge()(call.certificate)
                        await context.write(one)

            await self._guard(context, answer, name)

        return guarded

    async def _guard(
        self, context: Context, answer: Callable[[Context, _Call], Coroutine[Any, Any, Any]], name: str
    ) -> Any:
        """Answer a call, and tell who watches how it ended."""
        started, status = monotonic(), grpc.StatusCode.CANCELLED
        try:
            answered = await self._answered(context, answer)
            status = grpc.StatusCode.OK
        except grpc.aio.BaseError:
            status = next((one for one in grpc.StatusCode if context.code() in {one, one.value[0]}), status)
            raise
        finally:
            self._watch(name, status.name, monotonic() - started)
        return answered

    async def _answered(
        self, context: Context, answer: Callable[[Context, _Call], Coroutine[Any, Any, Any]]
    ) -> Any:
        """Answer a call for as long as its caller is an active member, and its time lasts."""
        task = asyncio.current_task()
        assert task is not None, "gRPC answers each call in a task of its own"
        call = _Call(task, b"", monotonic() + REQUEST_SECONDS)
        try:
            self._let_in(context, call)
            return await answer(context, call)
        except asyncio.CancelledError:
            if call.error is None:  # the caller has gone, or the node stops
                raise
            refusal: Exception = call.error
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller is told no more than is its to know
            refusal = error
        finally:
            self._open.discard(call)
        if isinstance(refusal, grpc.aio.BaseError):  # ended already, by a handler or by the line
            raise refusal
        return await abort_call(context, our_error(refusal), "")

    def _let_in(self, context: Context, call: _Call) -> None:
        """Find out who calls, and count the call until all of its answer is on the line.

        Raises:
            NodeError: It is no active member, or has asked too much.
        """
        call.certificate, member = self.identify(context)
        name, now = member.org_id, monotonic()
        under_way = self._under_way.get(name, 0)
        if under_way >= self._allowance.calls_at_once:
            raise TooManyCallsError("{name} has {under_way} calls under way", name=name, under_way=under_way)
        self._purses[name] = spend(self._allowance, self._purses.get(name), now)
        self._under_way[name] = under_way + 1
        context.add_done_callback(lambda _context: self._is_over(name))
        self._caller.set(member)
        self._open.add(call)
        if not self._looking:
            self._look_later()

    def _is_over(self, name: str) -> None:
        self._under_way[name] -= 1

    def _look_later(self) -> None:
        self._looking = True
        asyncio.get_running_loop().call_later(CHECK_SECONDS, self._look)

    def _look(self) -> None:
        """End the calls that take too long, and those whose callers are no members any more."""
        self._looking, judge = False, None
        for call in self._open:
            error: NodeError | None = None
            if monotonic() > call.until:
                error = SlowCallError("a call was given up")
            try:
                judge = judge or self.judge()
                judge(call.certificate)
            except Exception as unsound:  # noqa: BLE001 - who can not be judged is not let in
                error = our_error(unsound)
            if error is not None and call.error is None:
                call.error = error
                call.task.cancel()
        if self._open:
            self._look_later()


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


async def _one_request(context: Context, read: Read) -> Any:
    wire = await context.read()
    if wire is grpc.aio.EOF:
        raise CallError("a call came without its request")
    if len(wire) > MAX_REQUEST_BYTES:
        raise LargeCallError("a request of {count} bytes", count=len(wire))
    try:
        return read(wire) if read else wire
    except DecodeError as error:
        raise PayloadError("a request is no message") from error


async def _not_served(_request: bytes, context: Context) -> None:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such call here")
