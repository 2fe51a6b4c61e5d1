"""The composition root of a running node: plugs store, keys, directory and network together."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeAlias

from casework.errors import CaseworkError
from console.alerts import interest_of
from console.asking import asker
from console.for_cases import CaseDatabase
from console.home import Home
from console.keyring import use_waiting, waiting
from console.opened import Node, open_node
from console.posts import holdings, shelf
from console.syncing import sync_all
from console.together import forget_listening, leads, led, note_grown, note_listening
from node.alerting import Board
from node.allowance import Allowance
from node.collecting import AggregateDesk
from node.coordinating import coordinator_service
from node.errors import (
    LogBehindError,
    LogUnconfirmedError,
    NodeError,
)
from node.gate import Gatekeeper, Watch, unwatched
from node.logbook import start_log
from node.matching import MatchDesk
from node.relay import Relay
from node.restored import verify_may_write
from node.server import Exchange, Vital, make_server
from node.sharing import Counter
from node.slots import issue_checkpoint, seconds_to_next
from node.statuses import case_status_service
from node.store.leading import Leads, served_alone
from node.subscriptions import Listener, listen_to_all
from node.totalling import TotalDesk
from node.waking import Wakes
from node.wire import records as codec
from node.witnessing import WitnessStand

GRACE_SECONDS = 5.0  # for calls under way when the node is stopped
AGAIN_SECONDS = 1.0  # between two tries to sign a checkpoint

logger = logging.getLogger(__name__)


async def _nothing(_node: Node) -> None:
    """Nothing else runs beside the server."""


Daily: TypeAlias = Callable[[Node], Coroutine[Any, Any, None]]
First: TypeAlias = Callable[[Node], Coroutine[Any, Any, object]]


class Turns(NamedTuple):
    """What this process does among others of its node, and what is done before anything is signed."""

    leads: Leads
    first: First


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
        case_status_service(statuses, holdings(CaseDatabase(node.store)), gatekeeper),
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
