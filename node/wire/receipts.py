"""Receipts, and the call that carries them, as bytes."""

from typing import NamedTuple

from crypto.envelope import Envelope
from node.receipt import PassedOn, Receipt, Refused
from node.wire.exchange import Call
from node.wire.parsing import HASH_BYTES, from_stamp, parse, parse_exactly, sized, to_stamp
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import exchange_service_pb2, receipt_pb2


class ConfirmCall(NamedTuple):
    """A request that brings a receipt: parsed, and as the bytes to keep."""

    call: Call
    envelope: Envelope
    wire: bytes


def encode_receipt(receipt: Receipt) -> bytes:
    """Payload of a receipt."""
    return receipt_pb2.Receipt(
        receiver_id=receipt.receiver_id,
        origin_id=receipt.origin_id,
        log_size=receipt.log_size,
        root_hash=receipt.root_hash,
        issue_time=to_stamp(receipt.issued),
        refusals=[receipt_pb2.Refusal(**one._asdict()) for one in receipt.refused],
        passed_on=[
            receipt_pb2.PassedOn(
                log_index=one.log_index,
                member_id=one.member_id,
                pass_time=to_stamp(one.at),
                stop_index=one.stop_index,
            )
            for one in receipt.passed_on
        ],
    ).SerializeToString()


def decode_receipt(payload: bytes) -> Receipt:
    """Read the payload of a receipt.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(receipt_pb2.Receipt(), payload)
    return Receipt(
        message.receiver_id,
        message.origin_id,
        message.log_size,
        sized("root_hash", message.root_hash, HASH_BYTES),
        from_stamp("issue_time", message.issue_time).replace(microsecond=0),
        tuple(Refused(one.log_index, one.reason) for one in message.refusals),
        tuple(
            PassedOn(one.log_index, one.member_id, from_stamp("pass_time", one.pass_time), one.stop_index)
            for one in message.passed_on
        ),
    )


def encode_confirm_call(call: Call, receipt: Envelope) -> bytes:
    """Request for ConfirmReceipt."""
    return exchange_service_pb2.ConfirmReceiptRequest(
        request_id=call.request_id, origin_id=call.origin_id, receipt=encode_envelope(receipt)
    ).SerializeToString()


def decode_confirm_call(wire: bytes) -> ConfirmCall:
    """Read a request for ConfirmReceipt.

    Raises:
        PayloadError: It is not one, or brings no envelope.
    """
    message = parse(exchange_service_pb2.ConfirmReceiptRequest(), wire)
    envelope = decode_envelope(message.receipt)
    return ConfirmCall(Call(message.request_id, message.origin_id), envelope, message.receipt)


def encode_confirmed() -> bytes:
    """Response to ConfirmReceipt."""
    return exchange_service_pb2.ConfirmReceiptResponse().SerializeToString()


def decode_confirmed(wire: bytes) -> None:
    """Read the response to ConfirmReceipt.

    Raises:
        PayloadError: It is not one, or holds anything.
    """
    parse_exactly(exchange_service_pb2.ConfirmReceiptResponse(), wire)
