"""After each sync every record has one outcome with every member, and it is the true one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.audience import ALL_CLOSED, Tier
from node.errors import PassingError
from node.granting import grant
from node.holders import disclosures
from node.ladders import WHEN
from node.outcomes import Outcome, Reading, Told, outcomes
from node.passing import pass_on
from node.plan import Request
from node.recall import call_back
from node.receipt import PassedOn
from node.signed import Label, Reason
from node.store.records import record_ids_by_key
from node.wire import records
from node.wire.receipts import decode_confirm_call, decode_receipt
from tests.support.audiences import bounds_of, group, join, leave, share_with
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone, postgresql_when_slow
from tests.support.peer_simulator import PeerSimulator
from tests.support.requests import MONTH, REQUEST_ID, ask, decides, wish_for


def told(network: Network, node: Node) -> dict[tuple[str, str], Told]:
    """The outcome of each record with each member."""
    request = Request((), frozenset(), network.now, bounds_of(network, node))
    reading = Reading(records.decode_envelope, decode_receipt, request)
    found = list(outcomes(node.store, node.org_id, reading))
    by_pair = {(one.record.partition(":")[2], one.member): one for one in found}
    assert len(by_pair) == len(found)
    return by_pair


@pytest.fixture
def four(network: Network) -> tuple[Node, ...]:
    """alpha, which holds records; beta and gamma, peers; delta, a coordinator."""
    nodes = tuple(network.node(name) for name in ("alpha", "beta", "gamma"))
    nodes[0].holds(a=SHOOTING, b=LOOTING, c=SHELLING, d=ROBBERY, e=ASSAULT)
    return (*nodes, network.node("delta", Tier.COORDINATOR))


@postgresql_when_slow
def test_a_record_is_sent_waits_is_withheld_or_taken_back(network: Network, four: tuple[Node, ...]) -> None:
    alpha, beta, _, _ = four
    group(network, alpha, "forum", "beta", "gamma")
    alpha.shares("a", tiers=frozenset({Tier.COORDINATOR}))
    alpha.shares("b", tiers=frozenset({Tier.PEER}))
    share_with(network, alpha, "forum", "c", "d", "e")
    assert network.sync(beta, alpha).error is None
    leave(network, alpha, "forum", "beta")

    now = told(network, alpha)
    seen = {key: (one.outcome, one.rule, one.routes) for key, one in now.items()}

    assert seen["a", "beta"] == (Outcome.WITHHELD, "R1", ())
    assert seen["a", "delta"] == (Outcome.WAITING, "", ("coordinator",))
    assert seen["b", "beta"] == (Outcome.SENT, "", ("peer",))
    assert seen["b", "gamma"] == (Outcome.WAITING, "", ("peer",))
    assert seen["c", "beta"] == (Outcome.CLOSED, "R18", ())
    assert seen["c", "gamma"] == (Outcome.WAITING, "", ("audience forum",))
    assert not [key for key in seen if key[0] == "e"]  # it never left: R14
    assert (now["b", "beta"].confirmed, now["c", "beta"].confirmed) == (NOW, None)

    network.now += timedelta(hours=1)
    assert network.sync(beta, alpha).error is None
    assert told(network, alpha)["c", "beta"].confirmed == network.now


@on_sqlite_alone
def test_what_a_rule_withholds_is_named_with_the_rule(network: Network, four: tuple[Node, ...]) -> None:
    alpha, beta, _, _ = four
    network.node("omega", Tier.PUBLIC)
    fresh = replace(ROBBERY, when=replace(ROBBERY.when, year=2026, month=11, day=20))
    alpha.holds(f=fresh)
    alpha.shares("f", tiers=frozenset({Tier.PUBLIC, Tier.PEER}))
    assert network.sync(beta, alpha).error is None

    now = told(network, alpha)

    assert (now["f", "omega"].outcome, now["f", "omega"].rule) == (Outcome.WITHHELD, "R11")
    assert "too short a time ago" in now["f", "omega"].reason
    assert now["f", "beta"].outcome is Outcome.SENT


@on_sqlite_alone
def test_what_is_old_for_who_joined_is_told_as_that(network: Network, four: tuple[Node, ...]) -> None:
    alpha, _, _, _ = four
    group(network, alpha, "forum", "beta")
    share_with(network, alpha, "forum", "a")
    join(network, alpha, "forum", "none", "gamma")

    now = told(network, alpha)["a", "gamma"]

    assert (now.outcome, now.rule) == (Outcome.WITHHELD, "R1")
    assert now.reason.startswith("audience forum does not give it to this member: old")


@on_sqlite_alone
def test_a_correction_waits_until_the_member_comes_for_it(network: Network, four: tuple[Node, ...]) -> None:
    alpha, beta, _, _ = four
    alpha.shares("b", tiers=frozenset({Tier.PEER}))
    assert network.sync(beta, alpha).error is None

    alpha.holds(b=replace(LOOTING, means="shooting"))
    alpha.shares("b", tiers=frozenset({Tier.PEER}))
    assert told(network, alpha)["b", "beta"].outcome is Outcome.WAITING

    assert network.sync(beta, alpha).error is None
    assert told(network, alpha)["b", "beta"].outcome is Outcome.SENT


@on_sqlite_alone
def test_a_call_back_is_taken_back_from_who_had_it_and_withheld_from_others(
    network: Network, four: tuple[Node, ...]
) -> None:
    alpha, beta, _, _ = four
    alpha.shares("b", tiers=frozenset({Tier.PEER}))
    assert network.sync(beta, alpha).error is None
    with alpha.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, ["b"]).values())
    call_back(alpha.store, ids, Reason.SHARED_IN_ERROR, alpha.identity, records, now=NOW)

    now = told(network, alpha)

    assert (now["b", "beta"].outcome, now["b", "beta"].reason) == (Outcome.CLOSED, "called back")
    assert (now["b", "gamma"].outcome, now["b", "gamma"].rule) == (Outcome.WITHHELD, "R1")


@on_sqlite_alone
def test_what_a_member_refuses_comes_back_with_its_reason(network: Network) -> None:
    peer, beta = PeerSimulator(), network.node("beta")
    network.admit(peer.member)
    peer.adds(SHOOTING)
    peer.adds(ASSAULT)
    assert network.sync(beta, peer).error is None

    (wire,) = peer.receipts
    receipt = decode_receipt(decode_confirm_call(wire).envelope.payload)
    assert [(one.log_index, one.reason) for one in receipt.refused] == [(1, "SEXUAL_VIOLENCE_RECORD")]


@on_sqlite_alone
def test_refusals_of_a_receipt_are_the_outcome(
    network: Network, four: tuple[Node, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha, beta, _, _ = four
    alpha.shares("a", "b", tiers=frozenset({Tier.PEER}))
    monkeypatch.setattr("node.verify.SCHEMA", 2)  # beta is of a version that does not know ours
    assert network.sync(beta, alpha).error is None

    now = told(network, alpha)

    assert (now["a", "beta"].outcome, now["a", "beta"].reason) == (Outcome.REFUSED, "LADDER_SCHEMA_UNKNOWN")
    assert now["a", "beta"].confirmed == NOW


@on_sqlite_alone
def test_a_grant_is_the_way_by_which_a_record_went_and_stands_in_the_log(
    network: Network, four: tuple[Node, ...]
) -> None:
    alpha, beta, _, _ = four
    alpha.shares("a", tiers=frozenset({Tier.PUBLIC}))
    ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}))
    grant(alpha.store, REQUEST_ID, decides(network, alpha), {})
    assert network.sync(beta, alpha).error is None

    assert told(network, alpha)["a", "beta"].routes == ("public", f"request {REQUEST_ID[:8]}")
    rules = [one.rule for one in disclosures(alpha.store, member="beta")]
    assert any(f"request {REQUEST_ID[:8]}" in rule for rule in rules)


@on_sqlite_alone
def test_what_people_passed_on_comes_back_with_the_next_receipt(
    network: Network, four: tuple[Node, ...]
) -> None:
    alpha, beta, _, _ = four
    alpha.shares("a", tiers=frozenset({Tier.PUBLIC}))
    alpha.shares("b", tiers=frozenset({Tier.PEER}))
    alpha.shares("c", tiers=frozenset({Tier.COORDINATOR}))
    delta = four[3]
    assert network.sync(beta, alpha).error is None
    assert network.sync(delta, alpha).error is None
    others = bounds_of(network, beta).network

    def passes(node: Node, index: int, member: str) -> Label:
        return pass_on(node.store, "alpha", PassedOn(index, member, network.now), "kb", others, records)

    network.now += timedelta(minutes=1)
    assert passes(beta, 0, "") is Label.CLEAR
    assert passes(beta, 1, "gamma") is Label.GREEN
    for node, index, member in (
        (beta, 1, ""),
        (beta, 1, "nobody"),
        (beta, 1, "alpha"),
        (beta, 7, "gamma"),
        (delta, 2, "gamma"),
    ):
        with pytest.raises(PassingError):
            passes(node, index, member)

    network.now += timedelta(minutes=1)
    assert network.sync(beta, alpha).error is None
    network.now += timedelta(minutes=1)
    assert network.sync(beta, alpha).error is None

    now = told(network, alpha)
    assert [one.member_id for one in now["a", "beta"].passed_on] == [""]
    assert [one.member_id for one in now["b", "beta"].passed_on] == ["gamma"]
    assert now["b", "beta"].confirmed == network.now - timedelta(minutes=1)
    assert now["a", "gamma"].levels != ALL_CLOSED
    assert not alpha.faults(*network.origins())
    assert not beta.faults(*network.origins())
