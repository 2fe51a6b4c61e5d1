"""Ports of loopback for programs that must be told one, and waiting until they answer there."""

import socket
import subprocess
from collections.abc import Callable
from time import monotonic, sleep

START_SECONDS = 120.0


def free_port() -> int:
    """A port of loopback that nobody listens on at the moment."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


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
