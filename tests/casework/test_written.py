"""Numbers, days, moments and States in six languages, beside Babel, which has all of the CLDR at hand."""

from datetime import UTC, date, datetime

import pytest
from babel import Locale
from babel.core import get_global
from babel.dates import format_date, format_datetime, format_skeleton
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from casework.vocabulary.words import LANGUAGES, words
from casework.vocabulary.written import written

DAYS = tuple(date(2026, month, day) for month in range(1, 13) for day in (1, 9, 28))
languages = pytest.mark.parametrize("language", LANGUAGES)


def of_days(language: str) -> str:
    """The locale by which days are written; the United Nations write the day before the month."""
    return "en_GB" if language == "en" else language


@languages
def test_days_and_what_is_coarser_read_as_the_cldr_has_them(language: str) -> None:
    said, locale = written(language), of_days(language)
    for day in DAYS:
        assert said.day(day) == format_date(day, "long", locale=locale)
        assert said.month(day) == format_skeleton("yMMMM", day, locale=locale)
        assert said.short_month(day) == format_skeleton("yMMM", day, locale=locale)
        assert said.quarter(day) == format_skeleton("yQQQ", day, locale=locale)
        assert said.year(day) == format_skeleton("y", day, locale=locale)
    alone = Locale.parse(language).months["stand-alone"]["wide"]
    assert list(said.names_of_months) == [alone[number] for number in range(1, 13)]


@languages
@given(at=st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - bounds are naive
def test_moments_read_as_the_cldr_has_them(language: str, at: datetime) -> None:
    assert written(language).moment(at) == format_datetime(at, "medium", locale=language)


@languages
@given(number=st.integers(-(10**15), 10**15) | st.floats(-1e12, 1e12))
def test_numbers_read_as_the_cldr_has_them(language: str, number: float) -> None:
    assert written(language).number(number) == format_decimal(number, locale=language)


def test_examples_of_numbers() -> None:
    assert written("en").number(1234567) == "1,234,567"
    assert written("fr").number(1234.5) == "1\u202f234,5"
    assert written("es").number(100) == "100"
    assert written("ru").number(-0.0625) == "-0,062"


@languages
def test_every_state_has_its_name_and_its_language_its_direction(language: str) -> None:
    locale, said = Locale.parse(language), words(language)
    short = {code: two for code, (two, *_) in get_global("territory_aliases").items() if len(code) == 3}
    states = {
        code: locale.territories[two]
        for code, two in short.items()
        if code.isalpha() and two in locale.territories
    }
    assert len(states) > 249
    assert dict(written(language).states) == states
    assert said.state("SSD") == states["SSD"]
    assert said.state("XQX") == "XQX"
    assert said.right_to_left is (locale.text_direction == "rtl")
