"""A call as the gateway knows it: its descriptor, and what answers the bytes of its request.

What answers is the function that answers over gRPC too, so that nothing is let through here that is not there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

Answers: TypeAlias = Callable[[bytes, str], Iterator[bytes]]
"""Gives the messages of an answer for the bytes of a request and the token that came with it.

Raises:
    NodeError: It is refused.
    CaseworkError: Likewise.
"""


class Call(NamedTuple):
    """One call.

    Attributes:
        method: Its descriptor.
        answers: What answers.
        open: Whether it is answered without a token, as signing in is.
    """

    method: MethodDescriptor
    answers: Answers
    open: bool = False

    @property
    def path(self) -> str:
        """Where it is called."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"

    @property
    def streams(self) -> bool:
        """Whether its answer is several messages, which are given as a list."""
        return bool(self.method.server_streaming)


def calls_of(
    services: Iterable[ServiceDescriptor],
    answers: Callable[[str, str], Answers],
    *,
    without: Iterable[str] = (),
    open_to_all: Iterable[str] = (),
) -> Mapping[str, Call]:
    """Every call of some services by its path.

    Args:
        services: Their descriptors.
        answers: Gives what answers, by service and method.
        without: Methods that are left out; so is all that takes its request in pieces.
        open_to_all: Methods that need no token.
    """
    left_out, open_ones = frozenset(without), frozenset(open_to_all)
    found: dict[str, Call] = {}
    for service in services:
        methods: Any = service.methods
        for method in methods:
            if not method.client_streaming and method.name not in left_out:
                call = Call(method, answers(service.full_name, method.name), method.name in open_ones)
                found[call.path] = call
    return MappingProxyType(found)
