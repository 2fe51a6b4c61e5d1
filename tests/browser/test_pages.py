"""Every page that links lead to: fit for screen readers, keyboards and telephones, and of our host alone."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from console.demo_office import OFFICER
from console.web.languages import LANGUAGES
from console.web.roles import Role
from tests.browser.conftest import Console, Visit
from tests.support.chromium import DESK, PHONE, Screen, screen

pytestmark = [pytest.mark.slow, pytest.mark.browser]
FILES = (".csv", ".xlsx", ".json", ".html", ".pdf")
MOST_ROWS = 100  # of a printed list that axe looks at: they are alike, and it takes ten seconds for thousands
SHORTENED = (
    "most => document.querySelectorAll(`tbody tr:nth-child(n + ${most})`).forEach(one => one.remove())"
)
SCRIPTS = frozenset({"ar", "ru", "zh"})  # in which words of English stand out
PRINT = ".print"  # one template and the words of the list: looked at in English


def pages(shown: Screen) -> Iterator[str]:
    """Go to every page that links lead to, one of each path, and say where one is."""
    waiting, seen = [shown.where], {shown.where}
    while waiting:
        page = waiting.pop(0)
        shown.go(page)
        yield page
        for link in shown.links():
            path = urlsplit(link).path
            printed = path.endswith(PRINT) and shown.way.language != "en"
            if path not in seen and not path.endswith(FILES) and not printed:
                seen.add(path)
                waiting.append(link)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_keeps_anybody_out(language: str, visit: Visit) -> None:
    size = PHONE if language in {"ar", "zh"} else DESK
    shown = visit(tuple(Role), size._replace(language=language))
    shown.go("/cases/unlock")
    shown.page.fill("#officer", OFFICER)
    shown.click("main button.main")
    shown.go("/")
    wrong = {}
    for page in pages(shown):
        found = [f"{date} reads backwards" for date in shown.turned()]
        if language in SCRIPTS:
            found += [f"{words} is English" for words in shown.english()]
        if (wider := shown.overflow()) > 0:
            found.append(f"{wider} pixels wider than the screen")
        shown.page.evaluate(SHORTENED, MOST_ROWS)
        found += shown.violations()
        if found:
            wrong[page] = found
    assert wrong == {}


def test_what_keeps_people_out_is_found(visit: Visit) -> None:
    shown = visit((Role.FOCAL_POINT,), PHONE)
    shown.go("/report")
    assert (shown.violations(), shown.overflow()) == ([], 0)
    shown.page.evaluate(
        """() => {
          document.documentElement.removeAttribute("lang");
          document.querySelectorAll("label").forEach(one => one.remove());
          document.querySelector("main").style.inlineSize = "500px";
        }"""
    )
    found = " ".join(shown.violations())
    assert "html-has-lang" in found
    assert "label" in found
    assert shown.overflow() > 100
    shown.page.evaluate("() => document.querySelector('h1').textContent = 'من 2026-11-26'")
    assert shown.turned() == ["2026-11-26"]
    shown.page.evaluate(
        "() => document.querySelector('h1').textContent = '<b>日志</b> cosigned within a day'"
    )
    assert "cosigned within" in shown.english()


def test_a_list_is_printed_from_its_first_sheet_on(visit: Visit) -> None:
    shown = visit((Role.FOCAL_POINT,), DESK)
    shown.go("/alerts.print")
    paper = shown.page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type ?/Page\b", paper)) == 1


def test_what_a_page_must_not_do_is_noticed(browser: Browser, console: Console) -> None:
    with screen(browser, console.address) as shown:
        shown.go("/sign-in")
        shown.page.evaluate(
            """() => {
              const image = document.createElement("img");
              image.src = "http://127.0.0.2:9/leak";
              document.body.append(image);
            }"""
        )
        shown.page.wait_for_timeout(200)
        assert any("Content Security Policy" in one for one in shown.trouble)
