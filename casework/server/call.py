"""One call of the service: what answers it, and whether requests or answers come in pieces.

What answers is a plain function of the bytes that were asked and the workplace of the officer who asks. It runs in a
thread beside the event loop, and so does every step of what it gives piece by piece.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

T = TypeVar("T")

LISTED = 200  # entries in one message of a list that comes in pieces


class Call(NamedTuple):
    """One call.

    Attributes:
        answer: Gives a message, or an iterator of messages where `streams`; what it takes first is the bytes of the
            request, or an iterator of them where `uploads`.
        uploads: Whether the request comes in pieces.
        streams: Whether the answer does.
    """

    answer: Callable[..., object]
    uploads: bool = False
    streams: bool = False


def batches(found: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list into as many entries as one message holds."""
    for start in range(0, len(found), LISTED):
        yield found[start : start + LISTED]
