"""`tocsin record mark` as a person uses it."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin


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
