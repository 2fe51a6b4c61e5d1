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

    asked = tocsin("record", "mark", leaving, "--clear", "--by", "kb", "--home", node)
    assert "Waits for a second person: tocsin record agree 1 --by WHO" in asked.err
    assert {row["what"] for row in tocsin(*share).rows} == {"held"}
    alone = tocsin("record", "agree", "1", "--by", "kb", "--home", node)
    assert (alone.code, "[SECOND_PERSON_NEEDED]" in alone.err) == (1, True)
    cleared = tocsin("record", "agree", "1", "--by", "mo", "--format", "json", "--home", node)
    assert cleared.rows == [{"record": leaving, "marks before": "children"}]
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
        (("nonsense", "--clear", "--by", "kb"), 1, "there is no record 'nonsense'"),
        (("awsd:1", "--clear"), 2, "say who asks for it"),
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


def test_a_survivors_answer_is_written_down_and_shown(node: Path, leaving: str) -> None:
    tocsin("record", "mark", leaving, "--sensitive", "survivors", "--home", node)
    said = (
        "record",
        "consent",
        leaving,
        "--for",
        "statistics",
        "--by",
        "kb",
        "--on",
        "2020-01-02",
        "--home",
        node,
    )

    given = tocsin(*said, "--answer", "yes", "--format", "json")
    explained = tocsin("rules", "explain", leaving, "--to", "peer", "--home", node)
    assert given.rows == [
        {"record": leaving, "purpose": "statistics", "answer": "yes", "on": "2020-01-02", "by": "kb"}
    ]
    assert (
        "Consent for statistics: yes on 2020-01-02, by kb; it counts in totals for others." in explained.err
    )
    assert "Consent for advocacy: not_asked; it counts not in totals for others." in explained.err
    assert "It does not leave" in explained.err
    assert tocsin(*said, "--answer", "perhaps").code == 2
    refused = tocsin(*said, "--answer", "withdrawn", "--for", "advocacy")
    assert (refused.code, "[CONSENT_INVALID]" in refused.err) == (1, True)
