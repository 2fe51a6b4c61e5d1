"""When a log gave the last sign of life, so that a silent one is seen to be silent, and is called nothing worse."""

from collections.abc import Mapping, Sequence

from crypto.cosignature import cosignatures
from crypto.errors import CryptoError
from node.store.heads import LogHead


def silent_since(head: LogHead | None, witnesses: Mapping[str, Sequence[bytes]]) -> int:
    """The last time at which its originator was heard, or a witness signed its newest checkpoint.

    Args:
        head: The log as it is known here.
        witnesses: Ed25519 public keys by key name.

    Returns:
        Seconds since 1970; 0 is never.
    """
    if head is None:
        return 0
    try:
        signed = [one.at for one in cosignatures(head.checkpoint, witnesses)] if head.checkpoint else []
    except CryptoError:  # the key of a witness is another by now
        signed = []
    # The earliest: a single witness whose clock is ahead makes no silent log look alive.
    return max(head.heard_at, min(signed, default=0))
