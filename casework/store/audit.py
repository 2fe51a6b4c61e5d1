"""The audit log: one entry behind the other, and the checkpoints of its tree (RFC 6962)."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import insert, select, update

from casework.store.database import Transaction, add, next_id
from casework.tables import case_audit, case_checkpoint
from crypto.merkle import leaf_hash


class StoredEntry(NamedTuple):
    """An entry at its place, 0 being the first, with the hash that is kept beside it."""

    number: int
    entry: bytes
    leaf_hash: bytes


class StoredCheckpoint(NamedTuple):
    """A signed checkpoint of the audit log, with the signatures of those who have seen it."""

    size: int
    note: bytes


def add_audit_entry(connection: Transaction, entry: bytes) -> None:
    """Put an entry behind the last."""
    add(
        connection,
        case_audit,
        {"id": next_id(connection, case_audit), "entry": entry, "leaf_hash": leaf_hash(entry)},
    )


def audit_entries(connection: Transaction, start: int = 0) -> Iterator[StoredEntry]:
    """Entries from number `start` on, in order."""
    rows = connection.execute(
        select(case_audit.c.id, case_audit.c.entry, case_audit.c.leaf_hash)
        .where(case_audit.c.id > start)
        .order_by(case_audit.c.id)
    )
    return (StoredEntry(number - 1, entry, hashed) for number, entry, hashed in rows)


def audit_leaves(connection: Transaction) -> tuple[bytes, ...]:
    """Leaf hashes of all entries, in order."""
    return tuple(connection.execute(select(case_audit.c.leaf_hash).order_by(case_audit.c.id)).scalars())


def audit_checkpoints(connection: Transaction) -> tuple[StoredCheckpoint, ...]:
    """Every checkpoint, in the order of sizes."""
    rows = connection.execute(
        select(case_checkpoint.c.size, case_checkpoint.c.note).order_by(case_checkpoint.c.size)
    )
    return tuple(StoredCheckpoint(size, note) for size, note in rows)


def put_checkpoint(connection: Transaction, checkpoint: StoredCheckpoint) -> None:
    """Keep a checkpoint instead of the one of that size, if any."""
    this = case_checkpoint.c.size == checkpoint.size
    changed = connection.execute(update(case_checkpoint).where(this).values(note=checkpoint.note))
    if changed.rowcount == 0:
        connection.execute(insert(case_checkpoint).values(size=checkpoint.size, note=checkpoint.note))
