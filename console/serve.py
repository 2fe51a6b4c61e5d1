"""The composition root of a running node: plugs store, keys, directory and network together."""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from casework.errors import CaseworkError
from console.alerts import interest_of
from console.announced import hear_what_is_asked
from console.asking import asker
from console.home import Home
from console.joint import DirectoryMembers
from console.keyring import use_waiting, waiting
from console.live import LiveCredentials, LiveDirectory, LiveSealKeys
from console.office import CaseDatabase
from console.posts import Fetched, fetch, shelf
from console.posts import Reader as PostReader
from console.together import forget_listening, leads, led, note_grown, note_listening
from crypto.sealing import SealKey
from node.alerting import Board
from node.allowance import Allowance
from node.client import Credentials, PeerClient
from node.collecting import AggregateDesk
from node.coordinating import coordinator_service
from node.cubes.declaration import Cube
from node.directory import Directory, Member, Status
from node.errors import (
    BusyError,
    LogBehindError,
    LogUnconfirmedError,
    NodeError,
    TwoDirectoriesError,
    UnavailableError,
)
from node.gate import Gatekeeper, Watch, unwatched
from node.gossip import tellers
from node.gossiping import Hearing, compare_network, hear_from
from node.logbook import Identity, start_log
from node.matching import MatchDesk
from node.receive import Received
from node.relay import Relay
from node.restored import verify_may_write
from node.server import Exchange, Vital, make_server
from node.sharing import Counter
from node.slots import issue_checkpoint, seconds_to_next
from node.statuses import case_status_service
from node.store.database import Store
from node.store.heads import log_head
from node.store.leading import Leads, served_alone
from node.subscriptions import Listener, listen_to_all
from node.sync import Outcome, Reader, pull, pull_relayed
from node.totalling import TotalDesk
from node.trust import Trusted
from node.verifiers import Verifiers
from node.waking import Wakes
from node.wire import records as codec
from node.witnessing import WitnessStand

GRACE_SECONDS = 5.0  # for calls under way when the node is stopped
COLLECT_AFTER_VALUES = 50_000
AGAIN_SECONDS = 1.0  # between two tries to sign a checkpoint

logger = logging.getLogger(__name__)


class Node(NamedTuple):
    """An opened node: what serving and syncing need, loaded once."""

    org_id: str
    store: Store
    own: Callable[[], Credentials]
    directory: Callable[[], Directory]
    identity: Identity
    network: Callable[[], Trusted] | None = None  # with the documents that prove the directory
    seal_keys: Callable[[], tuple[SealKey, ...]] = tuple


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


async def _nothing(_node: Node) -> None:
    """Nothing else runs beside the server."""


Daily: TypeAlias = Callable[[Node], Coroutine[Any, Any, None]]
First: TypeAlias = Callable[[Node], Coroutine[Any, Any, object]]


class Turns(NamedTuple):
    """What this process does among others of its node, and what is done before anything is signed."""

    leads: Leads
    first: First


def open_node(home: Home, passphrase: str | None) -> Node:
    """Open a node that belongs to a network.

    Raises:
        NodeError: It belongs to none, or its database or directory can not be used.
        CryptoError: Its keys can not be read.
    """
    settle_collector()
    live = LiveDirectory(home)
    live()  # without a directory a node would refuse everybody; say so now
    own = LiveCredentials(home, passphrase)
    own()  # likewise
    return Node(
        home.settings.org_id,
        home.store(),
        own,
        live,
        home.identity(passphrase),
        live.network,
        LiveSealKeys(home, passphrase),
    )


def settle_collector() -> None:
    """Let Python's garbage collector look at what comes and goes only, and less often.

    Each page is some ten thousand small values that live until it is stored. By Python's own thresholds every other
    page would set off a search through all that was ever imported: a tenth of the time that a page takes.
    """
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_VALUES)


def serve(
    home: Home,
    passphrase: str | None,
    ready: Callable[[str], None],
    sync_seconds: float | None,
    *,
    alerts: bool = False,
    daily: Daily = _nothing,
    first: First = _nothing,
    watch: Watch = unwatched,
) -> None:
    """Serve this node's log until the process is told to stop, and pull from the peers in between.

    Args:
        home: The node.
        passphrase: Of its keys.
        ready: Called with host:port once the node listens.
        sync_seconds: Pause between two pulls from all peers; `None` only serves.
        alerts: Whether to listen to the alerts of the peers too.
        daily: What else is to run beside it until then.
        first: What is to be done before anything is signed.
        watch: Told of each call of a member once it is over.

    Raises:
        NodeError: The node can not be started, or may not add to its log.
        ServedError: Another process serves it, on SQLite.
        CryptoError: Its keys can not be read.
    """
    if waiting(home):  # a change of keys may have been cut short, and half of a TLS key is none
        use_waiting(home, home.directory())
    node = open_node(home, passphrase)
    turns = Turns(Leads(node.store), first)
    try:
        with served_alone(node.store):
            asyncio.run(first(node))
            verify_may_write(node.store, node.org_id)
            start_log(node.store, node.identity, datetime.now(UTC))
            issue_checkpoint(node.store, node.identity, codec, datetime.now(UTC))
            asyncio.run(
                _serve(node, home, ready, sync_seconds, turns, alerts=alerts, daily=daily, watch=watch)
            )
    finally:
        turns.leads.close()
        node.store.close()


async def sync_all(
    node: Node,
    only: frozenset[str] = frozenset(),
    progress: Callable[[str, int, int], None] = lambda _peer, _done, _size: None,
) -> list[Synced]:
    """Pull from every active member of the network, or only from some; the peers side by side.

    What a member signed about cases comes after its records, if those came to their end; then what it asks for. Where
    another process of this node pulls at this moment, it goes on alone.

    Raises:
        NodeError: This node can not sync at all, or a named peer is no member.
        CaseStoreError: The database can not be written.
    """
    directory, now = node.directory(), datetime.now(UTC)
    reader = PostReader(CaseDatabase(node.store), DirectoryMembers(node.directory), node.org_id)
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
            documents = Fetched() if records.error else await fetch(reader, client, now.date())
            reached = not isinstance(records.error, UnavailableError)
            forked = await _hear(node, directory, client, records.doubtful) if reached else frozenset()
            compared = await _compare(node, client) if reached else None
            who = node.org_id, directory
            asks = await hear_what_is_asked(client, node.store, who, now) if reached else {}
            return Synced(records, documents, forked, network=compared, asks=asks)

    others = (member for member in directory.members if member.org_id != node.org_id and member.endpoints)
    active = (member for member in others if member.status is Status.ACTIVE)
    async with Verifiers() as verifiers:
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


def listener(node: Node, home: Home, leads_to: Callable[[str], bool] = lambda _: True) -> Listener:
    """A node as one that listens to alerts, by its settings, of the members that this process leads."""
    interest = interest_of(home.settings)
    return Listener(node.org_id, node.store, node.own, node.directory, interest, leads=leads_to)


async def _serve(
    node: Node,
    home: Home,
    ready: Callable[[str], None],
    sync_seconds: float | None,
    turns: Turns,
    *,
    alerts: bool,
    daily: Daily,
    watch: Watch,
) -> None:
    wakes, vital = Wakes(), Vital()
    allowance = Allowance(home.settings.member_calls_per_second, home.settings.member_calls_at_once)
    gatekeeper = Gatekeeper(node.directory, lambda: datetime.now(UTC), allowance, watch)
    passes_on = (lambda: home.policy().levels) if home.settings.relay else None
    exchange = Exchange(node.org_id, node.store, relay=Relay(node.directory, passes_on, codec))
    board = Board(node.org_id, node.store, gatekeeper, lambda: datetime.now(UTC), wakes=wakes)
    stand = WitnessStand(
        node.org_id,
        node.store,
        node.identity.witness,
        gatekeeper,
        lambda: datetime.now(UTC),
        network=lambda: node.network().document if node.network else None,
    )
    statuses = shelf(CaseDatabase(node.store), lambda: datetime.now(UTC))
    totals = TotalDesk(node.identity, node.store, node.directory, node.seal_keys)
    more = (
        stand.service(),
        board.service(),
        Counter(node.store).service(gatekeeper),
        MatchDesk(node.org_id, node.store, home.bounds).service(gatekeeper),
        case_status_service(statuses, gatekeeper),
        coordinator_service(node.org_id, asker(node.store, lambda: datetime.now(UTC)), gatekeeper),
        totals.service(gatekeeper),
        AggregateDesk(node.org_id, node.store, node.directory, node.seal_keys).service(gatekeeper),
    )
    server, port = await make_server(
        exchange, gatekeeper, node.own, home.settings.listen, more, wakes=wakes, vital=vital
    )
    stopped = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stopped.set)
    await server.start()
    address = f"{home.settings.listen.rpartition(':')[0]}:{port}"
    note_listening(home, address)
    ready(address)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(one) for one in (board.run(), daily(node), wakes.run(node.store, vital.say))
            ]
            if node.identity.pace.slot_seconds:
                running.append(tasks.create_task(sign_slots(node, home, turns.first)))
            if sync_seconds:
                running.append(tasks.create_task(_pull_often(node, sync_seconds, turns.leads)))
            if alerts:
                heard = listener(node, home, lambda org_id: leads(turns.leads, org_id))
                running.append(tasks.create_task(listen_to_all(heard)))
            await stopped.wait()
            for task in running:
                task.cancel()
    finally:
        forget_listening(home, address)
        await server.stop(GRACE_SECONDS)


async def sign_slots(node: Node, home: Home, first: First) -> None:
    """Sign the log once in each slot until cancelled; what failed is tried again, as long as the slot lasts.

    Where the database holds less of it than it did, as after a server that was lost, members are asked `first`.
    """
    pause = 0.0
    while True:
        await asyncio.sleep(pause)
        try:
            now = datetime.now(UTC)
            await asyncio.to_thread(note_grown, home, node.store)
            await asyncio.to_thread(verify_may_write, node.store, node.org_id)
            await asyncio.to_thread(issue_checkpoint, node.store, node.identity, codec, now)
            pause = seconds_to_next(node.identity.pace.slot_seconds, datetime.now(UTC))
        except (
            LogBehindError,
            LogUnconfirmedError,
        ) as error:  # nothing that is tried again soon changes that
            logger.warning("no checkpoint: reason=%s", error.reason)
            pause = node.identity.pace.slot_seconds
            if isinstance(error, LogUnconfirmedError):
                pause = await _asked(node, first, pause)
        except NodeError as error:
            logger.warning("no checkpoint yet: reason=%s", error.reason)
            pause = AGAIN_SECONDS


async def _asked(node: Node, first: First, pause: float) -> float:
    """Ask members what they hold of our log; gives the pause until the next try to sign it."""
    try:
        await first(node)
        await asyncio.to_thread(verify_may_write, node.store, node.org_id)
    except NodeError as error:
        logger.warning("no checkpoint: reason=%s", error.reason)
        return pause
    return AGAIN_SECONDS


async def _pull_often(node: Node, pause: float, lead: Leads) -> None:
    """Pull from those members that this process leads: from each one process does, and another when that has ended."""
    while True:
        try:
            chosen = await asyncio.to_thread(led, lead, node.directory().members, node.org_id)
            if chosen:
                await sync_all(node, chosen)
        except (NodeError, CaseworkError) as error:
            logger.warning("sync failed: reason=%s", error.reason)
        await asyncio.sleep(pause)
