"""Records that are matched between nodes, as their people and their nodes would do it."""

import asyncio
from dataclasses import replace

from node.audience import Audience
from node.candidates import Pair
from node.client import PeerClient
from node.comparing import Move, next_move, reveal
from node.judging import Judge, judge
from node.pairing import find_pairs
from node.partaking import Desk, partner_of
from node.policy import Policy, read_policy
from node.proposing import propose
from node.signed import RecordName
from node.stepping import compare_with
from node.stepup import Proposal
from node.store.comparisons import Comparison, comparisons
from node.store.matched import LikelyPair, all_places
from node.store.verdicts import StoredVerdict, all_verdicts
from node.verdict import Ground, Judgement, Verdict
from node.wire import matching, records
from tests.support.incidents import SHOOTING
from tests.support.network import Network, Node, Served
from tests.support.works import Probed

MATCH_ID = "00000000-0000-4000-8000-00000000000a"
DAY_AND_DISTRICT = """
[matching]
when = "day"
where = "admin2"
"""


def with_policy(node: Node, more: str) -> Node:
    """A node whose policy says more than the baseline."""
    return replace(node, policy=policy_with(node.policy, more))


def policy_with(policy: Policy, more: str) -> Policy:
    """A policy with more tables at its end."""
    return read_policy(policy.text + more)


def desk_of(network: Network, node: Node) -> Desk:
    """Where a node compares."""
    return Desk(node.org_id, node.bounds(network), records, network.now)


def pairs_of(network: Network, node: Node) -> tuple[LikelyPair, ...]:
    """Pairs that a node finds now."""
    return find_pairs(node.store, node.org_id, node.bounds(network).network, records, network.now)


def exchange(network: Network, *nodes: Node) -> None:
    """Let every node pull from every other."""
    for receiver in nodes:
        for origin in nodes:
            if origin is not receiver:
                assert network.sync(receiver, origin).error is None


def only_pair(network: Network, node: Node) -> Pair:
    """The one pair that a node finds."""
    (found,) = pairs_of(network, node)
    return found.pair


def sides(pair: Pair, node: Node) -> tuple[RecordName, RecordName]:
    """A node's own record of a pair, and the other."""
    one, other = pair
    return (one, other) if one.origin_id == node.org_id else (other, one)


def proposes(network: Network, node: Node, pair: Pair, match_id: str = MATCH_ID) -> Proposal:
    """Keep a proposal at the node that makes it."""
    mine, theirs = sides(pair, node)
    with node.store.read() as connection:
        record_ids = [one.record_id for one in all_places(connection, mine)]
        index = all_places(connection, theirs)[-1].log_index
    assert record_ids[0] is not None
    assert index is not None
    return propose(
        node.store,
        record_ids[0],
        (as_partner(network, node, theirs.origin_id), theirs, index),
        match_id,
        desk_of(network, node),
        by="kb",
    )


def as_partner(network: Network, node: Node, member: str) -> Audience:
    """A member as a node would compare with it."""
    return partner_of(node.bounds(network).network, member)


def compares(network: Network, node: Node, other: Served) -> Comparison:
    """Go through the newest comparison of a node with another, over the line."""
    one = last_comparison(node)
    key, partner, desk = one.key, as_partner(network, node, one.member), desk_of(network, node)

    async def over_mutual_tls() -> Comparison:
        async with other.serving(network) as peer, PeerClient(peer, node.credentials) as line:
            return await compare_with(node.store, line, key, partner, desk)

    return asyncio.run(over_mutual_tls())


def last_comparison(node: Node) -> Comparison:
    """The newest comparison that a node knows."""
    with node.store.read() as connection:
        return comparisons(connection)[-1]


def says(
    network: Network,
    node: Node,
    pair: Pair,
    judgement: Judgement = Judgement.SAME,
    ground: Ground | None = Ground.WITNESSED,
) -> Verdict:
    """Let somebody at a node decide about a pair."""
    mine, theirs = sides(pair, node)
    partner = as_partner(network, node, theirs.origin_id)
    by = Judge("kb", node.identity, desk_of(network, node), matching)
    said = judgement, ground if judgement is Judgement.SAME else None
    return judge(node.store, mine, (partner, theirs), said, by)


def verdicts_of(node: Node) -> list[StoredVerdict]:
    """Every verdict that a node holds."""
    with node.store.read() as connection:
        return all_verdicts(connection)


def sound_requests(network: Network, asker: Node, owner: Node) -> tuple[bytes, ...]:
    """One sound request for each call of the matching service; the owner holds the report of a shooting, released."""
    asker.holds(b=SHOOTING)
    asker.shares("b")
    exchange(network, asker, owner)
    (found,) = pairs_of(network, asker)
    proposal = proposes(network, asker, found.pair)
    key, partner, desk = (
        last_comparison(asker).key,
        as_partner(network, asker, owner.org_id),
        desk_of(network, asker),
    )
    move = next_move(asker.store, key, partner, desk)
    shown = reveal(asker.store, key, Move(0, bytes(32)), partner, desk)
    assert shown is not None
    return (
        matching.encode_propose_call(matching.ProposeCall(proposal, (asker.org_id, owner.org_id))),
        matching.encode_commit_call(matching.CommitCall(MATCH_ID, MATCH_ID, move)),
        matching.encode_reveal_call(matching.RevealCall(MATCH_ID, MATCH_ID, 0, shown)),
        matching.encode_verdicts_call(matching.VerdictsCall(MATCH_ID, (bytes(32),))),
    )


def probed(network: Network, asker: Node, node: Node) -> Probed:
    """What a member says to a node about the pair of their only records, and has signed."""
    both = {asker.org_id, node.org_id}
    (pair,) = (one.pair for one in pairs_of(network, asker) if {side.origin_id for side in one.pair} == both)
    proposal = proposes(network, asker, pair)
    key, partner, desk = (
        last_comparison(asker).key,
        as_partner(network, asker, node.org_id),
        desk_of(network, asker),
    )
    move = next_move(asker.store, key, partner, desk)
    shown = reveal(asker.store, key, Move(0, bytes(32)), partner, desk)
    assert shown is not None
    says(network, asker, pair)
    return Probed(pair, proposal, move, shown, verdicts_of(asker)[-1].envelope)
