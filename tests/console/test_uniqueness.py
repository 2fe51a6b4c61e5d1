"""`tocsin share --uniqueness` tells how sparse a selection is, and lets nothing leave."""

import sqlite3
from pathlib import Path

import pytest

from tests.console.command_line import tocsin
from tests.console.conftest import INCIDENTS

LOOK = ("share", "--tier", "peer", "--tier", "public", "--all", "--uniqueness", "5")


def test_each_tier_is_told_as_it_is_and_one_level_coarser(node: Path) -> None:
    looked = tocsin(*LOOK, "--format", "json", "--home", node)

    as_it_is = {row["tier"]: row for row in looked.rows if row["seen"] == "as the tier sees it"}
    assert list(as_it_is) == ["public", "peer"]
    assert as_it_is["peer"]["unique"] >= as_it_is["public"]["unique"] > 0
    assert as_it_is["peer"]["rare"] >= as_it_is["peer"]["unique"]
    held = INCIDENTS - as_it_is["peer"]["records"]
    assert f'"held": "{held} records, which are not counted"' in looked.out
    assert {row["seen"] for row in looked.rows if row["tier"] == "public"} >= {
        "without when",
        "what only to cause",
    }


def test_what_would_help_is_marked_in_the_table_and_said_in_a_sentence(node: Path) -> None:
    looked = tocsin(*LOOK, "--format", "json", "--home", node)

    (marked,) = [row for row in looked.rows if row["helps"] == "most"]
    assert marked["tier"] == "public"
    assert f"records stand alone; {marked['seen']} it would be {marked['unique']}" in looked.out
    assert "records stand alone, and no coarser level would help" in looked.out  # to peers


@pytest.mark.parametrize("style", ["table", "csv"])
def test_the_report_reads_well_in_other_forms(node: Path, style: str) -> None:
    looked = tocsin(*LOOK, "--format", style, "--home", node)

    assert looked.code == 0
    assert "records stand alone" in looked.out + looked.err
    assert "in a group of fewer than 5 records that look alike" in looked.out + looked.err
    assert "made up" not in looked.out.casefold()  # no narrative


def test_nothing_leaves(node: Path) -> None:
    tocsin(*LOOK, "--yes", "--home", node)

    database = sqlite3.connect(node / "node.db")
    assert database.execute("SELECT count(*) FROM entry").fetchone() == (0,)
    database.close()


def test_a_selection_of_nothing_is_told_as_such(node: Path) -> None:
    looked = tocsin(
        "share",
        "--tier",
        "peer",
        "--from",
        "1990-01-01",
        "--to",
        "1990-01-02",
        "--uniqueness",
        "5",
        "--home",
        node,
    )

    assert looked.code == 0
    assert "peer: no record stands alone" in looked.out


@pytest.mark.parametrize(
    "words",
    [
        ("--tier", "peer", "--all", "--uniqueness", "1"),
        ("--tier", "peer", "--all", "--uniqueness", "many"),
        ("--tier", "peer", "--updates", "--uniqueness", "5"),
        ("--tier", "peer", "--uniqueness", "5"),
        ("--all", "--uniqueness", "5"),
    ],
)
def test_a_question_that_makes_no_sense_is_wrong_use(node: Path, words: tuple[str, ...]) -> None:
    assert tocsin("share", *words, "--home", node).code == 2
