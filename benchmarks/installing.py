"""Target R8: how large the files are that are installed from Tocsin's wheel and those that it needs, without extras.

What installs them is not counted, nor is the byte code that Python makes of them where they run.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.lab import Lab
from benchmarks.table import Line, at_most

ROOT = Path(__file__).parents[1]
MAX_MB = 100.0


def lines(lab: Lab) -> Iterator[Line]:
    """Build the wheel, install it with what it requires into an empty folder, and add up the files."""
    folder = lab.folder()
    built, there = folder / "dist", folder / "there"
    _run("-m", "hatchling", "build", "--target", "wheel", "--directory", str(built))
    (wheel,) = built.glob("*.whl")
    into = (
        "-m",
        "pip",
        "install",
        "-qq",
        "--disable-pip-version-check",
        "--no-compile",
        "--target",
        str(there),
    )
    _run(*into, "--no-deps", "--require-hashes", "--requirement", str(ROOT / "requirements.txt"))
    _run(*into, "--no-deps", str(wheel))
    megabytes = sum(file.stat().st_size for file in there.rglob("*") if file.is_file()) / 1e6
    yield Line(
        "R8",
        "installed from the wheel, without extras",
        f"{megabytes:.0f} MB",
        f"{MAX_MB:g} MB",
        megabytes / MAX_MB,
        at_most(1),
    )


def _run(*command: str) -> None:
    subprocess.run((sys.executable, *command), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program
