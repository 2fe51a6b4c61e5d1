"""The composition root of a running node: plugs store, keys, directory and network together."""

import asyncio
import logging
import signal
from collections.abc import Callable
from datetime import UTC, datetime

from console.home import Home, LiveDirectory, write_file
from node.client import PeerClient
from node.directory import Member, Status
from node.errors import NodeError
from node.server import Exchange, Gatekeeper, make_server
from node.share import start_log
from node.sync import Outcome, pull

GRACE_SECONDS = 5.0  # for calls under way when the node is stopped
ADDRESS_FILE = "listening"  # written when the node listens, removed when it stops

logger = logging.getLogger(__name__)


def serve(
    home: Home, passphrase: str | None, ready: Callable[[str], None], sync_seconds: float | None
) -> None:
    """Serve this node's log until the process is told to stop, and pull from the peers in between.

    Args:
        home: The node.
        passphrase: Of its keys.
        ready: Called with host:port once the node listens.
        sync_seconds: Pause between two pulls from all peers; `None` only serves.

    Raises:
        NodeError: The node can not be started.
    """
    asyncio.run(_serve(home, passphrase, ready, sync_seconds))


async def sync_all(
    home: Home,
    passphrase: str | None,
    only: frozenset[str] = frozenset(),
    progress: Callable[[str, int, int], None] = lambda _peer, _done, _size: None,
) -> list[Outcome]:
    """Pull from every active member of the network, or only from some; the peers side by side.

    Raises:
        NodeError: This node can not sync at all, or a named peer is no member.
    """
    directory = home.directory()
    for org_id in sorted(only):
        directory.member(org_id)
    own = home.credentials(passphrase)
    store = home.store()
    peers = [one for one in directory.members if _is_peer(one, home, only)]

    async def one(peer: Member) -> Outcome:
        async with PeerClient(peer, own) as client:
            return await pull(store, client, directory, lambda done, size: progress(peer.org_id, done, size))

    try:
        return await asyncio.gather(*map(one, peers))
    finally:
        store.close()


async def _serve(
    home: Home, passphrase: str | None, ready: Callable[[str], None], sync_seconds: float | None
) -> None:
    live = LiveDirectory(home)
    live()  # a node without a directory would refuse everybody; say so now
    store = home.store()
    start_log(store, home.identity(passphrase), datetime.now(UTC))
    gatekeeper = Gatekeeper(live, lambda: datetime.now(UTC))
    exchange = Exchange(home.settings.org_id, store)
    server, port = make_server(exchange, gatekeeper, home.credentials(passphrase), live, home.settings.listen)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopped.set)
    await server.start()
    address = f"{home.settings.listen.rpartition(':')[0]}:{port}"
    address_file = home.path / ADDRESS_FILE
    write_file(address_file, address.encode())
    ready(address)
    try:
        async with asyncio.TaskGroup() as tasks:
            pulling = tasks.create_task(_pull_often(home, passphrase, sync_seconds)) if sync_seconds else None
            await stopped.wait()
            if pulling is not None:
                pulling.cancel()
    finally:
        address_file.unlink(missing_ok=True)
        await server.stop(GRACE_SECONDS)
        store.close()


async def _pull_often(home: Home, passphrase: str | None, pause: float) -> None:
    while True:
        try:
            await sync_all(home, passphrase)
        except NodeError as error:
            logger.warning("sync failed: reason=%s", error.reason)
        await asyncio.sleep(pause)


def _is_peer(member: Member, home: Home, only: frozenset[str]) -> bool:
    wanted = not only or member.org_id in only
    return (
        wanted
        and member.status is Status.ACTIVE
        and member.org_id != home.settings.org_id
        and bool(member.endpoint)
    )
