"""What stays of cases whose keys were destroyed."""

from sqlalchemy import func, select, update

from casework.chain import Signed
from casework.store.database import Transaction, add
from casework.tables import case_event, case_facts, case_file, case_key, case_tombstone
from casework.vocabulary import Group


def tombstones(connection: Transaction) -> tuple[tuple[str, Signed], ...]:
    """(uid, signed tombstone) of every erased case, in the order in which the cases were opened."""
    rows = connection.execute(
        select(case_file.c.uid, case_tombstone.c.payload, case_tombstone.c.signature)
        .join_from(case_tombstone, case_file)
        .order_by(case_tombstone.c.case_id)
    )
    return tuple((uid.hex(), Signed(payload, signature)) for uid, payload, signature in rows)


def add_tombstone(connection: Transaction, case_id: int, signed: Signed) -> None:
    """Keep what stays of a case."""
    add(
        connection,
        case_tombstone,
        {"case_id": case_id, "payload": signed.payload, "signature": signed.signature},
    )


def parts_left(connection: Transaction, case_id: int) -> frozenset[Group]:
    """Groups of a case of which a key or a sealed part is there."""
    keys = connection.execute(select(case_key.c.key_group).where(case_key.c.case_id == case_id).distinct())
    sealed = {group: func.count(case_event.c[f"sealed_{group}"]) for group in Group}
    counts = connection.execute(select(*sealed.values()).where(case_event.c.case_id == case_id)).one()
    return frozenset(map(Group, keys.scalars())) | {
        group for group, count in zip(sealed, counts, strict=True) if count
    }


def destroy_parts(connection: Transaction, case_id: int, groups: frozenset[Group]) -> None:
    """Destroy the keys of these groups of a case, whoever holds them, and what they sealed."""
    connection.execute(
        case_key.delete().where(
            case_key.c.case_id == case_id, case_key.c.key_group.in_(sorted(map(str, groups)))
        )
    )
    connection.execute(
        update(case_event)
        .where(case_event.c.case_id == case_id)
        .values({f"sealed_{group}": None for group in sorted(groups)})
    )
    if Group.CASE in groups:
        connection.execute(case_facts.delete().where(case_facts.c.case_id == case_id))
