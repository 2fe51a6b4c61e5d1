"""Signing in at a provider opens the account that was tied to that person, once, in that browser, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import delete

from console.errors import AccountError, ConfigProviderError
from console.web import challenges
from console.web.accounts import close_account
from console.web.edge import make_app
from console.web.listening import Place
from console.web.provider import provider_of, tie_account
from console.web.tables import account_elsewhere
from console.web.visit import Works
from tests.console.web.conftest import NOW
from tests.support.browser import Browser, Clock, Shown, running
from tests.support.provider import ProviderSimulator

pytestmark = pytest.mark.slow


@pytest.fixture
def provider(works: Works) -> Iterator[ProviderSimulator]:
    simulator = ProviderSimulator(NOW.timestamp())
    with running(lambda _port: simulator.app()) as port:
        simulator.issuer = f"http://127.0.0.1:{port}"
        tie_account(works.store, "coordinator", simulator.issuer, "person-7")
        yield simulator
    with works.store.write() as connection:
        connection.execute(delete(account_elsewhere))


def with_provider(works: Works, issuer: str, origin: str) -> Works:
    given = {"oidc_issuer": issuer, "oidc_client": "tocsin-console", "web_origin": origin}
    return replace(works, home=replace(works.home, settings=works.home.settings.model_copy(update=given)))


@pytest.fixture
def browser(works: Works, provider: ProviderSimulator) -> Iterator[Browser]:
    """At a console that knows the provider."""
    with running(
        lambda port: make_app(
            with_provider(works, provider.issuer, f"http://127.0.0.1:{port}"), Place("127.0.0.1", port)
        )
    ) as port:
        yield Browser(port)


def go_there(browser: Browser, provider: ProviderSimulator, page: str = "/incidents") -> str:
    """The page that the browser is sent back to."""
    sent = browser.get(f"/provider?next={page}")
    assert sent.status == 303, sent.words
    back = urlsplit(provider.agree(sent.header("location")))
    return f"{back.path}?{back.query}"


def sign_in(browser: Browser, provider: ProviderSimulator) -> Shown:
    return browser.get(go_there(browser, provider))


def test_somebody_signs_in_there_and_is_where_they_wanted(
    browser: Browser, provider: ProviderSimulator
) -> None:
    assert "/provider?next=" in browser.get("/sign-in").text
    came = sign_in(browser, provider)
    assert came.header("location") == "/incidents"
    assert browser.get("/incidents").status == 200
    asked = provider.asked[0]
    assert (asked["scope"], asked["redirect_uri"]) == ("openid", f"{browser.origin}/provider/back")
    assert "secret" not in str(asked)


def test_a_page_elsewhere_is_never_where_they_end(browser: Browser, provider: ProviderSimulator) -> None:
    came = browser.get(go_there(browser, provider, "https:%2F%2Fevil.example"))
    assert came.header("location") == "/"


@pytest.mark.parametrize("claims", [
    {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["tocsin-console", "x"], "azp": "x"},
    {"nonce": "another"}, {"exp": int(NOW.timestamp()) - 120}, {"iat": None}, {"sub": None}, {"sub": ""}, {"exp": None},
])  # fmt: skip
def test_a_token_that_is_not_for_this_visit_opens_nothing(
    browser: Browser, provider: ProviderSimulator, claims: dict[str, object]
) -> None:
    provider.claims = claims
    came = sign_in(browser, provider)
    assert (came.status, "PROVIDER_FAILED" in came.words) == (502, True)
    assert browser.get("/incidents").status == 303


def test_another_key_or_none_opens_nothing(browser: Browser, provider: ProviderSimulator) -> None:
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(browser, provider).status == 502
    provider.signing = None
    there = go_there(browser, provider)
    provider.codes.clear()
    assert browser.get(there).status == 502
    provider.fails = True
    assert browser.get("/provider").status == 502
    assert browser.get("/sign-in").status == 200


def test_who_is_tied_to_no_account_is_refused(browser: Browser, provider: ProviderSimulator) -> None:
    provider.subject = "person-8"
    came = sign_in(browser, provider)
    assert (came.status, "named nobody who has an account here" in came.words) == (403, True)


def test_it_counts_once_soon_and_in_the_browser_that_was_sent(
    browser: Browser, provider: ProviderSimulator, clock: Clock
) -> None:
    there = go_there(browser, provider)
    other = Browser(browser.port)
    assert other.get(there).status == 403  # somebody gave it away, so that another works in their name
    assert browser.get(there).status == 403
    there = go_there(browser, provider)
    held = dict(browser.cookies)
    assert browser.get(there).status == 303
    assert held != browser.cookies
    assert browser.get(there).status == 403
    late = go_there(browser, provider)
    clock.now += timedelta(seconds=challenges.GOOD_FOR + 1)
    assert browser.get(late).status == 403
    assert browser.get("/provider/back?state=%FF&code=x").status == 403


def test_accounts_are_tied_by_who_runs_the_node_to_one_person_each(
    works: Works, browser: Browser, provider: ProviderSimulator
) -> None:
    with pytest.raises(AccountError, match="another account's"):
        tie_account(works.store, "auditor", provider.issuer, "person-7")
    with pytest.raises(AccountError, match="no open account"):
        tie_account(works.store, "nobody", provider.issuer, "person-9")
    tie_account(works.store, "coordinator", provider.issuer, "")
    assert sign_in(browser, provider).status == 403
    from console.web.accounts import add_account  # noqa: PLC0415 - likewise
    from tests.console.web.conftest import PASSPHRASE  # noqa: PLC0415 - as another test makes one

    add_account(works.store, "gone", ["coordinator"], PASSPHRASE, NOW)
    tie_account(works.store, "gone", provider.issuer, "person-7")
    close_account(works.store, "gone", NOW)
    assert sign_in(browser, provider).status == 403


def test_without_a_provider_there_is_no_such_page_and_half_a_one_is_told(works: Works, port: int) -> None:
    assert [Browser(port).get(page).status for page in ("/provider", "/provider/back")] == [404, 404]
    assert "/provider" not in Browser(port).get("/sign-in").text
    for issuer, origin in (("http://issuer.example", "https://a.example"), ("https://issuer.example", "")):
        with pytest.raises(ConfigProviderError):
            provider_of(with_provider(works, issuer, origin).home)
