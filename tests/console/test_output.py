"""Lists are printed as table, JSON or CSV, always the same way."""

import csv
import json
from io import StringIO

import pytest

from console.cli.options import Format
from console.cli.output import show

HEADER = ("place", "killed")
ROWS = (("Bor", 2), ("Wau", 11), ("", None))
REMARKS = {"as_of": "2026-11-23", "sources": [], "counted": {"records": 3}}


def test_a_table_lines_numbers_up_on_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    show(HEADER, ROWS[:2], Format.TABLE)

    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "place  killed",
        "Bor         2",
        "Wau        11",
    ]


def test_remarks_stand_below_a_table_and_beside_json_rows(capsys: pytest.CaptureFixture[str]) -> None:
    show(HEADER, ROWS, Format.TABLE, REMARKS)
    table = capsys.readouterr()
    show(HEADER, ROWS, Format.JSON, REMARKS)
    document = json.loads(capsys.readouterr().out)

    assert table.out.splitlines()[-3:] == ["as of: 2026-11-23", "sources: none", "counted: records 3"]
    assert document["as_of"] == "2026-11-23"
    assert document["rows"][1] == {"place": "Wau", "killed": 11}
    assert document["rows"][2] == {"place": "", "killed": None}


def test_remarks_stay_out_of_a_csv_file(capsys: pytest.CaptureFixture[str]) -> None:
    show(HEADER, ROWS, Format.CSV, REMARKS)
    printed = capsys.readouterr()

    assert printed.out == "place,killed\nBor,2\nWau,11\n,\n"
    assert "as of: 2026-11-23" in printed.err


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", " =1"])
def test_a_text_that_a_spreadsheet_would_run_is_made_harmless(
    cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    show(("place",), [(cell,)], Format.CSV)

    assert list(csv.reader(StringIO(capsys.readouterr().out, newline="")))[1] == [f"'{cell}"]


def test_a_line_break_in_a_text_ends_no_row(capsys: pytest.CaptureFixture[str]) -> None:
    show(("place", "killed"), [("Bor\rCounty\nNorth", 1)], Format.CSV)

    rows = list(csv.reader(StringIO(capsys.readouterr().out, newline="")))
    assert rows[1:] == [["Bor County\nNorth", "1"]]


def test_a_negative_number_stays_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    show(("difference",), [(-1,)], Format.CSV)

    assert capsys.readouterr().out == "difference\n-1\n"


def test_markup_in_a_name_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    show(("place",), [("[red]Bor[/red]",)], Format.TABLE)

    assert "[red]Bor[/red]" in capsys.readouterr().out


def test_a_long_row_is_not_folded_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    show(("place",), [("x" * 300,)], Format.TABLE)

    assert "x" * 300 in capsys.readouterr().out
