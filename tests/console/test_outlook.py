"""`tocsin outlook` says what may come, how often that was right, and what must stand beside it."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin

HEAD = "Reference,Date,Country,Violence or safety,What was done,Killed: national staff,Killed: international staff"


def line(reference: str, day: str, killed: int = 1) -> str:
    return f"{reference},{day},South Sudan,violence,Shooting,{killed},0"


def publication(folder: Path, *lines: str) -> Path:
    file = folder / "own.csv"
    file.write_text("\n".join([HEAD, *lines]))
    return file


def rows_of(node: Path, *words: str) -> dict[str, dict[str, object]]:
    asked = tocsin("outlook", *words, "--format", "json", "--home", node)
    assert asked.code == 0, asked.err
    return {str(row["country"]): row for row in asked.rows}


def test_every_kind_names_unit_day_sources_and_how_it_is_worked_out(node: Path) -> None:
    for kind in ("trend", "forecast", "unusual"):
        asked = tocsin("outlook", kind, "--top", "2", "--as-of", "2026-01-01", "--home", node)

        assert asked.code == 0, asked.err
        names = {line.partition(": ")[0] for line in asked.lines}
        assert {
            "method",
            "record",
            "whole months",
            "unit",
            "as of",
            "sources",
            "definition",
            "coverage",
        } <= names
        assert "not shown" in names
        assert "verdict" in asked.lines[0]


def test_a_file_of_two_lines_refuses_to_say_anything(empty_node: Path, tmp_path: Path) -> None:
    assert "nothing is known" in tocsin("outlook", "trend", "--home", empty_node).err
    file = publication(tmp_path, line("A1", "2025-01-14"), line("A2", "2025-04-01", 2))
    assert tocsin("import", file, "--published", "2025-07-01", "--home", empty_node).code == 0

    rows = {kind: rows_of(empty_node, kind)["SSD"] for kind in ("trend", "forecast", "unusual")}

    assert rows["trend"]["verdict"] == rows["forecast"]["verdict"] == "too few data: nothing is said"
    assert (rows["unusual"]["unusual"], rows["unusual"]["verdict"]) == ("too few", "too few to say")
    assert (rows["trend"]["last_year"], rows["forecast"]["forecast"]) == (2, None)


def test_a_sudden_month_is_unusual_and_is_not_whole_before_its_time(empty_node: Path, tmp_path: Path) -> None:
    lines = [line(f"B{at}", f"{2023 + at // 12}-{at % 12 + 1:02}-05") for at in range(28)]
    lines += [line(f"C{at}", f"2025-05-{at + 1:02}") for at in range(9)]
    file = publication(tmp_path, *lines)
    assert tocsin("import", file, "--published", "2025-06-20", "--home", empty_node).code == 0

    waited = rows_of(empty_node, "unusual")["SSD"]
    at_once = rows_of(empty_node, "unusual", "--wait", "0", "--measure", "killed")["SSD"]

    assert (waited["month"], waited["number"], waited["unusual"]) == ("2025-04", 1, "too few")
    assert (at_once["month"], at_once["number"], at_once["unusual"]) == ("2025-05", 9, "yes")
    assert (at_once["expected"], at_once["bound"]) == (1.0, 2.5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trend", "--by", "year"), "--by: year is time"),
        (("trend", "--measure", "contributors"), "--measure: name one"),
        (("trend", "--wait", "99"), "--wait: 99 is not between"),
        (("unusual", "--method", "oracle"), "--method: 'oracle' is none of ears-c1"),
    ],
)
def test_what_can_not_be_asked_is_refused_by_name(node: Path, words: tuple[str, ...], said: str) -> None:
    asked = tocsin("outlook", *words, "--home", node)

    assert asked.code == 1
    assert said in asked.err


def test_of_several_sources_the_one_to_name_is_asked_for(node: Path, tmp_path: Path) -> None:
    file = publication(tmp_path, line("A1", "2019-01-14"))
    assert tocsin("import", file, "--published", "2020-01-01", "--home", node).code == 0

    assert "sources differ: several sources" in tocsin("outlook", "trend", "--by", "all", "--home", node).out
    assert "sources differ" not in tocsin("outlook", "trend", "--where", "source=own", "--home", node).out


def test_for_outsiders_the_outlook_is_of_own_records_and_says_whom_to_ask(node: Path) -> None:
    asked = tocsin("outlook", "trend", "--by", "all", "--for", "outsiders", "--home", node)

    assert "left out: what peers shared" in asked.out
