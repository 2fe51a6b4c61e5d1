"""The way of a coordinator: ask, narrow down, look back, take it away, and see what is unusual."""

from urllib.parse import parse_qs, urlsplit

import pytest

from console.web.roles import Role
from tests.browser.conftest import Visit
from tests.support.chromium import DESK, PHONE, WAYS, Way

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_figures_are_asked_for_narrowed_down_and_taken_away(way: Way, visit: Visit) -> None:
    shown = visit((Role.COORDINATOR,), way)
    page = shown.page
    shown.go("/explore")
    shown.picture("coordinator-explore")
    assert page.locator("figure").count() == 1
    page.select_option("#by1", "country")
    shown.click("form.filters button.main")
    shown.picture("coordinator-map")
    assert page.locator("figure").count() == 2  # the chart and the map
    shown.click(".facets li a >> nth=0")
    assert page.locator("ul.chosen li").count() == 1
    with page.expect_download() as coming:
        shown.click("a[href^='/explore.xlsx'] >> nth=0")
    assert coming.value.path().read_bytes().startswith(b"PK")
    shown.click("a[rel=prev]")
    assert shown.where == "/explore"
    shown.go("/outlook")
    shown.picture("coordinator-outlook")
    assert page.locator("table tbody tr").count() > 0
    assert shown.overflow() == 0


@pytest.mark.parametrize(
    "way", [DESK, PHONE, PHONE._replace(language="ar"), PHONE._replace(language="zh")], ids=str
)
def test_the_day_is_moved_along_a_line_with_keys_or_a_finger(way: Way, visit: Visit) -> None:
    shown = visit((Role.COORDINATOR,), way)
    page = shown.page
    line, moving, days = (page.locator(one) for one in ("#day", ".day-line b", "#as-of option"))
    figures = page.locator(".explore table tbody")
    shown.go("/explore?by=&measure=incidents")
    newest, latest = figures.inner_text(), int(line.get_attribute("max") or 0)
    assert line.get_attribute("aria-valuetext") == days.nth(0).inner_text()

    # Keys: towards the start, which in Arabic is at the right; nothing is asked as long as somebody moves it.
    line.focus()
    for _ in range(3):
        line.press("ArrowRight" if way.language == "ar" else "ArrowLeft")
    assert line.get_attribute("aria-valuetext") == moving.inner_text() == days.nth(3).inner_text()
    assert "as-of" not in page.url
    shown.picture("coordinator-day-moves")
    page.wait_for_selector(f"#day[value='{latest - 3}']:focus")
    assert parse_qs(urlsplit(page.url).query)["as-of"] == [days.nth(3).get_attribute("value")]
    assert days.nth(3).inner_text() in page.locator("p.row span >> nth=0").inner_text()
    line.press("Home")
    page.wait_for_selector("#day[value='0']:focus")
    assert figures.count() == 0 or figures.inner_text() != newest
    shown.picture("coordinator-day-first")
    assert (shown.overflow(), shown.violations(), shown.turned()) == (0, [], [])

    # A finger, or a mouse: to the other end.
    box = line.bounding_box()
    assert box is not None
    left, right = box["x"] + 4, box["x"] + box["width"] - 4
    height = box["y"] + box["height"] / 2
    page.mouse.move(*((right, height) if way.language == "ar" else (left, height)))
    page.mouse.down()
    page.mouse.move(*((left, height) if way.language == "ar" else (right, height)))
    assert moving.inner_text() == days.nth(0).inner_text()
    page.mouse.up()
    page.wait_for_selector(f"#day[value='{latest}']")
    assert figures.inner_text() == newest


def test_without_a_script_the_list_of_days_is_the_way(visit: Visit) -> None:
    shown = visit((Role.COORDINATOR,), PHONE._replace(script=False))
    shown.go("/explore?by=&measure=incidents")
    assert not shown.page.locator("#day").is_visible()
    day = shown.page.locator("#as-of option").nth(3).get_attribute("value")
    shown.page.select_option("#as-of", day)
    shown.click("form.filters button.main")
    assert parse_qs(urlsplit(shown.page.url).query)["as-of"] == [day]
