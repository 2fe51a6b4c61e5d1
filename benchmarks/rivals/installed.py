"""The other programs, each in a folder of its own below build/rivals: installed when they are first asked for."""

import subprocess
import sys
import tomllib
from pathlib import Path
from shutil import rmtree

PINS = Path(__file__).with_name("pins.toml")
FOLDER = Path(__file__).parents[2] / "build" / "rivals"
INSTALL_SECONDS = 900
READY = "ready"  # a file with the pins that are installed in that folder


class MissingError(Exception):
    """A rival can not be had on this machine; the text says why."""


def pins() -> dict[str, dict[str, list[str]]]:
    """What each rival consists of, by the program that installs it."""
    return tomllib.loads(PINS.read_text())


def installed(rival: str, folder: Path = FOLDER) -> Path:
    """The folder of a rival, installed if it was not, or not in these versions.

    Raises:
        MissingError: It can not be installed.
    """
    (installer, wanted), *_ = pins()[rival].items()
    home = folder / rival
    ready = home / READY
    if ready.exists() and ready.read_text().split() == wanted:
        return home
    rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if installer == "pip":
        _run(rival, sys.executable, "-m", "venv", str(home))
        python = str(home / "bin" / "python")
        _run(rival, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted)
    else:
        _run(rival, "npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(home), *wanted)
    ready.write_text("\n".join(wanted))
    return home


def _run(rival: str, *command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_SECONDS)  # noqa: S603 - names and versions are our own
    except FileNotFoundError as error:
        raise MissingError(f"{command[0]} is not on this machine") from error
    except subprocess.TimeoutExpired as error:
        raise MissingError(f"installing {rival} took longer than {INSTALL_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        said = [line for line in error.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise MissingError(f"{rival} could not be installed: {said[-1][:200]}") from error
