"""Every page and every form there is: what somebody plants stays text, and forgeries do nothing.

No list of fields stands here, so that a new page or field is tried without anybody's thinking of it.
"""

import http.client
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from console.web.accounts import add_account, find_account
from console.web.roles import Role
from console.web.routes import ROUTES
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Works
from tests.console.web.conftest import NOW, PASSPHRASE, SECRET
from tests.support.browser import Browser, Shown

pytestmark = pytest.mark.slow
SCRIPT = "'\"></textarea></title><script>alert(1)</script><img src=x onerror=alert(2)>\u202e%(x)s 100%"
SPLIT = "x\r\nX-Planted: 1\r\nSet-Cookie: planted=1\r\n\r\n<script>alert(3)</script>"
LEAVING = {"/sign-out", "/leave", "/account/session", "/account/language", "/sign-in"}
TYPED = re.compile(r'<(?:input|textarea|select)[^>]* name="([^"]+)"')
FORMS = re.compile(r'<form[^>]*method="post"[^>]*action="([^"]+)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]* name="([^"]+)"[^>]* value="([^"]*)"')


@pytest.fixture(scope="module")
def everybody(works: Works, port: int) -> Browser:
    """Somebody with all roles at once."""
    add_account(works.store, "everybody", tuple(Role), PASSPHRASE, NOW)
    with works.store.write() as connection:
        connection.execute(update(account).where(account.c.name == "everybody").values(second_step=SECRET))
        found = find_account(connection, "everybody")
        assert found is not None
        return Browser(port, {"tocsin": open_session(connection, found.key, works.clock())})


def pages() -> list[str]:
    return [path for path, route in ROUTES.items() if route.shows is not None]


def names_on(shown: Shown) -> set[str]:
    """Names that links and forms of a page use in its address or its fields."""
    asked = re.findall(r"[?&;](?:amp;)?([a-z_0-9]+)=", shown.text)
    return {*asked, *TYPED.findall(shown.text)} - {"form_key"}


def assert_inert(shown: Shown, where: str) -> None:
    assert shown.status not in {500, 502}, (where, shown.words[:400])
    names = {name.lower() for name, _ in shown.headers}
    assert "x-planted" not in names, where
    assert "planted" not in shown.header("set-cookie"), where
    if shown.header("content-type").startswith("text/html"):
        assert not re.search(r"<script(?! src=\"/script-)", shown.text), where
        assert "<img src=x" not in shown.text, where
        assert "</textarea></title>" not in shown.text, where


def forms_of(shown: Shown) -> Iterator[tuple[str, dict[str, str]]]:
    """Forms of a page, with every field that somebody types into planted."""
    for action, inside in FORMS.findall(shown.text):
        kept = {name: unescape(value) for name, value in HIDDEN.findall(inside)}
        yield unescape(action), {**dict.fromkeys(TYPED.findall(inside), SCRIPT), **kept}


@pytest.mark.parametrize("planted", [SCRIPT, SPLIT], ids=["script", "headers"])
def test_whatever_a_link_says_stays_text(everybody: Browser, planted: str) -> None:
    for page in pages():
        plain = everybody.get(page)
        names = {"id", "next", "by", "language", "token", "group", "key", "page", *names_on(plain)}
        assert_inert(everybody.get(f"{page}?{urlencode(dict.fromkeys(sorted(names), planted))}"), page)


def test_whatever_somebody_types_into_any_form_stays_text_on_every_page(everybody: Browser) -> None:
    sent = 0
    for page in pages():
        for action, fields in forms_of(everybody.get(page)):
            if action.partition("?")[0] in LEAVING:
                continue
            answer = everybody.post(action, fields)
            assert_inert(answer, f"{page}: {action}")
            if answer.status == 303 and answer.header("location").startswith("/"):
                assert_inert(everybody.follow(answer), f"{page}: {action}, next")
            sent += 1
    assert sent >= 12
    for page in pages():
        assert_inert(everybody.get(page), page)


def test_no_form_does_anything_without_the_key_of_its_session(everybody: Browser) -> None:
    other = everybody.get("/account").form("/sign-out")["form_key"]
    for path, route in ROUTES.items():
        if route.takes is None or route.roles is None:
            continue
        for key in ("", "A" * 88, other[:-4] + "AAAA"):
            sent = everybody.post(path, {"form_key": key, "id": "own:x"})
            assert sent.status == (303 if route.keeps and route.shows else 403), path
    assert everybody.get("/account").status == 200


@pytest.mark.parametrize(
    "cookie", ["x" * 5000, '"\\', "tocsin", "tocsin=\u00e9", "tocsin=a; tocsin=b", "\t;;=;"]
)
def test_a_cookie_that_is_none_of_ours_is_nobodys(port: int, cookie: str) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.request("GET", "/account", headers={"Cookie": cookie.encode("latin-1")})
    answer = line.getresponse()
    assert (answer.status, answer.getheader("location")) == (303, "/sign-in?next=%2Faccount")
    line.close()
