"""Target 10: how soon the last of many subscribers has an alert, beside a bare TLS broadcast by the same process.

Those who listen to either are spread over as many processes as there are cores.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from statistics import median, quantiles
from time import perf_counter
from typing import Any, NamedTuple, TypeAlias
from uuid import uuid4

from benchmarks.lab import Lab
from benchmarks.nodes import ORIGIN
from benchmarks.processes import memory
from benchmarks.table import Line, at_most
from console.home import Home
from node.audience import Tier
from node.client import PeerClient
from node.verify import Origin, page_token, verify_stored
from node.wire import records
from node.wire.exchange import SERVICE, Call, ListCall, decode_page, encode_list_call

CROWDS = (50, 100, 200)
ROUNDS = 15
SETTLED_SECONDS = 0.5  # until every subscriber has been told what there was
PATIENCE_SECONDS = 60.0  # until one that listens has heard, or the ringing process has done what it was told
PULLED_AT_ONCE = 100
PULLS_PER_SECOND = 10
MAX_STREAM_KB = 130

PROCESSES = os.cpu_count() or 1  # over which a crowd is spread
MAX_LINE_BYTES = 64 * 1024
NOT_ALL = "not every listener heard it; one that began to listen after it was rung never will"

Crowd: TypeAlias = tuple[asyncio.subprocess.Process, ...]


class Belfry(NamedTuple):
    """The ringing process and how to reach it."""

    process: asyncio.subprocess.Process
    receiver: Home
    rung: int  # port of the node
    bare: int

    async def tell(self, what: str) -> None:
        """Let it do something, and wait until it is done."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{what}\n".encode())
        await _line_of(self.process, f"the ringing process did not {what}")

    @property
    def endpoint(self) -> str:
        """Where the node listens."""
        return f"127.0.0.1:{self.rung}"


class Heard(NamedTuple):
    """Milliseconds until the last subscriber had it, round by round, and until each of them had it."""

    last: list[float]
    each: list[float]


def lines(lab: Lab) -> Iterator[Line]:
    """Ring before crowds of several sizes."""
    network = lab.network(lab.sizes[0])
    yield from asyncio.run(_lines(network.origin, network.receivers[Tier.PUBLIC], lab.sizes[0]))


async def _lines(origin: Home, receiver: Home, size: int) -> list[Line]:
    made: list[Line] = []
    alone: dict[int, float] = {}
    async with _belfry(origin, receiver) as belfry:
        kilobytes = await _memory(belfry)
    async with _belfry(origin, receiver) as belfry:
        for crowd in CROWDS:
            rung, bare = await _ring(belfry, crowd)
            alone[crowd] = median(rung.last)
            bound = at_most(2) if crowd == CROWDS[-1] else None
            made.append(_line(f"alert to the last of {crowd}", rung, bare, bound))
        pulling = asyncio.create_task(_pull_for_ever(belfry, size))
        rung, bare = await _ring(belfry, CROWDS[-1])
        pulling.cancel()
        pulled = PULLED_AT_ONCE * PULLS_PER_SECOND
        made.append(_line(f"the same, {pulled:,} records/s pulled beside it", rung, bare, None))
    ratio = alone[CROWDS[-1]] / alone[CROWDS[0]]
    few = f"to {CROWDS[0]}: {alone[CROWDS[0]]:.1f} ms"
    made.append(Line("10", f"alert to {CROWDS[-1]}", f"{alone[CROWDS[-1]]:.1f} ms", few, ratio, at_most(4.4)))
    made.append(
        Line(
            "10",
            "memory of a stream",
            f"{kilobytes:.0f} KB",
            f"{MAX_STREAM_KB} KB",
            kilobytes / MAX_STREAM_KB,
            at_most(1),
        )
    )
    return made


def _line(what: str, rung: Heard, bare: Heard, bound: Any) -> Line:
    ratio = median(mine / theirs for mine, theirs in zip(rung.last, bare.last, strict=True))
    return Line("10", what, _text(rung), f"bare TLS: {_text(bare)}", ratio, bound)


def _text(heard: Heard) -> str:
    return f"{median(heard.last):.1f} ms (each p99 {quantiles(heard.each, n=100)[-1]:.1f})"


async def _ring(belfry: Belfry, crowd: int) -> tuple[Heard, Heard]:
    """Ring and shout in turns before a crowd of each kind."""
    rung, bare = Heard([], []), Heard([], [])
    async with (
        _crowd(belfry, "subscribers", crowd) as subscribers,
        _crowd(belfry, "readers", crowd) as readers,
    ):
        await asyncio.sleep(SETTLED_SECONDS)
        for at in range(ROUNDS + 2):
            await belfry.tell("prepare")
            for what, ears, heard in (("ring", subscribers, rung), ("shout", readers, bare)):
                times = await _hear(belfry, what, ears)
                if at >= 2:  # the first ones only warm up
                    heard.last.append(max(times))
                    heard.each.extend(times)
    return rung, bare


async def _hear(belfry: Belfry, what: str, crowd: Crowd) -> list[float]:
    await asyncio.sleep(0.05)
    start = perf_counter()
    await belfry.tell(what)
    return [(when - start) * 1e3 for one in crowd for when in json.loads(await _line_of(one, NOT_ALL))]


async def _memory(belfry: Belfry) -> float:
    """KB that each further stream costs the ringing process."""
    few, many = CROWDS[0], CROWDS[-1]
    async with _crowd(belfry, "subscribers", few) as first:
        before = await _grown(belfry, first)
        async with _crowd(belfry, "subscribers", many - few) as others:
            return (await _grown(belfry, (*first, *others)) - before) * 1024 / (many - few)


async def _grown(belfry: Belfry, crowd: Crowd) -> float:
    """MiB of the ringing process after it has rung for a while."""
    await asyncio.sleep(SETTLED_SECONDS)
    for _ in range(ROUNDS):
        await belfry.tell("prepare")
        await _hear(belfry, "ring", crowd)
    return memory(belfry.process.pid).now


@asynccontextmanager
async def _crowd(belfry: Belfry, kind: str, size: int) -> AsyncIterator[Crowd]:
    """Processes that listen, so many listeners in all."""
    parts = [len(range(first, size, PROCESSES)) for first in range(PROCESSES)]
    port = str(belfry.rung if kind == "subscribers" else belfry.bare)
    command = (sys.executable, "-m", "benchmarks.crowd", kind, str(belfry.receiver.path), port)
    crowd: list[asyncio.subprocess.Process] = []
    try:
        for part in parts:
            crowd.append(  # noqa: PERF401 - those that were started are ended, also when the next one fails
                await asyncio.create_subprocess_exec(
                    *command, str(part), stdout=subprocess.PIPE, limit=MAX_LINE_BYTES
                )
            )
        for one in crowd:
            await _line_of(one, "not all of a crowd could begin to listen")
        yield tuple(crowd)
    finally:
        for one in crowd:
            await _ended(one)


async def _line_of(process: asyncio.subprocess.Process, failure: str) -> bytes:
    """What a process says next.

    Raises:
        RuntimeError: It said nothing for too long, or ended; `failure` says what that means.
    """
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            line = await process.stdout.readline()
    except TimeoutError as error:
        raise RuntimeError(
            f"{failure} within {PATIENCE_SECONDS:.0f} s: measure on a quieter machine"
        ) from error
    if not line:
        raise RuntimeError(f"{failure}: its process ended; what it said stands above")
    return line


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End a process that may have ended already."""
    with suppress(ProcessLookupError):
        process.terminate()
    await process.wait()


@asynccontextmanager
async def _belfry(origin: Home, receiver: Home) -> AsyncIterator[Belfry]:
    pipe = subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.bells", str(origin.path))
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        rung, bare = map(int, (await _line_of(process, "the ringing process did not start")).split())
        yield Belfry(process, receiver, rung, bare)
    finally:
        await _ended(process)


async def _pull_for_ever(belfry: Belfry, size: int) -> None:
    """Ordinary sync: fetch pages and verify what is in them, at a steady rate."""
    peer = belfry.receiver.directory().member(ORIGIN)._replace(endpoints=(belfry.endpoint,))
    origin = belfry.receiver.directory().member(ORIGIN)
    keys = tuple(key.public_key for key in origin.signing_keys)
    async with PeerClient(peer, belfry.receiver.credentials(None)) as client:
        start = 0
        while True:
            due = asyncio.create_task(asyncio.sleep(1 / PULLS_PER_SECOND))
            asked = ListCall(Call(str(uuid4()), ""), PULLED_AT_ONCE, page_token(size, start))
            page = decode_page(await client.call(SERVICE, "ListEntries", encode_list_call(asked)))
            await asyncio.to_thread(verify_stored, page.entries, Origin(ORIGIN, keys, ()), start, records)
            start = (start + len(page.entries)) % size
            await due
