"""A question is checked before anything is counted, and a refusal says what could be asked instead."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.dimensions import (
    BY_NAME,
    COLUMN_DIMENSIONS,
    DIMENSIONS,
    MEASURED,
    SPLIT_DIMENSIONS,
    TIME_DIMENSIONS,
    Kind,
    split_columns,
)
from node.errors import QueryError
from node.facts import COLUMNS, EMPLOYERS
from node.measures import make_query
from node.model import Outcome, Sex, Staff

TODAY = date(2026, 11, 23)
NAMES = {column.name for column in COLUMNS}


@pytest.mark.parametrize(
    ("by", "measures", "where", "said"),
    [
        (["colour"], ["incidents"], [], ["--by", "'colour'", "quarter", "org_type"]),
        (["year", "year"], ["incidents"], [], ["--by", "year stands twice"]),
        ([], ["deaths"], [], ["--measure", "'deaths'", "killed", "incidents"]),
        ([], ["wounded", "injured"], [], ["--measure", "injured stands twice"]),
        ([], ["incidents"], ["means"], ["--where", "'means'", "means=shooting"]),
        ([], ["incidents"], ["means="], ["--where", "'means='"]),
        ([], ["incidents"], ["colour=red"], ["--where", "'colour'", "means"]),
        ([], ["incidents"], ["month=2015-03"], ["--where", "'month'", "year"]),
        ([], ["incidents"], ["means=magic"], ["--where", "'magic' is no means", "shooting"]),
        ([], ["incidents"], ["means=shooting,magic"], ["--where", "'magic'"]),
        ([], ["incidents"], ["admin1=Unity,,Leer"], ["--where", "empty"]),
        ([], ["incidents"], ["means=shooting", "means=shelling"], ["--where", "means stands twice"]),
        ([], ["incidents"], ["country=Atlantis"], ["--where", "'Atlantis'", "three-letter"]),
        ([], ["incidents"], ["year=last"], ["--where", "'last' is not a year"]),
        ([], ["incidents"], ["year=99999999999999999999"], ["--where", "is not a year"]),
        ([], ["incidents"], ["year=\N{ARABIC-INDIC DIGIT TWO}015"], ["--where", "is not a year"]),
        ([], ["incidents"], ["admin1=a\0b"], ["--where", "admin1"]),
        ([], ["incidents"], ["admin1=\udcff"], ["--where", "admin1"]),
        ([], ["incidents"], ["cause=war"], ["--where", "'war' is no cause", "violence"]),
        ([], ["incidents"], ["certainty=sure"], ["--where", "rumour"]),
        ([], ["incidents"], ["staff=expat"], ["--where", "international"]),
        ([], ["incidents"], ["sex=m"], ["--where", "male"]),
        ([], ["incidents"], ["org_type=unhcr"], ["--where", "INGO"]),
        ([], ["incidents"], ["actor_group=army"], ["--where", "non_state"]),
        (["sex", "staff"], ["incidents"], [], ["staff and sex can not be crossed"]),
        (["sex"], ["incidents"], ["org_type=un"], ["sex and org_type can not be crossed"]),
        (["sex"], ["killed"], [], ["--measure", "killed by sex", "affected"]),
        ([], ["detained"], ["org_type=un"], ["--measure", "detained by org_type"]),
        (["staff"], ["abducted_kika"], [], ["--measure", "abducted_kika by staff"]),
        (["harm", "resource"], ["incidents"], [], ["--by", "several of harm and of resource"]),
        (["staff", "fate"], ["incidents"], [], ["--by", "several of staff and of fate"]),
        (["country"], ["harms"], [], ["--measure", "harm, resource, hcid"]),
        ([], ["incidents"], ["harm=noise"], ["--where", "'noise' is no harm", "facility_damaged"]),
        (["staff"], ["killed_in_detention"], [], ["--measure", "killed_in_detention by staff"]),
    ],
)
def test_a_question_that_can_not_be_asked_is_refused_with_what_can(
    by: list[str], measures: list[str], where: list[str], said: list[str]
) -> None:
    with pytest.raises(QueryError) as refused:
        make_query(by, measures, where, as_of=TODAY)

    assert [part for part in said if part not in str(refused.value)] == []


def test_a_period_has_its_first_day_first() -> None:
    with pytest.raises(QueryError, match="--from is later than --to"):
        make_query([], ["incidents"], [], as_of=TODAY, first=date(2020, 1, 2), last=date(2020, 1, 1))


def test_a_question_is_understood_in_the_words_of_its_asker() -> None:
    query = make_query(
        ["year"],
        ["wounded", "kidnapped"],
        ["country=South Sudan, SDN,unknown", "certainty=unknown", "staff=national"],
        as_of=TODAY,
    )

    assert query.measures == ("injured", "abducted")
    assert query.where == (
        ("country", ("SSD", "SDN", "unknown")),
        ("certainty", ("unknown",)),
        ("staff", ("national",)),
    )
    assert make_query([], ["affected"], ["org_type=un,Ingo"], as_of=TODAY).where == (
        ("org_type", ("UN", "INGO")),
    )


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_everything_that_can_be_grouped_by_is_counted(dimension: str) -> None:
    query = make_query([dimension], ["incidents", "affected"], [], as_of=TODAY)

    assert query.split == (dimension if dimension in SPLIT_DIMENSIONS else None)
    assert query.grain == (dimension if dimension in {"year", *TIME_DIMENSIONS} else None)


def test_dimensions_and_measures_are_columns() -> None:
    assert {name for name in COLUMN_DIMENSIONS if BY_NAME[name].kind is Kind.COLUMN} <= NAMES
    assert all(set(one.columns) <= NAMES for one in MEASURED.values())
    assert len(MEASURED["affected"].columns) == len(Outcome) * len(Staff)
    assert set(split_columns("sex", "affected")) == set(Sex)
    assert set(split_columns("org_type", "affected")) == set(EMPLOYERS)
    assert set(split_columns("staff", "killed")) == set(Staff)
    for dimension in SPLIT_DIMENSIONS:
        assert {name for names in split_columns(dimension, "affected").values() for name in names} <= NAMES


@pytest.mark.parametrize(
    ("by", "more", "said"),
    [
        ([], {"compare": "last year"}, ["--compare", "'last year'", "previous"]),
        ([], {"compare": "2026-11-23"}, ["--compare", "not before"]),
        ([], {"compare": "previous"}, ["--compare", "--from and --to", "by year"]),
        (["year", "month"], {"compare": "previous"}, ["--compare", "year and month"]),
        (["year"], {"compare": "previous", "where": ["year=2015"]}, ["--compare", "not with year="]),
        (["year"], {"top": -1}, ["--top", "-1"]),
        ([], {"top": 3}, ["--top", "--by"]),
        (["year"], {"share": ["country"]}, ["--share", "'country' is not grouped by"]),
        (["year"], {"share": ["year", "year"]}, ["--share", "twice"]),
        (["year", "sex"], {"share": ["year"]}, ["--share", "under each sex", "leave incidents out"]),
        ([], {"share": ["all"], "measures": ["contributors"]}, ["--share", "contributors"]),
    ],
)
def test_what_stands_beside_figures_has_to_mean_something(
    by: list[str], more: dict[str, Any], said: list[str]
) -> None:
    asked = {"measures": ["incidents"], "where": [], **more}

    with pytest.raises(QueryError) as refused:
        make_query(by, asked.pop("measures"), asked.pop("where"), as_of=TODAY, **asked)

    assert [part for part in said if part not in str(refused.value)] == []


@given(st.text(), st.text(), st.text())
def test_whatever_is_asked_only_our_error_comes_out(by: str, measure: str, where: str) -> None:
    with pytest.raises(QueryError):
        make_query([by], [measure], [where, f"means={where}", f"country={where}"], as_of=TODAY)
