"""The console as people run it, killed at the first write of a form and started again, for seven forms.

They are a report, what is shared or called back, a file that waits in memory, an alert, a release, and signing in: each
writes to the node in another way. Other forms are tried within a process whose writes fail or that is forked and dies:
`test_fault_tables` holds which, where, and which are not tried and why. A case server is killed in `test_case_serve`.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from html import unescape
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pyotp
import pytest

from console.home import open_home
from console.web.accounts import add_account
from console.web.edge import ADDRESS_FILE
from console.web.links import make_link
from console.web.roles import Role
from tests.console.command_line import copied, machine, tocsin
from tests.support.browser import Browser, Shown
from tests.support.network import rows_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2
WORDS = "what somebody typed, in a sentence of their own"
# Dies just before or just after the first commit of a change once the file `armed` is there.
DEADLY = """
import os, pathlib, signal, sys
from sqlalchemy.engine.default import DefaultDialect
armed, when = pathlib.Path(sys.argv.pop(1)), sys.argv.pop(1)
real, seen = DefaultDialect.do_commit, {}
def commit(self, connection):
    held = connection.driver_connection
    changed, seen[id(held)] = held.total_changes != seen.get(id(held), 0), held.total_changes
    deadly = changed and armed.exists()
    if not (deadly and when == "before"):
        real(self, connection)
    if deadly:
        os.kill(os.getpid(), signal.SIGKILL)
DefaultDialect.do_commit = commit
from console.cli.main import main
main()
"""
CSV = (
    b"Reference,Date,Country,Violence or safety,What was done,"
    b"Killed: national staff,Killed: international staff,In your own words\n"
    b"k1,2026-02-01,SSD,violence,shooting,0,0,first\n"
)
DECLARATION = """
name = "other"
version = 1
purpose = "statistics"
period = "year"
by = ["country"]
measures = ["incidents"]
"""


class Place(NamedTuple):
    """A node whose console is killed and started again."""

    home: Path
    armed: Path

    @contextmanager
    def served(self, when: str = "before") -> Iterator[Browser]:
        """The console of it; it dies with the first change once `armed` is there."""
        (self.home / ADDRESS_FILE).unlink(missing_ok=True)
        words = ["serve", "--web", "127.0.0.1:0", "--home", str(self.home)]
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", DEADLY, str(self.armed), when, *words],
            env=machine() | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.DEVNULL,
        )
        try:
            while not (self.home / ADDRESS_FILE).exists():
                assert child.poll() is None
                time.sleep(0.05)
            yield Browser(int((self.home / ADDRESS_FILE).read_text().rpartition(":")[2]))
        finally:
            child.kill()
            child.wait()
            self.armed.unlink(missing_ok=True)

    def enter(self, browser: Browser) -> Browser:
        with closing(open_home(self.home).store()) as store:
            token = make_link(store, "everybody", datetime.now(UTC))
        shown = browser.send(browser.get(f"/link?token={token}"), "/link")
        assert shown.status == 303, shown.words
        return browser

    def check(self) -> None:
        found = tocsin("check", "--home", self.home)
        assert found.code == 0, (found.out, found.err)


class Sending(NamedTuple):
    """A form that somebody has filled in."""

    page: str
    fields: dict[str, str]
    file: bytes = b""

    def send(self, browser: Browser) -> Shown:
        if self.file:
            return browser.upload(self.page, self.fields, [("file", "own.csv", self.file)])
        return browser.post(self.page, self.fields)


def filled(shown: Shown, action: str, **typed: str) -> Sending:
    assert shown.status == 200, shown.words
    page = next(one for one in re.findall(r'action="([^"]+)"', shown.text) if one.partition("?")[0] == action)
    return Sending(unescape(page), {**shown.form(action), **typed})


def report(browser: Browser) -> Sending:
    shown = browser.get("/report")
    return filled(shown, "/report", when="2026-05-01", country="SSD", means="looting", narrative=WORDS)


def share(browser: Browser) -> Sending:
    return filled(browser.get("/share/preview?id=awsd:1&tier=peer"), "/share/send")


def recall(browser: Browser) -> Sending:
    share(browser).send(browser)
    return filled(browser.get("/recall/preview?id=awsd:1&because=withdrawn"), "/recall/send")


def take_in(browser: Browser) -> Sending:
    asked = Sending("/import", browser.get("/import").form("/import"), CSV)
    return filled(browser.follow(asked.send(browser)), "/import/confirm")


def alert(browser: Browser) -> Sending:
    typed = {"tier": "peer", "advice": "Stay off that road for now.", "reviewed": "1"}
    asked = filled(browser.get("/alert/new?id=awsd:2"), "/alert/new", **typed)
    return filled(asked.send(browser), "/alert/send")


def publish(browser: Browser) -> Sending:
    filled(browser.get("/releases"), "/release/declare", declaration=DECLARATION).send(browser)
    return filled(browser.get("/release/plan?cube=other/1"), "/release/build")


def sign_in(browser: Browser) -> Sending:
    browser.cookies.clear()
    typed = {"name": "everybody", "passphrase": PASSPHRASE, "code": pyotp.TOTP(SECRET).now()}
    return filled(browser.get("/sign-in"), "/sign-in", **typed)


FORMS = {
    "report": report,
    "share": share,
    "recall": recall,
    "import": take_in,
    "alert": alert,
    "release": publish,
    "sign-in": sign_in,
}
DONE_ALREADY = 409  # of a call-back that is there


@pytest.fixture
def copies(_networked: tuple[Path, Path], tmp_path: Path) -> Iterator[Place]:
    """Members of a network with some hundred incidents, and somebody with every role."""
    numbers = count()

    def one() -> Place:
        at = tmp_path / f"member-{next(numbers)}"
        copied(_networked[0], at)
        with closing(open_home(at).store()) as store:
            add_account(store, "everybody", tuple(Role), PASSPHRASE, datetime.now(UTC), SECRET)
        return Place(at, tmp_path / "armed")

    return iter(one, None)


def kept(place: Place) -> dict[str, int]:
    """How many rows there are, by table."""
    with closing(open_home(place.home).store()) as store:
        return {name: len(rows) for name, rows in rows_of(store).items()}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_at_which_the_console_is_killed_is_there_whole_once_it_is_sent_again(
    copies: Iterator[Place], name: str
) -> None:
    whole = next(copies)
    with whole.served() as browser:
        assert FORMS[name](whole.enter(browser)).send(browser).status in {200, 303}
    expected = kept(whole)
    for when in ("before", "after"):
        place = next(copies)
        with place.served(when) as browser:
            form = FORMS[name](place.enter(browser))
            place.armed.touch()
            with pytest.raises((HTTPException, ConnectionError)):
                form.send(browser)
            cookies = browser.cookies
        place.check()
        assert when == "before" or kept(place) == expected
        with place.served() as again:
            again.cookies = cookies
            if name == "sign-in":  # its code may have been used
                shown = form.send(again)
                assert (shown.status, PASSPHRASE in shown.text) in {(303, False), (403, False)}
                assert again.get("/account").status in {200, 303}
            else:
                shown = form.send(again)
                if "gone=1" in shown.header("location"):  # the file waited in memory; it is chosen once more
                    shown = FORMS[name](again).send(again)
                assert shown.status in {200, 303, DONE_ALREADY}, shown.words
        assert kept(place) == expected
        place.check()
