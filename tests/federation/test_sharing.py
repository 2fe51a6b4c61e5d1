"""Nodes share over mutual TLS: each sees what was released to it, as finely as it may, and counts it."""

from node.rules import Tier
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import Network


def test_what_one_node_shares_another_counts(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    alpha.shares("a", "b")
    outcome = network.sync(beta, alpha)
    assert outcome.error is None
    assert outcome.received.accepted == 2
    assert beta.counts("means") == {("shooting",): 1, ("robbery",): 1}
    assert beta.faults(*network.origins()) == []


def test_a_coordinator_sees_the_day_and_a_peer_the_month(network: Network) -> None:
    alpha = network.node("alpha")
    beta, coordinator = network.node("beta"), network.node("coord", Tier.COORDINATOR)
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    network.sync(beta, alpha)
    network.sync(coordinator, alpha)
    assert beta.counts("month", "admin1", "admin2") == {("2024-03", "Unity", "unknown"): 1}
    assert coordinator.counts("month", "admin1", "admin2") == {("2024-03", "Unity", "Leer"): 1}
