"""The newest receipt of each pair of origin and receiver: those that members gave us, and those that we gave them."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, insert, select, update

from node.receipt import PassedOn
from node.store.database import insert_many, next_id
from node.tables.releases import passed_on, receipt


class Held(NamedTuple):
    """A receipt as it lies here; `issued_at` is seconds since 1970, `envelope` as it was signed."""

    origin_id: str
    receiver_id: str
    log_size: int
    issued_at: int
    envelope: bytes


class Told(NamedTuple):
    """What an origin was told last of its log, seconds since 1970; 0 is nothing, or never.

    How far our receipt reaches, when it was signed, and when people here last passed something on.
    """

    log_size: int = 0
    issued_at: int = 0
    passed_on_at: int = 0


def told(connection: Connection, origin_id: str, receiver_id: str) -> Told:
    """What a receiver has told an origin, and what it has to tell, in one statement."""
    row = connection.execute(_TOLD, {"origin_id": origin_id, "receiver_id": receiver_id}).one()
    return Told(*(value or 0 for value in row))


def newest_receipt(connection: Connection, origin_id: str, receiver_id: str) -> Held | None:
    """The receipt that a receiver gave for an origin's log."""
    row = connection.execute(select(*receipt.c).where(_pair(origin_id, receiver_id))).one_or_none()
    return Held(*row) if row is not None else None


def all_receipts(connection: Connection) -> tuple[Held, ...]:
    """Every receipt that is kept."""
    rows = connection.execute(select(*receipt.c).order_by(receipt.c.origin_id, receipt.c.receiver_id))
    return tuple(Held(*row) for row in rows)


def receipts_for(connection: Connection, origin_id: str) -> dict[str, Held]:
    """Receipts for an origin's log, by receiver."""
    rows = connection.execute(select(*receipt.c).where(receipt.c.origin_id == origin_id))
    return {held.receiver_id: held for held in (Held(*row) for row in rows)}


def put_receipt(connection: Connection, held: Held) -> None:
    """Keep a receipt in the place of the one before."""
    changed = connection.execute(
        update(receipt)
        .where(_pair(held.origin_id, held.receiver_id))
        .values(log_size=held.log_size, issued_at=held.issued_at, envelope=held.envelope)
    )
    if changed.rowcount == 0:
        connection.execute(insert(receipt).values(held._asdict()))


def passed_on_of(connection: Connection, origin_id: str, limit: int) -> list[PassedOn]:
    """What people here say that they passed on of an origin's records: the newest, in the order of the log."""
    rows = connection.execute(
        select(passed_on.c.log_index, passed_on.c.member_id, passed_on.c.at, passed_on.c.stop_index)
        .where(passed_on.c.origin_id == origin_id)
        .order_by(passed_on.c.at.desc(), passed_on.c.id.desc())
        .limit(limit)
    )
    return sorted(_passed(*row) for row in rows)


def all_passed_on(connection: Connection) -> list[tuple[str, PassedOn, str]]:
    """(whose record, what was given to whom, who says so), of our own records and of peers', as it was written down."""
    rows = connection.execute(select(*passed_on.c[1:]).order_by(passed_on.c.id))
    return [
        (origin_id, _passed(index, member, at, stop), said_by)
        for origin_id, index, member, at, said_by, stop in rows
    ]


def add_passed_on(connection: Connection, origin_id: str, passed: PassedOn, said_by: str) -> None:
    """Write down that people here passed something on."""
    at = int(passed.at.timestamp())
    row = (next_id(connection, passed_on), origin_id, passed.log_index, passed.member_id, at, said_by, None)
    insert_many(connection, passed_on, [row])


def note_relayed(
    connection: Connection, origin_id: str, member_id: str, span: tuple[int, int], at: int
) -> None:
    """Write down that this node is about to pass on entries itself; what goes on with the last range extends it."""
    start, stop = span
    of_pair = and_(
        passed_on.c.origin_id == origin_id,
        passed_on.c.member_id == member_id,
        passed_on.c.stop_index.is_not(None),
    )
    touches = and_(of_pair, passed_on.c.log_index <= stop, passed_on.c.stop_index >= start)
    found = connection.execute(
        select(passed_on.c.id, passed_on.c.log_index, passed_on.c.stop_index).where(touches).limit(1)
    ).one_or_none()
    if found is None:
        row = (next_id(connection, passed_on), origin_id, start, member_id, at, "", stop)
        insert_many(connection, passed_on, [row])
    else:
        key, first, last = found
        connection.execute(
            update(passed_on)
            .where(passed_on.c.id == key)
            .values(log_index=min(first, start), stop_index=max(last, stop), at=at)
        )


def _passed(index: int, member: str, at: int, stop: int | None) -> PassedOn:
    return PassedOn(index, member, datetime.fromtimestamp(at, UTC), stop or 0)


def _pair(origin_id: Any, receiver_id: Any) -> ColumnElement[bool]:
    return and_(receipt.c.origin_id == origin_id, receipt.c.receiver_id == receiver_id)


_GIVEN = _pair(bindparam("origin_id"), bindparam("receiver_id"))
_TOLD = select(
    select(receipt.c.log_size).where(_GIVEN).scalar_subquery(),
    select(receipt.c.issued_at).where(_GIVEN).scalar_subquery(),
    select(func.max(passed_on.c.at)).where(passed_on.c.origin_id == bindparam("origin_id")).scalar_subquery(),
)
