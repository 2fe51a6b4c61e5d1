"""Which records take part in a comparison: shown by each side to the other, standing, and held by no rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from node.anonymize import anonymize
from node.audience import ALL_CLOSED, FINEST, Audience, Levels, Tier, levels_for, narrowest, widest
from node.bounds import Bounds
from node.disclose import verify_view
from node.errors import UnknownRecordError
from node.explain import decide_for
from node.facts import fact
from node.ladders import Chains
from node.likeness import Likeness, likeness
from node.plan import Request
from node.rules import Decision
from node.sight import cut_sight, sight
from node.signed import Codec, IncidentRecord, RecordName
from node.store.database import Transaction
from node.store.heads import log_head
from node.store.matched import Place
from node.store.own_log import Released, released
from node.store.peer_log import entries_at, stands
from node.store.records import Current, current_by_record
from node.verify import Fate


class Desk(NamedTuple):
    """Where comparisons are made: whose node, within which bounds, with which codec; `now` is aware UTC."""

    org_id: str
    bounds: Bounds
    codec: Codec
    now: datetime

    @property
    def seconds(self) -> int:
        """Now, in seconds since 1970."""
        return int(self.now.timestamp())


class Ours(NamedTuple):
    """A record of ours that takes part: as it was released, what the member was shown, and may be shown at most."""

    past: Released
    current: Current
    chains: Chains
    shown: Levels
    decision: Decision


class Theirs(NamedTuple):
    """A record of a member as it was shown to us."""

    place: Place
    record: IncidentRecord
    chains: Chains


def taking_part(connection: Transaction, record_id: int, partner: Audience, desk: Desk) -> Ours | None:
    """A record of ours that a member may compare with its own; nothing where it was not shown to it, or is held now."""
    past = released(connection, [record_id]).get(record_id)
    current = current_by_record(connection, [record_id]).get(record_id)
    if past is None or current is None or current.digest != past.digest or not past.terms.views:
        return None
    shown = levels_for(past.terms.views, partner)
    if shown is None or shown == ALL_CLOSED:
        return None
    policy = desk.bounds.policy
    country = current.incident.where.country
    finer = narrowest(
        (policy.matching, policy.regular if desk.bounds.is_regular(country, partner.member) else FINEST)
    )
    request = Request((), frozenset(), desk.now, desk.bounds, purpose=past.terms.purpose)
    decision = decide_for(connection, current.revision_id, partner, request, widest((shown, finer)))
    if decision.hold is not None:
        return None
    chains = anonymize(current.incident, rcrc_named=policy.rcrc_named)
    return Ours(past, current, chains, shown, decision)


def as_shown(connection: Transaction, name: RecordName, index: int, codec: Codec) -> Theirs | None:
    """A record of a member as an entry shows it; nothing where that does not stand, or is of another record."""
    head = log_head(connection, name.origin_id)
    found = entries_at(connection, head.log_id, [index]).get(index) if head is not None else None
    if head is None or found is None or found.fate != Fate.ACCEPTED:
        return None
    entry = codec.decode_entry(found.wire)
    if entry.envelope is None or not stands(connection, head.log_id, index):
        return None
    record = codec.decode_incident(entry.envelope.payload)
    if record.record_uid != name.uid:
        return None
    chains = verify_view(record.record_uid, record.heads, entry.openings)
    return Theirs(Place(name, None, head.log_id, index), record, chains)


def alike(ours: Ours, theirs: Theirs) -> Likeness | None:
    """How likely two records are of one event by what both sides see already."""
    return likeness(cut_sight(sight(fact(ours.chains)), ours.shown), sight(fact(theirs.chains)))


def partner_of(network: Mapping[str, Tier], member: str) -> Audience:
    """A member as somebody to compare with.

    Raises:
        UnknownRecordError: It is no active member, so it is shown nothing.
    """
    if member not in network:
        raise UnknownRecordError("{member} is no active member of the network", member=member)
    return Audience(network[member], member)
