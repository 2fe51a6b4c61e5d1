"""The console runs in the process of the node and stops with it."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from console.web.edge import ADDRESS_FILE
from tests.console.command_line import copied, machine, tocsin
from tests.console.web.conftest import PASSPHRASE
from tests.support.browser import Browser


@pytest.fixture
def member(_networked: tuple[Path, Path], tmp_path: Path) -> Path:
    """A node that belongs to a network."""
    return copied(_networked[0], tmp_path / "member")


@pytest.mark.slow
def test_the_console_is_served_beside_the_node_and_stops_with_it(member: Path) -> None:
    made = tocsin(
        "account", "add", "amina", "--role", "focal_point", "--home", member,
        TOCSIN_ACCOUNT_PASSPHRASE=PASSPHRASE,
    )  # fmt: skip
    assert made.code == 0
    running = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "serve", "--web", "127.0.0.1:0", "--home", str(member)],
        env=machine() | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (member / ADDRESS_FILE).exists():
            assert running.poll() is None
            time.sleep(0.05)
        browser = Browser(int((member / ADDRESS_FILE).read_text().rpartition(":")[2]))
        shown = browser.get("/sign-in")
        sent = browser.send(shown, "/sign-in", name="amina", passphrase=PASSPHRASE, code="")
        assert sent.header("location") == "/"
        waiting = http.client.HTTPConnection("127.0.0.1", browser.port)  # a line that nobody closes
        waiting.connect()
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
        waiting.close()
    finally:
        running.kill()
        running.wait()
    assert not (member / ADDRESS_FILE).exists()


@pytest.mark.slow
def test_before_there_is_a_network_the_console_is_served_alone(node: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "serve", "--web", "127.0.0.1:0", "--home", str(node)],
        env=machine() | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
    )
    try:
        while not (node / ADDRESS_FILE).exists():
            assert running.poll() is None
            time.sleep(0.05)
        browser = Browser(int((node / ADDRESS_FILE).read_text().rpartition(":")[2]))
        assert browser.get("/sign-in").status == 200
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) == 0
    finally:
        running.kill()
        running.wait()
    assert not (node / ADDRESS_FILE).exists()


def test_accounts_are_made_and_listed_by_whoever_runs_the_node(node: Path) -> None:
    words = ("account", "add", "amina", "--role", "focal_point", "--role", "coordinator", "--home", node)
    assert tocsin(*words).code == 2  # nobody is here to ask
    assert tocsin(*words, TOCSIN_ACCOUNT_PASSPHRASE="short").code == 1
    assert tocsin(*words, TOCSIN_ACCOUNT_PASSPHRASE=PASSPHRASE).code == 0
    again = tocsin(*words, TOCSIN_ACCOUNT_PASSPHRASE=PASSPHRASE)
    assert (again.code, "ACCOUNT_REFUSED" in again.err) == (1, True)
    assert tocsin("account", "roles", "amina", "--role", "auditor", "--home", node).code == 0
    assert tocsin("account", "close", "amina", "--home", node).code == 0
    (row,) = tocsin("account", "list", "--home", node, "--format", "json").rows
    assert (row["name"], row["roles"], row["state"]) == ("amina", "auditor", "closed")
    assert PASSPHRASE not in (node / "node.db").read_bytes().decode(errors="replace")


def test_what_nobody_foresaw_is_told_in_words_and_without_a_word_of_the_program(port: int) -> None:
    asking = Browser(port, headers={"Accept-Language": "ar"})
    with patch("console.web.edge.answer", side_effect=IndexError("tuple index out of range")):
        shown = asking.get("/numbers/asked?of=coordinator")
    assert (shown.status, shown.header("content-type")) == (500, "text/html; charset=utf-8")
    assert 'dir="rtl"' in shown.text
    assert "index" not in shown.words
    assert "default-src 'none'" in (shown.header("content-security-policy") or "")
    assert asking.get("/sign-in").status == 200
