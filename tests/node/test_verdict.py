"""Verdicts are believed only as their signers signed them, and the newest of each counts."""

from datetime import timedelta

import pytest

from crypto.envelope import Envelope, sign_envelope
from crypto.signing import Signer
from node.errors import PeerError, VerdictError
from node.receipt import RECEIPT_TYPE
from node.signed import RecordName
from node.verdict import (
    Ground,
    Judgement,
    Verdict,
    agreed,
    grounds,
    newest,
    sign_verdict,
    token_of,
    verify_verdict,
)
from node.wire.matching import decode_verdict, encode_verdict
from tests.support.network import NOW

SIGNER = Signer(b"k" * 32)
ALPHA, BETA = RecordName("alpha", b"a" * 16), RecordName("beta", b"b" * 16)
SAME = Verdict(ALPHA, BETA, 3, 4, Judgement.SAME, Ground.WITNESSED, 1, NOW)
THEIRS = SAME._replace(own=BETA, other=ALPHA)


def taken(verdict: Verdict, signer_id: str = "alpha", signer: Signer = SIGNER) -> Verdict:
    envelope = sign_verdict(verdict, signer, encode_verdict)
    return verify_verdict(envelope, signer_id, (SIGNER.public_key,), NOW, decode_verdict)


def test_what_was_signed_is_read_again() -> None:
    assert taken(SAME) == SAME
    unsure = SAME._replace(judgement=Judgement.UNSURE, ground=None)
    assert taken(unsure) == unsure


@pytest.mark.parametrize(
    "lie",
    [
        THEIRS,
        SAME._replace(other=ALPHA._replace(uid=b"c" * 16)),
        SAME._replace(ground=None),
        SAME._replace(judgement=Judgement.DISTINCT),
        SAME._replace(number=0),
        SAME._replace(issued=NOW + timedelta(hours=1)),
    ],
)
def test_a_verdict_that_contradicts_itself_or_its_signer_is_refused(lie: Verdict) -> None:
    with pytest.raises(VerdictError):
        taken(lie)


def test_a_verdict_of_another_key_or_type_or_with_another_hint_is_refused() -> None:
    with pytest.raises(VerdictError):
        taken(SAME, signer=Signer(b"l" * 32))
    other_type = sign_envelope(SIGNER, RECEIPT_TYPE, encode_verdict(SAME))
    sound = sign_verdict(SAME, SIGNER, encode_verdict)
    hinted = Envelope(sound.payload, sound.payload_type, (sound.signatures[0]._replace(keyid="0" * 16),))
    for envelope in (other_type, hinted):
        with pytest.raises(VerdictError):
            verify_verdict(envelope, "alpha", (SIGNER.public_key,), NOW, decode_verdict)


def test_a_flipped_bit_in_any_byte_is_refused() -> None:
    sound = sign_verdict(SAME, SIGNER, encode_verdict)
    for at in range(len(sound.payload)):
        flipped = bytearray(sound.payload)
        flipped[at] ^= 1
        with pytest.raises(PeerError):
            verify_verdict(
                sound._replace(payload=bytes(flipped)), "alpha", (SIGNER.public_key,), NOW, decode_verdict
            )


def test_two_owners_have_to_say_the_same_and_one_is_enough_to_tell_them_apart() -> None:
    distinct = THEIRS._replace(judgement=Judgement.DISTINCT, ground=None)
    assert agreed([SAME]) == (frozenset(), frozenset())
    assert agreed([SAME, THEIRS]) == (frozenset({(ALPHA, BETA)}), frozenset())
    assert agreed([SAME, distinct]) == (frozenset(), frozenset({(ALPHA, BETA)}))


def test_the_newest_verdict_of_each_owner_counts_in_whatever_order_they_came() -> None:
    later = SAME._replace(number=2, judgement=Judgement.UNSURE, ground=None)
    for order in ([SAME, later, THEIRS], [later, THEIRS, SAME]):
        assert newest(order)["alpha", (ALPHA, BETA)] == later
        assert agreed(order) == (frozenset(), frozenset())


def test_where_an_owner_names_two_grounds_the_weaker_counts() -> None:
    gamma = RecordName("gamma", b"g" * 16)
    again = SAME._replace(other=gamma, ground=Ground.FORWARDED)
    assert grounds([SAME, again]) == grounds([again, SAME]) == {ALPHA: Ground.FORWARDED}


def test_a_verdict_is_asked_for_by_both_records_in_one_order() -> None:
    others = {token_of(BETA, ALPHA), token_of(ALPHA, BETA._replace(uid=b"c" * 16)), token_of(ALPHA, ALPHA)}
    assert token_of(ALPHA, BETA) not in others
