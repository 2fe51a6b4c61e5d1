"""Change the code that decides what leaves, one small change at a time, and see a test fail each time.

A change that no test notices survives. One that lets nothing else leave is written down in `mutation.toml`, with the
reason; any other ends the run with 1, and so does one that is written down and does not survive.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.plan import Plan, Target, read_plan
from tests.mutation.trial import Trial, trials

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Try the changes of every module in the plan, or of those that are named."""
    parser = argparse.ArgumentParser("python -m tests.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="such as node.rules; every module of the plan without")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    os.chdir(ROOT)
    plan = read_plan(ROOT)
    if unknown := set(chosen.modules) - {target.module for target in plan.targets}:
        parser.error(f"not in the plan: {', '.join(sorted(unknown))}")
    started = time.monotonic()
    survived = 0
    wrong = 0
    for target in plan.targets:
        if not chosen.modules or target.module in chosen.modules:
            done = list(_tried(target, chosen.workers))
            survived += sum(trial.survived for trial in done)
            for line in _judged(plan, target, done):
                wrong += 1
                print(f"  {line}", flush=True)
    print(f"{survived} survive in {time.monotonic() - started:.0f} s.", end=" ")
    print("Each is known to let nothing else leave." if not wrong else f"{wrong} are not as written down.")
    return int(bool(wrong))


def _tried(target: Target, workers: int) -> Iterator[Trial]:
    started = time.monotonic()
    number = survived = 0
    for trial in trials(target, workers):
        number += 1
        survived += trial.survived
        yield trial
    print(
        f"{target.module}: {number} changes, {survived} survive, {time.monotonic() - started:.0f} s",
        flush=True,
    )


def _judged(plan: Plan, target: Target, done: list[Trial]) -> Iterator[str]:
    known = plan.equivalent(target.module)
    lines = {trial.mutant.name: trial.mutant.line for trial in done if trial.survived}
    for name, line in lines.items():
        if name not in known:
            yield f"{target.file}:{line}: survives: {name}"
    for name in known:
        if name not in lines:
            yield f"{target.module}: is written down and does not survive: {name}"


if __name__ == "__main__":
    sys.exit(main())
