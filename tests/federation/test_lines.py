"""Lines are bad and peers are slow: what arrived is kept, the next pull goes on there, nothing counts twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import grpc
import pytest

from node.directory import Member
from node.errors import BusyError, UnavailableError
from node.sync import Outcome
from tests.support.incidents import ROBBERY, SHELLING, SHOOTING
from tests.support.network import Network, on_sqlite_alone
from tests.support.peer_simulator import PeerSimulator


@pytest.fixture
def peer(network: Network) -> PeerSimulator:
    """A member with twelve records, one to a page."""
    made = PeerSimulator(page_entries=1)
    network.admit(made.member)
    for _ in range(12):
        made.adds(ROBBERY)
    return made


@asynccontextmanager
async def cut_after(allowed_bytes: int, peer: Member) -> AsyncIterator[Member]:
    """A line to a peer that is reset once it has brought so many bytes."""
    host, _, port = peer.endpoints[0].partition(":")

    async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int) -> None:
        while limit > 0 and (some := await source.read(min(limit, 1024))):
            sink.write(some)
            limit -= len(some)
        sink.transport.abort()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(pass_on(reader, far_writer, 1 << 30))
                both.create_task(pass_on(far_reader, writer, allowed_bytes))
        except* ConnectionError:
            pass
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        near_port = server.sockets[0].getsockname()[1]
        yield peer._replace(endpoints=(f"127.0.0.1:{near_port}",))
    finally:
        server.close()


def test_a_pull_that_is_cut_goes_on_where_it_stopped(network: Network, peer: PeerSimulator) -> None:
    beta = network.node("beta")
    cuts = 0

    async def pull_until_done() -> None:
        nonlocal cuts
        held = 0
        async with peer.serving(network) as member:
            while held < 12:
                async with cut_after(7_000, member) as near:
                    outcome = await network.pull(beta, near)
                assert isinstance(outcome.error, UnavailableError | None)
                assert outcome.held == held
                assert beta.faults(*network.origins()) == []
                assert beta.counts().get((), 0) == outcome.verified
                held = outcome.verified
                cuts += outcome.error is not None

    asyncio.run(pull_until_done())
    assert cuts >= 2
    assert beta.counts() == {(): 12}


@on_sqlite_alone
def test_a_peer_that_is_down_costs_one_clear_answer(network: Network, peer: PeerSimulator) -> None:
    beta = network.node("beta")
    outcome = asyncio.run(network.pull(beta, peer.member))
    assert isinstance(outcome.error, UnavailableError)
    assert "mirage" in str(outcome.error)
    assert outcome.verified == 0


@on_sqlite_alone
def test_a_peer_that_goes_down_and_comes_back_is_caught_up_with(
    network: Network, peer: PeerSimulator
) -> None:
    beta = network.node("beta")
    network.sync(beta, peer)
    for _ in range(3):
        peer.adds(ROBBERY)
    assert isinstance(asyncio.run(network.pull(beta, peer.member)).error, UnavailableError)
    outcome = network.sync(beta, peer)
    assert (outcome.error, outcome.held, outcome.verified) == (None, 12, 15)


@pytest.mark.slow
@on_sqlite_alone
def test_a_peer_that_is_too_slow_is_given_up_and_what_came_is_kept(
    network: Network, peer: PeerSimulator
) -> None:
    beta = network.node("beta")

    quick_answers = iter(range(5))

    async def five_quick_pages_and_no_more(_request: bytes, _context: object) -> None:
        if next(quick_answers, None) is None:
            await asyncio.sleep(60)

    async def pull_with_little_patience() -> Outcome:
        async with peer.serving(network) as member:
            return await network.pull(beta, member, call_seconds=0.5)

    peer.pause = five_quick_pages_and_no_more
    outcome = asyncio.run(pull_with_little_patience())
    assert isinstance(outcome.error, UnavailableError)
    assert "in time" in str(outcome.error)
    assert outcome.verified == 5
    assert beta.counts() == {(): 5}
    assert beta.faults(*network.origins()) == []


@pytest.mark.slow
@on_sqlite_alone
def test_a_dead_peer_does_not_hold_up_a_live_one(network: Network, peer: PeerSimulator) -> None:
    beta, dead = network.node("beta"), PeerSimulator("silent")
    network.admit(dead.member)

    async def never(_request: bytes, _context: object) -> None:
        await asyncio.sleep(60)

    async def pull_both() -> tuple[Outcome, Outcome]:
        async with peer.serving(network) as alive, dead.serving(network) as silent:
            return await asyncio.gather(
                network.pull(beta, alive, call_seconds=2), network.pull(beta, silent, call_seconds=2)
            )

    dead.adds(ROBBERY)
    dead.pause = never
    live, silent = asyncio.run(pull_both())
    assert (live.error, live.verified) == (None, 12)
    assert isinstance(silent.error, UnavailableError)


def test_two_pulls_of_one_peer_at_once_keep_everything_once(network: Network, peer: PeerSimulator) -> None:
    beta = network.node("beta")
    peer.page_entries = 1000
    both_have_asked = asyncio.Barrier(2)

    async def wait_for_the_other(_request: bytes, _context: object) -> None:
        await both_have_asked.wait()

    async def pull_twice() -> list[Outcome | BaseException]:
        async with peer.serving(network) as member:
            both = (network.pull(beta, member), network.pull(beta, member))
            return list(await asyncio.gather(*both, return_exceptions=True))

    peer.pause = wait_for_the_other
    outcomes = asyncio.run(pull_twice())
    assert [type(one) for one in outcomes if isinstance(one, BaseException)] == [BusyError]
    assert [one.verified for one in outcomes if isinstance(one, Outcome)] == [12]
    assert beta.counts() == {(): 12}
    assert beta.faults(*network.origins()) == []


@on_sqlite_alone
def test_of_two_revisions_that_replace_the_same_record_the_first_day_stands(
    network: Network, peer: PeerSimulator
) -> None:
    beta = network.node("beta")
    first = peer.adds(SHOOTING)
    for day in range(3):
        network.sync(beta, peer)
        assert beta.faults(*network.origins()) == []
        network.now += timedelta(days=1)
        peer.revises(first, SHELLING, revision=2 + day)


@on_sqlite_alone
def test_tls_is_given_who_is_a_member_only_when_that_has_changed(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is given anew with every connection pulls the old one from under those that are shaking hands."""
    alpha = network.node("alpha")
    fetchers = []
    give = grpc.dynamic_ssl_server_credentials

    def kept(first: Any, fetch: Any, **others: Any) -> grpc.ServerCredentials:
        fetchers.append(fetch)
        return give(first, fetch, **others)

    async def served() -> None:
        monkeypatch.setattr(grpc, "dynamic_ssl_server_credentials", kept)
        async with alpha.serving(network):
            (fetch,) = fetchers
            assert [fetch(), fetch()] == [None, None]
            network.node("beta")
            assert [fetch() is None, fetch()] == [False, None]
            network.suspend("beta")
            assert [fetch() is None, fetch()] == [False, None]

    asyncio.run(served())
