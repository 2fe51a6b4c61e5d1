"""Receipts: a receiver's signed word that it has taken in an origin's log up to a size.

A receipt for a log of N entries says that whatever was replaced or called back by one of them is gone from the
receiver's answers, and destroyed where that was asked. It travels over the line or in a file alike.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from crypto.envelope import Envelope, keyid, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from crypto.signing import Signer
from node.config import ORG_ID
from node.directory import Member
from node.errors import ReceiptError
from node.signed import Label

RECEIPT_TYPE = "application/vnd.tocsin.receipt.v1+protobuf"
AHEAD = timedelta(minutes=5)  # by which the clocks of two members may differ


MAX_TOLD = 1_000  # refusals, or things passed on, that one receipt tells
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,63}")


class Refused(NamedTuple):
    """An entry that the receiver does not keep as a record, and why."""

    log_index: int
    reason: str


class PassedOn(NamedTuple):
    """An entry that the receiver's people gave to a member, or to somebody who is none; `at` is aware UTC.

    With a `stop_index`, all up to and without that one whose label lets its node pass them on.
    """

    log_index: int
    member_id: str
    at: datetime
    stop_index: int = 0

    def covers(self, log_index: int, label: Label) -> bool:
        """Whether an entry with a label was given."""
        if not self.stop_index:
            return log_index == self.log_index
        return self.log_index <= log_index < self.stop_index and label >= Label.GREEN


class Receipt(NamedTuple):
    """What is confirmed: whose log, up to which size, with which root; `issued` is aware UTC, whole seconds.

    `refused` and `passed_on` are the newest `MAX_TOLD` of each, in ascending order.
    """

    receiver_id: str
    origin_id: str
    log_size: int
    root_hash: bytes
    issued: datetime
    refused: tuple[Refused, ...] = ()
    passed_on: tuple[PassedOn, ...] = ()


def sign_receipt(receipt: Receipt, signer: Signer, encode: Callable[[Receipt], bytes]) -> Envelope:
    """Sign a receipt with the receiver's signing key."""
    return sign_envelope(signer, RECEIPT_TYPE, encode(receipt))


def verify_signed(envelope: Envelope, keys: Sequence[bytes], decode: Callable[[bytes], Receipt]) -> Receipt:
    """Check that a receipt is signed with one of these keys, and read it.

    Raises:
        ReceiptError: It is not.
        PayloadError: What is signed is no receipt.
    """
    try:
        key = verify_envelope(envelope, (RECEIPT_TYPE,), keys)
    except CryptoError as error:
        raise ReceiptError("receipt: not signed by its giver: {error}", error=error) from error
    if envelope.signatures[0].keyid != keyid(key):  # nothing signs the hint; it has one form
        raise ReceiptError("keyid: not that of the key that signed")
    return decode(envelope.payload)


def verify_receipt(
    envelope: Envelope,
    receiver: Member,
    origin_id: str,
    now: datetime,
    decode: Callable[[bytes], Receipt],
) -> Receipt:
    """Check that a member signed this receipt for this origin's log; its root is for who has the log to check.

    Args:
        envelope: As received.
        receiver: Who is said to have signed, as the directory has it now.
        origin_id: Whose log it must be for.
        now: Aware UTC.
        decode: Reads the payload; called only after the signature has been verified.

    Raises:
        ReceiptError: It is not signed by the member, is for another log, or from a time to come.
        PayloadError: What is signed is no receipt.
    """
    keys = tuple(key.public_key for key in receiver.signing_keys if key.is_valid(now))
    receipt = verify_signed(envelope, keys, decode)
    if receipt.receiver_id != receiver.org_id:
        raise ReceiptError(
            "receiver_id: {receiver_id!r} is not {org_id}",
            receiver_id=receipt.receiver_id[:63],
            org_id=receiver.org_id,
        )
    if receipt.origin_id != origin_id:
        raise ReceiptError(
            "origin_id: {origin_id!r} is not {own}",
            origin_id=receipt.origin_id[:63],
            own=origin_id,
        )
    if receipt.issued > now + AHEAD:
        raise ReceiptError("issue_time: lies in the future")
    _verify_told("refusals", [one.log_index for one in receipt.refused], receipt.log_size)
    _verify_told("passed_on", [one.log_index for one in receipt.passed_on], receipt.log_size)
    for one in receipt.refused:
        if not _REASON.fullmatch(one.reason):
            raise ReceiptError("refusals: a reason that is none")
    for passed in receipt.passed_on:
        if not re.fullmatch(f"({ORG_ID})?", passed.member_id):
            raise ReceiptError("passed_on: member_id: not the id of a member")
        if passed.stop_index and not passed.log_index < passed.stop_index <= receipt.log_size:
            raise ReceiptError("passed_on: stop_index: not behind log_index and within the log")
    return receipt


def _verify_told(field: str, indexes: Sequence[int], log_size: int) -> None:
    if len(indexes) > MAX_TOLD:
        raise ReceiptError("{field}: more than {most}", field=field, most=MAX_TOLD)
    if list(indexes) != sorted(indexes) or (indexes and indexes[-1] >= log_size):
        raise ReceiptError("{field}: not in order below {log_size}", field=field, log_size=log_size)
