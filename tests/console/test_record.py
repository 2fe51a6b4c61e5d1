"""`tocsin record` as a person uses it."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin
from tests.node.intake.tables import csv_text, row


@pytest.fixture
def leaving(node: Path) -> str:
    """A record that would leave."""
    rows = tocsin("share", "--tier", "peer", "--all", "--dry-run", "--format", "json", "--home", node).rows
    return next(str(row["record"]) for row in rows if row["what"] == "leaves")


def test_a_marked_record_is_held_and_says_why_until_the_mark_is_taken_off(node: Path, leaving: str) -> None:
    share = ("share", "--tier", "peer", "--id", leaving, "--dry-run", "--format", "json", "--home", node)
    marked = tocsin("record", "mark", leaving, "--sensitive", "children", "--format", "json", "--home", node)

    assert marked.rows == [{"record": leaving, "marks": "children", "marks before": "none"}]
    assert "calls it back" in marked.err
    (held,) = tocsin(*share).rows
    assert (held["what"], held["rule"]) == ("held", "R8")
    assert "children" in held["they see"]
    assert "what would release it: " in held["they see"]

    cleared = tocsin("record", "mark", leaving, "--clear", "--format", "json", "--home", node)
    assert cleared.rows == [{"record": leaving, "marks": "none", "marks before": "children"}]
    assert {row["what"] for row in tocsin(*share).rows} == {"leaves"}


def test_a_record_that_left_and_is_marked_is_called_back(node: Path, leaving: str) -> None:
    tocsin("share", "--tier", "peer", "--id", leaving, "--home", node)
    tocsin("record", "mark", leaving, "--sensitive", "patients", "--sensitive", "survivors", "--home", node)

    shared = tocsin("share", "--updates", "--home", node, "--format", "json")

    assert (shared.rows[0]["called back"], shared.rows[0]["held"]) == (1, 1)
    assert tocsin("check", "--home", node).code == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("awsd:none", "--sensitive", "children"), 1, "there is no record 'awsd:none'"),
        (("nonsense", "--clear"), 1, "there is no record 'nonsense'"),
        (("awsd:1",), 2, "say whom the record concerns"),
        (("awsd:1", "--sensitive", "children", "--clear"), 2, "say whom the record concerns"),
        (("awsd:1", "--sensitive", "adults"), 2, "'adults' is none of children, survivors, patients"),
    ],
)
def test_what_can_not_be_marked_is_refused(node: Path, words: tuple[str, ...], code: int, told: str) -> None:
    ran = tocsin("record", "mark", *words, "--home", node, COLUMNS="200")

    assert ran.code == code
    assert told in ran.err


def test_records_are_merged_and_what_was_merged_is_split_again(node: Path, leaving: str) -> None:
    rows = tocsin("share", "--tier", "peer", "--all", "--dry-run", "--format", "json", "--home", node).rows
    other = next(str(row["record"]) for row in rows if row["what"] == "leaves" and row["record"] != leaving)

    def incidents() -> object:
        asked = ("query", "--by", "", "--measure", "incidents", "--format", "json", "--home", node)
        return tocsin(*asked).rows[0]["incidents"]

    before = incidents()
    merged = tocsin("record", "merge", leaving, other, "--by", "kb", "--format", "json", "--home", node)
    assert merged.rows == [{"record": leaving, "now": "stands"}, {"record": other, "now": "ended"}]
    assert "share --updates" in merged.err
    assert incidents() == int(str(before)) - 1

    split = tocsin("record", "split", leaving, "--by", "kb", "--format", "json", "--home", node)
    assert split.rows == [{"record": leaving, "now": "stands"}, {"record": other, "now": "stands"}]
    assert incidents() == before
    again = tocsin("record", "split", leaving, "--by", "kb", "--home", node)
    assert (again.code, "[SUCCESSION_REFUSED]" in again.err) == (1, True)
    assert tocsin("check", "--home", node).code == 0


def test_a_record_is_split_into_the_rows_of_a_file(node: Path, leaving: str, tmp_path: Path) -> None:
    parts = tmp_path / "parts.csv"
    parts.write_text(csv_text([row(), row(incident_id="8")]))
    refused = tocsin("record", "split", leaving, "--into", parts, "--by", "kb", "--home", node)
    assert (refused.code, "or say --recount" in refused.err) == (1, True)

    done = tocsin(
        "record",
        "split",
        leaving,
        "--into",
        parts,
        "--recount",
        "--by",
        "kb",
        "--format",
        "json",
        "--home",
        node,
    )
    assert [one["now"] for one in done.rows] == ["stands", "stands", "ended"]
    assert [one["record"] for one in done.rows] == [f"{leaving}/1", f"{leaving}/2", leaving]

    parts.write_text(csv_text([row(), row(incident_id="8", year="soon")]))
    unread = tocsin("record", "split", f"{leaving}/1", "--into", parts, "--by", "kb", "--home", node)
    assert (unread.code, "--into: row 3 can not be read" in unread.err) == (1, True)
