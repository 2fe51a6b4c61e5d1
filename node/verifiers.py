"""Who checks entries: a thread of this process, or for a long pull one process for each core.

Verifying is mostly Python, of which a process runs one thread at a time: threads that verify would stand in each
other's way, in that of storing, and in that of the node's own calls. A process takes a moment to start, so there are
none until a long pull asks for them, and until they are ready work is done here. So it is when one ends, for whatever
reason: it is not missed. What stands by is ready at once, so then nothing is done here that it can do.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import Sequence
from itertools import chain
from subprocess import DEVNULL, Popen
from typing import Any, Self

from node.errors import PeerError
from node.standby import Standby, helpers
from node.verifier import SIZE, frame, read_frame
from node.verify import CHUNK_ENTRIES, Finding, LinkedPage, Origin, VerifiedPage, found_page, verify_entries
from node.wire import records

logger = logging.getLogger(__name__)
JOBS_AHEAD = 2  # that a helper is given at a time, so that it never waits for the next


class Verifiers:
    """This process and its helpers; use it as an async context manager, in one event loop.

    Args:
        standby: What was forked in good time to become the helpers, and belongs to this now.
    """

    def __init__(self, standby: Standby | None = None) -> None:
        self._standby = standby
        self._free: asyncio.Queue[_Helper | None] = asyncio.Queue()  # `None`: this process
        self.first: Popen[bytes] | Standby | None = standby  # the process from which the others are forked
        self._called: list[asyncio.Task[None]] = []
        self._unused: set[socket.socket] = set()  # our ends of lines that nobody has begun to use
        self._lines: list[_Helper] = []
        self._helpers: set[_Helper] = set()  # that are ready, and have not ended
        self._begun: set[asyncio.Task[VerifiedPage]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in (*self._begun, *self._called):
            task.cancel()
        await asyncio.gather(*self._begun, *self._called, return_exceptions=True)
        for helper in self._lines:
            helper.end()
        for line in self._unused:  # who waits at its other end would wait for ever
            line.close()
        if self._standby is not None:
            self._standby.dismiss()
        if self.first is not None:
            await asyncio.to_thread(self.first.wait)

    def call_helpers(self) -> None:
        """Start a process for each core, unless that was done or the system can not fork."""
        if self._called or not hasattr(os, "fork"):
            return
        if self._standby is None:
            self._free.put_nowait(None)  # until they are ready
            lines = self._start()
        else:  # what is verified here would hold up what they are to be given
            lines = self._standby.call()
        self._unused.update(lines)
        self._called = [asyncio.create_task(self._employ(line)) for line in lines]

    def _start(self) -> Sequence[socket.socket]:
        pairs = [socket.socketpair() for _ in range(helpers())]
        theirs = [end.fileno() for _, end in pairs]
        command = [sys.executable, "-P", "-m", "node.verifier", *map(str, theirs)]
        try:
            self.first = Popen(command, pass_fds=theirs, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)  # noqa: S603 - our own program
        except OSError:  # then the lines end at once, and all is done here
            logger.warning("processes that verify entries can not be started")
        for _, end in pairs:
            end.close()
        return [ours for ours, _ in pairs]

    def begin(self, page: LinkedPage, origin: Origin) -> asyncio.Task[VerifiedPage]:
        """Begin to do `verify_linked` for a page."""
        task = asyncio.create_task(self._verify_page(page, origin))
        self._begun.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[VerifiedPage]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # a pull that has failed at an earlier page does not ask for it

    async def _verify_page(self, page: LinkedPage, origin: Origin) -> VerifiedPage:
        start = page.frontier.size - len(page.wires)
        chunks = [
            self._verify(page.wires[first : first + CHUNK_ENTRIES], start + first, origin)
            for first in range(0, len(page.wires), CHUNK_ENTRIES)
        ]
        found: list[list[Finding]] = []
        for answer in await asyncio.gather(*chunks, return_exceptions=True):
            if isinstance(answer, BaseException):
                raise answer
            found.append(answer)
        return found_page(page, chain.from_iterable(found))

    async def _verify(self, wires: Sequence[bytes], start: int, origin: Origin) -> list[Finding]:
        helper = await self._free.get() if self._called else None
        if helper is not None:
            try:
                found = await helper.verify(wires, start, origin)
            except PeerError:
                self._free.put_nowait(helper)
                raise
            except (OSError, EOFError):
                logger.warning("a process that verifies entries has ended")
                self._helpers.discard(helper)
            else:
                self._free.put_nowait(helper)
                return found
        try:
            return await asyncio.to_thread(verify_entries, wires, start, origin, records)
        finally:
            if not self._helpers:  # not yet, or no more
                self._free.put_nowait(None)

    async def _employ(self, line: socket.socket) -> None:
        self._unused.discard(line)
        helper = _Helper(*await asyncio.open_connection(sock=line))
        self._lines.append(helper)
        try:
            await helper.answer()  # it is ready
        except (OSError, EOFError):
            logger.warning("a process that verifies entries did not start")
            if not self._helpers:
                self._free.put_nowait(None)
            return
        self._helpers.add(helper)
        for _ in range(JOBS_AHEAD):
            self._free.put_nowait(helper)


class _Helper:
    """The line to one process that verifies."""

    def __init__(self, answers: asyncio.StreamReader, jobs: asyncio.StreamWriter) -> None:
        self._answers = answers
        self._jobs = jobs
        self._turn = asyncio.Lock()  # it answers in the order in which it is asked

    async def verify(self, wires: Sequence[bytes], start: int, origin: Origin) -> list[Finding]:
        """Do `verify_entries`.

        Raises:
            PeerError: The check that failed.
            OSError: The process has ended.
            EOFError: The process has ended.
        """
        self._jobs.write(frame((wires, start, origin)))
        try:
            async with self._turn:
                answer = await self.answer()
        except asyncio.CancelledError:
            self.end()  # it would answer a job that nobody waits for
            raise
        if isinstance(answer, PeerError):
            raise answer
        return [Finding(*one) for one in answer]

    async def answer(self) -> Any:
        """Next frame that it sends."""
        (size,) = SIZE.unpack(await self._answers.readexactly(SIZE.size))
        return read_frame(await self._answers.readexactly(size))

    def end(self) -> None:
        """Hang up, so that it ends."""
        self._jobs.close()
