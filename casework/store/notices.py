"""Which cases were opened with the recovery key, so that nobody has to look through all events for it."""

from sqlalchemy import select

from casework.store.database import Transaction, add
from casework.tables import case_file, case_key, case_notice
from casework.vocabulary import Group


def add_notice(connection: Transaction, case_id: int, sequence: int) -> None:
    """Keep that an event of a case, at this place, is one that its owners are told of."""
    add(connection, case_notice, {"case_id": case_id, "sequence": sequence})


def notices_kept(connection: Transaction) -> frozenset[tuple[int, int]]:
    """Key of the case and place of the event, of every such event."""
    rows = connection.execute(select(case_notice.c.case_id, case_notice.c.sequence))
    return frozenset((case_id, sequence) for case_id, sequence in rows)


def noticed_cases(connection: Transaction, officer_id: str) -> tuple[str, ...]:
    """Uids of those cases to which an officer holds the key."""
    held = case_key.c.officer_id == officer_id, case_key.c.key_group == str(Group.CASE)
    rows = (
        select(case_file.c.uid)
        .distinct()
        .join_from(case_notice, case_file)
        .join(case_key, case_key.c.case_id == case_notice.c.case_id)
        .where(*held)
    )
    return tuple(sorted(uid.hex() for uid in connection.execute(rows).scalars()))
