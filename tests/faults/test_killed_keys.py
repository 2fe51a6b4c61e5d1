"""Keys that take the place of others, or come back from a backup, in a process that is killed before any change."""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from console.backup import Contents, make_backup, open_backup, restore_keys
from console.home import COSIGN, LOG, SEAL, SIGNING, TLS, USES, Home, make_home, open_home
from console.keyring import as_member, open_ring, use_waiting, waiting
from crypto.certificates import verify_pair
from crypto.keyfile import load_key
from crypto.signing import Signer
from node.config import FILE_NAME, new_settings
from node.directory import Directory
from tests.support.processes import exit_code

pytestmark = pytest.mark.slow

NOW = datetime.now(UTC).replace(microsecond=0)
CHANGES = {"os.rename", "os.link", "os.remove"}
MOST_CHANGES = 100


@dataclass(frozen=True)
class Swap:
    """Put the keys in use that were made to follow."""

    path: Path
    directory: Directory

    def __call__(self) -> None:
        """Do it, or end it."""
        use_waiting(open_home(self.path), self.directory)


@dataclass(frozen=True)
class Restore:
    """Put back the keys of a backup."""

    path: Path
    contents: Contents

    def __call__(self) -> None:
        """Do it, or end it."""
        restore_keys(self.contents, self.path, None)


def _die_before(number: int, work: Callable[[], None]) -> None:
    seen = count()

    def looks(event: str, told: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(told[2], int) and told[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in CHANGES or writes) and next(seen) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(looks)
    work()


def ends(number: int, work: Callable[[], None]) -> bool:
    """Do the work in a process that is killed before one change on disk; tells whether it had no such change."""
    ended = exit_code(_die_before, number, work)
    assert ended in {0, -signal.SIGKILL}
    return ended == 0


def secret(home: Home, use: str) -> bytes:
    return load_key(home.key_file(use), use, None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Directory]:
    """A node whose keys have others that are to follow, and a directory that knows both."""
    path = tmp_path_factory.mktemp("keys") / "node"
    home = make_home(path, new_settings(org_id="alpha", org_type="INGO"), None)
    old = as_member(home, open_ring(home, None), ("127.0.0.1:1",), NOW)
    new = as_member(home, open_ring(home, None, USES), ("127.0.0.1:1",), NOW)
    both = new._replace(
        signing_keys=new.signing_keys + old.signing_keys,
        log_keys=new.log_keys + old.log_keys,
        cosign_keys=new.cosign_keys + old.cosign_keys,
        seal_keys=new.seal_keys + old.seal_keys,
        tls_certificates=new.tls_certificates + old.tls_certificates,
    )
    (path / "node.db").unlink()
    return path, Directory("testnet", 1, NOW, NOW + timedelta(days=30), (both,))


def test_a_swap_of_keys_that_is_killed_leaves_one_of_both_in_use_and_is_ended_by_the_next(
    made: tuple[Path, Directory], tmp_path: Path
) -> None:
    path, directory = made
    fresh = open_home(path)
    old = {use: secret(fresh, use) for use in USES}
    coming = {use: load_key(fresh.key_file(f"{use}.next"), use, None) for use in USES}
    for number in range(MOST_CHANGES):
        home = open_home(shutil.copytree(path, tmp_path / str(number)))
        done = ends(number, Swap(home.path, directory))
        for use in USES:
            assert secret(home, use) in {old[use], coming[use]}
        for use in (SIGNING, LOG, COSIGN):
            assert Signer(secret(home, use)).public_key in home.public_keys(use)
        use_waiting(home, directory)
        assert waiting(home) == ()
        assert {use: secret(home, use) for use in USES} == coming
        assert [len(home.public_keys(use)) for use in (SIGNING, LOG, COSIGN, SEAL)] == [2] * 4
        verify_pair(coming[TLS], home.certificate_file.read_bytes())
        (past,) = (home.path / "keys").glob("seal-*.key")
        assert load_key(past, SEAL, None) == old[SEAL]
        if done:
            break
    assert 10 < number < MOST_CHANGES - 1


def test_keys_that_come_back_in_a_process_that_is_killed_are_whole_or_not_there(
    made: tuple[Path, Directory], tmp_path: Path
) -> None:
    path, _ = made
    backup = make_backup(open_home(path), None)
    contents = open_backup(backup.content, backup.shares[:3])
    for number in range(MOST_CHANGES):
        folder = tmp_path / str(number)
        done = ends(number, Restore(folder, contents))
        found = [name for name in contents.keys if (folder / name).exists()]
        for name in found:
            assert load_key(folder / name, *contents.keys[name][:1], None) == contents.keys[name][1]
        assert not (folder / FILE_NAME).exists() or len(found) == len(contents.keys)
        restore_keys(contents, folder, None)
        for name, (use, kept) in contents.keys.items():
            assert load_key(folder / name, use, None) == kept
        assert all((folder / name).read_bytes() == content for name, content in contents.files.items())
        if done:
            break
    assert 20 < number < MOST_CHANGES - 1
