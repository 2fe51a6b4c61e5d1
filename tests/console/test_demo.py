"""The demo: three organizations as three processes, and a coordinator whose totals are what they released."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import console.demo
from console.demo import add_figures, total
from console.demo_nodes import free_ports, serving
from console.demo_office import OFFICER
from console.demo_split import holder, split
from console.generator import generate
from console.home import Home, make_home
from node.config import new_settings
from node.errors import UnavailableError
from node.intake import read_publication
from node.model import EmployerTally, Incident, PartialDate
from node.query import Answer
from tests.console.command_line import tocsin
from tests.support.browser import Browser, Shown

TODAY = date(2026, 11, 23)
NAMES = ("un-agency", "ingo", "nngo")
MEASURES = ("incidents", "affected", "killed", "injured", "abducted", "detained")


SEEN = ("incidents", "Waiting for the government", "Narrow down")
LINK = re.compile(r"http://127\.0\.0\.1:(\d+)(/link\S+)")


def sign_in(port: str, page: str) -> Shown:
    """Follow a link that signs in, and go where it leads."""
    browser = Browser(int(port))
    shown = browser.follow(browser.send(browser.get(page), "/link"))
    return shown if shown.status == 200 else unlocked(browser, browser.follow(shown))


def unlocked(browser: Browser, asked: Shown) -> Shown:
    """Unlock the cases of the demo."""
    return browser.follow(browser.send(asked, "/cases/unlock", officer=OFFICER))


@pytest.mark.parametrize(
    ("employers", "expected"),
    [
        ({"un": 1}, "UN"),
        ({"ingo": 1, "un": 2}, "UN"),
        ({"ingo": 2, "un": 2}, "INGO"),
        ({"icrc": 1}, "INGO"),
        ({"ingo": 1, "nngo": 1, "rcrc": 1}, "NNGO"),
        ({"nngo_or_rcrc": 1}, "NNGO"),
        ({"other": 3, "un": 2}, "NNGO"),
        ({}, "NNGO"),
    ],
)
def test_an_incident_goes_where_most_affected_persons_worked(
    employers: dict[str, int], expected: str
) -> None:
    tallies = tuple(EmployerTally(name, number) for name, number in employers.items())

    assert holder(Incident(PartialDate(2020), employers=tallies)) == expected


def test_every_incident_goes_to_exactly_one_organization() -> None:
    data = generate(incidents=300)
    whole = read_publication(data, "whole.csv", TODAY, TODAY)

    dealt = split(data, "whole_2025-12-18.csv", TODAY)

    parts = [read_publication(part, "part.csv", TODAY, TODAY).rows for part in dealt.parts.values()]
    assert (dealt.incidents, dealt.refused) == (300, 0)
    assert all(parts)
    together = {row.key: row.incident for rows in parts for row in rows}
    assert sum(map(len, parts)) == 300
    assert together == {row.key: row.incident for row in whole.rows}


def test_a_row_that_is_refused_goes_to_nobody() -> None:
    data = generate(incidents=10).replace(b"\r\n3,", b"\r\nno id,", 1)

    dealt = split(data, "damaged_2025-12-18.csv", TODAY)

    assert (dealt.incidents, dealt.refused) == (9, 1)
    assert b"no id" not in b"".join(dealt.parts.values())


def test_figures_of_several_organizations_add_up_year_by_year() -> None:
    added = add_figures([{2015: (1, 2, 0, 0, 0, 0)}, {2015: (1, 1, 0, 0, 0, 0), 2016: (3, 3, 0, 0, 0, 0)}])

    assert added == {2015: (2, 3, 0, 0, 0, 0), 2016: (3, 3, 0, 0, 0, 0)}
    assert total([]) == (0,) * 6


@pytest.mark.slow
def test_a_node_that_can_not_start_is_told_with_its_own_words(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_ports(1)[0]}"
    settings = new_settings(org_id="alpha", org_type="UN", database_url="", listen=address, endpoint=address)
    home = make_home(tmp_path / "alpha", settings, None)  # it belongs to no network

    with (
        pytest.raises(UnavailableError, match=r"alpha ended: tocsin: this node belongs to no network yet"),
        serving([home]) as nodes,
    ):
        nodes.wait()


@pytest.mark.slow
def test_the_demo_counts_what_was_released(tmp_path: Path) -> None:
    ran = demo(tmp_path)

    assert ran.returncode == 0, ran.stderr
    assert_figures_agree(ran.stdout, incidents=3_000)
    assert "Made up:" not in ran.stdout  # the narrative of the example
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_demo_deals_out_a_real_publication(tmp_path: Path, shared: Path) -> None:
    file = shared / "data" / "incidents" / "awsd_security_incidents_2025-12-18.csv"

    ran = demo(tmp_path, "--data", str(file))

    assert ran.returncode == 0, ran.stderr
    assert_figures_agree(ran.stdout, incidents=5_159)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_what_is_kept_running_can_be_asked_and_ends_with_a_signal(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    small = tmp_path / "small_2025-12-18.csv"
    small.write_bytes(generate(incidents=60))
    homes = tmp_path / "homes"
    child = start(tmp_path, "--keep", "--home", str(homes), "--data", str(small))
    try:
        assert child.stdout is not None
        text = ""
        while "Ctrl-C" not in text:
            line = child.stdout.readline()
            assert line, text
            text += line
        asked = tocsin("sync", "--home", homes / "ingo", "--format", "json")
        counted = tocsin("query", "--by", "country", "--home", homes / "coordinator")
        signed_in = [sign_in(*found) for found in LINK.findall(text)]
        child.send_signal(number)
        child.communicate(timeout=30)
    finally:
        end(child)

    assert child.returncode == code
    assert {row["peer"]: row["stopped by"] for row in asked.rows} == {"nngo": "", "un-agency": ""}
    assert "shared by peers" in counted.out
    assert [shown.status for shown in signed_in] == [200, 200, 200]
    assert [word in shown.words for word, shown in zip(SEEN, signed_in, strict=True)] == [True] * 3
    assert sorted(folder.name for folder in homes.iterdir()) == ["coordinator", *sorted(NAMES)]
    assert not list(homes.glob("*/listening"))  # a node takes it away when it ends by itself


@pytest.mark.slow
def test_a_demo_that_is_stopped_half_way_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    child = start(tmp_path)
    try:
        assert child.stdout is not None
        addresses: list[str] = []
        while len(addresses) < 3:
            addresses += re.findall(r"127\.0\.0\.1:\d+", child.stdout.readline())
        deadline = time.monotonic() + 30
        while not list(tmp_path.glob("*/*/listening")) and time.monotonic() < deadline:
            time.sleep(0.02)
        child.terminate()
        child.communicate(timeout=30)
    finally:
        end(child)

    assert child.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_coordinator_that_counts_something_else_fails_the_demo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = tmp_path / "small_2025-12-18.csv"
    small.write_bytes(generate(incidents=60))
    count = console.demo.count

    def miscount(coordinator: Home) -> Answer:
        found = count(coordinator)
        (year, incidents, *others), *rest = found.rows
        return replace(found, rows=((year, int(incidents or 0) + 1, *others), *rest))

    monkeypatch.setattr(console.demo, "count", miscount)
    ran = tocsin("demo", "--data", small)

    assert ran.code == 1
    assert "Not equal in: 2015." in ran.out


def end(child: subprocess.Popen[str]) -> None:
    """End a demo by force, and close what it wrote into: another test would meet that."""
    child.kill()
    child.wait()
    if child.stdout is not None:
        child.stdout.close()


def demo(temporary: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(options), env=environment(temporary), capture_output=True, text=True, timeout=100, check=False
    )


def start(temporary: Path, *options: str) -> subprocess.Popen[str]:
    """Start a demo that hears Ctrl-C, though a shell may have started these tests behind a `&` and so without it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            command(options),
            env=environment(temporary),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def command(options: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "console.cli.main", "demo", *options]


def environment(temporary: Path) -> dict[str, str]:
    """Settings of somebody's own node must not reach the nodes of the demo."""
    own = {"TOCSIN_DATABASE_URL": "sqlite:///nowhere/node.db", "TOCSIN_PASSPHRASE": "of another node"}
    return {**os.environ, **own, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"}


def assert_figures_agree(text: str, *, incidents: int) -> None:
    """Compare the sums, and the lines of the nodes, with each other and with the number of incidents."""
    released, counted, difference = (
        figures(text, f"{name}  ") for name in ("the three released", "the coordinator has", "difference")
    )
    years = [
        list(map(int, line.split())) for line in re.findall(r"^(?:19|20)\d\d(?: +\d+)+$", text, re.MULTILINE)
    ]
    nodes = [figures(text, f"{name} ", last=True) for name in NAMES]
    assert "Equal, in every year." in text
    assert released == counted == [sum(column) for column in list(zip(*years, strict=True))[1:]]
    assert difference == [0] * len(MEASURES)
    for records, let_out, held, log_size, verified, rejected in nodes:
        assert records == let_out + held
        assert let_out == log_size == verified
        assert rejected == 0
    assert sum(node[0] for node in nodes) == incidents
    assert sum(node[1] for node in nodes) == released[0]


def figures(text: str, start: str, *, last: bool = False) -> list[int]:
    lines = [line for line in text.splitlines() if line.startswith(start)]
    return list(map(int, lines[-1 if last else 0].removeprefix(start).split()))
