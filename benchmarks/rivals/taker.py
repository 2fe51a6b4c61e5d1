"""A receiving node as a process of its own: pulls a log, and tells what all of it took.

    python -m benchmarks.rivals.taker HOME ENDPOINT PID[,PID] DATABASE_URL

The pids are those whose processor time counts beside that of this process: the other node, the database's server.
Prints a `Taken` as JSON.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.nodes import ORIGIN
from benchmarks.processes import family_cpu_seconds
from benchmarks.receiver import open_receiver, pull_all
from benchmarks.rivals.ours import Taken
from console.collector import settle_collector
from console.home import Home, open_home


async def main(home: Home, endpoint: str, others: Sequence[int], url: str) -> None:
    """Pull."""
    settle_collector()
    node = open_receiver(home, url)
    peer = node.directory().member(ORIGIN)._replace(endpoints=(endpoint,))
    everybody = (os.getpid(), *others)
    before = sum(map(family_cpu_seconds, everybody))
    outcome, cost, _ = await pull_all(node, peer)
    spent = sum(map(family_cpu_seconds, everybody)) - before
    assert outcome.received.accepted == outcome.verified, outcome
    print(json.dumps(Taken(outcome.verified, cost.wall, spent)))


if __name__ == "__main__":
    folder, address, pids, database = sys.argv[1:]
    asyncio.run(main(open_home(Path(folder)), address, [int(one) for one in pids.split(",")], database))
