"""The way of a security focal point: report, look at exactly what would leave, send, and see that it has left."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from console.generator import generate
from console.web.roles import Role
from tests.browser.conftest import Visit
from tests.support.chromium import DESK, PHONE, WAYS, Way

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
    shown.click("main form button")
    assert shown.where == "/reported"

    shown.go("/incidents?country=SSD&means=shooting")
    shown.picture("focal-point-incidents")
    shown.click(".list tbody tr a >> nth=0")
    assert shown.where == "/incident"
    shown.click("main a[href^='/share?']")
    page.check("[name=tier][value=coordinator]")
    page.check("[name=tier][value=peer]")
    shown.click("main form[action='/share/preview'] button")
    shown.picture("focal-point-what-would-leave")
    assert page.locator(".beside").count() == 1
    shown.click("form[action='/share/send'] button >> nth=0")
    shown.picture("focal-point-sent")
    assert shown.overflow() == 0


@pytest.mark.parametrize("way", [DESK, PHONE._replace(language="ar"), PHONE._replace(script=False)], ids=str)
def test_a_file_that_is_sent_says_how_much_has_left_and_which_it_is(way: Way, visit: Visit) -> None:
    shown = visit((Role.FOCAL_POINT,), way)
    page = shown.page
    content = generate(seed=3, incidents=40)
    digest = sha256(content).hexdigest()
    shown.go("/import")
    if way.script:
        page.route("**/import", lambda route: None if route.request.method == "POST" else route.continue_())
        page.set_input_files("#file", {"name": "made-up.csv", "mimeType": "text/csv", "buffer": content})
        shown.click("main form button.main")
        page.wait_for_selector(f"#sending .digest bdi:text('{digest}')")
        assert page.inner_text("#sending [role=status]")
        shown.picture("focal-point-sending")
        assert shown.violations() == []
        shown.click("#sending button")  # it is stopped, and what was chosen stays chosen
        assert page.is_enabled("main form button.main")
        assert page.input_value("#file").endswith("made-up.csv")
        page.unroute("**/import")
    else:
        page.set_input_files("#file", {"name": "made-up.csv", "mimeType": "text/csv", "buffer": content})
    shown.click("main form button.main")
    page.wait_for_url("**/import/preview?*")
    assert digest in page.inner_text("main")
    shown.go("/bundle")
    page.set_input_files("#file", {"name": "x.bundle", "mimeType": "", "buffer": b"nothing of the kind"})
    shown.click("main form button.main")
    page.wait_for_selector(".faults")
    assert shown.where == "/bundle"
    assert shown.overflow() == 0
