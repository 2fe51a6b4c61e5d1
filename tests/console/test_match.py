"""`tocsin match` and `query`: two nodes find one event, compare it, sign it, and count it once."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import update

from console.demo_nodes import free_ports
from console.generator import generate
from console.home import open_home
from console.web.accounts import add_account
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Works
from tests.console.command_line import copied, joins, tocsin
from tests.console.test_network import serving
from tests.support.browser import Browser
from tests.support.browser import console as web_console

pytestmark = pytest.mark.slow
NUMBERS = ("INGO", "Nationals killed", "Total nationals", "Total killed", "Total affected", "Gender Unknown")
WORDS = {
    "Country Code": "SS",
    "Country": "South Sudan",
    "Region": "Unity",
    "District": "Leer",
    "Verified": "Yes",
}
DEED = {
    "Means of attack": "Shooting",
    "Attack context": "Ambush",
    "Location": "Road",
    "Source": "Focal Point",
}
POLICY = '\n[matching]\nwhen = "day"\nwhere = "admin2"\n'


def report(day: int, dead: int) -> str:
    """A publication of one incident."""
    header = next(csv.reader(generate(seed=1, incidents=1).decode("utf-8-sig").splitlines()))
    row = dict.fromkeys(header, "") | dict.fromkeys(header[header.index("UN") :][:24], "0") | WORDS | DEED
    row |= {"Incident ID": str(day), "Year": "2024", "Month": "3", "Day": str(day)} | dict.fromkeys(
        NUMBERS, str(dead)
    )
    written = io.StringIO()
    writer = csv.DictWriter(written, header)
    writer.writeheader()
    writer.writerow(row)
    return written.getvalue()


@pytest.fixture(scope="module")
def _pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    tmp_path = tmp_path_factory.mktemp("match")
    homes = tmp_path / "alpha", tmp_path / "beta"
    for home, day, dead in zip(homes, (14, 15), (2, 1), strict=True):
        address = f"127.0.0.1:{free_ports(1)[0]}"
        made = tocsin(
            "init", home, "--org", home.name, "--type", "INGO", "--listen", address, "--endpoint", address
        )
        assert made.code == 0
        published = tmp_path / f"{home.name}_2025-01-10.csv"
        published.write_text(report(day, dead))
        assert tocsin("import", published, "--home", home).code == 0
        (home / "policy.toml").write_text(
            (Path(__file__).parents[2] / "node/slt_baseline.toml").read_text() + POLICY
        )
    alpha, beta = homes
    founded = tocsin("peer", "found", "testnet", "--home", alpha)
    asked = tmp_path / "beta.req"
    assert tocsin("peer", "request", "--out", asked, "--home", beta).code == 0
    assert tocsin("peer", "admit", asked, "--yes", "--home", alpha).code == 0
    assert joins(alpha, beta, founded.out.strip()).code == 0
    for home in homes:
        assert tocsin("share", "--tier", "peer", "--all", "--yes", "--home", home).code == 0
    sync(*homes)
    return alpha, beta


@pytest.fixture
def pair(_pair: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Two members that report one event, a day apart, and have seen each other's report; the test may change them."""
    alpha, beta = (copied(home, tmp_path / home.name) for home in _pair)
    return alpha, beta


def sync(alpha: Path, beta: Path) -> None:
    for reader, origin in ((alpha, beta), (beta, alpha)):
        with serving(origin):
            assert tocsin("sync", origin.name, "--home", reader).code == 0


def test_two_members_find_compare_sign_and_count_one_event(pair: tuple[Path, Path]) -> None:
    alpha, beta = pair
    (mine,) = tocsin("match", "list", "--format", "json", "--home", alpha).rows
    (hers,) = tocsin("match", "list", "--format", "json", "--home", beta).rows
    assert (mine["pair"], mine["likely"], mine["state"]) == (hers["pair"], hers["likely"], "open")
    count = ("query", "--by", "country", "--measure", "incidents,killed")
    open_still = tocsin(*count, "--home", alpha)
    assert "SSD incidents 1 to 2 (best 1) killed 2 to 3 (best 2)" in open_still.out

    with serving(beta):
        compared = tocsin("match", "propose", mine["pair"], "--by", "kb", "--format", "json", "--home", alpha)
    assert compared.code == 0
    assert [one["step"] for one in compared.rows if one["we showed more"] == "yes"] == [
        "when=day",
        "where=admin2",
    ]

    for home in pair:
        words = ("match", "confirm", mine["pair"][:6], "--ground", "own_staff", "--by", "kb", "--home", home)
        assert tocsin(*words).code == 0
    sync(*pair)
    for home in pair:
        (row,) = tocsin("match", "list", "--all", "--format", "json", "--home", home).rows
        assert (row["state"], row["compared"]) == ("one event", "agreed: compared")
        counted = tocsin(*count, "--format", "json", "--home", home)
        assert counted.rows == [{"country": "SSD", "incidents": 1, "killed": 3}]
        assert tocsin("check", "--home", home).code == 0


def test_a_pair_that_people_name_themselves_can_be_decided_too(pair: tuple[Path, Path]) -> None:
    named = {"alpha": "awsd:14=beta:0", "beta": "awsd:15=alpha:0"}
    for home in pair:
        words = ("match", "confirm", named[home.name], "--ground", "forwarded", "--by", "kb", "--home", home)
        assert tocsin(*words).code == 0
    sync(*pair)
    (row,) = tocsin(
        "query", "--by", "country", "--measure", "incidents,killed", "--format", "json", "--home", pair[0]
    ).rows
    assert row == {"country": "SSD", "incidents": 1, "killed": 2}
    shown = tocsin("match", "show", named["alpha"], "--home", pair[0])
    assert shown.out.count("SAME") == 2


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("confirm", "nothing", "--ground", "witnessed", "--by", "kb"), "MATCH_UNKNOWN"),
        (("confirm", "awsd:99=beta:0", "--ground", "witnessed", "--by", "kb"), "RECORD_UNKNOWN"),
        (("confirm", "awsd:14=beta:99", "--ground", "witnessed", "--by", "kb"), "MATCH_UNKNOWN"),
        (("confirm", "awsd:14=beta:0", "--ground", "hearsay", "--by", "kb"), "QUERY_INVALID"),
    ],
)
def test_what_can_not_be_decided_is_told_with_its_reason(
    pair: tuple[Path, Path], words: tuple[str, ...], reason: str
) -> None:
    ran = tocsin("match", *words, "--home", pair[0])
    assert (ran.code, f"[{reason}]" in ran.err) == (1, True)


def test_a_pair_is_decided_in_the_console_as_from_the_command_line(pair: tuple[Path, Path]) -> None:
    alpha, _ = pair
    home = open_home(alpha)
    store = home.store()
    with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
        add_account(store, "mo", [Role.COORDINATOR], "several words that nobody says", datetime.now(UTC))
    with store.write() as connection:
        connection.execute(update(account).values(second_step="JBSWY3DPEHPK3PXP"))
        token = open_session(connection, 1, datetime.now(UTC))
    works = Works(home, store, home.identity(None), lambda: datetime.now(UTC))
    with web_console(works) as port:
        browser = Browser(port, {"tocsin": token})
        looked = browser.follow(browser.send(browser.get("/matches"), "/matches/look"))
        (row,) = json.loads(browser.get("/matches.json").text)["rows"]
        page = f"/match?id={row['pair']}"
        assert row["pair"][:8] in looked.words
        shown = browser.get(page)
        grounds = browser.send(shown, "/match/decide", verdict="same")
        assert (grounds.status, "is none of own_staff" in grounds.words) == (422, True)
        assert browser.send(shown, "/match/decide", verdict="maybe").status == 422
        signed = browser.follow(browser.send(shown, "/match/decide", verdict="same", ground="own_staff"))
        assert "alpha One event our people were there" in signed.words
        assert browser.get("/match?id=nothing").status == 422
    store.close()
    (seen,) = tocsin("match", "list", "--all", "--format", "json", "--home", alpha).rows
    assert seen["said"] == "alpha: same (own_staff)"
