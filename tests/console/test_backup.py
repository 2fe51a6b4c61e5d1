"""A node comes back from its backup as it was, into either database; and from nothing that was cut or changed."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from sqlalchemy import inspect

from console import dump, saving
from console.archive import Key, lock_under, read_archive, write_archive
from console.database import migrate
from console.errors import (
    BackupDamagedError,
    BackupError,
    BackupForeignError,
    BackupKeyError,
    BackupNewerError,
)
from console.generator import generate
from console.home import open_home
from console.restoring import STAGE, Wanted, restore
from console.saving import Saved, _Writing
from crypto.errors import CryptoError
from crypto.keyfile import MIN_COST
from node.errors import StoreError
from node.store.database import Store
from tests.console.command_line import copied, machine, tocsin
from tests.support.backups import KEY, LOCK, NO_ROOM, backed_up, killed_at, put_back, without_room
from tests.support.network import NOW, rows_of


@pytest.fixture(scope="module")
def whole(_loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Saved]:
    """A node, and its backup; no test changes them."""
    home = copied(_loaded, tmp_path_factory.mktemp("whole") / "alpha")
    assert tocsin("share", "--tier", "peer", "--all", "--yes", "--home", home).code == 0
    return home, backed_up(home, home.parent / "whole.backup")


def with_keys_only(home: Path, folder: Path) -> Path:
    """A folder into which the keys of a node were put back, and nothing else."""
    copytree(home / "keys", folder / "keys")
    (folder / "tocsin.toml").write_bytes((home / "tocsin.toml").read_bytes())
    return folder


def contents(home: Path) -> dict[str, Any]:
    store = open_home(home).store()
    try:
        return {name: rows for name, rows in rows_of(store).items() if name != "place"}
    finally:
        store.close()


def lines_of(path: Path) -> list[bytes]:
    return list(read_archive(path, KEY))


def made_of(lines: list[bytes], path: Path) -> Path:
    """A backup of other lines, as anybody can make it who knows to which key it is sealed."""
    path.unlink(missing_ok=True)
    write_archive(path, LOCK, lines)
    return path


def is_untouched(folder: Path) -> bool:
    """Whether nothing was put in place, and nothing is left over."""
    return sorted(one.name for one in folder.iterdir()) == ["keys", "tocsin.toml"]


def test_a_node_comes_back_as_it_was(whole: tuple[Path, Saved], tmp_path: Path) -> None:
    home, saved = whole
    new = put_back(saved.path, with_keys_only(home, tmp_path / "new"))
    assert contents(new) == contents(home)
    assert (new / "policy.toml").read_bytes() == (home / "policy.toml").read_bytes()
    assert not (new / STAGE).exists()
    assert saved.manifest["logs"]["alpha"][1] == len(contents(home)["entry"]) > 0


def test_no_secret_of_the_node_and_nothing_that_was_left_open_is_in_it(whole: tuple[Path, Saved]) -> None:
    _, saved = whole
    told = b"\n".join(lines_of(saved.path))
    assert b"keys/signing.pub.hex" in told
    assert b".key" not in told
    # Whoever was signed in signs in again; a new table of accounts fails here until somebody has decided.
    accounts = {
        one["table"] for one in map(json.loads, told.splitlines()) if "account" in one.get("table", "")
    }
    assert accounts == {"account", "account_draft", "account_passkey", "account_elsewhere"}
    assert saved.path.stat().st_mode & 0o777 == 0o600
    assert b"alpha" not in saved.path.read_bytes()


@pytest.mark.slow
def test_from_the_command_line_a_restored_node_asks_the_members_before_it_writes(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, _ = network
    folder, key = tmp_path / "backups", tmp_path / "stick.key"
    folder.mkdir()
    public = tocsin("keys", "backup-key", key).out.strip()
    settings = alpha / "tocsin.toml"
    text = settings.read_text().replace('backup_folder = ""', f'backup_folder = "{folder}"')
    settings.write_text(text.replace('backup_key = ""', f'backup_key = "{public}"'))
    assert tocsin("backup", "--home", alpha).code == 0
    (file,) = folder.glob("alpha-*.backup")
    new = with_keys_only(alpha, tmp_path / "new")
    assert tocsin("restore", file, "--home", new).err.endswith("[BACKUP_KEY_WRONG]\n")

    back = tocsin("restore", file, "--key", key, "--home", new)

    assert (back.code, "faults: none" in back.out) == (0, True), back.err
    share = ("share", "--tier", "peer", "--all", "--yes", "--home")
    assert tocsin(*share, new).err.endswith("[LOG_UNCONFIRMED]\n")
    assert tocsin("restore", file, "--key", key, "--home", new).err.endswith("[BACKUP_REFUSED]\n")


@pytest.mark.slow
def test_what_is_there_is_kept_and_named(whole: tuple[Path, Saved], tmp_path: Path) -> None:
    home, saved = whole
    new = with_keys_only(home, tmp_path / "new")
    (new / "policy.toml").write_text("# of this machine")
    assert restore(Wanted(saved.path, KEY), new).kept == ("policy.toml",)
    assert (new / "policy.toml.of-backup").read_bytes() == (whole[0] / "policy.toml").read_bytes()
    assert (new / "policy.toml").read_text() == "# of this machine"


def test_one_flipped_bit_anywhere_is_refused(whole: tuple[Path, Saved], tmp_path: Path) -> None:
    content = bytearray(whole[1].path.read_bytes())
    header = content.index(b"\n\n") + 2
    chunks = range(header, len(content), 65_553 // 3)
    damaged = tmp_path / "damaged.backup"
    for at in (*range(header + 104), *chunks, *range(len(content) - 20, len(content))):
        content[at] ^= 1 << at % 8
        damaged.write_bytes(content)
        content[at] ^= 1 << at % 8
        with pytest.raises((BackupError, CryptoError)):
            lines_of(damaged)


def test_a_cut_anywhere_and_bytes_behind_the_end_are_refused(
    whole: tuple[Path, Saved], tmp_path: Path
) -> None:
    content = whole[1].path.read_bytes()
    damaged = tmp_path / "damaged.backup"
    chunk = 65_553
    start = len(content) % chunk
    for size in (
        0,
        1,
        start - 1,
        start,
        start + 1,
        *range(start + chunk, len(content), chunk),
        len(content) - 1,
    ):
        damaged.write_bytes(content[:size])
        with pytest.raises(BackupDamagedError):
            lines_of(damaged)
    damaged.write_bytes(content + b"\0")
    with pytest.raises(BackupDamagedError):
        lines_of(damaged)


def test_a_passphrase_opens_it_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.backup"
    write_archive(path, lock_under("correct horse", MIN_COST), [b"{}"])
    assert list(read_archive(path, Key("correct horse"))) == [b"{}"]
    for wrong in (Key("Correct horse"), Key(""), Key(), KEY):
        with pytest.raises(BackupKeyError):
            list(read_archive(path, wrong))
    with pytest.raises(BackupKeyError):
        lock_under("")
    with pytest.raises(BackupError, match="no backup is ever replaced"):
        write_archive(path, LOCK, [])


def test_what_a_newer_version_made_is_refused_with_words(whole: tuple[Path, Saved], tmp_path: Path) -> None:
    home, saved = whole
    new = with_keys_only(home, tmp_path / "new")
    first, *rest = lines_of(saved.path)
    path = made_of(
        [json.dumps(json.loads(first) | {"revision": "9999"}).encode(), *rest], tmp_path / "a.backup"
    )
    with pytest.raises(BackupNewerError, match=r"9999.*install the version"):
        put_back(path, new)
    path.write_bytes(saved.path.read_bytes().replace(b"tocsin-backup: 1", b"tocsin-backup: 2", 1))
    with pytest.raises(BackupNewerError, match="form 2"):
        put_back(path, new)
    assert is_untouched(new)


def changed_row(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"violence"', b'"insecure"').replace(b'"awsd"', b'"awse"') for line in lines]


def without_a_table(lines: list[bytes]) -> list[bytes]:
    start = next(at for at, line in enumerate(lines) if b'"table":"publication"' in line)
    return [*lines[:start], *lines[start + 2 :]]


def strange_table(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"table":"unread"', b'"table":"unread; DROP TABLE record"') for line in lines]


def strange_column(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'["number","int4"]', b'["number","float"]') for line in lines]


def strange_row(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'{"rows":[[1,', b'{"rows":[["1",', 1) for line in lines]


def file_outside(lines: list[bytes]) -> list[bytes]:
    return [line.replace(b'"file":"policy.toml"', b'"file":"../policy.toml"') for line in lines]


def another_file(lines: list[bytes]) -> list[bytes]:
    at = next(at for at, line in enumerate(lines) if b'"file":"policy.toml"' in line)
    return [*lines[: at + 1], b'{"piece":"AAAA"}', *lines[at + 2 :]]


def without_its_end(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


def something_behind(lines: list[bytes]) -> list[bytes]:
    return [*lines, b"{}"]


def no_json(lines: list[bytes]) -> list[bytes]:
    return [*lines[:5], b"[", *lines[5:]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "forge",
    [
        changed_row,
        without_a_table,
        strange_table,
        strange_column,
        strange_row,
        file_outside,
        another_file,
        without_its_end,
        something_behind,
        no_json,
    ],
)
def test_what_somebody_made_up_with_the_public_key_is_refused_before_anything_is_in_place(
    whole: tuple[Path, Saved], tmp_path: Path, forge: Callable[[list[bytes]], list[bytes]]
) -> None:
    home, saved = whole
    new = with_keys_only(home, tmp_path / "new")
    lines = lines_of(saved.path)
    forged = forge(lines)
    assert forged != lines
    with pytest.raises((BackupDamagedError, StoreError)):
        put_back(made_of(forged, tmp_path / "forged.backup"), new)
    assert is_untouched(new)


def shapes_at(revision: str, folder: Path) -> tuple[dump.Shape, ...]:
    """The tables that a revision had, with the columns that it had."""
    store = Store(f"sqlite:///{folder / 'older.db'}")
    with store.write() as connection:
        migrate(connection, revision)
        names = {
            table: {one["name"] for one in inspect(connection).get_columns(table)}
            for table in inspect(connection).get_table_names()
        }
    store.close()
    return tuple(
        one._replace(columns=tuple(column for column in one.columns if column[0] in names[one.name]))
        for one in dump.shapes()
        if one.name in names
    )


@pytest.mark.slow
def test_a_backup_of_an_older_version_is_brought_to_the_revision_of_this_one(
    whole: tuple[Path, Saved], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = whole
    older = shapes_at("0025", tmp_path)
    monkeypatch.setattr(saving, "REVISION", "0025")
    monkeypatch.setattr(saving, "shapes", lambda: older)
    saved = backed_up(home, tmp_path / "older.backup")
    monkeypatch.undo()
    assert saved.manifest["revision"] == "0025"
    assert contents(put_back(saved.path, with_keys_only(home, tmp_path / "new"))) == contents(home)


@pytest.mark.slow
def test_another_organization_or_another_key_is_not_believed(
    whole: tuple[Path, Saved], empty_node: Path, tmp_path: Path
) -> None:
    home, saved = whole
    (empty_node / "node.db").unlink()
    with pytest.raises(BackupForeignError, match="a backup of alpha, not of beta"):
        put_back(saved.path, empty_node)
    new = with_keys_only(home, tmp_path / "new")
    (new / "keys" / "signing.pub.hex").write_text("00" * 32)
    with pytest.raises(BackupForeignError, match="not signed by alpha"):
        put_back(saved.path, new)
    assert is_untouched(new)
    with pytest.raises(BackupForeignError):
        put_back(saved.path, tmp_path / "nothing")


def on(database_url: str, home: Path, folder: Path) -> Path:
    """A folder with the keys of a node, whose database is another one."""
    new = with_keys_only(home, folder)
    settings = new / "tocsin.toml"
    settings.write_text(settings.read_text().replace('database_url = ""', f'database_url = "{database_url}"'))
    return new


@pytest.mark.postgresql
def test_it_goes_from_one_kind_of_database_to_the_other_and_back(
    whole: tuple[Path, Saved], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    home, saved = whole
    with request.getfixturevalue("postgresql_server").database() as url:
        other = put_back(saved.path, on(url, home, tmp_path / "other"))
        assert contents(other) == contents(home)
        again = backed_up(other, tmp_path / "again.backup")
        with pytest.raises(BackupError, match="holds tables already"):
            put_back(saved.path, on(url, home, tmp_path / "third"))
    assert again.manifest["tables"] == saved.manifest["tables"]
    back = put_back(again.path, with_keys_only(home, tmp_path / "back"))
    assert contents(back) == contents(home)


@pytest.mark.postgresql
def test_what_is_not_believed_leaves_postgresql_empty(
    whole: tuple[Path, Saved], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    home, saved = whole
    forged = made_of(changed_row(lines_of(saved.path)), tmp_path / "forged.backup")
    with request.getfixturevalue("postgresql_server").database() as url:
        new = on(url, home, tmp_path / "new")
        with pytest.raises(BackupDamagedError):
            put_back(forged, new)
        put_back(saved.path, new)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def test_what_another_process_writes_meanwhile_is_not_in_it(
    kind: str, whole: tuple[Path, Saved], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    home = with_keys_only(whole[0], tmp_path / "busy")
    with ExitStack() as stack:
        if kind == "postgresql":
            server = request.getfixturevalue("postgresql_server")
            home = on(stack.enter_context(server.database()), whole[0], tmp_path / "other")
        put_back(whole[1].path, home)
        before = contents(home)
        opened = open_home(home)
        store = opened.store()
        writing = _Writing(opened, store, NOW)
        later = tmp_path / "later_2026-01-01.csv"
        later.write_bytes(generate(seed=8, incidents=20))
        command = (sys.executable, "-P", "-m", "console.cli.main", "import", later, "--home", home)

        def lines() -> Iterator[bytes]:
            with store.read() as connection:
                for number, line in enumerate(writing.lines(connection, opened.identity(None).signing)):
                    if number == 8:  # within the first tables
                        subprocess.run(command, check=True, capture_output=True, env=machine())
                    yield line

        write_archive(tmp_path / "a.backup", LOCK, lines())
        store.close()
        assert contents(home) != before
    assert contents(put_back(tmp_path / "a.backup", with_keys_only(whole[0], tmp_path / "new"))) == before


@pytest.mark.slow
def test_killed_at_any_step_it_is_done_again_to_its_end(whole: tuple[Path, Saved], tmp_path: Path) -> None:
    home, saved = whole
    path = tmp_path / "a.backup"
    assert killed_at(0, backed_up, home, path) == -signal.SIGKILL
    assert not path.exists()
    new = with_keys_only(home, tmp_path / "new")
    step = 0
    while code := killed_at(step, put_back, saved.path, new):
        assert code == -signal.SIGKILL
        assert not (new / "node.db").exists()
        step += 1
    assert step >= 2
    assert contents(new) == contents(home)


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_half_there(whole: tuple[Path, Saved], tmp_path: Path) -> None:
    home, saved = whole
    path, new = tmp_path / "a.backup", with_keys_only(home, tmp_path / "new")
    for room in (100, 10_000, saved.size - 1):
        assert without_room(room, backed_up, home, path) == NO_ROOM
        assert list(tmp_path.glob("*.backup")) == list(tmp_path.glob(".*.part")) == []
        assert without_room(room // 2, put_back, saved.path, new) == NO_ROOM
        assert is_untouched(new)
    assert without_room(saved.size * 100, put_back, saved.path, new) == 0
