"""Requests and responses of the sharing service as bytes."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from node.audience import ALL_CLOSED, CLOSED, FINEST, Levels
from node.errors import PayloadError
from node.share_request import Answer, Refusal, State, Wish
from node.signed import UID_BYTES
from node.wire.charters import read_purpose
from node.wire.parsing import from_stamp, member_of, parse, parse_exactly, sized, to_stamp
from node.wire.records import PURPOSE_NUMBERS
from tocsin.node.v1 import sharing_pb2
from tocsin.node.v1 import sharing_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["SharingService"].full_name


MAX_INDEX = 2**63 - 1  # what both databases can count


class PageCall(NamedTuple):
    """A request for a page of a list."""

    request_id: str
    page_size: int
    page_token: str


def decode_request_id(wire: bytes) -> str:
    """The id of any request of the service: all have it in the same place.

    Raises:
        PayloadError: It is no request.
    """
    return decode_page_call(wire).request_id


def encode_charters_call(call: PageCall) -> bytes:
    """Request for ListCharters."""
    return messages.ListChartersRequest(**call._asdict()).SerializeToString()


def decode_page_call(wire: bytes) -> PageCall:
    """Read a request for ListCharters or ListShareRequests.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.ListChartersRequest(), wire)
    return PageCall(message.request_id, message.page_size, message.page_token)


def encode_charters(charters: Iterable[bytes], next_token: str) -> bytes:
    """Response to ListCharters."""
    return messages.ListChartersResponse(charters=charters, next_page_token=next_token).SerializeToString()


def decode_charters(wire: bytes) -> tuple[tuple[bytes, ...], str]:
    """Read the response to ListCharters: signed charters, and the token of the next page.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.ListChartersResponse(), wire)
    return tuple(message.charters), message.next_page_token


class CreateCall(NamedTuple):
    """A request to take a share request."""

    request_id: str
    wish: Wish


class CancelCall(NamedTuple):
    """A request to take a share request back."""

    request_id: str
    share_request_id: str


def encode_create_call(wish: Wish) -> bytes:
    """Request for CreateShareRequest."""
    return messages.CreateShareRequestRequest(
        request_id=wish.request_id, share_request=_wish_message(wish)
    ).SerializeToString()


def decode_create_call(wire: bytes) -> CreateCall:
    """Read a request for CreateShareRequest.

    Raises:
        PayloadError: It is not one, holds anything else, or its two ids differ.
    """
    message = parse_exactly(messages.CreateShareRequestRequest(), wire)
    if message.share_request.request_id != message.request_id:
        raise PayloadError("share_request: request_id: not that of the call")
    wish = _wish(message.share_request)
    if _wish_message(wish) != message.share_request:
        raise PayloadError("share_request: holds an answer, or something twice or in another order")
    return CreateCall(message.request_id, wish)


def encode_created(answer: Answer) -> bytes:
    """Response to CreateShareRequest."""
    return messages.CreateShareRequestResponse(share_request=_answer_message(answer)).SerializeToString()


def decode_created(wire: bytes) -> Answer:
    """Read the response to CreateShareRequest.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return _answer(parse_exactly(messages.CreateShareRequestResponse(), wire).share_request)


def encode_requests_call(call: PageCall) -> bytes:
    """Request for ListShareRequests."""
    return messages.ListShareRequestsRequest(**call._asdict()).SerializeToString()


def encode_requests(answers: Iterable[Answer], next_token: str) -> bytes:
    """Response to ListShareRequests."""
    return messages.ListShareRequestsResponse(
        share_requests=map(_answer_message, answers), next_page_token=next_token
    ).SerializeToString()


def decode_requests(wire: bytes) -> tuple[tuple[Answer, ...], str]:
    """Read the response to ListShareRequests: answers, and the token of the next page.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.ListShareRequestsResponse(), wire)
    return tuple(map(_answer, message.share_requests)), message.next_page_token


def encode_cancel_call(call: CancelCall) -> bytes:
    """Request for CancelShareRequest."""
    return messages.CancelShareRequestRequest(**call._asdict()).SerializeToString()


def decode_cancel_call(wire: bytes) -> CancelCall:
    """Read a request for CancelShareRequest.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.CancelShareRequestRequest(), wire)
    return CancelCall(message.request_id, message.share_request_id)


def encode_cancelled(answer: Answer) -> bytes:
    """Response to CancelShareRequest."""
    return messages.CancelShareRequestResponse(share_request=_answer_message(answer)).SerializeToString()


def decode_cancelled(wire: bytes) -> Answer:
    """Read the response to CancelShareRequest.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return _answer(parse_exactly(messages.CancelShareRequestResponse(), wire).share_request)


def _wish_message(wish: Wish) -> sharing_pb2.ShareRequest:
    return sharing_pb2.ShareRequest(
        request_id=wish.request_id,
        record_uid=wish.record_uid,
        log_index=wish.log_index,
        purpose=PURPOSE_NUMBERS[wish.purpose],
        wanted=_level_messages(wish.wanted),
        note=wish.note,
        note_reviewed=wish.note_reviewed,
    )


def _wish(message: sharing_pb2.ShareRequest) -> Wish:
    return Wish(
        message.request_id,
        sized("record_uid", message.record_uid, UID_BYTES),
        _index(message.log_index),
        read_purpose(message.purpose),
        _levels("wanted", message.wanted),
        message.note,
        message.note_reviewed,
    )


def _answer_message(answer: Answer) -> sharing_pb2.ShareRequest:
    message = _wish_message(answer.wish)
    message.state = sharing_pb2.ShareRequestState.ValueType(answer.state)
    message.reason = sharing_pb2.ShareRequestReason.ValueType(answer.reason or 0)
    message.granted.extend(_level_messages(answer.granted))
    message.create_time.CopyFrom(to_stamp(datetime.fromtimestamp(answer.received_at, UTC)))
    message.update_time.CopyFrom(to_stamp(datetime.fromtimestamp(answer.changed_at, UTC)))
    return message


def _answer(message: sharing_pb2.ShareRequest) -> Answer:
    return Answer(
        _wish(message),
        member_of("state", State, message.state),
        member_of("reason", Refusal, message.reason) if message.reason else None,
        _levels("granted", message.granted),
        int(from_stamp("create_time", message.create_time).timestamp()),
        int(from_stamp("update_time", message.update_time).timestamp()),
    )


def _level_messages(levels: Levels) -> list[sharing_pb2.DimensionLevel]:
    return [
        sharing_pb2.DimensionLevel(dimension=dimension, level=level)
        for dimension, level in enumerate(levels)
        if level != CLOSED
    ]


def _levels(field: str, found: Iterable[sharing_pb2.DimensionLevel]) -> Levels:
    levels = list(ALL_CLOSED)
    for one in found:
        if one.dimension >= len(FINEST) or one.level > FINEST[one.dimension]:
            raise PayloadError("{field}: a dimension or level that there is not", field=field)
        levels[one.dimension] = one.level
    return tuple(levels)


def _index(number: int) -> int:
    if number > MAX_INDEX:
        raise PayloadError("log_index: {number} is more than any log holds", number=number)
    return number
