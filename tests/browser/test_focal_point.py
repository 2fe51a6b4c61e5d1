"""The way of a security focal point: report, look at exactly what would leave, send, and see that it has left."""

from datetime import UTC, datetime

import pytest

from console.web.roles import Role
from tests.browser.conftest import Visit
from tests.support.chromium import WAYS, Way

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_an_incident_is_reported_looked_at_and_sent(way: Way, visit: Visit) -> None:
    shown = visit((Role.FOCAL_POINT,), way)
    shown.picture("focal-point-start")

    shown.go("/report")
    page = shown.page
    page.fill("[name=when]", f"{datetime.now(UTC):%Y-%m-%d}")
    page.select_option("[name=country]", "SSD")
    page.select_option("[name=means]", "shooting")
    shown.picture("focal-point-report")
    page.click("main form button")
    assert shown.where == "/reported"

    shown.go("/incidents?country=SSD&means=shooting")
    shown.picture("focal-point-incidents")
    page.click(".list tbody tr a >> nth=0")
    assert shown.where == "/incident"
    page.click("main a[href^='/share?']")
    page.check("[name=tier][value=coordinator]")
    page.check("[name=tier][value=peer]")
    page.click("main form[action='/share/preview'] button")
    shown.picture("focal-point-what-would-leave")
    assert page.locator(".beside").count() == 1
    page.click("form[action='/share/send'] button >> nth=0")
    shown.picture("focal-point-sent")
    assert shown.overflow() == 0
