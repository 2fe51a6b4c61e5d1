"""Waiting until a program answers."""

import subprocess
from collections.abc import Callable
from time import monotonic, sleep

START_SECONDS = 120.0


def answering(process: subprocess.Popen[bytes], asks: Callable[[], bool]) -> None:
    """Wait until a process answers what is asked of it.

    Raises:
        RuntimeError: It ended, or took too long.
    """
    deadline = monotonic() + START_SECONDS
    while True:
        if process.poll() is not None or monotonic() > deadline:
            raise RuntimeError("a rival did not start")
        try:
            if asks():
                return
        except OSError:  # nobody listens there yet
            sleep(0.1)
