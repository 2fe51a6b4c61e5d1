"""Targets 11 and R7: how long until the command line answers and a node listens, and what it uses when nothing happens.

By when it listens is a matter of the machine; how many processor seconds it has used by then is less of one.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import sleep

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Lab
from benchmarks.nodes import TOCSIN, serving
from benchmarks.processes import cpu_seconds
from benchmarks.table import Line, at_most
from console.home import Home, make_home
from console.network import found_network
from crypto.keyfile import Passphrase
from node.config import new_settings

ROUNDS = 7
IDLE_SECONDS = 10.0
MAX_START_SECONDS = 1.5
PASSPHRASE = "of no node that anybody needs"  # noqa: S105 - it protects nothing
SEALED = ("/usr/bin/env", f"TOCSIN_PASSPHRASE={PASSPHRASE}", str(TOCSIN), "serve", "--home")
SERVING = "import console.logs, console.home, console.serve"


def lines(lab: Lab) -> Iterator[Line]:
    """Measure whole processes."""
    origin = lab.network(lab.sizes[0]).origin

    sealed = _under_a_passphrase(lab.folder() / "sealed")
    used_by: dict[str, list[float]] = {"listen": [], "unlock": []}

    def listen() -> None:
        with serving(origin) as served:
            used_by["listen"].append(cpu_seconds(served.pid))

    def unlock() -> None:
        with serving(sealed, SEALED) as served:
            used_by["unlock"].append(cpu_seconds(served.pid))

    times = in_turns(
        ROUNDS,
        typer=lambda: _run(sys.executable, "-c", "import typer"),
        help=lambda: _run(str(TOCSIN), "--help"),
        imports=lambda: _run(sys.executable, "-c", SERVING),
        listen=listen,
        unlock=unlock,
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
    for name, what in (
        ("listen", "from start to serving"),
        ("unlock", "from start to serving, keys under a passphrase"),
    ):
        yield Line(
            "R7",
            what,
            f"{ms[name]}, {median(used_by[name]):.2f} s of a processor",
            f"{MAX_START_SECONDS} s",
            median(times[name]) / MAX_START_SECONDS,
            at_most(1),
        )
    with serving(origin) as served:
        sleep(1)
        used = cpu_seconds(served.pid)
        sleep(IDLE_SECONDS)
        share = (cpu_seconds(served.pid) - used) / IDLE_SECONDS
    yield Line("11", "processor when idle", f"{share:.2%}", "0.5 %", share / 0.005, at_most(1))


def _under_a_passphrase(path: Path) -> Home:
    """A node that belongs to a network of its own, with its keys at what guessing usually costs."""
    settings = new_settings(
        org_id="sealed", org_type="UN", listen="127.0.0.1:0", endpoint="127.0.0.1:1", log_slot_seconds=0
    )
    home = make_home(path, settings, Passphrase(PASSPHRASE))
    found_network(home, "bench", Passphrase(PASSPHRASE))
    return home


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
