"""An officer's day in a real browser, with a case server beside the node: what is due, a case, a step, evidence."""

from hashlib import sha256

import pytest
from playwright.sync_api import expect

from console.demo_office import OFFICER
from console.web.roles import Role
from tests.browser.conftest import Visit
from tests.support.chromium import DESK, PHONE, Screen, Way

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def unlocked(visit: Visit, way: Way) -> Screen:
    shown = visit((Role.ACCOUNTABILITY_OFFICER,), way)
    shown.go("/cases/due")
    shown.page.fill("#officer", OFFICER)
    shown.picture("unlock")
    shown.click("main button.main")
    assert shown.where == "/cases/due"
    return shown


@pytest.mark.parametrize("way", [DESK, PHONE._replace(language="ar")], ids=str)
def test_the_pages_of_a_case_keep_nobody_out(way: Way, uid: str, visit: Visit) -> None:
    shown, wrong = unlocked(visit, way), {}
    for name, page in {
        "due": "/cases/due",
        "board": "/cases",
        "case": f"/case?id={uid}",
        "step": f"/case/do?id={uid}&step=person-add",
        "open": "/cases/open",
        "evidence": f"/case/evidence?id={uid}",
        "access": f"/case/access?id={uid}",
        "papers": f"/cases/papers?id={uid}",
        "joint": f"/case/joint?id={uid}",
        "dossier": f"/case/dossier?id={uid}&language=fr",
        "state": "/cases/state?state=CMR&language=ar",
        "yearly": "/cases/yearly",
        "log": f"/cases/log?case={uid[:8]}",
        "print": "/cases.print",
    }.items():
        shown.go(page)
        shown.picture(f"officer-{name}")
        found = [*shown.violations(), *(f"{date} reads backwards" for date in shown.turned())]
        if (wider := shown.overflow()) > 0:
            found.append(f"{wider} pixels wider than the screen")
        if found:
            wrong[name] = found
    assert wrong == {}


def test_an_officer_works_on_a_case_on_a_telephone_without_scripts(uid: str, visit: Visit) -> None:
    shown = unlocked(visit, PHONE._replace(script=False))
    shown.click(f"a[href='/case?id={uid}'] >> nth=0")
    shown.click("a[href*='step=demarche-acknowledge']")
    shown.click("button.main")
    assert shown.where == "/case"
    assert shown.page.locator("[role=status]").count() == 1
    shown.go(f"/case/evidence?id={uid}")
    shown.page.select_option("#kind", "photograph")
    shown.page.set_input_files("#file", {"name": "gate.jpg", "mimeType": "image/jpeg", "buffer": b"picture"})
    shown.click("button.main")
    shown.picture("officer-secured")
    secured = shown.page.locator("section.record", has_text=sha256(b"picture").hexdigest()).first
    with shown.page.expect_download() as coming:
        secured.locator("summary").first.click()
        secured.locator("[id^=purpose-]").first.fill("complaint")
        secured.locator("form[action*='evidence/content'] button").click()
    assert coming.value.path().read_bytes() == b"picture"
    shown.click(".leave")
    assert shown.where == "/blank"


def test_evidence_that_is_sent_shows_how_much_has_left_and_the_hash_that_begins_its_custody(
    uid: str, visit: Visit
) -> None:
    shown = unlocked(visit, PHONE._replace(language="ar"))
    page, content = shown.page, b"what a camera saw" * 9_999
    digest = sha256(content).hexdigest()
    shown.go(f"/case/evidence?id={uid}")
    page.select_option("#kind", "photograph")
    page.set_input_files("#file", {"name": "gate.jpg", "mimeType": "image/jpeg", "buffer": content})
    held = "**/case/evidence?*"
    page.route(held, lambda route: None if route.request.method == "POST" else route.continue_())
    shown.click("button.main")
    page.wait_for_selector(f"#sending .digest bdi:text('{digest}')")
    assert page.is_visible("#sending progress")
    assert page.inner_text("#sending [role=status]")
    assert page.is_disabled("button.main")
    shown.picture("officer-sending")
    shown.click("#sending button")
    page.unroute(held)
    shown.click("button.main")  # what was stopped is sent after all
    page.wait_for_selector(f"section.record p .digest:text('{digest}')")
    assert page.locator("[role=status].note").count() == 1
    assert shown.overflow() <= 0
    shown.picture("officer-sent")


COUNTS = b"""year,of,what,number
2015,UNSMS,affected,1819
2023,UNSMS,affected,1915
2023,UNRWA,affected,141
"""


@pytest.mark.parametrize("language", ["en", "ar", "zh"])
def test_what_an_officer_prints_is_chosen_in_its_own_language_and_comes_alone_on_paper(
    language: str, uid: str, visit: Visit
) -> None:
    shown = unlocked(visit, PHONE._replace(language=language, script=False))
    shown.click(f"a[href='/case?id={uid}'] >> nth=0")
    shown.click("a[href^='/case/dossier']")
    shown.page.select_option("#language", "fr")
    shown.click(".filters button")
    assert shown.page.get_attribute("article.paper", "lang") == "fr"
    with shown.page.expect_download() as coming:
        shown.click("a[href^='/case/dossier.html']")
    assert b'lang="fr"' in coming.value.path().read_bytes()
    shown.click("a[href='/cases/state']")
    shown.page.select_option("#state", "CMR")
    shown.click(".filters button")
    shown.page.emulate_media(media="print")
    assert shown.page.locator("article.paper").is_visible()
    for gone in (".top", ".filters", ".take", "h1"):
        assert not shown.page.locator(gone).first.is_visible(), gone
    shown.picture("officer-state-printed")
    shown.page.emulate_media(media="screen")
    shown.click("a[href='/cases/yearly']")
    shown.page.set_input_files("#file", {"name": "counts.csv", "mimeType": "text/csv", "buffer": COUNTS})
    shown.click("form[enctype] button")
    expect(shown.page.locator("section.years")).to_have_count(3)
    assert shown.overflow() <= 0
    shown.picture("officer-yearly-brought")


def test_the_menu_of_a_telephone_is_one_line_that_opens_without_a_script(visit: Visit) -> None:
    shown = visit((Role.FOCAL_POINT, Role.ACCOUNTABILITY_OFFICER), PHONE._replace(script=False))
    shown.go("/")
    bar = shown.page.locator("header.top").bounding_box()
    assert bar is not None
    assert bar["height"] < 120
    link = shown.page.locator(".menu a[href='/incidents']")
    assert not link.is_visible()
    shown.click(".menu summary")
    link.click()
    assert shown.where == "/incidents"
    shown.click(".leave")
    assert shown.where == "/blank"
