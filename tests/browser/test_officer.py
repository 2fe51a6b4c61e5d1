"""An officer's day in a real browser, with a case server beside the node: what is due, a case, a step, evidence."""

import pytest

from console.demo_office import OFFICER
from console.home import open_home
from console.office import Office
from console.web.roles import Role
from tests.browser.conftest import Console, Visit
from tests.support.chromium import DESK, PHONE, Screen, Way

pytestmark = [pytest.mark.slow, pytest.mark.browser]


@pytest.fixture(scope="module")
def uid(console: Console) -> str:
    """The case of a detention in the office of the demo."""
    office = Office(open_home(console.home))
    try:
        (found,) = (one.uid for one in office.desk(OFFICER, None).board() if one.host_state == "CMR")
        return str(found)
    finally:
        office.database.store.close()


def unlocked(visit: Visit, way: Way) -> Screen:
    shown = visit((Role.ACCOUNTABILITY_OFFICER,), way)
    shown.go("/cases/due")
    shown.page.fill("#officer", OFFICER)
    shown.picture("unlock")
    shown.page.click("main button.main")
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
    shown.page.click(f"a[href='/case?id={uid}'] >> nth=0")
    shown.page.click("a[href*='step=demarche-acknowledge']")
    shown.page.click("button.main")
    assert shown.where == "/case"
    assert shown.page.locator("[role=status]").count() == 1
    shown.go(f"/case/evidence?id={uid}")
    shown.page.select_option("#kind", "photograph")
    shown.page.set_input_files("#file", {"name": "gate.jpg", "mimeType": "image/jpeg", "buffer": b"picture"})
    shown.page.click("button.main")
    shown.picture("officer-secured")
    with shown.page.expect_download() as coming:
        shown.page.click("summary >> nth=0")
        shown.page.fill("#purpose-E1", "complaint")
        shown.page.click("form[action*='evidence/content'] button")
    assert coming.value.path().read_bytes() == b"picture"
    shown.page.click(".leave")
    assert shown.where == "/blank"
