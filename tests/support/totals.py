"""A private total with its two servers and a group, for tests."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from node.adding_up import Adder
from node.agreeing import agree_to_total, declaration, declare_total, named_total, settled, take_declaration
from node.client import PeerClient
from node.directory import OrganizationType
from node.said import Teller
from node.splitting import Giver, give
from node.store.totals import Gave, HeldTotal, papers
from node.totalling import fetch_totals, give_share, settle, tell_total
from node.totals.declaration import Total
from node.totals.papers import Outcome
from node.wire import totals as wires
from tests.support.network import NOW, Network, Node, seal_of

CLOSES = datetime(2026, 12, 1, tzinfo=UTC)
AFTER = CLOSES + timedelta(hours=1)
GROUP = ("alpha", "beta", "delta", "epsilon", "gamma", "zeta")
UN, NGO = "undss", "forum"
KILLED = Total("killed-2025", "killed", "2025", ("SDN", "SSD"), GROUP, CLOSES, (UN, NGO))


class Parties(NamedTuple):
    """Everybody who takes part."""

    network: Network
    servers: tuple[Node, Node]
    members: tuple[Node, ...]

    def teller(self) -> Teller:
        """Somebody who decides now."""
        return Teller("kb", self.network.now)

    def adder(self, server: Node) -> Adder:
        """A server as it stands now."""
        keys = (seal_of(server.identity),)
        return Adder(server.identity, lambda: keys, self.network.directory, wires, self.network.now)

    def giver(self, node: Node) -> Giver:
        """A member that gives now."""
        return Giver(node.identity, self.network.directory, self.teller(), wires, secrets.token_bytes)

    def agreed(self, total: Total = KILLED, *, known: bool = True) -> HeldTotal:
        """Let both servers sign a declaration in a moment, and the members know of it."""
        first, second = self.servers
        who = [(one.identity, self.network.directory) for one in self.servers]
        held = declare_total(first.store, total, who[0], self.teller())
        self.tells(second, held)
        held = agree_to_total(second.store, held, who[1], self.teller())
        told = [one for one in self.members if known and one.org_id in total.group]
        for one in (first, *told):
            self.tells(one, held)
        return held

    def tells(self, node: Node, held: HeldTotal) -> HeldTotal:
        """Let a node take in what was signed of a declaration."""
        who = node.org_id, self.network.directory
        return take_declaration(node.store, declaration(held), who, self.teller())

    def gives(self, node: Node, held: HeldTotal, *figures: int) -> Gave:
        """Let a member write down what it gives."""
        return give(node.store, held.digest, figures, self.giver(node))

    def outcome(self, node: Node, held: HeldTotal) -> Outcome | None:
        """What both servers said came out, as a node knows it."""
        with node.store.read() as connection:
            return settled(papers(connection), named_total(node.store, held.digest))


def parties(network: Network, members: Iterable[str] = GROUP) -> Parties:
    """Found both servers and a group."""
    servers = network.node(UN), network.node(NGO)
    network.admit(network.directory.member(UN)._replace(type=OrganizationType.UN))
    return Parties(network, servers, tuple(map(network.node, members)))


def over_the_line(some: Parties, held: HeldTotal, given: Mapping[str, tuple[int, ...]]) -> None:
    """Give and add up over mutual TLS: tell, fetch, give, settle, fetch."""
    first, second = some.servers
    who = {one.org_id: (one.org_id, some.network.directory) for one in some.members}

    async def run() -> None:
        async with first.serving(some.network) as un, second.serving(some.network) as ngo:
            async with PeerClient(ngo, first.credentials) as client:
                await tell_total(client, held)
            for node in some.members:
                async with (
                    PeerClient(un, node.credentials) as to_un,
                    PeerClient(ngo, node.credentials) as to_ngo,
                ):
                    await fetch_totals(to_un, node.store, who[node.org_id], some.teller())
                    if node.org_id in given:
                        gave = some.gives(node, held, *given[node.org_id])
                        for client in (to_un, to_ngo):
                            await give_share(client, held, gave)
            some.network.now = AFTER
            async with PeerClient(ngo, first.credentials) as client:
                await settle(client, first.store, held.digest, some.adder(first))
            for node in some.members:
                for peer in (un, ngo):
                    async with PeerClient(peer, node.credentials) as client:
                        await fetch_totals(client, node.store, who[node.org_id], some.teller())

    some.network.now = NOW
    asyncio.run(run())
