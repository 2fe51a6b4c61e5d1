"""The anonymous form in a real browser, as a process of its own: with scripts or without, and back with the receipt."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, FilePayload

from casework.cleaning import working_copy
from casework.mailbox import make_receipt
from casework.tip import REPORTER
from console.demo_office import OFFICER
from console.home import open_home
from console.office import Office
from console.web.languages import LANGUAGES, translations
from console.web.tips.edge import ADDRESS_FILE
from console.web.tips.reception import QUICK_SECONDS
from tests.browser.conftest import Console
from tests.casework.test_cleaning import JPEG
from tests.support.chromium import DESK, PHONE, Screen, Way, screen

pytestmark = [pytest.mark.slow, pytest.mark.browser]
STAMP = re.compile(r'name="stamp" value="[^"]*"')
BARE = Way(360, 740, "ar", script=False)


@pytest.fixture(scope="module")
def form(console: Console) -> Iterator[str]:
    """Where the form of the demo's first organization is served."""
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "report", "serve", "--listen", "127.0.0.1:0"],
        env={**os.environ, "TOCSIN_HOME": str(console.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (console.home / ADDRESS_FILE).exists():
            assert child.poll() is None
            time.sleep(0.05)
        yield f"http://{(console.home / ADDRESS_FILE).read_text()}"
    finally:
        child.terminate()
        child.wait(timeout=20)


def wrong_with(shown: Screen) -> list[str]:
    """What keeps somebody out of a page."""
    found = [*shown.violations(), *(f"{date} reads backwards" for date in shown.turned())]
    return [*found, f"{shown.overflow()} pixels too wide"] if shown.overflow() > 0 else found


def widest(shown: Screen) -> float:
    """Pixels of the widest message."""
    boxes = (one.bounding_box() for one in shown.page.locator(".words").all())
    return max(box["width"] for box in boxes if box)


def pages_of(shown: Screen, look: Callable[[str], None]) -> dict[str, str]:
    """Go to every page that is reached without a report, and give what stands there but for stamps."""
    language, found = shown.way.language, {}
    for page in ("/", f"/{language}/", f"/{language}/tell", f"/{language}/mailbox", f"/{language}/leave"):
        shown.go(page)
        found[page] = STAMP.sub("", shown.page.content())
        look(page)
    shown.go(f"/{language}/mailbox")
    shown.page.fill("#receipt", "1234 5678")
    shown.click("main button.main")
    assert shown.page.locator("[role=alert]").count() == 1
    found["mistyped"] = shown.page.content()
    look("mistyped")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_form_keeps_anybody_out(language: str, form: str, browser: Browser) -> None:
    """The look at a page needs scripts; without them the same page stands there, sign by sign."""
    size = PHONE if language in {"ar", "es", "zh"} else DESK
    wrong: dict[str, list[str]] = {}
    with screen(browser, form, size._replace(language=language)) as shown:

        def look(page: str) -> None:
            shown.picture(f"anonymous-{page.strip('/').replace('/', '-') or 'first'}")
            if found := wrong_with(shown):
                wrong[page] = found

        with_scripts = pages_of(shown, look)
        assert shown.trouble == []
    with screen(browser, form, size._replace(language=language, script=False)) as shown:
        assert pages_of(shown, lambda _page: None) == with_scripts
        assert shown.trouble == []
    assert wrong == {}


@pytest.mark.parametrize("way", [BARE, DESK], ids=str)
def test_somebody_tells_with_a_photograph_comes_back_and_reads_the_answer(
    way: Way, form: str, console: Console, browser: Browser
) -> None:
    say, home = translations(way.language).gettext, f"/{way.language}"
    office = Office(open_home(console.home))
    try:
        desk = office.desk(OFFICER, None)
        before = len(desk.tips())
        with screen(browser, form, way) as shown:
            shown.go(f"{home}/")
            shown.click(f"a[href='{home}/tell']")
            shown.page.fill("#account", "أخذوا السيارة والهاتف " + "https://example.org/" + "x" * 200)
            shown.page.select_option("#country", "CMR")
            shown.page.select_option("#month", "02")
            shown.page.select_option("#year", "2026")
            shown.page.check("input[name=what][value=detention]")
            shown.page.check("input[name=not_reported][value=afraid]")
            picture = FilePayload(name="canary-name.jpg", mimeType="image/jpeg", buffer=JPEG)
            shown.page.set_input_files("#file", picture)
            shown.page.wait_for_timeout(QUICK_SECONDS * 1000)
            shown.click("main button.main")
            receipt = shown.page.locator(".receipt").inner_text()
            shown.picture("anonymous-told")
            assert re.fullmatch(r"(\d{5} ?){4}", receipt)
            assert way.script is False or wrong_with(shown) == []
            assert shown.page.context.cookies() == []

            report = desk.tips()[-1]
            assert len(desk.tips()) == before + 1
            assert working_copy(report.messages[0].file) is not None
            desk.answer_tip(report.name, "هل أنتم بأمان؟")

        with screen(browser, form, way) as shown:  # another day, another browser
            shown.go(f"{home}/mailbox")
            shown.page.fill("#receipt", receipt)
            shown.click("main button.main")
            shown.picture("anonymous-mailbox")
            assert "هل أنتم بأمان؟" in shown.page.inner_text("main")
            assert way.script is False or wrong_with(shown) == []
            assert widest(shown) <= way.width  # of a long word too
            shown.page.fill("#text", "نعم")
            shown.click("main button.main")
            assert shown.page.inner_text("main").count("نعم") == 1
            shown.click(".leave")
            assert shown.where == f"{home}/leave"

            shown.go(f"{home}/mailbox")
            shown.page.fill("#receipt", make_receipt(7))
            shown.click("main button.main")
            shown.picture("anonymous-lost")
            assert say("Lost the receipt?") in shown.page.inner_text("main")
            assert shown.trouble == []
        assert [one.author == REPORTER for one in desk.tip(report.name).messages] == [True, False, True]
    finally:
        office.database.store.close()
