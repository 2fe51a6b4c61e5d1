"""Calls to members that a page makes: in the event loop of the node, while the page waits in its own thread."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from node.client import PeerClient
from node.directory import Directory
from node.errors import UnavailableError
from node.peer_line import Credentials

WAIT_SECONDS = 60.0  # longer than any page is waited for; what was kept until then goes on with the next try
T = TypeVar("T")


class Line(NamedTuple):
    """The way to the members of the network."""

    loop: asyncio.AbstractEventLoop
    directory: Callable[[], Directory]
    own: Callable[[], Credentials]


def over_the_line(line: Line | None, org_id: str, do: Callable[[PeerClient], Awaitable[T]]) -> T:
    """Do something with a member, and give what came of it.

    Raises:
        UnavailableError: There is no line, or the member can not be reached, or refuses, or takes too long.
        MemberError: There is no such member.
        NodeError: As what is done says.
    """
    if line is None:
        raise UnavailableError("this node belongs to no network yet")
    member = line.directory().member(org_id)

    async def call() -> T:
        async with asyncio.timeout(WAIT_SECONDS), PeerClient(member, line.own()) as client:
            return await do(client)

    try:
        return asyncio.run_coroutine_threadsafe(call(), line.loop).result()
    except TimeoutError as error:
        raise UnavailableError("{member} took too long to answer", member=org_id) from error
