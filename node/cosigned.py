"""Cosignatures of our own log: which its newest checkpoint has, what a witness needs to see, and keeping its line."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from crypto.cosignature import cosignatures
from crypto.errors import ProofError
from crypto.merkle import consistency_path
from crypto.tiles import Tiles
from node.errors import StoreError
from node.store.database import Store
from node.store.heads import log_head, put_checkpoint
from node.store.tiles import TileReader
from node.witness import Growth


class Standing(NamedTuple):
    """The newest checkpoint of our log with every signature line, and the key names of those who have cosigned it."""

    note: bytes
    size: int
    by: frozenset[str]


def standing(store: Store, org_id: str, witnesses: Mapping[str, Sequence[bytes]]) -> Standing | None:
    """How our log stands; nothing where it was not started.

    Args:
        store: Of this node.
        org_id: Of this node.
        witnesses: Ed25519 public keys by key name.

    Raises:
        CheckpointError: A line of one of them does not hold.
    """
    with store.read() as connection:
        head = log_head(connection, org_id)
    if head is None or not head.checkpoint:
        return None
    by = frozenset(one.name for one in cosignatures(head.checkpoint, witnesses))
    return Standing(head.checkpoint, head.committed, by)


def growth(store: Store, ours: Standing, old_size: int) -> Growth:
    """What a witness that has signed `old_size` entries last needs to see of our log.

    Raises:
        StoreError: The tiles do not reach so far.
    """
    if old_size in {0, ours.size}:
        return Growth(old_size, (), ours.note)
    try:
        with store.read() as connection:
            return Growth(
                old_size, consistency_path(Tiles(TileReader(connection)), old_size, ours.size), ours.note
            )
    except ProofError as error:
        raise StoreError(str(error)) from error


def keep_cosignature(store: Store, org_id: str, note: bytes, line: bytes) -> bool:
    """Put a verified signature line below its checkpoint, once; tells whether that is still our newest."""
    text, _, _ = note.partition(b"\n\n")
    with store.write() as connection:
        head = log_head(connection, org_id)
        if head is None or head.checkpoint.partition(b"\n\n")[0] != text:
            return False
        if line not in head.checkpoint:
            put_checkpoint(connection, head, head.checkpoint + line)
    return True
