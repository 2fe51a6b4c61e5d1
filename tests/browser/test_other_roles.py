"""What those do who neither report incidents nor follow cases: look after the node, look over it, agree, advise."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from console.demo_office import OFFICER
from console.web.roles import Role
from tests.browser.conftest import Visit
from tests.support.chromium import DESK, PHONE, Screen, Way

pytestmark = [pytest.mark.slow, pytest.mark.browser]
CUBE = """name = "agreed"
version = 1
purpose = "statistics"
period = "year"
by = ["country"]
measures = ["incidents", "killed"]
"""
FRAME = {"/sign-out", "/leave", "/cases/lock"}  # what every page offers to send


def goes(shown: Screen, name: str, *pages: str) -> None:
    """Follow links from the page that is shown, each of which keeps nobody out."""
    for number, page in enumerate(pages, 1):
        link = f"a[href='{page}']:visible >> nth=0"
        if not shown.page.locator(link).count():
            shown.click("details.menu summary")
        shown.click(link)
        assert shown.where == page
        shown.picture(f"{name}-{number}")
        if shown.way.script:
            assert shown.violations() == []
        assert (shown.overflow() <= 0, shown.turned()) == (True, [])


def sent(shown: Screen) -> set[str]:
    """Where the forms of the page lead."""
    found = shown.page.eval_on_selector_all(
        "form[method=post]", "all => all.map(one => new URL(one.action).pathname)"
    )
    return {str(one) for one in found}


def unlocked(visit: Visit, role: Role, way: Way) -> Screen:
    shown = visit((role,), way)
    shown.go("/cases/unlock")
    shown.page.fill("#officer", OFFICER)
    shown.click("main button.main")
    return shown


@pytest.mark.parametrize("way", [PHONE._replace(language="ar", script=False), DESK], ids=str)
def test_an_operator_sees_how_the_node_is_and_who_is_in_the_network(way: Way, visit: Visit) -> None:
    shown = visit((Role.OPERATOR,), way)
    shown.go("/")
    goes(shown, "operator", "/health", "/network", "/ceremonies")
    shown.go("/health")
    assert shown.page.locator("main table tbody tr").count() > 3
    with shown.page.expect_download() as coming:
        shown.click("a[href^='/health.csv'] >> nth=0")
    assert coming.value.path().read_bytes()


@pytest.mark.parametrize("way", [DESK._replace(language="zh"), PHONE._replace(script=False)], ids=str)
def test_an_auditor_looks_over_what_left_and_what_was_done_and_changes_nothing(
    way: Way, uid: str, visit: Visit
) -> None:
    shown = unlocked(visit, Role.AUDITOR, way)
    assert shown.where == "/cases/log"
    shown.page.fill("#f-case", uid[:8])
    shown.click("form.filters button")
    shown.picture("auditor-log")
    assert shown.page.locator("main table tbody tr").count() > 0
    goes(shown, "auditor", "/disclosures", "/releases")
    for page in ("/cases/log", "/disclosures", "/releases"):
        shown.go(page)
        assert sent(shown) <= FRAME


def test_an_approver_publishes_what_somebody_else_declared_and_built(visit: Visit) -> None:
    coordinator = visit((Role.COORDINATOR,), DESK)
    coordinator.go("/releases")
    coordinator.page.fill("textarea[name=declaration]", CUBE)
    coordinator.click("form[action='/release/declare'] button")
    coordinator.click("form[action^='/release/build'] button")
    audit = "/release/audit?cube=agreed/1"
    expect(coordinator.page).to_have_url(re.compile("/release/audit"))
    assert "/release/publish" not in sent(coordinator)  # whoever built it does not publish it
    approver = visit((Role.APPROVER,), PHONE._replace(language="zh"))
    approver.go("/")
    goes(approver, "approver", "/releases")
    approver.go(audit)
    approver.picture("approver-audit")
    approver.click("form[action^='/release/publish'] button")
    approver.picture("approver-published")
    expect(approver.page).to_have_url(re.compile("/release[?]cube=agreed"))
    assert approver.overflow() <= 0


@pytest.mark.parametrize(
    ("role", "way"),
    [
        (Role.LEGAL_ADVISER, DESK._replace(language="ar")),
        (Role.SURVIVOR_ADVOCATE, PHONE._replace(language="zh", script=False)),
    ],
)
def test_an_adviser_reads_a_case_and_what_it_waits_for(role: Role, way: Way, visit: Visit) -> None:
    shown = unlocked(visit, role, way)
    goes(shown, role.value, "/cases/due", "/cases")
    shown.click("main table a[href^='/case?id='] >> nth=0")
    shown.picture(f"{role.value}-case")
    assert shown.where == "/case"
    assert shown.overflow() <= 0


def test_a_reporter_tells_of_an_incident_in_three_fields(visit: Visit) -> None:
    shown = visit((Role.REPORTER,), PHONE._replace(language="zh", script=False))
    shown.go("/")
    goes(shown, "reporter", "/report")
    shown.page.fill("[name=when]", f"{datetime.now(UTC):%Y-%m-%d}")
    shown.page.select_option("[name=country]", "SDN")
    shown.page.select_option("[name=means]", "robbery")
    shown.click("main form button")
    shown.picture("reporter-reported")
    assert (shown.where, shown.overflow() <= 0) == ("/reported", True)
    assert sent(shown) <= FRAME  # what is told of it is for a focal point
