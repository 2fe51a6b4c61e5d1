"""A question written down as a link is the same question when it is read, and no text but a question is one."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audience import Purpose
from node.dimensions import (
    BY_NAME,
    DETAIL_DIMENSIONS,
    DIMENSIONS,
    MEASURES,
    SPLIT_DIMENSIONS,
    TIME_DIMENSIONS,
    values_of,
)
from node.errors import PurposeError, QueryError
from node.measures import MAX_TOP, Query, make_query
from node.query_text import MAX_TEXT, read_query, write_query

TODAY = date(2026, 11, 23)
PLAIN = [name for name in DIMENSIONS if name not in {*SPLIT_DIMENSIONS, *DETAIL_DIMENSIONS}]
DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


def values(name: str) -> st.SearchStrategy[list[str]]:
    known = values_of(name)
    one = st.sampled_from(sorted(known)) if known else NAMES
    return st.lists(st.sampled_from(["2015", "2023"]) if name == "year" else one, min_size=1, max_size=3)


@st.composite
def questions(draw: st.DrawFn) -> Query:
    """Any question that can be asked."""
    by = draw(st.lists(st.sampled_from([*PLAIN, "staff"]), max_size=4, unique=True))
    names = [name for name in BY_NAME if name not in {*TIME_DIMENSIONS, "sex", "org_type"}]
    where = [
        (name, draw(values(name))) for name in draw(st.lists(st.sampled_from(names), max_size=3, unique=True))
    ]
    first, last = sorted((draw(DAYS), draw(DAYS)))
    more: dict[str, Any] = {
        "first": draw(st.sampled_from([first, None])),
        "last": draw(st.sampled_from([last, None])),
        "own_only": draw(st.booleans()),
        "purpose": draw(st.sampled_from(Purpose)),
        "compare": draw(st.sampled_from(["", "previous", "2016-10-03"])),
        "top": draw(st.integers(0, MAX_TOP)),
        "rate": draw(st.booleans()),
        "share": draw(st.sampled_from([None, ["all"], by[:1]])),
    }
    measures = draw(st.lists(st.sampled_from(MEASURES), max_size=4, unique=True))
    try:
        return make_query(by, measures, where, as_of=draw(st.dates(date(2017, 1, 1))), **more)
    except QueryError:  # parts that do not go together are drawn again without what stands beside figures
        return make_query(
            by, [name for name in measures if name in {"incidents", "affected"}], where, as_of=TODAY
        )


@given(questions())
def test_a_question_comes_out_of_its_text_as_it_went_in(query: Query) -> None:
    text = write_query(query)

    assert text.isascii()
    assert read_query(text, date(1999, 9, 9)) == query
    assert read_query(f"?{text}", date(1999, 9, 9)) == query


def test_a_question_reads_as_a_person_would_write_it() -> None:
    asked = (
        "by=year,country&measure=wounded&country=SSD,South+Sudan,C%C3%B4te%20d%27Ivoire&from=2015-01-01&top=5"
    )

    query = read_query(asked, TODAY)

    assert query == make_query(
        ["year", "country"],
        ["injured"],
        ["country=SSD,SSD,CIV"],
        as_of=TODAY,
        first=date(2015, 1, 1),
        top=5,
    )
    assert write_query(query) == (
        "by=year,country&measure=injured&from=2015-01-01&as-of=2026-11-23&top=5&country=SSD,SSD,CIV"
    )
    assert read_query("", TODAY) == make_query(["year"], ["incidents"], [], as_of=TODAY)


def test_a_comma_within_a_name_is_no_comma_between_names() -> None:
    assert read_query("by=&admin1=Bor%2C+South,Wau", TODAY).where == (("admin1", ("Bor, South", "Wau")),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nation=SSD", "'nation' is none of by, measure"),
        ("month=3", "'month' is none of"),
        ("by=year&by=country", "by: stands twice"),
        ("from=yesterday", "from: 'yesterday' is not a day"),
        ("to=2015-01-01,2016-01-01", "to: only one"),
        ("for=donors", "for: 'donors'"),
        ("top=-1", "top: '-1' is not a number"),
        ("top=\u0663", "is not a number"),
        ("admin1=%ff", "not in UTF-8"),
        ("country=", "empty"),
        ("admin1=%00", "admin1"),
        ("x" * (MAX_TEXT + 1), "longer than"),
    ],
)
def test_a_text_that_is_no_question_is_refused_with_the_part_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(QueryError) as refused:
        read_query(text, TODAY)

    assert said in str(refused.value)


@given(st.text() | st.lists(st.sampled_from("&=,%+?byearcountry019-"), max_size=40).map("".join))
def test_whatever_is_written_only_our_error_comes_out(text: str) -> None:
    with suppress(QueryError, PurposeError):
        assert isinstance(read_query(text, TODAY), Query)
