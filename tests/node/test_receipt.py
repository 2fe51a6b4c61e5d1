"""A receipt says what its giver signed, about one log, and not of a time to come."""

from datetime import UTC, datetime, timedelta

import pytest

from crypto.signing import Signer
from node.audience import Tier
from node.directory import Member, MemberKey, OrganizationType, Status
from node.errors import ReceiptError
from node.receipt import AHEAD, MAX_TOLD, PassedOn, Receipt, Refused, sign_receipt, verify_receipt
from node.wire.receipts import decode_receipt, encode_receipt

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNER = Signer.generate()
KEY = MemberKey(SIGNER.public_key, NOW - timedelta(days=1), NOW + timedelta(days=1))
BETA = Member("beta", OrganizationType.UN, Status.ACTIVE, Tier.PEER, (KEY,), (KEY,), (b"",), (), (KEY,))
REFUSED = (Refused(0, "VIEW_INVALID"), Refused(2, "LADDER_SCHEMA_UNKNOWN"))
PASSED_ON = (PassedOn(0, "", NOW), PassedOn(1, "gamma", NOW), PassedOn(1, "delta", NOW))
TRUE = Receipt("beta", "alpha", 3, b"r" * 32, NOW, REFUSED, PASSED_ON)


def verified(receipt: Receipt, *, signer: Signer = SIGNER, now: datetime = NOW) -> Receipt:
    return verify_receipt(sign_receipt(receipt, signer, encode_receipt), BETA, "alpha", now, decode_receipt)


def test_what_a_member_signed_is_what_is_read() -> None:
    assert verified(TRUE) == TRUE


def test_clocks_may_differ_a_little() -> None:
    assert verified(TRUE, now=NOW - AHEAD) == TRUE


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"receiver_id": "gamma"}, "receiver_id: 'gamma' is not beta"),
        ({"origin_id": "gamma"}, "origin_id: 'gamma' is not alpha"),
        ({"issued": NOW + AHEAD + timedelta(seconds=1)}, "issue_time: lies in the future"),
        ({"refused": REFUSED[::-1]}, "refusals: not in order below 3"),
        ({"refused": (Refused(3, "VIEW_INVALID"),)}, "refusals: not in order below 3"),
        ({"refused": (Refused(0, "words"),)}, "refusals: a reason that is none"),
        ({"refused": REFUSED[:1] * (MAX_TOLD + 1)}, "refusals: more than"),
        ({"passed_on": PASSED_ON[::-1]}, "passed_on: not in order below 3"),
        ({"passed_on": (PassedOn(3, "", NOW),)}, "passed_on: not in order below 3"),
        ({"passed_on": (PassedOn(0, "No Member", NOW),)}, "passed_on: member_id: not the id of a member"),
        ({"passed_on": PASSED_ON[:1] * (MAX_TOLD + 1)}, "passed_on: more than"),
    ],
)
def test_a_receipt_is_refused_for_its_field(changes: dict[str, object], told: str) -> None:
    with pytest.raises(ReceiptError, match=told):
        verified(TRUE._replace(**changes))  # type: ignore[arg-type] # the fields of a receipt


def test_a_key_signs_in_its_time_alone() -> None:
    with pytest.raises(ReceiptError, match="not signed by its giver"):
        verified(TRUE, now=KEY.valid_until)
    with pytest.raises(ReceiptError, match="not signed by its giver"):
        verified(TRUE, signer=Signer.generate())
