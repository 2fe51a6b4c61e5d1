"""Run nodes as processes of their own, and end them whatever happens."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import Random
from typing import NamedTuple

from console.home import Home
from console.office_server import ADDRESS_FILE as CASE_ADDRESS_FILE
from console.together import ADDRESS_FILE
from node.errors import UnavailableError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
_LOOK_SECONDS = 0.02
_PORTS = range(20_000, 32_000)
_OWN = "TOCSIN_"  # settings of whoever runs this are not settings of these nodes


class _Running(NamedTuple):
    home: Home
    child: subprocess.Popen[bytes]
    listens: Path  # a file that says where, once it does
    log: Path


class Nodes:
    """Nodes that were started as child processes."""

    def __init__(self) -> None:
        self._running: list[_Running] = []

    def start(self, home: Home, *options: str) -> None:
        """Start to serve a node; `wait` says when it listens."""
        self._start(home, ("serve", *options), ADDRESS_FILE)

    def start_office(self, home: Home) -> None:
        """Start to serve the cases of a node likewise."""
        self._start(home, ("case", "serve", "--listen", "127.0.0.1:0"), CASE_ADDRESS_FILE)

    def _start(self, home: Home, words: Sequence[str], listens: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        command = [sys.executable, "-P", "-m", "console.cli.main", *words, "--home", str(home.path)]
        log = home.path / f"{words[0]}.log"
        with log.open("wb") as file:
            child = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment
            )
        self._running.append(_Running(home, child, home.path / listens, log))

    def wait(self) -> None:
        """Wait until every node listens.

        Raises:
            UnavailableError: One ended or took too long; it names the last line of the node's log.
        """
        deadline = time.monotonic() + START_SECONDS
        for one in self._running:
            while not one.listens.exists():
                self.check()
                if time.monotonic() > deadline:
                    raise UnavailableError(
                        "{org_id} does not listen after {seconds} seconds",
                        org_id=one.home.settings.org_id,
                        seconds=f"{START_SECONDS:.0f}",
                    )
                time.sleep(_LOOK_SECONDS)

    def check(self) -> None:
        """Raise `UnavailableError` if a node has ended by itself."""
        for one in self._running:
            if one.child.poll() is not None:
                raise UnavailableError(
                    "{org_id} ended: {line}", org_id=one.home.settings.org_id, line=_last_line(one.log)
                )

    def stop(self) -> None:
        """Ask every node to end, and end by force what does not."""
        for one in self._running:
            one.child.terminate()
        for one in self._running:
            try:
                one.child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                one.child.kill()
                one.child.wait()


@contextmanager
def serving(homes: Sequence[Home], console: Home | None = None) -> Iterator[Nodes]:
    """Start to serve nodes, one of them with its console and its cases, and end them at the end of the block."""
    nodes = Nodes()
    try:
        for home in homes:
            nodes.start(home, *(("--web", "127.0.0.1:0") if home == console else ()))
        if console is not None:
            nodes.start_office(console)
        yield nodes
    finally:
        nodes.stop()


def free_ports(number: int) -> list[int]:
    """Loopback ports that nobody listens on, below those that systems give to whoever connects."""
    free: list[int] = []
    with ExitStack() as held:
        for port in Random().sample(_PORTS, len(_PORTS)):  # noqa: S311 - nothing secret
            if len(free) == number:
                break
            with suppress(OSError):
                held.enter_context(socket.create_server(("127.0.0.1", port)))
                free.append(port)
    return free


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "without a word")
