"""Alerts go over mutual TLS to who listens and may see the record, and after every cut nothing is missing or double."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest

from node.alerting import _Sending, _Stream
from node.audience import Tier
from node.errors import AlertRefusedError, UnavailableError, UnknownAlertError
from node.inbox import acknowledge
from node.interest import Interest
from node.ladders import WHERE
from node.store.alerts import Promise, receipts
from node.store.heads import log_head
from node.store.own_log import own_page
from node.tables.alerts import alert
from node.urgent import Kind, opened_chains
from node.wire import records
from node.wire.alerts import SIGN_OF_LIFE
from tests.support.alerts import (
    COORDINATORS,
    Alarmist,
    always_listening,
    call_off,
    held,
    kinds,
    listening,
    quick_returns,
    ring,
    ring_again,
    until,
)
from tests.support.incidents import ASSAULT, CAPTURE, LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, Network, Node, on_sqlite_alone, rows_of


@pytest.fixture
def alpha(network: Network) -> Node:
    """The node that rings, with records of three countries that nobody has seen."""
    node = network.node("alpha")
    node.holds(a=SHOOTING, b=ROBBERY, c=LOOTING, d=SHELLING)
    return node


@pytest.fixture
def beta(network: Network) -> Node:
    """A peer."""
    return network.node("beta")


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with quick_returns(monkeypatch):
        yield


def sent_and_noted(node: Node) -> tuple[set[str], set[str]]:
    """Members that got something from a node, and those whose people took note."""
    with node.store.read() as connection:
        found = receipts(connection, [one.alert_id for one in held(node)])
    return {one.org_id for one in found if one.sent_at}, {one.org_id for one in found if one.acknowledged_at}


def test_an_alert_reaches_who_listens_and_its_record_is_in_the_log_already(
    network: Network, alpha: Node, beta: Node
) -> None:
    async def ring_once() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer):
            await asyncio.sleep(0.3)
            ring(alpha, "a")
            await until(lambda: kinds(beta) == ["NEW"])
            await until(lambda: sent_and_noted(alpha)[0] == {"beta"})

    asyncio.run(ring_once())
    assert network.sync(beta, alpha).received.accepted == 1
    assert [one.promise for one in held(beta)] == [Promise.KEPT]
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


@on_sqlite_alone
def test_what_a_member_gets_is_what_its_page_of_the_log_shows(
    network: Network, alpha: Node, beta: Node
) -> None:
    coordinator = network.node("coord", Tier.COORDINATOR)

    async def ring_for_both() -> None:
        async with (
            alpha.serving(network) as peer,
            listening(network, beta, peer),
            listening(network, coordinator, peer),
        ):
            ring(alpha, "a")
            await until(lambda: kinds(beta) == kinds(coordinator) == ["NEW"])

    asyncio.run(ring_for_both())
    with alpha.store.read() as connection:
        head = log_head(connection, "alpha")
        assert head is not None
        for node, tier in ((beta, Tier.PEER), (coordinator, Tier.COORDINATOR)):
            assert [held(node)[0].entry] == own_page(connection, head.log_id, 0, 1, tier)
    chains = opened_chains(held(beta)[0].entry, records)
    assert chains is not None
    assert chains[WHERE.number][-1] == "SSD/Unity"


@on_sqlite_alone
def test_who_may_not_see_the_record_learns_nothing_of_the_alert(
    network: Network, alpha: Node, beta: Node
) -> None:
    coordinator = network.node("coord", Tier.COORDINATOR)

    async def ring_for_coordinators() -> None:
        async with (
            alpha.serving(network) as peer,
            listening(network, beta, peer),
            listening(network, coordinator, peer),
        ):
            secret = ring(alpha, "a", COORDINATORS)
            ring_again(alpha, secret.uid)
            call_off(alpha, secret.uid)
            ring(alpha, "b")
            await until(lambda: len(kinds(beta)) == 1 and len(kinds(coordinator)) >= 2)

    asyncio.run(ring_for_coordinators())
    assert kinds(beta) == ["NEW"]
    assert sent_and_noted(alpha)[0] <= {"beta", "coord"}


@pytest.mark.slow
@on_sqlite_alone
def test_a_subscriber_gets_the_countries_and_means_that_it_asked_for(
    network: Network, alpha: Node, beta: Node
) -> None:
    gamma = network.node("gamma")
    of_sudan = Interest(countries=frozenset({"SDN"}))
    robberies = Interest(means=frozenset({"robbery"}))

    async def ring_all() -> None:
        async with (
            alpha.serving(network) as peer,
            listening(network, beta, peer, of_sudan),
            listening(network, gamma, peer, robberies),
        ):
            for key in "abcd":
                ring(alpha, key)
            await until(lambda: len(held(beta)) == len(held(gamma)) == 1)
            await asyncio.sleep(0.5)

    asyncio.run(ring_all())
    sent = held(alpha)
    assert [one.leaf_hash for one in held(beta)] == [sent[2].leaf_hash]
    assert [one.leaf_hash for one in held(gamma)] == [sent[1].leaf_hash]


def test_what_was_sent_while_a_member_was_away_comes_when_it_returns(
    network: Network, alpha: Node, beta: Node
) -> None:
    async def listen_twice() -> None:
        async with alpha.serving(network) as peer:
            async with listening(network, beta, peer):
                ring(alpha, "a")
                await until(lambda: len(held(beta)) == 1)
            ring(alpha, "b")
            ring(alpha, "c")
            async with listening(network, beta, peer):
                await until(lambda: len(held(beta)) == 3)
                ring(alpha, "d")
                await until(lambda: len(held(beta)) == 4)

    asyncio.run(listen_twice())
    assert [one.envelope for one in held(beta)] == [one.envelope for one in held(alpha)]


def test_an_alert_that_was_stored_before_a_crash_is_pushed_after_it(
    network: Network, alpha: Node, beta: Node
) -> None:
    ring(alpha, "a")  # the process ends here, before anything was pushed

    async def serve_again() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer):
            await until(lambda: kinds(beta) == ["NEW"])

    asyncio.run(serve_again())


@on_sqlite_alone
def test_who_returns_gets_the_newest_word_on_each_alert_and_none_that_has_expired(
    network: Network, alpha: Node, beta: Node
) -> None:
    first = ring(alpha, "a")
    ring_again(alpha, first.uid, advice="Stay off the road.", reviewed=True)
    ring(alpha, "b", lasts=timedelta(minutes=5))
    over = ring(alpha, "c")
    call_off(alpha, over.uid)
    network.now = NOW + timedelta(minutes=6)

    async def come_late() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer):
            await until(lambda: len(held(beta)) == 2)
            await asyncio.sleep(0.3)

    asyncio.run(come_late())
    assert kinds(beta) == ["UPDATE", "CANCEL"]


@on_sqlite_alone
def test_a_cancellation_reaches_who_had_the_alert_whatever_it_asks_for_now(
    network: Network, alpha: Node, beta: Node
) -> None:
    async def change_interest() -> None:
        async with alpha.serving(network) as peer:
            async with listening(network, beta, peer):
                rung = ring(alpha, "a")
                await until(lambda: kinds(beta) == ["NEW"])
                await until(lambda: sent_and_noted(alpha)[0] == {"beta"})
            call_off(alpha, rung.uid)
            async with listening(network, beta, peer, Interest(countries=frozenset({"UKR"}))):
                await until(lambda: kinds(beta) == ["NEW", "CANCEL"])

    asyncio.run(change_interest())


@on_sqlite_alone
def test_an_update_brings_the_record_as_it_stands_now(network: Network, alpha: Node, beta: Node) -> None:
    async def correct_it() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer):
            rung = ring(alpha, "a")
            await until(lambda: kinds(beta) == ["NEW"])
            alpha.holds(a=SHELLING, b=ROBBERY)
            ring_again(alpha, rung.uid)
            await until(lambda: kinds(beta) == ["NEW", "UPDATE"])

    asyncio.run(correct_it())
    first, second = held(beta)
    assert first.uid == second.uid
    assert first.leaf_hash != second.leaf_hash
    assert network.sync(beta, alpha).error is None
    assert [one.promise for one in held(beta)] == [Promise.KEPT, Promise.KEPT]


@on_sqlite_alone
def test_a_member_that_is_suspended_hears_nothing_more_from_the_next_moment(
    network: Network, alpha: Node, beta: Node
) -> None:
    async def suspend_in_between() -> BaseException | None:
        async with alpha.serving(network) as peer, listening(network, beta, peer) as line:
            ring(alpha, "a")
            await until(lambda: len(held(beta)) == 1)
            network.suspend("beta")
            ring(alpha, "b")
            await until(line.done)
            return line.exception()

    error = asyncio.run(suspend_in_between())
    assert isinstance(error, UnavailableError)
    assert "NOT_A_MEMBER" in str(error)
    assert len(held(beta)) == 1


@pytest.mark.slow
@on_sqlite_alone
def test_a_suspended_members_quiet_stream_is_ended_too(network: Network, alpha: Node, beta: Node) -> None:
    async def suspend_it() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer) as line:
            await asyncio.sleep(0.3)
            network.suspend("beta")
            await until(line.done)

    asyncio.run(suspend_it())


@pytest.mark.slow
@on_sqlite_alone
def test_a_stream_that_is_not_read_is_ended_and_holds_up_nobody(
    network: Network, alpha: Node, beta: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    gamma = network.node("gamma")
    monkeypatch.setattr("node.alerting.QUEUED_MESSAGES", 2)
    monkeypatch.setattr("node.alerting.LOOK_SECONDS", 0.05)
    stuck = asyncio.Event()
    send = _Stream.send

    def send_slowly_to_beta(self: Any, wire: bytes) -> _Sending:
        async def send_when_it_is_read() -> None:
            await stuck.wait()
            await send(self, wire)

        stays = self.member.org_id == "beta" and wire != SIGN_OF_LIFE
        return _Sending(send_when_it_is_read()) if stays else send(self, wire)

    async def be_slow() -> BaseException | None:
        monkeypatch.setattr(_Stream, "send", send_slowly_to_beta)
        async with alpha.serving(network) as peer, listening(network, gamma, peer):
            async with listening(network, beta, peer) as line:
                await asyncio.sleep(0.3)
                for key in "abcd":
                    ring(alpha, key)
                    await until(lambda: len(held(gamma)) == len(held(alpha)))
                assert held(beta) == ()
                stuck.set()
                await until(line.done)
            await until(
                lambda: "beta" in sent_and_noted(alpha)[0]
            )  # of what was on its way when it was ended
            async with listening(network, beta, peer):
                await until(lambda: len(held(beta)) == 4)
            return line.exception()

    error = asyncio.run(be_slow())
    assert isinstance(error, UnavailableError)
    assert "SUBSCRIBER_TOO_SLOW" in str(error)


@on_sqlite_alone
def test_what_was_on_its_way_when_a_stream_was_ended_is_written_down(
    network: Network, alpha: Node, beta: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.alerting.QUEUED_MESSAGES", 2)

    def written_down() -> int:
        with alpha.store.read() as connection:
            return len(receipts(connection, [one.alert_id for one in held(alpha)]))

    async def ring_too_often() -> None:
        async with alpha.serving(network) as peer:
            async with listening(network, beta, peer) as line:
                ring(alpha, "a")
                await until(lambda: written_down() == 1)  # so the stream is open, and rests
                for key in "bcd":  # found by one look
                    ring(alpha, key)
                await until(line.done)
            await until(lambda: written_down() > 1)

    asyncio.run(ring_too_often())


@on_sqlite_alone
def test_one_member_can_not_hold_any_number_of_streams(network: Network, alpha: Node, beta: Node) -> None:
    async def open_many() -> list[BaseException | None]:
        async with alpha.serving(network) as peer, AsyncExitStack() as lines:
            opened = [await lines.enter_async_context(listening(network, beta, peer)) for _ in range(6)]
            await until(lambda: sum(one.done() for one in opened) == 2)
            return [one.exception() for one in opened if one.done()]

    errors = asyncio.run(open_many())
    assert all("SUBSCRIBER_TOO_SLOW" in str(one) for one in errors)


@pytest.mark.slow
@pytest.mark.usefixtures("_quick")
@on_sqlite_alone
def test_a_member_comes_back_by_itself_as_soon_as_it_may(network: Network, alpha: Node, beta: Node) -> None:
    async def suspend_for_a_while() -> None:
        async with alpha.serving(network) as peer, always_listening(network, beta, peer):
            ring(alpha, "a")
            await until(lambda: len(held(beta)) == 1)
            member = network.directory.member("beta")
            network.suspend("beta")
            ring(alpha, "b")
            await asyncio.sleep(1.5)
            assert len(held(beta)) == 1
            network.admit(member)
            await until(lambda: len(held(beta)) == 2)

    asyncio.run(suspend_for_a_while())


def test_the_sender_learns_that_somebody_has_taken_note(network: Network, alpha: Node, beta: Node) -> None:
    gamma = network.node("gamma")

    async def take_note() -> None:
        async with alpha.serving(network) as peer, listening(network, gamma, peer):
            async with listening(network, beta, peer):
                ring(alpha, "a")
                await until(lambda: len(held(beta)) == len(held(gamma)) == 1)
                await until(lambda: sent_and_noted(alpha)[0] == {"beta", "gamma"})
            for _ in range(2):
                acknowledge(beta.store, "alpha", held(beta)[0].sequence, "beta", NOW)
            async with listening(network, beta, peer):  # it tells what it could not tell before
                await until(lambda: sent_and_noted(alpha)[1] == {"beta"})

    asyncio.run(take_note())
    assert sent_and_noted(alpha) == ({"beta", "gamma"}, {"beta"})


@on_sqlite_alone
def test_nobody_takes_note_of_an_alert_that_is_not_there(beta: Node) -> None:
    with pytest.raises(UnknownAlertError):
        acknowledge(beta.store, "alpha", 7, "beta", NOW)


@on_sqlite_alone
@pytest.mark.parametrize(("incident", "rule"), [(ASSAULT, "R14"), (CAPTURE, "R15")])
def test_urgency_lets_nothing_leave_that_is_held(network: Network, incident: Any, rule: str) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=incident)
    before = rows_of(alpha.store)
    with pytest.raises(AlertRefusedError, match=rule):
        ring(alpha, "a")
    assert rows_of(alpha.store) == before


def test_a_promise_that_is_not_kept_is_found_and_one_that_comes_late_is_told(
    network: Network, beta: Node
) -> None:
    peer = Alarmist()
    network.admit(peer.member)
    peer.rings(SHOOTING, log_index=None)
    entry, leaf_hash = peer.entries.pop(), peer.leaf_hashes.pop()  # it never got into the log

    async def hear_it() -> None:
        async with peer.serving(network) as member, listening(network, beta, member):
            await until(lambda: len(held(beta)) == 1)

    asyncio.run(hear_it())
    found = []
    for minutes in (5, 9.5, 10.1, 20):  # it is broken within a minute of a contact
        network.now = NOW + timedelta(minutes=minutes)
        assert network.sync(beta, peer).error is None
        found.append(held(beta)[0].promise)
    peer.entries.append(entry)
    peer.leaf_hashes.append(leaf_hash)
    network.sync(beta, peer)
    wanted = [Promise.OPEN, Promise.OPEN, Promise.BROKEN, Promise.BROKEN, Promise.LATE]
    assert [*found, held(beta)[0].promise] == wanted


@on_sqlite_alone
def test_another_entry_at_the_promised_place_breaks_the_promise_at_once(network: Network, beta: Node) -> None:
    peer = Alarmist()
    network.admit(peer.member)
    peer.rings(SHOOTING, log_index=1)
    peer.adds(ROBBERY)

    async def hear_it() -> None:
        async with peer.serving(network) as member, listening(network, beta, member):
            await until(lambda: len(held(beta)) == 1)

    asyncio.run(hear_it())
    network.sync(beta, peer)
    assert held(beta)[0].promise is Promise.BROKEN


@on_sqlite_alone
def test_a_peer_that_can_not_be_reached_breaks_no_promise_yet(network: Network, beta: Node) -> None:
    peer = Alarmist()
    network.admit(peer.member)
    peer.rings(SHOOTING)

    async def hear_it() -> None:
        async with peer.serving(network) as member, listening(network, beta, member):
            await until(lambda: len(held(beta)) == 1)

    asyncio.run(hear_it())
    network.now = NOW + timedelta(hours=5)
    assert isinstance(asyncio.run(network.pull(beta, peer.member)).error, UnavailableError)
    assert held(beta)[0].promise is Promise.OPEN
    assert Kind(held(beta)[0].kind) is Kind.NEW


@on_sqlite_alone
@pytest.mark.parametrize(
    "column", ["sequence", "uid", "kind", "expires_at", "log_by", "leaf_hash", "envelope", "entry"]
)
def test_an_alert_that_was_changed_where_it_lies_is_found(
    network: Network, alpha: Node, beta: Node, column: str
) -> None:
    async def hear_it() -> None:
        async with alpha.serving(network) as peer, listening(network, beta, peer):
            ring(alpha, "a")
            await until(lambda: len(held(beta)) == 1)

    asyncio.run(hear_it())
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []
    for node in (alpha, beta):
        if column == "entry" and node is alpha:  # our own lies in the log
            continue
        before = getattr(held(node)[0], column)
        changed = before + 1 if isinstance(before, int) else before[:-1] + bytes([before[-1] ^ 1])
        with node.store.write() as connection:
            connection.execute(alert.update().values(**{column: changed}))
        (fault,) = node.faults(*network.origins())
        assert fault.where.startswith("alert ")
