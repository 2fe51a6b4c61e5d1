"""One round of syncing: pull from every member, and hear what it was shown and what it asks."""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from casework.errors import CaseworkError
from console.announced import hear_what_is_asked
from console.for_cases import CaseDatabase, DirectoryMembers
from console.opened import Node
from console.posts import Fetched, fetch
from console.posts import Reader as PostReader
from node.client import PeerClient
from node.cubes.declaration import Cube
from node.directory import Directory, Member, Status, known_origin
from node.errors import (
    BusyError,
    NodeError,
    TwoDirectoriesError,
    UnavailableError,
)
from node.gossip import tellers
from node.gossiping import Hearing, compare_network, hear_from
from node.receive import Received
from node.standby import Standby
from node.store.database import Store
from node.store.heads import log_head
from node.store.leading import Leads
from node.sync import Outcome, Reader, pull, pull_relayed
from node.verifiers import Verifiers

logger = logging.getLogger(__name__)


class Synced(NamedTuple):
    """What came of syncing with one member: of its records, and of what it signed about cases."""

    records: Outcome
    documents: Fetched
    forked: frozenset[str] = (
        frozenset()
    )  # logs that told two stories, as turned out by what the member told of them
    via: str = ""  # the member that passed the records on
    network: NodeError | None = None  # what is wrong with the directory that it holds, or with ours
    asks: Mapping[str, Cube] = MappingProxyType({})  # cubes for which it wants numbers, by title

    @property
    def error(self) -> NodeError | CaseworkError | None:
        """Why it stopped before the end."""
        return self.records.error or self.network or self.documents.error


async def sync_all(
    node: Node,
    only: frozenset[str] = frozenset(),
    progress: Callable[[str, int, int], None] = lambda _peer, _done, _size: None,
    standby: Standby | None = None,
) -> list[Synced]:
    """Pull from every active member of the network, or only from some; the peers side by side.

    What a member signed about cases comes after its records, if those came to their end; then what it asks for. Where
    another process of this node pulls at this moment, it goes on alone.

    Raises:
        NodeError: This node can not sync at all, or a named peer is no member.
        CaseStoreError: The database can not be written.
    """
    directory, now = node.directory(), datetime.now(UTC)
    own_keys = known_origin(directory.member(node.org_id)).signing_keys
    reader = PostReader(CaseDatabase(node.store), DirectoryMembers(node.directory), node.org_id, own_keys)
    for org_id in sorted(only):
        directory.member(org_id)

    async def one(peer: Member) -> Synced:
        def seen(done: int, size: int) -> None:
            progress(peer.org_id, done, size)

        if not await asyncio.to_thread(pulling.take, peer.org_id):
            return await asyncio.to_thread(_pulled_elsewhere, node.store, peer.org_id)
        async with PeerClient(peer, node.own()) as client:
            try:
                records = await pull(
                    node.store, client, directory, seen, verifiers=verifiers, identity=node.identity
                )
            finally:
                await asyncio.to_thread(pulling.give, peer.org_id)
            documents = Fetched() if records.error else await fetch(reader, client, now)
            reached = not isinstance(records.error, UnavailableError)
            forked = await _hear(node, directory, client, records.doubtful) if reached else frozenset()
            compared = await _compare(node, client) if reached else None
            who = node.org_id, directory
            asks = await hear_what_is_asked(client, node.store, who, now) if reached else {}
            return Synced(records, documents, forked, network=compared, asks=asks)

    others = (member for member in directory.members if member.org_id != node.org_id and member.endpoints)
    active = (member for member in others if member.status is Status.ACTIVE)
    async with Verifiers(standby) as verifiers:
        with closing(Leads(node.store)) as pulling:
            synced = await asyncio.gather(
                *(one(member) for member in active if not only or member.org_id in only)
            )
        away = [one.records.org_id for one in synced if isinstance(one.records.error, UnavailableError)]
        reached = {one.records.org_id for one in synced} - set(away)
        away += [
            one.org_id
            for one in directory.members
            if one.status is Status.ACTIVE and not one.endpoints and (not only or one.org_id in only)
        ]
        return [*synced, *await _from_others(node, directory, away, reached)]


async def sync_via(node: Node, relay_id: str, origins: frozenset[str]) -> list[Synced]:
    """Get the logs of members from another member that passes them on.

    Raises:
        NodeError: This node can not sync at all, or one of them is no member.
    """
    directory = node.directory()
    relay = directory.member(relay_id)
    for org_id in sorted(origins):
        directory.member(org_id)
    async with PeerClient(relay, node.own()) as client:
        return [await _passed_on(node, directory, org_id, client) for org_id in sorted(origins)]


async def _from_others(
    node: Node, directory: Directory, away: Iterable[str], reached: Collection[str]
) -> list[Synced]:
    """Get what members without a line showed to others from one of those, if it passes that on."""
    found = []
    for org_id in away:
        for relay_id in await asyncio.to_thread(tellers, node.store, org_id):
            if relay_id not in reached:
                continue
            async with PeerClient(directory.member(relay_id), node.own()) as client:
                got = await _passed_on(node, directory, org_id, client)
            if got.records.error is None:
                found.append(got)
                break
    return found


async def _passed_on(node: Node, directory: Directory, org_id: str, client: PeerClient) -> Synced:
    got = await pull_relayed(node.store, client, org_id, Reader(node.org_id, directory))
    if got.doubtful:
        await _hear(node, directory, client, got.doubtful)
    return Synced(got, Fetched(), via=client.peer.org_id)


async def _hear(node: Node, directory: Directory, client: PeerClient, doubtful: bytes) -> frozenset[str]:
    """Hear what a member was shown of all logs; should that fail, the next contact tries again."""
    try:
        who = Hearing(node.org_id, node.store, directory, datetime.now(UTC))
        return await hear_from(who, client, doubtful)
    except UnavailableError as error:
        logger.warning("nothing heard: peer=%s reason=%s", client.peer.org_id, error.reason)
        return frozenset()


async def _compare(node: Node, client: PeerClient) -> NodeError | None:
    """Hold the directory of a member against ours; should it not answer, the next contact tries again."""
    if node.network is None:
        return None
    try:
        await compare_network(node.network(), client)
    except TwoDirectoriesError as error:
        return error
    except UnavailableError as error:
        logger.warning("no directory compared: peer=%s reason=%s", client.peer.org_id, error.reason)
    return None


def _pulled_elsewhere(store: Store, org_id: str) -> Synced:
    with store.read() as connection:
        head = log_head(connection, org_id)
    held = head.frontier.size if head else 0
    busy = BusyError("another process of this node pulls from it at this moment")
    return Synced(Outcome(org_id, Received(), held, held, busy), Fetched())
