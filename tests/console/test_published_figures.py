"""The published figures of the Aid Worker Security Database, asked for on the command line."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin

HEADER = "year,incidents,affected,killed,injured,abducted,detained"
OLD = "2015,148,287,109,110,68,0"
NEW = "2015,157,297,111,110,71,5"


@pytest.fixture
def incidents(shared: Path) -> Path:
    return shared / "data" / "incidents"


@pytest.mark.slow
def test_2015_is_counted_as_it_was_published_in_2016(empty_node: Path, incidents: Path) -> None:
    tocsin("import", incidents / "awsd_security_incidents_2016-10-03.csv", "--home", empty_node)

    asked = tocsin(
        "query", "--from", "2015-01-01", "--to", "2015-12-31", "--format", "csv", "--home", empty_node
    )

    assert asked.lines == [HEADER, OLD]


@pytest.mark.slow
def test_both_publications_stay_countable_side_by_side(empty_node: Path, incidents: Path) -> None:
    for file in ("awsd_security_incidents_2025-12-18.csv", "awsd_security_incidents_2016-10-03.csv"):
        assert tocsin("import", incidents / file, "--home", empty_node).code == 0
    words = ("query", "--where", "year=2015", "--format", "csv", "--home", empty_node)

    assert tocsin(*words, "--as-of", "2016-10-03").lines == [HEADER, OLD]
    assert tocsin(*words, "--as-of", "2025-12-17").lines == [HEADER, OLD]
    assert tocsin(*words, "--as-of", "2025-12-18").lines == [HEADER, NEW]
    assert tocsin(*words).lines == [HEADER, NEW]
    assert tocsin(*words, "--as-of", "2016-10-02").lines == [HEADER]
