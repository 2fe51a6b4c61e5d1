"""Target 9: how soon a node answers a small question, idle and while it takes in a log, beside a bare handler."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple
from uuid import uuid4

from benchmarks.lab import Lab
from benchmarks.nodes import Network, open_line, serving
from benchmarks.table import Line, at_most
from node.audience import Tier
from node.wire.exchange import SERVICE, Call, encode_checkpoint_call

ROUNDS = 5
CALLS = 200
HEALTH, CHECKPOINT = "/grpc.health.v1.Health/Check", f"/{SERVICE}/GetCheckpoint"

Ask = Callable[[str], Awaitable[float]]  # milliseconds until a method is answered


class Answers(NamedTuple):
    """Median milliseconds of one round."""

    health: float
    bare_health: float
    checkpoint: float
    blind_checkpoint: float
    bare_checkpoint: float
    busy_checkpoint: float


def lines(lab: Lab) -> Iterator[Line]:
    """Ask a node that is idle and one that pulls the smallest log."""
    size = lab.sizes[0]
    network = lab.network(size)
    rounds: list[Answers] = []
    with serving(network.origin) as origin:
        for _ in range(ROUNDS):
            with lab.database("sqlite") as url:
                rounds.append(asyncio.run(_round(network, origin.endpoint, url)))
    for what, mine, theirs, name, bound in (
        ("an authenticated answer (Health)", "health", "bare_health", "bare handler", at_most(1.5)),
        ("the newest checkpoint, from the database", "checkpoint", "bare_checkpoint", "bare handler", None),
        (
            "the same, beside a gate that looks at nobody",
            "checkpoint",
            "blind_checkpoint",
            "blind gate",
            at_most(1.05),
        ),
        (f"the same, while {size:,} are pulled", "busy_checkpoint", "checkpoint", "idle", at_most(1.5)),
    ):
        pairs = [(getattr(one, mine), getattr(one, theirs)) for one in rounds]
        yield Line(
            "9",
            what,
            f"{median(one for one, _ in pairs):.2f} ms",
            f"{name}: {median(other for _, other in pairs):.2f} ms",
            median(one / other for one, other in pairs),
            bound,
        )


async def _round(network: Network, origin: str, url: str) -> Answers:
    home = network.receivers[Tier.COORDINATOR]
    pipe = subprocess.PIPE
    command = (sys.executable, "-m", "benchmarks.busy", str(home.path), origin, url)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ports = (await process.stdout.readline()).split()
        async with (
            _asking(network, int(ports[0])) as node,
            _asking(network, int(ports[1])) as blind,
            _asking(network, int(ports[2])) as bare,
        ):
            pairs = (
                (node, HEALTH),
                (bare, HEALTH),
                (node, CHECKPOINT),
                (blind, CHECKPOINT),
                (bare, CHECKPOINT),
            )
            times: list[list[float]] = [[] for _ in pairs]
            turn = list(zip(pairs, times, strict=True))
            for _ in range(CALLS):
                turn.reverse()  # whoever is asked second finds the database warm
                for (ask, method), taken in turn:
                    taken.append(await ask(method))
            process.stdin.write(b"pull\n")
            pulled = asyncio.create_task(process.stdout.readline())
            busy: list[float] = []
            while not pulled.done():
                busy.append(await node(CHECKPOINT))
            return Answers._make(map(median, (*times, busy)))
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def _asking(network: Network, port: int) -> AsyncIterator[Ask]:
    caller, called = network.receivers[Tier.PUBLIC], network.receivers[Tier.COORDINATOR]
    async with open_line(caller, called.settings.org_id, f"127.0.0.1:{port}") as channel:

        async def ask(method: str) -> float:
            call: Any = channel.unary_unary(method)
            request = b"" if method == HEALTH else encode_checkpoint_call(Call(str(uuid4()), ""))
            start = perf_counter()
            await call(request)
            return (perf_counter() - start) * 1e3

        await ask(CHECKPOINT)
        yield ask
