"""Be told by the system that a file was written to: by inotify of Linux, for which Python has no call of its own."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_MODIFIED = 0x2  # IN_MODIFY
_MOST_BYTES = 65_536


@contextmanager
def touches(path: str) -> Iterator[int | None]:
    """A descriptor that can be read once somebody writes to a file; `None` where the system tells nobody."""
    line = _watch(path)
    try:
        yield line
    finally:
        if line is not None:
            os.close(line)


def forget_touches(line: int) -> bool:
    """Read what a descriptor tells, so that it tells of what comes; whether there was anything."""
    with suppress(BlockingIOError):
        return bool(os.read(line, _MOST_BYTES))
    return False


def _watch(path: str) -> int | None:
    try:
        import ctypes  # noqa: PLC0415 - only who serves needs it

        system = ctypes.CDLL(None)
        line: int = system.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    except (ImportError, MemoryError, OSError, TypeError, AttributeError):  # not Linux, or it is not let
        return None
    if line >= 0 and system.inotify_add_watch(line, os.fsencode(path), _MODIFIED) < 0:
        os.close(line)
        return None
    return line if line >= 0 else None
