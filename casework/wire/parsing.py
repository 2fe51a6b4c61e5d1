"""What all messages have in common: how they are parsed, the id of a request, days that may be left out, pages."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import DecodeError, Message

from casework.errors import CallError
from casework.wire.cases import decode_day
from tocsin.casework.v1 import casework_service_pb2 as messages

MAX_PAGE = 500
DEFAULT_PAGE = 50
M = TypeVar("M", bound=Message)
T = TypeVar("T")


def parse(message: M, wire: bytes) -> M:
    """Fill an empty message; fields of another version are kept.

    Raises:
        CallError: The bytes are no such message.
    """
    try:
        message.ParseFromString(wire)
    except (DecodeError, ValueError) as error:
        raise CallError("not a {name} message", name=message.DESCRIPTOR.name) from error
    return message


def request_id_of(wire: bytes) -> str:
    """The id that a caller gave its request, in one form; every request has it in the same place.

    Raises:
        CallError: It is no UUID.
    """
    text = parse(messages.SignOutRequest(), wire).request_id
    try:
        return str(UUID(text))
    except ValueError as error:
        raise CallError("request_id: not a UUID") from error


def day_of(field: str, text: str) -> date | None:
    """A day, or nothing where none is given.

    Raises:
        FieldError: It is no day.
    """
    return decode_day(field, text) if text else None


def page_of(found: Sequence[T], size: int, token: str, name: Callable[[T], str]) -> tuple[Sequence[T], str]:
    """The page behind a token, and the token of the next one; a token is the name of the last of its page.

    Raises:
        CallError: The size is out of its range, or the token was not given here.
    """
    if not 0 <= size <= MAX_PAGE:
        raise CallError("page_size: {size} is not between 0 and {most}", size=size, most=MAX_PAGE)
    start = 0
    if token:
        start = next((at for at, one in enumerate(found, 1) if name(one) == token), 0)
        if not start:
            raise CallError("page_token: not one that this server gave")
    page = found[start : start + (size or DEFAULT_PAGE)]
    more = start + len(page) < len(found)
    return page, name(page[-1]) if more else ""
