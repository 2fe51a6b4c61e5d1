"""Destroy what was opened of a record, in every revision, because its origin asked for it.

What stays is a tombstone: the signed commitments, which say nothing without their openings, so that the log still
verifies and later entries still find what they replace.
"""

from collections.abc import Sequence

from node.signed import RETRACTION_TYPE, Codec, Retraction
from node.store.database import Transaction
from node.store.heads import LogHead
from node.store.peer_log import StoredEntry, bury, entries_at, retractions_from
from node.verify import Fate, Verified

MISMATCH = "PREDECESSOR_MISMATCH"  # what such an entry says of an older one is not believed


def purge(
    connection: Transaction, head: LogHead, entries: Sequence[Verified], codec: Codec
) -> tuple[Sequence[Verified], int]:
    """Destroy what the retractions among new entries ask for, in the store and among the new ones.

    Args:
        connection: Of the write transaction that will add the entries.
        head: The log that they continue.
        entries: As settled.
        codec: Reads messages.

    Returns:
        The entries as they are to be kept, and how many stored ones were destroyed.
    """
    settled = list(entries)
    wanted = {
        one.record.replaces.log_index
        for one in entries
        if isinstance(one.record, Retraction) and one.record.purge and one.fate is Fate.RETRACTED
    }
    return settled, _destroy(connection, head, settled, wanted, codec)


def purge_held(connection: Transaction, head: LogHead, start: int, codec: Codec) -> int:
    """Destroy what the retractions held from an index on ask for; tells how many entries were.

    To be done once more when entries before them are opened at last: until then nobody knew what those replaced.
    """
    asked = (
        codec.decode_retraction(envelope.payload)
        for one in retractions_from(connection, head.log_id, start)
        if (envelope := codec.decode_entry(one.wire).envelope) is not None
    )
    wanted = {one.replaces.log_index for one in asked if one.purge}
    return _destroy(connection, head, [], wanted, codec)


def _destroy(
    connection: Transaction, head: LogHead, settled: list[Verified], wanted: set[int], codec: Codec
) -> int:
    start, buried = head.frontier.size, 0
    while wanted:  # from each entry to the one that it replaced
        older = entries_at(connection, head.log_id, sorted(index for index in wanted if index < start))
        closed: dict[int, bytes] = {}
        following: set[int] = set()
        for index in wanted:
            held = settled[index - start] if index >= start else older[index]
            closed_wire, before = _closed(held, codec)
            if closed_wire and index >= start:
                settled[index - start] = settled[index - start]._replace(
                    wire=closed_wire, fate=Fate.PURGED, fact=None
                )
            elif closed_wire:
                closed[index] = closed_wire
            if before is not None:
                following.add(before)
        bury(connection, head.log_id, closed, Fate.PURGED)
        buried += len(closed)
        wanted = following
    return buried


def _closed(held: Verified | StoredEntry, codec: Codec) -> tuple[bytes, int | None]:
    """An entry without its openings, empty if it has none; and the index of the entry before it in its record."""
    if held.fate == Fate.PURGED:  # and so is all before it
        return b"", None
    entry = codec.decode_entry(held.wire)
    if entry.envelope is None:
        return b"", None
    closed = codec.encode_entry(entry._replace(openings=())) if entry.openings else b""
    if held.reason == MISMATCH:
        return closed, None
    payload = entry.envelope.payload
    if entry.envelope.payload_type == RETRACTION_TYPE:
        return closed, codec.decode_retraction(payload).replaces.log_index
    replaces = codec.decode_incident(payload).replaces
    return closed, replaces.log_index if replaces else None
