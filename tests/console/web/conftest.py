"""A node with a few incidents, its console running, and a browser for each role."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from unittest.mock import patch

import pyotp
import pytest
from sqlalchemy import update

from console.home import make_home
from console.web.accounts import add_account, find_account
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Works
from node.config import new_settings
from node.intake import Publication, Row
from node.record import import_publication
from tests.console.command_line import machine
from tests.support.browser import Browser, Clock, console
from tests.support.incidents import ASSAULT, CAPTURE, LOOTING, ROBBERY, SHOOTING
from tests.support.network import network

__all__ = ["network"]

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2
INCIDENTS = {"a": SHOOTING, "b": ROBBERY, "c": LOOTING, "d": ASSAULT, "e": CAPTURE}


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Works]:
    """A node of one organization alone; times are its clock's."""
    with patch.dict(os.environ, machine(), clear=True):
        settings = new_settings(org_id="alpha", org_type="INGO", log_slot_seconds=0)
        home = make_home(Path(tmp_path_factory.mktemp("web")) / "node", settings, None)
        store = home.store()
        rows = tuple(Row(at, key, one, ()) for at, (key, one) in enumerate(INCIDENTS.items()))
        part = Publication("awsd", date(2026, 1, 2), "today", (), rows, (), ())
        import_publication(store, part, b"d" * 32, NOW)
        own = Publication(
            "own", date(2026, 1, 2), "today", (), (Row(1, "x", LOOTING, ()),), (), (), whole=False
        )
        import_publication(store, own, b"e" * 32, NOW)
        with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
            for role in Role:
                add_account(store, role.replace("_", "-"), [role], PASSPHRASE, NOW)
        with store.write() as connection:
            connection.execute(update(account).values(second_step=SECRET))
        yield Works(home, store, home.identity(None), Clock(NOW))
        store.close()


@pytest.fixture(scope="module")
def port(works: Works) -> Iterator[int]:
    """Of the running console."""
    with console(works) as found:
        yield found


@pytest.fixture
def clock(works: Works) -> Iterator[Clock]:
    """The clock of the node, which a test may move."""
    assert isinstance(works.clock, Clock)
    yield works.clock
    works.clock.now = NOW


@pytest.fixture
def browser(port: int) -> Browser:
    """Somebody who is not signed in."""
    return Browser(port)


@pytest.fixture
def signed_in(works: Works, port: int) -> Callable[[Role], Browser]:
    """A browser of somebody with a role, signed in just now."""

    def browser_of(role: Role) -> Browser:
        with works.store.write() as connection:
            found = find_account(connection, role.replace("_", "-"))
            assert found is not None
            return Browser(port, {"tocsin": open_session(connection, found.key, works.clock())})

    return browser_of


def code_at(now: datetime) -> str:
    """What the authenticator shows."""
    return pyotp.TOTP(SECRET).at(now)
