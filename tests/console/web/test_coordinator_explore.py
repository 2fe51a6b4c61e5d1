"""What a coordinator explores: the same questions and answers as `tocsin query`, in the address and in words."""

import csv
import json
import re
from collections.abc import Callable
from datetime import date
from html import unescape
from io import StringIO

import pytest

from console.exports import sheet_of
from console.remarks import remarks
from console.web.coordinator.asking import FACETS, OPEN, facets, narrowed, read_link
from console.web.coordinator.explore import explore
from console.web.roles import Role
from console.web.visit import Page, Visit, Works
from node.intake import Publication, Row
from node.measures import Query
from node.query import answer, changes
from node.query_text import read_query, write_query
from node.record import import_publication
from tests.console.web.conftest import INCIDENTS, NOW
from tests.support.browser import Browser, Shown
from tests.support.incidents import SHOOTING

TODAY = NOW.date()
EARLIER = date(2026, 1, 2)
PUBLISHED_AGAIN = date(2026, 3, 1)
QUESTIONS = (
    "by=country&measure=incidents,killed&share=all&top=3&as-of=2026-05-04",
    "by=year,means&measure=affected&as-of=2026-05-04&country=SSD,SDN",
    "by=month&measure=incidents,injured&as-of=2026-05-04",
    "by=&measure=incidents,contributors&as-of=2026-05-04",
    "by=country&measure=incidents&from=2024-01-01&to=2024-12-31&as-of=2026-05-04&compare=previous",
    "by=staff&measure=killed&as-of=2026-05-04&share=staff&purpose=analysis",
    "by=admin1,actor_group&measure=incidents&as-of=2026-05-04&for=outsiders",
    "by=fate&measure=incidents&as-of=2026-05-04",
)


@pytest.fixture(scope="module", autouse=True)
def published_again(works: Works) -> None:
    """The same source once more, with one incident less and one more."""
    kept = [(key, one) for key, one in INCIDENTS.items() if key != "b"] + [("z", SHOOTING)]
    rows = tuple(Row(at, key, one, ()) for at, (key, one) in enumerate(kept))
    part = Publication("awsd", PUBLISHED_AGAIN, "", (), rows, (), ())
    import_publication(works.store, part, b"f" * 32, NOW)


@pytest.fixture
def browser(signed_in: Callable[[Role], Browser]) -> Browser:
    return signed_in(Role.COORDINATOR)


def asked(text: str) -> Query:
    return read_query(text, TODAY)


def visit_of(works: Works, text: str) -> Visit:
    pairs = [part.partition("=")[::2] for part in text.split("&")]
    return Visit(works, "/explore", text, {name: (value,) for name, value in pairs}, {}, "en")


def cells(shown: Shown) -> list[list[str]]:
    rows = re.findall(r"<tr>(.*?)</tr>", shown.text.rpartition("<tbody>")[2], re.DOTALL)
    found = ([" ".join(one.split()) for one in re.findall(r"<td[^>]*>(.*?)</td>", row)] for row in rows)
    return [[unescape(cell) for cell in row] for row in found]


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_question_in_the_address_is_that_of_the_command_line(
    text: str, works: Works, browser: Browser
) -> None:
    query = asked(text)
    found = answer(works.store, query)
    sheet = sheet_of(found, remarks(found))

    shown = browser.get(f"/explore?{text}")
    header, tags, *rows = csv.reader(
        StringIO(browser.get(f"/explore.csv?{text}").text.removeprefix("\ufeff"), newline="")
    )
    plain = json.loads(browser.get(f"/explore.json?{text}").text)

    assert shown.status == 200
    assert len(cells(shown)) == len(found.rows)
    for said, row in zip(cells(shown), found.rows, strict=True):
        figures = [str(cell).rstrip("0").rstrip(".") for cell in row[len(query.by) :] if cell]
        assert all(cell in "".join(said).replace(",", "") for cell in figures)
    assert (header, tags) == (list(found.header), list(sheet.tags))
    assert rows == [["" if cell is None else str(cell) for cell in row] for row in found.rows]
    assert plain["unit"] == found.unit
    for note in ("unit", "as_of", "sources", "definition", "coverage", "incidents"):
        assert note in plain
        assert note.replace("_", " ") in shown.words
    assert write_query(read_link(dict(_fields(text)), TODAY)) == write_query(query)


def _fields(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(name, (value,)) for name, _, value in (part.partition("=") for part in text.split("&"))]


def test_the_form_of_an_answer_asks_the_same_question_again(browser: Browser) -> None:
    shown = browser.get(f"/explore?{QUESTIONS[4]}&means=shooting")
    form = shown.form("/explore")
    assert form["means"] == "shooting"
    assert (form["from"], form["as-of"], form["compare"]) == ("2024-01-01", "2026-05-04", "previous")
    again = read_link({name: (value,) for name, value in form.items()}, TODAY)
    assert write_query(again) == write_query(asked(f"{QUESTIONS[4]}&means=shooting"))


def test_a_form_in_which_nothing_is_grouped_by_asks_for_all_together() -> None:
    assert read_link({"by": ("", ""), "measure": ("killed", "injured")}, TODAY).by == ()
    assert read_link({"by": ("year", "sex"), "measure": ("affected",)}, TODAY).by == ("year", "sex")
    assert read_link({}, TODAY).by == ("year",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("by=nonsense", "none of"),
        ("measure=joy", "none of"),
        ("from=yesterday", "not a day"),
        ("colour=red", "none of"),
        ("by=staff,sex&measure=affected", "can not be crossed"),
        ("purpose=fun", "used for nothing else"),
        ("country=<script>alert(1)</script>", "not a country"),
    ],
)
def test_what_can_not_be_asked_is_told(text: str, told: str, browser: Browser) -> None:
    shown = browser.get(f"/explore?{text}")
    assert shown.status == 422
    assert told in shown.words
    assert "<script" not in shown.text
    assert browser.get(f"/explore.csv?{text}").status == 422


def test_a_question_that_can_not_be_asked_stays_in_the_form(browser: Browser) -> None:
    shown = browser.get("/explore?by=means&measure=killed&from=yesterday&top=7&colour=red")
    for kept in ('name="from" value="yesterday"', 'name="top" value="7"', 'value="means" selected'):
        assert kept in shown.text
    assert re.findall('name="measure" value="([a-z_]+)" checked', shown.text) == ["killed"]


def test_unknown_stands_in_a_line_of_its_own_and_nothing_is_no_zero(browser: Browser) -> None:
    shown = browser.get("/explore?by=fate&measure=incidents")
    assert "unknown" in [row[0] for row in cells(shown)]
    none = browser.get("/explore?country=NOR")
    assert "That does not mean that nothing happened." in none.words
    assert "voluntary reporting" in none.words
    assert "<svg" not in none.text
    rate = browser.get("/explore?by=year&measure=killed&rate=1")
    assert {row[2] for row in cells(rate)} == {"\u2013"}


def test_each_value_that_narrows_a_question_says_how_many_incidents_it_leaves(works: Works) -> None:
    query = asked("by=year&measure=incidents&as-of=2026-05-04")
    closed = dict(facets(works.store, query))
    assert list(closed) == list(FACETS)
    assert [name for name, values in closed.items() if values is not None] == list(FACETS[:OPEN])
    for name in FACETS:
        values = dict(facets(works.store, query, name))[name]
        assert values is not None
        assert sum(one.number for one in values) == len(INCIDENTS) + 1
        for one in values:
            narrow = read_query(one.link, TODAY)
            assert dict(narrow.where) == {name: (one.value,)}
            assert sum(int(row[1] or 0) for row in answer(works.store, narrow).rows) == one.number
            assert narrowed(narrow, name, one.value) == write_query(query)


def test_what_was_known_on_an_earlier_day_is_one_step_away(works: Works, browser: Browser) -> None:
    page = explore(visit_of(works, "by=&measure=incidents&as-of=2026-03-01"))
    assert isinstance(page, Page)
    steps = page.facts["steps"]
    assert isinstance(steps, dict)
    assert "as-of=2026-02-01" in steps["earlier"]
    assert "as-of=2026-04-01" in steps["later"]
    before = browser.get(f"/explore?by=&measure=incidents&as-of={EARLIER}")
    assert cells(before) == [[str(len(INCIDENTS) + 1)]]


def test_the_day_is_moved_along_a_line_by_a_script_of_ours_and_stands_in_the_list_without(
    browser: Browser,
) -> None:
    text = f"by=country,year&share=country,year&as-of={PUBLISHED_AGAIN}&compare={EARLIER}"
    shown = browser.get(f"/explore?{text}")
    assert shown.header("content-security-policy").endswith("; script-src 'self'")
    (script,) = re.findall(r'<script src="(/script-days-[0-9a-f]{12}[.]js)" defer></script>', shown.text)
    style = browser.get(shown.text.partition('rel="stylesheet" href="')[2].partition('"')[0])
    assert shown.size + style.size + browser.get(script).size < 50_000
    (line,) = re.findall(r'<div class="day-line no-print" hidden>(.+?)</div>', shown.text, re.DOTALL)
    (given,) = re.findall(r"<input ([^>]+)>", line)
    moved = dict(re.findall(r'([\w-]+)="([^"]*)"', given))
    assert "name" not in moved  # the list beside it is what is sent
    (listed,) = re.findall(r'<select id="as-of".*?</select>', shown.text)
    days = [(day, words) for day, words in re.findall(r'value="([\d-]+)"[^>]*>([^<]+)<', listed)][::-1]
    assert [day for day, _ in days] == sorted(day for day, _ in days)
    assert days[int(moved["value"])] == (str(PUBLISHED_AGAIN), moved["aria-valuetext"])
    assert moved["aria-valuetext"] == "1 March 2026"
    assert days[int(moved["min"]) - 1][0] == str(EARLIER)  # with which it is compared
    assert int(moved["max"]) == len(days) - 1
    assert f">{days[int(moved['min'])][1]}<" in line
    assert f">{days[-1][1]}<" in line
    assert shown.form("/explore")["share"] == "country,year"
    wrong = browser.get("/explore?by=color")
    assert "<script" not in wrong.text
    assert "script-src" not in wrong.header("content-security-policy")


def test_a_change_between_two_days_is_told_record_by_record(works: Works, browser: Browser) -> None:
    text = f"by=country&measure=incidents&as-of=2026-05-04&compare={EARLIER}"
    shown = browser.get(f"/explore?{text}")
    (link,) = re.findall(r'href="(/explore/changes\?[^"]+)"', shown.text)
    list_page = browser.get(unescape(link))
    rows = changes(works.store, asked(text)).rows
    assert [row[0] for row in cells(list_page)] == [row[0] for row in rows] == ["awsd:b", "awsd:z"]
    taken = json.loads(browser.get(f"/explore/changes.json?{text}").text)["rows"]
    assert [(row["record"], row["incidents_change"]) for row in taken] == [("awsd:b", -1), ("awsd:z", 1)]
    assert browser.get("/explore/changes?by=year").status == 422


def test_the_answer_has_a_chart_and_by_country_a_map_with_the_words_of_the_united_nations(
    browser: Browser,
) -> None:
    shown = browser.get("/explore?by=country,year&measure=incidents")
    assert shown.text.count('<svg class="chart') == 2
    assert "do not imply official endorsement or acceptance by the United Nations." in shown.words
    assert "<title>South Sudan: " in shown.text
    assert '<svg class="chart map' not in browser.get("/explore?by=country,sex&measure=incidents").text
    assert "<svg" not in browser.get("/explore?by=&measure=incidents").text
