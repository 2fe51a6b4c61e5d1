"""The audit log as a tree: its checkpoints, the proofs that they only add, and who has seen them.

A checkpoint is signed with the log key of the node, under a name of its own, and holds a size and a hash: nothing of a
case. Members who have cosigned it can prove later that entries were dropped or changed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from casework.audit import audit_log_name
from casework.errors import TamperedError
from casework.store.audit import (
    StoredCheckpoint,
    audit_checkpoints,
    audit_leaves,
    put_checkpoint,
)
from casework.store.database import Database
from crypto.checkpoint import Checkpoint, sign_checkpoint, verify_checkpoint
from crypto.cosignature import cosignatures
from crypto.errors import CheckpointError
from crypto.merkle import Frontier, consistency_path
from crypto.signing import Signer

EVERY = timedelta(days=1)  # between two checkpoints that members are asked to cosign
WITNESSES = 2  # how many are enough


class Leaves:
    """Leaf hashes in memory, as what proofs are made from; each subtree is hashed once."""

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._hashes = hashes
        self._known: dict[tuple[int, int], bytes] = {}

    def subtree(self, level: int, index: int) -> bytes:
        """Root of the full subtree of 2**level leaves that is number `index` from the left."""
        place = (level, index)
        if place not in self._known:
            start = index << level
            self._known[place] = Frontier().append(self._hashes[start : start + (1 << level)]).root
        return self._known[place]


def make_checkpoint(database: Database, org_id: str, signer: Signer) -> StoredCheckpoint | None:
    """Sign how the log stands, unless it stands as it did; gives the newest checkpoint, or nothing of an empty log.

    Raises:
        TamperedError: The log no longer begins as the last checkpoint says, so nothing is signed.
    """
    name = audit_log_name(org_id)
    with database.write() as connection:
        leaves, known = audit_leaves(connection), audit_checkpoints(connection)
        if not leaves:
            return None
        if known:
            try:
                last = verify_checkpoint(known[-1].note, name, signer.public_key)
            except CheckpointError as error:
                raise TamperedError(
                    "the last checkpoint of the audit log is not signed by this node"
                ) from error
            if last.size > len(leaves) or root_of(leaves[: last.size]) != last.root:
                raise TamperedError("the audit log is not the one of its last checkpoint; nothing is signed")
            if last.size == len(leaves):
                return known[-1]
        checkpoint = Checkpoint(name, len(leaves), root_of(leaves))
        made = StoredCheckpoint(len(leaves), sign_checkpoint(checkpoint, name, signer))
        put_checkpoint(connection, made)
    return made


def growth_proof(database: Database, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Proof that the log of `new_size` entries only adds to that of `old_size`; none is needed from nothing."""
    if old_size in {0, new_size}:
        return ()
    with database.read() as connection:
        return consistency_path(Leaves(audit_leaves(connection)), old_size, new_size)


def keep_cosignature(database: Database, size: int, line: bytes) -> None:
    """Keep the signature line of a witness with the checkpoint that it is for; once only."""
    with database.write() as connection:
        for known in audit_checkpoints(connection):
            if known.size == size and line not in known.note:
                put_checkpoint(connection, known._replace(note=known.note + line))


def is_due(database: Database, witnesses: Mapping[str, tuple[bytes, ...]], now: datetime) -> bool:
    """Whether members should be asked again: no checkpoint of the last day was cosigned by enough of them.

    Args:
        database: Of the office.
        witnesses: Ed25519 public keys of witnesses by key name.
        now: Aware UTC.
    """
    wanted = min(WITNESSES, len(witnesses))
    with database.read() as connection:
        for known in reversed(audit_checkpoints(connection)):
            times = sorted((one.at for one in cosignatures(known.note, witnesses)), reverse=True)
            if len(times) >= wanted > 0:
                return times[wanted - 1] <= int((now - EVERY).timestamp())
    return wanted > 0


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Root of a tree of leaf hashes."""
    return Frontier().append(leaves).root
