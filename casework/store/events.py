"""Cases and their events, as sealed bytes in their order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select

from casework.chain import Signed
from casework.errors import NotFoundError
from casework.store.database import Transaction, add, next_id
from casework.tables import case_event, case_file
from casework.vocabulary import Group

NOWHERE = 0  # the key of no case
_SEALED = {group: case_event.c[f"sealed_{group}"] for group in Group}


class Stored(NamedTuple):
    """One event as it is stored."""

    sequence: int
    signed: Signed
    sealed: Mapping[Group, bytes]


def add_case(connection: Transaction, uid: str) -> int:
    """Make room for a new case and give its key."""
    case_id = next_id(connection, case_file)
    add(connection, case_file, {"id": case_id, "uid": bytes.fromhex(uid)})
    return case_id


def case_ids(connection: Transaction) -> dict[str, int]:
    """Key of every case by its uid, in the order in which they were opened."""
    rows = connection.execute(select(case_file.c.uid, case_file.c.id).order_by(case_file.c.id))
    return {uid.hex(): case_id for uid, case_id in rows}


def case_id_of(connection: Transaction, uid: str) -> int:
    """Key of a case.

    Raises:
        NotFoundError: There is none.
    """
    try:
        wanted = bytes.fromhex(uid)
    except ValueError:
        wanted = b""  # no case has it
    found = connection.execute(select(case_file.c.id).where(case_file.c.uid == wanted)).scalar()
    if found is None:
        raise NotFoundError("there is no such case")
    return int(found)


def add_event(
    connection: Transaction, case_id: int, sequence: int, signed: Signed, sealed: Mapping[Group, bytes]
) -> None:
    """Put an event behind the last of its case."""
    row = {
        "id": next_id(connection, case_event),
        "case_id": case_id,
        "sequence": sequence,
        "payload": signed.payload,
        "signature": signed.signature,
        **{f"sealed_{group}": sealed.get(group) for group in Group},
    }
    add(connection, case_event, row)


def events_of(
    connection: Transaction, case_id: int, groups: frozenset[Group] = frozenset(Group)
) -> Iterator[Stored]:
    """Events of a case in their order, with the sealed parts of these groups."""
    return _read(connection, _events(groups).where(case_event.c.case_id == case_id), groups)


def last_event(connection: Transaction, case_id: int) -> Stored | None:
    """The last event of a case, without its parts."""
    newest = (
        _events(frozenset())
        .where(case_event.c.case_id == case_id)
        .order_by(case_event.c.sequence.desc())
        .limit(1)
    )
    row = connection.execute(newest).one_or_none()
    return None if row is None else _stored(row, ())


def _events(groups: frozenset[Group]) -> Select[Any]:
    sealed = [_SEALED[group] for group in Group if group in groups]
    return select(case_event.c.sequence, case_event.c.payload, case_event.c.signature, *sealed)


def _read(connection: Transaction, query: Select[Any], groups: frozenset[Group]) -> Iterator[Stored]:
    wanted = tuple(group for group in Group if group in groups)
    return (_stored(row, wanted) for row in connection.execute(query.order_by(case_event.c.sequence)))


def _stored(row: Row[Any], wanted: Sequence[Group]) -> Stored:
    sequence, payload, signature, *parts = tuple(row)
    sealed = {group: part for group, part in zip(wanted, parts, strict=True) if part is not None}
    return Stored(sequence, Signed(payload, signature), sealed)
