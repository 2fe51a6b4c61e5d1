"""Files that were sent and wait for a decision: on the node's disk without a name, gone with its process.

One set for each session, for half an hour. No other session finds it, no copy of the node's folder holds it.
"""

import secrets
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import BinaryIO, NamedTuple

KEPT = timedelta(minutes=30)
TOKEN_BYTES = 16


class Waiting(NamedTuple):
    """A file that waits; `name` as its sender calls it."""

    name: str
    content: bytes


class _Kept(NamedTuple):
    token: str
    until: datetime
    files: Mapping[str, tuple[str, BinaryIO]]


@dataclass
class Tray:
    """What waits, by session."""

    _kept: dict[int, _Kept] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def put(
        self, session: int, folder: Path, files: Mapping[str, tuple[str, BinaryIO]], now: datetime
    ) -> str:
        """Keep files by the names of their fields, in the place of what the session kept before; gives their token."""
        copies: dict[str, tuple[str, BinaryIO]] = {}
        for field_name, (name, content) in files.items():
            copy = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - it is closed when it is dropped
            shutil.copyfileobj(content, copy)
            copies[field_name] = (name, copy)
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            self._drop(session)
            for old in [key for key, one in self._kept.items() if one.until <= now]:
                self._drop(old)
            self._kept[session] = _Kept(token, now + KEPT, copies)
        return token

    def find(self, session: int, token: str, now: datetime) -> Mapping[str, Waiting]:
        """What waits under a token; nothing where it was decided, is too old or of another session."""
        with self._lock:
            kept = self._kept.get(session)
            if kept is None or kept.token != token or kept.until <= now:
                return {}
            return {name: Waiting(called, _read(copy)) for name, (called, copy) in kept.files.items()}

    def drop(self, session: int) -> None:
        """Forget what a session kept."""
        with self._lock:
            self._drop(session)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for session in list(self._kept):
                self._drop(session)

    def _drop(self, session: int) -> None:
        kept = self._kept.pop(session, None)
        for _, copy in kept.files.values() if kept is not None else ():
            copy.close()


def _read(copy: BinaryIO) -> bytes:
    copy.seek(0)
    return copy.read()
