"""Forged forms, planted scripts, bent headers and oversized requests are refused or stay text."""

import http.client
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from console.errors import WebAddressError
from console.web.entries import GROUPS
from console.web.listening import read_place
from console.web.roles import Role
from console.web.routes import ROUTES
from console.web.statuses import status_of
from console.web.visit import Works
from node.store.own_log import records_released
from tests.support.browser import Browser

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e{{7*7}}'
PAGES = (
    "/",
    "/report",
    "/incidents",
    "/held",
    "/network",
    "/explore?by=country&measure=incidents,killed&compare=2026-01-01",
    "/matches",
    "/outlook?measure=affected",
    "/explore/changes?by=year&measure=incidents&compare=2026-01-01",
    "/account",
    "/share?id=awsd:a",
    "/share/preview?id=awsd:a&tier=peer&tier=coordinator&tier=public",
    "/incident?id=awsd:a",
    "/import",
    "/holders",
    "/alerts?all=1",
    "/alert/new?id=awsd:a",
    "/requests?all=1",
    "/audience/new",
    "/bundle",
    "/no/such/page",
)


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "http://127.0.0.1"])
def test_a_form_of_another_page_is_refused(origin: str, signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    key = browser.get("/").form("/sign-out")["form_key"]
    for path, route in ROUTES.items():
        if route.takes is not None:
            assert browser.post(path, {"form_key": key}, Origin=origin).status == 403, path
    assert browser.get("/").status == 200


def test_nothing_leaves_by_a_form_without_its_key(works: Works, signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    shown = browser.get("/share/preview?id=awsd:b&tier=coordinator")
    fields = shown.form("/share/send")

    sent = browser.post("/share/send", {**fields, "form_key": "A" * 88})

    assert sent.status == 403
    with works.store.read() as connection:
        assert records_released(connection) == ()


def test_what_people_type_stays_text(signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    for group, fields in GROUPS.items():
        for name, kind in fields:
            if kind not in {"text", "long"}:
                continue
            page = f"/incident/complete?id=own:x&group={group}"
            browser.send(browser.get(page), "/incident/complete", **{name: SCRIPT})
    pages = [
        browser.get("/incident?id=own:x"),
        browser.get("/incidents"),
        browser.get("/share/preview?id=own:x&tier=coordinator"),
        browser.get("/incident/complete?id=own:x&group=words"),
        browser.get("/incidents?country=" + quote(SCRIPT)),
        browser.get("/reported?id=" + quote(SCRIPT)),
        browser.get("/sign-in?next=" + quote(SCRIPT)),
        browser.get("/" + quote(SCRIPT)),
        browser.post("/sign-in", {"name": SCRIPT, "passphrase": SCRIPT}),
        browser.post(
            "/report", {**browser.get("/report").form("/report"), "when": SCRIPT, "country": SCRIPT}
        ),
    ]
    assert "alert(1)" in pages[0].words
    for shown in pages:
        assert "<script" not in shown.text
        assert "<img" not in shown.text
        assert "49" not in shown.words.replace("{{7*7}}", "") or "{{7*7}}" in shown.words


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_small_whole_and_asks_nobody_else(
    page: str, signed_in: Callable[[Role], Browser]
) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    shown = browser.get(page)
    style = browser.get(shown.text.partition('rel="stylesheet" href="')[2].partition('"')[0])

    assert style.status == 200
    assert shown.size + style.size < 50_000
    policy = shown.header("content-security-policy")
    assert policy.startswith("default-src 'none'; style-src 'self'")
    text, path = shown.text, page.partition("?")[0]
    sends = path in ROUTES and bool(ROUTES[path].uploads)  # a script of ours says how much of a file was sent
    if sends or path == "/explore":  # or moves the day as of which one looks
        name = "upload" if sends else "days"
        (script,) = re.findall(rf'<script src="(/script-{name}-[0-9a-f]{{12}}[.]js)" defer></script>', text)
        assert policy.endswith("; script-src 'self'")
        assert policy.endswith("; connect-src 'self'; script-src 'self'") == sends
        assert shown.size + style.size + browser.get(script).size < 50_000
        text = text.replace(f'<script src="{script}" defer></script>', "")
    else:
        assert "script-src" not in policy
        assert "connect-src" not in policy
    assert shown.header("cache-control") == "no-store"
    assert shown.header("x-content-type-options") == "nosniff"
    assert shown.header("referrer-policy") == "same-origin"
    assert "server" not in {name.lower() for name, _ in shown.headers} or shown.header("server") == "uvicorn"
    for mark in ("<script", " style=", " onclick", "http://", "https://", "//cdn"):
        assert mark not in text.replace("http://www.w3.org/", "")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "localhost:1", ""])
def test_under_another_name_nothing_is_answered(host: str, port: int) -> None:
    line = http.client.HTTPConnection("127.0.0.1", port)
    line.putrequest("GET", "/sign-in", skip_host=True)
    line.putheader("Host", host)
    line.endheaders()
    assert line.getresponse().status == 421
    line.close()


def test_a_request_larger_than_any_form_is_refused(signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.REPORTER)
    key = browser.get("/").form("/sign-out")["form_key"]
    assert browser.post("/report", {"form_key": key, "means": "x" * 300_000}).status == 413
    assert browser.post("/report", {"form_key": key, **{f"f{at}": "" for at in range(500)}}).status == 413


@pytest.mark.parametrize(
    ("address", "origin"),
    [
        ("0.0.0.0:80", ""),
        ("192.0.2.1:80", "https://a.example"),
        ("nowhere", ""),
        ("127.0.0.1:no", ""),
        ("127.0.0.1:80", "ftp://a.example"),
        ("127.0.0.1:80", "https://a.example/path"),
    ],
)
def test_plain_http_is_for_this_machine_alone(address: str, origin: str) -> None:
    with pytest.raises(WebAddressError) as refused:
        read_place("--web", address, origin)
    assert status_of(refused.value) == 500


def test_behind_a_proxy_the_cookie_is_for_https_alone() -> None:
    assert read_place("--web", "[::1]:7444", "https://tocsin.example.org/").secure
    assert not read_place("--web", "127.0.0.1:7444", "").secure
