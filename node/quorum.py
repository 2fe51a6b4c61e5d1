"""How many witnesses must have cosigned a checkpoint before it is believed."""

from collections.abc import Mapping
from typing import NamedTuple

from crypto.cosignature import Cosignature, cosignatures
from crypto.errors import CryptoError
from node.errors import LogKeyError, QuorumError


class Quorum(NamedTuple):
    """So many of these witnesses, Ed25519 public keys by key name."""

    needed: int
    keys: Mapping[str, tuple[bytes, ...]]


NO_QUORUM = Quorum(0, {})  # for what was believed before, or is judged by a person


def verify_quorum(note: bytes, quorum: Quorum) -> tuple[Cosignature, ...]:
    """Check that enough witnesses have cosigned a checkpoint; gives who has.

    Raises:
        LogKeyError: The line of one of them does not hold.
        QuorumError: There are not enough.
    """
    if not quorum.needed:
        return ()
    try:
        found = cosignatures(note, quorum.keys)
    except CryptoError as error:
        raise LogKeyError(str(error)) from error
    by = {one.name for one in found}  # a line that stands there twice is one witness
    if len(by) < quorum.needed:
        raise QuorumError(
            "{count} of {needed} witnesses have cosigned the checkpoint", count=len(by), needed=quorum.needed
        )
    return found
