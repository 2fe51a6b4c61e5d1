"""Push this node's alerts to the members that subscribed, and take their notes.

An alert may be sent by another process. So as long as anybody listens the board looks into the database, whenever it is
told that somebody wrote. What it finds it encodes once per audience, and the same bytes go onto every stream of that
audience: at once where nothing is under way, for to wake up every stream first would hold up the last of them, and else
into its queue. A stream that does not empty its queue is ended and catches up by sequence; it holds up nobody. Before
each message every caller is held against the directory, as the gate does once a second without one.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple

import grpc

from crypto.errors import CryptoError
from node.alert import Outgoing, newest_sequence, note_sent, note_taken, outgoing
from node.directory import Member
from node.errors import NodeError, SlowReaderError
from node.gate import Context, Gatekeeper, abort_call, our_error, shown_certificate
from node.server import Service, read_request_id
from node.store.database import Store
from node.urgent import Subscription
from node.waking import Wakes
from node.wire import records
from node.wire.alerts import (
    SERVICE,
    SIGN_OF_LIFE,
    decode_acknowledge_call,
    decode_subscribe_call,
    encode_acknowledged,
    encode_pushed,
)

LOOK_SECONDS = (
    0.2  # between two looks into the database while anybody listens and nobody tells that it has changed
)
PAUSE_SECONDS = 0.01  # between two looks however often it changes
ALIVE_SECONDS = 30.0  # between two signs of life
WRITE_SECONDS = 20.0  # that one message may take on a stream
QUEUED_MESSAGES = 64
STREAMS_PER_MEMBER = 4

logger = logging.getLogger(__name__)


class Board:
    """The streams of this node and what goes onto them; nothing is pushed unless `run` is running."""

    def __init__(
        self,
        org_id: str,
        store: Store,
        gatekeeper: Gatekeeper,
        clock: Callable[[], datetime],
        *,
        streams_per_member: int = STREAMS_PER_MEMBER,
        wakes: Wakes | None = None,
    ) -> None:
        self._org_id = org_id
        self._store = store
        self._gatekeeper = gatekeeper
        self._clock = clock
        self._streams_per_member = streams_per_member
        self._wakes = wakes or Wakes()
        self._streams: set[_Stream] = set()
        self._somebody_listens = asyncio.Event()
        self._seen = 0
        self._alive = 0.0  # monotonic
        self._sent: set[tuple[int, str]] = set()

    async def run(self) -> None:
        """Look for new alerts until cancelled; rests while nobody listens."""
        due, seen = True, self._wakes.count
        while True:
            if not self._sent:  # else it is written down, though nobody may listen any more
                await self._somebody_listens.wait()
            try:
                if due or self._sent:
                    await self.look()
                due = False
            except NodeError as error:  # the database may be busy now and not the next time
                logger.warning("alerts wait: reason=%s", error.reason)
            self._tend(monotonic())
            await asyncio.sleep(PAUSE_SECONDS)
            before, seen = seen, await self._wakes.wait(seen, LOOK_SECONDS)
            due = due or seen != before or not self._wakes.listening

    async def look(self) -> None:
        """Push what is new, and write down what has gone out since the last look.

        Raises:
            NodeError: The database can not be used now.
        """
        found = await asyncio.to_thread(self._after, self._seen)
        if found:
            self._push(found)
        self._seen = max((self._seen, *(one.outgoing.sequence for one in found)))
        if self._sent:
            sent, self._sent = self._sent, set()
            try:
                await asyncio.to_thread(note_sent, self._store, frozenset(sent), self._clock())
            except NodeError:
                self._sent |= sent
                raise

    def service(self) -> Service:
        """The alert service, for `make_server`."""
        methods: dict[str, Any] = {
            "Subscribe": grpc.unary_stream_rpc_method_handler(self._subscribe),
            "Acknowledge": grpc.unary_unary_rpc_method_handler(self._acknowledge),
        }
        return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, methods))

    async def _subscribe(self, wire: bytes, context: Context) -> None:
        request_id = ""
        try:
            call = decode_subscribe_call(wire)
            request_id = read_request_id(call.request_id)
            stream = _Stream(self._gatekeeper.judge(), context, call.subscription)
            await self._join(stream)
            try:
                await self._serve(stream)
            finally:
                self._leave(stream)
        except (NodeError, CryptoError) as error:
            await abort_call(context, our_error(error), request_id)

    async def _join(self, stream: "_Stream") -> None:
        newest = await asyncio.to_thread(newest_sequence, self._store, self._org_id)
        theirs = sum(one.member.org_id == stream.member.org_id for one in self._streams)
        if theirs >= self._streams_per_member:
            raise SlowReaderError(
                "{org_id} holds {theirs} streams already", org_id=stream.member.org_id, theirs=theirs
            )
        if not self._streams:
            self._seen = newest
        self._streams.add(stream)
        self._somebody_listens.set()

    def _leave(self, stream: "_Stream") -> None:
        self._streams.discard(stream)
        if not self._streams:
            self._somebody_listens.clear()

    async def _serve(self, stream: "_Stream") -> None:
        """Write what there is, then what comes, until the stream ends with an error."""
        # The stream has joined before this look, so whatever is not found by it comes through the queue.
        for one in await asyncio.to_thread(self._after, stream.wanted.after):
            message = one.message_for(stream)
            if message is not None:
                await self._write(stream, _Message(one.outgoing, message))
        while True:
            await self._write(stream, await stream.next())

    async def _write(self, stream: "_Stream", message: "_Message") -> None:
        one, sending = message.outgoing, message.sending
        if sending is None:
            if one is not None and one.sequence <= stream.written:
                return
            if monotonic() - stream.checked >= LOOK_SECONDS:
                stream.check(self._gatekeeper.judge())
            sending = stream.send(message.wire)
        await sending
        stream.writing_since = 0.0
        if one is not None:
            stream.written = one.sequence
            self._sent.add((one.alert_id, stream.member.org_id))

    async def _acknowledge(self, wire: bytes, context: Context) -> bytes:
        request_id = ""
        try:
            call = decode_acknowledge_call(wire)
            request_id = read_request_id(call.request_id)
            member = self._gatekeeper.caller()
            reader = member.org_id, member.tier
            await asyncio.to_thread(
                note_taken, self._store, self._org_id, call.sequence, reader, self._clock()
            )
        except (NodeError, CryptoError) as error:
            await abort_call(context, our_error(error), request_id)
        return encode_acknowledged()

    def _tend(self, now: float) -> None:
        """Do what is due for streams without alerts."""
        self._end_stalled(now)
        if now - self._alive >= ALIVE_SECONDS:
            for stream in self._streams:
                stream.put(None, SIGN_OF_LIFE)
            self._alive = now

    def _push(self, found: tuple["_Ready", ...]) -> None:
        """Let what was found go onto every stream whose caller is a member still, before any of them is woken."""
        try:
            judge = self._gatekeeper.judge()
        except NodeError as error:  # without a directory nobody is a member
            for stream in self._streams:
                stream.end(error)
            return
        for stream in self._streams:  # one after the other: each lies elsewhere in memory
            try:
                stream.check(judge)
            except NodeError as error:
                stream.end(error)
            for one in found:
                message = one.message_for(stream)
                if message is not None:
                    stream.push(one.outgoing, message)
        for stream in self._streams:
            stream.wake()

    def _end_stalled(self, now: float) -> None:
        for stream in self._streams:
            if stream.writing_since and now - stream.writing_since >= WRITE_SECONDS:
                logger.warning("stream given up: peer=%s", stream.member.org_id)
                stream.give_up()

    def _after(self, sequence: int) -> tuple["_Ready", ...]:
        try:
            found = outgoing(self._store, self._org_id, sequence, self._clock(), records)
        except CryptoError as error:
            raise our_error(error) from error
        return tuple(_Ready(one) for one in found)


class _Ready:
    """A message on its way, encoded once per audience."""

    def __init__(self, one: Outgoing) -> None:
        self.outgoing = one
        encoded = {pushed: encode_pushed(pushed) for pushed in {view.pushed for view in one.views.values()}}
        self._wires = {name: encoded[view.pushed] for name, view in one.views.items()}

    def message_for(self, stream: "_Stream") -> bytes | None:
        """The bytes that go onto a stream; nothing when the alert is not for its member."""
        member = stream.member
        return self._wires.get(self.outgoing.view_for(member.org_id, member.tier, stream.wanted))


class _Sending:
    """A message that is handed to the line already; to wait for it is to wait until the line has taken it."""

    def __init__(self, writing: Coroutine[Any, Any, None]) -> None:
        self._writing = writing
        self._waits_for: Any = None
        self._failure: Exception | None = None
        try:  # up to where it waits, which is behind the line
            self._waits_for = writing.send(None)
        except StopIteration:
            pass
        except Exception as failure:  # noqa: BLE001 - a matter of this stream: nobody else waits for it
            self._failure = failure

    def __await__(self) -> Generator[Any, Any, None]:
        """Go on where it waits, in the task that waits now.

        Raises:
            Exception: What the library raised.
        """
        if self._failure is not None:
            raise self._failure
        if self._waits_for is None:
            return
        try:
            yield self._waits_for
        except BaseException as ended:  # the task is cancelled
            self._writing.throw(ended)
            raise
        yield from self._writing.__await__()


class _Message(NamedTuple):
    """What goes onto a stream: an alert, or a sign of life without one; perhaps under way already."""

    outgoing: Outgoing | None
    wire: bytes
    sending: _Sending | None = None


class _Stream:
    """One subscriber: who it is, what waits for it, and why it has to end.

    Raises:
        MemberError: The caller is no active member.
    """

    def __init__(self, judge: Callable[[bytes], Member], context: Context, wanted: Subscription) -> None:
        self.wanted = wanted
        self.written = wanted.after
        self.writing_since = 0.0  # monotonic; 0 when nothing is being written
        self._context = context
        self._certificate = shown_certificate(context)
        self._task = asyncio.current_task()
        self._waiting: deque[_Message] = deque()
        self._rests = False  # nothing waits for it, and nothing is being written
        self._changed = asyncio.Event()
        self._error: NodeError | None = None
        self.check(judge)

    def check(self, judge: Callable[[bytes], Member]) -> None:
        """Hold the caller against the directory.

        Raises:
            MemberError: It is no active member any more.
        """
        self.member = judge(self._certificate)
        self.checked = monotonic()

    def send(self, wire: bytes) -> _Sending:
        """Hand a message to the line, which waits while the other side does not read."""
        self.writing_since = monotonic()
        return _Sending(self._context.write(wire))

    def give_up(self) -> None:
        """End a stream whose other side does not read, not even the reason."""
        if self._task is not None:
            self._task.cancel()

    def push(self, one: Outgoing, wire: bytes) -> None:
        """Send an alert at once if the stream rests, else let it wait; its caller has just been checked.

        It has to be woken afterwards.
        """
        if not self._rests or self._error is not None:
            self.put(one, wire)
        elif one.sequence > self.written:
            self._rests = False
            self._waiting.append(_Message(one, wire, self.send(wire)))

    def wake(self) -> None:
        """Let the stream go on with what was pushed."""
        if self._waiting:
            self._changed.set()

    def put(self, one: Outgoing | None, wire: bytes) -> None:
        """Let a message wait its turn; ends a stream for which too many wait."""
        if len(self._waiting) >= QUEUED_MESSAGES:
            self.end(
                SlowReaderError(
                    "{org_id} leaves {waiting} messages waiting",
                    org_id=self.member.org_id,
                    waiting=QUEUED_MESSAGES,
                )
            )
        elif self._error is None:
            self._rests = False
            self._waiting.append(_Message(one, wire))
            self._changed.set()

    def end(self, error: NodeError) -> None:
        """End the stream, whatever still waits for it; what is under way is waited for, and so written down."""
        self._error = self._error or error
        self._rests = False
        self._waiting = deque(one for one in self._waiting if one.sending is not None)
        self._changed.set()

    async def next(self) -> _Message:
        """Wait for the next message.

        Raises:
            NodeError: The stream was ended.
        """
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            self._rests = True
            await self._changed.wait()
        return self._waiting.popleft()
