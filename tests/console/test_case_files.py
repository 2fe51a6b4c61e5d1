"""Old cases, exports and treaties from the command line, as an officer meets them."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.intake.rows import COLUMNS, write_rows
from tests.casework.test_cw_14_treaties import AS_OF, HEAD, ROWS
from tests.casework.test_cw_23_import import INCIDENT, VERDICT
from tests.console.command_line import Ran, tocsin

Work = Callable[..., Ran]
PARTS = ("letters", "investigations", "proceedings", "captivity", "access", "law", "conflicts")


@pytest.fixture
def work(tmp_path: Path) -> Work:
    """Do something as an officer of a node of their own."""
    home = tmp_path / "node"
    assert tocsin("init", home, "--org", "aid-a", "--type", "INGO").code == 0
    made = tocsin("case", "officer", "new", "ops", "--role", "country_focal_point", "--home", home)
    assert made.code == 0
    return lambda *words: tocsin("case", *words, "--home", home, TOCSIN_OFFICER="ops")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old.csv"
    detained = {**INCIDENT, "event_no": "3", "event_type": "detention_start", "subjects": "P3", "qty": "1"}
    file.write_bytes(write_rows([INCIDENT, VERDICT, detained]).encode())
    return file


def test_a_file_comes_in_once_and_goes_out_as_it_came(work: Work, old: Path) -> None:
    first, again = work("import", old, "--format", "json"), work("import", old, "--format", "json")

    assert (first.code, first.rows[0]["result"], again.rows[0]["result"]) == (0, "imported", "unchanged")
    assert work("export").out.encode() == old.read_bytes()
    assert "drafts until the country focal point registers them" in first.err


def test_what_can_not_be_read_is_told_with_its_place_and_nothing_is_kept(work: Work, old: Path) -> None:
    old.write_text(old.read_text().replace("prison 10 y", "hanged"))
    ran = work("import", old)

    assert ran.code == 1
    assert "3  outcome  'hanged' begins with none of" in ran.out.replace("   ", "  ")
    assert "1 of 1 cases refused; nothing of them was imported" in ran.err
    assert work("list", "--format", "json").rows == []


@pytest.mark.parametrize(
    ("content", "reason"), [(b"a,b\n", "CASE_FIELD_INVALID"), (b"\xff\xfe\x00", "CASE_FIELD_INVALID")]
)
def test_another_file_is_refused_with_its_reason(work: Work, old: Path, content: bytes, reason: str) -> None:
    old.write_bytes(content)
    ran = work("import", old)

    assert ran.code == 1
    assert reason in ran.err
    assert work("import", old.with_name("missing.csv")).err.endswith("[FILE_UNREADABLE]\n")


@pytest.mark.slow
def test_every_part_of_a_case_is_shown_as_table_json_and_csv(work: Work, old: Path) -> None:
    case = work("import", old, "--format", "json").rows[0]["case"]
    about = {one["what"]: one["value"] for one in work("show", case, "--format", "json").rows}

    assert about["stage, host state"] == "Judgment of first instance"
    assert about["persons affected"] == "3; dead 1; injured 1"
    assert "harm dead" in about["person P1"]
    for part in PARTS:
        table, found = (
            work("show", case, "--part", part),
            work("show", case, "--part", part, "--format", "json"),
        )
        assert (table.code, found.code) == (0, 0), table.err
        (header, *rows) = csv.reader(io.StringIO(work("show", case, "--part", part, "--format", "csv").out))
        assert len(rows) == len(found.rows)
        assert not found.rows or list(found.rows[0]) == header


@pytest.mark.slow
def test_a_table_of_treaties_is_installed_and_answers(work: Work, old: Path, tmp_path: Path) -> None:
    case = work("import", old, "--format", "json").rows[0]["case"]
    assert {one["rome_1998"] for one in work("show", case, "--part", "law", "--format", "json").rows} == {
        "Unknown",
        "",
    }
    (tmp_path / "actions.csv").write_text(HEAD + ROWS)
    (tmp_path / "as_of.csv").write_text(AS_OF)

    installed = work("treaties", tmp_path / "actions.csv", "--format", "json")
    law = {one["possible basis"]: one for one in work("show", case, "--part", "law", "--format", "json").rows}

    assert [one["parties"] for one in installed.rows] == [2, 2, 1]
    assert law["Where it happened"]["rome_1998"] == "Party"
    (tmp_path / "actions.csv").write_text(HEAD + "CSUNAP-1994,,AAA,signed,1998-01-01,,\n")
    refused = work("treaties", tmp_path / "actions.csv")
    assert "treaties, row 2, action: 'signed' is none of" in refused.err
    assert work("show", case, "--part", "law", "--format", "json").rows == list(law.values())


def test_the_header_is_told_to_who_brings_another_file(work: Work, old: Path) -> None:
    old.write_text("case,when\n")

    assert ",".join(COLUMNS) in work("import", old).err
