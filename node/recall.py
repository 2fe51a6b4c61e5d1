"""Call records back on demand, which left and still stand with others; their alerts end in the same transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from node.alert_life import Sender, end_alerts
from node.logbook import Callback, Identity, append, close_replaced, retraction
from node.signed import Codec, Reason
from node.store.database import Store, Transaction
from node.store.disclosures import called_back
from node.store.heads import open_log
from node.store.own_log import released
from node.store.successions import stand_for
from node.urgent import Alert, AlertCodec


class Recall(NamedTuple):
    """What was called back, and the messages by which alerts ended with it."""

    callbacks: tuple[Callback, ...]
    alerts: tuple[Alert, ...]


def callbacks_on_demand(
    store: Store, record_ids: Sequence[int], why: Reason, codec: Codec, *, purge: bool = False
) -> tuple[Callback, ...]:
    """What `call_back` would call back: which of these records left and still stand with others.

    To be destroyed are also those that ended, and for which these stand now.
    """
    with store.read() as connection:
        return _on_demand(connection, record_ids, why, codec, purge=purge)


def call_back(
    store: Store,
    record_ids: Sequence[int],
    why: Reason,
    identity: Identity,
    codec: AlertCodec,
    *,
    now: datetime,
    purge: bool = False,
) -> Recall:
    """Call records back; each stays unshared until somebody releases it again.

    Args:
        store: Of this node.
        record_ids: Keys of the records; they may have been withdrawn here already.
        why: Said to everybody who saw them.
        identity: Who signs.
        codec: Writes messages.
        now: Aware UTC.
        purge: Ask receivers to destroy what was opened to them, also of what was called back before without that, and
            of the records that ended and for which these stand now.

    Raises:
        BusyError: Another process of this node appended at the same moment.
    """
    with store.write() as connection:
        found = _on_demand(connection, record_ids, why, codec, purge=purge)
        head = open_log(connection, identity.org_id)
        entries = [retraction(one, identity, codec) for one in found]
        close_replaced(connection, [one.before for one in found], codec)
        if entries:
            append(connection, head, entries, identity, now)
        return Recall(found, end_alerts(connection, now, Sender(identity, codec)))


def _on_demand(
    connection: Transaction, record_ids: Sequence[int], why: Reason, codec: Codec, *, purge: bool
) -> tuple[Callback, ...]:
    ids = tuple(dict.fromkeys(record_ids))
    if purge:
        ids += tuple(stand_for(connection, ids).difference(ids))
    destroyed = {one.log_index for one in called_back(connection, ids) if _asks_to_purge(one.wire, codec)}
    return tuple(
        Callback(past, why, purge)
        for past in released(connection, ids).values()
        if past.terms.views or (purge and past.log_index not in destroyed)
    )


def _asks_to_purge(wire: bytes, codec: Codec) -> bool:
    envelope = codec.decode_entry(wire).envelope
    assert envelope is not None, "what calls a record back is signed"
    return codec.decode_retraction(envelope.payload).purge
