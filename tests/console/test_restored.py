"""A node that was restored or copied asks the members what they hold of its log before it adds anything to it."""

import asyncio
import shutil
import socket
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from console.home import open_home
from console.opened import Node
from console.serve import sign_slots
from node.config import load_settings
from node.errors import LogBehindError, LogUnconfirmedError, NodeError
from node.logbook import Pace
from node.restored import note_asked, note_place, verify_may_write
from node.slots import issue_checkpoint
from node.store.heads import log_head
from node.store.places import last_place
from node.wire import records
from node.witness import Growth, witness
from tests.console.command_line import Ran, tocsin
from tests.console.test_network import serving
from tests.support.faults import Flavour, failing_at
from tests.support.network import NOW, Network, on_sqlite_alone, rows_of
from tests.support.network import network as federation
from tests.support.restored import Copied, backed_up

__all__ = ["federation"]


def share(home: Path, *words: str, **settings: str) -> Ran:
    return tocsin("share", "--tier", "peer", "--all", *words, "--home", home, **settings)


def moved(home: Path) -> None:
    """Put a folder back as a backup does: the same content in new files."""
    kept = home.with_name("kept")
    home.rename(kept)
    shutil.copytree(kept, home)


def test_a_folder_that_was_put_back_adds_nothing_before_somebody_was_asked(
    network: tuple[Path, Path],
) -> None:
    alpha, _ = network
    assert share(alpha, "--where", "means=shelling").code == 0
    moved(alpha)
    refused = share(alpha)
    assert (refused.code, refused.err.endswith("[LOG_UNCONFIRMED]\n")) == (1, True)
    assert "tocsin log confirm" in refused.err
    asked = tocsin("log", "confirm", "--format", "json", "--home", alpha)  # beta can not be reached
    assert asked.err.endswith("[LOG_UNCONFIRMED]\n")
    assert [row["member"] for row in asked.rows] == ["beta"]
    assert "[PEER_UNAVAILABLE]" in asked.rows[0]["answer"]
    assert share(alpha).err.endswith("[LOG_UNCONFIRMED]\n")
    assert tocsin("log", "confirm", "--alone", "--home", alpha).code == 0
    assert share(alpha).code == 0


def test_a_database_that_lost_its_last_commits_signs_nothing_before_somebody_was_asked(
    network: tuple[Path, Path],
) -> None:
    alpha, _ = network
    home = open_home(alpha)
    with closing(home.store()) as store:
        own = home.identity(None)._replace(pace=Pace(60))
        node = Node("alpha", store, lambda: home.credentials(None), home.directory, own)
        (alpha / "log.size").write_text("7")  # so long it was when the server stopped

        async def signing() -> None:
            asked = asyncio.Event()

            async def ask(_node: Node) -> None:
                asked.set()

            task = asyncio.create_task(sign_slots(node, home, ask))
            await asyncio.wait_for(asked.wait(), 20)
            task.cancel()

        asyncio.run(signing())
        with pytest.raises(LogUnconfirmedError):
            verify_may_write(store, "alpha")


def set_back(home: Path, kept: Path) -> None:
    """Put a machine back as a whole: not even the folder of the node shows it."""
    for file in home.glob("node.db*"):
        file.unlink()
    shutil.copy(kept / "node.db", home)
    (home / "log.size").write_bytes((kept / "log.size").read_bytes())


def entries_of(home: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "node.db")) as database:
        return [
            row
            for query in ("SELECT * FROM log", "SELECT * FROM entry", "SELECT * FROM release")
            for row in database.execute(query)
        ]


@pytest.fixture
def kept(network: tuple[Path, Path], publication: Path, tmp_path: Path) -> Path:
    """What a machine was set back to, and has been: beta, of whose log alpha holds more."""
    alpha, beta = network
    for words in (("import", publication), ("audience", "new", "forum", "--by", "kb")):
        assert tocsin(*words, "--home", beta).code == 0
    assert share(beta, "--where", "means=shooting").code == 0
    kept = tmp_path / "kept"
    kept.mkdir()
    backed_up(beta / "node.db", kept / "node.db")
    shutil.copy(beta / "log.size", kept)
    assert share(beta, "--where", "means=shelling").code == 0
    bundle = tmp_path / "bundle"
    assert tocsin("bundle", "write", bundle, "--to", "alpha", "--home", beta).code == 0
    assert tocsin("bundle", "read", bundle, "--home", alpha).code == 0
    set_back(beta, kept)
    return kept


@pytest.mark.slow
def test_a_machine_that_was_set_back_as_a_whole_asks_before_it_writes(
    network: tuple[Path, Path], kept: Path, tmp_path: Path
) -> None:
    alpha, beta = network
    before = entries_of(beta)
    rows = tocsin("outcomes", "--format", "json", "--home", beta).rows
    record = rows[0]["record"]
    with serving(alpha):
        for words in (
            ("share", "--tier", "peer", "--all"),
            ("share", "--call-back", record),
            ("alert", "send", "--id", record, "--tier", "peer"),
            ("audience", "add", "forum", "alpha", "--back-fill", "all", "--by", "kb"),
            ("bundle", "write", tmp_path / "two", "--to", "alpha"),
            ("request", "accept", "1f2e", "--by", "kb"),
            ("request", "agree", "1f2e", "--by", "kb"),
            ("request", "revoke", "1f2e", "--by", "kb", "--because", "not_needed"),
        ):
            refused = tocsin(*words, "--home", beta)
            assert (refused.code, refused.err.endswith("[LOG_BEHIND]\n")) == (1, True), refused.err
            assert entries_of(beta) == before
            set_back(beta, kept)  # else it knows by now, and asks nobody
    assert tocsin("share", "--tier", "peer", "--all", "--dry-run", "--home", beta).code == 0


@pytest.mark.slow
def test_without_a_line_it_says_so_and_goes_on_or_waits_as_the_settings_say(
    network: tuple[Path, Path], kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, beta = network
    before = entries_of(beta)
    waits = share(beta, TOCSIN_WRITE_UNASKED="false")
    assert (waits.code, waits.err.endswith("[LOG_UNCONFIRMED]\n")) == (1, True)
    assert entries_of(beta) == before
    port = load_settings(alpha).listen.rpartition(":")[2]
    monkeypatch.setattr("console.confirming.WRITE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", int(port))):  # somebody who takes the call and never says a word
        began = monotonic()
        goes_on = share(beta)
        assert monotonic() - began < 5
    assert (goes_on.code, "No member could be asked" in goes_on.err) == (0, True)
    set_back(beta, kept)
    monkeypatch.undo()
    with serving(alpha):
        assert share(beta, TOCSIN_WRITE_UNASKED="false").err.endswith("[LOG_BEHIND]\n")


def test_an_older_database_in_the_same_folder_is_known_by_its_size(network: tuple[Path, Path]) -> None:
    alpha, _ = network
    old = alpha.parent / "old.db"
    backed_up(alpha / "node.db", old)
    assert share(alpha).code == 0
    assert tocsin("log", "show", "--home", alpha).code == 0  # any command takes note of how long the log is
    for file in alpha.glob("node.db*"):
        file.unlink()
    shutil.copy(old, alpha / "node.db")
    assert share(alpha).err.endswith("[LOG_UNCONFIRMED]\n")


@pytest.mark.slow
def test_reading_and_checking_a_copy_needs_nobody(network: tuple[Path, Path]) -> None:
    alpha, _ = network
    moved(alpha)
    for words in (
        ("query",),
        ("check",),
        ("peer", "list"),
        ("share", "--tier", "peer", "--all", "--dry-run"),
    ):
        assert tocsin(*words, "--home", alpha).code == 0, words


def test_a_node_of_no_network_may_be_copied_and_moved(node: Path) -> None:
    moved(node)
    assert share(node).code == 0


@pytest.fixture
def copied(federation: Network, tmp_path: Path) -> Copied:
    return Copied(federation, tmp_path)


@on_sqlite_alone
def test_whoever_holds_more_of_our_log_stops_every_write_of_an_old_copy(copied: Copied) -> None:
    old = copied.old
    assert copied.asks() == ["beta"]
    before = rows_of(old.store)
    with pytest.raises(LogBehindError, match="hold 2 entries of our log and here are 1"):
        old.shares("c")
    with pytest.raises(LogBehindError):
        verify_may_write(old.store, "alpha")
    paced = old.identity._replace(pace=Pace(60, 4))
    with pytest.raises(LogBehindError):
        issue_checkpoint(old.store, paced, records, NOW + timedelta(days=1))
    assert rows_of(old.store) == before
    # The newest copy goes on: nobody holds more of it.
    copied.alpha.shares("c")
    assert copied.network.sync(copied.beta, copied.alpha).verified == 3


@on_sqlite_alone
@pytest.mark.parametrize("cosigned", [False, True])
def test_whoever_only_heard_of_our_log_or_cosigned_it_stops_an_old_copy_too(
    copied: Copied, *, cosigned: bool
) -> None:
    network, gamma = copied.network, copied.network.node("gamma")
    if cosigned:
        with copied.alpha.store.read() as connection:
            head = log_head(connection, "alpha")
        assert head is not None
        alpha, grown = network.directory.member("alpha"), Growth(0, (), head.checkpoint)
        witness(gamma.store, "gamma", gamma.identity.witness, alpha, grown, NOW)
    else:
        network.hears(gamma, copied.beta)
    assert gamma.counts() == {(): 0}
    copied.beta = gamma
    assert copied.asks() == ["gamma"]
    with pytest.raises(LogBehindError, match="hold 2 entries of our log and here are 1"):
        copied.old.shares("c")


@on_sqlite_alone
def test_a_copy_that_nobody_answers_stays_shut_and_one_answer_opens_it(copied: Copied) -> None:
    old = copied.old
    for mark, seen in (("here", 0), ("there", 1)):
        note_place(old.store, "alpha", mark, seen=seen, in_network=True)
    assert copied.asks(reached=False) == []
    with pytest.raises(LogUnconfirmedError):
        old.shares("c")
    assert copied.asks() == ["beta"]
    with pytest.raises(LogBehindError):
        old.shares("c")


@on_sqlite_alone
@pytest.mark.parametrize(
    ("mark", "seen", "in_network", "unasked"),
    [("a", 1, True, False), ("a", 2, True, True), ("b", 1, True, True), ("b", 2, False, False)],
)
def test_a_copy_is_known_by_its_place_or_its_size(
    copied: Copied, mark: str, seen: int, *, in_network: bool, unasked: bool
) -> None:
    store = copied.old.store
    assert note_place(store, "alpha", "a", seen=0, in_network=True) == 1
    note_place(store, "alpha", mark, seen=seen, in_network=in_network)
    note_place(
        store, "alpha", mark, seen=seen and 1, in_network=in_network
    )  # it stays so until somebody was asked
    with store.read() as connection:
        place = last_place(connection)
    assert place == (mark, unasked)
    note_asked(store)
    verify_may_write(store, "alpha")


@on_sqlite_alone
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_whichever_write_goes_wrong_a_copy_is_never_taken_for_the_node(
    copied: Copied, flavour: Flavour
) -> None:
    store = copied.old.store
    note_place(store, "alpha", "here", seen=0, in_network=True)
    for number in range(4):
        with failing_at(store, number, flavour), suppress(NodeError):
            note_place(store, "alpha", "there", seen=1, in_network=True)
            break
    note_place(store, "alpha", "there", seen=1, in_network=True)
    with pytest.raises(LogUnconfirmedError):
        verify_may_write(store, "alpha")
    for number in range(4):
        with failing_at(store, number, flavour), suppress(NodeError):
            note_asked(store)
            break
    verify_may_write(store, "alpha")
