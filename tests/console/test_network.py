"""Two organizations form a network, one serves, the other pulls: with the commands, and a real process that serves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.demo_nodes import free_ports
from tests.console.command_line import Ran, tocsin

Serve = Callable[[Path], None]


@contextmanager
def serving(home: Path) -> Iterator[subprocess.Popen[str]]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "serve", "--home", home],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while not (home / "listening").exists() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.fixture
def network(node: Path, tmp_path: Path) -> tuple[Path, Path]:
    """(alpha, which holds records and founded the network; beta, which has joined it)."""
    alpha, beta = node, tmp_path / "beta"
    settings = alpha / "tocsin.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1:7443", f"127.0.0.1:{free_ports(1)[0]}"))
    made = [
        tocsin("init", beta, "--org", "beta", "--type", "UN"),
        key := tocsin("peer", "found", "testnet", "--home", alpha),
        tocsin(
            "peer", "request", "--out", tmp_path / "beta.req", "--endpoint", "127.0.0.1:1", "--home", beta
        ),
        tocsin("peer", "admit", tmp_path / "beta.req", "--yes", "--home", alpha),
        _join(alpha, beta, key.out.strip()),
    ]
    assert [ran.code for ran in made] == [0] * 5
    return alpha, beta


def test_fingerprints_read_the_same_on_both_sides(empty_node: Path, node: Path, tmp_path: Path) -> None:
    tocsin("peer", "found", "testnet", "--home", node)
    request = tmp_path / "beta.req"

    asked = tocsin("peer", "request", "--out", request, "--home", empty_node)
    declined = tocsin("peer", "admit", request, "--home", node, typed="n\n")
    admitted = tocsin("peer", "admit", request, "--home", node, typed="y\n")

    assert asked.out.strip() in declined.err
    assert asked.out.strip() in admitted.err
    assert (declined.code, admitted.code) == (1, 0)
    assert "Version 2" in admitted.err


def test_an_endpoint_that_only_this_machine_reaches_is_pointed_out(node: Path, tmp_path: Path) -> None:
    words = ("peer", "request", "--out", tmp_path / "alpha.req", "--home", node)

    assert "127.0.0.1:7443 is this machine alone" in tocsin(*words).err
    assert "this machine alone" not in tocsin(*words, "--endpoint", "node.example:7443").err


def test_what_one_shares_the_other_counts(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    released = tocsin("share", "--tier", "peer", "--all", "--home", alpha, "--format", "json").rows[0][
        "released"
    ]

    with serving(alpha) as child:
        first = tocsin("sync", "--home", beta, "--format", "json")
        again = tocsin("sync", "alpha", "--home", beta, "--format", "json")
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0
    gone = tocsin("sync", "--home", beta, "--format", "json")

    assert [first.code, again.code, gone.code] == [0, 0, 1]
    assert (first.rows[0]["accepted"], first.rows[0]["verified"]) == (released, released)
    assert (again.rows[0]["accepted"], again.rows[0]["already held"]) == (0, released)
    assert gone.rows[0]["stopped by"].startswith("PEER_UNAVAILABLE: ")
    assert gone.rows[0]["verified"] == released
    assert _incidents(beta) == released
    assert tocsin("check", "--home", beta).code == 0
    (received,) = tocsin("peer", "received", "--home", beta, "--format", "json").rows
    assert (received["member"], received["entries"]) == ("alpha", released)


def test_a_suspended_member_is_refused(network: tuple[Path, Path]) -> None:
    alpha, beta = network

    with serving(alpha):
        before = tocsin("sync", "--home", beta)
        suspended = tocsin("peer", "suspend", "beta", "--home", alpha)
        after = tocsin("sync", "--home", beta, "--format", "json")

    assert (before.code, suspended.code, after.code) == (0, 0, 1)
    assert "Suspended beta in version 3." in suspended.err
    assert after.rows[0]["stopped by"]
    states = tocsin("peer", "list", "--home", alpha, "--format", "json").rows
    assert {row["member"]: row["status"] for row in states} == {"alpha": "active", "beta": "suspended"}


def test_only_members_are_asked(network: tuple[Path, Path]) -> None:
    _, beta = network

    assert "[NOT_A_MEMBER]" in tocsin("sync", "gamma", "--home", beta).err


def test_a_directory_of_another_key_is_refused(network: tuple[Path, Path]) -> None:
    alpha, beta = network

    assert "[DIRECTORY_REFUSED]" in _join(alpha, beta, "00" * 32).err


def test_an_older_directory_is_refused(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    old = tmp_path / "old.pb"
    old.write_bytes((alpha / "network" / "directory.pb").read_bytes())
    tocsin("peer", "renew", "--home", alpha)

    assert _join(alpha, beta, "").code == 0
    refused = tocsin("peer", "join", old, "--home", beta)

    assert "[DIRECTORY_REFUSED]" in refused.err
    assert '"version": 3' in tocsin("peer", "list", "--home", beta, "--format", "json").out


def _join(founder: Path, joiner: Path, key: str) -> Ran:
    document = founder / "network" / "directory.pb"
    return tocsin("peer", "join", document, *(("--key", key) if key else ()), "--home", joiner)


def _incidents(home: Path) -> int:
    words = ("query", "--by", "year", "--measure", "incidents", "--format", "json")
    return sum(row["incidents"] for row in tocsin(*words, "--home", home).rows)
