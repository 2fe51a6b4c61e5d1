"""A Hypercore feed over TCP on loopback: the same incidents appended by one process, and taken by another.

Its blocks lie in one tree whose head is signed, so it verifies one signature for a batch, and Tocsin one for each
record and every opening. Its stream is encrypted by Noise, Tocsin's by mutual TLS. It runs in Node.js, so `feed.js`
is in its language.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from statistics import median
from typing import NamedTuple

from benchmarks.lab import Lab
from benchmarks.processes import family_cpu_seconds
from benchmarks.rivals.incidents import wires, write_wires
from benchmarks.rivals.installed import MissingError, installed
from benchmarks.rivals.ours import Taken, take
from benchmarks.table import Line, at_least

SCRIPT = Path(__file__).with_name("feed.js")
ROUNDS = 5


class Feed(NamedTuple):
    """A process that offers a feed, its port and the feed's public key."""

    pid: int
    port: str
    key: str


def lines(lab: Lab) -> Iterator[Line]:
    """Take the smallest log from either, in turns."""
    size, program = lab.sizes[0], installed("hypercore")
    records = lab.folder() / "records"
    write_wires(records, wires(lab.network(size).origin, size))
    mine, theirs = [], []
    with offering(program, lab.folder(), records) as feed:
        for _ in range(ROUNDS):
            mine.append(take(lab, "sqlite", size))
            theirs.append(taken(program, lab.folder(), feed, size))
    pairs = list(zip(mine, theirs, strict=True))
    yield Line(
        "R2",
        f"pull, verify and store, {size:,}, records a second",
        f"{median(one.rate for one in mine):,.0f}/s",
        f"Hypercore: {median(one.rate for one in theirs):,.0f}/s",
        median(one.rate / other.rate for one, other in pairs),
        at_least(2),
    )
    yield Line(
        "R2",
        "the same, processor seconds of both sides for 1,000 records",
        f"{median(one.cpu_per_thousand for one in mine):.2f} s",
        f"Hypercore: {median(one.cpu_per_thousand for one in theirs):.2f} s",
        median(one.cpu / other.cpu for one, other in pairs),
    )


@contextmanager
def offering(program: Path, folder: Path, records: Path) -> Iterator[Feed]:
    """Append the records to a new feed and offer it.

    Raises:
        MissingError: There is no Node.js on this machine.
    """
    command = ("node", str(SCRIPT), "offer", str(folder / "feed"), str(records))
    try:
        process = subprocess.Popen(command, env=_environment(program), stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own script
    except FileNotFoundError as error:
        raise MissingError("node is not on this machine") from error
    with process:
        try:
            assert process.stdout is not None
            port, key = process.stdout.readline().split()
            yield Feed(process.pid, port, key)
        finally:
            process.terminate()


def taken(program: Path, folder: Path, feed: Feed, size: int) -> Taken:
    """Let a process that knows nothing yet take the feed."""
    command = ("node", str(SCRIPT), "take", str(folder / "copy"), feed.port, feed.key, str(size))
    before = family_cpu_seconds(feed.pid)
    done = subprocess.run(command, env=_environment(program), check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own script
    offered = family_cpu_seconds(feed.pid) - before
    rmtree(folder)
    told = json.loads(done.stdout)
    return Taken(size, told["wall"], told["cpu"] + offered)


def _environment(program: Path) -> dict[str, str]:
    return os.environ | {"NODE_PATH": str(program / "node_modules")}
