"""Facts of cases, kept sealed beside their events."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import delete, func, select

from casework.store.database import Transaction, add
from casework.tables import case_event, case_facts, case_file


class Kept(NamedTuple):
    """Facts as they are kept: the last event that they rest on, the day they were made for, and the sealed text."""

    sequence: int
    day: int
    sealed: bytes


def lengths(connection: Transaction) -> dict[str, int]:
    """How many events each case has, by uid."""
    rows = connection.execute(
        select(case_file.c.uid, func.max(case_event.c.sequence))
        .join_from(case_file, case_event)
        .group_by(case_file.c.uid)
    )
    return {uid.hex(): int(sequence) for uid, sequence in rows}


def kept_facts(connection: Transaction) -> dict[str, Kept]:
    """Everything that is kept, by uid of the case."""
    rows = connection.execute(
        select(case_file.c.uid, case_facts.c.sequence, case_facts.c.day, case_facts.c.sealed).join_from(
            case_facts, case_file
        )
    )
    return {uid.hex(): Kept(sequence, day, sealed) for uid, sequence, day, sealed in rows}


def keep_facts(connection: Transaction, kept: Iterable[tuple[int, Kept]]) -> None:
    """Keep facts, by key of the case, instead of those before."""
    rows = [{"case_id": case_id, **one._asdict()} for case_id, one in kept]
    connection.execute(delete(case_facts).where(case_facts.c.case_id.in_([row["case_id"] for row in rows])))
    add(connection, case_facts, *rows)
