"""A person's commands, killed at whatever moment: `tocsin check` finds nothing, and the same command ends the work."""

import json
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

pytestmark = pytest.mark.slow

INCIDENTS = 3_000
FIRST_SECONDS, MORE_SECONDS = 0.5, 0.25  # before the first kill, and from one to the next


def command(home: Home, *words: str) -> subprocess.Popen[bytes]:
    """Start a command on a node in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    command_line = (sys.executable, "-P", "-m", "console.cli.main", *words, "--home", str(home.path))
    return subprocess.Popen(command_line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


def finished(home: Home, *words: str) -> Any:
    """Run a command to its end and give the rows that it prints."""
    child = command(home, *words, "--format", "json")
    out, err = child.communicate()
    assert child.returncode == 0, err.decode()
    return json.loads(out)["rows"]


def killed_again_and_again(home: Home, *words: str) -> int:
    """Start a command and kill it, each time a little later, until it is done; gives how often it was killed."""
    for kills in count():
        child = command(home, *words)
        try:
            child.communicate(timeout=FIRST_SECONDS + kills * MORE_SECONDS)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.communicate()
        if child.returncode == 0:
            return kills
        assert child.returncode == -signal.SIGKILL
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
