"""Which keys a node has is seen without a passphrase; a copy of them opens with enough shares and with nothing less."""

from pathlib import Path
from typing import Any

import pytest

from console.backup import make_backup, open_backup, restore_keys
from console.home import open_home
from console.keyring import open_ring
from crypto.errors import KeyFileError
from crypto.keyfile import load_key, save_key
from tests.console.command_line import Ran, joins, tocsin
from tests.console.test_network import serving


def backed_up(home: Path, folder: Path) -> tuple[Path, list[Path]]:
    """A copy of the keys of a node, and the files of its shares."""
    shares = folder / "shares"
    shares.mkdir()
    file = folder / "keys.backup"
    made = tocsin("keys", "backup", "--out", file, "--shares", shares, "--home", home)
    assert made.code == 0, made.err
    files = sorted(shares.iterdir())
    assert [one.stat().st_mode & 0o777 for one in files] == [0o600] * 5
    return file, files


def secrets_of(home: Path, passphrase: str | None = None) -> list[bytes]:
    """Every secret of a node's keys, with its certificate."""
    ring = open_ring(open_home(home), passphrase)
    return [*ring.line, *(ring.signers[use].seed for use in sorted(ring.signers))]


def restored(file: Path, home: Path, *shares: Path, check: bool = False) -> Ran:
    words = [word for share in shares for word in ("--share", share)]
    return tocsin("keys", "restore", file, *words, *(("--check",) if check else ()), "--home", home)


def test_every_key_is_shown_with_what_the_network_knows_of_it(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    request = beta.parent / "log.request"
    rows = {row["key"]: row for row in tocsin("keys", "show", "--home", alpha, "--format", "json").rows}
    assert rows.keys() == {"signing", "log", "cosign", "seal", "tls", "network"}
    assert {row["state"] for row in rows.values()} == {"in force", "kept here"}
    assert {row["sealed"] for row in rows.values()} == {"NOT SEALED: the rights of the file alone"}
    assert all(row["until"] for key, row in rows.items() if key != "network")
    assert tocsin("peer", "rotate", "--key", "log", "--out", request, "--home", beta).code == 0
    rows = {row["key"]: row for row in tocsin("keys", "show", "--home", beta, "--format", "json").rows}
    assert rows["log.next"]["state"] == "waits: not in the directory"


def test_enough_shares_give_the_node_back(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, _ = network
    save_key(
        alpha / "keys" / "epoch-2026-11.key", "epoch", bytes(32), None
    )  # never copied: see docs/casework.md
    file, shares = backed_up(alpha, tmp_path)
    new = tmp_path / "new"
    assert "It opens: 6 keys of alpha" in restored(file, new, *shares[1:4], check=True).err
    assert not new.exists()
    assert restored(file, new, *shares[:3]).code == 0
    assert secrets_of(new) == secrets_of(alpha)
    assert not list((new / "keys").glob("epoch-*"))
    assert open_home(new).directory() == open_home(alpha).directory()
    assert restored(file, new, *shares[:3]).code == 0  # again changes nothing


def test_what_is_wrong_with_a_copy_or_its_shares_is_named_and_nothing_is_written(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, beta = network
    file, shares = backed_up(alpha, tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    _, strange = backed_up(alpha, other)
    damaged = tmp_path / "damaged.backup"
    text = file.read_text()
    damaged.write_text(text.replace("organization: alpha", "organization: aloha"))
    new = tmp_path / "new"
    for copy, given, reason in (
        (file, shares[:2], "KEY_SHARES_TOO_FEW"),
        (file, [*shares[:2], shares[0]], "KEY_SHARES_MIXED"),
        (file, strange[:3], "KEY_SHARES_MIXED"),
        (damaged, shares[:3], "KEY_SHARES_REFUSED"),
        (shares[0], shares[:3], "KEY_FILE_INVALID"),
        (tmp_path, shares[:3], "FILE_UNREADABLE"),
    ):
        refused = restored(copy, new, *given)
        assert (refused.code, refused.err.endswith(f"[{reason}]\n")) == (1, True), refused.err
    assert not new.exists()
    assert restored(file, beta, *shares[:3]).err.endswith("[SETTING_INVALID]\n")


def test_another_key_in_the_same_place_is_never_replaced(network: tuple[Path, Path]) -> None:
    alpha, _ = network
    made = make_backup(open_home(alpha), None)
    (alpha / "keys" / "log.key").unlink()
    save_key(alpha / "keys" / "log.key", "log", bytes(32), None)
    with pytest.raises(KeyFileError, match="another key"):
        restore_keys(open_backup(made.content, made.shares), alpha, None)
    assert load_key(alpha / "keys" / "log.key", "log", None) == bytes(32)


@pytest.mark.parametrize("number", range(9))
def test_a_restore_that_was_cut_short_is_done_again_to_its_end(
    number: int, network: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, _ = network
    made = make_backup(open_home(alpha), None)
    contents = open_backup(made.content, made.shares[:3])
    left = number
    new = tmp_path / "new"

    def cut(path: Path, *args: Any, **more: Any) -> None:
        nonlocal left
        if left == 0:
            raise KeyFileError(f"{path}: the disk is full")
        left -= 1
        (save_key if path.suffix == ".key" else Path.write_bytes)(path, *args, **more)

    with monkeypatch.context() as patched:
        patched.setattr("console.backup.save_key", cut)
        patched.setattr("console.backup.write_file", cut)
        with pytest.raises(KeyFileError, match="the disk is full"):
            restore_keys(contents, new, None)
    assert not (new / "tocsin.toml").exists()
    restore_keys(contents, new, None)
    assert secrets_of(new) == secrets_of(alpha)


@pytest.mark.slow
def test_a_file_opens_keys_instead_of_a_passphrase_and_its_line_stands_nowhere_else(tmp_path: Path) -> None:
    unlock, home, other = tmp_path / "unlock", tmp_path / "node", tmp_path / "other"
    assert tocsin("keys", "make-file", unlock).code == 0
    assert tocsin("keys", "make-file", unlock).err.endswith("[KEY_FILE_INVALID]\n")
    named = {"TOCSIN_PASSPHRASE_FILE": str(unlock)}
    assert tocsin("init", home, "--org", "alpha", "--type", "INGO", **named).code == 0
    rows = tocsin("keys", "show", "--home", home, "--format", "json").rows
    assert {row["sealed"] for row in rows} == {"under the passphrase"}
    refused = tocsin("peer", "found", "net", "--home", home)
    assert refused.err.endswith("[PASSPHRASE_WRONG]\n")
    founded = tocsin("peer", "found", "net", "--home", home, **named)
    assert founded.code == 0
    secret = unlock.read_text().strip()
    (tmp_path / "shares").mkdir()
    words = ("keys", "backup", "--out", tmp_path / "copy", "--shares", tmp_path / "shares", "--home", home)
    backup = tocsin(*words, **named)
    assert backup.code == 0
    shares = sorted((tmp_path / "shares").iterdir())
    back = restored(tmp_path / "copy", other, *shares[:3])  # under no passphrase this time
    assert back.code == 0
    seeds = secrets_of(other)[2:]
    # Neither the line of the file nor a secret key lies in clear where it was sealed, or was ever printed.
    printed = (founded.out + founded.err + backup.out + backup.err + back.out + back.err).encode()
    kept = printed + b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    kept += (tmp_path / "copy").read_bytes()
    for canary in (secret.encode(), *seeds, *(seed.hex().encode() for seed in seeds)):
        assert canary not in kept
    unlock.chmod(0o644)
    assert "others on this machine may read it" in tocsin("peer", "renew", "--home", home, **named).err
    unlock.write_text("\n")
    unlock.chmod(0o600)
    assert tocsin("peer", "renew", "--home", home, **named).err.endswith("[PASSPHRASE_WRONG]\n")


@pytest.mark.slow
def test_a_node_that_stopped_between_certificate_and_key_ends_that_when_it_starts(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, beta = network
    request, keys = tmp_path / "tls.request", beta / "keys"
    assert tocsin("peer", "rotate", "--key", "tls", "--out", request, "--home", beta).code == 0
    assert tocsin("peer", "admit", request, "--yes", "--home", alpha).code == 0
    before, coming = (keys / "tls.key").read_bytes(), (keys / "tls.next.key").read_bytes()
    assert joins(alpha, beta).code == 0
    (keys / "tls.key").rename(keys / "tls.next.key")
    (keys / "tls.key").touch(mode=0o600)
    (keys / "tls.key").write_bytes(before)
    with serving(beta, TOCSIN_LISTEN="127.0.0.1:0"):
        assert (beta / "listening").exists()
    assert (keys / "tls.key").read_bytes() == coming
