"""An answer as a file holds the same figures in every kind, with its HXL tags, and no formula."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from console.generator import generate
from node.dimensions import BY_NAME, MEASURED
from tests.console.command_line import tocsin

ASKED = ("query", "--by", "country", "--measure", "incidents,killed", "--share", "all", "--top", "5")
HEADER = ["country", "incidents", "incidents_share", "killed", "killed_share"]
TAGS = [
    "#country+code+v_iso3",
    "#indicator+incidents+num",
    "#indicator+incidents+num+share",
    "#affected+killed",
    "#affected+killed+share",
]


def written(node: Path, file: Path, *words: str) -> Path:
    done = tocsin(*(words or ASKED), "--out", file, "--home", node)
    assert (done.code, done.out) == (0, ""), done.err
    return file


def test_every_kind_of_file_holds_the_figures_that_are_printed(node: Path, tmp_path: Path) -> None:
    printed = tocsin(*ASKED, "--home", node, "--format", "json").rows

    text = written(node, tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    header, tags, *rows = csv.reader(StringIO(text, newline=""))
    book = CalamineWorkbook.from_path(written(node, tmp_path / "a.xlsx"))
    sheet = book.get_sheet_by_name("figures").to_python()
    about = {str(name): note for name, note in book.get_sheet_by_name("about").to_python()}
    plain = json.loads(written(node, tmp_path / "a.json").read_text())
    places = json.loads(written(node, tmp_path / "a.geojson").read_text())

    assert (header, tags) == (HEADER, TAGS)
    assert rows == [[str(cell) for cell in row.values()] for row in printed]
    assert sheet == [HEADER, TAGS, *[list(row.values()) for row in printed]]
    assert about["unit"] == plain["unit"] == places["about"]["unit"] == "incidents and affected persons"
    assert {"as of", "sources", "coverage", "definition"} <= about.keys()
    assert plain["rows"] == printed
    assert list(plain["tags"].values()) == TAGS
    assert [one["properties"] for one in places["features"]] == printed
    assert {one["geometry"] for one in places["features"]} == {None}


def test_parquet_holds_the_same_and_what_stands_beside_it(node: Path, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    file = written(node, tmp_path / "a.parquet")
    printed = tocsin(*ASKED, "--home", node, "--format", "json").rows

    engine = duckdb.connect(":memory:")
    rows = engine.execute("SELECT * FROM read_parquet(?)", [str(file)]).fetchall()
    told = "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'about'"
    (about,) = engine.execute(told, [str(file)]).fetchone()

    assert rows == [tuple(row.values()) for row in printed]
    assert json.loads(about)["unit"] == "incidents and affected persons"


def test_no_spreadsheet_takes_a_place_for_a_formula(empty_node: Path, tmp_path: Path) -> None:
    source = tmp_path / "formulas_2025-12-18.csv"
    source.write_text(generate(incidents=40).decode().replace("North", '=HYPERLINK("http://x")'), newline="")
    tocsin("import", source, "--home", empty_node)
    words = ("query", "--by", "admin1", "--measure", "incidents")

    text = written(empty_node, tmp_path / "a.csv", *words).read_text(encoding="utf-8-sig")
    book = CalamineWorkbook.from_path(written(empty_node, tmp_path / "a.xlsx", *words))

    assert not [
        cell for row in csv.reader(StringIO(text, newline="")) for cell in row if cell.startswith("=")
    ]
    # What was stored as a text comes back as it is; a formula would come back as its result.
    assert any(str(row[0]).startswith("=HYPERLINK") for row in book.get_sheet_by_name("figures").to_python())


def test_changes_and_earlier_figures_have_tags_too(node: Path, tmp_path: Path) -> None:
    words = ("query", "--measure", "killed", "--compare", "2016-10-03", "--changes")

    plain = json.loads(written(node, tmp_path / "a.json", *words).read_text())

    assert list(plain["tags"].values()) == [
        "#event+id",
        "#date+year",
        *("#affected+killed", "#affected+killed+before", "#affected+killed+change"),
    ]


def test_a_kind_that_is_none_is_refused_and_nothing_is_written(node: Path, tmp_path: Path) -> None:
    done = tocsin(*ASKED, "--out", tmp_path / "a.pdf", "--home", node)

    assert done.code == 1
    assert "a.pdf is none of .csv, .xlsx" in done.err
    assert not (tmp_path / "a.pdf").exists()


def test_everything_that_can_be_asked_has_a_tag() -> None:
    assert all(one.tag.startswith("#") for one in BY_NAME.values())
    assert all(one.tag.startswith("#") for one in MEASURED.values())
    assert len({one.tag for one in BY_NAME.values()}) == len(BY_NAME)


def test_the_yearly_table_is_printed_out_of_a_file_of_counts(tmp_path: Path) -> None:
    file = tmp_path / "counts.csv"
    file.write_text(
        "year,of,what,number\n2023,UNSMS,affected,1915\n2023,UNSMS,deaths_violence,13\n"
        "2023,UNSMS,deaths_safety,19\n2023,UNRWA,deaths,141\n"
    )

    printed = tocsin("yearly", file, "--format", "csv")
    file.write_text("year,of,what,number\n2023,UNSMS,affected,many\n")
    refused = tocsin("yearly", file)
    file.write_text("year,what\n2023,affected\n")

    assert [line.split(",")[:7] for line in printed.lines[1:]] == [
        ["2023", "UNSMS", "1915", "32", "13", "19", "\u2013"],
        ["2023", "UNRWA", "\u2013", "141", "\u2013", "\u2013", "\u2013"],
    ]
    assert (refused.code, "row 2" in refused.err) == (1, True)
    assert "of, number" in tocsin("yearly", file).err
