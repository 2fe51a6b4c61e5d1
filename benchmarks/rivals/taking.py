"""A receiving node as a process of its own: pulls a log, and tells what all of it took.

The pids are those whose processor time counts beside that of this process: the other node, the database's server.
Prints a `Taken` as JSON.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.nodes import ORIGIN
from benchmarks.processes import family_cpu_seconds
from benchmarks.receiver import open_receiver, pull_all
from benchmarks.rivals.ours import Taken
from console.home import Home, open_home
from console.memory import settle_memory
from node.standby import Standby


async def main(standby: Standby | None, home: Home, endpoint: str, others: Sequence[int], url: str) -> None:
    """Pull."""
    settle_memory()
    node = open_receiver(home, url)
    peer = node.directory().member(ORIGIN)._replace(endpoints=(endpoint,))
    everybody = (os.getpid(), *others)
    before = sum(map(family_cpu_seconds, everybody))
    outcome, cost, _ = await pull_all(node, peer, standby)
    spent = sum(map(family_cpu_seconds, everybody)) - before
    assert outcome.received.accepted == outcome.verified, outcome
    print(json.dumps(Taken(outcome.verified, cost.wall, spent)))


def take(standby: Standby | None, folder: str, address: str, pids: str, database: str) -> None:
    """Pull, as the command line names it."""
    others = [int(one) for one in pids.split(",")]
    asyncio.run(main(standby, open_home(Path(folder)), address, others, database))
