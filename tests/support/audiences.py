"""Audiences of nodes in a network, as their people would make and change them."""

from node.audience import Purpose, Tier
from node.audiences import Author, Change, Scope, change_audience, new_audience
from node.bounds import Bounds
from node.charter import NOTHING, Charter
from node.plan import Plan, Request
from node.share import release
from node.store.audiences import standing
from node.store.records import revisions_by_key
from node.wire import charters, records
from tests.support.network import SOURCE, Network, Node

EVERYWHERE = Scope()


def bounds_of(network: Network, node: Node) -> Bounds:
    """The policy of a node, and the others of the network."""
    return node.bounds(network)


def author(network: Network, node: Node, said_by: str = "kb") -> Author:
    """Somebody at a node who decides."""
    return Author(said_by, node.identity, bounds_of(network, node), network.now, records, charters)


def group(network: Network, node: Node, name: str, *members: str, scope: Scope = EVERYWHERE) -> Charter:
    """Make an audience of these members."""
    return new_audience(node.store, name, frozenset(members), scope, author(network, node))


def join(network: Network, node: Node, name: str, back_fill: str = NOTHING, *members: str) -> Plan:
    """Let members join, with what was decided of old records."""
    change = Change(dict.fromkeys(members, back_fill))
    return change_audience(node.store, name, change, author(network, node))[1]


def leave(network: Network, node: Node, name: str, *members: str) -> Plan:
    """Let members leave."""
    change = Change(leaving=frozenset(members))
    return change_audience(node.store, name, change, author(network, node))[1]


def share_with(
    network: Network,
    node: Node,
    name: str,
    *keys: str,
    tiers: frozenset[Tier] = frozenset(),
    purpose: Purpose = Purpose.STAFF_SAFETY,
) -> list[Plan]:
    """Release records to an audience, and perhaps to tiers too."""
    with node.store.read() as connection:
        known = revisions_by_key(connection, SOURCE, keys)
        uids = frozenset(uid for uid, one in standing(connection).items() if one.charter.name == name)
    request = Request(
        tuple(known[key] for key in keys),
        tiers,
        network.now,
        bounds_of(network, node),
        purpose=purpose,
        audiences=uids,
    )
    return list(release(node.store, request, node.identity, records))
