"""The recovery key of an office, of which there are shares only: made, handed out, recognized and put together again.

Its 16 secret bytes are in memory while shares are made and while they are put together, and never on a disk.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from casework.desk import Desk
from casework.officer import RECOVERY, Officer, Unlocked
from console.office import Office
from crypto.cell import derive_key
from crypto.errors import KeyFileError, KeySharesError
from crypto.keyshare import SECRET_BYTES, KeyShare, combine, split, write_share

NEEDED, SHARES = 3, 5


class NewKey(NamedTuple):
    """A new recovery key: its public keys, for signing and for sealing, and the shares that give it."""

    keys: tuple[bytes, bytes]
    shares: tuple[KeyShare, ...]


def make_recovery_key(needed: int = NEEDED, of: int = SHARES) -> NewKey:
    """Make a key out of chance and split it; nothing else of it is kept.

    Raises:
        KeySharesTooFewError: So many shares can not be needed of so many.
    """
    seed = secrets.token_bytes(SECRET_BYTES)
    keys = _public(_unlocked(seed))
    return NewKey(keys, split(seed, needed, of, _set_id(keys)))


def write_shares(folder: Path, shares: Iterable[KeyShare]) -> tuple[Path, ...]:
    """Write each share into a file of its own, which only its owner can read: all or none, and over no other file.

    Raises:
        KeyFileError: One is there already, or can not be written.
    """
    written: list[Path] = []
    file = folder
    try:
        for share in shares:
            file = folder / f"recovery-{share.set_id}-{share.number}.txt"
            with open(file, "xb", opener=_private) as target:  # no link or rename: a stick may know neither
                written.append(file)
                target.write(as_text(share).encode())
                target.flush()
                os.fsync(target.fileno())
    except OSError as error:
        for made in written:
            with suppress(OSError):
                made.unlink()
        raise KeyFileError(f"{file}: can not be written ({error.strerror}); no share was kept") from error
    return tuple(written)


def as_text(share: KeyShare) -> str:
    """A share as its keeper gets it; the last line is what counts."""
    return (
        f"Share {share.number} of {share.of} of the recovery key {share.set_id}.\n"
        f"Any {share.needed} together open every case of this office. Keep it where nobody else finds it:\n"
        "never in a mail or a photograph, never beside another share.\n\n"
        f"{write_share(share)}\n"
    )


def share_in(text: str) -> str:
    """The share that stands in a file: its last line."""
    return (text.strip().splitlines() or [""])[-1]


def owner_of(people: Mapping[str, Officer], share: KeyShare) -> Officer | None:
    """The recovery key that a share belongs to, also one that counts no more; nothing where it is another office's."""
    for one in people.values():
        if _set_id((one.signing_key, one.seal_key)) == share.set_id:
            return one
    return None


def recovery_desk(office: Office, shares: Iterable[KeyShare]) -> Desk:
    """Put shares together and give the desk of the recovery key.

    Raises:
        KeySharesError: They are too few, of several sets, or give no recovery key of this office.
    """
    office.turn()
    unlocked = _unlocked(combine(shares))
    for one in office.officers().values():
        if RECOVERY in one.roles and _public(unlocked) == (one.signing_key, one.seal_key):
            return office.seat(one, unlocked)
    raise KeySharesError("shares: what comes out is no recovery key of this office, or it counts no more")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _unlocked(seed: bytes) -> Unlocked:
    return Unlocked(derive_key(seed, "recovery key"))


def _public(unlocked: Unlocked) -> tuple[bytes, bytes]:
    return unlocked.signer.public_key, unlocked.seal.public_key


def _set_id(keys: tuple[bytes, bytes]) -> str:
    """Start of the SHA-256 of the public keys, so that a share tells which key it belongs to and nothing of it."""
    return sha256(b"".join(keys)).hexdigest()[:8]
