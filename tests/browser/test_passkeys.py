"""A real browser adds a passkey and signs in with it; without scripts the page says how else to go on."""

from contextlib import closing
from datetime import UTC, datetime

import pyotp
import pytest
from playwright.sync_api import Browser

from console.home import open_home
from console.web.accounts import add_account
from console.web.links import make_link
from console.web.proofs import new_second_step, new_token
from console.web.roles import Role
from tests.browser.conftest import Console
from tests.support.chromium import DESK, PHONE, screen

pytestmark = [pytest.mark.slow, pytest.mark.browser]
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def test_a_passkey_is_added_and_signs_in(console: Console, browser: Browser) -> None:
    now, secret = datetime.now(UTC), new_second_step()
    with closing(open_home(console.home).store()) as store:
        add_account(store, "passkey-owner", [Role.COORDINATOR], new_token(), now, secret)
        token = make_link(store, "passkey-owner", now)
    with screen(browser, console.address.replace("127.0.0.1", "localhost"), PHONE) as shown:
        line = shown.page.context.new_cdp_session(shown.page)
        line.send("WebAuthn.enable")
        line.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        shown.go(f"/link?token={token}")
        shown.click("main button")
        shown.go("/account/passkey")
        assert shown.violations() == []
        shown.picture("add-passkey")
        shown.page.fill("#name", "this telephone")
        shown.page.fill("#code", pyotp.TOTP(secret).now())
        shown.click("main button.main")
        shown.page.wait_for_url("**/account/keys")
        assert "this telephone" in shown.page.inner_text("main")
        shown.picture("keys")
        shown.click(".menu summary")
        shown.click(".menu form[action='/sign-out'] button")
        shown.go("/passkey?next=/explore")
        shown.picture("passkey")
        assert shown.violations() == []
        shown.click("main button.main")
        shown.page.wait_for_url("**/explore")
        assert shown.trouble == []
    with screen(browser, console.address, DESK._replace(script=False)) as shown:
        shown.go("/passkey")
        assert not shown.page.is_visible("main button.main")
        assert "http://localhost" in shown.page.inner_text("#without")
        shown.click("main p a")
        assert shown.page.is_visible("#passphrase")
