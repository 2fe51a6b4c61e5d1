"""Target 4: how fast a log is served, beside a server that only sends pages which it has joined before."""

import asyncio
import sys
from collections.abc import Iterator
from functools import partial
from statistics import median

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Lab
from benchmarks.nodes import ORIGIN, Served, serving
from benchmarks.receiver import fetch
from benchmarks.syncing import VIEWS
from benchmarks.table import Line, at_least
from console.home import Home
from node.client import PeerClient

ROUNDS = 7
PREJOINED = (sys.executable, "-m", "benchmarks.prejoined")


def lines(lab: Lab) -> Iterator[Line]:
    """Read the smallest log and do nothing with it."""
    size = lab.sizes[0]
    network = lab.network(size)
    for tier, view in VIEWS.items():
        receiver = network.receivers[tier]
        with serving(network.origin) as served, serving(network.origin, PREJOINED) as prejoined:
            read = {
                "served": partial(_read, receiver, served, size),
                "joined": partial(_read, receiver, prejoined, size),
            }
            in_turns(1, **read)
            times = in_turns(ROUNDS, **read)
        yield Line(
            "4",
            f"serve: {size:,} x {view}",
            f"{size / median(times['served']):,.0f}/s",
            f"joined before: {size / median(times['joined']):,.0f}/s",
            ratio(times, "joined", "served"),
            at_least(0.3),
        )


def _read(receiver: Home, served: Served, size: int) -> None:
    async def over_mutual_tls() -> None:
        peer = receiver.directory().member(ORIGIN)._replace(endpoints=(served.endpoint,))
        async with PeerClient(peer, receiver.credentials(None)) as client:
            await fetch(client, size)

    asyncio.run(over_mutual_tls())
