"""Call records back on demand, which left and still stand with others."""

from collections.abc import Sequence
from datetime import datetime

from node.logbook import Callback, Identity, append, close_replaced, retraction
from node.signed import Codec, Reason
from node.store.database import Store, Transaction
from node.store.disclosures import called_back
from node.store.heads import open_log
from node.store.own_log import released


def callbacks_on_demand(
    store: Store, record_ids: Sequence[int], why: Reason, codec: Codec, *, purge: bool = False
) -> tuple[Callback, ...]:
    """Which of these records `call_back` would call back: those that left and still stand with others."""
    with store.read() as connection:
        return _on_demand(connection, record_ids, why, codec, purge=purge)


def call_back(
    store: Store,
    record_ids: Sequence[int],
    why: Reason,
    identity: Identity,
    codec: Codec,
    *,
    now: datetime,
    purge: bool = False,
) -> tuple[Callback, ...]:
    """Call records back; each stays unshared until somebody releases it again.

    Args:
        store: Of this node.
        record_ids: Keys of the records; they may have been withdrawn here already.
        why: Said to everybody who saw them.
        identity: Who signs.
        codec: Writes messages.
        now: Aware UTC.
        purge: Ask receivers to destroy what was opened to them, also of what was called back before without that.

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
    return found


def _on_demand(
    connection: Transaction, record_ids: Sequence[int], why: Reason, codec: Codec, *, purge: bool
) -> tuple[Callback, ...]:
    ids = tuple(dict.fromkeys(record_ids))
    destroyed = {one.log_index for one in called_back(connection, ids) if _asks_to_purge(one.wire, codec)}
    return tuple(
        Callback(past, why, purge)
        for past in released(connection, ids).values()
        if past.terms.views or (purge and past.log_index not in destroyed)
    )


def _asks_to_purge(wire: bytes, codec: Codec) -> bool:
    envelope = codec.decode_entry(wire).envelope
    return envelope is not None and codec.decode_retraction(envelope.payload).purge
