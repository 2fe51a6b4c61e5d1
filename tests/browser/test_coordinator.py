"""The way of a coordinator: ask, narrow down, look back, take it away, and see what is unusual."""

import pytest

from console.web.roles import Role
from tests.browser.conftest import Visit
from tests.support.chromium import WAYS, Way

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
