"""Tell the originator of a record that people here gave it to somebody, by word or on paper.

Where a label lets people do it, what they did goes into the next receipt, so that the originator sees who has its
record beyond those it gave it to (R5, R21). What the node itself passes on (`node.relay`) is told likewise.
"""

from collections.abc import Collection, Mapping

from node.audience import Tier
from node.errors import PassingError
from node.receipt import PassedOn
from node.signed import INCIDENT_TYPE, Codec, Entry, IncidentRecord, Label
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.peer_log import entries_at
from node.store.receipts import add_passed_on
from node.verify import Fate


def pass_on(
    store: Store,
    origin_id: str,
    passed: PassedOn,
    said_by: str,
    network: Mapping[str, Tier],
    codec: Codec,
) -> Label:
    """Write down that a record of a peer was given to somebody, and give its label.

    Args:
        store: Of this node.
        origin_id: Whose record it is.
        passed: Which, to whom, and when; whole seconds.
        said_by: Who says so.
        network: Active members by id, without us.
        codec: Reads messages.

    Raises:
        PassingError: No such record is held, its label does not allow that, or nobody of that id is a member.
    """
    with store.read() as connection:
        _, record = passable(connection, origin_id, passed.log_index, (passed.member_id,), network, codec)
    with store.write() as connection:
        add_passed_on(connection, origin_id, passed, said_by)
    return record.label


def passable(
    connection: Transaction,
    origin_id: str,
    log_index: int,
    members: Collection[str],
    network: Mapping[str, Tier],
    codec: Codec,
) -> tuple[Entry, IncidentRecord]:
    """Find a record of a peer that may be given to these members; an empty id is somebody who is none.

    Raises:
        PassingError: No such record is held, its label does not allow that, or nobody of that id is a member.
    """
    head = log_head(connection, origin_id)
    one = entries_at(connection, head.log_id, [log_index]).get(log_index) if head else None
    entry = codec.decode_entry(one.wire) if one and one.fate == Fate.ACCEPTED else None
    envelope = entry.envelope if entry else None
    if entry is None or envelope is None or envelope.payload_type != INCIDENT_TYPE:
        raise PassingError(
            "no record {origin_id}:{log_index} is held; `tocsin peer records PEER`",
            origin_id=origin_id[:63],
            log_index=log_index,
        )
    record = codec.decode_incident(envelope.payload)
    if record.label < Label.GREEN:
        raise PassingError(
            "it is labelled {name}: it goes to nobody else (R5); ask {origin_id}",
            name=record.label.name,
            origin_id=origin_id,
        )
    for member_id in members:
        if member_id and (member_id not in network or member_id == origin_id):
            raise PassingError(
                "{member_id!r} is no other active member of the network", member_id=member_id[:63]
            )
        if not member_id and record.label < Label.CLEAR:
            raise PassingError("it is labelled {name}: it goes to members alone (R5)", name=record.label.name)
    return entry, record
