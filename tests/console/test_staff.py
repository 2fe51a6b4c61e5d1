"""Rates are taken of the numbers of staff that were loaded, as of a day, and are not known without them."""

from datetime import date
from pathlib import Path

import pytest

from node.figures import staff_of
from node.measures import Query, make_query
from node.periods import whole_years
from tests.console.command_line import tocsin

HEAD = "year,country,org_type,staff,number\n"
NUMBERS = {(2015, "", "un", ""): 180_100, (2015, "SSD", "", ""): 10_000, (2015, "SDN", "", ""): 5_000}


def asked(by: list[str], where: list[str]) -> Query:
    return make_query(by, ["affected"], where, as_of=date(2026, 1, 1), rate=True)


@pytest.mark.parametrize(
    ("by", "where", "group", "staff"),
    [
        (["year", "org_type"], [], (2015, "un"), 180_100),
        (["year", "country"], [], (2015, "SSD"), 10_000),
        (["country"], ["year=2015"], ("SDN",), 5_000),
        (["year"], ["country=SSD,SDN"], (2015,), 15_000),
        (["year"], ["country=SSD,KEN"], (2015,), None),
        (["year"], [], (2015,), None),
        (["year", "country"], [], (2016, "SSD"), None),
        (["year", "means"], ["country=SSD"], (2015, "shooting"), 10_000),
    ],
)
def test_a_group_has_the_staff_that_was_counted_for_exactly_it(
    by: list[str], where: list[str], group: tuple[str | int, ...], staff: int | None
) -> None:
    assert staff_of(asked(by, where), group, NUMBERS) == staff


def test_rates_come_out_as_known_on_a_day(node: Path, tmp_path: Path) -> None:
    file = tmp_path / "staff.csv"
    words = (
        "query",
        "--where",
        "year=2024",
        "--by",
        "year",
        "--measure",
        "affected",
        "--rate",
        "--home",
        node,
    )
    (without,) = tocsin(*words, "--format", "json").rows
    for day, number in (("2025-01-01", 20_000), ("2026-01-01", 40_000)):
        file.write_text(f"{HEAD}2024,,,,{number}\n")
        assert tocsin("staff", file, "--source", "us", "--published", day, "--home", node).code == 0

    (now,) = tocsin(*words, "--format", "json").rows
    (then,) = tocsin(*words, "--as-of", "2025-12-31", "--format", "json").rows

    assert without["affected_rate"] is None
    assert now["affected_rate"] == round(10_000 * now["affected"] / 40_000, 2) > 0
    assert then["affected_rate"] == round(10_000 * then["affected"] / 20_000, 2)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2024,,,,many", "row 2"),
        ("2024,Atlantis,,,5", "'Atlantis' is no country"),
        ("2024,,,,5\n2024,,,,6", "row 3: the same staff"),
    ],
)
def test_a_file_that_can_not_be_meant_changes_nothing(
    empty_node: Path, tmp_path: Path, rows: str, said: str
) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(f"{HEAD}{rows}\n")

    assert said in tocsin("staff", file, "--source", "us", "--home", empty_node).err


def test_a_rate_needs_whole_years(node: Path) -> None:
    for words in (("--by", "month"), ("--by", "country"), ("--by", "country", "--from", "2024-02-01")):
        assert "--rate" in tocsin("query", *words, "--measure", "killed", "--rate", "--home", node).err
    assert whole_years(None, None) is None
