"""Two organizations form a network, one serves, the other pulls: with the commands, and a real process that serves."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.console.command_line import joins, machine, tocsin

Serve = Callable[[Path], None]


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    (home / "listening").unlink(missing_ok=True)  # one that was killed has left it
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "serve", "--home", home],
        env=machine() | environment,
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
    assert "sources: records of peers" in tocsin("query", "--home", beta, "--format", "csv").err
    assert tocsin("check", "--home", beta).code == 0
    (received,) = tocsin("peer", "received", "--home", beta, "--format", "json").rows
    assert (received["member"], received["entries"]) == ("alpha", released)


@pytest.mark.slow
def test_who_holds_a_record_is_told_until_it_is_gone_everywhere(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    rows = tocsin("share", "--tier", "peer", "--all", "--dry-run", "--home", alpha, "--format", "json").rows
    record = next(row["record"] for row in rows if row["what"] == "leaves")
    at, asked = ("--home", alpha, "--format", "json"), ("--tier", "peer", "--id", record, "--yes")

    shared = tocsin("share", *asked, *at)
    with serving(alpha):
        tocsin("sync", "--home", beta)
        (held,) = tocsin("holders", record, *at).rows
        (sent,) = tocsin("disclosures", "--member", "beta", *at).rows
        foreseen = tocsin("share", "--call-back", record, "--purge", "--dry-run", *at)
        called_back = tocsin("share", "--call-back", record, "--purge", "--yes", *at)
        again = tocsin("share", "--call-back", record, "--purge", "--yes", *at)
        (waits,) = tocsin("holders", "--waiting", *at).rows
        synced = tocsin("sync", "--home", beta)
    (gone,) = tocsin("holders", *at).rows

    assert [ran.code for ran in (shared, foreseen, called_back, again, synced)] == [0] * 5
    assert (held["record"], held["member"], held["tier"]) == (record, "beta", "peer")
    assert (held["state"], held["confirmed"]) == ("stands", "")
    assert held["sees"].startswith("when month, where admin1, what means")
    assert (sent["record"], sent["label"], sent["rule"]) == (
        record,
        "GREEN",
        "R1: released to peer, by SLT baseline 1",
    )
    assert foreseen.rows == called_back.rows
    assert called_back.rows[0]["what"] == "called back, to be destroyed"
    assert again.rows == []
    assert "1 never left, or are called back already." in again.err
    assert (waits["state"], waits["confirmed"]) == ("to be destroyed", "not yet")
    assert gone["confirmed"].endswith(" UTC")
    assert tocsin("holders", "--waiting", *at).rows == []
    (received,) = (one for one in _received(beta) if one["outcome"] == "purged")
    assert received["entries"] == 1
    assert _incidents(beta) == 0
    assert [tocsin("check", "--home", home).code for home in network] == [0, 0]


@pytest.mark.slow
def test_an_answer_for_outsiders_leaves_out_what_peers_shared(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    tocsin("share", "--tier", "peer", "--all", "--yes", "--home", alpha)
    with serving(alpha):
        tocsin("sync", "--home", beta)

    ours = tocsin("query", "--home", beta)
    theirs = tocsin("query", "--for", "outsiders", "--home", beta)

    assert "use: for own security decisions; not for outsiders" in ours.out
    assert "ask in writing: alpha" in theirs.out
    assert "incidents: 0 counted" in theirs.out


@pytest.mark.slow
def test_a_record_can_be_taken_back_from_a_tier(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    everybody = ("--tier", "peer", "--tier", "coordinator", "--all", "--yes")
    tocsin("share", *everybody, "--home", alpha)
    with serving(alpha):
        tocsin("sync", "--home", beta)
        before = _incidents(beta)
        narrowed = tocsin("share", "--narrow-to", "coordinator", "--all", "--yes", "--home", alpha)
        tocsin("sync", "--home", beta)

    assert before > 0
    assert narrowed.code == 0
    assert _incidents(beta) == 0
    assert tocsin("check", "--home", alpha).code == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--call-back", "awsd:nothing"), 1, "--call-back: there is no record 'awsd:nothing'"),
        (("--call-back", "awsd:1", "--because", "spite"), 1, "--because: 'spite' is none of withdrawn"),
        (("--purge", "--tier", "peer", "--all"), 2, "only goes with --call-back"),
        (("--narrow-to", "nobody", "--all"), 1, "--narrow-to: 'nobody' is none of public"),
        (("--narrow-to", "peer", "--tier", "peer", "--all"), 2, "not both"),
    ],
)
def test_what_can_not_be_taken_back_is_told(node: Path, words: tuple[str, ...], code: int, told: str) -> None:
    ran = tocsin("share", *words, "--home", node)

    assert ran.code == code
    assert told in " ".join(ran.err.replace("│", " ").split())


@pytest.mark.slow
def test_a_suspended_member_is_refused(network: tuple[Path, Path]) -> None:
    alpha, beta = network

    with serving(alpha):
        before = tocsin("sync", "--home", beta)
        suspended = tocsin("peer", "suspend", "beta", "--home", alpha)
        after = tocsin("sync", "--home", beta, "--format", "json")

    assert (before.code, suspended.code, after.code) == (0, 0, 1)
    assert "Version 3 of the directory is in force." in suspended.err
    assert after.rows[0]["stopped by"]
    states = tocsin("peer", "list", "--home", alpha, "--format", "json").rows
    assert {row["member"]: row["status"] for row in states} == {"alpha": "active", "beta": "suspended"}


def test_only_members_are_asked(network: tuple[Path, Path]) -> None:
    _, beta = network

    assert "[NOT_A_MEMBER]" in tocsin("sync", "gamma", "--home", beta).err


def test_a_network_of_another_fingerprint_is_refused(network: tuple[Path, Path]) -> None:
    alpha, beta = network

    assert "[DIRECTORY_REFUSED]" in joins(alpha, beta, "00" * 32).err


def test_an_older_directory_is_refused(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, beta = network
    old = tmp_path / "old.pb"
    old.write_bytes((alpha / "network" / "network.pb").read_bytes())
    tocsin("peer", "renew", "--home", alpha)

    assert joins(alpha, beta, "").code == 0
    refused = tocsin("peer", "join", old, "--home", beta)

    assert "[DIRECTORY_REFUSED]" in refused.err
    assert '"version": 3' in tocsin("peer", "list", "--home", beta, "--format", "json").out


def _received(home: Path) -> list[dict[str, Any]]:
    return tocsin("peer", "received", "--home", home, "--format", "json").rows


def _incidents(home: Path) -> int:
    words = ("query", "--by", "year", "--measure", "incidents", "--format", "json")
    return sum(row["incidents"] for row in tocsin(*words, "--home", home).rows)


@pytest.mark.slow
def test_members_to_whom_two_directories_of_one_version_were_given_are_told_so_by_sync(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, beta = network
    twin = shutil.copytree(alpha, tmp_path / "twin")
    words = ("directory", "witnesses", "--needed", "0", "--stale-after")
    assert [tocsin(*words, hours, "--home", home).code for hours, home in (("24", alpha), ("48", twin))] == [
        0,
        0,
    ]
    assert joins(twin, beta, (beta / "network" / "root.sha256").read_text()).code == 0

    with serving(alpha):
        synced = tocsin("sync", "--home", beta)

    assert synced.code == 1
    assert "DIRECTORY_FORKED: it differs from version" in " ".join(synced.out.split())
