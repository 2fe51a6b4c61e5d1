"""The recovery key of an office, of which there are shares only: made, handed out, recognized and put together again.

Its 16 secret bytes are in memory while shares are made and while they are put together, and never on a disk.
"""

import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from casework.desk import Desk
from casework.officer import RECOVERY, Officer, Unlocked
from console.office import Office
from console.shares import NEEDED, SHARES, Kind
from crypto.cell import derive_key
from crypto.errors import KeySharesError
from crypto.keyshare import SECRET_BYTES, KeyShare, combine, split

KIND = Kind("recovery", "the recovery key", "open every case of this office")


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


def _unlocked(seed: bytes) -> Unlocked:
    return Unlocked(derive_key(seed, "recovery key"))


def _public(unlocked: Unlocked) -> tuple[bytes, bytes]:
    return unlocked.signer.public_key, unlocked.seal.public_key


def _set_id(keys: tuple[bytes, bytes]) -> str:
    """Start of the SHA-256 of the public keys, so that a share tells which key it belongs to and nothing of it."""
    return sha256(b"".join(keys)).hexdigest()[:8]
