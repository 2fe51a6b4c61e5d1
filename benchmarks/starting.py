"""Target 11: how long until the command line answers and a node listens, and what it uses when nothing happens."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from time import sleep

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Lab
from benchmarks.nodes import TOCSIN, serving
from benchmarks.processes import cpu_seconds
from benchmarks.table import Line, at_most

ROUNDS = 7
IDLE_SECONDS = 10.0
MAX_START_SECONDS = 1.5
SERVING = "import console.logs, console.home, console.serve"


def lines(lab: Lab) -> Iterator[Line]:
    """Measure whole processes."""
    origin = lab.network(lab.sizes[0]).origin

    def listen() -> None:
        with serving(origin):
            pass

    times = in_turns(
        ROUNDS,
        typer=lambda: _run(sys.executable, "-c", "import typer"),
        help=lambda: _run(str(TOCSIN), "--help"),
        imports=lambda: _run(sys.executable, "-c", SERVING),
        listen=listen,
    )
    ms = {name: f"{median(values) * 1e3:.0f} ms" for name, values in times.items()}
    yield Line(
        "11",
        "tocsin --help",
        ms["help"],
        f"import typer: {ms['typer']}",
        ratio(times, "help", "typer"),
        at_most(2),
    )
    yield Line(
        "11",
        "listening",
        ms["listen"],
        f"its imports: {ms['imports']}",
        ratio(times, "listen", "imports"),
        at_most(1.4),
    )
    yield Line(
        "R7",
        "from start to serving",
        ms["listen"],
        f"{MAX_START_SECONDS} s",
        median(times["listen"]) / MAX_START_SECONDS,
        at_most(1),
    )
    with serving(origin) as served:
        sleep(1)
        used = cpu_seconds(served.pid)
        sleep(IDLE_SECONDS)
        share = (cpu_seconds(served.pid) - used) / IDLE_SECONDS
    yield Line("11", "processor when idle", f"{share:.2%}", "0.5 %", share / 0.005, at_most(1))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
