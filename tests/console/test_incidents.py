"""Single records as files: ours as we hold them, those for others as they were given them, and nothing finer."""

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from console.home import open_home
from console.incidents import incident_sheet
from console.sharing import make_request
from node.audience import Audience, Tier
from node.given import Given
from node.ladders import chains_of
from node.measures import make_query
from node.model import Incident, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.share import preview
from node.store.queries import own_revisions
from tests.console.command_line import copied, tocsin
from tests.console.conftest import INCIDENTS

OWN = (
    "Reference,Date,Country,Province,Latitude,Longitude,Place is,Violence or safety,What was done,"
    "Killed: national staff,Killed: international staff,Vehicles stolen\n"
    "A1,2025-01-14,South Sudan,=1+1,8.3,30.14,Within 25 km,violence,Shooting,1,0,2\n"
    "A2,2025-02,South Sudan,Unity,8.5,30,Province,violence,Shooting,0,2,\n"
)


def written(node: Path, file: Path, *words: str) -> Path:
    done = tocsin("incidents", *words, "--out", file, "--home", node)
    assert (done.code, done.out) == (0, ""), done.err
    return file


def told(node: Path, *words: str) -> list[dict[str, object]]:
    asked = tocsin("incidents", *words, "--format", "json", "--home", node)
    assert asked.code == 0, asked.err
    return asked.rows


@pytest.fixture
def own(empty_node: Path, tmp_path: Path) -> Path:
    file = tmp_path / "own.csv"
    file.write_text(OWN)
    assert tocsin("import", file, "--published", "2025-07-01", "--home", empty_node).code == 0
    return empty_node


@pytest.fixture(scope="module")
def _given(tmp_path_factory: pytest.TempPathFactory, _loaded: Path) -> Path:
    node = copied(_loaded, tmp_path_factory.mktemp("given") / "node")
    assert tocsin("peer", "found", "testnet", "--home", node).code == 0
    shared = tocsin("share", "--tier", "peer", "--tier", "public", "--all", "--yes", "--home", node)
    assert shared.code == 0, shared.err
    return node


@pytest.fixture
def given(_given: Path, tmp_path: Path) -> Path:
    """A node that shared all that it may with peers and the public."""
    return copied(_given, tmp_path / "given")


def test_every_kind_of_file_holds_the_same_records_and_points_only_where_they_are_known(
    own: Path, tmp_path: Path
) -> None:
    header, tags, *rows = csv.reader(
        StringIO(written(own, tmp_path / "a.csv").read_text(encoding="utf-8-sig"), newline="")
    )
    sheet = (
        CalamineWorkbook.from_path(written(own, tmp_path / "a.xlsx"))
        .get_sheet_by_name("incidents")
        .to_python()
    )
    plain = json.loads(written(own, tmp_path / "a.json").read_text())
    places = json.loads(written(own, tmp_path / "a.geojson").read_text())

    at = dict(zip(tags, header, strict=True))
    first, second = plain["rows"]
    assert (header, tags) == (sheet[0], sheet[1]) == (list(first), list(plain["tags"].values()))
    assert [[str("" if cell is None else cell) for cell in row.values()] for row in plain["rows"]] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert (first[at["#geo+lat"]], first[at["#geo+lon"]], first["place_precision"]) == (8.3, 30.14, "near")
    assert (second[at["#geo+lat"]], second["place_precision"], second["date_precision"]) == (
        None,
        "admin1",
        "month",
    )
    assert (first["killed_national"], second["killed_international"], second["killed_national"]) == (1, 2, 0)
    assert (first["vehicle_stolen"], second["vehicle_stolen"], at["#impact+vehicle_stolen+num"]) == (
        2,
        0,
        "vehicle_stolen",
    )
    assert [one["geometry"] for one in places["features"]] == [
        {"type": "Point", "coordinates": [30.14, 8.3]},
        None,
    ]
    assert [one["properties"] for one in places["features"]] == plain["rows"]
    assert {"unit", "coverage", "peers"} <= plain.keys()


def test_no_spreadsheet_takes_a_place_for_a_formula(own: Path, tmp_path: Path) -> None:
    text = written(own, tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    sheet = (
        CalamineWorkbook.from_path(written(own, tmp_path / "a.xlsx"))
        .get_sheet_by_name("incidents")
        .to_python()
    )

    assert ",'=1+1," in text
    assert "=1+1" in sheet[2]  # a text; a formula would come back as its result


@pytest.mark.slow
def test_parquet_holds_the_same(own: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    file = written(own, tmp_path / "a.parquet")

    found = duckdb.connect(":memory:").execute("SELECT * FROM read_parquet(?)", [str(file)])
    names = [one[0] for one in found.description]

    assert [dict(zip(names, row, strict=True)) for row in found.fetchall()] == told(own)


def test_what_is_not_told_is_an_empty_cell_and_never_zero() -> None:
    tallies = (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 2),)
    whole = chains_of(Incident(PartialDate(2025, 3, 4), Place("SSD"), victims=tallies))
    cells = (
        "affected",
        "affected_range",
        "killed",
        "injured",
        "killed_national",
        "sex_female",
        "employer_un",
    )

    def row(levels: int, *, target: int = 0) -> list[object]:
        cut = (*whole[:3], whole[3][:levels], whole[4][:target], *whole[5:])
        sheet = incident_sheet([Given("x", cut)], {})
        found = dict(zip(sheet.header, sheet.rows[0], strict=True))
        return [found[name] for name in cells]

    assert row(0) == [None] * 7
    assert row(1) == [None, "1-3", None, None, None, None, None]
    assert row(2) == [2, "1-3", 2, 0, None, None, None]
    assert row(3) == [2, "1-3", 2, 0, 2, None, None]
    assert row(4, target=2) == [2, "1-3", 2, 0, 2, 2, 0]


def test_nobody_else_gets_what_was_not_shared_with_them(node: Path) -> None:
    asked = tocsin("incidents", "--for", "public", "--home", node)

    assert f"left out: {INCIDENTS} records" in asked.out
    assert told(node, "--for", "coordinator") == []
    assert "'everybody' is no tier" in tocsin("incidents", "--for", "everybody", "--home", node).err


@pytest.mark.slow
@pytest.mark.parametrize("tier", list(Tier))
def test_others_get_exactly_what_sharing_shows_them(node: Path, given: Path, tier: Tier) -> None:
    opened = open_home(node)
    store = opened.store()
    with store.read() as connection:
        revisions = own_revisions(
            connection, make_query([], ["incidents"], [], as_of=datetime.now(UTC).date())
        )
    request = make_request(opened, tuple(revisions), ["peer", "public"], [], "staff_safety")
    audience = Audience(tier)
    shown = [
        Given("", going.seen_by(audience)) for plan in preview(store, request) for going in plan.outgoing
    ]
    wanted = incident_sheet(shown, {})

    found = told(given, "--for", tier.name.lower())

    assert len(found) > INCIDENTS * 0.9
    hidden = {"id", "label"}
    assert [{name: cell for name, cell in row.items() if name not in hidden} for row in found] == [
        {name: cell for name, cell in zip(wanted.header, row, strict=True) if name not in hidden}
        for row in wanted.rows
    ]
    assert {row["label"] for row in found} == {"CLEAR" if tier is Tier.PUBLIC else "GREEN"}
    assert not {"latitude", "settlement", "actor_name"} & found[0].keys()
    assert not any(str(row["id"]).startswith("awsd") for row in found)


@pytest.mark.slow
def test_what_was_narrowed_called_back_or_changed_is_in_no_file_before_it_is_shared_again(
    given: Path,
) -> None:
    before = told(given, "--for", "peer", "--id", "awsd:1")
    assert (
        tocsin("rules", "narrow", "awsd:1", "--by", "ann", "--level", "where=country", "--home", given).code
        == 0
    )
    narrowed = told(given, "--for", "peer", "--id", "awsd:1")
    called = tocsin("share", "--call-back", "awsd:2", "--yes", "--home", given)

    assert called.code == 0
    assert (before[0]["admin1"], narrowed[0]["admin1"], narrowed[0]["country"]) == ("North", None, "SYR")
    assert told(given, "--for", "peer", "--id", "awsd:2") == []
    assert told(given, "--for", "peer", "--id", "awsd:3", "--purpose", "advocacy") == []
    assert len(told(given, "--id", "awsd:2")) == 1


@pytest.mark.slow
def test_a_file_for_others_is_chosen_by_what_they_see_and_by_nothing_finer(given: Path) -> None:
    ours = told(given, "--where", "admin1=North")
    peers = told(given, "--for", "peer", "--where", "admin1=North")
    days = told(given, "--for", "peer", "--from", "2024-01-10", "--to", "2024-02-20")

    assert 0 < len(peers) <= len(ours)
    assert told(given, "--for", "public", "--where", "admin1=North") == []
    assert told(given, "--for", "public", "--where", "admin1=unknown") != []
    assert days == []  # months are told: none lies within
    assert told(given, "--for", "peer", "--from", "2024-01-01", "--to", "2024-12-31") != []
    assert "org_type" in tocsin("incidents", "--for", "peer", "--where", "org_type=UN", "--home", given).err
