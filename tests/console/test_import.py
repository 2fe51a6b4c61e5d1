"""Files of incidents at the command line: looked at first, refused rows handed back, parts and whole files."""

import csv
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from tests.console.command_line import tocsin

COUNTS = ("accepted", "updated", "unchanged", "withdrawn", "quarantined")


def counts(*numbers: int) -> list[dict[str, int]]:
    return [dict(zip(COUNTS, numbers, strict=True))]


@pytest.fixture
def changed(publication: Path, tmp_path: Path) -> Path:
    """The publication that the node holds, with one row gone, one changed, one new and one that can not be read."""
    rows = list(csv.reader(StringIO(publication.read_text(), newline="")))
    city, day = rows[0].index("City"), rows[0].index("Day")
    rows[1][city] = "Elsewhere"
    rows[2][day] = "32"
    rows[-1][0] = "999999"
    file = tmp_path / publication.name
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return file


def test_what_would_change_is_shown_first_and_nothing_is_changed(node: Path, changed: Path) -> None:
    before = tocsin("query", "--home", node)

    seen = tocsin("import", changed, "--dry-run", "--home", node, "--format", "json")

    assert sorted(one["change"] for one in seen.rows) == ["changed", "new", "vanished"]
    assert {one["key"] for one in seen.rows if one["change"] == "new"} == {"999999"}
    assert "Nothing was changed. 3 records would be." in seen.err
    assert tocsin("query", "--home", node) == before
    done = tocsin("import", changed, "--home", node, "--format", "json")
    assert done.rows == counts(1, 1, 197, 1, 1)


def test_refused_rows_come_as_a_workbook_and_go_in_again_as_a_part(
    node: Path, changed: Path, tmp_path: Path
) -> None:
    refused = tmp_path / "refused.xlsx"
    tocsin("import", changed, "--rejects", refused, "--home", node)
    header, row = (
        CalamineWorkbook.from_filelike(BytesIO(refused.read_bytes())).get_sheet_by_index(0).to_python()
    )
    assert "day 32 is not between" in str(row[1])
    with Workbook(refused) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, header)
        page.write_row(
            1, 0, [cell if title != "Day" else "5" for title, cell in zip(header, row, strict=True)]
        )

    done = tocsin("import", refused, "--part", "--home", node, "--format", "json")

    assert (done.rows[0]["updated"], done.rows[0]["withdrawn"]) == (1, 0)


def test_a_template_is_written_filled_in_and_read_back(empty_node: Path, tmp_path: Path) -> None:
    file = tmp_path / "incidents.xlsx"
    assert tocsin("template", file).code == 0
    header, tags = CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()[:2]
    filled = {"Reference": "A-1", "Date": "2026-03-14", "Country": "Sudan", "What was done": "Robbery"}
    with Workbook(file) as workbook:
        page = workbook.add_worksheet()
        for at, cells in enumerate((header, tags, [filled.get(str(title), "") for title in header])):
            page.write_row(at, 0, cells)

    done = tocsin("import", file, "--home", empty_node, "--format", "json")
    again = tocsin("import", file, "--home", empty_node, "--format", "json")

    assert done.rows == counts(1, 0, 0, 0, 0)
    assert again.rows == counts(0, 0, 1, 0, 0)


def test_a_profile_of_the_operator_reads_another_table(empty_node: Path, tmp_path: Path) -> None:
    table, profile = tmp_path / "field.csv", tmp_path / "field.toml"
    table.write_text("Nr;Tag;Land;Tote\n7;14.03.2026;Sudan;2\n")
    profile.write_text(
        'name = "field"\ntitle = "Our field"\nwhole = true\ndates = "day first"\n[columns]\n'
        'Nr = { is = "id" }\nTag = { is = "date" }\nLand = { is = "country" }\nTote = { is = "killed" }\n'
    )

    done = tocsin("import", table, "--profile", profile, "--home", empty_node, "--format", "json")
    found = tocsin(
        "query", "--by", "country,month", "--measure", "killed", "--home", empty_node, "--format", "json"
    )

    assert done.rows == counts(1, 0, 0, 0, 0)
    assert found.rows == [{"country": "SDN", "month": "2026-03", "killed": 2}]


def test_what_is_wrong_with_a_profile_is_told_with_its_line(empty_node: Path, tmp_path: Path) -> None:
    profile = tmp_path / "field.toml"
    profile.write_text('name = "field"\ntitle = "x"\nwhole = true\n[columns]\nNr = { is = "number" }\n')

    ran = tocsin("import", profile, "--profile", profile, "--home", empty_node)

    assert ran.code == 1
    assert "line 5: columns.Nr.is: 'number' is nothing that a column can say" in ran.err


def test_code_lists_are_shown_with_the_categories_that_they_lead_to() -> None:
    lists = tocsin("codes", "--format", "json")
    harm = tocsin("codes", "harm", "--format", "json")

    assert {"means", "harm", "unsms"} <= {one["list"] for one in lists.rows}
    (looted,) = (one for one in harm.rows if one["code"] == "facility_looted")
    assert (looted["resource"], looted["hcid"], looted["ssa"]) == (
        "facility",
        "facility_looted",
        "removal_of_assets",
    )
    assert "is none of means" in tocsin("codes", "weather").err


FILES = (
    "awsd_security_incidents_2016-10-03.csv",
    "awsd_security_incidents_2025-12-18.csv",
    "ii_aid_worker_kika_2020-2024.json",
    "ii_attacks_on_health_care_2016-2023.xlsx",
    "shcc_2022_incident_data.xlsx",
)
KIKA = "incidents,killed,injured,abducted_kika,detained_kika"


@pytest.mark.slow
def test_five_data_sets_in_one_node_each_give_their_figures_and_change_nothing_when_they_come_again(
    shared: Path, empty_node: Path
) -> None:
    def figures(source: str, measures: str, *more: str) -> dict[int, tuple[int, ...]]:
        asked = ("--by", "year", "--measure", measures, "--where", f"source={source}", *more)
        rows = tocsin("query", *asked, "--home", empty_node, "--format", "json").rows
        return {row["year"]: tuple(row[name] for name in measures.split(",")) for row in rows}

    def import_all() -> list[dict[str, int]]:
        files = (shared / "data" / "incidents" / name for name in FILES)
        return [tocsin("import", one, "--home", empty_node, "--format", "json").rows[0] for one in files]

    import_all()
    done = import_all()
    assert all(one["accepted"] == one["updated"] == one["withdrawn"] == 0 for one in done)
    assert [one["quarantined"] for one in done] == [0, 0, 0, 1, 0]
    awsd = "incidents,affected,killed,injured,abducted,detained"
    assert figures("awsd", awsd, "--as-of", "2016-10-03")[2015] == (148, 287, 109, 110, 68, 0)
    assert {
        year: numbers for year, numbers in figures("awsd", awsd).items() if year in {2015, 2022, 2023}
    } == {
        2015: (157, 297, 111, 110, 71, 5),
        2022: (273, 505, 119, 146, 195, 45),
        2023: (443, 654, 296, 211, 98, 49),
    }
    assert figures("kika", KIKA) == {
        2020: (292, 138, 202, 182, 104),
        2021: (269, 110, 182, 128, 300),
        2022: (307, 127, 159, 148, 161),
        2023: (386, 183, 274, 124, 212),
        2024: (45, 35, 36, 5, 30),
    }
    health = figures("health_care", "incidents,killed")
    assert (health[2016], health[2021], health[2023]) == (
        (473, 178),
        (1694, 197),
        (2213, 430),
    )  # and one refused
    assert figures("shcc", KIKA) == {2022: (1989, 232, 293, 298, 294)}
    assert tocsin("check", "--home", empty_node).code == 0
