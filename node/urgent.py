"""What an organization signs when something is urgent, and the gate that an alert passes before it is believed.

An alert names a record and holds none of its values. Beside it travels the record's entry, as far as the receiver may
see it, and that entry passes the same checks as a page of the log. The promise, that the entry is in the log by a
declared time, is part of what is signed.
"""

from datetime import datetime, timedelta
from enum import IntEnum
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope, keyid, verify_envelope
from crypto.errors import CryptoError
from node.audience import Purpose
from node.disclose import verify_view
from node.errors import AlertError, OriginError, RecordSignatureError
from node.ladders import Chains
from node.signed import MAX_ADVICE, Codec, is_plain
from node.verify import MAX_ENTRY_BYTES, Fate, Origin, verify_stored

ALERT_TYPE = "application/vnd.tocsin.alert.v1+protobuf"
MAX_ENVELOPE_BYTES = 4 * 1024
MAX_LIFE = timedelta(days=31)
MAX_LOG_DELAY = timedelta(days=7)
MAX_CLOCK_SKEW = timedelta(minutes=10)  # between the clocks of two members


class Kind(IntEnum):
    """What a message says about an alert."""

    NEW = 1
    UPDATE = 2
    CANCEL = 3


class Alert(NamedTuple):
    """One signed message; times are aware UTC, `leaf_hash` is empty in a cancellation."""

    uid: bytes
    origin_id: str
    sequence: int
    kind: Kind
    record_uid: bytes
    leaf_hash: bytes
    log_index: int | None  # where the entry stands in the originator's log, if it is there already
    issued: datetime
    expires: datetime
    log_by: datetime
    advice: str = ""
    reviewed: bool = False


class Pushed(NamedTuple):
    """A message as it travels: a serialized envelope, and the serialized entry of the record (empty when cancelled)."""

    envelope: bytes
    entry: bytes


class Subscription(NamedTuple):
    """What a member asks for: everything after a sequence, from some countries and means, or from all."""

    after: int
    countries: frozenset[str]
    means: frozenset[str]


class Sound(NamedTuple):
    """An alert that passed the gate, with what it shows of the record: empty when it is a cancellation."""

    alert: Alert
    chains: Chains


class AlertCodec(Codec, Protocol):
    """Between alerts, the records that they are about, and bytes."""

    def encode_alert(self, alert: Alert, /) -> bytes:
        """Payload of an alert."""
        ...

    def decode_alert(self, payload: bytes, /) -> Alert:
        """Read the payload of an alert."""
        ...

    def encode_envelope(self, envelope: Envelope, /) -> bytes:
        """A signed alert as it is stored and sent."""
        ...

    def decode_envelope(self, wire: bytes, /) -> Envelope:
        """Read a signed alert."""
        ...


def verify_alert(pushed: Pushed, origin: Origin, codec: AlertCodec, now: datetime) -> Sound:
    """Check an alert: size, signature, origin, times and advice, then the record that it shows.

    Args:
        pushed: As received.
        origin: Who sent it.
        codec: Reads messages.
        now: Aware UTC time of arrival.

    Raises:
        PeerError: The check that failed, as the subclass; nothing of it may be kept.
    """
    if len(pushed.envelope) > MAX_ENVELOPE_BYTES or len(pushed.entry) > MAX_ENTRY_BYTES:
        raise AlertError("it is larger than an alert may be")
    alert = verify_signed(pushed.envelope, origin, codec)
    _verify_times(alert, now)
    _verify_advice(alert)
    return Sound(alert, _verify_record(alert, pushed.entry, origin, codec))


def verify_signed(wire: bytes, origin: Origin, codec: AlertCodec) -> Alert:
    """Check the signature and the origin of an alert, and read it; nothing else of it is checked.

    Raises:
        PeerError: The check that failed, as the subclass.
    """
    envelope = codec.decode_envelope(wire)
    try:
        key = verify_envelope(envelope, (ALERT_TYPE,), origin.signing_keys)
    except CryptoError as error:
        raise RecordSignatureError("alert: {error}", error=error) from error
    # Nothing signs the hint; held to its one form, all nodes keep the same bytes.
    if envelope.signatures[0].keyid != keyid(key):
        raise RecordSignatureError("alert: the hint is of another key than the signature")
    alert = codec.decode_alert(envelope.payload)
    if alert.origin_id != origin.org_id:
        raise OriginError(
            "an alert of {origin_id!r} came from {org_id}",
            origin_id=alert.origin_id[:63],
            org_id=origin.org_id,
        )
    return alert


def opened_chains(entry: bytes, codec: Codec) -> Chains | None:
    """Values that an entry shows; `None` when it shows nothing, as to somebody who may not see the record."""
    shown = codec.decode_entry(entry)
    if shown.envelope is None or not shown.openings:
        return None
    record = codec.decode_incident(shown.envelope.payload)
    return verify_view(record.record_uid, record.heads, shown.openings)


def _verify_times(alert: Alert, now: datetime) -> None:
    if alert.issued > now + MAX_CLOCK_SKEW:
        raise AlertError("it was issued in the future")
    if alert.issued < now - MAX_LIFE:
        raise AlertError("it was issued so long ago that it has expired")
    if not timedelta() < alert.expires - alert.issued <= MAX_LIFE:
        raise AlertError("it does not expire within {days} days of its issue", days=MAX_LIFE.days)
    if not timedelta() <= alert.log_by - alert.issued <= MAX_LOG_DELAY:
        raise AlertError(
            "it does not promise to be logged within {days} days of its issue", days=MAX_LOG_DELAY.days
        )


def _verify_advice(alert: Alert) -> None:
    if not is_plain(alert.advice):
        raise AlertError("its advice is not plain text of at most {most} characters", most=MAX_ADVICE)
    if alert.advice and not alert.reviewed:
        raise AlertError("nobody has reviewed its advice")


def _verify_record(alert: Alert, wire: bytes, origin: Origin, codec: Codec) -> Chains:
    if alert.kind is Kind.CANCEL:
        if wire or alert.leaf_hash or alert.log_index is not None:
            raise AlertError("a cancellation shows a record")
        return ()
    if not wire:
        raise AlertError("it shows no record")
    (entry,) = verify_stored((wire,), origin, 0, codec)
    if entry.fate is not Fate.ACCEPTED:
        raise AlertError("its record is not one that can be kept: {fate}", fate=entry.reason or entry.fate)
    if entry.position.leaf_hash != alert.leaf_hash:
        raise AlertError("it shows another entry than the one that it promises to log")
    shown = codec.decode_entry(wire).envelope
    record = codec.decode_incident(shown.payload) if shown is not None else None
    if record is None or record.record_uid != alert.record_uid:
        raise AlertError("it shows another record than the one that it names")
    if record.purpose is not Purpose.STAFF_SAFETY:
        raise AlertError("its record was not shared for the safety of staff")
    chains = opened_chains(wire, codec)
    assert chains is not None, "an entry without openings is not accepted"
    return chains
