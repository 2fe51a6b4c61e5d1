"""Nodes share over mutual TLS: each sees what was released to it, as finely as it may, and counts it."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest

from crypto.ladder import Opening
from node.audience import Tier
from node.model import PartialDate
from node.store.heads import log_head, note_contact
from node.store.own_log import own_page
from node.store.peer_log import fates, stored_entries
from node.wire import records
from tests.support.incidents import ASSAULT, CAPTURE, LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, TODAY, Network, Node, on_sqlite_alone, rows_of

PEERS, COORDINATORS = frozenset({Tier.PEER}), frozenset({Tier.COORDINATOR})
YESTERDAY = TODAY - timedelta(days=1)


def log_of(node: Node, tier: Tier) -> list[bytes]:
    """Every entry of a node's own log as one tier gets it."""
    with node.store.read() as connection:
        head = log_head(connection, node.org_id)
        assert head is not None
        return own_page(connection, head.log_id, 0, head.frontier.size, tier)


def opened(wire: bytes) -> dict[int, Opening]:
    """Openings of an entry by the number of their dimension."""
    return {opening.dimension: opening for opening in records.decode_entry(wire).openings}


def test_what_one_node_shares_another_counts(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    alpha.shares("a", "b")
    outcome = network.sync(beta, alpha)
    assert outcome.error is None
    assert outcome.received.accepted == 2
    assert beta.counts("means") == {("shooting",): 1, ("robbery",): 1}
    assert beta.faults(*network.origins()) == []


def test_a_contact_is_written_down_once_a_minute_and_when_it_ends_otherwise(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING)
    alpha.shares("a")

    def heard(seconds: int) -> tuple[int, str]:
        network.now = NOW + timedelta(seconds=seconds)
        network.sync(beta, alpha)
        with beta.store.read() as connection:
            head = log_head(connection, "alpha")
        assert head is not None
        return head.heard_at - int(NOW.timestamp()), head.refused_reason

    assert [heard(at) for at in (0, 59, 60, 61)] == [(0, ""), (0, ""), (60, ""), (60, "")]
    with beta.store.write() as connection:
        note_contact(connection, "alpha", int(NOW.timestamp()) + 70, "LOG_FORKED")
    assert heard(80) == (80, "")
    assert heard(10) == (10, "")  # the clock was wrong


def test_a_coordinator_sees_the_day_and_a_peer_the_month(network: Network) -> None:
    alpha = network.node("alpha")
    beta, coordinator = network.node("beta"), network.node("coord", Tier.COORDINATOR)
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    network.sync(beta, alpha)
    network.sync(coordinator, alpha)
    place = ("month", "admin1", "admin2")
    assert beta.counts(*place) == {("2024-03", "Unity", "unknown"): 1}
    assert coordinator.counts(*place) == {("2024-03", "Unity", "Leer"): 1}


def test_a_peer_outside_the_tier_gets_the_leaf_alone_and_still_follows_the_log(network: Network) -> None:
    alpha = network.node("alpha")
    beta, coordinator = network.node("beta"), network.node("coord", Tier.COORDINATOR)
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", tiers=COORDINATORS)
    alpha.shares("b", tiers=PEERS)
    assert [records.decode_entry(wire).envelope is None for wire in log_of(alpha, Tier.PEER)] == [True, False]
    received = network.sync(beta, alpha).received
    assert (received.accepted, received.withheld) == (1, 1)
    assert beta.counts("means") == {("robbery",): 1}
    assert network.sync(coordinator, alpha).received.accepted == 2
    assert beta.faults(*network.origins()) == coordinator.faults(*network.origins()) == []


@on_sqlite_alone
def test_a_coarser_view_is_the_beginning_of_the_finer_one_under_the_same_signature(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=SHELLING)
    alpha.shares("a", "b", "c")
    views = [log_of(alpha, tier) for tier in Tier]
    for coarse, fine in (pair for one in zip(*views, strict=True) for pair in pairwise(one)):
        assert records.decode_entry(coarse).envelope == records.decode_entry(fine).envelope
        for number, opening in opened(coarse).items():
            finer = opened(fine)[number]
            assert opening.values == finer.values[: len(opening.values)]
            assert finer.salts.startswith(opening.salts)
        assert opened(coarse) != opened(fine)


@on_sqlite_alone
def test_what_was_not_released_leaves_no_trace_in_the_log(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    before = log_of(alpha, Tier.COORDINATOR)
    alpha.holds(a=SHOOTING, secret=ROBBERY, assault=ASSAULT, capture=CAPTURE)
    (plan,) = alpha.shares("assault", "capture")
    assert sorted(held.hold.rule for held in plan.held) == ["R14", "R15"]
    assert log_of(alpha, Tier.COORDINATOR) == before


@on_sqlite_alone
def test_nobody_reads_the_narrative_or_the_settlement(network: Network) -> None:
    alpha = network.node("alpha")
    place = replace(SHOOTING.where, settlement="Thonyor")
    alpha.holds(a=replace(SHOOTING, where=place, actor_name="the men from the hills"))
    alpha.shares("a")
    everything = b"".join(wire for tier in Tier for wire in log_of(alpha, tier))
    assert b"Leer" in everything
    for secret in (SHOOTING.narrative, "Thonyor", "the men from the hills", "ingo"):
        assert secret.encode() not in everything


def test_a_correction_replaces_what_peers_counted_from_its_day_on(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    network.now = NOW - timedelta(days=1)
    alpha.shares("a", now=network.now)
    network.sync(beta, alpha)
    network.now = NOW
    alpha.holds(a=SHELLING)
    alpha.shares()  # what left before and changed goes out again, unasked
    network.sync(beta, alpha)
    assert beta.counts("means") == {("shelling",): 1}
    assert beta.counts("means", as_of=YESTERDAY) == {("shooting",): 1}
    assert beta.faults(*network.origins()) == alpha.faults(*network.origins()) == []


def test_a_correction_in_the_same_pull_is_counted_once(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    for month in range(1, 8):
        alpha.holds(a=replace(SHOOTING, when=PartialDate(2024, month)), on=date(2026, 1, month))
        alpha.shares("a")
    received = network.sync(beta, alpha).received
    assert (received.accepted, received.withheld) == (1, 6)  # what was corrected is opened to nobody any more
    assert beta.counts("month") == {("2024-07",): 1}
    assert beta.faults(*network.origins()) == []


def test_a_retraction_takes_the_record_out_of_the_counts(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY, on=YESTERDAY)
    alpha.shares("a", "b")
    network.sync(beta, alpha)
    alpha.holds(b=ROBBERY)
    alpha.shares()
    assert network.sync(beta, alpha).received.retracted == 1
    assert beta.counts("means") == {("robbery",): 1}
    assert beta.faults(*network.origins()) == alpha.faults(*network.origins()) == []


@on_sqlite_alone
def test_who_never_saw_a_record_does_not_learn_that_it_was_called_back(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    alpha.shares("a", tiers=COORDINATORS)
    alpha.holds(b=LOOTING)
    alpha.shares()
    received = network.sync(beta, alpha).received
    assert (received.withheld, received.retracted) == (2, 0)


def test_a_record_that_comes_back_after_its_retraction_counts_again(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, on=date(2026, 1, 1))
    alpha.shares("a")
    alpha.holds(b=LOOTING, on=date(2026, 2, 1))
    alpha.shares()
    alpha.holds(a=SHELLING, on=date(2026, 3, 1))
    alpha.shares("a")
    network.sync(beta, alpha)
    assert beta.counts("means") == {("shelling",): 1}
    assert beta.faults(*network.origins()) == alpha.faults(*network.origins()) == []


def test_a_second_pull_brings_only_what_is_new(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a")
    network.sync(beta, alpha)
    before = rows_of(beta.store)
    nothing = network.sync(beta, alpha)
    assert (nothing.error, nothing.held, nothing.verified) == (None, 1, 1)
    assert rows_of(beta.store) == before
    alpha.shares("b")
    assert network.sync(beta, alpha).received.accepted == 1
    assert beta.counts() == {(): 2}


@on_sqlite_alone
def test_an_empty_log_is_a_good_log(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    outcome = network.sync(beta, alpha)
    assert (outcome.error, outcome.verified) == (None, 0)
    assert beta.faults(*network.origins()) == []


@pytest.mark.slow
def test_three_nodes_pull_from_each_other_and_agree(network: Network) -> None:
    nodes = [network.node(name) for name in ("alpha", "beta", "gamma")]
    for node, incident in zip(nodes, (SHOOTING, ROBBERY, LOOTING), strict=True):
        node.holds(a=incident)
        node.shares("a")
    for receiver in nodes:
        for origin in nodes:
            if origin is not receiver:
                assert network.sync(receiver, origin).error is None
    assert [node.counts("year") for node in nodes] == [{(2024,): 3}] * 3
    assert [node.faults(*network.origins()) for node in nodes] == [[], [], []]


@on_sqlite_alone
@pytest.mark.parametrize("tier", [Tier.PUBLIC, Tier.PEER, Tier.COORDINATOR])
def test_a_receiver_keeps_the_very_bytes_that_the_origin_keeps_for_its_tier(
    network: Network, tier: Tier
) -> None:
    alpha, beta = network.node("alpha"), network.node("beta", tier)
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a")
    alpha.shares("b", tiers=COORDINATORS)
    network.sync(beta, alpha)
    with beta.store.read() as connection:
        head = log_head(connection, "alpha")
        assert head is not None
        kept = [entry.wire for entry in stored_entries(connection, head.log_id, 0, 10)]
        assert len(fates(connection)) == 1 + (tier is not Tier.COORDINATOR)
    assert kept == log_of(alpha, tier)
