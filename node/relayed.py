"""What a member may pass on of another's log (R4, R5), judged alike by who passes it on and by who is given it.

GREEN goes to who is a peer or finer, as finely as peers see; CLEAR to everybody, as finely as the public does, by the
baseline that both know. A label follows from the finest tier to which its originator released the record, so nobody is
shown by another member what the originator would not show them. Of all else only the leaf is passed on.
"""

from collections.abc import Iterable, Sequence

from crypto.ladder import Opening, narrow_opening
from node.audience import CLOSED, Levels, Tier
from node.errors import RelayError
from node.ladders import DIMENSIONS
from node.policy import baseline
from node.signed import INCIDENT_TYPE, PADDING_TYPE, Codec, IncidentRecord, Label

_REACH = {Label.GREEN: Tier.PEER, Label.CLEAR: Tier.PUBLIC}


def passable_to(label: Label, reader: Tier) -> Levels | None:
    """How finely a record of a label may be passed on to a member of a tier at the most; nothing if not at all."""
    reach = _REACH.get(label)
    return baseline().levels[reach] if reach is not None and reader >= reach else None


def narrowed(record: IncidentRecord, openings: Sequence[Opening], levels: Levels) -> tuple[Opening, ...]:
    """What is left of openings at these levels."""
    return tuple(
        narrow_opening(record.record_uid, DIMENSIONS[one.dimension].name, one, levels[one.dimension])
        for one in openings
        if levels[one.dimension] != CLOSED
    )


def verify_relayed(wires: Iterable[bytes], reader: Tier, codec: Codec) -> None:
    """Check that entries which passed the gate show no more than a member may pass on to us.

    Raises:
        RelayError: One does.
    """
    for wire in wires:
        entry = codec.decode_entry(wire)
        if entry.envelope is None:
            continue
        if entry.envelope.payload_type == PADDING_TYPE:
            raise RelayError("padding is shown as such; only its leaf is passed on")
        if entry.envelope.payload_type != INCIDENT_TYPE:
            continue
        record = codec.decode_incident(entry.envelope.payload)
        levels = passable_to(record.label, reader)
        if levels is None:
            raise RelayError("a record labelled {name} was passed on to us (R5)", name=record.label.name)
        for opening in entry.openings:
            if opening.dimension >= len(levels) or len(opening.values) > levels[opening.dimension] + 1:
                raise RelayError("a record was passed on more finely than anybody may (R4)")
