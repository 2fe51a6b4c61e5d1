"""Who has no line to a member gets its log from another: what may be passed on, as it was signed, and no more."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from console.proofs import given_lines
from crypto.envelope import leaf
from node.audience import ALL_CLOSED, Tier
from node.errors import RelayError, StoreError, UnavailableError
from node.gossip import most_heard, tellers
from node.outcomes import Reading, outcomes
from node.plan import Request
from node.recall import call_back
from node.receipt import PassedOn
from node.receive import follow
from node.relayed import verify_relayed
from node.signed import Entry, Label, Reason
from node.store.heads import log_head
from node.store.peer_log import stored_entries
from node.store.receipts import all_passed_on
from node.store.records import record_ids_by_key
from node.wire import records
from node.wire.receipts import decode_receipt
from tests.support.deciding import BASELINE
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone, rows_of
from tests.support.peer_simulator import PeerSimulator

PEERS = frozenset({Tier.PEER, Tier.PUBLIC})


@pytest.fixture
def alpha(network: Network) -> Node:
    """The originator: one record for peers, one for the public, one for coordinators."""
    made = network.node("alpha")
    made.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    made.shares("a", tiers=PEERS)
    made.shares("b", tiers=frozenset({Tier.PUBLIC}))
    made.shares("c", tiers=frozenset({Tier.COORDINATOR}))
    return made


@pytest.fixture
def gamma(network: Network, alpha: Node) -> Node:
    """Who has a line to the originator, sees all as a coordinator, and passes on what it may."""
    made = network.node("gamma", Tier.COORDINATOR)
    network.relays.add("gamma")
    network.sync(made, alpha)
    return made


def kept(node: Node, org_id: str = "alpha") -> list[tuple[str, str]]:
    with node.store.read() as connection:
        head = log_head(connection, org_id)
        assert head is not None
        return [(one.fate, one.reason) for one in stored_entries(connection, head.log_id, 0, 100)]


def wires(node: Node, org_id: str = "alpha") -> list[bytes]:
    with node.store.read() as connection:
        head = log_head(connection, org_id)
        assert head is not None
        return [one.wire for one in stored_entries(connection, head.log_id, 0, 100)]


def test_what_is_green_goes_to_peers_what_is_clear_to_all_and_all_else_as_its_leaf(
    network: Network, gamma: Node
) -> None:
    beta, monitor = network.node("beta"), network.node("monitor", Tier.PUBLIC)
    got = network.passes(beta, gamma, "alpha")
    assert (got.error, got.verified) == (None, 3)
    assert kept(beta) == [("accepted", ""), ("accepted", ""), ("withheld", "RELAYED")]
    assert network.passes(monitor, gamma, "alpha").error is None
    assert kept(monitor) == [("withheld", "RELAYED"), ("accepted", ""), ("withheld", "RELAYED")]
    for node in (beta, monitor):
        assert node.faults(*network.origins()) == []


def test_it_is_as_if_it_came_from_the_originator_and_goes_on_with_it(
    network: Network, alpha: Node, gamma: Node
) -> None:
    beta, direct = network.node("beta"), network.node("delta")
    network.passes(beta, gamma, "alpha")
    network.sync(direct, alpha)
    assert wires(beta) == wires(direct)
    with beta.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    assert head.heard_at == 0  # its originator was not heard
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING)
    alpha.shares()
    assert network.sync(beta, alpha).verified == 4
    assert network.sync(direct, alpha).verified == 4
    assert wires(beta) == wires(direct)
    assert beta.counts("means") == direct.counts("means")


@pytest.mark.slow
def test_what_was_corrected_or_called_back_is_passed_on_as_that(
    network: Network, alpha: Node, gamma: Node
) -> None:
    alpha.holds(a=SHELLING, c=LOOTING)
    alpha.shares()
    network.sync(gamma, alpha)
    beta, monitor = network.node("beta"), network.node("monitor", Tier.PUBLIC)
    network.passes(beta, gamma, "alpha")
    network.passes(monitor, gamma, "alpha")
    assert {fate for fate, _ in kept(beta)} == {"withheld", "accepted", "retracted"}
    assert beta.counts("means") == {("shelling",): 1}
    assert monitor.counts("means") == {}
    assert beta.faults(*network.origins()) == []


def test_the_originator_learns_to_whom_what_was_passed_on(network: Network, alpha: Node, gamma: Node) -> None:
    beta = network.node("beta")
    network.passes(beta, gamma, "alpha")
    with gamma.store.read() as connection:
        ((origin_id, passed, said_by),) = all_passed_on(connection)
    assert (origin_id, passed, said_by) == ("alpha", PassedOn(0, "beta", NOW, 3), "")
    ((_, entries, to, by, _),) = given_lines(gamma.store, "gamma")
    assert (entries, to, by) == ("0 to 2", "beta", "this node")
    network.now = NOW.replace(hour=13)
    network.passes(beta, gamma, "alpha")
    network.sync(gamma, alpha)
    bounds = BASELINE._replace(network={"beta": Tier.PEER, "gamma": Tier.COORDINATOR})
    reading = Reading(records.decode_envelope, decode_receipt, Request((), frozenset(), NOW, bounds))
    told = {
        one.record: one.passed_on for one in outcomes(alpha.store, "alpha", reading) if one.member == "gamma"
    }
    assert [bool(told[f"reports:{key}"]) for key in "abc"] == [True, True, False]
    assert told["reports:a"][0].member_id == "beta"
    for node in (alpha, gamma):
        assert node.faults(*network.origins()) == []


@pytest.mark.slow
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_what_can_not_be_written_down_is_not_passed_on(
    network: Network, gamma: Node, flavour: Flavour
) -> None:
    beta = network.node("beta")
    follow(beta.store, "alpha")
    with failing_at(gamma.store, 0, flavour):
        assert isinstance(network.passes(beta, gamma, "alpha").error, UnavailableError)
    assert rows_of(beta.store)["entry"] == ()
    assert network.passes(beta, gamma, "alpha").verified == 3


@on_sqlite_alone
def test_nothing_is_passed_on_by_who_does_not_want_to_nor_what_is_not_held_to_its_end(
    network: Network, alpha: Node, gamma: Node
) -> None:
    beta = network.node("beta")
    network.relays.clear()
    refused = network.passes(beta, gamma, "alpha")
    assert "LOG_UNKNOWN" in str(refused.error)
    assert rows_of(beta.store)["entry"] == ()
    network.relays.add("gamma")
    assert "LOG_UNKNOWN" in str(network.passes(alpha, gamma, "beta").error)
    network.suspend("alpha")
    assert network.passes(beta, gamma, "alpha").error is not None


@pytest.mark.slow
@on_sqlite_alone
def test_who_told_of_more_entries_is_asked_for_them(network: Network, gamma: Node) -> None:
    beta = network.node("beta")
    assert network.hears(beta, gamma) == frozenset()
    assert tellers(beta.store, "alpha") == ("gamma",)
    assert most_heard(beta.store, "alpha") == 3
    network.passes(beta, gamma, "alpha")
    assert tellers(beta.store, "alpha") == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"label": Label.AMBER}, "labelled AMBER"),
        ({"label": Label.RED}, "labelled RED"),
        ({"label": Label.CLEAR}, "more finely"),
        ({"tier": Tier.COORDINATOR}, "more finely"),
    ],
)
def test_a_page_that_shows_more_than_may_be_passed_on_is_refused(
    changes: dict[str, object], why: str
) -> None:
    peer = PeerSimulator("mirage")
    peer.adds(SHOOTING, **changes)  # type: ignore[arg-type] # one of two kinds
    with pytest.raises(RelayError, match=why) as refusal:
        verify_relayed(peer.entries, Tier.PEER, records)
    assert refusal.value.reason == "RELAY_WIDENS"
    sound = PeerSimulator("mirage")
    sound.adds(SHOOTING)
    verify_relayed(sound.entries, Tier.PEER, records)
    with pytest.raises(RelayError):
        verify_relayed(sound.entries, Tier.PUBLIC, records)


class Withholding(PeerSimulator):
    """A member that passes on the log of another, and shows as its leaf what it likes."""

    def hides(self, origin: PeerSimulator, *hidden: int) -> None:
        """Serve the log of another so."""
        self.leaf_hashes, self.entries = list(origin.leaf_hashes), list(origin.entries)
        for index in hidden:
            envelope = records.decode_entry(origin.entries[index]).envelope
            assert envelope is not None
            data = leaf(envelope, origin.identity.signing.public_key)
            self.entries[index] = records.encode_entry(Entry(data, None, ()))
        self.note_as = lambda _: origin.note()


@on_sqlite_alone
def test_what_a_relay_kept_back_is_learnt_with_the_first_line_to_the_originator(network: Network) -> None:
    origin, relay = PeerSimulator("mirage"), Withholding("relay")
    network.admit(origin.member)
    network.admit(relay.member)
    first, second = origin.adds(SHOOTING), origin.adds(ROBBERY)
    third = origin.adds(LOOTING)
    origin.revises(first, SHELLING)
    origin.retracts(second)
    origin.retracts(third, purge=True)
    relay.hides(origin, 3, 4, 5)
    beta, direct = network.node("beta"), network.node("delta")

    assert network.passes(beta, relay, "mirage").error is None
    # It is sound, as far as anybody can tell, and out of date.
    assert beta.counts("means") == {("shooting",): 1, ("robbery",): 1, ("looting",): 1}
    assert [reason for _, reason in kept(beta, "mirage")] == [""] * 3 + ["RELAYED"] * 3
    assert beta.faults(*network.origins()) == []

    for node in (beta, direct):
        assert network.sync(node, origin).error is None
    assert wires(beta, "mirage") == wires(direct, "mirage")
    assert kept(beta, "mirage") == kept(direct, "mirage")
    assert beta.counts("means") == direct.counts("means") == {("shelling",): 1}
    assert beta.faults(*network.origins()) == []
    assert len(origin.receipts) == 2


@pytest.mark.slow
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_what_was_kept_back_is_learnt_whole_or_not_at_all(network: Network, flavour: Flavour) -> None:
    origin, relay = PeerSimulator("mirage"), Withholding("relay")
    network.admit(origin.member)
    network.admit(relay.member)
    first = origin.adds(SHOOTING)
    origin.revises(first, SHELLING)
    origin.retracts(origin.adds(ROBBERY), purge=True)
    relay.hides(origin, 1, 3)
    beta, direct = network.node("beta"), network.node("delta")
    network.passes(beta, relay, "mirage")
    network.sync(direct, origin)
    for number in range(30):
        with failing_at(beta.store, number, flavour):
            try:
                done = network.sync(beta, origin).error is None
            except StoreError:
                done = False
        assert beta.faults(*network.origins()) == []
        if done and wires(beta, "mirage") == wires(direct, "mirage"):
            break
    assert number > 2
    network.sync(beta, origin)
    assert kept(beta, "mirage") == kept(direct, "mirage")
    assert beta.counts("means") == direct.counts("means")


def days(node: Node) -> list[tuple[int, int]]:
    """Since when each entry of alpha's log is known, and when it was heard of."""
    with node.store.read() as connection:
        head = log_head(connection, "alpha")
        assert head is not None
        return [(one.known_on, one.heard_on) for one in stored_entries(connection, head.log_id, 0, 100)]


@pytest.mark.slow
def test_what_a_relay_kept_back_counts_from_the_day_on_which_it_was_opened(
    network: Network, alpha: Node, gamma: Node
) -> None:
    """A leaf says nothing of what it replaces, so the older record counts until the originator shows the newer one."""
    office = network.node("office", Tier.COORDINATOR)
    network.sync(office, alpha)
    alpha.holds(a=SHOOTING, b=ROBBERY, c=SHELLING)
    alpha.shares()
    network.sync(gamma, alpha)
    network.now += timedelta(days=1)
    network.passes(office, gamma, "alpha")
    assert kept(office)[3] == ("withheld", "RELAYED")
    network.now += timedelta(days=1)
    network.sync(office, alpha)
    assert office.faults(*network.origins()) == []
    assert days(office)[3] == (20261125, 20261125)
    first, second, third = (office.counts("means", as_of=date(2026, 11, day)) for day in (23, 24, 25))
    assert first == second
    assert third == {("shooting",): 1, ("robbery",): 1, ("shelling",): 1}


@pytest.mark.slow
def test_what_a_relay_named_and_kept_back_ended_what_it_replaces_on_the_day_it_was_named(
    network: Network, alpha: Node, gamma: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    beta = network.node("beta")
    network.sync(beta, alpha)
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING)
    alpha.shares()
    network.sync(gamma, alpha)
    closed = replace(BASELINE.policy, levels=dict.fromkeys(Tier, ALL_CLOSED))
    monkeypatch.setattr("tests.support.network.BASELINE", BASELINE._replace(policy=closed))
    network.now += timedelta(days=1)
    network.passes(beta, gamma, "alpha")
    assert kept(beta)[3] == ("withheld", "RELAYED")
    network.now += timedelta(days=1)
    network.sync(beta, alpha)
    assert beta.faults(*network.origins()) == []
    assert days(beta)[3] == (20261125, 20261124)
    assert [beta.counts("means", as_of=date(2026, 11, day)) for day in (23, 24, 25)] == [
        {("shooting",): 1, ("robbery",): 1},
        {("robbery",): 1},
        {("shelling",): 1, ("robbery",): 1},
    ]


@pytest.mark.slow
def test_what_is_to_be_destroyed_is_found_behind_what_a_relay_kept_back(
    network: Network, alpha: Node, gamma: Node
) -> None:
    office = network.node("office", Tier.COORDINATOR)
    network.sync(office, alpha)
    alpha.holds(a=SHOOTING, b=ROBBERY, c=SHELLING)
    alpha.shares()
    with alpha.store.read() as connection:
        ids = tuple(record_ids_by_key(connection, SOURCE, ["c"]).values())
    network.sync(gamma, alpha)
    network.passes(office, gamma, "alpha")
    call_back(alpha.store, ids, Reason.SHARED_IN_ERROR, alpha.identity, records, now=network.now, purge=True)
    network.sync(office, alpha)
    assert [fate for fate, _ in kept(office)[2:]] == ["purged", "withheld", "retracted"]
    assert office.counts("means") == {("shooting",): 1, ("robbery",): 1}
    assert office.faults(*network.origins()) == []
