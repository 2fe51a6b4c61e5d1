"""Key files: private, whole, for one purpose, and of no use to a thief without the passphrase."""

import base64
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.pwhash import argon2id

from crypto import keyfile
from crypto.errors import CryptoError, KeyFileError, PassphraseError
from crypto.keyfile import (
    MAX_COST,
    MAX_FILE_BYTES,
    MIN_COST,
    MODERATE,
    Cost,
    Passphrase,
    load_key,
    save_key,
    stretch,
)

SECRET = bytes(range(32))
CHEAP = MIN_COST  # so that tests do not wait; files say what they cost, so it changes nothing else
passphrases = st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node.key"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


def _write(path: Path, content: bytes) -> Path:
    path.unlink(missing_ok=True)
    path.touch(0o600)
    path.write_bytes(content)
    return path


@pytest.mark.slow
def test_the_key_derivation_is_argon2id_as_published(shared: Path) -> None:
    cases = json.loads((shared / "vectors/libsodium/raw_argon2id_hashes.json").read_text())
    assert len(cases) == 10
    for case in cases:
        cost = Cost(case["iters"], case["maxmem"] * 1024)
        assert stretch(case["passwd"], case["salt"].encode(), cost, case["dgst_len"]).hex() == case["pwhash"]


@given(st.binary(max_size=200), passphrases)
def test_a_saved_secret_comes_back(folder: Path, secret: bytes, passphrase: str | None) -> None:
    path = folder / "round-trip.key"
    path.unlink(missing_ok=True)
    save_key(path, "signing", secret, passphrase, CHEAP)

    assert load_key(path, "signing", passphrase) == secret


@given(st.sampled_from([None, "passphrase"]), st.integers(min_value=0))
def test_a_flipped_bit_anywhere_is_refused(folder: Path, passphrase: str | None, bit: int) -> None:
    path = folder / f"flipped-{passphrase}.key"
    path.unlink(missing_ok=True)
    save_key(path, "signing", b"a secret whose base64 has spare bits", passphrase, CHEAP)
    content = path.read_bytes()
    bit %= len(content) * 8
    _write(path, (int.from_bytes(content, "big") ^ 1 << bit).to_bytes(len(content), "big"))

    with pytest.raises(KeyFileError):
        load_key(path, "signing", passphrase)


def test_the_spare_bits_of_base64_are_not_free_to_change(path: Path) -> None:
    save_key(path, "signing", bytes(36), None)
    head, last = path.read_bytes()[:-4], path.read_bytes()[-4:]
    assert last.endswith(b"==\n")
    _write(path, head + bytes([last[0] + 1]) + last[1:])

    with pytest.raises(KeyFileError, match="damaged"):
        load_key(path, "signing", None)


def test_a_wrong_passphrase_opens_nothing(path: Path) -> None:
    save_key(path, "signing", SECRET, "right", CHEAP)

    with pytest.raises(PassphraseError, match="wrong"):
        load_key(path, "signing", "wrong")


def test_a_passphrase_is_one_however_the_keyboard_composes_its_letters(path: Path) -> None:
    save_key(path, "signing", SECRET, "caf\u00e9", CHEAP)

    assert load_key(path, "signing", "cafe\u0301") == SECRET


def test_a_passphrase_left_out_or_not_needed_is_said_so(path: Path, tmp_path: Path) -> None:
    open_path = tmp_path / "open.key"
    save_key(path, "signing", SECRET, "passphrase", CHEAP)
    save_key(open_path, "signing", SECRET, None)

    with pytest.raises(PassphraseError, match="needs a passphrase"):
        load_key(path, "signing", None)
    with pytest.raises(PassphraseError, match="without a passphrase"):
        load_key(open_path, "signing", "passphrase")


def test_a_passphrase_that_is_not_text_is_refused(path: Path) -> None:
    with pytest.raises(PassphraseError, match="not text"):
        save_key(path, "signing", SECRET, "\udc80", CHEAP)
    assert not path.exists()


def test_an_empty_passphrase_is_refused(path: Path) -> None:
    with pytest.raises(PassphraseError, match="empty"):
        save_key(path, "signing", SECRET, "")
    assert not path.exists()


def test_a_key_for_one_purpose_is_refused_for_another(path: Path) -> None:
    save_key(path, "log", SECRET, None)

    with pytest.raises(KeyFileError, match="for log, not for signing"):
        load_key(path, "signing", None)


@pytest.mark.parametrize("passphrase", [None, "passphrase"])
def test_a_key_can_not_be_relabelled_for_another_purpose(path: Path, passphrase: str | None) -> None:
    save_key(path, "log", SECRET, passphrase, CHEAP)
    _write(path, path.read_bytes().replace(b"purpose: log", b"purpose: signing"))

    with pytest.raises(KeyFileError):
        load_key(path, "signing", passphrase)


def test_an_existing_file_is_never_replaced(path: Path) -> None:
    save_key(path, "signing", SECRET, None)

    with pytest.raises(KeyFileError, match="never overwritten"):
        save_key(path, "signing", bytes(32), None)
    assert load_key(path, "signing", None) == SECRET


def test_nothing_is_left_lying_around(path: Path) -> None:
    save_key(path, "signing", SECRET, None)
    with pytest.raises(KeyFileError):
        save_key(path, "signing", SECRET, None)

    assert list(path.parent.iterdir()) == [path]


def test_a_missing_folder_or_file_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing" / "node.key"

    with pytest.raises(KeyFileError, match="No such file"):
        save_key(missing, "signing", SECRET, None)
    with pytest.raises(KeyFileError, match="No such file"):
        load_key(missing, "signing", None)
    with pytest.raises(KeyFileError, match="can not be read"):
        load_key(tmp_path, "signing", None)


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_only_the_owner_may_read_a_key_file(path: Path) -> None:
    before = os.umask(0)
    try:
        save_key(path, "signing", SECRET, None)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600

    for mode in (0o640, 0o604, 0o620, 0o602):
        path.chmod(mode)
        with pytest.raises(KeyFileError, match="chmod 600"):
            load_key(path, "signing", None)


def test_a_protected_file_holds_nothing_of_the_secret(path: Path) -> None:
    save_key(path, "signing", b"a very secret seed", "passphrase", CHEAP)
    content = path.read_text()
    body = content.rpartition("body: ")[2]

    assert "very secret" not in content
    assert b"very secret" not in base64.b64decode(body)


def test_a_passphrase_that_is_held_is_stretched_once_for_all_files_of_one_salt(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, other = (folder / f"{name}.key" for name in ("first", "second", "other"))
    stretched: list[bytes] = []

    def counted(size: int, password: bytes, salt: bytes, passes: int, memory: int) -> bytes:
        stretched.append(salt)
        return argon2id.kdf(size, password, salt, passes, memory)

    monkeypatch.setattr(keyfile, "argon2id", SimpleNamespace(kdf=counted))
    held = Passphrase("right")
    save_key(first, "signing", b"one", held, CHEAP, beside=first)
    save_key(second, "log", b"two", held, CHEAP, beside=first)
    assert len(stretched) == 1
    assert [load_key(first, "signing", held), load_key(second, "log", held)] == [b"one", b"two"]
    assert len(stretched) == 1

    save_key(other, "tls", b"three", held, CHEAP)
    assert load_key(other, "tls", held) == b"three"
    assert len(set(stretched)) == len(stretched) == 2  # another salt

    for wrong in (Passphrase("wrong"), Passphrase("wrong")):
        with pytest.raises(PassphraseError, match="wrong"):
            load_key(first, "signing", wrong)
    assert len(stretched) == 4  # each holds its own
    assert load_key(second, "log", "right") == b"two"
    assert len(stretched) == 5  # text alone keeps nothing


def test_files_of_one_salt_are_no_copies_of_each_other(folder: Path) -> None:
    first, second = folder / "one.key", folder / "same.key"
    save_key(first, "signing", SECRET, "right", CHEAP)
    save_key(second, "signing", SECRET, "right", CHEAP, beside=first)

    one, same = (path.read_text().splitlines() for path in (first, second))
    assert one[:-1] == same[:-1]
    assert one[-1] != same[-1]
    first.write_text("damaged")
    with pytest.raises(KeyFileError, match="is not a key file"):
        save_key(folder / "third.key", "signing", SECRET, "right", CHEAP, beside=first)


@pytest.mark.slow
def test_the_default_cost_is_written_into_the_file(path: Path) -> None:
    save_key(path, "signing", SECRET, "passphrase")

    assert f"passes: {MODERATE.passes}\nmemory_bytes: {MODERATE.memory_bytes}\n" in path.read_text()
    assert MODERATE.memory_bytes == 256 * 2**20
    assert load_key(path, "signing", "passphrase") == SECRET


@pytest.mark.parametrize(
    ("field", "value"),
    [("passes", MAX_COST.passes + 1), ("memory_bytes", MAX_COST.memory_bytes + 1), ("passes", 0)],
)
def test_a_file_that_asks_for_too_much_work_is_refused_at_once(path: Path, field: str, value: int) -> None:
    save_key(path, "signing", SECRET, "passphrase", CHEAP)
    lines = [
        f"{field}: {value}" if line.startswith(field) else line for line in path.read_text().splitlines()
    ]
    _write(path, ("\n".join(lines) + "\n").encode())

    with pytest.raises(KeyFileError, match="out of bounds"):
        load_key(path, "signing", "passphrase")


def test_a_purpose_or_secret_that_no_file_can_hold_is_a_mistake_of_the_caller(path: Path) -> None:
    with pytest.raises(RuntimeError):
        save_key(path, "signing\npurpose: log", SECRET, None)
    with pytest.raises(RuntimeError):
        save_key(path, "signing", bytes(MAX_FILE_BYTES), None)
    assert not path.exists()


@given(
    st.binary(max_size=300)
    | st.text(st.characters(max_codepoint=127)).map(lambda text: b"tocsin-key: 1\n" + text.encode())
)
def test_whatever_a_file_holds_only_our_errors_come_out(folder: Path, content: bytes) -> None:
    path = _write(folder / "fuzzed.key", content)

    for passphrase in (None, "passphrase"):
        with pytest.raises(CryptoError):
            load_key(path, "signing", passphrase)


@pytest.mark.parametrize("body", ["AAAA", "A", "AAAAA", "AA=A", "=", "A" * 60_000])
def test_a_body_of_any_shape_is_refused(path: Path, body: str) -> None:
    save_key(path, "signing", SECRET, None)
    header, _, _ = path.read_text().rpartition("body: ")
    _write(path, f"{header}body: {body}\n".encode())

    with pytest.raises(KeyFileError):
        load_key(path, "signing", None)
