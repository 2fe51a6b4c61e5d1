"""The network of the demo, kept running, and a browser."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from console.demo_office import OFFICER
from console.home import open_home
from console.office import Office
from console.web.accounts import accounts, add_account
from console.web.links import make_link
from console.web.proofs import new_second_step, new_token
from console.web.roles import Role
from console.web.tables import account
from tests.support.chromium import DESK, Screen, Way, chromium, screen

ADDRESS = re.compile(r"machine: (http://127\.0\.0\.1:\d+)")
Visit: TypeAlias = Callable[..., Screen]


class Console(NamedTuple):
    """A console that runs in a network of three."""

    home: Path
    address: str


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console of the demo's first organization."""
    folder = tmp_path_factory.mktemp("network") / "nodes"
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "demo", "--keep", "--home", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")},
    )
    try:
        assert child.stdout is not None
        text = ""
        while "Ctrl-C" not in text:
            line = child.stdout.readline()
            assert line, text
            text += line
        home = folder / "un-agency"
        yield Console(home, ADDRESS.findall(text)[0])
    finally:
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)


@pytest.fixture(scope="session")
def uid(console: Console) -> str:
    """The case of a detention in the office of the demo."""
    office = Office(open_home(console.home))
    try:
        (found,) = (one.uid for one in office.desk(OFFICER, None).board() if one.host_state == "CMR")
        return str(found)
    finally:
        office.database.store.close()


# While the browser's library is open an event loop runs in this thread, and other tests have loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with chromium() as found:
        yield found


@pytest.fixture
def visit(console: Console, browser: Browser) -> Iterator[Visit]:
    """Somebody with roles at a screen, signed in; what the browser complained of in the end fails the test."""
    store = open_home(console.home).store()
    numbers = count(len(accounts(store)))
    with ExitStack() as stack:
        stack.callback(store.close)
        screens = []

        def signed_in(roles: Iterable[Role], way: Way = DESK) -> Screen:
            name = f"somebody-{next(numbers)}"
            now = datetime.now(UTC)
            add_account(store, name, roles, new_token(), now, new_second_step())
            with store.write() as connection:
                connection.execute(
                    update(account).where(account.c.name == name).values(language=way.language)
                )
            token = make_link(store, name, now)
            shown = stack.enter_context(screen(browser, console.address, way))
            shown.go(f"/link?token={token}")
            shown.click("main button")
            screens.append(shown)
            return shown

        yield signed_in
        assert [one for shown in screens for one in shown.trouble] == []
