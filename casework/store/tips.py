"""What was told anonymously: reports with the keys that open them, and their sealed messages."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select, update

from casework.chain import Signed
from casework.keyring import WrappedKey
from casework.store.database import Transaction, add, next_id
from casework.tables import tip, tip_key, tip_message, tip_tombstone
from casework.tip import Closed
from casework.vocabulary import Group


class TipRow(NamedTuple):
    """One report: its key here, its uid, and the key with which its reporter signs."""

    tip_id: int
    uid: str
    reporter_key: bytes


def add_tip(connection: Transaction, uid: str, mailbox_id: bytes, reporter_key: bytes) -> int:
    """Make room for a report and give its key."""
    tip_id = next_id(connection, tip)
    row = {"id": tip_id, "uid": bytes.fromhex(uid), "mailbox": mailbox_id, "reporter_key": reporter_key}
    add(connection, tip, row)
    return tip_id


def tip_in(connection: Transaction, mailbox_id: bytes) -> TipRow | None:
    """The report of a mailbox, if there is one."""
    return next(iter(_tips(connection, tip.c.mailbox == mailbox_id)), None)


def tips(connection: Transaction) -> tuple[TipRow, ...]:
    """Every report, in the order in which they came."""
    return _tips(connection, tip.c.id.is_not(None))


def _tips(connection: Transaction, wanted: ColumnElement[bool]) -> tuple[TipRow, ...]:
    rows = connection.execute(
        select(tip.c.id, tip.c.uid, tip.c.reporter_key).where(wanted).order_by(tip.c.id)
    )
    return tuple(TipRow(tip_id, uid.hex(), reporter_key) for tip_id, uid, reporter_key in rows)


def add_message(connection: Transaction, tip_id: int, request: bytes, closed: Closed) -> None:
    """Put a message behind the last of its report."""
    row = {
        "id": next_id(connection, tip_message),
        "tip_id": tip_id,
        "request": request,
        "sequence": closed.sequence,
        "author": closed.author,
        "sealed_text": closed.text,
        "sealed_file": closed.file or None,
        "signature": closed.signature,
    }
    add(connection, tip_message, row)


def has_message(connection: Transaction, tip_id: int, request: bytes) -> bool:
    """Whether a request was written down before."""
    found = select(tip_message.c.id).where(
        and_(tip_message.c.tip_id == tip_id, tip_message.c.request == request)
    )
    return connection.execute(found).scalar() is not None


def messages_of(connection: Transaction, tip_id: int) -> tuple[Closed, ...]:
    """Messages of a report, in order."""
    rows = connection.execute(
        select(
            tip_message.c.sequence,
            tip_message.c.author,
            tip_message.c.sealed_text,
            tip_message.c.sealed_file,
            tip_message.c.signature,
        )
        .where(tip_message.c.tip_id == tip_id)
        .order_by(tip_message.c.sequence)
    )
    return tuple(
        Closed(number, author, text, file or b"", signature) for number, author, text, file, signature in rows
    )


def put_tip_key(connection: Transaction, tip_id: int, key: WrappedKey) -> None:
    """Keep a wrapped key of a report."""
    row = {
        "tip_id": tip_id,
        "holder": key.officer_id,
        "epoch": key.epoch,
        "ring": int(key.on_ring),
        "wrapped": key.wrapped,
    }
    add(connection, tip_key, row)


def take_tip_keys(connection: Transaction, holder: str) -> None:
    """Take the keys of all reports away from an officer."""
    connection.execute(delete(tip_key).where(tip_key.c.holder == holder))


def tip_keys(connection: Transaction, holder: str = "") -> tuple[WrappedKey, ...]:
    """Wrapped keys of reports, of one holder or of all."""
    rows = select(tip.c.uid, tip_key.c.holder, tip_key.c.epoch, tip_key.c.ring, tip_key.c.wrapped).join_from(
        tip_key, tip
    )
    if holder:
        rows = rows.where(tip_key.c.holder == holder)
    return tuple(
        WrappedKey(uid.hex(), Group.SOURCE, name, epoch, bool(ring), wrapped)
        for uid, name, epoch, ring, wrapped in connection.execute(rows.order_by(tip_key.c.tip_id))
    )


def rewrap_tips(connection: Transaction, changed: Mapping[WrappedKey, WrappedKey]) -> None:
    """Put keys of reports in another wrapping, each in the place of the one before."""
    ids = {one.uid: one.tip_id for one in tips(connection)} if changed else {}
    for before, after in changed.items():
        this = and_(tip_key.c.tip_id == ids[before.case], tip_key.c.holder == before.officer_id)
        connection.execute(update(tip_key).where(this).values(epoch=after.epoch, wrapped=after.wrapped))


def destroy_tip(connection: Transaction, tip_id: int) -> None:
    """Destroy the keys of a report, whoever holds them, its messages, and its place."""
    connection.execute(delete(tip_key).where(tip_key.c.tip_id == tip_id))
    connection.execute(delete(tip_message).where(tip_message.c.tip_id == tip_id))
    connection.execute(delete(tip).where(tip.c.id == tip_id))


def add_tip_tombstone(connection: Transaction, signed: Signed) -> None:
    """Keep what stays of a report."""
    row = {
        "id": next_id(connection, tip_tombstone),
        "payload": signed.payload,
        "signature": signed.signature,
    }
    add(connection, tip_tombstone, row)


def tip_tombstones(connection: Transaction) -> tuple[Signed, ...]:
    """Signed tombstone of every report that was erased, in order."""
    rows = connection.execute(
        select(tip_tombstone.c.payload, tip_tombstone.c.signature).order_by(tip_tombstone.c.id)
    )
    return tuple(Signed(payload, signature) for payload, signature in rows)
