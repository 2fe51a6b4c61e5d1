"""A focal point and two nodes that have talked: who holds what, alerts, requests, members and bundles, as they are."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import update

from console.home import open_home
from console.web.accounts import add_account, find_account
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Works
from tests.console.command_line import copied, machine, tocsin
from tests.support.browser import Browser, console

PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2


@contextmanager
def serving(home: Path) -> Iterator[None]:
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "serve", "--home", str(home)],
        env=machine(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (home / "listening").exists():
            assert child.poll() is None
            time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait(20)


@pytest.fixture(scope="module")
def pair(_networked: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Alpha, which shared with beta; one record was called back since, and beta has not confirmed that."""
    folder = tmp_path_factory.mktemp("pair")
    alpha, beta = (copied(home, folder / home.name) for home in _networked)
    assert tocsin("share", "--all", "--tier", "peer", "--yes", "--home", alpha).code == 0
    with serving(alpha):
        for _ in range(2):  # with the second sync it confirms what came with the first
            assert tocsin("sync", "--home", beta).code == 0
    record = tocsin("holders", "--home", alpha, "--format", "json").rows[0]["record"]
    assert (
        tocsin("share", "--call-back", record, "--because", "withdrawn", "--yes", "--home", alpha).code == 0
    )
    return alpha, beta


@pytest.fixture(scope="module")
def works(pair: tuple[Path, Path]) -> Iterator[Works]:
    """Alpha, opened by its console."""
    with patch.dict("os.environ", machine(), clear=True):
        home = open_home(pair[0])
        store = home.store()
        with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
            add_account(store, "amina", [Role.FOCAL_POINT, Role.OPERATOR], PASSPHRASE, datetime.now(UTC))
        with store.write() as connection:
            connection.execute(update(account).values(second_step=SECRET))
        yield Works(home, store, home.identity(None), lambda: datetime.now(UTC))
        store.close()


@pytest.fixture(scope="module")
def browser(works: Works) -> Iterator[Browser]:
    """Of a focal point who runs the node, too."""
    with works.store.write() as connection:
        found = find_account(connection, "amina")
        assert found is not None
        token = open_session(connection, found.key, works.clock())
    with console(works) as port:
        yield Browser(port, {"tocsin": token})


@pytest.mark.slow
def test_who_holds_what_is_what_the_command_says(pair: tuple[Path, Path], browser: Browser) -> None:
    rows = tocsin("holders", "--home", pair[0], "--format", "json").rows
    back = next(row for row in rows if row["state"] == "called back")

    shown = browser.get("/holders")
    one = browser.get(f"/holders?id={back['record']}")
    waiting = browser.get("/holders?waiting=1")

    assert shown.words.count("Peers") == min(50, len(rows))
    assert "called back" in one.words
    assert "not yet" in one.words
    assert "taken back" in one.words  # what became of it with beta
    owed = tocsin("holders", "--waiting", "--home", pair[0], "--format", "json").rows
    assert waiting.words.count("not yet") == len(owed) > 0
    taken = browser.get("/holders.json")
    assert taken.status == 200
    assert taken.text.count('"member": "beta"') == len(rows)


@pytest.mark.slow
def test_what_was_sent_to_whom_and_what_became_of_it(pair: tuple[Path, Path], browser: Browser) -> None:
    sent = tocsin("disclosures", "--home", pair[0], "--format", "json").rows
    assert browser.get("/disclosures.csv").text.count("\n") == len(sent) + 1
    assert "Nothing was sent like this" in browser.get("/disclosures?to=2020-01-01").words
    assert browser.get("/disclosures?member=beta").words.count("revision") == min(50, len(sent))
    became = tocsin("outcomes", "--only", "sent", "--home", pair[0], "--format", "json").rows
    assert browser.get("/outcomes.csv?only=sent").text.count("\n") == len(became) + 1


@pytest.mark.slow
def test_whoever_holds_a_record_is_named_before_it_is_called_back(
    pair: tuple[Path, Path], browser: Browser
) -> None:
    rows = tocsin("holders", "--home", pair[0], "--format", "json").rows
    name = next(row["record"] for row in rows if row["state"] == "stands")
    shown = browser.get(f"/recall/preview?id={name}&because=shared_in_error")
    assert "Who is told beta" in shown.words
    assert "1 are called back" in browser.send(shown, "/recall/send").words
    assert "called back" in browser.get(f"/holders?id={name}&waiting=1").words
