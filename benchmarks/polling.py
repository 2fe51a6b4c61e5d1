"""Target R3: what it takes to learn that a peer has nothing new, and that it takes no longer where much is held.

A running node also sees at each poll whether it owes a receipt, and asks for audiences: that is measured beside it.
"""

import asyncio
import os
from collections.abc import Iterator, Mapping
from statistics import median
from time import perf_counter
from typing import NamedTuple

from benchmarks.lab import Engine, Lab
from benchmarks.nodes import ORIGIN, serving
from benchmarks.processes import family_cpu_seconds
from benchmarks.receiver import open_receiver, pull_all
from benchmarks.table import Line, at_most
from node.audience import Tier
from node.client import PeerClient
from node.sync import pull

POLLS = 51
MAX_MS = 5.0
MAX_GROWN = 1.5


class Poll(NamedTuple):
    """Milliseconds of one: by the wall, the median, and by the processor on both sides, the mean."""

    ms: float
    cpu_ms: float

    def __str__(self) -> str:
        return f"{self.ms:.1f} ms, processor {self.cpu_ms:.1f}"


def lines(lab: Lab) -> Iterator[Line]:
    """Ask over an open line at every size on every database."""
    for engine in lab.engines:
        times = {size: asyncio.run(_polls(lab, engine, size, speaks=False)) for size in lab.sizes}
        for size, one in times.items():
            what = f"nothing new among {size:,}, {engine}"
            yield Line("R3", what, str(one), f"{MAX_MS:g} ms", one.ms / MAX_MS, at_most(1))
        yield from _grown(f"the same among {{:,}}, {engine}", times)
        whole = {size: asyncio.run(_polls(lab, engine, size, speaks=True)) for size in lab.sizes}
        for size, one in whole.items():
            what = f"with receipt and audiences, among {size:,}, {engine}"
            yield Line("R3", what, str(one), f"alone: {times[size]}", one.ms / times[size].ms)
        yield from _grown(f"the same with both, among {{:,}}, {engine}", whole)


def _grown(what: str, times: Mapping[int, Poll]) -> Iterator[Line]:
    few, many = min(times), max(times)
    if many > few:
        yield Line(
            "R3",
            what.format(many),
            str(times[many]),
            f"among {few:,}: {times[few]}",
            times[many].ms / times[few].ms,
            at_most(MAX_GROWN),
        )


async def _polls(lab: Lab, engine: Engine, size: int, *, speaks: bool) -> Poll:
    """A pull that finds nothing, with an identity or without: the newest checkpoint is fetched and verified."""
    network = lab.network(size)
    times = []
    with lab.database(engine) as url, serving(network.origin) as served:
        node = open_receiver(network.receivers[Tier.PUBLIC], url)
        peer = node.directory().member(ORIGIN)._replace(endpoints=(served.endpoint,))
        await pull_all(node, peer)
        both = os.getpid(), served.pid
        identity = node.identity if speaks else None
        async with PeerClient(peer, node.own()) as client:
            await pull(node.store, client, node.directory(), identity=identity)  # gives the receipt
            before = sum(map(family_cpu_seconds, both))
            for _ in range(POLLS):
                await asyncio.sleep(0.02)  # a member may make so many calls a second, and no more
                start = perf_counter()
                outcome = await pull(node.store, client, node.directory(), identity=identity)
                times.append((perf_counter() - start) * 1e3)
                assert outcome.error is None, outcome.error
                assert outcome.verified == outcome.held == size, outcome
        spent = sum(map(family_cpu_seconds, both)) - before
        node.store.close()
    return Poll(median(times), spent / POLLS * 1e3)
