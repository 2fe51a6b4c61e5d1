"""The newest receipt of each pair of origin and receiver: those that members gave us, and those that we gave them."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from node.tables import receipt


class Held(NamedTuple):
    """A receipt as it lies here; `issued_at` is seconds since 1970, `envelope` as it was signed."""

    origin_id: str
    receiver_id: str
    log_size: int
    issued_at: int
    envelope: bytes


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


def _pair(origin_id: str, receiver_id: str) -> ColumnElement[bool]:
    return and_(receipt.c.origin_id == origin_id, receipt.c.receiver_id == receiver_id)
