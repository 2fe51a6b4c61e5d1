"""A backup as a file: lines, compressed, in a sealed stream (`crypto.sealing`), under a passphrase or to a public key.

    tocsin-backup: 1
    kdf: argon2id           or none: sealed to a key that somebody keeps elsewhere
    passes: 3
    memory_bytes: 268435456
    salt: <16 bytes, hexadecimal>
    to: <the public key to which the stream behind the next line is sealed, hexadecimal>
    <an empty line, and the stream>

With a passphrase that key is made of what Argon2id gives. Nothing is ever held in memory but a few pieces.
"""

import os
import re
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from console.errors import BackupDamagedError, BackupError, BackupKeyError, BackupNewerError
from crypto.errors import SealError
from crypto.keyfile import MODERATE, SALT_BYTES, Cost, save_key, stretch
from crypto.sealing import HEAD_BYTES, SEAL_KEY_BYTES, Sealer, SealKey, open_sealed
from crypto.sentence import Sentence

PURPOSE = "backup"  # of the file of a key to which backups are sealed
MAX_LINE = 128 << 20
_PIECE = 1 << 20
_FAST = 1  # of zlib: what is sealed or hashed already shrinks no more
_HEADER_BYTES = 1024
_HEADER = re.compile(
    rb"tocsin-backup: 1\n"
    rb"kdf: (?P<kdf>argon2id|none)\n"
    rb"passes: (?P<passes>[0-9]{1,9})\n"
    rb"memory_bytes: (?P<memory_bytes>[0-9]{1,12})\n"
    rb"salt: (?P<salt>[0-9a-f]{32})\n"
    rb"to: (?P<to>[0-9a-f]{64})\n\n"
)


class Lock(NamedTuple):
    """How a backup is closed: its header, and the public key to which it is sealed."""

    header: bytes
    public_key: bytes


class Key(NamedTuple):
    """With what a backup is opened: a passphrase, or the secret half of the key to which it is sealed."""

    passphrase: str | None = None
    secret: bytes | None = None


def lock_under(passphrase: str, cost: Cost = MODERATE) -> Lock:
    """Close a backup with a passphrase.

    Raises:
        BackupKeyError: It is empty.
        CryptoError: This machine has not the memory.
    """
    if not passphrase:
        raise BackupKeyError("an empty passphrase protects nothing")
    salt = secrets.token_bytes(SALT_BYTES)
    public_key = SealKey(stretch(passphrase, salt, cost)).public_key
    return Lock(_header("argon2id", cost, salt, public_key), public_key)


def lock_to(public_key: bytes) -> Lock:
    """Close a backup to a public key: nothing on this machine opens it again."""
    return Lock(_header("none", Cost(0, 0), bytes(SALT_BYTES), public_key), public_key)


def make_key(path: Path, passphrase: str | None) -> bytes:
    """Make a key to which backups are sealed, in a new file; gives its public half.

    Raises:
        CryptoError: The file is there already, or can not be written.
    """
    seal = secrets.token_bytes(SEAL_KEY_BYTES)
    save_key(path, PURPOSE, seal, passphrase)
    return SealKey(seal).public_key


def write_archive(path: Path, lock: Lock, lines: Iterable[bytes]) -> int:
    """Write a backup, whole or not at all; no file is ever replaced. Gives its size in bytes.

    Raises:
        BackupError: There is such a file, or it can not be written.
    """
    if path.exists():
        raise BackupError("{path} is there already, and no backup is ever replaced", path=path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(draft, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(lock.header)
            file.writelines(Sealer(lock.public_key).seal(_compressed(lines)))
            file.flush()
            os.fsync(file.fileno())
            size = file.tell()
        draft.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise BackupError("{path} can not be written: {why}", path=path, why=error.strerror) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return size


def needs_passphrase(path: Path) -> bool:
    """Whether a backup opens with a passphrase, else with a key.

    Raises:
        BackupError: It can not be read, is none, or is of a newer form.
    """
    with _opened(path) as file:
        return _read_header(file, path)["kdf"] == b"argon2id"


def read_archive(path: Path, key: Key) -> Iterator[bytes]:
    """Give the lines of a backup; only with the last is it known to be whole.

    Raises:
        BackupError: It can not be read, is none, or is of a newer form.
        BackupKeyError: The passphrase is wrong, or the key another.
        BackupDamagedError: It was cut, extended or changed.
    """
    with _opened(path) as file:
        header = _read_header(file, path)
        seal = _unlock(header, key)
        try:
            yield from _lines(open_sealed(seal, file.read(HEAD_BYTES), file.read))
        except SealError as error:
            raise BackupDamagedError("{path} is damaged: {error}", path=path, error=error) from error
        except zlib.error as error:
            raise BackupDamagedError(
                "{path} is damaged: what is in it can not be unpacked", path=path
            ) from error
        except OSError as error:
            raise BackupError("{path} can not be read: {why}", path=path, why=error.strerror) from error


def sync_folder(folder: Path) -> None:
    """Bring names that were given in a folder to the disk."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _opened(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise BackupError("{path} can not be read: {why}", path=path, why=error.strerror) from error


def _read_header(file: IO[bytes], path: Path) -> re.Match[bytes]:
    start = file.read(_HEADER_BYTES)
    found = _HEADER.match(start)
    if found is None:
        newer = re.match(rb"tocsin-backup: ([2-9]|[1-9][0-9]+)\n", start)
        if newer:
            raise BackupNewerError(
                "{path} is of form {newer}, which a newer version of Tocsin wrote",
                path=path,
                newer=int(newer[1]),
            )
        raise BackupDamagedError("{path} is no backup, or its first lines are damaged", path=path)
    file.seek(found.end())
    return found


def _unlock(header: re.Match[bytes], key: Key) -> SealKey:
    cost, salt = Cost(0, 0), bytes(SALT_BYTES)
    if header["kdf"] == b"none":
        if key.secret is None:
            raise BackupKeyError(
                "this backup opens with a key, not with a passphrase: name its file with --key"
            )
        seal, wrong = (
            SealKey(key.secret),
            Sentence("this backup is sealed to another key, or its first lines are damaged"),
        )
    else:
        if key.passphrase is None:
            raise BackupKeyError("this backup opens with its passphrase, and none was given")
        cost = Cost(int(header["passes"]), int(header["memory_bytes"]))
        salt = bytes.fromhex(header["salt"].decode())
        seal = SealKey(stretch(key.passphrase, salt, cost))
        wrong = Sentence("the passphrase of the backup is wrong, or its first lines are damaged")
    if header[0] != _header(header["kdf"].decode(), cost, salt, seal.public_key):
        raise BackupKeyError(wrong)
    return seal


def _header(kdf: str, cost: Cost, salt: bytes, public_key: bytes) -> bytes:
    return (
        f"tocsin-backup: 1\nkdf: {kdf}\npasses: {cost.passes}\nmemory_bytes: {cost.memory_bytes}\n"
        f"salt: {salt.hex()}\nto: {public_key.hex()}\n\n"
    ).encode()


def _compressed(lines: Iterable[bytes]) -> Iterator[bytes]:
    press = zlib.compressobj(_FAST)
    for line in lines:
        yield press.compress(line)
        yield press.compress(b"\n")
    yield press.flush()


def _lines(parts: Iterator[bytes]) -> Iterator[bytes]:
    press, rest, searched = zlib.decompressobj(), bytearray(), 0
    for part in parts:
        waiting = part
        while waiting and not press.eof:
            rest += press.decompress(waiting, _PIECE)
            waiting = press.unconsumed_tail
            while (end := rest.find(b"\n", searched)) >= 0:
                yield bytes(rest[:end])
                del rest[: end + 1]
                searched = 0
            searched = len(rest)
            if searched > MAX_LINE:
                raise BackupDamagedError("a line of the backup is longer than any that there is")
        if press.eof and (waiting or press.unused_data):
            raise BackupDamagedError("something stands behind the end of what is packed")
    if not press.eof or rest:
        raise BackupDamagedError("what is packed in the backup ends too early")
