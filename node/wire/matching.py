"""Proposals, steps and verdicts of the matching service as bytes."""

from collections.abc import Iterable
from datetime import UTC
from typing import NamedTuple

from crypto.ladder import SALT_BYTES, Opening
from node.comparing import Move
from node.errors import PayloadError
from node.signed import UID_BYTES, RecordName
from node.stepup import MAX_TOKENS, NONCE_BYTES, Proposal, Shown, Stop
from node.verdict import Ground, Judgement, Verdict
from node.wire.parsing import (
    HASH_BYTES,
    counted,
    from_stamp,
    member_of,
    parse,
    parse_exactly,
    sized,
    to_stamp,
)
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import matching_pb2
from tocsin.node.v1 import matching_service_pb2 as messages

__all__ = ["decode_envelope", "decode_verdict", "encode_envelope", "encode_verdict"]
SERVICE = messages.DESCRIPTOR.services_by_name["MatchingService"].full_name


class ProposeCall(NamedTuple):
    """A request to compare two records; `origins` are whose they are said to be, the caller's first."""

    proposal: Proposal
    origins: tuple[str, str]


class CommitCall(NamedTuple):
    """A request to go on with a comparison, or to end it."""

    request_id: str
    match_id: str
    move: Move


class RevealCall(NamedTuple):
    """A request that shows what was committed to."""

    request_id: str
    match_id: str
    number: int
    shown: Shown


class VerdictsCall(NamedTuple):
    """A request for verdicts."""

    request_id: str
    tokens: tuple[bytes, ...]


def decode_request_id(wire: bytes) -> str:
    """The id of any request of the service: all have it in the same place.

    Raises:
        PayloadError: It is no request.
    """
    return parse(messages.ListVerdictsRequest(), wire).request_id  # whose other field takes any bytes


def encode_propose_call(call: ProposeCall) -> bytes:
    """Request for ProposeMatch."""
    match_id, own_uid, own_index, other_uid, other_index = call.proposal
    own, other = (RecordName(*pair) for pair in zip(call.origins, (own_uid, other_uid), strict=True))
    return messages.ProposeMatchRequest(
        request_id=match_id, own=_name(own, own_index), other=_name(other, other_index)
    ).SerializeToString()


def decode_propose_call(wire: bytes) -> ProposeCall:
    """Read a request for ProposeMatch.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.ProposeMatchRequest(), wire)
    (own, own_index), (other, other_index) = (_read_name(one) for one in (message.own, message.other))
    proposal = Proposal(message.request_id, own.uid, own_index, other.uid, other_index)
    return ProposeCall(proposal, (own.origin_id, other.origin_id))


def encode_proposed() -> bytes:
    """Response to ProposeMatch."""
    return messages.ProposeMatchResponse().SerializeToString()


def decode_proposed(wire: bytes) -> None:
    """Read the response to ProposeMatch.

    Raises:
        PayloadError: It is not one, or holds anything.
    """
    parse_exactly(messages.ProposeMatchResponse(), wire)


def encode_commit_call(call: CommitCall) -> bytes:
    """Request for CommitStep."""
    return messages.CommitStepRequest(
        request_id=call.request_id,
        match_id=call.match_id,
        step=call.move.number,
        commitment=call.move.commitment,
        stop=matching_pb2.MatchStop.ValueType(call.move.stop or 0),
    ).SerializeToString()


def decode_commit_call(wire: bytes) -> CommitCall:
    """Read a request for CommitStep.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.CommitStepRequest(), wire)
    return CommitCall(message.request_id, message.match_id, _move(message.step, message))


def encode_committed(move: Move) -> bytes:
    """Response to CommitStep."""
    stop = matching_pb2.MatchStop.ValueType(move.stop or 0)
    return messages.CommitStepResponse(commitment=move.commitment, stop=stop).SerializeToString()


def decode_committed(wire: bytes, number: int) -> Move:
    """Read the response to CommitStep for a step.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return _move(number, parse_exactly(messages.CommitStepResponse(), wire))


def encode_reveal_call(call: RevealCall) -> bytes:
    """Request for RevealStep."""
    return messages.RevealStepRequest(
        request_id=call.request_id, match_id=call.match_id, step=call.number, shown=_opening(call.shown)
    ).SerializeToString()


def decode_reveal_call(wire: bytes) -> RevealCall:
    """Read a request for RevealStep.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.RevealStepRequest(), wire)
    return RevealCall(message.request_id, message.match_id, message.step, _read_opening(message.shown))


def encode_revealed(shown: Shown) -> bytes:
    """Response to RevealStep."""
    return messages.RevealStepResponse(shown=_opening(shown)).SerializeToString()


def decode_revealed(wire: bytes) -> Shown:
    """Read the response to RevealStep.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return _read_opening(parse_exactly(messages.RevealStepResponse(), wire).shown)


def encode_verdicts_call(call: VerdictsCall) -> bytes:
    """Request for ListVerdicts."""
    return messages.ListVerdictsRequest(**call._asdict()).SerializeToString()


def decode_verdicts_call(wire: bytes) -> VerdictsCall:
    """Read a request for ListVerdicts.

    Raises:
        PayloadError: It is not one, holds anything else, or asks for too many.
    """
    message = parse_exactly(messages.ListVerdictsRequest(), wire)
    if len(message.tokens) > MAX_TOKENS:
        raise PayloadError("tokens: more than {most}", most=MAX_TOKENS)
    return VerdictsCall(message.request_id, tuple(sized("tokens", one, HASH_BYTES) for one in message.tokens))


def encode_verdicts(verdicts: Iterable[bytes]) -> bytes:
    """Response to ListVerdicts."""
    return messages.ListVerdictsResponse(verdicts=verdicts).SerializeToString()


def decode_verdicts(wire: bytes) -> tuple[bytes, ...]:
    """Read the response to ListVerdicts: signed verdicts.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return tuple(parse_exactly(messages.ListVerdictsResponse(), wire).verdicts)


def encode_verdict(verdict: Verdict) -> bytes:
    """Payload of a verdict."""
    return matching_pb2.Verdict(
        own=_name(verdict.own, verdict.own_index),
        other=_name(verdict.other, verdict.other_index),
        judgement=matching_pb2.Judgement.ValueType(verdict.judgement),
        ground=matching_pb2.Ground.ValueType(verdict.ground or 0),
        number=verdict.number,
        issue_time=to_stamp(verdict.issued),
    ).SerializeToString()


def decode_verdict(payload: bytes) -> Verdict:
    """Read the payload of a verdict.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(matching_pb2.Verdict(), payload)
    (own, own_index), (other, other_index) = (_read_name(one) for one in (message.own, message.other))
    return Verdict(
        own,
        other,
        own_index,
        other_index,
        member_of("judgement", Judgement, message.judgement),
        member_of("ground", Ground, message.ground) if message.ground else None,
        message.number,
        from_stamp("issue_time", message.issue_time).astimezone(UTC).replace(microsecond=0),
    )


def _name(name: RecordName, index: int) -> matching_pb2.RecordName:
    return matching_pb2.RecordName(origin_id=name.origin_id, record_uid=name.uid, log_index=index)


def _read_name(message: matching_pb2.RecordName) -> tuple[RecordName, int]:
    uid = sized("record_uid", message.record_uid, UID_BYTES)
    return RecordName(message.origin_id, uid), counted("log_index", message.log_index)


def _move(number: int, message: messages.CommitStepRequest | messages.CommitStepResponse) -> Move:
    if message.stop:
        stop = member_of("stop", Stop, message.stop)
        if message.commitment:
            raise PayloadError("commitment: beside the reason of an end")
        return Move(number, b"", stop)
    return Move(number, sized("commitment", message.commitment, HASH_BYTES))


def _opening(shown: Shown) -> matching_pb2.StepOpening:
    dimension, salts, values, end = shown.opening
    return matching_pb2.StepOpening(
        dimension=dimension, salts=salts, values=values, next=end, nonce=shown.nonce
    )


def _read_opening(message: matching_pb2.StepOpening) -> Shown:
    values = tuple(message.values)
    salts = sized("salts", message.salts, SALT_BYTES * len(values))
    opening = Opening(message.dimension, salts, values, sized("next", message.next, HASH_BYTES))
    return Shown(sized("nonce", message.nonce, NONCE_BYTES), opening)
