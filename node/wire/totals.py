"""Requests and responses of the total service as bytes."""

from collections.abc import Sequence
from typing import NamedTuple

from crypto.envelope import Envelope
from node.adding_up import Step
from node.agreeing import Told
from node.wire.parsing import parse, parse_exactly
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import total_service_pb2 as messages

__all__ = ["decode_envelope", "encode_envelope"]
SERVICE = messages.DESCRIPTOR.services_by_name["TotalService"].full_name


class SettleCall(NamedTuple):
    """A request in which one server tells the other what it can say of a total."""

    request_id: str
    total_id: str
    step: Step


def decode_request_id(wire: bytes) -> str:
    """The id of any request of the service: all have it in the same place.

    Raises:
        PayloadError: It is no request.
    """
    return parse(messages.ListTotalsRequest(), wire).request_id


def encode_list_call(request_id: str) -> bytes:
    """Request for ListTotals."""
    return messages.ListTotalsRequest(request_id=request_id).SerializeToString()


def encode_totals(told: Sequence[Told]) -> bytes:
    """Response to ListTotals."""
    return messages.ListTotalsResponse(
        totals=(
            messages.DeclaredTotal(
                declaration=encode_envelope(one.declaration), outcomes=map(encode_envelope, one.outcomes)
            )
            for one in told
        )
    ).SerializeToString()


def decode_totals(wire: bytes) -> tuple[Told, ...]:
    """Read the response to ListTotals.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.ListTotalsResponse(), wire)
    return tuple(
        Told(decode_envelope(one.declaration), tuple(map(decode_envelope, one.outcomes)))
        for one in message.totals
    )


def encode_tell_call(request_id: str, declaration: Envelope) -> bytes:
    """Request for TellTotal."""
    return messages.TellTotalRequest(
        request_id=request_id, declaration=encode_envelope(declaration)
    ).SerializeToString()


def decode_tell_call(wire: bytes) -> Envelope:
    """Read the declaration in a request for TellTotal.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return decode_envelope(parse_exactly(messages.TellTotalRequest(), wire).declaration)


def encode_told() -> bytes:
    """Response to TellTotal."""
    return messages.TellTotalResponse().SerializeToString()


def decode_told(wire: bytes) -> None:
    """Read the response to TellTotal.

    Raises:
        PayloadError: It is not one, or holds anything.
    """
    parse_exactly(messages.TellTotalResponse(), wire)


def encode_give_call(request_id: str, box: bytes) -> bytes:
    """Request for GiveShare."""
    return messages.GiveShareRequest(request_id=request_id, box=box).SerializeToString()


def decode_give_call(wire: bytes) -> bytes:
    """Read the sealed share in a request for GiveShare.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return parse_exactly(messages.GiveShareRequest(), wire).box


def encode_given() -> bytes:
    """Response to GiveShare."""
    return messages.GiveShareResponse().SerializeToString()


def decode_given(wire: bytes) -> None:
    """Read the response to GiveShare.

    Raises:
        PayloadError: It is not one, or holds anything.
    """
    parse_exactly(messages.GiveShareResponse(), wire)


def encode_settle_call(call: SettleCall) -> bytes:
    """Request for SettleTotal."""
    return messages.SettleTotalRequest(
        request_id=call.request_id, total_id=call.total_id, papers=_papers(call.step)
    ).SerializeToString()


def decode_settle_call(wire: bytes) -> SettleCall:
    """Read a request for SettleTotal.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.SettleTotalRequest(), wire)
    return SettleCall(message.request_id, message.total_id, _step(message.papers))


def encode_settled(step: Step) -> bytes:
    """Response to SettleTotal."""
    return messages.SettleTotalResponse(papers=_papers(step)).SerializeToString()


def decode_settled(wire: bytes) -> Step:
    """Read the response to SettleTotal.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return _step(parse_exactly(messages.SettleTotalResponse(), wire).papers)


def _papers(step: Step) -> messages.SettlingPapers:
    wires = (b"" if one is None else encode_envelope(one) for one in step)
    return messages.SettlingPapers(**dict(zip(Step._fields, wires, strict=True)))


def _step(message: messages.SettlingPapers) -> Step:
    wires = (message.held, message.sum, message.outcome)
    return Step(*(decode_envelope(one) if one else None for one in wires))
