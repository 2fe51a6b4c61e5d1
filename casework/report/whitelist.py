"""What may stand in a report at each level: a field that is not in these tables is not there (casework 5.5, 5.6).

Internally everything may stand that the key of the case itself seals, and hashes of evidence; identities, medical facts
and who the sources are stand in no report. For partners and the public only codes and States may stand, by name.
"""

from collections.abc import Mapping
from types import MappingProxyType

from casework.event import Event
from casework.report.telling import Level
from casework.values import Value
from casework.vocabulary import Group, kinds

_EVIDENCE = frozenset({"sha256", "size"})
PARTNER: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "opened": frozenset({"categories", "host_state", "responsible_state"}),
        "described": frozenset({"categories", "host_state", "responsible_state"}),
        "incident": frozenset[str](),
        "letter_sent": frozenset({"kind"}),
        "answer_received": frozenset({"kind", "response"}),
        "answer_graded": frozenset({"grade"}),
        "complaint_filed": frozenset[str](),
        "investigation_opened": frozenset({"body"}),
        "investigation_closed": frozenset({"outcome"}),
        "investigation_assessed": frozenset({"quality", "mark"}),
        "charged": frozenset({"court"}),
        "trial_opened": frozenset({"court"}),
        "verdict": frozenset({"instance", "verdict", "finality", "court"}),
        "sentenced": frozenset({"sentence"}),
        "appeal_lodged": frozenset[str](),
        "appeal_blocked": frozenset[str](),
        "became_final": frozenset[str](),
        "proceeding_flagged": frozenset({"flag"}),
        "detention_started": frozenset({"basis", "whereabouts"}),
        "grounds_communicated": frozenset[str](),
        "access_requested": frozenset({"kind"}),
        "access_answered": frozenset({"answer"}),
        "visited": frozenset({"kind"}),
        "detention_ended": frozenset({"outcome"}),
        "abduction_started": frozenset[str](),
        "abduction_ended": frozenset({"outcome"}),
        "remedy_ordered": frozenset({"kind"}),
        "remedy_paid": frozenset({"paid"}),
    }
)
PUBLIC: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "opened": frozenset({"categories", "host_state"}),
        "described": frozenset({"categories", "host_state"}),
        "incident": frozenset[str](),
        "letter_sent": frozenset[str](),
        "answer_received": frozenset[str](),
        "answer_graded": frozenset({"grade"}),
        "investigation_opened": frozenset[str](),
        "investigation_closed": frozenset[str](),
        "charged": frozenset[str](),
        "trial_opened": frozenset[str](),
        "verdict": frozenset({"instance", "verdict"}),
        "became_final": frozenset[str](),
        "detention_started": frozenset[str](),
        "detention_ended": frozenset[str](),
        "remedy_paid": frozenset[str](),
    }
)


def allowed(level: Level, kind: str) -> frozenset[str] | None:
    """Fields of a kind of event that may stand at a level; nothing where the kind itself may not."""
    if level is Level.INTERNAL:
        known = kinds().get(kind)
        if known is None:
            return frozenset()
        return frozenset(
            name for name, field in known.fields.items() if field.group is Group.CASE or name in _EVIDENCE
        )
    return (PARTNER if level is Level.PARTNER else PUBLIC).get(kind)


def shown(level: Level, event: Event) -> dict[str, Value] | None:
    """The fields of an event that may stand at a level, in the order of the table; nothing where it may not."""
    fields = allowed(level, event.kind)
    if fields is None:
        return None
    known = kinds().get(event.kind)
    names = known.fields if known is not None else {}
    return {name: event.fields[name] for name in names if name in fields and name in event.fields}
