"""Shares of a secret as files and as text, one for each person who keeps one."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from crypto.errors import KeyFileError
from crypto.keyshare import KeyShare, write_share

NEEDED, SHARES = 3, 5


class Kind(NamedTuple):
    """What shares are of: how their files are called, and in words what it is and what it does."""

    name: str
    what: str
    power: str


def write_shares(folder: Path, shares: Iterable[KeyShare], kind: Kind) -> tuple[Path, ...]:
    """Write each share into a file of its own, which only its owner can read: all or none, and over no other file.

    Raises:
        KeyFileError: One is there already, or can not be written.
    """
    written: list[Path] = []
    file = folder
    try:
        for share in shares:
            file = folder / f"{kind.name}-{share.set_id}-{share.number}.txt"
            with open(file, "xb", opener=_private) as target:  # no link or rename: a stick may know neither
                written.append(file)
                target.write(as_text(share, kind).encode())
                target.flush()
                os.fsync(target.fileno())
    except OSError as error:
        for made in written:
            with suppress(OSError):
                made.unlink()
        raise KeyFileError(
            "{file}: can not be written ({why}); no share was kept", file=file, why=error.strerror
        ) from error
    return tuple(written)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read; no file is ever replaced.

    Raises:
        KeyFileError: It is there already, or can not be written.
    """
    try:
        with open(path, "xb", opener=_private) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise KeyFileError("{path}: can not be written ({why})", path=path, why=error.strerror) from error


def as_text(share: KeyShare, kind: Kind) -> str:
    """A share as its keeper gets it; the last line is what counts."""
    return (
        f"Share {share.number} of {share.of} of {kind.what} {share.set_id}.\n"
        f"Any {share.needed} together {kind.power}. Keep it where nobody else finds it:\n"
        "never in a mail or a photograph, never beside another share.\n\n"
        f"{write_share(share)}\n"
    )


def share_in(text: str) -> str:
    """The share that stands in a file: its last line."""
    return (text.strip().splitlines() or [""])[-1]


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
