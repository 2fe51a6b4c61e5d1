"""The indicators in the console: bounds, definitions and days on the page, the same figures in every file."""

import json
from collections.abc import Callable, Iterator

import pytest

from casework.board import Counting
from casework.vocabulary.words import words
from console.web.languages import LANGUAGES
from tests.console.web.test_lists import check_taken_away
from tests.console.web.test_officer import Place, office, place
from tests.support.browser import Browser
from tests.support.offices import say

pytestmark = pytest.mark.slow
__all__ = ["office", "place"]
PAGE = "/cases/figures"
InLanguage = Callable[[Browser, str], None]


@pytest.fixture
def reads(place: Place) -> Iterator[InLanguage]:
    """Lets somebody read in a language, until the end of the test."""
    asked: list[Browser] = []

    def choose(browser: Browser, language: str) -> None:
        key = browser.get("/account").form("/account/language")["form_key"]
        assert browser.post("/account/language", {"form_key": key, "language": language}).status == 303
        asked.append(browser)

    yield choose
    for browser in tuple(asked):
        choose(browser, "en")
    assert place.uid


def test_every_indicator_stands_there_with_its_bounds_and_what_it_means(place: Place) -> None:
    browser, desk = place.at("ops"), place.office.desks["ops"]
    say(desk, place.uid, "investigation_opened", 30, investigation="V1", body="police")
    shown, found = browser.get(PAGE), desk.figures(Counting())
    for line in found.lines:
        assert f'id="{line.indicator.rstrip("ab")}"' in shown.text
    assert {f"I{number}" for number in range(1, 26)} <= {line.indicator for line in found.lines}
    assert words("en").word("indicator", "I13") in shown.words
    assert f"Definition {found.definition}" in shown.words
    unknown = next(line for line in found.lines if line.unknown and line.at_most and "%" in line.at_most)
    assert f'width="{unknown.at_most.rstrip("%")}" height="6" class="perhaps"' in shown.text  # type: ignore[union-attr]
    plain = json.loads(browser.get(f"{PAGE}.json").text)
    assert [tuple(one.values()) for one in plain["rows"]] == [tuple(one) for one in found.lines]
    assert (plain["definition"], plain["valid_as_of"], plain["for"]) == (
        found.definition,
        str(desk.today),
        "internal use",
    )
    check_taken_away(browser, PAGE)
    assert "I26" not in shown.words.replace("I1 to I26", "")
    assert 'id="I26"' not in shown.text
    assert 'id="I26"' in place.at("focal").get(PAGE).text


def test_figures_are_asked_as_of_days_and_what_can_not_be_asked_is_named(place: Place) -> None:
    browser = place.at("ops")
    before = json.loads(browser.get(f"{PAGE}.json?as_of=2020-01-01&known_as_of=2020-01-01").text)
    assert before["valid_as_of"] == "2020-01-01"
    assert json.loads(browser.get(f"{PAGE}.json?state=SSD").text)["cases"] == "0"
    for asked in ("as_of=soon", "known_as_of=2026-13-01", "population=-1", "staff=1e9", "state=XXX"):
        shown = browser.get(f"{PAGE}?{asked}")
        assert (shown.status, 'class="faults"' in shown.text) == (422, True), asked
        assert browser.get(f"{PAGE}.csv?{asked}").status == 422
    assert browser.get(f"{PAGE}?as_of=1066-10-14").status == 422  # nothing can be counted from there


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
def test_page_and_print_are_in_the_language_of_the_reader(
    language: str, place: Place, reads: InLanguage
) -> None:
    browser, said = place.at("ops"), words(language)
    reads(browser, language)
    for shown in (browser.get(PAGE), browser.get(f"{PAGE}.print")):
        assert shown.size < 50_000
        for told in (
            said.word("indicator", "I3"),
            said.word("counted", "demarche sent"),
            said.word("unit", "clocks"),
        ):
            assert told in shown.words
        for english in ("no cases", "not reached", "overdue by", "host State", "among the answered"):
            assert english not in shown.words
