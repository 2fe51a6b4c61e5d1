"""Let alerts follow their records: whoever may no longer see a record learns with that that its alert is over.

The end of an alert is signed in the transaction that calls its record back or narrows it, so there is never one without
the other. Tiers that may still see the record get a new alert in the place of the one that ended.
"""

import secrets
from datetime import datetime
from typing import NamedTuple

from crypto.envelope import sign_envelope
from node.audience import ALL_CLOSED, Audience, Purpose, Tier, levels_for
from node.logbook import Identity
from node.signed import UID_BYTES
from node.store.alerts import Promise, StoredAlert, add_alert, alerts_in_force, last_sequence
from node.store.database import Transaction
from node.store.own_log import Released, released_from
from node.urgent import ALERT_TYPE, Alert, AlertCodec, Kind


class Sender(NamedTuple):
    """Who sends, and how values become bytes."""

    identity: Identity
    codec: AlertCodec


def end_alerts(connection: Transaction, now: datetime, sender: Sender) -> tuple[Alert, ...]:
    """Cancel each alert in force whose tiers may not all see its record any more; gives what was signed.

    Args:
        connection: Of the write transaction that has just changed who may see what.
        now: Aware UTC.
        sender: This node.
    """
    signed: list[Alert] = []
    standing = alerts_in_force(connection, sender.identity.org_id, int(now.timestamp()))
    places = released_from(connection, {_index(one) for one in standing})
    for last in standing:
        place = places[_index(last)]
        tiers = _alerted(place)
        if Tier(last.tier) in tiers:
            continue
        over = cancel(connection, last, now, sender)
        signed.append(over)
        if tiers:
            signed.append(_sent_anew(connection, last, place, min(tiers), over, sender))
    return tuple(signed)


def read_own(one: StoredAlert, sender: Sender) -> Alert:
    """What a message of our own says."""
    return sender.codec.decode_alert(sender.codec.decode_envelope(one.envelope).payload)


def cancel(connection: Transaction, last: StoredAlert, now: datetime, sender: Sender) -> Alert:
    """Say that an alert is over; `last` is the last message about it."""
    over = read_own(last, sender)._replace(
        kind=Kind.CANCEL, leaf_hash=b"", log_index=None, issued=now, log_by=now, advice="", reviewed=False
    )
    return sign_alert(connection, over, Tier(last.tier), last.log_index, sender)


def sign_alert(
    connection: Transaction, alert: Alert, tier: Tier, log_index: int | None, sender: Sender
) -> Alert:
    """Sign a message under the next sequence and keep it, to be pushed; `tier` is the coarsest that it is for."""
    # Milliseconds, so that a node that was restored from an older copy does not use a sequence twice.
    counted = max(last_sequence(connection, alert.origin_id) + 1, int(alert.issued.timestamp() * 1000))
    alert = alert._replace(sequence=counted)
    envelope = sign_envelope(sender.identity.signing, ALERT_TYPE, sender.codec.encode_alert(alert))
    add_alert(
        connection,
        StoredAlert(
            0,
            alert.origin_id,
            counted,
            alert.uid,
            alert.kind,
            int(alert.expires.timestamp()),
            int(alert.log_by.timestamp()),
            alert.leaf_hash,
            log_index,
            sender.codec.encode_envelope(envelope),
            b"",
            tier,
            int(alert.issued.timestamp()),
            Promise.NONE,
        ),
    )
    return alert


def _index(one: StoredAlert) -> int:
    assert one.log_index is not None, "an alert of our own has its place in our log"
    return one.log_index


def _alerted(place: Released) -> frozenset[Tier]:
    """The tiers that may get an alert about a record as it is released now."""
    if place.terms.purpose is not Purpose.STAFF_SAFETY:
        return frozenset()
    return frozenset(
        tier for tier in Tier if levels_for(place.terms.views, Audience(tier)) not in {None, ALL_CLOSED}
    )


def _sent_anew(
    connection: Transaction, last: StoredAlert, place: Released, tier: Tier, over: Alert, sender: Sender
) -> Alert:
    """Say the same again, as a new alert and of the record as it stands now, to those who may still see it."""
    said = read_own(last, sender)
    again = said._replace(
        uid=secrets.token_bytes(UID_BYTES),
        kind=Kind.NEW,
        leaf_hash=place.leaf_hash,
        log_index=place.log_index,
        issued=over.issued,
        log_by=over.issued + (said.log_by - said.issued),
    )
    return sign_alert(connection, again, tier, place.log_index, sender)
