"""What a process is told of its database: that somebody has written, and whether it is there at all.

On PostgreSQL every transaction of every process says so when it is stored, and whoever waits goes on at once. Where
that is not so, as on SQLite, one looks often while somebody waits, and not at all while nobody does, as each look wakes
the process. While the line is cut, whoever waits looks by himself from time to time.
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
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._written.wait(), seconds)
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
        loop, told, due = asyncio.get_running_loop(), asyncio.Event(), monotonic() + PROBE_SECONDS
        self.listening = True
        if changes.line is not None:
            loop.add_reader(changes.line, told.set)
        try:
            while True:
                if changes.line is None and self._waiting:
                    await asyncio.sleep(LOOK_SECONDS)
                else:
                    asked = told if changes.line is not None else self._waited_for
                    with suppress(TimeoutError):
                        await asyncio.wait_for(asked.wait(), max(due - monotonic(), 0))
                    told.clear()
                if changes.changed():
                    self._wake()
                if monotonic() >= due:
                    await asyncio.to_thread(store.probe)
                    due = monotonic() + PROBE_SECONDS
        finally:
            if changes.line is not None:
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


def _answers(store: Store) -> bool:
    try:
        store.probe()
    except NodeError:
        return False
    return True
