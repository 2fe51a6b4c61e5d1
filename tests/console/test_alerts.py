"""`tocsin alert` with real processes: one organization rings, the other hears, answers and is heard."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.console.command_line import Ran, machine, tocsin

ADVICE = "Stay off the road to the airport."


@contextmanager
def running(home: Path, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """A command of a node that goes on by itself."""
    environment = machine()
    if home.name == "beta":  # which nobody calls
        environment["TOCSIN_LISTEN"] = "127.0.0.1:0"
    child = subprocess.Popen(
        [sys.executable, "-u", "-m", "console.cli.main", *words, "--home", str(home)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        if words[0] == "serve":
            until((home / "listening").exists)
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=20)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def alerts(home: Path, *words: str) -> list[dict[str, object]]:
    return tocsin("alert", "list", *words, "--home", home, "--format", "json").rows


@pytest.fixture
def record(node: Path) -> str:
    """A record that may leave."""
    words = ("share", "--all", "--tier", "peer", "--dry-run", "--home", node, "--format", "json")
    return str(next(row["record"] for row in tocsin(*words).rows if row["what"] == "leaves"))


def send(home: Path, record: str, *words: str) -> Ran:
    return tocsin("alert", "send", "--id", record, "--tier", "peer", "--yes", "--home", home, *words)


@pytest.mark.slow
def test_an_alert_is_sent_heard_acknowledged_updated_and_cancelled(
    network: tuple[Path, Path], record: str
) -> None:
    alpha, beta = network
    with running(alpha, "serve"), running(beta, "serve", "--alerts"):
        sent = send(alpha, record, "--advice", ADVICE, "--reviewed")
        assert sent.code == 0
        until(lambda: len(alerts(beta)) == 1)
        (heard,) = alerts(beta)
        assert (heard["from"], heard["state"], heard["advice"]) == ("alpha", "in force", ADVICE)
        assert heard["alert"] == sent.out.strip()
        assert heard["promise"] == "open"
        assert tocsin("sync", "--home", beta).code == 0
        assert alerts(beta)[0]["promise"] == "kept"

        noted = tocsin("alert", "ack", sent.out[:8], "--home", beta)
        assert "alpha knows" in noted.err
        until(lambda: alerts(alpha)[0]["sent"] == 1)
        assert alerts(alpha)[0]["what"] == heard["what"]
        assert (alerts(alpha)[0]["acknowledged"], alerts(beta)[0]["acknowledged"]) == (1, "yes")

        assert tocsin("alert", "update", sent.out[:8], "--yes", "--home", alpha).code == 0
        until(lambda: alerts(beta)[0]["state"] == "updated")
        assert tocsin("alert", "cancel", sent.out[:8], "--yes", "--home", alpha).code == 0
        until(lambda: alerts(beta) == [])
        assert [one["state"] for one in alerts(beta, "--all")] == ["cancelled"]
    assert tocsin("check", "--home", alpha).code == tocsin("check", "--home", beta).code == 0


@pytest.mark.slow
def test_an_alert_is_printed_as_it_comes(network: tuple[Path, Path], record: str) -> None:
    alpha, beta = network
    with running(alpha, "serve"), running(beta, "alert", "watch", "--near", "8.3,30.1") as child:
        time.sleep(2)
        sent = send(alpha, record)
        assert child.stdout is not None
        line = child.stdout.readline()
    assert line.startswith(f"ALERT {sent.out[:8]} from alpha: ")
    assert "distance unknown" in line


@pytest.mark.slow
def test_a_note_that_can_not_be_told_now_is_told_later(network: tuple[Path, Path], record: str) -> None:
    alpha, beta = network
    with running(beta, "serve", "--alerts"):
        with running(alpha, "serve"):
            send(alpha, record)
            until(lambda: len(alerts(beta)) == 1)
        noted = tocsin("alert", "ack", alerts(beta)[0]["alert"], "--home", beta)
        assert noted.code == 0
        assert "Noted here" in noted.err
        with running(alpha, "serve"):
            until(lambda: alerts(alpha)[0]["acknowledged"] == 1)


def test_a_preview_sends_nothing(network: tuple[Path, Path], record: str) -> None:
    alpha, _ = network
    shown = send(alpha, record, "--dry-run", "--format", "json")
    assert {row["record"] for row in shown.rows} == {record}
    assert alerts(alpha) == []
    assert tocsin("share", "--updates", "--home", alpha, "--format", "json").rows[0]["unchanged"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--advice", ADVICE), "second person"),
        (("--advice", "Call +211 912 345 678", "--reviewed"), "phone"),
        (("--advice", "a" * 281, "--reviewed"), "280 characters"),
        (("--lasts", "0"), "last"),
        (("--lasts", "1000"), "31 days"),
        (("--log-within", "99999"), "7 days"),
    ],
)
def test_an_alert_that_is_out_of_bounds_is_refused(
    node: Path, record: str, words: tuple[str, ...], told: str
) -> None:
    for more in ((), ("--dry-run",)):
        refused = send(node, record, *words, *more)
        assert refused.code == 1
        assert told in refused.err
        assert "[ALERT_REFUSED]" in refused.err
    assert alerts(node) == []


def test_an_alert_that_there_is_not_is_named(node: Path) -> None:
    for words in (("cancel", "ab", "--yes"), ("update", "ab", "--yes")):
        refused = tocsin("alert", *words, "--home", node)
        assert (refused.code, "[QUERY_INVALID]" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_COUNTRIES", "XXX"),
        ("ALERT_COUNTRIES", "SSD SDN"),
        ("ALERT_MEANS", "gossip"),
        ("ALERT_NEAR", "91.0,0"),
        ("ALERT_NEAR", "here"),
        ("ALERT_WITHIN_KM", "26"),
        ("ALERT_WITHIN_KM", "far"),
    ],
)
def test_a_wrong_setting_is_named(node: Path, name: str, value: str) -> None:
    refused = tocsin("alert", "list", "--home", node, **{f"TOCSIN_{name}": value})
    assert refused.code == 1
    assert "[SETTING_INVALID]" in refused.err
