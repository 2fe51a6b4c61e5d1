"""Verdicts: what the owner of a record signs about whether another organization's record is of the same event.

A verdict speaks of its signer's own record alone when it says on what ground that stands. It is never edited: the
newest of a signer about a pair counts.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from crypto.envelope import Envelope, keyid, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from crypto.signing import Signer
from node.candidates import Pair, pair_of
from node.errors import VerdictError
from node.signed import UID_BYTES, RecordName

VERDICT_TYPE = "application/vnd.tocsin.verdict.v1+protobuf"
MAX_NUMBER = 2**31 - 1
AHEAD = timedelta(minutes=5)  # by which the clocks of two members may differ
_TOKEN = b"tocsin-match/1\0"


class Judgement(IntEnum):
    """Whether two records are of one event."""

    SAME = 1
    DISTINCT = 2
    UNSURE = 3


class Ground(IntEnum):
    """How the signer knows what its own record says."""

    OWN_STAFF = 1  # own people were there; the record counts own staff alone
    WITNESSED = 2  # own people were there; the record counts everybody
    FORWARDED = 3  # it is a report of somebody else, handed on
    THIRD_PARTY = 4  # it is from media, officials or a data set


class Verdict(NamedTuple):
    """One verdict; `number` counts those of a signer about a pair.

    Attributes:
        signer_id: Owner of `own`.
        own: The signer's record.
        other: The other organization's.
        own_index: Of an entry of it in its owner's log, as it was judged.
        other_index: Likewise.
        judgement: The verdict.
        ground: Of `own`, where it says the same; else `None`.
        number: 1, 2, 3...
        issued: Aware UTC, whole seconds.
    """

    own: RecordName
    other: RecordName
    own_index: int
    other_index: int
    judgement: Judgement
    ground: Ground | None
    number: int
    issued: datetime

    @property
    def signer_id(self) -> str:
        """Who signs: the owner of `own`."""
        return self.own.origin_id

    @property
    def pair(self) -> Pair:
        """The two records in the order in which everybody names them."""
        return pair_of(self.own, self.other)


def sign_verdict(verdict: Verdict, signer: Signer, encode: Callable[[Verdict], bytes]) -> Envelope:
    """Sign a verdict with the signing key of its signer."""
    return sign_envelope(signer, VERDICT_TYPE, encode(verdict))


def verify_verdict(
    envelope: Envelope,
    signer_id: str,
    keys: Sequence[bytes],
    now: datetime,
    decode: Callable[[bytes], Verdict],
) -> Verdict:
    """Check a verdict that a member handed to us.

    Args:
        envelope: As received.
        signer_id: The member at the other end.
        keys: With which it speaks now.
        now: Aware UTC.
        decode: Reads the payload; called only after the signature has been verified.

    Raises:
        VerdictError: It is not signed by that member about a record of its own, or contradicts itself.
        PayloadError: What is signed is no verdict.
    """
    verdict = verify_signed(envelope, keys, decode)
    if verdict.signer_id != signer_id:
        raise VerdictError(
            "own: a record of {signer_id!r}, not of {other}",
            signer_id=verdict.signer_id[:63],
            other=signer_id,
        )
    if verdict.issued > now + AHEAD:
        raise VerdictError("issue_time: lies in the future")
    return verdict


def verify_signed(envelope: Envelope, keys: Sequence[bytes], decode: Callable[[bytes], Verdict]) -> Verdict:
    """Check that a verdict is signed with one of these keys, and read it.

    Raises:
        VerdictError: It is not, or contradicts itself.
        PayloadError: What is signed is no verdict.
    """
    try:
        key = verify_envelope(envelope, (VERDICT_TYPE,), keys)
    except CryptoError as error:
        raise VerdictError("verdict: not signed by its giver: {error}", error=error) from error
    if envelope.signatures[0].keyid != keyid(key):  # nothing signs the hint; it has one form
        raise VerdictError("keyid: not that of the key that signed")
    verdict = decode(envelope.payload)
    if verdict.own.origin_id == verdict.other.origin_id:
        raise VerdictError("other: of the same organization; its records are merged, not matched")
    if len(verdict.own.uid) != UID_BYTES or len(verdict.other.uid) != UID_BYTES:
        raise VerdictError("uid: not of 16 bytes")
    if (verdict.judgement is Judgement.SAME) != (verdict.ground is not None):
        raise VerdictError("ground: does not go with the judgement")
    if not 1 <= verdict.number <= MAX_NUMBER:
        raise VerdictError(
            "number: {number} is not between 1 and {most}", number=verdict.number, most=MAX_NUMBER
        )
    return verdict


def token_of(own: RecordName, other: RecordName) -> bytes:
    """By what a verdict is asked for at the owner of `own`; only who holds both records can make these 32 bytes."""
    names = b"".join(one.origin_id.encode() + b"\0" + one.uid for one in (own, other))
    return sha256(_TOKEN + names).digest()


def newest(verdicts: Iterable[Verdict]) -> Mapping[tuple[str, Pair], Verdict]:
    """The verdict of each signer about each pair that counts."""
    found: dict[tuple[str, Pair], Verdict] = {}
    for one in verdicts:
        before = found.get((one.signer_id, one.pair))
        if before is None or before.number < one.number:
            found[one.signer_id, one.pair] = one
    return found


def agreed(verdicts: Iterable[Verdict]) -> tuple[frozenset[Pair], frozenset[Pair]]:
    """Pairs that both owners call the same, and pairs that one of them calls distinct."""
    by_pair: dict[Pair, list[Judgement]] = {}
    for (_, pair), one in newest(verdicts).items():
        by_pair.setdefault(pair, []).append(one.judgement)
    same = frozenset(pair for pair, said in by_pair.items() if said == [Judgement.SAME] * 2)
    apart = frozenset(pair for pair, said in by_pair.items() if Judgement.DISTINCT in said)
    return same, apart


def grounds(verdicts: Iterable[Verdict]) -> Mapping[RecordName, Ground]:
    """On what ground each record stands by its owner's verdicts that count; where they differ, the weakest."""
    found: dict[RecordName, Ground] = {}
    for one in newest(verdicts).values():
        if one.ground is not None:
            found[one.own] = max(one.ground, found.get(one.own, one.ground))
    return found
