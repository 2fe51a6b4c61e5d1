"""Target R6: ten times as many ask at once for all of a log as one node can serve, and nothing is lost."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from time import perf_counter

from benchmarks.lab import Lab
from benchmarks.nodes import serving
from benchmarks.table import Line, at_most
from node.audience import Tier

TIMES = 10


def lines(lab: Lab) -> Iterator[Line]:
    """Let ten receivers pull the smallest log at the same time, each into a database of its own."""
    size = lab.sizes[0]
    network = lab.network(size)
    module = (sys.executable, "-m", "benchmarks.rivals.taker")
    tiers = (Tier.PUBLIC, Tier.COORDINATOR)
    with ExitStack() as stack:
        urls = [stack.enter_context(lab.database("sqlite")) for _ in range(TIMES)]
        served = stack.enter_context(serving(network.origin))
        start = perf_counter()
        running = []
        for number, url in enumerate(urls):
            home = network.receivers[tiers[number % len(tiers)]]
            command = (*module, str(home.path), served.endpoint, str(served.pid), url)
            process = subprocess.Popen(command, stdout=subprocess.PIPE)  # noqa: S603 - our own program
            running.append(stack.enter_context(process))
        told = [process.communicate()[0] for process in running]
        wall = perf_counter() - start
    arrived = sum(json.loads(one)[0] for one in told if one)
    lost = TIMES * size - arrived
    yield Line(
        "R6",
        f"{TIMES} pull {size:,} at once: records lost",
        f"{lost:,}",
        f"{arrived:,} in {wall:.0f} s",
        float(lost),
        at_most(0),
    )
