"""A person's commands, killed at whatever moment: `tocsin check` finds nothing, and the same command ends the work."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from console.demo import Network, make_network
from console.demo_nodes import serving
from console.generator import PUBLISHED_ON, generate
from console.home import Home
from tests.console.command_line import tocsin

pytestmark = pytest.mark.slow

INCIDENTS = 3_000
# Of processor time, before the first kill and from one to the next: a busy machine kills no later in the work.
FIRST_SECONDS, MORE_SECONDS = 0.5, 0.25
# The system ends a process whose time is over, and as with SIGKILL the process itself does not get to do anything.
KILLED = signal.SIGPROF
LIMITED = """
import signal, sys
signal.setitimer(signal.ITIMER_PROF, float(sys.argv.pop(1)))
from console.cli.main import main
main()
"""


def limited(home: Home, seconds: float, *words: str) -> int:
    """Do a command on a node in a process of its own that is killed after so much processor time; its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    command_line = (sys.executable, "-P", "-c", LIMITED, str(seconds), *words, "--home", str(home.path))
    return subprocess.run(command_line, capture_output=True, env=environment, check=False).returncode


def finished(home: Home, *words: str) -> Any:
    """Run a command to its end and give the rows that it prints."""
    ran = tocsin(*words, "--format", "json", "--home", home.path)
    assert ran.code == 0, ran.err
    return ran.rows


def killed_again_and_again(home: Home, *words: str) -> int:
    """Start a command and kill it, each time a little later, until it is done; gives how often it was killed."""
    for kills in count():
        ended = limited(home, FIRST_SECONDS + kills * MORE_SECONDS, *words)
        if ended == 0:
            return kills
        assert ended == -KILLED
        finished(home, "check")
    raise AssertionError


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """Four nodes of one network, of which the members are being served."""
    made = make_network(tmp_path)
    with serving(made.members) as nodes:
        nodes.wait()
        yield made


@pytest.mark.timeout(600)
def test_import_share_and_sync_survive_kills_at_any_moment(network: Network, tmp_path: Path) -> None:
    publication = tmp_path / f"made-up_{PUBLISHED_ON}.csv"
    publication.write_bytes(generate(seed=3, incidents=INCIDENTS))
    member, coordinator = network.members[0], network.coordinator
    by_year = ("query", "--by", "year")

    kills = killed_again_and_again(member, "import", str(publication))
    assert sum(row["incidents"] for row in finished(member, *by_year)) == INCIDENTS

    kills += killed_again_and_again(member, "share", "--tier", "coordinator", "--all", "--yes")
    kills += killed_again_and_again(coordinator, "sync")
    assert kills >= 3
    (left,) = finished(member, "share", "--tier", "coordinator", "--all", "--yes")
    (received,) = finished(coordinator, "peer", "received")
    assert left["released"] == 0
    assert left["unchanged"] + left["held"] == INCIDENTS
    assert (received["outcome"], received["entries"]) == ("accepted", left["unchanged"])
    assert sum(row["incidents"] for row in finished(coordinator, *by_year)) == left["unchanged"]
