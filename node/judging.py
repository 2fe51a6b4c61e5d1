"""Say whether two records are of one event, sign it, hand it to who holds both, and keep what members have signed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope
from node.audience import Audience
from node.errors import UnknownRecordError, VerdictError
from node.logbook import Identity
from node.partaking import Desk, as_shown, taking_part
from node.requests import is_shown
from node.signed import RecordName
from node.store.comparisons import compared_pairs
from node.store.database import Store, Transaction
from node.store.matched import all_places, likely_pairs
from node.store.own_log import released
from node.store.records import day_number
from node.store.verdicts import StoredVerdict, add_verdict, all_verdicts, newest_verdict, verdicts_asked
from node.verdict import Ground, Judgement, Verdict, sign_verdict, token_of, verify_verdict
from node.verify import Origin


class VerdictCodec(Protocol):
    """Between verdicts and bytes; every `decode_*` raises `PayloadError`."""

    def encode_verdict(self, verdict: Verdict, /) -> bytes:
        """Payload of a verdict."""
        ...

    def decode_verdict(self, payload: bytes, /) -> Verdict:
        """Read the payload of a verdict."""
        ...

    def encode_envelope(self, envelope: Envelope, /) -> bytes:
        """A signed verdict as it is kept and sent."""
        ...

    def decode_envelope(self, wire: bytes, /) -> Envelope:
        """Read a signed verdict."""
        ...


class Judge(NamedTuple):
    """Who decides, and how it is signed and written."""

    said_by: str
    identity: Identity
    desk: Desk
    codec: VerdictCodec


def judge(
    store: Store,
    own: RecordName,
    other: tuple[Audience, RecordName],
    said: tuple[Judgement, Ground | None],
    by: Judge,
) -> Verdict:
    """Sign what somebody decided about a record of ours and one of a member; the same again changes nothing.

    Raises:
        UnknownRecordError: One of the two does not stand, is held, or is not shown to the other side.
    """
    member, name = other
    with store.write() as connection:
        places = {one.name: one for one in (*all_places(connection, own), *all_places(connection, name))}
        mine, theirs = places.get(own), places.get(name)
        ours = taking_part(connection, mine.record_id, member, by.desk) if mine and mine.record_id else None
        index = theirs.log_index if theirs is not None else None
        shown = as_shown(connection, name, index, by.desk.codec) if index is not None else None
        if ours is None or shown is None or index is None:
            raise UnknownRecordError(
                "one of the two does not stand, is held, or is not shown to the other side"
            )
        before = newest_verdict(connection, own, name)
        if before is not None and (before.verdict.judgement, before.verdict.ground) == said:
            return before.verdict
        number = before.verdict.number + 1 if before is not None else 1
        issued = by.desk.now.replace(microsecond=0)
        verdict = Verdict(own, name, ours.past.log_index, index, *said, number, issued)
        envelope = sign_verdict(verdict, by.identity.signing, by.codec.encode_verdict)
        wire = by.codec.encode_envelope(envelope)
        add_verdict(connection, StoredVerdict(verdict, day_number(issued.date()), by.said_by, wire))
    return verdict


def hand_out(store: Store, tokens: Collection[bytes], caller: Audience, org_id: str) -> list[bytes]:
    """Our own verdicts about pairs of which a member holds both records, as they were signed."""
    with store.read() as connection:
        asked = verdicts_asked(connection, org_id, tokens)
        return [one.envelope for one in asked if _is_shown(connection, one.verdict.own, caller)]


def pairs_with(store: Store, member: str, org_id: str) -> dict[bytes, tuple[RecordName, RecordName]]:
    """Pairs of which a member may have signed something as the owner of the first, by the token with which to ask."""
    with store.glance() as connection:
        pairs = {one.pair for one in likely_pairs(connection)}
        pairs |= {one.verdict.pair for one in all_verdicts(connection)}
        pairs |= compared_pairs(connection, org_id)
    turned = {(other, one) for one, other in pairs}
    return {token_of(*pair): pair for pair in pairs | turned if pair[0].origin_id == member}


def keep_verdicts(
    store: Store,
    signer: Origin,
    wires: Sequence[bytes],
    asked: Mapping[bytes, tuple[RecordName, RecordName]],
    codec: VerdictCodec,
    now: datetime,
) -> int:
    """Keep what a member has signed about pairs that we asked for; gives how many are new.

    Raises:
        VerdictError: One is not signed by that member, is of another pair than we asked for, or differs from what it
            signed under the same number before. Nothing is kept then.
        PayloadError: One is no verdict.
    """
    read = [
        (
            wire,
            verify_verdict(
                codec.decode_envelope(wire), signer.org_id, signer.signing_keys, now, codec.decode_verdict
            ),
        )
        for wire in wires
    ]
    new = 0
    with store.write() as connection:
        for wire, verdict in read:
            if (verdict.own, verdict.other) != asked.get(token_of(verdict.own, verdict.other)):
                raise VerdictError("pair: not one that was asked for")
            before = newest_verdict(connection, verdict.own, verdict.other)
            if before is not None and before.verdict.number == verdict.number and before.envelope != wire:
                raise VerdictError("number: stands for another verdict already")
            if before is None or before.verdict.number < verdict.number:
                add_verdict(connection, StoredVerdict(verdict, day_number(now.date()), "", wire))
                new += 1
    return new


def _is_shown(connection: Transaction, own: RecordName, caller: Audience) -> bool:
    keys = [one.record_id for one in all_places(connection, own) if one.record_id is not None]
    return any(is_shown(past, caller.tier, caller.member) for past in released(connection, keys).values())
