"""Ask the members what they hold of our own log, before anything is added to it."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from console.serve import Node
from node.client import PeerClient
from node.directory import Directory, Member, Status, known_origin
from node.errors import NodeError
from node.gossip import hear
from node.restored import hear_of_own, note_asked

ASK_SECONDS = 5.0  # that a member may take


class Asked(NamedTuple):
    """A member that was asked, and why it did not answer."""

    org_id: str
    error: str


async def ask_members(node: Node, now: datetime) -> tuple[Asked, ...]:
    """Ask every member that has an address what it was shown of all logs, ours among them, and keep what is new to us.

    Raises:
        NodeError: The directory or the database can not be used.
    """
    directory = node.directory()
    directory.verify_current(now)
    others = (one for one in directory.members if one.org_id != node.org_id and one.endpoints)
    active = (one for one in others if one.status is Status.ACTIVE)
    asked = await asyncio.gather(*(_ask(node, directory, one, now) for one in active))
    if any(not one.error for one in asked):
        await asyncio.to_thread(note_asked, node.store)
    return tuple(asked)


async def _ask(node: Node, directory: Directory, member: Member, now: datetime) -> Asked:
    try:
        async with PeerClient(member, node.own(), call_seconds=ASK_SECONDS) as client:
            told = await client.checkpoints(frozenset())
    except NodeError as error:
        return Asked(member.org_id, f"{error} [{error.reason}]")
    await asyncio.to_thread(hear, node.store, told.checkpoints, directory, member.org_id, now)
    own = known_origin(directory.member(node.org_id))
    await asyncio.to_thread(hear_of_own, node.store, told.checkpoints, own, now)
    return Asked(member.org_id, "")
