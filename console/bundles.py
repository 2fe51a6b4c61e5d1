"""Bundles as files: written whole or not at all, readable by their owner alone, and read in place."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

from console.home import Home
from console.keyring import seal_keys
from crypto.sealing import SealKey
from node.bundle import Asked, Author, Written, write_bundle
from node.directory import Directory
from node.errors import UnreadableError
from node.logbook import Identity
from node.slots import issue_checkpoint
from node.store.database import Store
from node.unbundle import Outcome, Progress, Reader, read_bundle
from node.wire import bundles, records

T = TypeVar("T")


def write_bundle_file(home: Home, passphrase: str | None, asked: Asked, path: Path) -> Written:
    """Write this node's log for one member to a file.

    Raises:
        NodeError: There is nobody to write it for, or the log or the file can not be used.
        CryptoError: The keys can not be read.
    """
    directory, identity, store = home.directory(), home.identity(passphrase), home.store()
    try:
        return _write_new(path, lambda file: write_for(store, identity, directory, asked, file.write))
    finally:
        store.close()


def write_for(
    store: Store,
    identity: Identity,
    directory: Directory,
    asked: Asked,
    write: Callable[[bytes], object],
) -> Written:
    """Write a node's log for one member, piece by piece.

    Raises:
        NodeError: There is nobody to write it for, or the log can not be used.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    issue_checkpoint(store, identity, records, now)  # where there is no line nobody may be serving
    author = Author(identity.org_id, identity.signing)
    return write_bundle(store, author, directory, asked, now, write, codec=bundles)


def read_bundle_file(home: Home, passphrase: str | None, path: Path, progress: Progress) -> Outcome:
    """Read a bundle that a member wrote for this node, and keep what is new in it.

    Raises:
        NodeError: The file can not be read, or is not a bundle for this node.
        CryptoError: The file is not as it was sealed, or the seal key can not be read.
    """
    seals, store = seal_keys(home, passphrase, datetime.now(UTC)), home.store()
    try:
        with path.open("rb") as file:
            return read_for(home, store, seals, file, progress)
    except OSError as error:
        raise UnreadableError("{path} can not be read: {why}", path=path, why=error.strerror) from error
    finally:
        store.close()


def read_for(
    home: Home, store: Store, seals: tuple[SealKey, ...], file: BinaryIO, progress: Progress
) -> Outcome:
    """Read a bundle that a member wrote for this node, with the keys that open it, and keep what is new in it.

    Raises:
        NodeError: It is not a bundle for this node.
        CryptoError: It is not as it was sealed.
    """
    reader = Reader(home.settings.org_id, seals, home.directory())
    return read_bundle(store, file, reader, datetime.now(UTC), progress, codec=records, bundle_codec=bundles)


def _write_new(path: Path, write: Callable[[BinaryIO], T]) -> T:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with open(draft, "xb", opener=_open_private) as file:
            done = write(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise UnreadableError("{path} can not be written: {why}", path=path, why=error.strerror) from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return done


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
