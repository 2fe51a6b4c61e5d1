"""Change the code that decides what leaves, one small change at a time, and see a test fail each time.

A change that no test notices survives. One that lets nothing else leave is written down in `mutation.toml`, with the
reason; any other ends the run with 1, and so does one that is written down and does not survive.
"""

import argparse
import os
import sys
import time
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
            done = _tried(plan, target, chosen.workers)
            survived += sum(trial.survived for trial in done)
            wrong += _not_as_written_down(plan, target, done)
    print(f"{survived} survive in {time.monotonic() - started:.0f} s.", end=" ")
    print("Each is known to let nothing else leave." if not wrong else f"{wrong} are not as written down.")
    return int(bool(wrong))


def _tried(plan: Plan, target: Target, workers: int) -> list[Trial]:
    """Try a module; a change that survives and is not written down is said as soon as it is found."""
    started = time.monotonic()
    known = plan.equivalent(target.module)
    done = []
    for trial in trials(target, workers):
        done.append(trial)
        if trial.survived and trial.mutant.name not in known:
            print(f"  {target.file}:{trial.mutant.line}: survives: {trial.mutant.name}", flush=True)
    survive = sum(trial.survived for trial in done)
    took = time.monotonic() - started
    print(f"{target.module}: {len(done)} changes, {survive} survive, {took:.0f} s", flush=True)
    return done


def _not_as_written_down(plan: Plan, target: Target, done: list[Trial]) -> int:
    """How many changes survive that are not written down, or the other way round, which is said here."""
    known = set(plan.equivalent(target.module))
    survived = {trial.mutant.name for trial in done if trial.survived}
    for name in sorted(known - survived):
        print(f"  {target.module}: is written down and does not survive: {name}", flush=True)
    return len(known ^ survived)


if __name__ == "__main__":
    sys.exit(main())
