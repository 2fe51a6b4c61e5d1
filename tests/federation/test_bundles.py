"""Bundles bring what the line would bring: the same bytes, the same rows, in both directions and in any order."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from crypto.errors import SealError
from crypto.sealing import HEAD_BYTES, SEALED_CHUNK_BYTES
from node.audience import Tier
from node.errors import BundleGapError, BundleRecipientError, MemberError
from node.plan import Request
from node.server import Exchange
from node.share import release
from node.store.heads import log_head
from node.store.records import revisions_by_key
from node.unbundle import Reader, read_bundle
from node.wire import bundles, records
from node.wire.exchange import Call, ListCall, decode_page, encode_list_call
from tests.support.bundles import Forger, read, unsealed, written
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import (
    NOW,
    SOURCE,
    TODAY,
    Network,
    Node,
    make_identity,
    on_sqlite_alone,
    rows_of,
    seal_of,
)
from tests.support.peer_simulator import PeerSimulator

COORDINATORS = frozenset({Tier.COORDINATOR})


def sharing(network: Network) -> Node:
    """A node that shared four records, corrected one of them, and called one back."""
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING, d=ROBBERY, on=TODAY - timedelta(days=1))
    alpha.shares("a", "b", "d")
    alpha.shares("c", tiers=COORDINATORS)
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING)
    alpha.shares()
    return alpha


def verified(node: Node, origin: Node) -> int:
    """How many entries of another's log a node has verified."""
    with node.store.read() as connection:
        head = log_head(connection, origin.org_id)
    return head.frontier.size if head else 0


@pytest.mark.parametrize("tier", list(Tier))
def test_a_bundle_leaves_the_same_rows_as_a_pull_over_the_line(network: Network, tier: Tier) -> None:
    alpha = sharing(network)
    by_line, by_stick = network.node("beta", tier), network.node("gamma", tier)
    pulled = network.sync(by_line, alpha)
    outcome = read(network, by_stick, written(network, alpha, "gamma"))
    assert (outcome.error, outcome.received) == (None, pulled.received)
    assert (outcome.held, outcome.verified) == (0, pulled.verified)
    mine, theirs = rows_of(by_stick.store), rows_of(by_line.store)
    assert [row for row in mine["entry"] if row[0] == 2] == [row for row in theirs["entry"] if row[0] == 2]
    assert mine["fact"] == theirs["fact"]
    assert mine["log"][1:] == theirs["log"][1:]
    assert by_stick.faults(*network.origins()) == []


@on_sqlite_alone
@pytest.mark.parametrize("page_entries", [1, 2, 1000])
def test_the_pages_are_the_very_bytes_that_a_call_is_answered_with(
    network: Network, page_entries: int
) -> None:
    alpha, beta = sharing(network), network.node("beta")
    _, *pages = unsealed(written(network, alpha, "beta", 1, page_entries), seal_of(beta.identity))
    exchange, caller = Exchange("alpha", alpha.store), network.directory.member("beta")
    answers, token = [], f"{verified(alpha, alpha)}.1"
    while token:
        asked = ListCall(Call("b7c6a2de-0000-4000-8000-000000000000", ""), page_entries, token)
        answers.append(exchange.list_entries(encode_list_call(asked), caller))
        token = decode_page(answers[-1]).next_token
    assert pages == answers


@on_sqlite_alone
def test_a_bundle_shows_each_member_what_was_released_to_it_by_name(network: Network) -> None:
    alpha, beta, gamma = (network.node(name) for name in ("alpha", "beta", "gamma"))
    alpha.holds(a=SHOOTING, b=ROBBERY)
    with alpha.store.read() as connection:
        known = revisions_by_key(connection, SOURCE, ("a",))
    members = {"beta": Tier.PEER, "gamma": Tier.PEER}
    request = Request(
        (known["a"],), frozenset(), NOW, BASELINE._replace(network=members), frozenset({"beta"})
    )
    list(release(alpha.store, request, alpha.identity, records))
    named, other = (read(network, one, written(network, alpha, one.org_id)).received for one in (beta, gamma))
    assert (named.accepted, named.withheld) == (1, 0)
    assert (other.accepted, other.withheld) == (0, 1)


def test_bundles_go_both_ways(network: Network) -> None:
    alpha, beta = sharing(network), network.node("beta")
    beta.holds(x=LOOTING)
    beta.shares("x")
    assert read(network, beta, written(network, alpha, "beta")).error is None
    assert read(network, alpha, written(network, beta, "alpha")).error is None
    assert alpha.counts("means")[("looting",)] == 2
    assert beta.counts("means") == {("looting",): 1, ("robbery",): 1, ("shelling",): 1}
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


def test_reading_a_bundle_twice_changes_nothing(network: Network) -> None:
    alpha, beta = sharing(network), network.node("beta")
    wire = written(network, alpha, "beta")
    first = read(network, beta, wire)
    before = rows_of(beta.store)
    second = read(network, beta, wire)
    assert (second.error, second.held, second.verified) == (None, first.verified, first.verified)
    assert sum(second.received) == 0
    assert rows_of(beta.store) == before


@pytest.mark.slow
@pytest.mark.parametrize("start", range(7))
@pytest.mark.parametrize("page_entries", [2, 1000])
@on_sqlite_alone
def test_what_is_held_is_passed_over_wherever_the_pages_begin(
    network: Network, start: int, page_entries: int
) -> None:
    peer, beta, control = (
        PeerSimulator(page_entries=page_entries),
        network.node("beta"),
        network.node("gamma"),
    )
    network.admit(peer.member)
    for at in range(9):
        peer.adds(SHOOTING if at % 2 else ROBBERY)
    forger = Forger(peer, network)
    assert read(network, beta, forger.writes(beta, 0, 6)).verified == 6
    outcome = read(network, beta, forger.writes(beta, start))
    assert (outcome.error, outcome.held, outcome.verified, outcome.received.accepted) == (None, 6, 9, 3)
    network.sync(control, peer)
    assert rows_of(beta.store)["entry"] == rows_of(control.store)["entry"]
    assert beta.faults(*network.origins()) == []


def test_bundle_and_line_go_on_where_the_other_stopped(network: Network) -> None:
    alpha, beta = sharing(network), network.node("beta")
    read(network, beta, written(network, alpha, "beta"))
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING, e=SHOOTING)
    alpha.shares("e")
    pulled = network.sync(beta, alpha)
    assert (pulled.error, pulled.held, pulled.received.accepted) == (None, verified(beta, alpha) - 1, 1)
    held = verified(beta, alpha)
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING, e=SHOOTING, f=SHOOTING)
    alpha.shares("f")
    outcome = read(network, beta, written(network, alpha, "beta", held))
    assert (outcome.error, outcome.held, outcome.received.accepted) == (None, held, 1)
    assert beta.faults(*network.origins()) == []


def test_a_bundle_that_starts_beyond_what_is_held_is_refused_and_says_from_where(network: Network) -> None:
    alpha, beta = sharing(network), network.node("beta")
    before = rows_of(beta.store)
    with pytest.raises(
        BundleGapError, match=r"starts at entry 3 and 0 are held here.*--to beta --from 0 FILE"
    ):
        read(network, beta, written(network, alpha, "beta", 3))
    assert rows_of(beta.store) == before


def test_an_older_bundle_after_a_newer_one_is_no_rollback_and_changes_nothing(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a")
    old = written(network, alpha, "beta")
    alpha.shares("b")
    read(network, beta, written(network, alpha, "beta"))
    before = rows_of(beta.store)
    outcome = read(network, beta, old)
    assert (outcome.error, outcome.held, outcome.verified) == (None, 2, 2)
    assert rows_of(beta.store) == before


@on_sqlite_alone
def test_a_bundle_of_an_empty_log_and_one_with_nothing_new_are_good(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    assert read(network, beta, written(network, alpha, "beta")).error is None
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    network.sync(beta, alpha)
    outcome = read(network, beta, written(network, alpha, "beta", 1))
    assert (outcome.error, outcome.held, outcome.verified) == (None, 1, 1)


@on_sqlite_alone
def test_a_bundle_is_written_for_active_members_alone_and_not_beyond_the_log(network: Network) -> None:
    alpha = sharing(network)
    network.node("beta")
    with pytest.raises(MemberError, match="nobody"):
        written(network, alpha, "nobody")
    with pytest.raises(BundleRecipientError):
        written(network, alpha, "alpha")
    with pytest.raises(BundleGapError, match="the log has"):
        written(network, alpha, "beta", 1000)
    other = make_identity("alpha")
    with pytest.raises(MemberError, match="another signing key of alpha"):
        written(network, replace(alpha, identity=other), "beta")
    network.suspend("beta")
    with pytest.raises(MemberError, match="suspended"):
        written(network, alpha, "beta")
    network.node("gamma")
    network.suspend("alpha")
    with pytest.raises(MemberError, match="alpha is suspended"):
        written(network, alpha, "gamma")


@on_sqlite_alone
def test_nothing_in_a_bundle_is_legible_but_its_rounded_size(network: Network) -> None:
    alpha, beta = sharing(network), network.node("beta")
    wire = written(network, alpha, "beta")
    for word in (b"alpha", b"beta", b"testnet", b"tocsin", b"shooting", b"DSSE", b"protobuf"):
        assert word not in wire
    assert len(wire) == HEAD_BYTES + SEALED_CHUNK_BYTES
    assert len(written(network, alpha, "beta", 3)) == len(wire)
    with pytest.raises(SealError):
        unsealed(wire, seal_of(alpha.identity))
    assert unsealed(wire, seal_of(beta.identity))


@on_sqlite_alone
def test_reading_takes_in_one_chunk_after_the_other(network: Network) -> None:
    peer, beta = PeerSimulator(page_entries=50), network.node("beta")
    network.admit(peer.member)
    for _ in range(300):
        peer.adds(ROBBERY)
    sizes: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            sizes.append(size or 0)
            return super().read(size)

    source = Watched(Forger(peer, network).writes(beta))
    who = Reader("beta", (seal_of(beta.identity),), network.directory)
    outcome = read_bundle(beta.store, source, who, NOW, codec=records, bundle_codec=bundles)
    assert outcome.verified == 300
    assert len(sizes) > 6
    assert set(sizes) <= {1, HEAD_BYTES, SEALED_CHUNK_BYTES}
