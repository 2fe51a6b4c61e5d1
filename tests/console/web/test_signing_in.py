"""Who signs in, for how long, how often it may be tried, and what becomes of what was typed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest

from console.errors import AccountError
from console.web.accounts import (
    accounts,
    add_account,
    change_roles,
    close_account,
    renew_account,
)
from console.web.links import make_link
from console.web.proofs import is_form_key, step_of, write_form_key
from console.web.roles import Role
from console.web.visit import Works
from tests.console.web.conftest import NOW, PASSPHRASE, SECRET, code_at
from tests.support.browser import Browser, Clock, Shown


def sign_in(
    browser: Browser, name: str, passphrase: str = PASSPHRASE, code: str = "", page: str = "/sign-in"
) -> Shown:
    return browser.send(browser.get(page), "/sign-in", name=name, passphrase=passphrase, code=code)


@pytest.fixture
def fresh(works: Works) -> str:
    """An account that nobody has signed in with."""
    name = f"new-{len(accounts(works.store))}"
    add_account(works.store, name, [Role.FOCAL_POINT], PASSPHRASE, NOW)
    return name


def test_the_first_sign_in_sets_up_the_second_step_and_nothing_else_is_reached(
    browser: Browser, fresh: str, clock: Clock
) -> None:
    assert browser.follow(sign_in(browser, fresh)).status == 303  # on to the second step
    assert browser.get("/incidents").header("location") == "/second-step"
    page = browser.get("/second-step")
    assert page.status == 200, page.words
    secret = re.sub(r"\s", "", re.findall(r"<code>([A-Z2-7 ]+)</code>", page.text)[0])
    assert browser.send(page, "/second-step", code="000000").status == 403
    before = dict(browser.cookies)

    done = browser.send(browser.get("/second-step"), "/second-step", code=pyotp.TOTP(secret).at(clock.now))

    assert done.header("location") == "/"
    assert browser.cookies != before
    assert browser.get("/incidents").status == 200
    assert secret not in browser.get("/second-step").text


def test_a_code_opens_one_session(browser: Browser, port: int, clock: Clock) -> None:
    code = code_at(clock.now)
    assert sign_in(browser, "auditor", code="").status == 403
    assert (
        sign_in(browser, "auditor", code=code, page="/sign-in?next=/network").header("location") == "/network"
    )
    assert browser.get("/network").status == 200

    again = sign_in(Browser(port), "auditor", code=code)

    assert again.status == 403
    assert "do not go together" in again.words


def test_a_link_signs_in_once_and_only_when_its_button_is_pressed(
    works: Works, browser: Browser, port: int, clock: Clock
) -> None:
    page = f"/link?token={make_link(works.store, 'coordinator', clock.now)}&next=/held"
    shown = [browser.get(page) for _ in range(2)][1]
    assert browser.send(shown, "/link").header("location") == "/held"
    assert browser.get("/held").status == 200

    again = Browser(port)
    refused = again.send(again.get(page), "/link")

    assert refused.status == 403
    assert "used or is too old" in refused.words
    assert again.cookies == {}


def test_a_link_counts_for_half_an_hour_and_leads_to_no_other_host(
    works: Works, browser: Browser, clock: Clock
) -> None:
    pages = [
        f"/link?token={make_link(works.store, 'coordinator', clock.now)}&next={there}"
        for there in ("//evil.example", "/")
    ]
    assert browser.send(browser.get(pages[0]), "/link").header("location") == "/"
    clock.now += timedelta(minutes=31)
    assert browser.send(browser.get(pages[1]), "/link").status == 403
    with pytest.raises(AccountError, match="no open account"):
        make_link(works.store, "nobody", clock.now)


@pytest.mark.slow
def test_a_wrong_name_reads_like_a_wrong_passphrase_and_neither_may_be_tried_often(
    port: int, clock: Clock
) -> None:
    for name in ("nobody-at-all", "approver"):
        told = [
            re.sub(r'value="[^"]*"', "", sign_in(Browser(port), name, "a wrong passphrase", "123456").text)
            for _ in range(10)
        ]
        assert len(set(told)) == 1
        assert sign_in(Browser(port), name, PASSPHRASE, code_at(clock.now)).status == 429
    clock.now += timedelta(minutes=16)

    assert sign_in(Browser(port), "approver", code=code_at(clock.now)).status == 303


def test_a_session_that_was_known_before_signing_in_is_of_no_use_after_it(
    browser: Browser, fresh: str
) -> None:
    browser.cookies["tocsin"] = "planted-by-somebody-else"

    sign_in(browser, fresh)

    assert browser.cookies["tocsin"] != "planted-by-somebody-else"


@pytest.mark.parametrize(
    "page",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/a\r\nX: y",
        "\t//evil.example",
    ],
)
def test_signing_in_leads_to_no_other_place(browser: Browser, fresh: str, page: str) -> None:
    shown = browser.get("/sign-in")

    done = browser.send(shown, "/sign-in", name=fresh, passphrase=PASSPHRASE, code="", next=page)

    assert done.header("location") == "/"
    assert done.header("x") == ""


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(
    signed_in: Callable[[Role], Browser], clock: Clock
) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    form = browser.get("/incident/complete?id=own:x&group=words")
    clock.now += timedelta(minutes=31)

    sent = browser.send(form, "/incident/complete", narrative="a long text, typed on a telephone")

    assert sent.header("location").startswith("/sign-in?next=%2Fincident%2Fcomplete")
    assert browser.follow(sent).status == 200
    back = sign_in(browser, "focal-point", code=code_at(clock.now), page=sent.header("location"))
    shown = browser.follow(back)
    assert shown.form("/incident/complete")["narrative"] == "a long text, typed on a telephone"
    assert browser.send(shown, "/incident/complete").status == 303
    assert "typed on a telephone" in browser.get("/incident?id=own:x").words
    assert (
        browser.get("/incident/complete?id=own:x&group=place").form("/incident/complete")["admin1"]
        == "Khartoum"
    )


def test_a_form_from_an_earlier_session_is_shown_again_and_not_done(
    signed_in: Callable[[Role], Browser],
) -> None:
    old = signed_in(Role.REPORTER)
    form = old.get("/report")
    new = signed_in(Role.REPORTER)

    sent = new.send(form, "/report", when="2026-02-03", country="SSD", means="shooting")

    assert sent.header("location") == "/report"
    assert new.get("/report").form("/report")["when"] == "2026-02-03"


@pytest.mark.slow
def test_sessions_end_by_time_by_hand_and_with_what_their_account_may_do(
    works: Works, port: int, fresh: str, signed_in: Callable[[Role], Browser], clock: Clock
) -> None:
    browser = signed_in(Role.AUDITOR)
    other = signed_in(Role.AUDITOR)
    shown = browser.get("/account")
    _, others = re.findall(r'name="session" value="(\d+)"', shown.text)[:2]
    browser.send(shown, "/account/session", session=others)
    assert {browser.get("/").status, other.get("/").status} == {200, 303}
    last = browser if browser.get("/").status == 200 else other
    statuses = []
    for _ in range(25):
        clock.now += timedelta(minutes=29)
        statuses.append(last.get("/").status)
    assert (statuses[23], statuses[24]) == (200, 303)  # twelve hours are the longest, however busy

    changes: tuple[Callable[[], None], ...] = (
        lambda: change_roles(works.store, fresh, [Role.AUDITOR], clock.now),
        lambda: renew_account(works.store, fresh, PASSPHRASE, clock.now),
        lambda: close_account(works.store, fresh, clock.now),
    )
    for change in changes:
        theirs = Browser(port)
        assert sign_in(theirs, fresh).status == 303
        assert theirs.get("/").header("location") == "/second-step"
        change()
        assert theirs.get("/").header("location").startswith("/sign-in")
    assert sign_in(Browser(port), fresh).status == 403


def test_nobody_ends_the_session_of_somebody_else(signed_in: Callable[[Role], Browser]) -> None:
    victim, other = signed_in(Role.COORDINATOR), signed_in(Role.OPERATOR)
    number = re.findall(r'name="session" value="(\d+)"', victim.get("/account").text)[0]

    other.send(other.get("/account"), "/account/session", session=number)

    assert victim.get("/").status == 200


def test_leaving_ends_the_session_and_lets_the_browser_forget(signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.OPERATOR)
    held = dict(browser.cookies)

    left = browser.send(browser.get("/"), "/leave")

    assert left.header("location") == "/blank"
    assert '"cookies"' in left.header("clear-site-data")
    assert browser.cookies == {}
    assert browser.follow(left).words == "New page"
    browser.cookies = held
    assert browser.get("/").status == 303


@pytest.mark.parametrize(
    ("name", "roles", "passphrase"),
    [
        ("Üml", ["auditor"], PASSPHRASE),
        ("a b", ["auditor"], PASSPHRASE),
        ("fine", [], PASSPHRASE),
        ("fine", ["king"], PASSPHRASE),
        ("fine", ["auditor"], "short"),
        ("auditor-of-all", ["auditor"], "auditor-of-all"),
        ("auditor", ["auditor"], PASSPHRASE),
    ],
)
def test_accounts_that_can_not_be_are_refused(
    works: Works, name: str, roles: list[str], passphrase: str
) -> None:
    before = accounts(works.store)
    with pytest.raises(AccountError):
        add_account(works.store, name, roles, passphrase, NOW)
    assert accounts(works.store) == before


def test_a_form_key_is_written_differently_each_time_and_is_the_same() -> None:
    key = b"k" * 32
    written = {write_form_key(key) for _ in range(5)}
    assert len(written) == 5
    assert all(is_form_key(key, one) for one in written)
    assert not any(is_form_key(b"l" * 32, one) for one in (*written, "", "é", "AAAA", "A" * 88))


def test_a_code_counts_for_a_minute_and_once() -> None:
    here = int(NOW.timestamp()) // 30
    assert step_of(SECRET, code_at(NOW), NOW, 0) == here
    assert step_of(SECRET, code_at(NOW), NOW + timedelta(seconds=30), 0) == here
    assert step_of(SECRET, code_at(NOW), NOW + timedelta(seconds=61), 0) is None
    assert step_of(SECRET, code_at(NOW), NOW, here) is None
    assert step_of(SECRET, "", NOW, 0) is None
