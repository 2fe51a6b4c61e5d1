"""What a process is told of its database: that somebody has written, and whether it is there at all.

On PostgreSQL every transaction of every process says so when it is stored, and whoever waits goes on at once. On SQLite
the system says that one is being stored, and one looks until it is; where the system does not, one looks often. Neither
is done while nobody waits, as each look wakes the process. While the line is cut, whoever waits looks by himself from
time to time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from time import monotonic
from typing import TypeAlias

from node.errors import NodeError
from node.store.changes import Changes
from node.store.database import Store

LOOK_SECONDS = 0.05  # between two looks where nobody tells; a look takes microseconds
SOON_SECONDS = 0.005  # between two looks for what is being written
PROBE_SECONDS = 5.0  # between two questions that the database has to answer
AGAIN_SECONDS = 1.0  # between two tries to reach it

logger = logging.getLogger(__name__)
Say: TypeAlias = Callable[[bool], Awaitable[None]]  # whether the database is there


async def _to_nobody(_there: bool) -> None:  # noqa: FBT001 - as of Say
    """Nobody wants to know."""


class Wakes:
    """Wakes whoever waits, when somebody has written; until `run` runs, nobody is ever woken.

    Attributes:
        count: How often that was so, as far as this process was told.
        listening: Whether it would be told.
    """

    def __init__(self) -> None:
        self.count = 0
        self.listening = False
        self._written = asyncio.Event()
        self._waited_for = asyncio.Event()
        self._waiting = 0
        self._there: bool | None = None

    async def wait(self, seen: int, seconds: float) -> int:
        """Wait until `count` is more than what was seen, but no longer than some seconds; gives it."""
        if self.count == seen:
            self._waiting += 1
            self._waited_for.set()
            try:
                await _set_within(self._written, seconds)
            finally:
                self._waiting -= 1
                if not self._waiting:
                    self._waited_for.clear()
        return self.count

    async def run(self, store: Store, say: Say = _to_nobody) -> None:
        """Listen until cancelled, over a new line after each cut.

        Args:
            store: Of the node.
            say: Told when the database is there, and when it is gone.
        """
        while True:
            with ExitStack() as line:
                try:
                    changes = await asyncio.to_thread(line.enter_context, store.changes())
                    await asyncio.to_thread(store.probe)
                    await self._note(say, there=True)
                    self._wake()  # nobody told what was written before
                    await self._listen(changes, store)
                except NodeError as error:
                    logger.info("nobody tells what is written: reason=%s", error.reason)
                finally:
                    self.listening = False
            await self._note(say, there=await asyncio.to_thread(_answers, store))
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, changes: Changes, store: Store) -> None:
        due = monotonic() + PROBE_SECONDS
        self.listening = True
        while True:
            await self._told(changes, max(due - monotonic(), 0))
            if changes.changed():
                self._wake()
            if monotonic() >= due:
                await asyncio.to_thread(store.probe)
                due = monotonic() + PROBE_SECONDS

    async def _told(self, changes: Changes, seconds: float) -> None:
        """Wait until one should ask whether anything was written, but no longer than some seconds."""
        if not changes.is_told and not self._waiting:
            await _set_within(self._waited_for, seconds)
        elif changes.comes_soon:
            await asyncio.sleep(SOON_SECONDS)
        elif changes.line is None:
            await asyncio.sleep(LOOK_SECONDS)
        else:
            loop, told = asyncio.get_running_loop(), asyncio.Event()
            loop.add_reader(changes.line, told.set)
            try:
                await _set_within(told, seconds)
            finally:
                loop.remove_reader(changes.line)

    def _wake(self) -> None:
        self.count += 1
        self._written, written = asyncio.Event(), self._written
        written.set()

    async def _note(self, say: Say, *, there: bool) -> None:
        if there is self._there:
            return
        if self._there is not None or not there:
            logger.warning("database: %s", "there again" if there else "gone")
        self._there = there
        await say(there)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _answers(store: Store) -> bool:
    try:
        store.probe()
    except NodeError:
        return False
    return True
