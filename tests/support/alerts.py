"""Nodes that ring and nodes that listen, and a peer whose alerts can be anything."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import grpc

from crypto.envelope import sign_envelope
from crypto.signing import Signer
from node.alert import Order, cancel_alert, send_alert, update_alert
from node.alert_life import Sender
from node.audience import Tier
from node.directory import Member
from node.interest import Interest
from node.model import Incident
from node.store.alerts import StoredAlert, stored_alerts
from node.store.records import revisions_by_key
from node.subscriptions import Listener, keep_listening, listen
from node.urgent import ALERT_TYPE, Alert, Kind, Pushed
from node.wire import records
from node.wire.alerts import SERVICE, encode_acknowledged, encode_pushed
from tests.support.deciding import BASELINE
from tests.support.network import NOW, SOURCE, Network, Node
from tests.support.peer_simulator import Logged, PeerSimulator

PEERS = frozenset({Tier.PEER})
COORDINATORS = frozenset({Tier.COORDINATOR})
PATIENCE_SECONDS = 20.0  # for something that must happen; a test that passes never waits so long


def sender(node: Node) -> Sender:
    """A node as one that sends alerts."""
    return Sender(node.identity, records)


def ring(node: Node, key: str, tiers: frozenset[Tier] = PEERS, now: datetime = NOW, **order: Any) -> Alert:
    """Send a new alert about a record."""
    with node.store.read() as connection:
        revision_id = revisions_by_key(connection, SOURCE, [key])[key]
    return send_alert(
        node.store, revision_id, Order(now, order.pop("bounds", BASELINE), tiers, **order), sender(node)
    )


def ring_again(node: Node, uid: bytes, now: datetime = NOW, **order: Any) -> Alert:
    """Send an update."""
    return update_alert(node.store, uid, Order(now, BASELINE, **order), sender(node))


def call_off(node: Node, uid: bytes, now: datetime = NOW) -> Alert:
    """Cancel an alert."""
    return cancel_alert(node.store, uid, now, sender(node))


def held(node: Node) -> tuple[StoredAlert, ...]:
    """Every message that a node holds."""
    with node.store.read() as connection:
        return stored_alerts(connection)


def kinds(node: Node) -> list[str]:
    """What each message that a node holds is, in order."""
    return [Kind(one.kind).name for one in held(node)]


def as_listener(network: Network, node: Node, interest: Interest | None = None) -> Listener:
    """A node as one that listens to alerts."""
    return Listener(
        node.org_id,
        node.store,
        lambda: node.credentials,
        lambda: network.directory,
        interest or Interest(),
        lambda: network.now,
    )


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what it waits for is in a database
            await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(
    network: Network, node: Node, peer: Member, interest: Interest | None = None
) -> AsyncIterator["asyncio.Task[None]"]:
    """Listen over one line; the task ends, with its error, when the line does."""
    task = asyncio.create_task(listen(as_listener(network, node, interest), peer))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def always_listening(network: Network, node: Node, peer: Member) -> AsyncIterator[None]:
    """Listen and come back after every cut."""
    task = asyncio.create_task(keep_listening(as_listener(network, node), peer))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@contextmanager
def quick_returns(monkeypatch: Any) -> Iterator[None]:
    """Come back after a cut without a pause."""
    monkeypatch.setattr("node.subscriptions.FIRST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr("node.subscriptions.LONGEST_PAUSE_SECONDS", 0.1)
    yield


@dataclass
class Alarmist(PeerSimulator):
    """A peer that pushes what a test gives it; its log stays as sound or unsound as that of any simulated peer.

    Attributes:
        pushes: Messages that each subscriber gets at once, as bytes.
        asked: Requests to Subscribe that came in.
    """

    pushes: list[bytes] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()

        async def subscribe(wire: bytes, _context: object) -> AsyncIterator[bytes]:
            self.asked.append(wire)
            for message in self.pushes:
                yield message
            await asyncio.sleep(60)

        async def acknowledge(_wire: bytes, _context: object) -> bytes:
            return encode_acknowledged()

        methods: dict[str, Any] = {
            "Subscribe": grpc.unary_stream_rpc_method_handler(subscribe),
            "Acknowledge": grpc.unary_unary_rpc_method_handler(acknowledge),
        }
        self.more = (grpc.method_handlers_generic_handler(SERVICE, methods),)

    def alert_about(self, logged: Logged, **changes: Any) -> Alert:
        """A sound alert about an entry; `changes` replace fields of it."""
        return Alert(
            b"u" * 16,
            self.org_id,
            1,
            Kind.NEW,
            logged.record.record_uid,
            logged.position.leaf_hash,
            logged.position.log_index,
            NOW,
            NOW + timedelta(hours=1),
            NOW + timedelta(minutes=10),
        )._replace(**changes)

    def sign(
        self, alert: Alert, entry: bytes, signer: Signer | None = None, payload_type: str = ALERT_TYPE
    ) -> Pushed:
        """The message by which an alert travels."""
        envelope = sign_envelope(signer or self.identity.signing, payload_type, records.encode_alert(alert))
        return Pushed(records.encode_envelope(envelope), entry)

    def rings(self, incident: Incident, **changes: Any) -> Pushed:
        """Log an incident and push an alert about it to whoever subscribes from now on."""
        logged = self.adds(incident)
        changes.setdefault("sequence", len(self.pushes) + 1)
        pushed = self.sign(self.alert_about(logged, **changes), logged.wire)
        self.pushes.append(encode_pushed(pushed))
        return pushed
