"""Processes of one node beside each other: who waits is woken, one pulls at a time, and the log never forks."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from socket import socketpair
from threading import Barrier

import pytest
from sqlalchemy import func, insert, select

from console.opened import Node as Running
from console.syncing import sync_all
from crypto.checkpoint import stated_size
from crypto.merkle import Frontier
from node import alerting, server, waking
from node.client import PeerClient
from node.errors import BusyError, ServedError, StoreError
from node.logbook import Pace
from node.slots import issue_checkpoint
from node.store import changes, database
from node.store.database import Store
from node.store.heads import advance_log, log_head
from node.store.leading import Leads, served_alone
from node.store.touched import forget_touches
from node.tables.logs import tile
from node.waking import LOOK_SECONDS, Wakes
from node.wire import records
from tests.support.alerts import PATIENCE_SECONDS, always_listening, held, ring, until
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, TODAY, Network, Node, on_sqlite_alone

on_postgresql_alone = pytest.mark.parametrize(
    "new_database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
FOR_EVER = 1_000.0  # seconds; who is not woken waits so long


def beside(node: Node) -> Node:
    """The same node as another process has it, with connections of its own."""
    url = node.store.engine.url.render_as_string(hide_password=False)
    return Node(node.identity, node.credentials, Store(url))


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node with records that nobody has seen."""
    node = network.node("alpha")
    node.holds(on=TODAY, a=SHOOTING, b=ROBBERY, **{f"k{at}": LOOTING for at in range(12)})
    return node


@pytest.fixture
def other(alpha: Node) -> Iterator[Node]:
    """The same node in another process."""
    made = beside(alpha)
    yield made
    made.store.close()


def test_what_another_process_writes_wakes_those_who_push_and_those_who_watch(
    network: Network, alpha: Node, other: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerting, "LOOK_SECONDS", FOR_EVER)
    monkeypatch.setattr(server, "WATCH_SECONDS", FOR_EVER)
    network.waking = True
    beta = network.node("beta")

    async def told() -> list[int]:
        seen = []
        async with alpha.serving(network) as peer, always_listening(network, beta, peer):
            async with PeerClient(peer, beta.credentials) as line, asyncio.timeout(PATIENCE_SECONDS):
                notes = line.watch()
                seen.append(stated_size(await anext(notes)))
                await asyncio.to_thread(ring, other, "a")
                seen.append(stated_size(await anext(notes)))
            await until(lambda: len(held(beta)) == 1)
        return seen

    assert asyncio.run(told()) == [0, 1]


@pytest.fixture
def _nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """But for whoever was told."""
    monkeypatch.setattr(waking, "LOOK_SECONDS", FOR_EVER)
    monkeypatch.setattr(waking, "PROBE_SECONDS", FOR_EVER)


async def woken(store: Store, write: Callable[[], object]) -> None:
    """Wait for what is written, from before it is."""
    wakes = Wakes()
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(wakes.run(store))
        await until(lambda: wakes.listening)
        waiting = tasks.create_task(wakes.wait(wakes.count, FOR_EVER))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await asyncio.to_thread(write)
        await waiting
        running.cancel()


@contextmanager
def tells_nobody(_path: str) -> Iterator[None]:
    """As a system does that has no call for it."""
    yield None


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells nobody")
@pytest.mark.usefixtures("_nobody_looks")
def test_whoever_waits_is_told_and_need_not_look(alpha: Node, other: Node) -> None:
    asyncio.run(woken(alpha.store, lambda: other.shares("a")))


@on_sqlite_alone
def test_where_the_system_tells_nobody_one_looks(
    alpha: Node, other: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "touches", tells_nobody)
    monkeypatch.setattr(waking, "PROBE_SECONDS", FOR_EVER)
    asyncio.run(woken(alpha.store, lambda: other.shares("a")))


@pytest.mark.skipif(sys.platform != "linux", reason="the system tells nobody")
@on_sqlite_alone
def test_what_is_being_written_is_looked_for_until_it_is_there(alpha: Node, other: Node) -> None:
    with alpha.store.changes() as told:
        seen = [(told.changed(), told.comes_soon)]
        with other.store.write() as connection:
            connection.exec_driver_sql("PRAGMA cache_size = 1")  # so that not all of it waits for the end
            rows = [{"level": 30, "number": at, "hashes": bytes(9_000)} for at in range(50)]
            connection.execute(insert(tile), rows)
            seen.append((told.changed(), told.comes_soon))
        seen.append((told.changed(), told.comes_soon))
    assert seen == [(False, False), (False, True), (True, False)]


class Late:
    """Tells of what can be seen a moment later only."""

    is_told, comes_soon = False, False

    def __init__(self, line: int) -> None:
        self.line = line
        self._left = 3

    def changed(self) -> bool:
        """Not at once."""
        self.comes_soon = self.comes_soon or forget_touches(self.line)
        self._left -= self.comes_soon
        return self._left == 0


@pytest.mark.usefixtures("_nobody_looks")
@on_sqlite_alone
def test_what_was_told_too_early_is_asked_for_again(alpha: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socketpair()
    with ours, theirs:
        ours.setblocking(False)
        monkeypatch.setattr(Store, "changes", lambda _: nullcontext(Late(ours.fileno())))
        asyncio.run(woken(alpha.store, lambda: theirs.send(b"!")))


@on_sqlite_alone
def test_where_one_has_to_look_nobody_looks_while_nobody_waits(
    alpha: Node, other: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = [], changes._Version.changed

    def counted(one: changes._Version) -> bool:
        looks.append(one)
        return look(one)

    monkeypatch.setattr(changes._Version, "changed", counted)

    async def told() -> None:
        wakes = Wakes()
        async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(wakes.run(alpha.store))
            await until(lambda: wakes.listening)
            seen = wakes.count
            other.shares("a")
            await asyncio.sleep(5 * LOOK_SECONDS)
            assert not looks
            assert await wakes.wait(seen, FOR_EVER) > seen
            running.cancel()

    asyncio.run(told())


@on_postgresql_alone
def test_from_a_member_one_process_pulls_at_a_time(network: Network, alpha: Node, other: Node) -> None:
    beta = network.node("beta")
    beta.holds(c=LOOTING)
    beta.shares("c")

    async def pulled() -> tuple[type | None, int]:
        async with beta.serving(network) as peer:
            network.admit(peer)
            node = Running("alpha", alpha.store, lambda: alpha.credentials, network.current, alpha.identity)
            (found,) = await sync_all(node)
            return type(found.error) if found.error else None, found.records.verified

    with closing(Leads(other.store)) as leads:
        assert leads.take("beta")
        assert asyncio.run(pulled()) == (BusyError, 0)
        leads.give("beta")
        assert asyncio.run(pulled()) == (None, 1)
        assert leads.take("beta")
    with closing(Leads(alpha.store)) as leads:
        assert leads.take("beta")  # as the process that had it is gone


@on_sqlite_alone
def test_on_sqlite_one_process_serves(alpha: Node, other: Node) -> None:
    with served_alone(alpha.store):
        with pytest.raises(ServedError, match="another process serves this node"), served_alone(other.store):
            pass
        other.shares("a")  # whatever else is done beside it
    with served_alone(other.store):
        pass


@pytest.mark.parametrize("same_size", [False, True])
def test_a_head_that_another_process_has_moved_is_not_moved(
    alpha: Node, other: Node, *, same_size: bool
) -> None:
    alpha.shares("a")
    with alpha.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    if same_size:  # as where a database went on without its last commits, and others came in their place
        head = head._replace(frontier=Frontier.from_bytes(1, bytes(32)))
    else:
        other.shares("b")

    with pytest.raises(BusyError, match="has grown meanwhile"), alpha.store.write() as connection:
        advance_log(connection, head, Frontier.from_bytes(1, bytes(32)), b"another story", 1)

    assert alpha.faults() == []


@on_postgresql_alone
def test_without_taking_turns_two_processes_never_write_two_stories(
    network: Network, alpha: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_LANE", select(func.now()))
    together = Barrier(3)
    slots = alpha.identity._replace(pace=Pace(60, 4))
    lost: list[StoreError] = []

    def one_process(number: int) -> None:
        node = beside(alpha)
        try:
            for at in range(4):
                together.wait()
                while True:
                    try:
                        node.shares(f"k{4 * number + at}")
                        issue_checkpoint(node.store, slots, records, NOW + timedelta(minutes=at + 1))
                        break
                    except StoreError as error:  # it reads again
                        lost.append(error)
                    except BusyError as error:
                        lost.append(StoreError(str(error)))
        finally:
            node.store.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(one_process, range(3)))

    assert lost, "nobody came second"
    beta = network.node("beta")
    outcome = network.sync(beta, alpha)
    assert (outcome.error, outcome.received.accepted) == (None, 12)
    with alpha.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    assert outcome.verified == head.frontier.size
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []
