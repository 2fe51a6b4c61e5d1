"""Look for bytes that a reader neither takes nor refuses: `python -m tests.fuzz --help`.

Atheris watches which lines some bytes reach, and changes those that reached new ones. An hour a target finds what a
minute does not. What is found is printed, and lies in build/fuzz until somebody has mended it.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.fuzz.kept import NASTY, keep, kept
from tests.fuzz.messages import any_message
from tests.fuzz.targets import MESSAGES, TARGETS, kind_of

FOUND = Path("build/fuzz")
SEEDS = 100  # messages at random to begin with


def main() -> int:
    """Fuzz one target after the other; the exit code is 1 when there was a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", help="targets; all without any")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--keep", action="store_true", help="keep in the corpus what reached something new")
    asked = parser.parse_args()
    faults = [name for name in asked.names or TARGETS if not _run(name, asked.seconds, keeps=asked.keep)]
    print(f"{len(asked.names or TARGETS)} targets, faults in: {', '.join(faults) or 'none'}")
    return 1 if faults else 0


def _run(name: str, seconds: int, *, keeps: bool) -> bool:
    """Fuzz a target in a process of its own, which ends with the first fault."""
    FOUND.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        seeds = _seeds(name)
        for one in seeds:
            (Path(folder) / hashlib.sha256(one).hexdigest()).write_bytes(one)
        command = (sys.executable, "-m", "tests.fuzz.one", name, folder, f"-max_total_time={seconds}")
        limits = ("-max_len=4096", "-rss_limit_mb=1024", "-timeout=10", f"-artifact_prefix={FOUND}/")
        said = subprocess.run((*command, *limits), check=False, capture_output=True, text=True)
        if keeps:
            found = {file.read_bytes() for file in Path(folder).iterdir()}
            keep(name, [*kept(name), *found.difference(seeds)])
    if said.returncode:
        print(f"{name}: a fault\n{said.stdout}\n{said.stderr[-3000:]}")
    return not said.returncode


def _seeds(name: str) -> list[bytes]:
    chance = Random(name)
    made = []
    if name in MESSAGES:
        kind = kind_of(name)
        made = [any_message(kind, chance).SerializeToString(deterministic=True) for _ in range(SEEDS)]
    return [*made, *NASTY, *kept(name)]


if __name__ == "__main__":
    sys.exit(main())
