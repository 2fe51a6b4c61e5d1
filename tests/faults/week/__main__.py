"""A week in the life of twelve nodes, in some seconds: work and pulls, with whatever can go wrong drawn from a seed.

Written down beside the nodes, by whom it was decided, is what each of them has let out and what was said of each case.
In the end the lines are clear and the clocks right, everybody hears everybody, and what each node holds, counts and
knows of cases has to be exactly that.

    python -m tests.faults.week --seeds 200
"""

import argparse
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.week.living import live


def main() -> int:
    """Live a week for each of many seeds."""
    parser = argparse.ArgumentParser("python -m tests.faults.week", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    wrong, met, started = 0, Counter[str](), time.monotonic()
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        began, used = time.monotonic(), time.process_time()
        with tempfile.TemporaryDirectory(prefix="week-") as folder:
            found, happened = live(Path(folder), seed)
        met += happened
        wrong += bool(found)
        for one in found:
            print(f"seed {seed}: {one}")
        took, work = time.monotonic() - began, time.process_time() - used
        print(f"seed {seed}: {'wrong' if found else 'right'}, {took:.1f} s, {work:.1f} s of work", flush=True)
    for what, number in sorted(met.items()):
        print(f"{number:>8} {what}")
    print(f"{chosen.seeds} weeks in {time.monotonic() - started:.0f} s, {wrong} of them wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
