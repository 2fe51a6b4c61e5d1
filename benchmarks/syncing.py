"""Targets 1, 3, 4, 5 and 6: a receiver pulls, verifies and stores a whole log over mutual TLS."""

import json
import subprocess
import sys
from collections.abc import Iterator
from statistics import mean, median
from typing import Any, NamedTuple

from benchmarks.lab import Engine, Lab
from benchmarks.nodes import Served, first_page, serving
from benchmarks.processes import Memory, memory
from benchmarks.receiver import Cost, Round
from benchmarks.table import Line, at_least, at_most
from console.home import Home
from node.audience import Tier

VIEWS = {Tier.PUBLIC: "narrow", Tier.COORDINATOR: "full"}
SHARE_OF_LIMIT = {Tier.PUBLIC: 0.60, Tier.COORDINATOR: 0.50}
SAMPLE = 2_500  # records that verifying alone is timed with
MAX_GROWN_MIB = 50
MAX_RESIDENT_MIB = 200


class Pulls(NamedTuple):
    """Rounds of one view on one database, and what they took of the server."""

    engine: Engine
    size: int
    tier: Tier
    rounds: tuple[Round, ...]
    alone: Round  # with nothing else in the receiver's memory
    server: Memory  # after all rounds

    @property
    def name(self) -> str:
        """What was pulled and where it was stored."""
        return f"{self.size:,} x {VIEWS[self.tier]}, {self.engine}"

    @property
    def share_of_limit(self) -> float:
        """Rate of a pull over that of verifying alone, on the same cores."""
        return median(_limit(one).wall * one.entries / one.first.wall for one in self.rounds)

    @property
    def serving_cpu(self) -> float:
        """Processor time that the server takes for a record of a first pull."""
        return mean(one.serving_cpu / one.entries for one in self.rounds)

    @property
    def record_seconds(self) -> float:
        """What a record takes from the line to the store."""
        return median(one.first.wall / one.entries for one in self.rounds)

    @property
    def limit(self) -> Cost:
        """What verifying a record takes when there is nothing else to do."""
        limits = [_limit(one) for one in self.rounds]
        return Cost(median(one.wall for one in limits), median(one.cpu for one in limits))


def lines(lab: Lab) -> Iterator[Line]:
    """Measure every view at every size on every database."""
    origin = lab.network(lab.sizes[0]).origin
    record_bytes = {tier: mean(map(len, first_page(origin, tier))) for tier in VIEWS}
    for tier, name in VIEWS.items():
        yield Line("-", f"bytes of a record, {name} view", f"{record_bytes[tier]:.0f} B", "-", None)
    for engine in lab.engines:
        pulls = {(size, tier): _pulls(lab, engine, size, tier) for size in lab.sizes for tier in VIEWS}
        for (size, tier), one in pulls.items():
            yield from _rates(one)
            yield from _sizes(one, record_bytes[tier])
            if size > lab.sizes[0]:
                yield from _growth(pulls[lab.sizes[0], tier], one)


def _rates(one: Pulls) -> Iterator[Line]:
    yield Line(
        "1",
        f"pull, verify, store: {one.name}",
        f"{1 / one.record_seconds:,.0f}/s",
        f"verify only: {1 / one.limit.wall:,.0f}/s",
        one.share_of_limit,
        at_least(SHARE_OF_LIMIT[one.tier]),
    )
    again = median(round_.again.wall for round_ in one.rounds)
    yield Line(
        "3",
        f"pull again: {one.name}",
        f"{again * 1e3:.1f} ms",
        f"first: {one.record_seconds * one.size * 1e3:,.0f} ms",
        median(round_.first.wall / round_.again.wall for round_ in one.rounds),
        at_least(10),
    )
    yield Line(
        "4",
        f"processor time to serve: {one.name}",
        f"{one.serving_cpu * 1e6:.1f} us",
        f"to verify: {one.limit.cpu * 1e6:.1f} us",
        one.serving_cpu / one.limit.cpu,
        at_most(0.06),
    )


def _sizes(one: Pulls, record_bytes: float) -> Iterator[Line]:
    if one.engine == "sqlite":
        written = median(round_.written_bytes / round_.entries for round_ in one.rounds)
        yield Line(
            "5",
            f"written for a record: {one.name}",
            f"{written:,.0f} B",
            f"record: {record_bytes:,.0f} B",
            written / record_bytes,
            at_most(10),
        )
    resident = max(one.alone.resident_mib, one.server.most)
    yield Line(
        "-",
        f"memory of either side: {one.name}",
        f"{resident:.0f} MiB",
        f"{MAX_RESIDENT_MIB} MiB",
        resident / MAX_RESIDENT_MIB,
        at_most(1),
    )


def _growth(few: Pulls, many: Pulls) -> Iterator[Line]:
    yield Line(
        "6",
        f"a record among {many.name}",
        f"{many.record_seconds * 1e6:.0f} us",
        f"among {few.size:,}: {few.record_seconds * 1e6:.0f} us",
        few.share_of_limit / many.share_of_limit,  # each beside its own limit: the machine's mood falls out
        at_most(1.5),
    )
    receivers = many.alone.resident_mib - few.alone.resident_mib
    servers = many.server.most - few.server.most
    for side, grown in (("receiver", receivers), ("server", servers)):
        yield Line(
            "6",
            f"memory more than for {few.size:,}, {side}: {many.name}",
            f"{grown:.0f} MiB",
            f"{MAX_GROWN_MIB} MiB",
            grown / MAX_GROWN_MIB,
            at_most(1),
        )


def _pulls(lab: Lab, engine: Engine, size: int, tier: Tier) -> Pulls:
    network = lab.network(size)

    def receive(sample: int) -> Round:
        with lab.database(engine) as url:
            return _receive(network.receivers[tier], served, sample, url)

    with serving(network.origin) as served:
        alone = receive(0)
        rounds = tuple(receive(SAMPLE) for _ in range(lab.rounds(size)))
        server = memory(served.pid)
    return Pulls(engine, size, tier, rounds, alone, server)


def _receive(receiver: Home, served: Served, sample: int, url: str) -> Round:
    module = [sys.executable, "-m", "benchmarks.pulling"]
    command = [*module, str(receiver.path), served.endpoint, str(served.pid), str(sample), url]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own program
    return _read(json.loads(done.stdout))


def _read(fields: list[Any]) -> Round:
    entries, first, serving_cpu, again, limit, *rest = fields
    return Round(entries, Cost(*first), serving_cpu, Cost(*again), Cost(*limit) if limit else None, *rest)


def _limit(one: Round) -> Cost:
    assert one.limit is not None, "measured without a limit"
    return one.limit
