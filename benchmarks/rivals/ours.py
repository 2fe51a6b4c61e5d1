"""Tocsin in the same run: one log pulled, verified and stored, with all that took processor time for it."""

import json
import subprocess
import sys
from typing import NamedTuple

from benchmarks.lab import Engine, Lab
from benchmarks.nodes import serving
from node.audience import Tier


class Taken(NamedTuple):
    """Records from one node to another: seconds by the wall, processor seconds of both nodes and the database."""

    records: int
    wall: float
    cpu: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.wall

    @property
    def cpu_per_thousand(self) -> float:
        """Processor seconds for a thousand records."""
        return self.cpu / self.records * 1_000


def take(lab: Lab, engine: Engine, size: int) -> Taken:
    """Let a node that knows nothing yet pull the log of another in the view of coordinators."""
    network = lab.network(size)
    home = network.receivers[Tier.COORDINATOR]
    with lab.database(engine) as url, serving(network.origin) as served:
        others = f"{served.pid},{lab.database_pid}" if engine == "postgresql" else str(served.pid)
        module = (sys.executable, "-m", "benchmarks.rivals.taker")
        command = (*module, str(home.path), served.endpoint, others, url)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    return Taken(*json.loads(done.stdout))
