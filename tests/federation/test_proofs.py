"""A record is proven to whom it may be shown, as finely as that, and that is written down."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crypto.logproof import read_log_proof, write_log_proof
from node.audience import ALL_CLOSED, FINEST, Purpose, Tier
from node.errors import PassingError, StoreError
from node.plan import Request
from node.proof import Proven, verify_proof
from node.prove import Standing, prove_received
from node.recall import call_back
from node.receipt import PassedOn
from node.rules import Override
from node.share import release
from node.signed import Label, Reason
from node.store.heads import log_head
from node.store.policies import say
from node.store.receipts import passed_on_of
from node.store.records import revisions_by_key
from node.wire import records
from tests.support.deciding import BASELINE
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone
from tests.support.peer_simulator import PeerSimulator
from tests.support.proving import (
    BOUNDS,
    NETWORK,
    by_script,
    proof_of,
    prover,
    read_again,
    record_id,
    refusal,
    standing_at,
    to,
)


def given(node: Node, origin: str) -> list[PassedOn]:
    with node.store.read() as connection:
        return passed_on_of(connection, origin, 100)


@pytest.fixture
def alpha(network: Network) -> Node:
    return prover(network)


def test_a_proof_shows_what_its_audience_sees_and_nothing_finer(alpha: Node, tmp_path: Path) -> None:
    shown: dict[str, tuple[str, ...]] = {}
    for tier in Tier:
        proof = proof_of(alpha, to(tier))
        assert read_log_proof(write_log_proof(proof)) == proof
        proven = verify_proof(proof, alpha.origin, {}, records)
        levels = BASELINE.policy.levels[tier]
        assert all(len(chain) <= level + 1 for chain, level in zip(proven.chains, levels, strict=True))
        shown[tier.name] = tuple(chain[-1] if chain else "not shown" for chain in proven.chains)
        file = tmp_path / "proof"
        file.write_bytes(write_log_proof(proof))
        told = by_script(file, alpha)
        lines = [line.partition(": ")[2] for line in told.splitlines()[:-1]]
        assert lines == list(shown[tier.name])[: len(lines)]
        assert not any(value != "not shown" for value in shown[tier.name][len(lines) :])
        assert f"entry {proven.position.log_index} of 3" in told
    assert shown["PUBLIC"] != shown["PEER"] != shown["COORDINATOR"]
    assert b"Leer" not in proof_of(alpha, to(Tier.PUBLIC)).extra
    assert b"Leer" in proof_of(alpha, to(Tier.COORDINATOR)).extra


def test_what_was_never_released_or_no_longer_stands_is_not_proven(alpha: Node) -> None:
    assert "ever released (R1)" in refusal(lambda: proof_of(alpha, to(Tier.COORDINATOR), "d"))
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING)
    assert "changed since it left (R18)" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC)))
    old = proof_of(alpha, to(Tier.PUBLIC), "b")
    alpha.shares()
    fresh = proof_of(alpha, to(Tier.PUBLIC))
    call_back(alpha.store, [record_id(alpha)], Reason.WITHDRAWN, alpha.identity, records, now=NOW)
    assert "called back by entry 4 (R18)" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC)))
    for proof, standing in ((old, Standing.STANDS), (fresh, Standing.CALLED_BACK)):
        assert standing_at(alpha, read_again(alpha, proof)) is standing
    alpha.holds(b=SHELLING)
    assert "changed since it left (R18)" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC), "c"))  # is gone
    alpha.shares()
    assert standing_at(alpha, read_again(alpha, old)) is Standing.REPLACED


@on_sqlite_alone
def test_what_a_log_needs_for_a_proof_is_there_or_none_is_given(alpha: Node) -> None:
    with alpha.store.write() as connection:
        connection.exec_driver_sql("DELETE FROM tile")
    with pytest.raises(StoreError):
        proof_of(alpha, to(Tier.PUBLIC))
    assert given(alpha, "alpha") == []


def test_a_record_is_proven_to_those_alone_for_whom_it_left_and_as_it_left_for_them(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", tiers=frozenset({Tier.PEER}))
    assert "not released to public (R1)" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC)))
    with alpha.store.read() as connection:
        chosen = tuple(revisions_by_key(connection, SOURCE, ["b"]).values())
    request = Request(chosen, frozenset({Tier.PUBLIC}), NOW, BOUNDS, members=frozenset({"gamma"}))
    list(release(alpha.store, request, alpha.identity, records))
    shown = {
        member: read_again(alpha, proof_of(alpha, to(Tier.COORDINATOR, member), "b")).chains
        for member in ("gamma", "")
    }
    levels = {tier: BASELINE.policy.levels[tier] for tier in Tier}
    for member, tier in (("gamma", Tier.COORDINATOR), ("", Tier.PUBLIC)):
        whole = zip(shown["gamma"], levels[tier], strict=True)
        assert shown[member] == tuple(chain[: level + 1] for chain, level in whole)
    assert shown["gamma"] != shown[""]


def test_a_rule_that_holds_now_holds_a_proof_too(alpha: Node) -> None:
    with alpha.store.write() as connection:
        say(connection, record_id(alpha), Override(label=Label.AMBER), "kb", NOW - timedelta(1), waits=False)
        say(connection, record_id(alpha, "b"), Override(held=True), "kb", NOW - timedelta(1), waits=False)
    assert "held by R3" in refusal(lambda: proof_of(alpha, to(Tier.PEER)))
    assert proof_of(alpha, to(Tier.COORDINATOR))
    assert "RECORD_NOT_PROVABLE: it is held" in refusal(lambda: proof_of(alpha, to(Tier.COORDINATOR), "b"))
    with alpha.store.write() as connection:
        narrower = Override(levels=(0, *FINEST[1:]))
        say(connection, record_id(alpha, "c"), narrower, "kb", NOW - timedelta(1), waits=False)
    assert "the rules let less of when leave now" in refusal(lambda: proof_of(alpha, to(Tier.PEER), "c"))


def test_what_left_for_a_purpose_is_not_proven_to_whom_it_is_forbidden_by_now(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    with alpha.store.read() as connection:
        chosen = tuple(revisions_by_key(connection, SOURCE, ["a"]).values())
    request = Request(chosen, frozenset({Tier.PEER}), NOW, BOUNDS, purpose=Purpose.ANALYSIS)
    list(release(alpha.store, request, alpha.identity, records))
    assert proof_of(alpha, to(Tier.PEER))
    purposes = {**BASELINE.policy.purposes, Tier.PEER: frozenset({Purpose.STAFF_SAFETY})}
    strict = BOUNDS._replace(policy=replace(BASELINE.policy, purposes=purposes))
    assert "held by R16" in refusal(lambda: proof_of(alpha, to(Tier.PEER)._replace(bounds=strict)))


def test_who_may_have_a_proof_is_written_down_before_it_is_made(network: Network, alpha: Node) -> None:
    network.node("beta")
    named = proof_of(alpha, to(Tier.PEER, "beta")).log_index
    tier = proof_of(alpha, to(Tier.PEER), "b").log_index
    anybody = proof_of(alpha, to(Tier.PUBLIC), "c").log_index
    wanted = [(named, "beta"), *((tier, member) for member in NETWORK), (anybody, "")]
    assert given(alpha, "alpha") == sorted(PassedOn(*one, NOW) for one in wanted)
    finest = proof_of(alpha, to(Tier.COORDINATOR), "c").log_index
    assert given(alpha, "alpha") == sorted(PassedOn(*one, NOW) for one in [*wanted, (finest, "gamma")])
    for write, flavour in ((0, Flavour.REFUSED), (1, Flavour.DONE_BUT_REPORTED_AS_FAILED)):
        before = len(given(alpha, "alpha"))
        with failing_at(alpha.store, write, flavour), pytest.raises(StoreError):
            proof_of(alpha, to(Tier.PUBLIC))
        assert len(given(alpha, "alpha")) == before + write
    alone = to(Tier.PEER)._replace(bounds=BASELINE)
    assert "no other member" in refusal(lambda: proof_of(alpha, alone))


def from_beta(network: Network, peer: PeerSimulator, beta: Node, label: Label, **changes: Any) -> Proven:
    """A proof that a node gives of a record of a peer with this label, read again."""
    logged = peer.adds(SHOOTING, tier=Tier.COORDINATOR, label=label, **changes)
    assert network.sync(beta, peer).error is None
    giving = to(Tier.COORDINATOR, "gamma") if label is Label.GREEN else to(Tier.PUBLIC)
    proof = prove_received(beta.store, "mirage", logged.position.log_index, giving, records)
    return verify_proof(proof, peer.origin, {}, records)


@on_sqlite_alone
def test_a_record_of_a_peer_goes_where_its_label_lets_it(network: Network) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    green = from_beta(network, peer, beta, Label.GREEN)
    clear = from_beta(network, peer, beta, Label.CLEAR)
    assert green.chains[1] == ("SSD", "SSD/Unity", "SSD/Unity/Leer")
    public = BASELINE.policy.levels[Tier.PUBLIC]
    assert [len(chain) - 1 for chain in clear.chains] == [
        min(mine, len(held) - 1) for mine, held in zip(public, green.chains, strict=True)
    ]
    assert given(beta, "mirage") == [PassedOn(0, "gamma", NOW), PassedOn(1, "", NOW)]
    for giving, index in ((to(Tier.PUBLIC), 0), (to(Tier.PEER, "mirage"), 1), (to(Tier.PUBLIC), 7)):
        with pytest.raises(PassingError):
            prove_received(beta.store, "mirage", index, giving, records)
    closed = replace(BASELINE.policy, levels={**BASELINE.policy.levels, Tier.PUBLIC: ALL_CLOSED})
    giving = to(Tier.PUBLIC)._replace(bounds=BOUNDS._replace(policy=closed))
    assert "may be shown to public" in refusal(
        lambda: prove_received(beta.store, "mirage", 1, giving, records)
    )
    with pytest.raises(PassingError, match=r"goes to nobody else \(R5\)"):
        from_beta(network, peer, beta, Label.AMBER)
    assert len(given(beta, "mirage")) == 2


@on_sqlite_alone
def test_a_log_that_is_held_in_part_proves_nothing_yet(network: Network) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    peer.adds(SHOOTING, label=Label.CLEAR)
    network.sync(beta, peer)
    with beta.store.write() as connection:
        head = log_head(connection, "mirage")
        assert head is not None
        connection.exec_driver_sql("UPDATE log SET checkpoint = ? WHERE id = ?", (peer.note(), head.log_id))
    peer.adds(ROBBERY)
    with beta.store.write() as connection:
        connection.exec_driver_sql("UPDATE log SET checkpoint = ? WHERE id = ?", (peer.note(), head.log_id))
    assert "tocsin sync mirage" in refusal(
        lambda: prove_received(beta.store, "mirage", 0, to(Tier.PUBLIC), records)
    )
