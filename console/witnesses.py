"""Have our logs cosigned by other members: they see name, size and root of a log alone.

The log of records with each checkpoint, by as many as the directory asks for; the audit log of casework once a day.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from casework.auditlog import WITNESSES, growth_proof, is_due, keep_cosignature, make_checkpoint
from casework.errors import CaseworkError
from console.for_cases import CaseDatabase
from console.opened import Node
from crypto.cosignature import cosignatures
from crypto.errors import CryptoError
from node import cosigned
from node.client import PeerClient
from node.directory import Member, Status, cosigning, quorum_of, witness_keys
from node.errors import NodeError, UnavailableError, WitnessBehindError
from node.verify import witness_name
from node.witness import Growth

LOOK_SECONDS = 3600.0  # between two looks whether a day has passed
LOG_SECONDS = 1.0  # between two looks whether the log has a new checkpoint
AGAIN_SECONDS = 5.0  # before members are asked again, when too few have answered
ASK_SECONDS = 10.0  # that a member may take

logger = logging.getLogger(__name__)
Grow = Callable[[int], Growth]  # what a witness needs to see that has signed so many entries last
Keep = Callable[[bytes], object]


class Cosigned(NamedTuple):
    """What came of asking members: the size of the log, who has cosigned it, and what others answered."""

    size: int
    by: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


class _Asked(NamedTuple):
    """A checkpoint that members are asked to cosign."""

    note: bytes
    size: int
    grow: Grow
    keep: Keep


async def have_cosigned(node: Node, now: datetime) -> Cosigned:
    """Sign how the audit log stands and ask members until two have cosigned it.

    Raises:
        TamperedError: The log no longer is the one of its last checkpoint; nobody is asked.
        NodeError: The directory can not be used.
    """
    database = CaseDatabase(node.store)
    made = await asyncio.to_thread(make_checkpoint, database, node.org_id, node.identity.log)
    directory = node.directory()
    directory.verify_current(now)
    if made is None:
        return Cosigned(0, (), ())

    def grow(old_size: int) -> Growth:
        return Growth(old_size, growth_proof(database, old_size, made.size), made.note)

    by = {one.name for one in cosignatures(made.note, witness_keys(directory))}
    asked = _Asked(made.note, made.size, grow, lambda line: keep_cosignature(database, made.size, line))
    return await _ask_until(node, directory.members, asked, by, WITNESSES)


async def have_log_cosigned(node: Node, now: datetime, last: Iterable[str] = ()) -> Cosigned:
    """Ask members to cosign the newest checkpoint of our log until as many have as the directory asks for.

    Args:
        node: This node.
        now: Aware UTC.
        last: Ids of members to be asked after all others, because they did not answer before.

    Raises:
        NodeError: The directory or the log can not be used.
        CheckpointError: The line of a witness was damaged.
    """
    directory = node.directory()
    directory.verify_current(now)
    quorum = quorum_of(directory, node.org_id)
    ours = await asyncio.to_thread(cosigned.standing, node.store, node.org_id, quorum.keys)
    if ours is None or not quorum.needed:
        return Cosigned(0, (), ())
    slow = set(last)
    members = [one for one in directory.members if witness_name(one.org_id) in quorum.keys]
    members.sort(key=lambda one: one.org_id in slow)
    asked = _Asked(
        ours.note,
        ours.size,
        lambda old_size: cosigned.growth(node.store, ours, old_size),
        lambda line: cosigned.keep_cosignature(node.store, node.org_id, ours.note, line),
    )
    return await _ask_until(node, members, asked, set(ours.by), quorum.needed)


async def keep_cosigned(node: Node) -> None:
    """Ask again whenever there is something new to cosign, until cancelled."""
    await asyncio.gather(_cosign_daily(node), _cosign_log(node))


async def _cosign_log(node: Node) -> None:
    slow: set[str] = set()
    while True:
        pause = LOG_SECONDS
        try:
            now = datetime.now(UTC)
            done = await have_log_cosigned(node, now, slow)
            slow = {org_id for org_id, _ in done.refused} or slow
            if done.size and len(done.by) < quorum_of(node.directory(), node.org_id).needed:
                pause = AGAIN_SECONDS
        except (NodeError, CryptoError) as error:
            logger.warning("log not cosigned: reason=%s", error.reason)
            pause = AGAIN_SECONDS
        await asyncio.sleep(pause)


async def _cosign_daily(node: Node) -> None:
    while True:
        try:
            now = datetime.now(UTC)
            others = {
                name: key
                for name, key in witness_keys(node.directory()).items()
                if name != witness_name(node.org_id)
            }
            if await asyncio.to_thread(is_due, CaseDatabase(node.store), others, now):
                await have_cosigned(node, now)
        except (NodeError, CaseworkError, CryptoError) as error:
            logger.warning("audit log not cosigned: reason=%s", error.reason)
        await asyncio.sleep(LOOK_SECONDS)


async def _ask_until(
    node: Node, members: Iterable[Member], asked: _Asked, by: set[str], needed: int
) -> Cosigned:
    """Ask as many as are still needed side by side, then the next in the place of those that did not sign."""
    waiting = [
        one
        for one in members
        if one.org_id != node.org_id
        and one.status is Status.ACTIVE
        and one.endpoints
        and witness_name(one.org_id) not in by
    ]
    refused: list[tuple[str, str]] = []
    while waiting and len(by) < needed:
        count = needed - len(by)
        chosen, waiting = waiting[:count], waiting[count:]
        for member, why in zip(
            chosen, await asyncio.gather(*(_ask(node, one, asked) for one in chosen)), strict=True
        ):
            if why:
                refused.append((member.org_id, why))
            else:
                by.add(witness_name(member.org_id))
    return Cosigned(asked.size, tuple(sorted(by)), tuple(refused))


async def _ask(node: Node, member: Member, asked: _Asked) -> str:
    """Have a member cosign, verify its line and keep it; gives why that was not possible."""
    try:
        async with PeerClient(member, node.own(), call_seconds=ASK_SECONDS) as line:
            cosignature = await _add_checkpoint(line, asked)
        keys = {witness_name(member.org_id): cosigning(member)}
        if not cosignatures(asked.note + cosignature, keys):
            raise UnavailableError("{org_id} answered without its signature", org_id=member.org_id)
        await asyncio.to_thread(asked.keep, cosignature)
    except (NodeError, CryptoError) as error:
        logger.warning("not cosigned: peer=%s reason=%s", member.org_id, error.reason)
        return f"{error} [{error.reason}]"
    return ""


async def _add_checkpoint(line: PeerClient, asked: _Asked) -> bytes:
    try:
        return await line.add_checkpoint(Growth(0, (), asked.note))
    except WitnessBehindError as behind:
        if behind.size > asked.size:  # it has seen more entries than there are
            raise
        return await line.add_checkpoint(await asyncio.to_thread(asked.grow, behind.size))
