"""A network of whole nodes in one process: real keys, databases, signatures and mutual TLS on the loopback.

Only passphrases and waiting are left out: keys never touch a file, and the clock stands at `NOW`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

import pytest

from console.asking import asker
from console.database import open_store
from console.for_cases import CaseDatabase
from console.posts import holdings, shelf
from crypto.certificates import make_member_certificate
from crypto.sealing import SealKey
from crypto.signing import Signer
from node.alert_check import check_alerts
from node.alerting import Board
from node.allowance import Allowance
from node.audience import Tier
from node.audiences import charter_faults
from node.bounds import Bounds
from node.check import Fault, check_logs, check_records, check_tiles
from node.client import PeerClient
from node.collecting import AggregateDesk
from node.confirm import receipt_faults
from node.contain import fork_faults
from node.coordinating import coordinator_service
from node.directory import (
    LIFETIME,
    Directory,
    Member,
    MemberKey,
    OrganizationType,
    QuorumPolicy,
    Status,
    origin_of,
)
from node.figures import Group
from node.gate import Gatekeeper
from node.gossiping import Hearing, hear_from
from node.intake.publication import Publication, Row
from node.logbook import Identity, start_log
from node.matching import MatchDesk
from node.measures import make_query
from node.model import Incident
from node.peer_line import Credentials
from node.plan import Plan, Request
from node.policy import Policy, baseline
from node.query import answer
from node.record import import_publication
from node.relay import Relay
from node.release_check import release_faults
from node.request_check import check_requests
from node.scan import NO_NAMES
from node.server import Exchange, make_server
from node.share import release
from node.sharing import Counter
from node.statuses import case_status_service
from node.store.database import Store
from node.store.records import revisions_by_key
from node.sync import Outcome, Reader, pull, pull_relayed
from node.tables import metadata
from node.total_check import total_faults
from node.totalling import TotalDesk
from node.trust import Document
from node.verdict_check import check_verdicts
from node.verify import Origin
from node.waking import Wakes
from node.wire import charters, matching, records, witness
from node.wire.receipts import decode_receipt
from node.witnessing import WitnessStand
from tests.support.deciding import BASELINE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()
SOURCE = "reports"
on_sqlite_alone = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)
"""For a test that says nothing about databases."""
postgresql_when_slow = pytest.mark.parametrize(
    "new_database_url",
    ["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.slow])],
    indirect=True,
)
"""For a test that takes its time on PostgreSQL."""
EVERYBODY = frozenset({Tier.PUBLIC, Tier.PEER, Tier.COORDINATOR})

# TLS reads the machine's own clock, which is not ours to set.
CERTIFIED = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

Rows = Mapping[str, tuple[tuple[Any, ...], ...]]


def make_credentials(org_id: str) -> Credentials:
    """A TLS key and the certificate of the kind that members use."""
    return Credentials(*make_member_certificate(org_id, *CERTIFIED))


def make_identity(org_id: str) -> Identity:
    """An organization with new keys."""
    return Identity(org_id, Signer.generate(), Signer.generate(), cosigning=Signer.generate())


def seal_of(identity: Identity) -> SealKey:
    """The key to which one seals for an organization; made from another, so that a test need not carry it around."""
    return SealKey(sha256(b"seal" + identity.signing.seed).digest())


def _span() -> tuple[datetime, datetime]:
    return NOW - timedelta(days=365), NOW + timedelta(days=365)


def member_of(identity: Identity, credentials: Credentials, tier: Tier = Tier.PEER) -> Member:
    """What the directory says of an organization in good standing."""

    def key(signer: Signer) -> MemberKey:
        return MemberKey(signer.public_key, *_span())

    return Member(
        identity.org_id,
        OrganizationType.INGO,
        Status.ACTIVE,
        tier,
        (key(identity.signing),),
        (key(identity.log),),
        (credentials.certificate,),
        ("127.0.0.1:1",),
        (MemberKey(seal_of(identity).public_key, *_span()),),
        (key(identity.witness),) if identity.cosigning else (),
    )


class Served(Protocol):
    """Whoever answers calls under a member's name."""

    def serving(self, network: "Network", /) -> AbstractAsyncContextManager[Member]:
        """Answer calls; gives the member with the endpoint at which it does."""
        ...


@dataclass(frozen=True, slots=True)
class Node:
    """One organization's node; its records come from one source, as publications that hold all of them."""

    identity: Identity
    credentials: Credentials
    store: Store
    policy: Policy = field(default_factory=baseline)

    @property
    def org_id(self) -> str:
        """Its name in the directory."""
        return self.identity.org_id

    @property
    def origin(self) -> Origin:
        """Its own public keys."""
        return Origin(self.org_id, (self.identity.signing.public_key,), (self.identity.log.public_key,))

    def holds(self, *, on: date = TODAY, **incidents: Incident) -> None:
        """Make these, as published on a day, all that the node knows of its source."""
        rows = tuple(Row(at, key, incident, ()) for at, (key, incident) in enumerate(incidents.items(), 2))
        publication = Publication(SOURCE, on, "--published", (), rows, (), ())
        import_publication(self.store, publication, sha256(repr(rows).encode()).digest(), NOW)

    def shares(self, *keys: str, tiers: frozenset[Tier] = EVERYBODY, now: datetime = NOW) -> list[Plan]:
        """Release these records, and whatever changed among those that left before."""
        with self.store.read() as connection:
            known = revisions_by_key(connection, SOURCE, keys)
        request = Request(tuple(known[key] for key in keys), tiers, now, BASELINE)
        return list(release(self.store, request, self.identity, records))

    def counts(self, *by: str, as_of: date = TODAY) -> dict[Group, int]:
        """Number of incidents by these dimensions, as a query would answer it."""
        rows = answer(self.store, make_query(by, ("incidents",), (), as_of=as_of)).rows
        return {row[:-1]: int(row[-1] or 0) for row in rows}

    def bounds(self, network: "Network") -> Bounds:
        """By what it decides: its policy, and the others of the network."""
        others = (one for one in network.active() if one.org_id != self.org_id)
        return Bounds(self.policy, NO_NAMES, {one.org_id: one.tier for one in others}, {})

    def match_desk(self, network: "Network") -> MatchDesk:
        """Who answers for it about matching."""
        return MatchDesk(self.org_id, self.store, lambda: self.bounds(network), lambda: network.now)

    @asynccontextmanager
    async def serving(self, network: "Network") -> AsyncIterator[Member]:
        """Run the node's server; gives its member with the endpoint at which it answers."""
        gatekeeper = Gatekeeper(network.current, lambda: network.now, network.allowance)
        passes_on = (lambda: BASELINE.policy.levels) if self.org_id in network.relays else None
        relay = Relay(network.current, passes_on, records)
        exchange = Exchange(self.org_id, self.store, lambda: network.now, relay)
        wakes = Wakes()
        board = Board(self.org_id, self.store, gatekeeper, lambda: network.now, wakes=wakes)
        stand = WitnessStand(
            self.org_id,
            self.store,
            self.identity.witness,
            gatekeeper,
            lambda: network.now,
            network=lambda: network.documents.get(self.org_id),
        )
        seals, cases = (seal_of(self.identity),), CaseDatabase(self.store)
        sealed = self.store, network.current, lambda: seals, lambda: network.now
        server, port = await make_server(
            exchange,
            gatekeeper,
            lambda: network.renewed.get(self.org_id, self.credentials),
            "127.0.0.1:0",
            (
                stand.service(),
                board.service(),
                Counter(self.store, lambda: network.now).service(gatekeeper),
                self.match_desk(network).service(gatekeeper),
                case_status_service(shelf(cases, lambda: network.now), holdings(cases), gatekeeper),
                coordinator_service(self.org_id, asker(self.store, lambda: network.now), gatekeeper),
                TotalDesk(self.identity, *sealed).service(gatekeeper),
                AggregateDesk(self.org_id, *sealed).service(gatekeeper),
            ),
            wakes=wakes,
        )
        await server.start()
        pushing = [asyncio.create_task(board.run())]
        if network.waking:
            pushing.append(asyncio.create_task(wakes.run(self.store)))
        try:
            yield network.directory.member(self.org_id)._replace(endpoints=(f"127.0.0.1:{port}",))
        finally:
            for one in pushing:
                one.cancel()
            await asyncio.wait(pushing)
            await server.stop(None)

    def faults(self, *known: Origin) -> list[Fault]:
        """Everything that does not hold in this node's database."""
        origins = {origin.org_id: origin for origin in (*known, self.origin)}
        found = [
            *check_records(self.store),
            *check_logs(self.store, origins, records),
            *check_alerts(self.store, self.org_id, origins, records),
            *check_requests(self.store),
            *check_verdicts(self.store, origins, matching),
        ]
        decoders = records.decode_envelope, decode_receipt
        given = [Fault(*one) for one in receipt_faults(self.store, self.org_id, origins, *decoders)]
        given += [Fault(*one) for one in fork_faults(self.store, origins, witness)]
        given += [Fault(*one) for one in charter_faults(self.store, self.org_id, origins, charters)]
        given += [Fault(*one) for one in release_faults(self.store, self.org_id, origins)]
        given += [Fault(*one) for one in total_faults(self.store, origins)]
        tiles = check_tiles(self.store, self.org_id)
        return [one for one in found if isinstance(one, Fault)] + [*tiles, *given]


class Network:
    """Members that trust one directory, whose next version can be written at any time.

    Attributes:
        now: What every clock shows.
        directory: Who belongs to it.
        fault: What a node meets that looks into its directory.
        allowance: What each node lets one member ask of it.
        documents: What nodes hold as the signed documents of the network.
        renewed: What nodes show in TLS in the place of their first credentials.
        waking: Whether nodes are told what other processes of theirs write, instead of looking.
    """

    def __init__(self, new_database_url: Callable[[], str]) -> None:
        self.now = NOW
        self.waking = False
        self.relays: set[str] = set()  # who passes on what others shared
        self.directory = Directory("testnet", 1, NOW, NOW + LIFETIME, ())
        self.fault: Exception | None = None
        self.allowance = Allowance()
        self.renewed: dict[str, Credentials] = {}
        self.documents: dict[str, Document] = {}
        self._new_database_url = new_database_url
        self._stores: list[Store] = []

    def current(self) -> Directory:
        """The directory as a node reads it."""
        if self.fault is not None:
            raise self.fault
        return self.directory

    def node(self, org_id: str, tier: Tier = Tier.PEER) -> Node:
        """Found an organization's node and admit it."""
        store = open_store(self._new_database_url())
        self._stores.append(store)
        made = Node(make_identity(org_id), make_credentials(org_id), store)
        start_log(store, made.identity, NOW)
        self.admit(member_of(made.identity, made.credentials, tier))
        return made

    def admit(self, member: Member) -> None:
        """Add a member, or replace what the directory said of it."""
        others = [one for one in self.directory.members if one.org_id != member.org_id]
        self._publish((*others, member))

    def admit_all(self, members: Iterable[Member]) -> None:
        """Add members, whether they could have a line or not."""
        self._publish((*self.directory.members, *members))

    def asks_witnesses(self, needed: int, *among: str, stale_seconds: int = 86_400) -> None:
        """Let the directory say who has to have cosigned a checkpoint."""
        policy = QuorumPolicy(needed, among, stale_seconds)
        self.directory = replace(self.directory, witnesses=policy)
        self._publish(self.directory.members)

    def suspend(self, org_id: str) -> None:
        """Take a member out until further notice."""
        self.admit(self.directory.member(org_id)._replace(status=Status.SUSPENDED))

    def sync(self, receiver: Node, origin: Served) -> Outcome:
        """Let a node pull from another party over the loopback."""

        async def over_mutual_tls() -> Outcome:
            async with origin.serving(self) as peer:
                return await self.pull(receiver, peer)

        return asyncio.run(over_mutual_tls())

    def hears(self, receiver: Node, teller: Served, doubtful: bytes = b"") -> frozenset[str]:
        """Let a node hear which logs another party was shown; gives whose log told two stories."""

        async def over_mutual_tls() -> frozenset[str]:
            async with teller.serving(self) as peer, PeerClient(peer, receiver.credentials) as line:
                who = Hearing(receiver.org_id, receiver.store, self.directory, self.now)
                return await hear_from(who, line, doubtful)

        return asyncio.run(over_mutual_tls())

    def passes(self, receiver: Node, relay: Served, origin_id: str) -> Outcome:
        """Let a node get the log of a member from another one."""

        async def over_mutual_tls() -> Outcome:
            async with relay.serving(self) as peer, PeerClient(peer, receiver.credentials) as line:
                reader = Reader(receiver.org_id, self.directory, lambda: self.now)
                return await pull_relayed(receiver.store, line, origin_id, reader)

        return asyncio.run(over_mutual_tls())

    async def pull(self, receiver: Node, peer: Member, *, call_seconds: float = 30.0) -> Outcome:
        """Pull from a member that is being served at its endpoint."""
        async with PeerClient(peer, receiver.credentials, call_seconds=call_seconds) as line:
            return await pull(
                receiver.store, line, self.directory, clock=lambda: self.now, identity=receiver.identity
            )

    def origins(self) -> tuple[Origin, ...]:
        """Keys of every active member."""
        return tuple(origin_of(self.directory, one.org_id, self.now) for one in self.active())

    def active(self) -> tuple[Member, ...]:
        """Every active member."""
        return tuple(one for one in self.directory.members if one.status is Status.ACTIVE)

    def close(self) -> None:
        """Close every database."""
        for store in self._stores:
            store.close()

    def _publish(self, members: tuple[Member, ...]) -> None:
        old = self.directory
        self.directory = Directory(
            old.network,
            old.version + 1,
            self.now,
            self.now + LIFETIME,
            tuple(sorted(members, key=lambda member: member.org_id)),
            witnesses=old.witnesses,
        )


def rows_of(store: Store) -> Rows:
    """Every row of every table, but for when a peer was last heard and why it was refused."""
    with store.read() as connection:
        return {
            table.name: tuple(
                sorted(
                    tuple(row)
                    for row in connection.execute(
                        table.select().with_only_columns(
                            *(one for one in table.c if one.name not in {"heard_at", "refused_reason"})
                        )
                    )
                )
            )
            for table in metadata.sorted_tables
        }


@pytest.fixture
def network(new_database_url: Callable[[], str]) -> Iterator[Network]:
    """A network without members yet, whose databases are all of one kind."""
    made = Network(new_database_url)
    yield made
    made.close()
