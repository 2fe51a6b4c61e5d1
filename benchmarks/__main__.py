"""Measure the rates and compare each with its limit in the same run: `make bench`, or `python -m benchmarks --help`."""

import argparse
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from benchmarks import (
    alerting,
    answering,
    appending,
    arriving,
    browsing,
    casework,
    checking,
    counting,
    flooding,
    importing,
    installing,
    matching,
    polling,
    serving,
    starting,
    storing,
    syncing,
    trusting,
)
from benchmarks.lab import Engine, Lab
from benchmarks.table import Line, show

MEASURES = {
    "syncing": syncing.lines,
    "storing": storing.lines,
    "serving": serving.lines,
    "checking": checking.lines,
    "appending": appending.lines,
    "importing": importing.lines,
    "counting": counting.lines,
    "answering": answering.lines,
    "matching": matching.lines,
    "alerting": alerting.lines,
    "casework": casework.lines,
    "browsing": browsing.lines,
    "trusting": trusting.lines,
    "starting": starting.lines,
    "polling": polling.lines,
    "arriving": arriving.lines,
    "flooding": flooding.lines,
    "installing": installing.lines,
}


def main() -> int:
    """Run what was asked for; the exit code is 1 when a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="10,000 records on SQLite only, in about two minutes"
    )
    parser.add_argument("--million", action="store_true", help="a million records too; takes an hour")
    parser.add_argument(
        "--ten-million",
        action="store_true",
        help="questions over ten million incidents too; half an hour more",
    )
    parser.add_argument(
        "--only", choices=MEASURES, action="append", help="this measurement; may be given again"
    )
    asked = parser.parse_args()
    sizes = (10_000,) if asked.quick else (10_000, 100_000, 1_000_000) if asked.million else (10_000, 100_000)
    lines: list[Line] = []
    counted: tuple[int, ...] = (10_000,) if asked.quick else (10_000, 100_000, 1_000_000)
    counted += (10_000_000,) if asked.ten_million else ()
    engines: tuple[Engine, ...] = ("sqlite",) if asked.quick else ("sqlite", "postgresql")
    with (
        tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder,
        Lab(Path(folder), sizes, engines, counted) as lab,
    ):
        try:
            for name in asked.only or MEASURES:
                start = perf_counter()
                lines += MEASURES[name](lab)
                print(f"{name}: {perf_counter() - start:.0f} s", file=sys.stderr)
        finally:  # what was measured is told, whatever became of the next
            missed = show(lines)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
