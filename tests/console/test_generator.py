"""Made-up incidents have the columns and the margins of the published ones, and add up."""

import csv
from collections import Counter
from datetime import date
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import generator
from console.generator import EMPLOYERS, HEADER, INCIDENTS, LAST_DAY, PUBLISHED_ON, generate
from node.intake import Publication, built_in, read_publication

Row = dict[str, str]


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(csv.DictReader(StringIO(generate().decode(), newline="")))


def read(data: bytes) -> Publication:
    return read_publication(data, f"made-up_{PUBLISHED_ON}.csv", None, date(2026, 11, 23))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    assert generate(seed=3, incidents=50) == generate(seed=3, incidents=50)
    assert generate(seed=3, incidents=50) != generate(seed=4, incidents=50)


def test_every_column_is_one_that_was_published() -> None:
    titles = {column.title for one in built_in() if one.name == "awsd" for column in one.columns}

    assert len(HEADER) == 44
    assert set(HEADER) <= titles


@given(seed=st.integers(0, 10_000))
@settings(max_examples=10)
def test_every_row_is_taken_in_and_adds_up(seed: int) -> None:
    publication = read(generate(seed=seed, incidents=200))

    assert len(publication.rows) == 200
    assert publication.rejects == ()
    assert publication.published_on == PUBLISHED_ON
    # An incident of which day or month is unknown is no defect; a sum that does not add up would be.
    assert {warning.partition(": ")[2] for warning in publication.warnings} <= {
        "The day is not known.",
        "The month is not known.",
    }
    for row in publication.rows:
        affected = row.incident.count()
        assert affected > 0
        assert sum(tally.number for tally in row.incident.sexes) == affected
        assert sum(tally.number for tally in row.incident.employers) == affected


@pytest.mark.parametrize("incidents", [0, 1, 10, 11, 3_000])
def test_there_are_as_many_incidents_as_were_asked_for(incidents: int) -> None:
    assert generate(incidents=incidents).count(b"\r\n") == incidents + 1


def test_the_years_compare_as_published(rows: list[Row]) -> None:
    years = Counter(int(row["Year"]) for row in rows)
    scale = INCIDENTS / sum(generator.YEARS.values())

    assert all(abs(years[year] - number * scale) <= 1 for year, number in generator.YEARS.items())


def test_nothing_is_dated_after_its_publication(rows: list[Row]) -> None:
    dates = [(int(row["Year"]), int(row["Month"] or 1), int(row["Day"] or 1)) for row in rows]

    assert max(dates) <= (LAST_DAY.year, LAST_DAY.month, LAST_DAY.day)
    assert 0.01 < sum(not row["Day"] for row in rows) / len(rows) < 0.06
    assert 0 < sum(not row["Month"] for row in rows) / len(rows) < 0.02


def test_outcomes_staff_and_sexes_mix_as_published(rows: list[Row]) -> None:
    affected = total(rows, "Total affected")

    assert total(rows, "Total killed") / affected == pytest.approx(0.35, abs=0.04)
    assert total(rows, "Total wounded") / affected == pytest.approx(0.35, abs=0.04)
    assert total(rows, "Total kidnapped") / affected == pytest.approx(0.22, abs=0.04)
    assert total(rows, "Total detained") / affected == pytest.approx(0.08, abs=0.02)
    assert total(rows, "Total nationals") / affected == pytest.approx(0.92, abs=0.02)
    assert total(rows, "Gender Unknown") / affected == pytest.approx(0.40, abs=0.04)
    assert total(rows, "Gender Female") / affected == pytest.approx(0.094, abs=0.02)
    assert affected / len(rows) == pytest.approx(1.74, abs=0.1)


@pytest.mark.parametrize(
    ("column", "margin"),
    [
        ("Country Code", generator.COUNTRIES),
        ("Means of attack", {one.name: one.weight for one in generator.MEANS}),
        ("Location", generator.LOCATION),
        ("Motive", generator.MOTIVE),
        ("Actor type", generator.ACTOR),
        ("Verified", generator.VERIFIED),
        ("Source", generator.SOURCE),
    ],
)
def test_codes_come_as_often_as_published(rows: list[Row], column: str, margin: generator.Margin) -> None:
    found = Counter(row[column] for row in rows)

    assert set(found) <= set(margin)
    for value, weight in margin.items():
        assert found[value] / len(rows) == pytest.approx(weight / sum(margin.values()), abs=0.03), value


def test_employers_share_as_published(rows: list[Row]) -> None:
    employed = {name: sum(int(row[name]) > 0 for row in rows) / len(rows) for name in EMPLOYERS}

    for name, weight in generator.EMPLOYER.items():
        assert employed[name] == pytest.approx(weight / 100, abs=0.03), name


def total(rows: list[Row], column: str) -> int:
    return sum(int(row[column]) for row in rows)
