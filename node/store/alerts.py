"""Alerts, our own and those of peers, and who has received and taken note of them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, not_, or_, select, update

from node.store.database import insert_many, next_id, portions
from node.tables.alerts import alert, alert_notice
from node.tables.facts import fact
from node.tables.incidents import revision
from node.tables.logs import entry
from node.tables.releases import release


class Promise(StrEnum):
    """What became of the promise to log a record in time."""

    NONE = ""
    OPEN = "open"
    KEPT = "kept"
    BROKEN = "broken"
    LATE = "late"  # it was broken first, and the entry came afterwards


UNSETTLED = or_(
    *(alert.c.promise == str(one) for one in (Promise.OPEN, Promise.BROKEN))
)  # more may become known


class StoredAlert(NamedTuple):
    """A message as it lies here; times are seconds since 1970, UTC."""

    alert_id: int
    origin_id: str
    sequence: int
    uid: bytes
    kind: int
    expires_at: int
    log_by: int
    leaf_hash: bytes
    log_index: int | None
    envelope: bytes
    entry: bytes
    tier: int  # of our own: the coarsest that it is for; else 0
    arrived_at: int
    promise: Promise


class Receipt(NamedTuple):
    """That a member has received a message, and taken note of it; 0 is not yet."""

    alert_id: int
    org_id: str
    sent_at: int
    acknowledged_at: int


def add_alert(connection: Connection, new: StoredAlert) -> int:
    """Store a message under the next key, whatever key it names, and give that key."""
    key = next_id(connection, alert)
    insert_many(connection, alert, [(key, *new[1:-1], str(new.promise))])
    return key


def last_sequence(connection: Connection, origin_id: str) -> int:
    """The highest sequence held of an originator; 0 when there is none."""
    return connection.execute(_LAST_SEQUENCE, {"origin_id": origin_id}).scalar_one() or 0


def alert_at(connection: Connection, origin_id: str, sequence: int) -> StoredAlert | None:
    """Find one message."""
    found = _alerts(connection, alert.c.origin_id == origin_id, alert.c.sequence == sequence)
    return found[0] if found else None


def alerts_of(connection: Connection, origin_id: str, uid: bytes) -> tuple[StoredAlert, ...]:
    """Every message about one alert, in order."""
    return _read(connection.execute(_OF_ONE, {"origin_id": origin_id, "uid": uid}))


def alerts_after(connection: Connection, origin_id: str, sequence: int, now: int) -> tuple[StoredAlert, ...]:
    """What still counts after a sequence, in order: the newest message about each alert that has not expired."""
    return _read(
        connection.execute(_AFTER, {"origin_id": origin_id, "sequence": sequence, "expires_at": now})
    )


def alerts_in_force(connection: Connection, origin_id: str, now: int) -> tuple[StoredAlert, ...]:
    """The newest message about each alert of ours that has neither expired nor been cancelled."""
    newest = select(func.max(alert.c.sequence)).where(alert.c.origin_id == origin_id).group_by(alert.c.uid)
    return _alerts(
        connection,
        alert.c.origin_id == origin_id,
        alert.c.sequence.in_(newest),
        alert.c.expires_at > now,
        alert.c.leaf_hash != b"",  # which a cancellation does not name
    )


def count_alerts(connection: Connection, origin_id: str) -> int:
    """How many messages of an originator are held."""
    return int(connection.execute(select(func.count()).where(alert.c.origin_id == origin_id)).scalar_one())


def forget_expired(connection: Connection, origin_id: str, now: int) -> None:
    """Drop the expired messages of an originator, but for the last one and those that hold it to a promise."""
    old = select(alert.c.id).where(
        and_(
            alert.c.origin_id == origin_id,
            alert.c.expires_at <= now,
            not_(UNSETTLED),
            alert.c.sequence < last_sequence(connection, origin_id),
        )
    )
    gone = list(connection.execute(old).scalars())
    for chosen in portions(gone):
        connection.execute(delete(alert_notice).where(alert_notice.c.alert_id.in_(chosen)))
        connection.execute(delete(alert).where(alert.c.id.in_(chosen)))


def stored_alerts(connection: Connection) -> tuple[StoredAlert, ...]:
    """Every message that this node holds, by arrival."""
    return _alerts(connection)


def alerts_arrived(connection: Connection, after_id: int) -> tuple[StoredAlert, ...]:
    """Messages stored after one, by arrival."""
    return _alerts(connection, alert.c.id > after_id)


def promises(connection: Connection, origin_id: str) -> tuple[StoredAlert, ...]:
    """Messages of a peer whose promise is open, or was broken and may still come late."""
    return _read(connection.execute(_PROMISES, {"origin_id": origin_id}))


def set_promise(connection: Connection, alert_id: int, promise: Promise) -> None:
    """Write down what became of a promise."""
    connection.execute(update(alert).where(alert.c.id == alert_id).values(promise=str(promise)))


def entry_index(connection: Connection, log_id: int, leaf_hash: bytes) -> int | None:
    """Where an entry stands in a log; reads through the log."""
    found = select(func.min(entry.c.log_index)).where(
        and_(entry.c.log_id == log_id, entry.c.leaf_hash == leaf_hash)
    )
    index: int | None = connection.execute(found).scalar_one()
    return index


def entry_leaf(connection: Connection, log_id: int, log_index: int) -> bytes | None:
    """Leaf hash of the entry at a place of a log."""
    found = select(entry.c.leaf_hash).where(and_(entry.c.log_id == log_id, entry.c.log_index == log_index))
    return connection.execute(found).scalar_one_or_none()


def standing_revision(connection: Connection, log_index: int) -> int | None:
    """The revision by which a record that was released at a place of our log stands now, if it does."""
    record_id = select(release.c.record_id).where(release.c.log_index == log_index).scalar_subquery()
    standing = (
        select(revision.c.id)
        .join_from(revision, fact, fact.c.revision_id == revision.c.id)
        .where(and_(revision.c.record_id == record_id, fact.c.known_until.is_(None)))
    )
    return connection.execute(standing).scalar_one_or_none()


def receipts(connection: Connection, alert_ids: Sequence[int]) -> tuple[Receipt, ...]:
    """Who has received these messages, and taken note."""
    if not alert_ids:
        return ()
    rows = connection.execute(
        select(*alert_notice.c)
        .where(alert_notice.c.alert_id.in_(alert_ids))
        .order_by(*alert_notice.primary_key)
    )
    return tuple(Receipt(*row) for row in rows)


def note_receipts(connection: Connection, received: Iterable[tuple[int, str]], now: int) -> None:
    """Write down which messages went to which members; what is known already stays."""
    for alert_id, org_id in sorted(set(received)):
        _open_receipt(connection, alert_id, org_id)
        _set_receipt(connection, alert_id, org_id, sent_at=now)


def note_acknowledged(connection: Connection, alert_id: int, org_id: str, now: int) -> None:
    """Write down that somebody has taken note; the first time counts."""
    _open_receipt(connection, alert_id, org_id)
    _set_receipt(connection, alert_id, org_id, acknowledged_at=now)


def untold(connection: Connection, origin_id: str, org_id: str) -> tuple[StoredAlert, ...]:
    """Messages of a peer of which we have taken note and have not told it yet."""
    waiting = select(alert_notice.c.alert_id).where(
        and_(alert_notice.c.org_id == org_id, alert_notice.c.acknowledged_at > 0, alert_notice.c.sent_at == 0)
    )
    return _alerts(connection, alert.c.origin_id == origin_id, alert.c.id.in_(waiting))


def _open_receipt(connection: Connection, alert_id: int, org_id: str) -> None:
    held = select(alert_notice.c.alert_id).where(
        and_(alert_notice.c.alert_id == alert_id, alert_notice.c.org_id == org_id)
    )
    if connection.execute(held).first() is None:
        connection.execute(
            insert(alert_notice).values(alert_id=alert_id, org_id=org_id, sent_at=0, acknowledged_at=0)
        )


def _set_receipt(connection: Connection, alert_id: int, org_id: str, **at: int) -> None:
    ((name, now),) = at.items()
    connection.execute(
        update(alert_notice)
        .where(
            and_(
                alert_notice.c.alert_id == alert_id,
                alert_notice.c.org_id == org_id,
                alert_notice.c[name] == 0,
            )
        )
        .values(**{name: now})
    )


def _alerts(connection: Connection, *conditions: Any) -> tuple[StoredAlert, ...]:
    return _read(connection.execute(_ALERTS.where(*conditions)))


def _read(rows: Iterable[Any]) -> tuple[StoredAlert, ...]:
    return tuple(StoredAlert(*row)._replace(promise=Promise(row.promise)) for row in rows)


_OF_ORIGIN = alert.c.origin_id == bindparam("origin_id")
_LAST_SEQUENCE = select(func.max(alert.c.sequence)).where(_OF_ORIGIN)
_ALERTS = select(*alert.c).order_by(alert.c.id)
_PROMISES = _ALERTS.where(_OF_ORIGIN, UNSETTLED)
_OF_ONE = _ALERTS.where(_OF_ORIGIN, alert.c.uid == bindparam("uid"))
_AFTER = _ALERTS.where(
    _OF_ORIGIN,
    alert.c.sequence.in_(
        select(func.max(alert.c.sequence))
        .where(_OF_ORIGIN, alert.c.sequence > bindparam("sequence"))
        .group_by(alert.c.uid)
    ),
    alert.c.expires_at > bindparam("expires_at"),
)
