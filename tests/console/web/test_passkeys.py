"""Passkeys sign in alone or in the place of the code, and nothing else of an authenticator's answer does."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import delete, func, select, update

from console.web import challenges
from console.web.accounts import add_account, close_account, find_account, renew_account
from console.web.passkeys import add_passkey, passkeys_of
from console.web.roles import Role
from console.web.tables import account, account_challenge, account_passkey
from console.web.visit import Works
from tests.console.web.conftest import NOW, PASSPHRASE, SECRET, code_at
from tests.support.authenticator import Authenticator
from tests.support.browser import Browser, Clock, Shown

pytestmark = pytest.mark.slow
OWNER = "coordinator"


def asked_of(shown: Shown) -> Any:
    """What a page asks the browser for."""
    return json.loads(unescape(re.findall(r'data-asked="([^"]*)"', shown.text)[0]))


@pytest.fixture
def local(port: int) -> Browser:
    """A browser at the address that passkeys need."""
    return Browser(port, origin=f"http://localhost:{port}", headers={"Host": f"localhost:{port}"})


@pytest.fixture
def passkey(
    works: Works, port: int, signed_in: Callable[[Role], Browser], clock: Clock
) -> Iterator[Authenticator]:
    """Of the coordinator, added just now."""
    made = Authenticator(f"http://localhost:{port}")
    assert add(signed_in(Role.COORDINATOR), made, clock).status == 303
    yield made
    with works.store.write() as connection:
        connection.execute(delete(account_passkey))
        connection.execute(update(account).values(last_step=0))


def add(browser: Browser, made: Authenticator, clock: Clock, **typed: str) -> Shown:
    browser.origin, browser.headers = made.origin, {"Host": made.origin.removeprefix("http://")}
    page = browser.get("/account/passkey")
    fields = {
        "credential": made.make(asked_of(page)),
        "name": "my telephone",
        "code": code_at(clock.now),
        **typed,
    }
    return browser.send(page, "/account/passkey", **fields)


def sign_in(browser: Browser, passkey: Authenticator, **typed: str) -> Shown:
    page = browser.get("/passkey?next=/incidents")
    return browser.send(page, "/passkey", credential=passkey.show(asked_of(page)), **typed)


def test_a_passkey_that_asks_for_a_pin_signs_in_alone(local: Browser, passkey: Authenticator) -> None:
    for _ in range(2):
        sent = sign_in(local, passkey)
        assert sent.header("location") == "/incidents"
    assert local.get("/incidents").status == 200
    assert "my telephone" in local.get("/account/keys").words


def test_one_that_asks_for_none_stands_in_the_place_of_the_code(
    local: Browser, passkey: Authenticator
) -> None:
    passkey.verifies = False
    assert sign_in(local, passkey).status == 403
    assert sign_in(local, passkey, name=OWNER, passphrase="not the passphrase").status == 403
    assert sign_in(local, passkey, name="auditor", passphrase=PASSPHRASE).status == 403
    assert not local.cookies
    assert sign_in(local, passkey, name=OWNER, passphrase=PASSPHRASE).status == 303
    assert local.get("/account").status == 200


@pytest.mark.parametrize(
    "broken", ["origin", "site", "key", "credential", "uses", "challenge", "words", "empty"]
)
def test_whatever_else_an_authenticator_says_opens_nothing(
    local: Browser, passkey: Authenticator, broken: str
) -> None:
    assert sign_in(local, passkey).status == 303
    local.cookies.clear()
    other = Authenticator("https://evil.example", "evil.example")
    if broken in {"origin", "site", "key", "credential"}:
        setattr(passkey, broken, getattr(other, broken))
    if broken == "uses":
        passkey.uses = 0
    asked = asked_of(local.get("/passkey"))
    told = passkey.show({**asked, "challenge": "A" * 43} if broken == "challenge" else asked)
    told = {"words": '{"rawId": 5, "response": {}}', "empty": ""}.get(broken, told)
    sent = local.send(local.get("/passkey"), "/passkey", credential=told)
    assert sent.status == 403
    assert "does not open an account here" in sent.words
    assert not local.cookies


def test_an_answer_counts_once_and_not_for_long(local: Browser, passkey: Authenticator, clock: Clock) -> None:
    page = local.get("/passkey")
    told = passkey.show(asked_of(page))
    assert local.send(page, "/passkey", credential=told).status == 303
    assert local.send(page, "/passkey", credential=told).status == 403
    late = local.get("/passkey")
    told = passkey.show(asked_of(late))
    clock.now += timedelta(seconds=challenges.GOOD_FOR + 1)
    assert local.send(late, "/passkey", credential=told).status == 403


def test_an_open_screen_is_not_enough_to_add_one(
    works: Works, port: int, passkey: Authenticator, signed_in: Callable[[Role], Browser], clock: Clock
) -> None:
    browser, other = signed_in(Role.COORDINATOR), Authenticator(f"http://localhost:{port}")
    used = add(browser, other, clock)
    assert (used.status, "code does not fit" in used.words) == (403, True)
    clock.now += timedelta(seconds=60)
    for typed, said in (({"credential": "{}"}, "could not be added"), ({"name": " "}, "which passkey it is")):
        refused = add(browser, other, clock, **typed)
        assert (refused.status, said in refused.words) == (422, True)
        clock.now += timedelta(seconds=60)
    again = add(browser, passkey, clock)
    assert "known already" in again.words
    with works.store.read() as connection:
        owner = find_account(connection, OWNER)
    assert owner is not None
    assert [one.name for one in passkeys_of(works.store, owner.key)] == ["my telephone"]


def test_a_challenge_of_somebody_else_adds_nothing(works: Works, passkey: Authenticator, port: int) -> None:
    assert passkey.credential
    with works.store.read() as connection:
        mine, theirs = (find_account(connection, name) for name in (OWNER, "auditor"))
    assert mine is not None
    assert theirs is not None
    from console.errors import AccountError  # noqa: PLC0415 - needed here alone
    from console.web.passkeys import Site, ask_to_add  # noqa: PLC0415 - likewise

    made = Authenticator(f"http://localhost:{port}")
    told = made.make(json.loads(ask_to_add(works.store, mine, "localhost", NOW)))
    with pytest.raises(AccountError, match="too long ago"):
        add_passkey(works.store, theirs, Site("localhost", made.origin), told, "x", NOW)


def test_its_owner_ends_one_and_nobody_elses(
    local: Browser, passkey: Authenticator, signed_in: Callable[[Role], Browser], works: Works
) -> None:
    with works.store.read() as connection:
        key = connection.execute(select(func.max(account_passkey.c.id))).scalar_one()
    stranger = signed_in(Role.AUDITOR)
    form_key = stranger.get("/").form("/sign-out")["form_key"]
    for text in (str(key), "x", "9" * 40):
        assert stranger.post("/account/passkey/end", {"form_key": form_key, "key": text}).status == 303
    assert sign_in(local, passkey).status == 303
    assert local.send(local.get("/account/keys"), "/account/passkey/end").status == 303
    local.cookies.clear()
    assert sign_in(local, passkey).status == 403


def test_closed_and_renewed_accounts_have_none(works: Works, port: int, local: Browser, clock: Clock) -> None:
    with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
        for name in ("closed-one", "renewed-one"):
            add_account(works.store, name, ["coordinator"], PASSPHRASE, NOW)
        with works.store.write() as connection:
            connection.execute(update(account).where(account.c.second_step == "").values(second_step=SECRET))
        made = {}
        for name in ("closed-one", "renewed-one"):
            browser = Browser(port)
            page = browser.get("/sign-in")
            signed = browser.send(page, "/sign-in", name=name, passphrase=PASSPHRASE, code=code_at(clock.now))
            assert signed.status == 303
            clock.now += timedelta(seconds=60)
            made[name] = Authenticator(f"http://localhost:{port}")
            assert add(browser, made[name], clock).status == 303
            assert sign_in(local, made[name]).status == 303
        close_account(works.store, "closed-one", NOW)
        renew_account(works.store, "renewed-one", PASSPHRASE, NOW)
    local.cookies.clear()
    for passkey in made.values():
        assert sign_in(local, passkey).status == 403


def test_only_these_pages_have_a_script_and_it_is_ours(
    local: Browser, signed_in: Callable[[Role], Browser]
) -> None:
    for shown in (local.get("/passkey"), signed_in(Role.REPORTER).get("/account/passkey")):
        policy = shown.header("content-security-policy")
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert policy.endswith("script-src 'self'")
        (path,) = re.findall(r'<script src="([^"]+)" defer></script>', shown.text)
        assert shown.text.count("<script") == 1
        script = local.get(path)
        assert (script.status, script.header("content-type")) == (200, "text/javascript; charset=utf-8")
        assert shown.size + script.size < 50_000
    assert "script-src" not in local.get("/sign-in").header("content-security-policy")


def test_challenges_that_nobody_answers_do_not_pile_up(works: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(challenges, "MAX_WAITING", 5)
    for number in range(9):
        challenges.new_challenge(works.store, NOW, what=str(number))
    with works.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(account_challenge)).scalar_one() == 5
