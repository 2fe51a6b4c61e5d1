"""Send what is urgent: sign an alert about a record, together with the release of that record.

The alert, the release and the log entry are one transaction: whatever is pushed to anybody is in the log already, so
the promise that goes with it holds from the first moment. What a member may see of the record is what its page of the
log shows; who may not see the record learns nothing of the alert.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from crypto.sentence import listed
from node.advice import telling_parts
from node.alert_life import Sender, cancel, read_own, sign_alert
from node.audience import Audience, Tier, members_of
from node.bounds import Bounds
from node.errors import AlertRefusedError, UnknownAlertError
from node.interest import is_asked_for
from node.ladders import Chains
from node.plan import Request
from node.share import release_within
from node.signed import MAX_ADVICE, UID_BYTES, Codec, is_plain
from node.store.alerts import (
    StoredAlert,
    alert_at,
    alerts_after,
    alerts_of,
    last_sequence,
    note_acknowledged,
    note_receipts,
    receipts,
    standing_revision,
)
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.own_log import Released, entry_views, released
from node.store.records import current
from node.urgent import MAX_LIFE, MAX_LOG_DELAY, Alert, Kind, Pushed, Subscription, opened_chains

LASTS = timedelta(hours=24)
LOG_WITHIN = timedelta(hours=1)


class Order(NamedTuple):
    """How an alert is to be sent; `now` is aware UTC."""

    now: datetime
    bounds: Bounds
    tiers: frozenset[Tier] = frozenset()
    lasts: timedelta = LASTS
    log_within: timedelta = LOG_WITHIN
    advice: str = ""
    reviewed: bool = False  # a person other than its author has read the advice


class View(NamedTuple):
    """A message as one audience gets it, and what it shows of the record; `None` is nothing."""

    pushed: Pushed
    chains: Chains | None


class Outgoing(NamedTuple):
    """A message on its way.

    Attributes:
        alert_id: Its key.
        sequence: Its place among all that this node sent.
        kind: New, an update or a cancellation.
        tier: The coarsest that it is for.
        views: As each audience gets it: every such tier, and members who see the record otherwise than their tier.
        had: Members who got an earlier one about the same alert.
    """

    alert_id: int
    sequence: int
    kind: Kind
    tier: Tier
    views: Mapping[str, View]
    had: frozenset[str]

    def view_for(self, org_id: str, tier: Tier, wanted: Subscription) -> str:
        """Whose view a member gets; nobody's when it may not see the record, or asked for others and never had it."""
        if tier < self.tier or self.sequence <= wanted.after:
            return ""
        own, all_of_tier = _names(org_id, tier)
        name = own if own in self.views else all_of_tier
        chains = self.views[name].chains
        if self.kind is not Kind.CANCEL and chains is None:
            return ""
        asked = chains is None or is_asked_for(chains, wanted)
        return name if asked or org_id in self.had else ""


@lru_cache(maxsize=4_096)  # of more members than any network has
def _names(org_id: str, tier: Tier) -> tuple[str, str]:
    """The audience that a member is by itself, and that of its tier."""
    return Audience(tier, org_id).name, Audience(tier).name


def verify_order(order: Order) -> None:
    """Check how an alert is to be sent, whatever it is about.

    Raises:
        AlertRefusedError: A time or the advice is out of bounds.
    """
    if not timedelta() < order.lasts <= MAX_LIFE:
        raise AlertRefusedError(
            "it must last for more than nothing and at most {days} days", days=MAX_LIFE.days
        )
    if not timedelta() <= order.log_within <= MAX_LOG_DELAY:
        raise AlertRefusedError("its record must be logged within {days} days", days=MAX_LOG_DELAY.days)
    if not is_plain(order.advice):
        raise AlertRefusedError("advice must be one line of at most {most} characters", most=MAX_ADVICE)
    if order.advice and not order.reviewed:
        raise AlertRefusedError("advice leaves only when a second person has reviewed it")
    found = telling_parts(order.advice, order.bounds.names)
    if found:
        raise AlertRefusedError(
            "the advice holds {found}; what could tell who or where stays here", found=listed(found)
        )


def send_alert(store: Store, revision_id: int, order: Order, sender: Sender) -> Alert:
    """Release a record to some tiers, log it and sign a new alert about it.

    Raises:
        AlertRefusedError: The record is held, or the order is out of bounds; nothing was changed.
        BusyError: Another process of this node appended at the same moment.
    """
    verify_order(order)
    if not order.tiers:
        raise AlertRefusedError("it is for nobody; say which tiers are to get it")
    with store.write() as connection:
        place = _release(connection, revision_id, order, sender)
        return _add(connection, Kind.NEW, secrets.token_bytes(UID_BYTES), place, order, sender)


def update_alert(store: Store, uid: bytes, order: Order, sender: Sender) -> Alert:
    """Send an alert again with the record as it stands now, and with new times and advice; to whom stays as it was.

    Raises:
        UnknownAlertError: This node never sent such an alert.
        AlertRefusedError: It was cancelled, its record no longer stands or is held, or the order is out of bounds.
        BusyError: Another process of this node appended at the same moment.
    """
    verify_order(order)
    with store.write() as connection:
        last, _ = _standing(connection, uid, sender)
        assert last.log_index is not None, "an alert of our own has its place in our log"
        revision_id = standing_revision(connection, last.log_index)
        if revision_id is None:
            raise AlertRefusedError("its record no longer stands; cancel the alert")
        again = order._replace(tiers=frozenset({Tier(last.tier)}))
        place = _release(connection, revision_id, again, sender)
        return _add(connection, Kind.UPDATE, uid, place, again, sender)


def cancel_alert(store: Store, uid: bytes, now: datetime, sender: Sender) -> Alert:
    """Say that an alert is over or was wrong; the record itself stays as it is.

    Raises:
        UnknownAlertError: This node never sent such an alert.
        AlertRefusedError: It was cancelled before, or has expired.
    """
    with store.write() as connection:
        last, said = _standing(connection, uid, sender)
        if said.expires <= now:
            raise AlertRefusedError("it has expired already")
        return cancel(connection, last, now, sender)


def outgoing(store: Store, org_id: str, after: int, now: datetime, codec: Codec) -> tuple[Outgoing, ...]:
    """What this node has to push after a sequence, in order: what has expired or been overtaken is left out."""
    with store.read() as connection:
        head = log_head(connection, org_id)
        if head is None:
            return ()
        found = alerts_after(connection, org_id, after, int(now.timestamp()))
        return tuple(_outgoing(connection, head.log_id, one, codec) for one in found)


def newest_sequence(store: Store, org_id: str) -> int:
    """The sequence of the last alert that this node sent; 0 for none."""
    with store.read() as connection:
        return last_sequence(connection, org_id)


def note_sent(store: Store, sent: frozenset[tuple[int, str]], now: datetime) -> None:
    """Write down which messages, by key, went to which members."""
    with store.write() as connection:
        note_receipts(connection, sent, int(now.timestamp()))


def note_taken(store: Store, own_id: str, sequence: int, reader: tuple[str, Tier], now: datetime) -> None:
    """Write down that somebody at a member, given with its tier, has taken note of an alert of ours.

    Raises:
        UnknownAlertError: There is none of that sequence, or it is not for that member.
    """
    org_id, tier = reader
    with store.read() as connection:
        found = alert_at(connection, own_id, sequence)
        if found is None or tier < found.tier:
            raise UnknownAlertError("no alert {sequence} for {org_id}", sequence=sequence, org_id=org_id)
        known = receipts(connection, [found.alert_id])
    if not any(one.org_id == org_id and one.acknowledged_at for one in known):
        with store.write() as connection:
            note_acknowledged(connection, found.alert_id, org_id, int(now.timestamp()))


def _release(connection: Transaction, revision_id: int, order: Order, sender: Sender) -> Released:
    slot = sender.identity.pace.slot_seconds
    # One to its end, one for a node that is being restarted.
    if order.log_within < timedelta(seconds=2 * slot):
        raise AlertRefusedError(
            "the log is signed every {slot} seconds: promise its record within {most}",
            slot=slot,
            most=2 * slot,
        )
    request = Request((revision_id,), order.tiers, order.now, order.bounds)
    found = current(connection, (revision_id,))
    if not found:
        raise AlertRefusedError("the record no longer stands")
    record_id = found[0].record_id
    past = released(connection, [record_id]).get(record_id)
    if past is not None and past.terms.views and past.terms.purpose is not request.purpose:
        raise AlertRefusedError(
            "the record is shared for {shared_for}; share it for {purpose} first",
            shared_for=past.terms.purpose,
            purpose=request.purpose,
        )
    plan = release_within(connection, (revision_id,), (), request, sender.identity, sender.codec)
    for stays in plan.held:
        raise AlertRefusedError(
            "the record is held by {rule}: {reason}", rule=stays.hold.rule, reason=stays.hold.reason
        )
    for going in plan.outgoing:
        for audience, decision in going.decisions.items():
            if decision.hold is not None and audience.tier in order.tiers and not audience.member:
                hold = decision.hold
                raise AlertRefusedError(
                    "the record is held for {name} by {rule}: {reason}",
                    name=audience.name,
                    rule=hold.rule,
                    reason=hold.reason,
                )
    return released(connection, [record_id])[record_id]


def _standing(connection: Transaction, uid: bytes, sender: Sender) -> tuple[StoredAlert, Alert]:
    """The last message about an alert of ours that was not cancelled, and what it says."""
    sent = alerts_of(connection, sender.identity.org_id, uid)
    if not sent:
        raise UnknownAlertError("this node sent no alert {uid}", uid=uid.hex())
    if sent[-1].kind == Kind.CANCEL:
        raise AlertRefusedError("it was cancelled; send a new alert")
    return sent[-1], read_own(sent[-1], sender)


def _add(
    connection: Transaction, kind: Kind, uid: bytes, place: Released, order: Order, sender: Sender
) -> Alert:
    alert = Alert(
        uid,
        sender.identity.org_id,
        0,
        kind,
        place.uid,
        place.leaf_hash,
        place.log_index,
        order.now,
        order.now + order.lasts,
        order.now + order.log_within,
        order.advice,
        order.reviewed,
    )
    return sign_alert(connection, alert, min(order.tiers), place.log_index, sender)


def _outgoing(connection: Transaction, log_id: int, one: StoredAlert, codec: Codec) -> Outgoing:
    kind = Kind(one.kind)
    assert one.log_index is not None, "an alert of our own has its place in our log"
    told = {Audience(tier).name for tier in Tier if tier >= one.tier}
    wires = {
        name: wire
        for name, wire in entry_views(connection, log_id, one.log_index).items()
        if name in told or members_of([name])
    }
    distinct = {  # tiers that see the same see the same bytes
        wire: View(Pushed(one.envelope, b"" if kind is Kind.CANCEL else wire), opened_chains(wire, codec))
        for wire in set(wires.values())
    }
    views = {name: distinct[wire] for name, wire in wires.items()}
    past = () if kind is Kind.NEW else alerts_of(connection, one.origin_id, one.uid)
    before = [each.alert_id for each in past if each.sequence < one.sequence]
    had = frozenset(each.org_id for each in receipts(connection, before) if each.sent_at)
    return Outgoing(one.alert_id, one.sequence, kind, Tier(one.tier), views, had)
