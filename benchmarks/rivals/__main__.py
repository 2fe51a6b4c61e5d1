"""Tocsin beside programs with which others share records, in one run: `python -m benchmarks.rivals --help`.

They are installed into build/rivals when they are first asked for, from the public registries; where that can not be
done, a line says so and why. What is required of Tocsin alone is measured in the same run.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import perf_counter

from benchmarks import arriving, flooding, installing, polling, starting
from benchmarks.lab import Lab
from benchmarks.rivals import hypercore, opentaxii, synapse
from benchmarks.rivals.installed import MissingError
from benchmarks.table import Line, show

MEASURES: dict[str, Callable[[Lab], Iterable[Line]]] = {
    "opentaxii": opentaxii.lines,
    "hypercore": hypercore.lines,
    "synapse": synapse.lines,
    "polling": polling.lines,
    "arriving": arriving.lines,
    "flooding": flooding.lines,
    "starting": starting.lines,
    "installing": installing.lines,
}


def measured(name: str, lab: Lab) -> Iterator[Line]:
    """The lines of one measurement, or one that says why there are none."""
    try:
        yield from MEASURES[name](lab)
    except (
        MissingError,
        ConnectionError,
        TimeoutError,
    ) as error:  # the last two: it refuses, or does not answer
        yield Line("-", f"{name}: not measured", str(error), "-", None)


def main() -> int:
    """Run what was asked for; the exit code is 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rivals", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000, help="in the log that is compared (10,000)")
    parser.add_argument(
        "--among",
        type=int,
        action="append",
        default=[],
        help="look for news among so many too; may be given again",
    )
    parser.add_argument("--only", choices=MEASURES, action="append", help="this one; may be given again")
    asked = parser.parse_args()
    lines: list[Line] = []
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-rivals-") as folder,
        Lab(Path(folder), (asked.records, *sorted(asked.among)), ("sqlite", "postgresql")) as lab,
    ):
        try:
            for name in asked.only or MEASURES:
                start = perf_counter()
                lines += measured(name, lab)
                print(f"{name}: {perf_counter() - start:.0f} s", file=sys.stderr)
        finally:  # what was measured is told, whatever became of the next
            missed = show(lines)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
