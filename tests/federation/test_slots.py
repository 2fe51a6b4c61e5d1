"""A log that is signed once in each slot tells nobody when and by how much it grew, and promises what it shows."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crypto.ladder import Opening
from crypto.merkle import Frontier
from node.audience import Audience, Tier
from node.discredit import discredit
from node.errors import AlertRefusedError, CallError, NotProvableError, PageTokenUnknownError, PeerError
from node.logbook import Pace, sign_head
from node.prove import Giving, prove_own
from node.server import Exchange
from node.slots import issue_checkpoint, seconds_to_next
from node.store.alerts import Promise
from node.store.heads import LogHead, advance_log, log_head
from node.store.own_log import own_page
from node.store.records import record_ids_by_key
from node.tables.logs import view
from node.wire import records
from node.wire.exchange import Call, ListCall, ProofCall, encode_list_call, encode_proof_call
from tests.support.alerts import held, kinds, listening, ring, until
from tests.support.bundles import read, written
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone
from tests.support.peer_simulator import PeerSimulator

MANY = {f"k{at}": replace(LOOTING, means=means) for at, means in enumerate(("looting", "robbery") * 4)}
CALL = Call("00000000-0000-4000-8000-000000000001", "")


def paced(node: Node, padding: int = 0) -> Node:
    """A node that signs its log once a minute."""
    return replace(node, identity=node.identity._replace(pace=Pace(60, padding)))


def signs(node: Node, minute: int, seconds: int = 0) -> bool:
    """Whether a node signs its log at a time after `NOW`, at which it was started."""
    at = NOW + timedelta(minutes=minute, seconds=seconds)
    return issue_checkpoint(node.store, node.identity, records, at)


def head_of(node: Node) -> LogHead:
    with node.store.read() as connection:
        head = log_head(connection, node.org_id)
    assert head is not None
    return head


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that signs its log once a minute and fills it up to multiples of four."""
    node = paced(network.node("alpha"), padding=4)
    node.holds(on=TODAY, a=SHOOTING, b=ROBBERY, c=SHELLING, **MANY)
    return node


def test_nobody_sees_what_was_released_before_the_checkpoint_of_its_slot(
    network: Network, alpha: Node
) -> None:
    beta = network.node("beta")
    empty = head_of(alpha).checkpoint
    alpha.shares("a", "b", "c")

    exchange = Exchange("alpha", alpha.store, lambda: NOW)
    member = network.directory.member("beta")
    with pytest.raises(PageTokenUnknownError):
        exchange.list_entries(encode_list_call(ListCall(CALL, 9, "3.0")), member)
    with pytest.raises(CallError):
        exchange.get_consistency_proof(encode_proof_call(ProofCall(CALL, 1, 3)), member)
    assert exchange.checkpoint(CALL) == empty
    assert network.sync(beta, alpha).verified == 0
    assert read(network, beta, written(network, alpha, "beta")).verified == 0
    with alpha.store.read() as connection:
        record_id = record_ids_by_key(connection, SOURCE, ["a"])["a"]
    giving = Giving(Audience(Tier.PUBLIC), "kb", NOW, BASELINE)
    with pytest.raises(NotProvableError, match="no checkpoint commits to it yet"):
        prove_own(alpha.store, "alpha", record_id, giving, records)
    assert alpha.faults(*network.origins()) == []

    assert [signs(alpha, 0, 59), signs(alpha, 1), signs(alpha, 1, 59)] == [False, True, False]
    alpha.shares("k0")
    outcome = network.sync(beta, alpha)
    assert (outcome.verified, outcome.received.accepted, outcome.received.withheld) == (4, 3, 1)
    assert prove_own(alpha.store, "alpha", record_id, giving, records).log_index == 0
    assert signs(alpha, 2)
    assert read(network, beta, written(network, alpha, "beta", 4)).verified == 8
    assert beta.counts() == {(): 4}
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


@on_sqlite_alone
def test_each_slot_adds_as_much_whatever_was_released(alpha: Node) -> None:
    grown = []
    for minute, keys in enumerate((["a"], [], ["b", "c"], [], list(MANY)[:5], [], list(MANY)[5:]), 1):
        before = head_of(alpha)
        if keys:
            alpha.shares(*keys)
        assert signs(alpha, minute)
        after = head_of(alpha)
        assert after.checkpoint != before.checkpoint
        assert after.heard_at - before.heard_at == 60
        grown.append(after.committed - before.committed)
    assert grown == [4, 4, 4, 4, 8, 4, 4]
    assert alpha.faults() == []


@on_sqlite_alone
def test_without_padding_a_slot_is_signed_although_nothing_is_new(network: Network) -> None:
    alpha = paced(network.node("alpha"))
    before = head_of(alpha)
    assert signs(alpha, 1)
    assert head_of(alpha) == before._replace(heard_at=before.heard_at + 60)
    assert signs(alpha, -600)  # the clock was wrong, and the log goes on
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    at_once = replace(alpha, identity=alpha.identity._replace(pace=Pace(padding=4)))
    assert [signs(at_once, 99), signs(at_once, 100)] == [True, False]  # what was left from before alone
    assert head_of(alpha).committed == head_of(alpha).frontier.size == 1
    assert seconds_to_next(60, NOW + timedelta(seconds=59)) == 1


def test_of_those_who_sign_at_once_one_does(alpha: Node) -> None:
    alpha.shares("a")
    with ThreadPoolExecutor(4) as pool:
        signed = list(pool.map(lambda _: signs(alpha, 1), range(4)))
    assert sorted(signed) == [False, False, False, True]
    assert head_of(alpha).committed == 4


@on_sqlite_alone
def test_padding_looks_to_everybody_like_a_record_that_is_not_for_them(network: Network) -> None:
    alpha = paced(network.node("alpha"), padding=4)
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", tiers=frozenset({Tier.COORDINATOR}))
    signs(alpha, 1)
    with alpha.store.read() as connection:
        log_id = head_of(alpha).log_id
        for tier in (Tier.PUBLIC, Tier.PEER):
            page = own_page(connection, log_id, 0, 4, tier)
            assert [(len(wire), records.decode_entry(wire).envelope) for wire in page] == [(131, None)] * 4
        page = own_page(connection, log_id, 0, 4, Tier.COORDINATOR)
        assert [records.decode_entry(wire).envelope is None for wire in page] == [False, True, True, True]
    alpha.shares("b")
    assert signs(alpha, 2)
    assert alpha.faults() == []


@on_sqlite_alone
@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"log_index": 9}, "entry 3 is not shown to those it was released to"),
        ({"wire": b""}, "an entry up to 4"),
        ({"wire": None}, "entry 3 is not the padding that it is kept as"),
    ],
)
def test_padding_that_was_changed_is_found(network: Network, change: dict[str, Any], fault: str) -> None:
    alpha = paced(network.node("alpha"), padding=4)
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    signs(alpha, 1)
    with alpha.store.write() as connection:
        record = own_page(connection, head_of(alpha).log_id, 0, 1, Tier.COORDINATOR)[0]
        values = {name: record if value is None else value for name, value in change.items()}
        last = (view.c.audience == 0) & (view.c.log_index == 3)
        connection.execute(view.update().where(last).values(**values))
    assert fault in " ".join(one.what for one in alpha.faults())


@on_sqlite_alone
def test_a_checkpoint_of_more_than_there_is_or_of_other_entries_is_found(network: Network) -> None:
    alpha = paced(network.node("alpha"))
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", "b")
    assert alpha.faults() == []
    for frontier in (Frontier().append([bytes(32)]), Frontier().append([bytes(32)] * 3)):
        head = head_of(alpha)
        with alpha.store.write() as connection:
            advance_log(
                connection, head, head.frontier, sign_head(frontier, alpha.identity, head.name), head.heard_at
            )
        assert [one.what for one in alpha.faults()] == ["the checkpoint is not of these entries"]


@on_sqlite_alone
def test_a_peer_that_shows_its_padding_is_understood_and_nothing_of_it_counts(network: Network) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    past = peer.adds(SHOOTING)
    padding = peer.pads()
    peer.retracts(past._replace(position=padding))
    peer.adds(ROBBERY, stands_for=(padding,))
    received = network.sync(beta, peer).received
    assert (received.accepted, received.padding, received.refused) == (1, 1, 2)
    assert beta.counts() == {(): 1}
    assert beta.faults(*network.origins()) == []


@on_sqlite_alone
def test_padding_that_a_retired_key_signed_too_late_is_refused_as_all_else(network: Network) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    peer.pads()
    peer.pads()
    network.sync(beta, peer)
    now = peer.origin._replace(ends=((peer.identity.signing.public_key, 1),))
    assert discredit(beta.store, now, records) == 1
    assert beta.faults(now) == []


@on_sqlite_alone
@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"origin_id": "beta"}, "ORIGIN_MISMATCH"),
        ({"noise": bytes(31)}, "MESSAGE_MALFORMED"),
        ({"openings": (Opening(0, bytes(16), (b"2024",), bytes(32)),)}, "OPENING_INVALID"),
    ],
)
def test_unsound_padding_is_refused_by_name(network: Network, wrong: dict[str, Any], reason: str) -> None:
    beta, peer = network.node("beta"), PeerSimulator()
    network.admit(peer.member)
    peer.pads(**wrong)
    error = network.sync(beta, peer).error
    assert isinstance(error, PeerError)
    assert error.reason == reason


@pytest.mark.slow
@on_sqlite_alone
def test_the_promise_of_an_alert_is_kept_by_the_next_checkpoint(network: Network, alpha: Node) -> None:
    beta = network.node("beta")
    with pytest.raises(AlertRefusedError, match="signed every 60 seconds: promise its record within 120"):
        ring(alpha, "a", log_within=timedelta(seconds=119))
    assert head_of(alpha).frontier.size == 0

    async def ring_once() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer):
            await asyncio.sleep(0.3)
            ring(alpha, "a", log_within=timedelta(seconds=120))
            await until(lambda: kinds(beta) == ["NEW"])

    asyncio.run(ring_once())
    network.sync(beta, alpha)
    assert [one.promise for one in held(beta)] == [Promise.OPEN]
    signs(alpha, 1)
    network.now = NOW + timedelta(seconds=120)
    network.sync(beta, alpha)
    assert [one.promise for one in held(beta)] == [Promise.KEPT]
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []
