"""A real browser, which notes what a page must not do: ask a foreign host, or want what its policy forbids."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

PICTURES = Path("build/pictures")


class Way(NamedTuple):
    """How somebody looks at a page: on which screen, in which language, with scripts or without."""

    width: int
    height: int
    language: str = "en"
    script: bool = True

    def __str__(self) -> str:
        return f"{self.language}-{self.width}{'' if self.script else '-bare'}"


PHONE = Way(360, 740)
DESK = Way(1280, 900)
# Every two of screen, language and script stand together once.
WAYS = (
    DESK,
    PHONE._replace(script=False),
    PHONE._replace(language="ar"),
    DESK._replace(language="ar", script=False),
    PHONE._replace(language="zh"),
    DESK._replace(language="zh", script=False),
)
# What axe knows of the success criteria of WCAG 2.2, levels A and AA, and what is good practice besides.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# What else it tells, of all that it looked at, would take long to bring here.
_VIOLATIONS = """async (options) => {
  const found = await axe.run(document, options);
  return found.violations.map(one => [one.id, one.nodes[0].html]);
}"""
# Dates of which the year does not stand at the left: in a line of Arabic they turn around where nothing isolates them.
_TURNED = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const left = (node, from, to) => {
    const range = document.createRange();
    range.setStart(node, from);
    range.setEnd(node, to);
    return range.getBoundingClientRect();
  };
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    for (const date of node.data.matchAll(/[0-9]{4}-[0-9]{2}(-[0-9]{2})?/g)) {
      const end = date.index + date[0].length;
      const year = left(node, date.index, date.index + 4), last = left(node, end - 2, end);
      if (year.top === last.top && year.left > last.left) found.push(date[0]);
    }
  return found;
}"""
# Words of English in the order of sentences, where nothing says that somebody else wrote them.
_ENGLISH = """() => {
  const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const own = "bdi, code, script, style, textarea, [dir=auto], [dir=ltr]:not(html), [lang]:not(html)";
  for (let node = walker.nextNode(); node; node = walker.nextNode())
    if (!node.parentElement.closest(own))
      for (const said of node.data.matchAll(/[A-Za-z]{2,}[,:]? [a-z]{2,}/g)) found.push(said[0]);
  return found;
}"""


@dataclass
class Screen:
    """One person's browser, and what went wrong in it."""

    page: Page
    address: str
    way: Way
    trouble: list[str] = field(default_factory=list)

    def go(self, page: str) -> None:
        self.page.goto(self.address + page)

    def click(self, what: str) -> None:
        """Click, and wait until the page that it leads to is read: a page that has begun may lack its end."""
        self.page.click(what)
        self.page.wait_for_load_state("domcontentloaded")

    def picture(self, name: str) -> None:
        """Keep what is shown, for people to look at: the whole page, and what of it is seen at first."""
        for folder, whole in ((PICTURES, True), (PICTURES / "first", False)):
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}-{self.way}.png", full_page=whole)

    @property
    def where(self) -> str:
        """The page that is shown, without what is asked of it."""
        return urlsplit(self.page.url).path

    def links(self) -> list[str]:
        """Pages of this console that the page leads to."""
        found = self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
        return [str(one) for one in found if str(one).startswith("/")]

    def violations(self) -> list[str]:
        """What axe-core finds: rule, and the first element."""
        self.page.evaluate(AXE_SCRIPT)
        found = self.page.evaluate(_VIOLATIONS, {"runOnly": TAGS, "resultTypes": ["violations"]})
        return [f"{rule}: {element[:200]}" for rule, element in found]

    def turned(self) -> list[str]:
        """Dates that read backwards."""
        return [str(one) for one in self.page.evaluate(_TURNED)]

    def english(self) -> list[str]:
        """English words on a page of another script, but for commands."""
        return [said for said in self.page.evaluate(_ENGLISH) if not said.startswith("tocsin ")]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the screen."""
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(width))


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of this machine; a test is skipped where there is none, but not in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        assert not os.environ.get("CI"), "CI installs Chromium; see .ci/run"
        pytest.skip("no Chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def screen(browser: Browser, address: str, way: Way = DESK) -> Iterator[Screen]:
    """A browser with nothing in it yet."""
    context = browser.new_context(
        viewport={"width": way.width, "height": way.height},
        locale=way.language,
        java_script_enabled=way.script,
        service_workers="block",
    )
    shown = Screen(context.new_page(), address, way)
    ours = urlsplit(address).netloc

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc not in {ours, ""}:
            shown.trouble.append(f"asked {request.url}")

    def said(message: ConsoleMessage) -> None:
        if message.type == "error" and not re.search(r"status of (4\d\d|503)", message.text):
            shown.trouble.append(message.text)

    shown.page.on("request", asked)
    shown.page.on("console", said)
    try:
        yield shown
    finally:
        context.close()
