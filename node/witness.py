"""Cosign checkpoints of members' logs: a witness signs only what adds to the last that it signed (C2SP tlog-witness).

It sees the name, the size and the root hash of a log. What it signs it has stored before, in the transaction in which
it looked at what it signed last, so two requests at once can not roll a log back.
"""

from datetime import datetime
from typing import NamedTuple

from crypto.checkpoint import Checkpoint, verify_checkpoint
from crypto.cosignature import cosign
from crypto.errors import CryptoError, ProofError
from crypto.merkle import verify_consistency
from crypto.signing import Signer
from node.directory import Member
from node.errors import (
    WitnessBehindError,
    WitnessOriginError,
    WitnessProofError,
    WitnessSignatureError,
    WitnessSizeError,
)
from node.gossip import suspect
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.witnessed import Witnessed, last_witnessed, put_witnessed
from node.verify import owner_of, witness_name

_MAX_ORIGIN = 200


class Growth(NamedTuple):
    """What a log brings to a witness: the size that was signed last, the proof from there, the new checkpoint."""

    old_size: int
    proof: tuple[bytes, ...]
    note: bytes


def witness(store: Store, org_id: str, signer: Signer, caller: Member, asked: Growth, now: datetime) -> bytes:
    """Cosign a checkpoint of one of the caller's logs and give the signature line.

    Args:
        store: Of this node.
        org_id: Of this node.
        signer: The key with which it cosigns.
        caller: Who brings it; a member brings its own logs only.
        asked: The growth of the log.
        now: Aware UTC; the second stands in the signature.

    Raises:
        WitnessOriginError: It is no log of the caller.
        WitnessSignatureError: It is not signed with the caller's log key.
        WitnessSizeError: The old size is more than that of the checkpoint.
        WitnessBehindError: The old size is not the one that was signed last.
        WitnessProofError: The proof does not hold, or another root was signed for the same size.
        StoreError: It could not be stored, so nothing is signed.
    """
    checkpoint = _checkpoint(caller, asked.note, now)
    if asked.old_size > checkpoint.size:
        raise WitnessSizeError(
            "old_size: {old_size} is more than the checkpoint's {size}",
            old_size=asked.old_size,
            size=checkpoint.size,
        )
    try:
        _check_and_store(store, asked, checkpoint)
    except WitnessProofError:
        if owner_of(checkpoint.origin) == caller.org_id:
            suspect(store, asked.note, checkpoint, caller.org_id, now)
        raise
    return cosign(asked.note, witness_name(org_id), signer, int(now.timestamp()))


def _checkpoint(caller: Member, note: bytes, now: datetime) -> Checkpoint:
    origin = note[:_MAX_ORIGIN].partition(b"\n")[0].decode(errors="replace")
    if not origin.startswith(f"tocsin/{caller.org_id}/"):
        raise WitnessOriginError("{org_id} has no log of that name", org_id=caller.org_id)
    keys = [key.public_key for key in caller.log_keys if key.is_valid(now)]
    if not keys:
        raise WitnessSignatureError("no log key of {org_id} is valid now", org_id=caller.org_id)
    try:
        return verify_checkpoint(note, origin, *keys)
    except CryptoError as error:
        raise WitnessSignatureError(str(error)) from error


def _check_and_store(store: Store, asked: Growth, checkpoint: Checkpoint) -> None:
    with store.write() as connection:
        last = last_witnessed(connection, checkpoint.origin)
        size = last.size if last else 0
        if asked.old_size != size:
            raise WitnessBehindError(
                "{origin} was last signed here at {size}", size, origin=checkpoint.origin, size=size
            )
        _verify(last, asked, checkpoint)
        _verify_held(connection, checkpoint)
        put_witnessed(connection, Witnessed(*checkpoint, asked.note))


def _verify_held(connection: Transaction, checkpoint: Checkpoint) -> None:
    """Compare with what was shown to us as a reader of the log, where that is as much."""
    org_id = owner_of(checkpoint.origin)
    head = log_head(connection, org_id) if org_id else None
    if head is None or (head.name, head.frontier.size) != checkpoint[:2]:
        return
    if head.frontier.root != checkpoint.root:
        raise WitnessProofError(
            "{org_id} has shown another log of {size} entries", org_id=org_id, size=checkpoint.size
        )


def _verify(last: Witnessed | None, asked: Growth, checkpoint: Checkpoint) -> None:
    if last is None or not last.size:
        if asked.proof:
            raise WitnessProofError("proof: nothing needs to be proved from an empty log")
        return
    try:
        verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, asked.proof)
    except ProofError as error:
        raise WitnessProofError(str(error)) from error
