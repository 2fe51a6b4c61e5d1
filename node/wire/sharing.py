"""Requests and responses of the sharing service as bytes."""

from collections.abc import Iterable
from typing import NamedTuple

from node.wire.parsing import parse, parse_exactly
from tocsin.node.v1 import sharing_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["SharingService"].full_name


class PageCall(NamedTuple):
    """A request for a page of a list."""

    request_id: str
    page_size: int
    page_token: str


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
