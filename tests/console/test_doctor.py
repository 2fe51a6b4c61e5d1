"""The doctor finds what is wrong with a node, says what to do, and changes nothing."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casework.audit import AuditEntry, write_entry
from casework.store.audit import add_audit_entry
from console.doctor import examine
from console.erased import note_erased
from console.home import open_home
from console.office import EPOCH
from console.symptoms import Finding, State
from crypto.keyfile import save_key
from tests.console.command_line import tocsin

NOW = datetime.now(UTC)


@pytest.fixture
def alpha(network: tuple[Path, Path]) -> Path:
    return network[0]


def found(home: Path, now: datetime = NOW) -> dict[str, Finding]:
    return {one.what: one for one in examine(open_home(home), now)}


def said(home: Path, statement: str) -> None:
    """Do something to the database behind the node's back."""
    with closing(sqlite3.connect(home / "node.db")) as database:
        assert database.execute(statement).rowcount
        database.commit()


def dumped(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "node.db")) as database:
        return list(database.iterdump())


def setting(home: Path, name: str, value: str) -> None:
    file = home / "tocsin.toml"
    file.write_text(file.read_text().replace(f'{name} = ""', f'{name} = "{value}"'))


def test_a_sound_node_has_nothing_bad_and_stays_as_it_is(alpha: Path) -> None:
    assert tocsin("log", "show", "--home", alpha).code == 0
    before = dumped(alpha)
    ran = tocsin("doctor", "--all", "--home", alpha, "--format", "json")
    states = {row["what"]: row["state"] for row in ran.rows}
    assert ran.code == 0
    assert {what for what, state in states.items() if state == "good"} >= {
        *("disk", "directory", "root", "certificate", "signing key", "database", "own log", "clock")
    }
    assert all(row["do"] for row in ran.rows if row["state"] != "good")
    assert dumped(alpha) == before
    assert "certificate" not in tocsin("doctor", "--home", alpha).out  # what is good is not in the way


@pytest.mark.slow
@pytest.mark.parametrize(
    ("later", "what", "state"),
    [
        (timedelta(days=25), "directory", State.LOOK),
        (timedelta(days=31), "directory", State.BAD),
        (timedelta(days=340), "root", State.LOOK),
        (timedelta(days=366), "root", State.BAD),
        (timedelta(days=1_080), "certificate", State.LOOK),
        (timedelta(days=1_100), "certificate", State.BAD),
        (timedelta(days=1_100), "signing key", State.BAD),
        (timedelta(days=-1), "clock", State.BAD),
    ],
)
def test_what_ends_is_told_before_and_after(alpha: Path, later: timedelta, what: str, state: State) -> None:
    assert found(alpha, NOW + later)[what].state is state


def unconfirmed(home: Path) -> None:
    assert tocsin("log", "show", "--home", home).code == 0
    said(home, "UPDATE place SET unasked = 1")


def of_an_older_version(home: Path) -> None:
    said(home, "UPDATE alembic_version SET version_num = '0012'")


def of_a_newer_version(home: Path) -> None:
    said(home, "UPDATE alembic_version SET version_num = '9999'")


def without_keys(home: Path) -> None:
    (home / "keys").rename(home / "away")


def with_a_stopped_server(home: Path) -> None:
    setting(home, "database_url", "postgresql+psycopg://tocsin@127.0.0.1:1/tocsin")


def without_a_database(home: Path) -> None:
    (home / "node.db").unlink()


def with_a_damaged_database(home: Path) -> None:
    (home / "node.db").write_bytes(b"nothing" * 999)


def with_a_damaged_directory(home: Path) -> None:
    (home / "network" / "network.pb").write_bytes(b"x")


def left_listening(home: Path) -> None:
    (home / "listening").write_text("127.0.0.1:1")


def with_a_bare_key(home: Path) -> None:
    (home / "keys" / "signing.key").chmod(0o644)


def without_backups(home: Path) -> None:
    setting(home, "backup_folder", "backups")


def with_old_backups(home: Path) -> None:
    without_backups(home)
    (home / "backups").mkdir()
    file = home / "backups" / "alpha-20260101T000000Z.backup"
    file.touch()
    os.utime(file, (0, 0))


def of_a_refused_member(home: Path) -> None:
    said(home, "INSERT INTO log VALUES (9, 'beta', 0, x'', x'', 1, 'LOG_ROLLED_BACK')")


def of_a_silent_member(home: Path) -> None:
    said(home, "INSERT INTO log VALUES (9, 'beta', 0, x'', x'', 1, '')")


def heard_tomorrow(home: Path) -> None:
    said(home, "INSERT INTO log VALUES (9, 'beta', 0, x'', x'', unixepoch() + 86400, '')")


def of_an_old_month(home: Path) -> None:
    save_key(home / "keys" / "epoch-2024-01.key", EPOCH, bytes(32), None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "what", "state", "do"),
    [
        (unconfirmed, "own log", State.BAD, "tocsin log confirm"),
        (of_an_older_version, "database", State.LOOK, "backup"),
        (of_a_newer_version, "database", State.BAD, "install the version that made it"),
        (without_keys, "keys", State.BAD, "tocsin keys restore"),
        (with_a_stopped_server, "database", State.BAD, "start its server again"),
        (without_a_database, "database", State.BAD, "tocsin restore"),
        (with_a_damaged_database, "database", State.BAD, "docs"),
        (with_a_damaged_directory, "network", State.BAD, "docs"),
        (left_listening, "serve", State.BAD, "tocsin serve"),
        (with_a_bare_key, "keys", State.BAD, "docs"),
        (without_backups, "backup", State.BAD, "tocsin backup"),
        (with_old_backups, "backup", State.BAD, "tocsin backup"),
        (of_a_refused_member, "member beta", State.BAD, "docs"),
        (of_a_silent_member, "member beta", State.LOOK, "call"),
        (heard_tomorrow, "member beta", State.BAD, "clock"),
        (of_an_old_month, "month", State.LOOK, "tocsin case turn"),
    ],
)
def test_each_harm_is_found_and_says_what_to_do(
    alpha: Path, harm: Callable[[Path], None], what: str, state: State, do: str
) -> None:
    harm(alpha)
    finding = found(alpha)[what]
    assert (finding.state, do in finding.do) == (state, True), finding
    assert tocsin("doctor", "--home", alpha).code == int(state is State.BAD)


@pytest.mark.slow
def test_erasures_that_are_not_beside_the_backups_are_told(alpha: Path) -> None:
    with_old_backups(alpha)
    opened = open_home(alpha)
    store = opened.store()
    with store.write() as connection:
        add_audit_entry(connection, b"damaged")
        add_audit_entry(connection, write_entry(AuditEntry(3_600, "boss", "erase", "work")))
    assert found(alpha)["erased"].state is State.BAD
    note_erased(opened, store)
    store.close()
    assert found(alpha)["erased"].state is State.GOOD
