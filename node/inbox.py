"""Take in the alerts of a peer, take note of them, and hold the peer to what it promised.

The highest sequence that is held of an originator is where the next subscription goes on. Nothing is stored before all
of a message has passed `node.urgent.verify_alert` and fits what came before it.
"""

from datetime import datetime

from node.contain import refuse_forked
from node.errors import AlertError, SequenceError, TooManyAlertsError, UnknownAlertError
from node.store.alerts import (
    Promise,
    StoredAlert,
    add_alert,
    alert_at,
    alerts_of,
    count_alerts,
    entry_index,
    entry_leaf,
    forget_expired,
    last_sequence,
    note_acknowledged,
    note_receipts,
    promises,
    untold,
)
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.urgent import Alert, AlertCodec, Kind, Pushed, Sound, verify_alert
from node.verify import Origin

MAX_HELD = 1_000  # messages of one peer; a network in its worst month sends some tens


def receive_alert(
    store: Store, pushed: Pushed, origin: Origin, codec: AlertCodec, now: datetime
) -> Sound | None:
    """Verify a message and store it; `None` when this very message is here already.

    Args:
        store: Of this node.
        pushed: As received.
        origin: Who sent it, by the directory of now.
        codec: Reads messages.
        now: Aware UTC time of arrival.

    Raises:
        PeerError: What does not hold, as the subclass; nothing was changed.
    """
    with store.read() as connection:
        refuse_forked(connection, origin.org_id)
    sound = verify_alert(pushed, origin, codec, now)
    alert = sound.alert
    with store.write() as connection:
        if _is_known(connection, alert, pushed):
            return None
        _verify_story(alert, alerts_of(connection, origin.org_id, alert.uid), codec)
        _make_room(connection, origin.org_id, int(now.timestamp()))
        add_alert(connection, _stored(alert, pushed, now))
    return sound


def held_sequence(store: Store, origin_id: str) -> int:
    """The last sequence held of an originator: where to go on after a cut."""
    with store.read() as connection:
        return last_sequence(connection, origin_id)


def acknowledge(store: Store, origin_id: str, sequence: int, own_id: str, now: datetime) -> None:
    """Write down that a person here has taken note of a peer's alert; the peer is told when it can be reached.

    Raises:
        UnknownAlertError: This node holds no such alert.
    """
    with store.write() as connection:
        found = alert_at(connection, origin_id, sequence)
        if found is None:
            raise UnknownAlertError(
                "this node holds no alert {sequence} of {origin_id}", sequence=sequence, origin_id=origin_id
            )
        note_acknowledged(connection, found.alert_id, own_id, int(now.timestamp()))


def unsent_notes(store: Store, origin_id: str, own_id: str) -> tuple[StoredAlert, ...]:
    """Alerts of a peer that somebody here has taken note of, and which the peer has not been told yet."""
    with store.read() as connection:
        return untold(connection, origin_id, own_id)


def note_told(store: Store, alert_id: int, own_id: str, now: datetime) -> None:
    """Write down that the originator knows of our note."""
    with store.write() as connection:
        note_receipts(connection, [(alert_id, own_id)], int(now.timestamp()))


def settled_promises(
    connection: Transaction, origin_id: str, asked: datetime
) -> tuple[tuple[StoredAlert, Promise], ...]:
    """Look for promised entries in what is verified of a peer's log; gives the messages of which more is known now.

    Args:
        connection: Of this node.
        origin_id: Whose log was brought up to date.
        asked: Aware UTC time at which the checkpoint was asked for, up to which the log is verified.
    """
    waiting = promises(connection, origin_id)
    found = ((one, _judge(connection, one, int(asked.timestamp()))) for one in waiting)
    return tuple((one, promise) for one, promise in found if promise is not one.promise)


def _is_known(connection: Transaction, alert: Alert, pushed: Pushed) -> bool:
    held = alert_at(connection, alert.origin_id, alert.sequence)
    if held is not None and held.envelope == pushed.envelope:
        return True
    if held is not None:
        raise SequenceError(
            "sequence {sequence} of {origin_id} stands for two alerts",
            sequence=alert.sequence,
            origin_id=alert.origin_id,
        )
    last = last_sequence(connection, alert.origin_id)
    if alert.sequence <= last:
        raise SequenceError(
            "sequence {sequence} of {origin_id} came after {last}",
            sequence=alert.sequence,
            origin_id=alert.origin_id,
            last=last,
        )
    return False


def _make_room(connection: Transaction, origin_id: str, now: int) -> None:
    """See that a peer's messages stay within bounds; those that have expired make room."""
    if count_alerts(connection, origin_id) >= MAX_HELD:
        forget_expired(connection, origin_id, now)
        if count_alerts(connection, origin_id) >= MAX_HELD:
            raise TooManyAlertsError(
                "{most} alerts of {origin_id} are in force or wait for its log",
                most=MAX_HELD,
                origin_id=origin_id,
            )


def _verify_story(alert: Alert, before: tuple[StoredAlert, ...], codec: AlertCodec) -> None:
    """Check that a message goes on from those about the same alert; after a cut the first ones may be missing."""
    if not before:
        return
    last = codec.decode_alert(codec.decode_envelope(before[-1].envelope).payload)
    if last.kind is Kind.CANCEL:
        raise AlertError("it was cancelled before")
    if alert.kind is Kind.NEW:
        raise AlertError("it is not new")
    if alert.record_uid != last.record_uid:
        raise AlertError("it was about another record before")


def _stored(alert: Alert, pushed: Pushed, now: datetime) -> StoredAlert:
    return StoredAlert(
        0,
        alert.origin_id,
        alert.sequence,
        alert.uid,
        alert.kind,
        int(alert.expires.timestamp()),
        int(alert.log_by.timestamp()),
        alert.leaf_hash,
        alert.log_index,
        pushed.envelope,
        pushed.entry,
        0,
        int(now.timestamp()),
        Promise.NONE if alert.kind is Kind.CANCEL else Promise.OPEN,
    )


def _judge(connection: Transaction, one: StoredAlert, asked: int) -> Promise:
    head = log_head(connection, one.origin_id)
    if head is None:
        return one.promise
    if one.log_index is not None:
        held = entry_leaf(connection, head.log_id, one.log_index)
        if held is not None and held != one.leaf_hash:
            return Promise.BROKEN  # whatever the time: another entry stands where it said
        is_there = held is not None
    else:
        is_there = entry_index(connection, head.log_id, one.leaf_hash) is not None
    if is_there:
        return Promise.KEPT if one.promise is Promise.OPEN else Promise.LATE
    return Promise.BROKEN if asked > one.log_by else one.promise
