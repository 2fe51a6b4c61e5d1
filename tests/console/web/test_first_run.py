"""A node is made in a browser: an address that counts once, nothing half made, and secrets on one page alone."""

import os
import re
import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import pytest
import uvicorn

from console.backup import open_backup
from console.home import open_home
from console.unfinished import clear, is_to_be_made, is_to_be_printed
from console.web.listening import USUAL, Place
from console.web.starting import BACKUP_FILE, FirstRun, make_node, make_start_app
from crypto.keyfile import MIN_COST, save_key
from crypto.keyshare import read_share
from node.errors import ConfigError, StoreError
from tests.support.browser import Browser, Shown

pytestmark = pytest.mark.slow  # together they take seconds
TOKEN = "once"
KEYS = "several words for the keys"
OWN = "other words for somebody"
FORM = {
    "org": "delta",
    "type": "NNGO",
    "listen": "",
    "name": "amina",
    "passphrase": KEYS,
    "again": KEYS,
    "account_passphrase": OWN,
    "account_again": OWN,
}


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    """Passphrases cost what they cost elsewhere."""
    with (
        patch("console.home.save_key", partial(save_key, cost=MIN_COST)),
        patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192),
    ):
        yield


@pytest.fixture
def run(tmp_path: Path) -> FirstRun:
    return FirstRun(tmp_path / "node", TOKEN)


@pytest.fixture
def port(run: FirstRun) -> Iterator[int]:
    line = uvicorn.Config(lambda: None, host="127.0.0.1", port=0, log_config=None).bind_socket()
    port = line.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(make_start_app(run, Place("127.0.0.1", port)), **USUAL))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [line]}, daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.005)
    yield port
    server.should_exit = True
    thread.join()


@pytest.fixture
def browser(port: int) -> Browser:
    """Of whoever opened the address first."""
    found = Browser(port)
    assert found.get(f"/?token={TOKEN}").header("location") == "/"
    return found


def fill(browser: Browser, **typed: str) -> Shown:
    return browser.send(browser.get("/"), "/", **{**FORM, **typed})


def test_a_node_is_made_and_what_belongs_into_the_safe_is_shown_once(run: FirstRun, browser: Browser) -> None:
    with patch("console.web.starting.add_account", side_effect=StoreError("the disk is full")):
        failed = fill(browser)
    assert (failed.status, "the disk is full" in failed.words) == (422, True)
    assert not run.folder.exists()

    shown = fill(browser)

    assert "Print this page now" in shown.words
    home = open_home(run.folder)
    assert (home.settings.org_id, home.settings.org_type) == ("delta", "NNGO")
    sheets = re.findall(r'class="share-code"><code dir="ltr">([^<]+)<', shown.text)
    assert len(sheets) == 5
    contents = open_backup(
        (run.folder / BACKUP_FILE).read_bytes(), [read_share(sheet) for sheet in sheets[1:4]]
    )
    assert contents.org_id == "delta"
    assert len(contents.keys) == 5
    for secret in (KEYS, OWN):
        assert secret not in shown.text
    assert run.passphrase == KEYS
    again = browser.get("/")
    assert "not shown again" in again.words
    assert sheets[0] not in again.text
    assert browser.send(again, "/done").status == 200
    assert run.done.is_set()


STEPS = {
    "settings": "console.home.write_file",
    "account": "console.web.starting.add_account",
    "copy of the keys": "console.web.starting.make_backup",
    "last mark": "console.web.starting.note_whole",
}


@pytest.mark.parametrize("step", STEPS)
def test_a_first_run_that_was_killed_is_begun_anew(
    run: FirstRun, browser: Browser, step: str, tmp_path: Path
) -> None:
    beside = tmp_path / "beside"
    beside.write_text("of somebody else")

    def killed() -> None:
        with patch(STEPS[step], side_effect=lambda *_: os.kill(os.getpid(), signal.SIGKILL)):
            make_node(run.folder, FORM, datetime.now(UTC))

    child = get_context("fork").Process(target=killed)
    child.start()
    child.join()
    assert child.exitcode == -signal.SIGKILL
    assert is_to_be_made(run.folder)
    assert any(run.folder.iterdir())

    shown = fill(browser)

    assert "Print this page now" in shown.words
    assert open_home(run.folder).settings.org_id == "delta"
    assert beside.read_text() == "of somebody else"
    assert is_to_be_printed(run.folder)
    browser.send(shown, "/done")
    assert not is_to_be_printed(run.folder)


def test_a_node_is_never_taken_for_a_cut_first_run(run: FirstRun, browser: Browser) -> None:
    fill(browser)
    before = sorted(run.folder.rglob("*"))
    assert not is_to_be_made(run.folder)
    clear(run.folder)
    with pytest.raises(ConfigError):
        make_node(run.folder, FORM, datetime.now(UTC))
    assert sorted(run.folder.rglob("*")) == before


def test_the_address_counts_once_and_for_one_browser(port: int, browser: Browser) -> None:
    assert browser.get("/").status == 200
    for late in (
        Browser(port).get(f"/?token={TOKEN}"),
        Browser(port).get("/"),
        Browser(port).get("/?token="),
    ):
        assert late.status == 403
        assert "does not open" in late.words
        assert "<form" not in late.text
    shown = browser.get("/?language=ar")
    assert 'dir="rtl"' in shown.text
    assert shown.header("cache-control") == "no-store"
    assert "default-src 'none'" in shown.header("content-security-policy")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"org": "Bad Name"}, "org_id"),
        ({"org": '"><script>x</script>'}, "org_id"),
        ({"type": "KING"}, "choose one of the list"),
        ({"again": "different"}, "not the same"),
        ({"account_again": "different"}, "not the same"),
        ({"passphrase": "short", "again": "short"}, "characters"),
        ({"account_passphrase": KEYS, "account_again": KEYS}, "of their own"),
        ({"name": "A B"}, "can not be a name"),
        ({"listen": "nowhere"}, "listen"),
    ],
)
def test_what_can_not_be_is_told_and_nothing_is_made(
    run: FirstRun, browser: Browser, typed: dict[str, str], told: str
) -> None:
    shown = fill(browser, **typed)
    assert shown.status == 422
    assert told in shown.words
    assert not run.folder.exists()
    assert KEYS not in shown.text
    assert "<script" not in shown.text


def test_a_forged_form_makes_nothing(run: FirstRun, port: int, browser: Browser) -> None:
    fields = {**browser.get("/").form("/"), **FORM}
    assert browser.post("/", {**fields, "form_key": "x"}).status == 403
    assert browser.post("/", fields, Origin="https://evil.example").status == 403
    assert Browser(port).post("/", fields).status == 403
    assert browser.post("/", {**fields, "org": "x" * 40_000}).status == 413
    browser.post("/done", {**fields, "org": "Bad Name"})
    assert not run.done.is_set()
    assert not run.made
