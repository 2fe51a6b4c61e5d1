"""Verify every stored alert again: its signature, the record that it showed, and the columns that are made from it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from node.check import Fault
from node.errors import PeerError
from node.store.alerts import StoredAlert, stored_alerts
from node.store.database import Store
from node.urgent import Alert, AlertCodec, Pushed, verify_alert, verify_signed
from node.verify import Origin


def check_alerts(
    store: Store, own_id: str, origins: Mapping[str, Origin], codec: AlertCodec
) -> Iterator[Fault | int]:
    """Verify every alert as on the day it came; yields faults, and 1 for each that was verified.

    Args:
        store: Of this node.
        own_id: Whose alerts show their record in the log instead of beside them.
        origins: Keys of this node and of every member, whether they are still valid or not.
        codec: Reads messages.
    """
    with store.read() as connection:
        held = stored_alerts(connection)
    for one in held:
        where = f"alert {one.sequence} of {one.origin_id}"
        origin = origins.get(one.origin_id)
        if origin is None:
            yield Fault(where, "the keys of its originator are not in the directory")
            continue
        try:
            if one.origin_id == own_id:
                alert = verify_signed(one.envelope, origin, codec)
            else:
                arrived = datetime.fromtimestamp(one.arrived_at, UTC)
                alert = verify_alert(Pushed(one.envelope, one.entry), origin, codec, arrived).alert
        except PeerError as error:
            yield Fault(where, str(error))
            continue
        if _columns(alert) != _stored(one):
            yield Fault(where, "its columns do not match what was signed")
        yield 1


def _columns(alert: Alert) -> tuple[object, ...]:
    times = int(alert.expires.timestamp()), int(alert.log_by.timestamp())
    return alert.sequence, alert.uid, int(alert.kind), *times, alert.leaf_hash


def _stored(one: StoredAlert) -> tuple[object, ...]:
    return one.sequence, one.uid, one.kind, one.expires_at, one.log_by, one.leaf_hash
