"""A receipt says what its giver signed, about one log, and not of a time to come."""

from datetime import UTC, datetime, timedelta

import pytest

from crypto.signing import Signer
from node.audience import Tier
from node.directory import Member, MemberKey, OrganizationType, Status
from node.errors import ReceiptError
from node.receipt import AHEAD, Receipt, sign_receipt, verify_receipt
from node.wire.receipts import decode_receipt, encode_receipt

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNER = Signer.generate()
KEY = MemberKey(SIGNER.public_key, NOW - timedelta(days=1), NOW + timedelta(days=1))
BETA = Member("beta", OrganizationType.UN, Status.ACTIVE, Tier.PEER, (KEY,), KEY, b"", "", b"")
TRUE = Receipt("beta", "alpha", 3, b"r" * 32, NOW)


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
