"""Alerts follow their records: to members with views of their own, and out of force when a record is called back."""

import asyncio
from datetime import timedelta

import pytest

from node.alert import cancel_called_back
from node.audience import Tier
from node.errors import TooManyAlertsError
from node.inbox import receive_alert
from node.ladders import WHERE
from node.policy import baseline, read_policy
from node.recall import call_back
from node.signed import Reason
from node.store.alerts import Promise, set_promise
from node.store.own_log import own_page
from node.store.records import record_ids_by_key
from node.urgent import Kind, Pushed, opened_chains
from node.wire import alerts, records
from tests.support.alerts import held, kinds, listening, ring, ring_again, sender, until
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


def calls_back(node: Node, *keys: str) -> None:
    with node.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, keys).values())
    call_back(node.store, ids, Reason.SHARED_IN_ERROR, node.identity, records, now=NOW)


def where(node: Node) -> str:
    """Where the one alert says that it happened."""
    (one,) = held(node)
    chains = opened_chains(one.entry, records)
    assert chains is not None
    return chains[WHERE.number][-1]


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
                calls_back(alpha, "a", "c")
                (over,) = cancel_called_back(alpha.store, NOW, sender(alpha))
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
    assert cancel_called_back(alpha.store, NOW, sender(alpha)) == ()
    assert rows_of(alpha.store) == before
    assert alpha.faults(*network.origins()) == []


@on_sqlite_alone
def test_an_alert_that_has_expired_is_not_cancelled(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    ring(alpha, "a")
    calls_back(alpha, "a")

    assert cancel_called_back(alpha.store, NOW + timedelta(days=1), sender(alpha)) == ()


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
        assert receive_alert(beta.store, Pushed(envelope, entry), alpha.origin, (records, alerts), now)

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
