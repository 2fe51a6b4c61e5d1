"""A node whose keys are protected works with its passphrase and with nothing else."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from nacl.pwhash import argon2id

from crypto import keyfile
from crypto.keyfile import MIN_COST
from tests.console.command_line import copied, tocsin

pytestmark = pytest.mark.slow  # a passphrase is made to cost time

RIGHT, WRONG = "correct horse battery staple", "incorrect horse"


@pytest.fixture(scope="module")
def _protected(tmp_path_factory: pytest.TempPathFactory, publication: Path) -> Path:
    home = tmp_path_factory.mktemp("protected") / "node"
    assert tocsin("init", home, "--org", "alpha", "--type", "INGO", TOCSIN_PASSPHRASE=RIGHT).code == 0
    assert tocsin("import", publication, "--home", home).code == 0
    return home


@pytest.fixture
def home(_protected: Path, tmp_path: Path) -> Path:
    return copied(_protected, tmp_path / "node")


def test_shares_with_its_passphrase_alone(home: Path) -> None:
    words = ("share", "--tier", "peer", "--where", "means=shelling", "--home", home, "--format", "json")

    refused = [tocsin(*words), tocsin(*words, TOCSIN_PASSPHRASE=WRONG)]
    released = tocsin(*words, TOCSIN_PASSPHRASE=RIGHT)

    assert [ran.code for ran in refused] == [1, 1]
    assert all("passphrase" in ran.err for ran in refused)
    assert "[PASSPHRASE_WRONG]" in refused[1].err
    assert all(ran.out == "" for ran in refused)
    assert released.code == 0
    assert released.rows[0]["released"] > 0
    assert released.rows[0]["unchanged"] == 0  # the refused attempts let nothing out


def test_reading_and_checking_need_no_passphrase(home: Path) -> None:
    assert tocsin("query", "--home", home).code == 0
    assert tocsin("check", "--home", home).code == 0
    assert tocsin("share", "--tier", "peer", "--all", "--dry-run", "--home", home).code == 0


def test_a_network_is_founded_with_the_passphrase_alone(home: Path) -> None:
    assert "[PASSPHRASE_WRONG]" in tocsin("peer", "found", "net", "--home", home, TOCSIN_PASSPHRASE=WRONG).err

    assert tocsin("peer", "found", "net", "--home", home, TOCSIN_PASSPHRASE=RIGHT).code == 0
    assert tocsin("peer", "list", "--home", home, "--format", "json").rows[0]["heard"] == "this node"


def test_opening_a_key_costs_what_key_files_cost_by_themselves(home: Path) -> None:
    keys = [file.read_text() for file in (home / "keys").glob("*.key")]
    assert len(keys) >= 5
    cost = f"kdf: argon2id\npasses: {MIN_COST.passes}\nmemory_bytes: {MIN_COST.memory_bytes}\n"
    assert all(cost in text for text in keys)  # of the default, which is as low in these tests alone


def test_the_passphrase_is_stretched_once_for_all_keys_of_a_node(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    salts: list[bytes] = []

    def counted(size: int, password: bytes, salt: bytes, passes: int, memory: int) -> bytes:
        salts.append(salt)
        return argon2id.kdf(size, password, salt, passes, memory)

    monkeypatch.setattr(keyfile, "argon2id", SimpleNamespace(kdf=counted))
    (tmp_path / "shares").mkdir()
    words = ("keys", "backup", "--home", home, "--out", tmp_path / "backup", "--shares", tmp_path / "shares")
    assert tocsin(*words, TOCSIN_PASSPHRASE=RIGHT).code == 0
    assert len(salts) == 1
    other = tmp_path / "other"
    assert tocsin("init", other, "--org", "beta", "--type", "INGO", TOCSIN_PASSPHRASE=RIGHT).code == 0
    assert len(salts) == len(set(salts)) == 2  # no salt is that of another node
    restored = tmp_path / "restored"
    given = sorted((tmp_path / "shares").iterdir())[:3]
    shares = [word for file in given for word in ("--share", file)]
    put_back = ("keys", "restore", tmp_path / "backup", *shares, "--home", restored)
    assert tocsin(*put_back, TOCSIN_PASSPHRASE="another one").code == 0
    assert len(salts) == len(set(salts)) == 3


def test_the_passphrase_stands_in_no_file(home: Path) -> None:
    assert all(RIGHT.encode() not in file.read_bytes() for file in home.rglob("*") if file.is_file())
