"""Sealed files in a folder: whole or not there; what was cut off half way is swept up.

A file is written beside its place, brought to the disk, and only then given its name. Its name says nothing. Whoever
writes shares a lock of the folder that ends with their process: while nobody holds it, what no case knows was left
behind.
"""

import os
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from casework.errors import VaultError

if sys.platform != "win32":  # where there is none, what was left behind goes by its age alone
    import fcntl

_PART = ".part"
_READ = 1024 * 1024


class Vault:
    """The folder of sealed files of one office."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock of writers until the row of what is written is there, or was refused.

        Raises:
            VaultError: The folder can not be made or opened.
        """
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with self._lock(exclusive=False):
                yield
        except OSError as error:
            raise VaultError("the folder of evidence can not be used ({why})", why=error.strerror) from error

    def put(self, file: str, sealed: Iterable[bytes]) -> tuple[bytes, int]:
        """Write a file and give SHA-256 and number of its bytes.

        Raises:
            VaultError: It can not be written; nothing of it is left.
        """
        place = self._place(file)
        draft = place.with_name(f"{file}.{secrets.token_hex(4)}{_PART}")
        digest, size = sha256(), 0
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with open(draft, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as target:
                for part in sealed:
                    target.write(part)
                    digest.update(part)
                    size += len(part)
                target.flush()
                os.fsync(target.fileno())
            draft.rename(place)
            self._sync()
        except OSError as error:
            self._drop(draft)
            raise VaultError("a sealed file can not be written ({why})", why=error.strerror) from error
        except BaseException:
            self._drop(draft)
            raise
        return digest.digest(), size

    def read(self, file: str, size: int = _READ) -> Iterator[bytes]:
        """Give the sealed bytes, `size` at a time.

        Raises:
            VaultError: It is missing or can not be read.
        """
        try:
            with self._place(file).open("rb") as source:
                while part := source.read(size):
                    yield part
        except OSError as error:
            raise VaultError(
                "the sealed file {file} can not be read ({why})", file=file[:8], why=error.strerror
            ) from error

    def digest_of(self, file: str) -> tuple[bytes, int] | None:
        """SHA-256 and size of a file as it lies there, or nothing."""
        digest, size = sha256(), 0
        try:
            for part in self.read(file):
                digest.update(part)
                size += len(part)
        except VaultError:
            return None
        return digest.digest(), size

    def destroy(self, file: str) -> None:
        """Remove a file for good; it may be gone already.

        Raises:
            VaultError: It can not be removed.
        """
        try:
            self._place(file).unlink(missing_ok=True)
            if self.folder.is_dir():
                self._sync()
        except OSError as error:
            raise VaultError(
                "the sealed file {file} can not be removed ({why})", file=file[:8], why=error.strerror
            ) from error

    def sweep(self, known: frozenset[str], before: float) -> int:
        """Remove what no case knows: left by a process that was killed.

        Args:
            known: Names of the files that cases know.
            before: While somebody writes, only what nobody has touched since then goes; seconds since 1970, UTC.
        """
        if not self.folder.is_dir():
            return 0
        with suppress(BlockingIOError), self._lock(exclusive=True):
            return self._sweep(known, None)
        return self._sweep(known, before)

    def _sweep(self, known: frozenset[str], before: float | None) -> int:
        swept = 0
        for stray in self.folder.iterdir():
            with suppress(OSError):
                if stray.name not in known and (before is None or stray.stat().st_mtime < before):
                    stray.unlink()
                    swept += 1
        return swept

    @contextmanager
    def _lock(self, *, exclusive: bool) -> Iterator[None]:
        """Lock the folder, shared or alone.

        Raises:
            BlockingIOError: Others hold it.
        """
        if sys.platform == "win32":
            if exclusive:
                raise BlockingIOError
            yield
            return
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            # Whoever wants it alone goes away again; who shares it waits for a sweep, which is short.
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if exclusive else fcntl.LOCK_SH)
            yield
        finally:
            os.close(descriptor)

    @staticmethod
    def _drop(draft: Path) -> None:
        with suppress(OSError):
            draft.unlink()

    def _place(self, file: str) -> Path:
        return self.folder / file

    def _sync(self) -> None:
        if os.name == "posix":
            descriptor = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
