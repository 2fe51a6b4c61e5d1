"""Alerts follow their records: to members with views of their own, and out of force when a record is called back."""

import asyncio
from datetime import datetime, timedelta

import pytest

from node.audience import Purpose, Tier
from node.errors import TooManyAlertsError
from node.inbox import receive_alert
from node.ladders import WHERE
from node.plan import Request
from node.policy import baseline, read_policy
from node.recall import Recall, call_back
from node.rules import Override
from node.share import release
from node.signed import Label, Reason
from node.store.alerts import Promise, set_promise
from node.store.own_log import own_page
from node.store.policies import say
from node.store.records import record_ids_by_key, revisions_by_key
from node.urgent import Alert, Kind, Pushed, opened_chains
from node.wire import records
from tests.support.alerts import held, kinds, listening, ring, ring_again, until
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone, rows_of

AGREED = read_policy(
    baseline().text
    + """
[[agreement]]
member = "beta"
[agreement.levels]
where = "point"
"""
)


def says(
    node: Node, key: str, said: Override, purpose: Purpose = Purpose.STAFF_SAFETY, now: datetime = NOW
) -> tuple[Alert, ...]:
    """Say something of a record and share it again with those who have it; gives the messages that ended alerts."""
    with node.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, [key]).values()
        say(connection, record_id, said, "kb", now, waits=False)
        revision_ids = tuple(revisions_by_key(connection, SOURCE, [key]).values())
    request = Request(revision_ids, frozenset(), now, BASELINE, purpose=purpose)
    (plan,) = release(node.store, request, node.identity, records)
    return plan.alerts


def calls_back(node: Node, *keys: str, now: datetime = NOW) -> Recall:
    with node.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, keys).values())
    return call_back(node.store, ids, Reason.SHARED_IN_ERROR, node.identity, records, now=now)


def where(node: Node) -> str:
    """Where the one alert says that it happened."""
    (one,) = held(node)
    chains = opened_chains(one.entry, records)
    assert chains is not None
    return chains[WHERE.number][-1]


@on_sqlite_alone
def test_what_ends_an_alert_and_what_takes_its_place_say_no_more_than_they_have_to(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    ring(alpha, "b")
    lasts, log_within = timedelta(hours=5, milliseconds=250), timedelta(hours=1, milliseconds=125)
    uid = ring(alpha, "a", frozenset(Tier)).uid
    last = ring_again(alpha, uid, lasts=lasts, log_within=log_within, advice="Stay.", reviewed=True)
    later = NOW + timedelta(hours=2, milliseconds=500)

    over, again = says(alpha, "a", Override(label=Label.GREEN), now=later)

    ends = last._replace(kind=Kind.CANCEL, leaf_hash=b"", log_index=None, advice="", reviewed=False)
    sequence = int(later.timestamp() * 1000)
    assert over == ends._replace(sequence=sequence, issued=later, log_by=later)
    goes_on = last._replace(kind=Kind.NEW, uid=again.uid, leaf_hash=again.leaf_hash, log_index=2)
    assert again == goes_on._replace(sequence=sequence + 1, issued=later, log_by=later + log_within)
    assert again.uid != last.uid
    assert again.leaf_hash != last.leaf_hash
    assert [(one.tier, one.log_index) for one in held(alpha)[-2:]] == [(Tier.PUBLIC, 1), (Tier.PEER, 2)]
    assert {(one.entry, one.promise) for one in held(alpha)} == {(b"", Promise.NONE)}
    assert [one.arrived_at for one in held(alpha)[-2:]] == [int(later.timestamp())] * 2
    assert alpha.faults(*network.origins()) == []


@on_sqlite_alone
def test_a_member_with_an_agreement_sees_in_an_alert_what_it_sees_in_the_log(network: Network) -> None:
    alpha, beta, gamma = (network.node(name) for name in ("alpha", "beta", "gamma"))
    alpha.holds(a=SHOOTING)
    bounds = BASELINE._replace(policy=AGREED, network={"beta": Tier.PEER, "gamma": Tier.PEER})

    async def ring_once() -> None:
        async with (
            alpha.serving(network) as peer,
            listening(network, beta, peer),
            listening(network, gamma, peer),
        ):
            ring(alpha, "a", bounds=bounds)
            await until(lambda: kinds(beta) == kinds(gamma) == ["NEW"])

    asyncio.run(ring_once())
    assert where(beta).startswith("SSD/Unity/")
    assert where(gamma) == "SSD/Unity"
    for node in (beta, gamma):
        assert network.sync(node, alpha).error is None
        assert node.faults(*network.origins()) == []


def test_calling_a_record_back_cancels_its_alert_and_no_other(network: Network) -> None:
    alpha, beta, late = (network.node(name) for name in ("alpha", "beta", "late"))
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)

    async def ring_and_call_back() -> None:
        async with alpha.serving(network) as peer:
            async with listening(network, beta, peer):
                first = ring(alpha, "a")
                ring_again(alpha, first.uid)
                other = ring(alpha, "b")
                await until(
                    lambda: len(held(beta)) >= 2 and {one.uid for one in held(beta)} == {first.uid, other.uid}
                )
                (over,) = calls_back(alpha, "a", "c").alerts
                assert over.uid == first.uid
                await until(lambda: kinds(beta)[-1] == "CANCEL")
            async with listening(network, late, peer):
                await until(lambda: len(kinds(late)) == 2)

    asyncio.run(ring_and_call_back())
    assert sorted(kinds(late)) == [
        "CANCEL",
        "NEW",
    ]  # about the record that stands; of the other only that it is over
    assert [one.entry for one in held(late) if one.kind == Kind.CANCEL] == [b""]
    before = rows_of(alpha.store)
    assert calls_back(alpha, "a", "c") == ((), ())
    assert rows_of(alpha.store) == before
    assert alpha.faults(*network.origins()) == []


@pytest.mark.slow
def test_who_may_no_longer_see_a_record_learns_that_its_alert_is_over_and_others_get_a_new_one(
    network: Network,
) -> None:
    alpha, beta, late = (network.node(name) for name in ("alpha", "beta", "late"))
    desk, later = (network.node(name, Tier.COORDINATOR) for name in ("desk", "later"))
    alpha.holds(a=SHOOTING)

    async def ring_and_narrow() -> None:
        async with alpha.serving(network) as peer:
            async with listening(network, beta, peer), listening(network, desk, peer):
                tiers, lasts = frozenset({Tier.PEER, Tier.COORDINATOR}), timedelta(hours=5)
                first = ring(alpha, "a", tiers, advice="Stay at home.", reviewed=True, lasts=lasts)
                await until(lambda: kinds(beta) == kinds(desk) == ["NEW"])
                over, again = says(alpha, "a", Override(label=Label.AMBER))
                assert (over.uid, over.kind, again.kind) == (first.uid, Kind.CANCEL, Kind.NEW)
                assert again.uid != first.uid
                assert (again.expires, again.advice) == (first.expires, first.advice)
                await until(lambda: kinds(beta) == ["NEW", "CANCEL"] and len(kinds(desk)) == 3)
            async with listening(network, late, peer), listening(network, later, peer):
                await until(lambda: len(kinds(late)) == 1 and len(kinds(later)) == 2)

    asyncio.run(ring_and_narrow())
    assert kinds(desk) == ["NEW", "CANCEL", "NEW"]
    assert (kinds(late), kinds(later)) == (["CANCEL"], ["CANCEL", "NEW"])
    for node in (alpha, beta, late, desk, later):
        if node is not alpha:
            assert network.sync(node, alpha).error is None
        assert node.faults(*network.origins()) == []
    assert held(desk)[-1].promise is Promise.KEPT
    assert held(alpha)[-1].tier == Tier.COORDINATOR


@on_sqlite_alone
@pytest.mark.parametrize("why", ["held", "for another purpose"])
def test_an_alert_ends_when_its_record_is_for_nobody_whom_it_could_be_for(network: Network, why: str) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    first = ring(alpha, "a")

    said = Override(held=True) if why == "held" else Override()
    purpose = Purpose.ANALYSIS if why == "for another purpose" else Purpose.STAFF_SAFETY
    (over,) = says(alpha, "a", said, purpose)

    assert (over.uid, over.kind) == (first.uid, Kind.CANCEL)
    assert says(alpha, "a", said, purpose) == ()


@on_sqlite_alone
def test_a_correction_that_its_tier_may_still_see_leaves_an_alert_in_force(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    ring(alpha, "a")

    assert says(alpha, "a", Override(levels=(0, 0, 1, 1, 0, 0, 1))) == ()
    assert kinds(alpha) == ["NEW"]


@on_sqlite_alone
def test_an_alert_that_has_expired_is_not_cancelled(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    ring(alpha, "a")

    assert calls_back(alpha, "a", now=NOW + timedelta(days=1)).alerts == ()


@on_sqlite_alone
def test_a_node_keeps_so_many_alerts_of_one_peer_and_no_more(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.inbox.MAX_HELD", 3)
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING)

    def hears(hours: int) -> None:
        now = NOW + timedelta(hours=hours)
        ring(alpha, "a", now=now, lasts=timedelta(hours=2))
        entry, envelope = _entry(alpha), held(alpha)[-1].envelope
        assert receive_alert(beta.store, Pushed(envelope, entry), alpha.origin, records, now)

    for _ in range(3):
        hears(0)
    before = rows_of(beta.store)
    with pytest.raises(TooManyAlertsError, match="3 alerts of alpha") as caught:
        hears(1)
    assert caught.value.reason == "ALERTS_TOO_MANY"
    assert rows_of(beta.store) == before

    with pytest.raises(TooManyAlertsError):  # they have expired, but what they promised is not known yet
        hears(3)
    for one in held(beta):
        with beta.store.write() as connection:
            set_promise(connection, one.alert_id, Promise.KEPT)
    newest = held(beta)[-1].sequence
    hears(4)
    assert [one.sequence for one in held(beta)][:-1] == [newest]


def _entry(node: Node) -> bytes:
    with node.store.read() as connection:
        return own_page(connection, 1, 0, 1, Tier.PEER)[0]
