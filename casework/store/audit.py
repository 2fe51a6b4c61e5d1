"""The audit log: one entry behind the other."""

from sqlalchemy import select

from casework.store.database import Transaction, add, next_id
from casework.tables import case_audit
from crypto.merkle import leaf_hash


def add_audit_entry(connection: Transaction, entry: bytes) -> None:
    """Put an entry behind the last."""
    add(
        connection,
        case_audit,
        {"id": next_id(connection, case_audit), "entry": entry, "leaf_hash": leaf_hash(entry)},
    )


def audit_entries(connection: Transaction) -> tuple[bytes, ...]:
    """Every entry, in order."""
    return tuple(connection.execute(select(case_audit.c.entry).order_by(case_audit.c.id)).scalars())
