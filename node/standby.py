"""A process that stands by to become those that verify, forked before this one has threads, lines or keys.

Starting Python and importing takes as long as verifying a thousand entries. Who is about to pull has imported all of
that anyway, so a copy made in good time is ready at once. It ends when this process ends, however that ends.
"""

import os
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from node.verifier import main

MOST_HELPERS = 4  # by then storing is the limit
_THREADS = Path("/proc/self/task")


class Standby:
    """That process, seen from the one that it is a copy of."""

    def __init__(self, pid: int, bell: socket.socket, lines: Sequence[socket.socket]) -> None:
        self._pid = pid
        self._bell = bell
        self._lines = lines
        self._called = False

    def call(self) -> Sequence[socket.socket]:
        """Let it become the processes at the other ends of these lines."""
        self._called = True
        with suppress(OSError):  # it has ended: then the lines end, too
            self._bell.send(b"!")
        return self._lines

    def dismiss(self) -> None:
        """Let it end, if it was not called."""
        for line in () if self._called else self._lines:
            line.close()
        self._bell.close()

    def kill(self) -> None:
        """End it, whatever it does."""
        os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> None:
        """Wait until it has ended."""
        os.waitpid(self._pid, 0)


def helpers() -> int:
    """How many processes verify a long pull: one for each core."""
    return min(os.cpu_count() or 1, MOST_HELPERS)


def stand_by() -> Standby | None:
    """Fork it; nothing where this process has threads already, of which a copy would have the locks alone."""
    if not _is_alone():
        return None
    pairs = [socket.socketpair() for _ in range(1 + helpers())]
    try:
        pid = os.fork()
    except OSError:
        return None
    (bell, theirs), *lines = pairs
    if not pid:
        for ours, _ in pairs:
            ours.close()
        _wait_for(theirs, [line for _, line in lines])
    for _, end in pairs:
        end.close()
    return Standby(pid, bell, [line for line, _ in lines])


def _is_alone() -> bool:
    try:
        return sys.platform == "linux" and len(list(_THREADS.iterdir())) == 1
    except OSError:
        return False


def _wait_for(bell: socket.socket, lines: list[socket.socket]) -> NoReturn:
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts the node lets it end this itself
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        if bell.recv(1):
            main(lines)
    finally:
        os._exit(0)
