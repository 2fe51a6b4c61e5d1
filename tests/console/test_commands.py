"""The commands as a security officer uses them, from the first folder to the last check."""

import csv
import sqlite3
from io import StringIO
from pathlib import Path

from console.generator import HEADER, generate
from node.dimensions import DIMENSIONS
from tests.console.command_line import tocsin
from tests.console.conftest import INCIDENTS


def test_a_new_node_tells_where_its_keys_lie_and_what_comes_next(tmp_path: Path) -> None:
    home = tmp_path / "node"

    made = tocsin("init", home, "--org", "alpha", "--type", "ingo")

    assert made.code == 0
    assert f"{home / 'keys'}: keep a copy" in made.err
    assert f"Next: tocsin import FILE --home {home}" in made.err
    assert oct(home.stat().st_mode & 0o777) == "0o700"
    assert all(oct(key.stat().st_mode & 0o777) == "0o600" for key in home.glob("keys/*.key"))


def test_the_home_may_be_named_by_the_environment(node: Path) -> None:
    assert tocsin("query", TOCSIN_HOME=str(node)).out == tocsin("query", "--home", node).out


def test_an_import_counts_what_it_did_and_a_second_one_changes_nothing(
    empty_node: Path, publication: Path
) -> None:
    first = tocsin("import", publication, "--home", empty_node, "--format", "json")
    second = tocsin("import", publication, "--home", empty_node, "--format", "json")

    nothing = {"accepted": 0, "updated": 0, "unchanged": 0, "withdrawn": 0, "quarantined": 0}
    assert first.rows == [nothing | {"accepted": INCIDENTS}]
    assert second.rows == [nothing | {"unchanged": INCIDENTS}]
    assert "Published on 2025-12-18 (file name)." in first.err


def test_refused_rows_are_told_and_written_with_their_reasons(empty_node: Path, tmp_path: Path) -> None:
    rows = list(csv.DictReader(StringIO(generate(incidents=3).decode(), newline="")))
    rows[1]["Year"] = "20l5"
    file, rejects = tmp_path / "damaged_2025-12-18.csv", tmp_path / "rejects.csv"
    with file.open("w", newline="") as text:
        table = csv.DictWriter(text, HEADER)
        table.writeheader()
        table.writerows(rows)

    told = tocsin("import", file, "--home", empty_node)
    written = tocsin("import", file, "--home", empty_node, "--rejects", rejects)

    assert told.code == written.code == 0
    assert "Row 3 refused: Year: '20l5'" in told.err
    (row,) = csv.DictReader(StringIO(rejects.read_text(), newline=""))
    assert row["Row"] == "3"
    assert row["Why"].startswith("Year")


def test_an_answer_is_a_table_json_or_clean_csv_with_the_same_figures(node: Path) -> None:
    words = ("query", "--by", "year", "--measure", "incidents,killed", "--home", node)
    table, json_, csv_ = (tocsin(*words, "--format", style) for style in ("table", "json", "csv"))

    listed = list(csv.reader(StringIO(csv_.out)))
    assert listed[0] == ["year", "incidents", "killed"]
    assert [list(map(str, row.values())) for row in json_.rows] == listed[1:]
    assert [line.split() for line in table.lines[: len(listed)]] == listed
    assert sum(int(row[1]) for row in listed[1:]) == INCIDENTS


def test_unit_day_and_sources_stand_beside_every_figure(node: Path) -> None:
    words = ("query", "--as-of", "2026-01-01", "--home", node, "--format")

    for text in (tocsin(*words, "table").out, tocsin(*words, "csv").err):
        assert "unit: incidents and affected persons" in text
        assert "as of: 2026-01-01" in text
        assert "sources: awsd, published 2025-12-18" in text
        assert "no record does not mean no incident" in text
    assert '"unit": "incidents and affected persons"' in tocsin(*words, "json").out


def test_before_its_publication_nothing_was_known(node: Path) -> None:
    assert tocsin("query", "--as-of", "2025-12-17", "--home", node, "--format", "json").rows == []


def test_every_dimension_can_be_asked_for(node: Path) -> None:
    for dimension in DIMENSIONS:
        asked = tocsin(
            "query", "--by", dimension, "--measure", "incidents", "--home", node, "--format", "json"
        )
        assert asked.code == 0, dimension
        assert sum(row["incidents"] for row in asked.rows) >= INCIDENTS, dimension


def test_no_spreadsheet_takes_a_place_for_a_formula(empty_node: Path, tmp_path: Path) -> None:
    text = generate(incidents=40).decode().replace("North", "=HYPERLINK(1)")
    file = tmp_path / "formulas_2025-12-18.csv"
    file.write_text(text, newline="")
    tocsin("import", file, "--home", empty_node)

    answer = tocsin("query", "--by", "admin1", "--format", "csv", "--home", empty_node)

    places = [row[0] for row in csv.reader(StringIO(answer.out))]
    assert "'=HYPERLINK(1)" in places
    assert not any(place.startswith("=") for place in places)


def test_a_preview_shows_every_value_and_nothing_leaves(node: Path) -> None:
    preview = tocsin("share", "--tier", "peer", "--all", "--dry-run", "--format", "json", "--home", node)

    leaving = {row["record"] for row in preview.rows if row["what"] == "leaves"}
    held = {row["record"]: row["rule"] for row in preview.rows if row["what"] == "held"}
    assert len(leaving) + len(held) == INCIDENTS
    assert set(held.values()) <= {"R14", "R15"}
    assert "R14" in held.values()
    assert {row["audience"] for row in preview.rows if row["what"] == "leaves"} == {"peer"}
    assert "Made up:" not in preview.out  # the narrative
    assert _log_size(node) == 0


def test_what_is_shared_is_what_was_previewed_and_once(node: Path) -> None:
    words = ("share", "--tier", "peer", "--where", "means=shooting", "--home", node, "--format", "json")
    previewed = {row["record"] for row in tocsin(*words, "--dry-run").rows if row["what"] == "leaves"}

    first, second = tocsin(*words), tocsin(*words)

    assert first.rows == [{"released": len(previewed), "called back": 0, "held": 0, "unchanged": 0}]
    assert second.rows == [{"released": 0, "called back": 0, "held": 0, "unchanged": len(previewed)}]
    assert _log_size(node) == len(previewed)


def test_a_record_is_shared_by_the_id_that_the_preview_shows(node: Path) -> None:
    preview = tocsin("share", "--tier", "public", "--all", "--dry-run", "--format", "json", "--home", node)
    record = next(row["record"] for row in preview.rows if row["what"] == "leaves")

    shared = tocsin("share", "--tier", "public", "--id", record, "--home", node, "--format", "json")

    assert record.startswith("awsd:")
    assert shared.rows[0]["released"] == 1


def test_held_records_are_pointed_out(node: Path) -> None:
    shared = tocsin("share", "--tier", "peer", "--where", "means=rape_sexual_assault", "--home", node)

    assert shared.code == 0
    assert "Held records do not leave; --dry-run names each" in shared.err
    assert _log_size(node) == 0


def test_a_withdrawn_record_is_called_back_with_the_next_share(
    node: Path, publication: Path, tmp_path: Path
) -> None:
    tocsin("share", "--tier", "peer", "--all", "--home", node)
    released = _log_size(node)
    later = tmp_path / "made-up_2026-01-31.csv"
    later.write_bytes(b"\r\n".join(publication.read_bytes().split(b"\r\n")[:-2]) + b"\r\n")
    tocsin("import", later, "--home", node)

    shared = tocsin("share", "--updates", "--home", node, "--format", "json")

    assert shared.rows[0]["called back"] == 1
    assert _log_size(node) == released + 1


def test_a_sound_node_passes_its_check(node: Path) -> None:
    tocsin("share", "--tier", "peer", "--all", "--home", node)

    checked = tocsin("check", "--home", node, "--format", "json")

    assert checked.code == 0
    assert checked.rows[0] == {"verified": "records", "number": INCIDENTS}
    assert checked.rows[1]["number"] == _log_size(node)
    assert '"faults": "none"' in checked.out


def test_a_changed_record_fails_the_check(node: Path) -> None:
    with sqlite3.connect(node / "node.db") as database:
        database.execute("UPDATE revision SET document = replace(document, 'shooting', 'shelling')")
    database.close()

    checked = tocsin("check", "--home", node)

    assert checked.code == 1
    assert "faults: " in checked.out


def test_the_version_is_printed() -> None:
    assert tocsin("version").out.startswith("0.")


def _log_size(home: Path) -> int:
    database = sqlite3.connect(home / "node.db")
    try:
        (size,) = database.execute("SELECT size FROM log WHERE origin_id = 'alpha'").fetchone()
        return int(size)
    finally:
        database.close()
