"""Too much at once: alerts overtake what is pulled, the slow and the dead hold up nobody, and nothing is dropped."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from node.allowance import SAVED_SECONDS, Allowance
from node.client import PeerClient
from node.directory import Member
from node.sync import Outcome
from tests.support.alerts import kinds, listening, ring, until
from tests.support.incidents import SHOOTING
from tests.support.network import Network, Node
from tests.support.weather import Kind, Line, Weather, line_to

pytestmark = pytest.mark.slow
MANY = 300
NAMES = [f"r{number}" for number in range(MANY)]
SLOW = Weather(Kind.LATE, seconds=0.02)


@pytest.fixture
def network(new_sqlite_url: Callable[[], str]) -> Iterator[Network]:
    """A network without members yet."""
    made = Network(new_sqlite_url)
    yield made
    made.close()


def loaded(network: Network, org_id: str) -> Node:
    """A node that has shared so much that a slow line takes seconds for it."""
    node = network.node(org_id)
    records: dict[str, Any] = dict.fromkeys(("urgent", *NAMES), SHOOTING)
    node.holds(**records)
    node.shares(*NAMES)
    return node


def over(line: Line, peer: Member, weather: Weather) -> Member:
    """The member at the far end of a line."""
    line.weather = weather
    return peer._replace(endpoints=(line.endpoint,))


def test_an_alert_overtakes_what_is_being_pulled(network: Network) -> None:
    alpha, beta = loaded(network, "alpha"), network.node("beta")

    async def ring_meanwhile() -> bool:
        async with (
            alpha.serving(network) as peer,
            line_to(peer.endpoints[0]) as line,
            listening(network, beta, over(line, peer, SLOW)),
        ):
            pulling = asyncio.create_task(network.pull(beta, over(line, peer, SLOW)))
            await asyncio.sleep(0.5)
            ring(alpha, "urgent")
            await until(lambda: kinds(beta) == ["NEW"])
            overtook = not pulling.done()
            assert (await pulling).error is None
            return overtook

    assert asyncio.run(ring_meanwhile())
    assert network.sync(beta, alpha).verified == MANY + 1


def test_a_line_on_which_a_large_page_never_comes_through_brings_small_ones(network: Network) -> None:
    alpha, beta = loaded(network, "alpha"), network.node("beta")
    crawling = Weather(Kind.LATE, seconds=0.05)

    async def pull() -> Outcome:
        async with alpha.serving(network) as peer, line_to(peer.endpoints[0]) as line:
            return await network.pull(beta, over(line, peer, crawling), call_seconds=2.0)

    outcome = asyncio.run(pull())
    assert (outcome.error, outcome.verified) == (None, MANY)


def test_who_is_slow_and_who_is_dead_hold_up_nobody(network: Network) -> None:
    alpha, gamma, delta = (loaded(network, name) for name in ("alpha", "gamma", "delta"))
    beta = network.node("beta")
    ended: list[str] = []

    async def pull_all() -> tuple[str, ...]:
        async with (
            alpha.serving(network) as slow,
            gamma.serving(network) as dead,
            delta.serving(network) as well,
            line_to(slow.endpoints[0]) as slow_line,
            line_to(dead.endpoints[0]) as dead_line,
        ):

            async def one(peer: Member) -> str:
                outcome = await network.pull(beta, peer, call_seconds=4.0)
                ended.append(peer.org_id)
                return outcome.error.reason if outcome.error else f"{outcome.verified}"

            return tuple(
                await asyncio.gather(
                    one(over(slow_line, slow, SLOW)),
                    one(over(dead_line, dead, Weather(Kind.DEAF))),
                    one(well),
                )
            )

    assert asyncio.run(pull_all()) == (str(MANY), "PEER_LATE", str(MANY))
    assert ended == ["delta", "alpha", "gamma"]


def test_of_ten_times_as_many_calls_as_a_member_may_make_none_is_lost(network: Network) -> None:
    network.allowance = Allowance(calls_per_second=20)
    alpha, beta = network.node("alpha"), network.node("beta")
    offered = 20 * SAVED_SECONDS + 40

    async def ask_all() -> int:
        async with alpha.serving(network) as peer, PeerClient(peer, beta.credentials) as client:
            at_once = 4 * network.allowance.calls_at_once
            answered = 0
            for start in range(0, offered, at_once):
                calls = (client.checkpoint() for _ in range(start, min(start + at_once, offered)))
                answered += len(await asyncio.gather(*calls))
            return answered

    assert asyncio.run(ask_all()) == offered
