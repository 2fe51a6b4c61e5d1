"""Real nodes for the measurements: folders with keys, one network, and a server that is a process of its own."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from types import MappingProxyType
from typing import NamedTuple

import grpc

from benchmarks.samples import fill
from console.applications import admitted
from console.home import Home, make_home
from console.keyring import as_member, open_ring
from console.network import change_members, found_network, take_over
from console.together import ADDRESS_FILE
from crypto.certificates import certificate_pem, private_key_pem, server_name
from node.audience import Tier
from node.config import new_settings
from node.store.heads import log_head
from node.store.own_log import own_page
from node.verify import MAX_ASKED_ENTRIES

TOCSIN = Path(sys.executable).with_name("tocsin")
ORIGIN = "origin"
START_SECONDS = 30.0

_NOWHERE = "127.0.0.1:1"  # a receiver is told where the origin really listens


class Served(NamedTuple):
    """A serving process and the host:port at which it answers."""

    pid: int
    endpoint: str


class Network(NamedTuple):
    """One origin with a filled log, and a receiver for each of the two views: narrow and full."""

    origin: Home
    receivers: dict[Tier, Home]


def make_network(
    folder: Path,
    size: int,
    origin_at: str = "",
    databases: Mapping[str, str] = MappingProxyType({}),
) -> Network:
    """Make the nodes; the origin's log gets so many entries.

    Args:
        folder: Where they are made.
        size: Of the log of the origin.
        origin_at: host:port where members find the origin; else they are told later.
        databases: URLs by the name of a node; without one it is SQLite in its folder.
    """
    origin = _home(folder / ORIGIN, databases, origin_at)
    found_network(origin, "bench", None)
    receivers = {
        tier: _home(folder / tier.name.lower(), databases) for tier in (Tier.PUBLIC, Tier.COORDINATOR)
    }
    now = datetime.now(UTC).replace(microsecond=0)
    members = [
        as_member(home, open_ring(home, None), (_NOWHERE,), now)._replace(tier=tier)
        for tier, home in receivers.items()
    ]
    change_members(origin, None, admitted(members))
    for home in receivers.values():
        take_over(home, origin.network_file.read_bytes(), origin.fingerprint())
    if size:
        store = origin.store()
        fill(store, origin.identity(None), size)
        store.close()
    return Network(origin, receivers)


def first_page(origin: Home, tier: Tier) -> list[bytes]:
    """The entries of the first page that a member of a tier gets."""
    store = origin.store()
    with store.read() as connection:
        head = log_head(connection, ORIGIN)
        assert head is not None, "the origin has no log"
        page = own_page(connection, head.log_id, 0, MAX_ASKED_ENTRIES, tier)
    store.close()
    return page


@contextmanager
def serving(home: Home, program: Sequence[str] = (str(TOCSIN), "serve", "--home")) -> Iterator[Served]:
    """Run `tocsin serve`, or what stands in for it, for a node."""
    address_file = home.path / ADDRESS_FILE
    address_file.unlink(missing_ok=True)  # another may be serving the same node
    command = [*program, str(home.path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own program
        try:
            deadline = monotonic() + START_SECONDS
            while not (address_file.exists() and address_file.read_text()):
                if process.poll() is not None or monotonic() > deadline:
                    raise RuntimeError("the serving node did not start")
                sleep(0.005)
            yield Served(process.pid, address_file.read_text())
        finally:
            process.terminate()


@asynccontextmanager
async def open_line(home: Home, org_id: str, endpoint: str) -> AsyncIterator[grpc.aio.Channel]:
    """A channel of its own from a node to a member, as `PeerClient` opens it."""
    own, peer = home.credentials(None), home.directory().member(org_id)
    credentials = grpc.ssl_channel_credentials(
        certificate_pem(peer.tls_certificates[0]), private_key_pem(own.key), certificate_pem(own.certificate)
    )
    options = (("grpc.ssl_target_name_override", server_name(org_id)), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.secure_channel(endpoint, credentials, options) as channel:
        await channel.channel_ready()
        yield channel


def _home(path: Path, databases: Mapping[str, str], at: str = "") -> Home:
    settings = new_settings(
        org_id=path.name,
        org_type="UN",
        listen=at or "127.0.0.1:0",
        endpoint=at or _NOWHERE,
        log_slot_seconds=0,
        database_url=databases.get(path.name, ""),
    )
    return make_home(path, settings, None)
