"""Targets R4 and R5: how soon one record that is urgent is at a peer, and all that a peer missed once it is back.

Two `tocsin serve` run, and nobody tells them anything: a third process sends alerts, as the command line does, and
looks at what the peer has stored. One round on each database.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import median
from time import perf_counter, sleep

from benchmarks.lab import Engine, Lab
from benchmarks.nodes import ORIGIN, TOCSIN, make_network, serving
from benchmarks.samples import BOUNDS, fill
from benchmarks.table import Line, at_most
from console.demo_nodes import free_ports
from console.home import Home
from node.alert import Order, send_alert
from node.alert_life import Sender
from node.audience import Tier
from node.store.alerts import last_sequence
from node.store.database import Store
from node.store.heads import log_head
from node.wire import records

SYNCING = (str(TOCSIN), "serve", "--sync", "1", "--home")
ALERTS = 11
PAUSE_SECONDS = 0.25  # between two alerts
LOOK_SECONDS = 0.002
LONGEST_SECONDS = 300.0
MAX_IDLE_SECONDS = 0.1
MAX_BUSY_SECONDS = 1.0
MAX_MISSED_SECONDS = 10.0


class Watched:
    """Both sides' stores, and a node that can send: what is told to one, and when it lies in the other."""

    def __init__(self, origin: Home, receiver: Home) -> None:
        self.store, self.peer = origin.store(), receiver.store()
        self._sender = Sender(origin.identity(None), records)

    def held(self) -> int:
        """How many entries of the log the peer has."""
        with self.peer.read() as connection:
            head = log_head(connection, ORIGIN)
        return head.frontier.size if head else 0

    def alert(self) -> float:
        """Send one record as an alert, and give the seconds until it is stored by the peer."""
        now = datetime.now(UTC)
        start = perf_counter()
        order = Order(now, BOUNDS, frozenset({Tier.PUBLIC}))
        wanted = send_alert(self.store, 1, order, self._sender).sequence
        while _heard(self.peer) < wanted:
            assert perf_counter() - start < LONGEST_SECONDS, "an alert was lost"
            sleep(LOOK_SECONDS)
        return perf_counter() - start

    def close(self) -> None:
        """Close both stores."""
        self.store.close()
        self.peer.close()


def lines(lab: Lab) -> Iterator[Line]:
    """Let a peer come back to the smallest log on every database, and alert it meanwhile and afterwards."""
    for engine in lab.engines:
        yield from _lines(lab, engine)


def _lines(lab: Lab, engine: Engine) -> Iterator[Line]:
    size = lab.sizes[0]
    with ExitStack() as stack:
        names = (ORIGIN, Tier.PUBLIC.name.lower(), Tier.COORDINATOR.name.lower())
        databases = {name: stack.enter_context(lab.database(engine)) for name in names}
        network = make_network(lab.folder(), 0, f"127.0.0.1:{free_ports(1)[0]}", databases)
        receiver = network.receivers[Tier.COORDINATOR]
        watched = Watched(network.origin, receiver)
        stack.callback(watched.close)
        fill(watched.store, network.origin.identity(None), size)
        stack.enter_context(serving(network.origin))
        start = perf_counter()
        with serving(receiver, SYNCING):
            busy = _until_all_is_there(watched, size, start)
            missed = perf_counter() - start
            sleep(1)
            idle = [_paused(watched) for _ in range(ALERTS)]
    yield _line("R4", f"one urgent record at an idle peer, {engine}", median(idle), MAX_IDLE_SECONDS)
    if busy:
        yield _line(
            "R4",
            f"the slowest of {len(busy)} while {size:,} are filled in, {engine}",
            max(busy),
            MAX_BUSY_SECONDS,
        )
    yield _line("R5", f"{size:,} missed, from the peer's start on, {engine}", missed, MAX_MISSED_SECONDS)


def _until_all_is_there(watched: Watched, size: int, start: float) -> list[float]:
    """Alert the peer while it takes in the log, and give what each alert took."""
    took: list[float] = []
    while (held := watched.held()) < size:
        assert perf_counter() - start < LONGEST_SECONDS, f"{held} of {size} have arrived"
        if held:
            took.append(watched.alert())
        sleep(LOOK_SECONDS)
    return took


def _paused(watched: Watched) -> float:
    sleep(PAUSE_SECONDS)
    return watched.alert()


def _heard(store: Store) -> int:
    with store.read() as connection:
        return last_sequence(connection, ORIGIN)


def _line(target: str, what: str, seconds: float, most: float) -> Line:
    return Line(target, what, f"{seconds:.3f} s", f"{most:g} s", seconds / most, at_most(1))
