"""Audiences between real nodes: who gets what, what joining and leaving change, and who learns who belongs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.audience import Purpose, Tier
from node.audiences import Change, Scope, change_audience, preview_change
from node.charter import EVERYTHING, NOTHING
from node.errors import AudienceError
from node.holders import State, holders
from node.model import PartialDate
from node.recall import call_back
from node.signed import Reason
from node.store.audiences import belongings, standing
from node.store.records import record_ids_by_key
from node.wire import charters, records
from tests.support.audiences import author, bounds_of, group, join, leave, share_with
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import SOURCE, Network, Node, on_sqlite_alone, rows_of

YOUNG = replace(ROBBERY, when=PartialDate(2026, 9, 1))


def countries(node: Node) -> set[str]:
    """Countries of the incidents that a node counts."""
    return {str(key[0]) for key in node.counts("country")}


def record_keys(node: Node, *keys: str) -> tuple[int, ...]:
    """Keys of records in the database."""
    with node.store.read() as connection:
        known = record_ids_by_key(connection, SOURCE, keys)
    return tuple(known[key] for key in keys)


@pytest.fixture
def three(network: Network) -> tuple[Node, Node, Node]:
    """alpha, which holds records; beta and gamma, which hold none."""
    nodes = network.node("alpha"), network.node("beta"), network.node("gamma")
    nodes[0].holds(a=SHOOTING, b=LOOTING, c=SHELLING)
    return nodes


def synced(network: Network, receiver: Node, origin: Node) -> Node:
    """The receiver after a pull that went well; both are sound."""
    assert network.sync(receiver, origin).error is None
    assert not receiver.faults(*network.origins())
    assert not origin.faults(*network.origins())
    return receiver


def test_members_see_what_was_shared_with_their_audience_and_others_do_not(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, beta, gamma = three
    group(network, alpha, "forum", "beta")

    share_with(network, alpha, "forum", "a")

    assert countries(synced(network, beta, alpha)) == {"SSD"}
    assert countries(synced(network, gamma, alpha)) == set()


def test_an_audience_without_members_is_nobody(network: Network, three: tuple[Node, Node, Node]) -> None:
    alpha, beta, gamma = three
    group(network, alpha, "forum")

    (plan,) = share_with(network, alpha, "forum", "a", "b")

    assert not plan.outgoing
    assert [held.hold.rule for held in plan.held] == ["R1", "R1"]
    assert not synced(network, beta, alpha).counts("country")
    assert not synced(network, gamma, alpha).counts("country")


@on_sqlite_alone
@pytest.mark.parametrize("stranger", ["nobody-we-know", "delta", "omega"])
def test_a_member_that_the_directory_does_not_know_refuses_the_whole_change(
    network: Network, three: tuple[Node, Node, Node], stranger: str
) -> None:
    alpha, beta, _ = three
    network.node("delta", Tier.PUBLIC)
    network.node("omega")
    network.suspend("omega")
    group(network, alpha, "forum", "beta", scope=Scope(Tier.PEER))
    before = rows_of(alpha.store)

    with pytest.raises(AudienceError, match=stranger) as refused:
        join(network, alpha, "forum", EVERYTHING, "gamma", stranger)
    with pytest.raises(AudienceError, match=stranger):
        group(network, alpha, "other", "gamma", stranger, scope=Scope(Tier.PEER))

    assert refused.value.reason == "AUDIENCE_REFUSED"
    assert rows_of(alpha.store) == before
    assert not synced(network, beta, alpha).counts("country")


@pytest.mark.parametrize(
    ("back_fill", "seen"),
    [(NOTHING, {"KEN"}), (EVERYTHING, {"SSD", "SDN", "KEN"}), ("2024-07-01", {"SDN", "KEN"})],
)
def test_who_joins_gets_old_records_by_what_was_decided_and_new_ones_anyway(
    network: Network, three: tuple[Node, Node, Node], back_fill: str, seen: set[str]
) -> None:
    alpha, beta, gamma = three
    group(network, alpha, "forum", "beta")
    share_with(network, alpha, "forum", "a", "b")

    join(network, alpha, "forum", back_fill, "gamma")
    kenya = replace(YOUNG, where=replace(YOUNG.where, country="KEN"))
    alpha.holds(a=SHOOTING, b=LOOTING, c=kenya)
    share_with(network, alpha, "forum", "c")

    assert countries(synced(network, gamma, alpha)) == seen
    assert countries(synced(network, beta, alpha)) == {"SSD", "SDN", "KEN"}


@on_sqlite_alone
def test_a_correction_of_an_old_record_does_not_reach_who_joined_without_it(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, beta, gamma = three
    group(network, alpha, "forum", "beta")
    share_with(network, alpha, "forum", "a")
    join(network, alpha, "forum", NOTHING, "gamma")

    alpha.holds(a=replace(SHOOTING, means="shelling"))
    share_with(network, alpha, "forum", "a")

    assert synced(network, beta, alpha).counts("means") == {("shelling",): 1}
    assert not synced(network, gamma, alpha).counts("country")


@pytest.mark.slow
def test_who_leaves_loses_what_only_the_audience_gave_and_confirms_it(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, beta, gamma = three
    group(network, alpha, "forum", "beta", "gamma")
    share_with(network, alpha, "forum", "a")
    share_with(network, alpha, "forum", "b", tiers=frozenset({Tier.PEER}))
    assert countries(synced(network, beta, alpha)) == {"SSD", "SDN"}
    synced(network, gamma, alpha)

    leave(network, alpha, "forum", "beta")

    def closed() -> list[tuple[State, bool]]:
        found = holders(alpha.store, "alpha", records, record_keys(alpha, "a"))
        return [(one.state, one.waiting) for one in found if one.member == "beta"]

    assert closed() == [(State.REPLACED, True)]
    assert countries(synced(network, beta, alpha)) == {"SDN"}
    assert closed() == [(State.REPLACED, False)]
    assert countries(synced(network, gamma, alpha)) == {"SSD", "SDN"}


def test_whoever_comes_back_is_decided_about_anew(network: Network, three: tuple[Node, Node, Node]) -> None:
    alpha, beta, _ = three
    group(network, alpha, "forum", "beta", "gamma")
    share_with(network, alpha, "forum", "a")
    leave(network, alpha, "forum", "beta")
    assert not synced(network, beta, alpha).counts("country")

    join(network, alpha, "forum", NOTHING, "beta")
    assert not synced(network, beta, alpha).counts("country")

    leave(network, alpha, "forum", "beta")
    join(network, alpha, "forum", EVERYTHING, "beta")
    assert countries(synced(network, beta, alpha)) == {"SSD"}


@on_sqlite_alone
def test_what_nobody_sees_any_more_is_called_back_and_stays_so(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, beta, gamma = three
    group(network, alpha, "forum", "beta")
    share_with(network, alpha, "forum", "a")
    synced(network, beta, alpha)

    plan = leave(network, alpha, "forum", "beta")
    join(network, alpha, "forum", EVERYTHING, "gamma")

    assert [back.reason for back in plan.callbacks] == [Reason.SHARED_IN_ERROR]
    assert not synced(network, beta, alpha).counts("country")
    assert not synced(network, gamma, alpha).counts("country")


@on_sqlite_alone
def test_an_audience_is_only_for_its_countries_purposes_and_tier(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, beta, gamma = three
    scope = Scope(Tier.PEER, frozenset({"SSD", "UKR"}), frozenset({Purpose.STAFF_SAFETY}))
    group(network, alpha, "forum", "beta", "gamma", scope=scope)
    network.admit(network.directory.member("gamma")._replace(tier=Tier.PUBLIC))

    share_with(network, alpha, "forum", "a", "b", purpose=Purpose.STAFF_SAFETY)
    (plan,) = share_with(network, alpha, "forum", "c", purpose=Purpose.ANALYSIS)

    assert len(plan.held) == 1
    assert countries(synced(network, beta, alpha)) == {"SSD"}
    assert not synced(network, gamma, alpha).counts("country")


@on_sqlite_alone
def test_what_a_change_would_let_leave_is_what_leaves(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, _, _ = three
    group(network, alpha, "forum", "beta")
    share_with(network, alpha, "forum", "a", "b")
    change = Change({"gamma": EVERYTHING}, frozenset({"beta"}))
    who = author(network, alpha)
    before = rows_of(alpha.store)

    foreseen = preview_change(alpha.store, "forum", change, who)
    assert rows_of(alpha.store) == before

    assert change_audience(alpha.store, "forum", change, who)[1] == foreseen


@on_sqlite_alone
def test_what_was_called_back_is_new_to_the_audience_when_it_is_shared_again(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, _, gamma = three
    group(network, alpha, "forum", "beta")
    share_with(network, alpha, "forum", "a")
    call_back(
        alpha.store, record_keys(alpha, "a"), Reason.SHARED_IN_ERROR, alpha.identity, records, now=network.now
    )
    join(network, alpha, "forum", NOTHING, "gamma")
    assert not synced(network, gamma, alpha).counts("country")

    share_with(network, alpha, "forum", "a")

    assert countries(synced(network, gamma, alpha)) == {"SSD"}


@on_sqlite_alone
def test_an_empty_audience_beside_a_tier_is_remembered_for_who_joins(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, _, _ = three
    delta = network.node("delta", Tier.COORDINATOR)
    group(network, alpha, "forum")
    alpha.holds(a=SHOOTING)
    alpha.shares("a", tiers=frozenset({Tier.PUBLIC}))
    share_with(network, alpha, "forum", "a")
    assert synced(network, delta, alpha).counts("year", "month") == {(2024, "unknown"): 1}

    join(network, alpha, "forum", EVERYTHING, "delta")

    assert synced(network, delta, alpha).counts("year", "month") == {(2024, "2024-03"): 1}


def test_members_learn_who_else_belongs_unless_that_is_hidden(
    network: Network, three: tuple[Node, Node, Node]
) -> None:
    alpha, beta, _ = three
    group(network, alpha, "open", "beta", "gamma")
    group(network, alpha, "quiet", "beta", "gamma", scope=Scope(hidden=True))
    group(network, alpha, "others", "gamma")

    synced(network, beta, alpha)

    with beta.store.read() as connection:
        held = [charters.decode_envelope(one.envelope).payload for one in belongings(connection)]
    seen = {one.name: one.members for one in map(charters.decode_charter, held)}
    assert seen == {"open": {"beta", "gamma"}, "quiet": {"beta"}}
    quiet = next(payload for payload in held if b"quiet" in payload)
    assert b"gamma" not in quiet

    change_audience(alpha.store, "open", Change(hidden=True), author(network, alpha))
    leave(network, alpha, "quiet", "beta")
    synced(network, beta, alpha)

    with beta.store.read() as connection:
        held = [charters.decode_envelope(one.envelope).payload for one in belongings(connection)]
    seen = {one.name: one.members for one in map(charters.decode_charter, held)}
    assert seen == {"open": {"beta"}}


@on_sqlite_alone
def test_every_decision_is_kept_with_who_made_it(network: Network, three: tuple[Node, Node, Node]) -> None:
    alpha, _, _ = three
    group(network, alpha, "forum", "beta")
    join(network, alpha, "forum", "2026-01-31", "gamma")
    leave(network, alpha, "forum", "gamma")
    network.now += timedelta(days=1)
    join(network, alpha, "forum", EVERYTHING, "gamma")

    with alpha.store.read() as connection:
        (found,) = standing(connection).values()
    assert found.charter.version == 4
    assert {name: one.back_fill for name, one in found.joinings.items()} == {"beta": "none", "gamma": "all"}
    assert found.joinings["gamma"].said_by == "kb"
    assert bounds_of(network, alpha).network.keys() == {"beta", "gamma"}
