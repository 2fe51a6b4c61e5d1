"""Key files: one secret each, for one purpose, under a passphrase or the file system's protection alone.

A key file is short text:

    tocsin-key: 1
    purpose: signing
    kdf: argon2id
    passes: 3
    memory_bytes: 268435456
    salt: <16 bytes, base64>
    body: <nonce, ciphertext and tag, base64>

The passphrase is stretched with Argon2id (RFC 9106) and seals the secret with XChaCha20-Poly1305, which also
covers every line above the body: a key can be neither altered nor put to another purpose unnoticed. With
`kdf: none` the sealing key is all zeros; it shows damage then, and only the file's mode keeps the secret.

Files that lie together under one passphrase have one salt of chance, so that one stretching opens them all. Whoever
guesses gains nothing by it: one of them is enough to try a passphrase on, whatever the salts of the others are.
"""

import base64
import os
import re
import secrets
import unicodedata
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from nacl.exceptions import CryptoError as SodiumError
from nacl.pwhash import argon2id
from nacl.secret import Aead

from crypto.errors import KeyFileError, PassphraseError

MAX_FILE_BYTES = 65_536
SALT_BYTES = 16
KEY_BYTES = 32

_OTHERS_MAY = 0o077  # mode bits of group and world
_FILE = re.compile(
    r"(?P<header>tocsin-key: 1\n"
    r"purpose: (?P<purpose>[a-z][a-z-]{0,31})\n"
    r"kdf: (?P<kdf>argon2id|none)\n"
    r"passes: (?P<passes>[0-9]{1,9})\n"
    r"memory_bytes: (?P<memory_bytes>[0-9]{1,12})\n"
    r"salt: (?P<salt>[A-Za-z0-9+/]{22}==)\n)"
    r"body: (?P<body>[A-Za-z0-9+/]+={0,2})\n"
)


class Cost(NamedTuple):
    """What one guess at a passphrase costs: Argon2id passes over so much memory."""

    passes: int
    memory_bytes: int


MODERATE = Cost(argon2id.OPSLIMIT_MODERATE, argon2id.MEMLIMIT_MODERATE)
MIN_COST = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
# A file may come from a stranger: opening it must not take the machine down.
MAX_COST = Cost(16, argon2id.MEMLIMIT_SENSITIVE)


class Passphrase(str):
    """A passphrase that is stretched once for all files of one salt and cost, and keeps that as long as it is held."""

    __slots__ = ("_stretched",)

    def __init__(self, _text: str) -> None:
        self._stretched: dict[tuple[bytes, Cost], bytes] = {}

    def stretched(self, salt: bytes, cost: Cost) -> bytes:
        """The key of a file; as for `stretch`."""
        if (salt, cost) not in self._stretched:
            self._stretched[salt, cost] = stretch(self, salt, cost)
        return self._stretched[salt, cost]


def save_key(
    path: Path,
    purpose: str,
    secret: bytes,
    passphrase: str | None,
    cost: Cost = MODERATE,
    *,
    beside: Path | None = None,
) -> None:
    """Write a new key file, complete or not at all; an existing file is never replaced.

    Args:
        path: In a directory that exists.
        purpose: What the key is for, such as "signing": lower-case letters and hyphens.
        secret: The bytes to keep.
        passphrase: None leaves the secret readable to whoever can read the file.
        cost: What each opening costs; kept in the file.
        beside: A key file, which there may be, that is opened with the same passphrase; its salt is taken.

    Raises:
        KeyFileError: The file exists, or the disk refuses it; or the one beside it is damaged.
        PassphraseError: The passphrase is empty.
    """
    if passphrase == "":
        raise PassphraseError("passphrase: an empty one protects nothing")
    salt = secrets.token_bytes(SALT_BYTES)
    if beside is not None and beside.exists():
        salt = base64.b64decode(_parse(beside)["salt"])
    kdf, (passes, memory_bytes) = ("none", (0, 0)) if passphrase is None else ("argon2id", cost)
    header = (
        f"tocsin-key: 1\npurpose: {purpose}\nkdf: {kdf}\npasses: {passes}\nmemory_bytes: {memory_bytes}\n"
        f"salt: {_base64(salt)}\n"
    )
    body = _seal(passphrase, salt, cost).encrypt(secret, aad=header.encode())
    text = f"{header}body: {_base64(body)}\n"
    if not _FILE.fullmatch(text) or len(text) > MAX_FILE_BYTES:
        raise RuntimeError("this purpose, or a secret of this size, can not be kept in a key file")
    _write_new(path, text.encode())


def load_key(path: Path, purpose: str, passphrase: str | None) -> bytes:
    """Return the secret in a key file that was saved for `purpose`.

    Raises:
        KeyFileError: Missing, readable by others, damaged, too costly to open, or saved for another purpose.
        PassphraseError: The passphrase is wrong, or given or left out against what the file says.
    """
    file = _parse(path)
    if file["purpose"] != purpose:
        raise KeyFileError(
            "{path}: holds a key for {found}, not for {purpose}",
            path=path,
            found=file["purpose"],
            purpose=purpose,
        )
    # A file without a passphrase in the place of one with it would be somebody else's work.
    if (file["kdf"] == "none") != (passphrase is None):
        if passphrase is None:
            raise PassphraseError("{path}: needs a passphrase", path=path)
        raise PassphraseError("{path}: was saved without a passphrase", path=path)
    cost = Cost(int(file["passes"]), int(file["memory_bytes"]))
    seal = _seal(passphrase, base64.b64decode(file["salt"]), cost)
    try:
        return seal.decrypt(_decode(file["body"]), aad=file["header"].encode())
    except (SodiumError, ValueError) as error:
        if passphrase is None:
            raise KeyFileError("{path}: is damaged", path=path) from error
        raise PassphraseError("{path}: the passphrase is wrong, or the file is damaged", path=path) from error


def destroy_file(path: Path) -> None:
    """Overwrite a key file with chance, bring that to the disk, and remove it; it may be done again after a cut.

    Disks that never write twice to one place, and file systems that keep old versions, may still hold the old bytes
    for a while: such a folder belongs on an encrypted disk.

    Raises:
        KeyFileError: It is not there, or the disk refuses.
    """
    try:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(max(os.fstat(file.fileno()).st_size, 1)))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise KeyFileError("{path}: can not be destroyed ({why})", path=path, why=error.strerror) from error


def is_protected(path: Path) -> bool:
    """Tell whether a key file was saved with a passphrase.

    Raises:
        KeyFileError: Missing, readable by others, or damaged.
    """
    return _parse(path)["kdf"] != "none"


def purpose_of(path: Path) -> str:
    """What a key file says that its secret is for; that this is so is known when it is opened.

    Raises:
        KeyFileError: Missing, readable by others, or damaged.
    """
    return _parse(path)["purpose"]


def stretch(passphrase: str, salt: bytes, cost: Cost, size: int = KEY_BYTES) -> bytes:
    """Derive `size` key bytes from a passphrase with Argon2id.

    The passphrase is first brought to Unicode form NFC (RFC 8265 4.2), as keyboards type one letter in
    several ways.

    Raises:
        KeyFileError: The cost is out of bounds, or this machine has not the memory.
        PassphraseError: The passphrase is not text.
    """
    if not (
        MIN_COST.passes <= cost.passes <= MAX_COST.passes
        and MIN_COST.memory_bytes <= cost.memory_bytes <= MAX_COST.memory_bytes
    ):
        raise KeyFileError(
            "passes, memory_bytes: {passes} and {memory_bytes} are out of bounds",
            passes=cost.passes,
            memory_bytes=cost.memory_bytes,
        )
    try:
        password = unicodedata.normalize("NFC", passphrase).encode()
        return argon2id.kdf(size, password, salt, cost.passes, cost.memory_bytes)
    except UnicodeEncodeError as error:
        raise PassphraseError("passphrase: holds bytes that are not text") from error
    except SodiumError as error:
        raise KeyFileError(
            "memory_bytes: {memory_bytes} are not to be had on this machine", memory_bytes=cost.memory_bytes
        ) from error


def _seal(passphrase: str | None, salt: bytes, cost: Cost) -> Aead:
    if passphrase is None:
        return Aead(bytes(KEY_BYTES))
    if isinstance(passphrase, Passphrase):
        return Aead(passphrase.stretched(salt, cost))
    return Aead(stretch(passphrase, salt, cost))


def _parse(path: Path) -> re.Match[str]:
    file = _FILE.fullmatch(read_private(path).decode("ascii", errors="replace"))
    if file is None:
        raise KeyFileError("{path}: is not a key file", path=path)
    return file


def _write_new(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(draft, "xb", opener=_open_private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)  # unlike a rename, this never replaces a file
        _sync_directory(path.parent)
    except FileExistsError as error:
        raise KeyFileError("{path}: exists, and a key is never overwritten", path=path) from error
    except OSError as error:
        raise KeyFileError("{path}: can not be written ({why})", path=path, why=error.strerror) from error
    finally:
        with suppress(OSError):
            draft.unlink()


def read_private(path: Path) -> bytes:
    """Read a file that keeps a secret, if others on this machine can not.

    Raises:
        KeyFileError: They can, or it can not be read.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_FILE_BYTES)  # a longer file loses its end, and with it the form
    except OSError as error:
        raise KeyFileError("{path}: can not be read ({why})", path=path, why=error.strerror) from error
    if os.name == "posix" and mode & _OTHERS_MAY:
        raise KeyFileError("{path}: others on this machine may read it; run: chmod 600 {path}", path=path)
    return content


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(directory: Path) -> None:
    """Make a new name in the directory outlast a loss of power; only POSIX systems can."""
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _decode(text: str) -> bytes:
    """Undo `_base64`; anything else, spare bits included, is a ValueError."""
    data = base64.b64decode(text, validate=True)
    if _base64(data) != text:
        raise ValueError("not the canonical form")
    return data
