"""A week in the life of twelve nodes, in some seconds: work and pulls, with whatever can go wrong drawn from a seed.

Written down beside the nodes, by whom it was decided, is what each of them has let out. In the end the lines are clear
and the clocks right, everybody pulls from everybody, and what each node holds and counts has to be exactly that.

    python -m tests.faults.week --seeds 200
"""

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, event

from console.database import open_store
from node.audience import Tier
from node.client import PeerClient
from node.errors import StoreError, UnavailableError
from node.holders import State, holders
from node.intake.publication import Publication, Row
from node.logbook import Pace
from node.measures import make_query
from node.model import Incident, PartialDate, Place
from node.plan import Request
from node.query import answer
from node.recall import call_back
from node.record import import_publication
from node.share import release
from node.signed import Reason
from node.slots import issue_checkpoint
from node.store.database import Store
from node.store.heads import log_head
from node.store.records import record_ids_by_key, revisions_by_key
from node.sync import Reader, pull, pull_relayed
from node.wire import records
from tests.support.deciding import BASELINE
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node
from tests.support.weather import CLEAR, Kind, Line, Weather, line_to

DAYS = 7
PUBLISHED = NOW.date() - timedelta(days=5)  # no clock goes back so far
# One country each, so that a count says whose records it counts.
COUNTRIES = ("SSD", "SDN", "UKR", "AFG", "COD", "ETH", "MLI", "NGA", "SOM", "SYR", "YEM", "HTI")
TIERS = (Tier.PUBLIC, Tier.PEER, Tier.PEER, Tier.COORDINATOR)
MEANS = ("shooting", "robbery", "looting", "shelling")
SOON = 0.25  # seconds until a caller gives up: most lines that say nothing never will
RELAYS = 3


@dataclass
class Told:
    """What was decided about one record."""

    incident: Incident
    tiers: frozenset[Tier] = frozenset()
    withdrawn: bool = False
    called_back: bool = False

    def is_for(self, tier: Tier) -> bool:
        """Whether members of a tier are to have it."""
        return not (self.withdrawn or self.called_back) and any(one <= tier for one in self.tiers)


@dataclass
class Organization:
    """One of the twelve, and what its people decided."""

    node: Node
    country: str
    tier: Tier
    told: dict[str, Told] = field(default_factory=dict)
    clock: timedelta = timedelta()  # by how much its clock is wrong
    line: Line | None = None


class Week:
    """Twelve nodes, their lines, and chance."""

    def __init__(self, seed: int, url: Callable[[], str], nodes: int, days: int) -> None:
        self.chance = random.Random(seed)
        self.network = Network(url)
        self.days = days
        self.numbers = count(1)
        self.met: Counter[str] = Counter()
        self.all = {
            f"n{at:02}": Organization(self.network.node(f"n{at:02}", tier), country, tier)
            for at, (country, tier) in enumerate(zip(COUNTRIES[:nodes], TIERS * 3, strict=False))
        }
        self.network.relays = set(self.chance.sample(list(self.all), RELAYS))

    def now(self, one: Organization) -> datetime:
        """What a node's clock shows."""
        return self.network.now + one.clock

    # What people do

    def works(self, one: Organization) -> None:
        """Report, correct and withdraw some incidents; release some; call some back."""
        chance = self.chance
        for _ in range(chance.randint(1, 4)):
            incident = replace(
                SHOOTING,
                when=PartialDate(2024, chance.randint(1, 12), 3),
                where=Place(one.country),
                means=chance.choice(MEANS),
            )
            one.told[f"k{next(self.numbers)}"] = Told(incident)
        standing = [key for key, told in one.told.items() if not told.withdrawn]
        left = [key for key in standing if one.told[key].tiers]
        some = [*chance.sample(standing, min(len(standing), 1)), *chance.sample(left, min(len(left), 2))]
        for key in dict.fromkeys(some):
            told = one.told[key]
            if chance.random() < 0.4:
                told.withdrawn = True
            else:
                told.incident = replace(told.incident, means=chance.choice(MEANS))
        self.does(one, self.publish)
        standing = [key for key in standing if not one.told[key].withdrawn]
        chosen = chance.sample(standing, min(len(standing), chance.randint(0, 3)))
        tiers = frozenset(chance.sample(TIERS, 1))
        self.does(one, lambda who: self.shares(who, chosen, tiers))
        for key in chosen:
            told = one.told[key]
            told.tiers = tiers if told.called_back else told.tiers | tiers
            told.called_back = False
        out = [key for key, told in one.told.items() if told.tiers and not told.called_back]
        if out and chance.random() < 0.4:
            key = chance.choice(out)
            self.does(one, lambda who: self.calls_back(who, key))
            one.told[key].called_back = True

    def publish(self, one: Organization) -> None:
        """Make what stands all that the organization knows."""
        standing = ((key, told) for key, told in one.told.items() if not told.withdrawn)
        rows = tuple(Row(at, key, told.incident, ()) for at, (key, told) in enumerate(standing, 2))
        if rows:
            publication = Publication(SOURCE, PUBLISHED, "--published", (), rows, (), ())
            digest = sha256(repr(rows).encode()).digest()
            import_publication(one.node.store, publication, digest, self.now(one))

    def shares(self, one: Organization, keys: list[str], tiers: frozenset[Tier]) -> None:
        """Release records, and whatever changed."""
        with one.node.store.read() as connection:
            known = revisions_by_key(connection, SOURCE, keys)
        request = Request(tuple(known.values()), tiers, self.now(one), BASELINE)
        for _ in release(one.node.store, request, one.node.identity, records):
            pass

    def calls_back(self, one: Organization, key: str) -> None:
        """Call a record back on demand, and let it be destroyed."""
        with one.node.store.read() as connection:
            ids = tuple(record_ids_by_key(connection, SOURCE, [key]).values())
        why, identity = Reason.SHARED_IN_ERROR, one.node.identity
        call_back(one.node.store, ids, why, identity, records, now=self.now(one), purge=True)

    def does(self, one: Organization, work: Callable[[Organization], None]) -> None:
        """Do something, perhaps with a disk that fails; then the node starts anew and it is done again."""
        if self.chance.random() < 0.35:
            try:
                with self.bad_disk(one.node.store):
                    work(one)
            except StoreError:
                one.node.store.engine.dispose()
        work(one)

    @contextmanager
    def bad_disk(self, store: Store) -> Iterator[None]:
        """A disk on which one write fails, that is full, or that nobody may write on."""
        kind = self.chance.choice(("write", "write", "write", "full", "read-only"))
        self.met[f"disk {kind}"] += 1
        if kind == "write":
            flavour = self.chance.choice((Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED))
            with failing_at(store, self.chance.randint(0, 6), flavour):
                yield
            return
        store.engine.dispose()
        limit = "max_page_count = 1" if kind == "full" else "query_only = on"
        with _each_connection(store.engine, f"PRAGMA {limit}"):
            yield

    # What happens on the way

    def weather(self) -> Weather:
        """How a line is this time: clear, more often than not."""
        chance = self.chance
        kind = chance.choices(list(Kind), (12, 1, 3, 1, 1))[0]
        self.met[f"line {kind}"] += 1
        return Weather(kind, chance.choice((0, 900, 3_000, 5_000, 9_000)), 0.002)

    async def pulls(self, reader: Organization, origin: Organization) -> None:
        """Let one node pull from another, whatever the line is like."""
        assert origin.line is not None
        origin.line.weather = self.weather()
        if self.chance.random() < 0.15:
            flavour = self.chance.choice((Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED))
            self.met["write while pulling"] += 1
            with failing_at(reader.node.store, self.chance.randint(0, 5), flavour):
                try:
                    await self.pull(reader, origin, SOON)
                except StoreError:
                    reader.node.store.engine.dispose()
        else:
            await self.pull(reader, origin, SOON)
        origin.line.weather = CLEAR

    async def pull(self, reader: Organization, origin: Organization, seconds: float = 30.0) -> int:
        """Pull; gives how many entries came."""
        assert origin.line is not None
        peer = self.network.directory.member(origin.node.org_id)._replace(endpoints=(origin.line.endpoint,))
        async with PeerClient(peer, reader.node.credentials, call_seconds=seconds) as line:
            outcome = await pull(
                reader.node.store,
                line,
                self.network.directory,
                clock=lambda: self.now(reader),
                identity=reader.node.identity,
            )
        assert outcome.error is None or isinstance(outcome.error, UnavailableError), outcome.error
        self.met["pull " + ("cut" if outcome.error else "done")] += 1
        return outcome.verified - outcome.held

    async def passes(self, reader: Organization, relay: Organization, origin: Organization) -> None:
        """Let a node get from a third what an origin said."""
        assert relay.line is not None
        peer = self.network.directory.member(relay.node.org_id)._replace(endpoints=(relay.line.endpoint,))
        async with PeerClient(peer, reader.node.credentials, call_seconds=SOON) as line:
            who = Reader(reader.node.org_id, self.network.directory, lambda: self.now(reader))
            outcome = await pull_relayed(reader.node.store, line, origin.node.org_id, who)
        self.met["relayed " + ("not" if outcome.error else "done")] += 1

    # The week itself

    async def lives(self) -> None:
        """Let the week pass, and then a quiet hour in which everybody hears everybody."""
        async with AsyncExitStack() as stack:
            for one in self.all.values():
                await stack.enter_async_context(self.served(one))
            for _ in range(self.days):
                await self.day()
                self.network.now += timedelta(days=1)
            for one in self.all.values():
                one.clock = timedelta()
                self.does_at_last(one)
            for left in (False, True):
                came = [
                    await self.pull(reader, origin)
                    for reader in self.all.values()
                    for origin in self.others(reader)
                ]
                assert not (left and any(came)), "what was there came again"

    async def day(self) -> None:
        """One day, in any order."""
        chance = self.chance
        for one in chance.sample(list(self.all.values()), len(self.all)):
            if chance.random() < 0.1:
                one.clock = timedelta(hours=chance.randint(-48, 48))
                self.met["clock jumps"] += 1
            self.works(one)
            paced = one.node.identity._replace(pace=Pace(60, chance.choice((0, 4))))
            if chance.random() < 0.5:
                issue_checkpoint(one.node.store, paced, records, self.now(one))
            for name in chance.sample(sorted(self.network.relays - {one.node.org_id}), 2):
                relay = self.all[name]
                await self.passes(
                    one, relay, chance.choice([other for other in self.others(one) if other is not relay])
                )
            for origin in chance.sample(self.others(one), 2):
                await self.pulls(one, origin)

    def does_at_last(self, one: Organization) -> None:
        """Tell what changed and was not told yet, and commit to it."""
        self.publish(one)
        self.shares(one, [], frozenset())

    def others(self, one: Organization) -> list[Organization]:
        """Everybody else."""
        return [other for other in self.all.values() if other is not one]

    @asynccontextmanager
    async def served(self, one: Organization) -> AsyncIterator[None]:
        """Run a node behind its line."""
        async with one.node.serving(self.network) as member, line_to(member.endpoints[0]) as line:
            one.line = line
            yield

    # The audit

    def faults(self) -> list[str]:
        """What is not as it was decided, node by node; nothing where all is well."""
        found: list[str] = []
        as_of = self.network.now.date() + timedelta(days=10)
        origins = self.network.origins()
        for reader in self.all.values():
            name = reader.node.org_id
            found += [f"{name}: {fault}" for fault in reader.node.faults(*origins)]
            counted = _counts(reader.node.store, as_of)
            for origin in self.all.values():
                ours = origin is reader
                wanted = Counter(
                    told.incident.means
                    for told in origin.told.values()
                    if (not told.withdrawn if ours else told.is_for(reader.tier))
                )
                if counted.get(origin.country, Counter()) != wanted:
                    held = dict(counted.get(origin.country, {}))
                    found.append(f"{name} counts {held} of {origin.node.org_id}, not {dict(wanted)}")
                if not ours and _head(reader, origin) != _head(origin, origin):
                    found.append(f"{name} holds another log of {origin.node.org_id}")
            found += self.holder_faults(reader)
        return found

    def holder_faults(self, one: Organization) -> list[str]:
        """Members that still hold, by the list of holders, what was called back or withdrawn."""
        gone = [key for key, told in one.told.items() if told.tiers and (told.withdrawn or told.called_back)]
        with one.node.store.read() as connection:
            ids = tuple(record_ids_by_key(connection, SOURCE, gone).values())
        found = holders(one.node.store, one.node.org_id, records, ids) if ids else ()
        return [f"{one.node.org_id}: {held}" for held in found if held.state is State.STANDS or held.waiting]


def _counts(store: Store, as_of: date) -> dict[str, Counter[str]]:
    """Incidents by country and means."""
    counted: dict[str, Counter[str]] = {}
    query = make_query(("country", "means"), ("incidents",), (), as_of=as_of)
    for country, means, number in answer(store, query).rows:
        counted.setdefault(str(country), Counter())[str(means)] += int(str(number))
    return counted


def _head(holder: Organization, origin: Organization) -> tuple[int, bytes]:
    with holder.node.store.read() as connection:
        head = log_head(connection, origin.node.org_id)
    return (head.frontier.size, head.frontier.root) if head else (0, b"")


@contextmanager
def _each_connection(engine: Engine, statement: str) -> Iterator[None]:
    """Say something to every connection that is opened meanwhile."""

    def says(connection: object, _record: object) -> None:
        connection.execute(statement)  # type: ignore[attr-defined] # of the driver

    event.listen(engine, "connect", says)
    try:
        yield
    finally:
        event.remove(engine, "connect", says)
        engine.dispose()


def live(
    folder: Path, seed: int, nodes: int = len(COUNTRIES), days: int = DAYS
) -> tuple[list[str], Counter[str]]:
    """Live a week in a new folder: what was wrong in the end, and what was met on the way."""
    template = folder / "template.sqlite3"
    if not template.exists():
        open_store(f"sqlite:///{template}").close()
    numbers = count(1)

    def url() -> str:
        file = folder / f"{seed}-{next(numbers)}.sqlite3"
        shutil.copy(template, file)
        return f"sqlite:///{file}"

    week = Week(seed, url, nodes, days)
    try:
        asyncio.run(week.lives())
        return week.faults(), week.met
    finally:
        week.network.close()


def main() -> int:
    """Live a week for each of many seeds."""
    parser = argparse.ArgumentParser("python -m tests.faults.week", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)
    wrong, met, started = 0, Counter[str](), time.monotonic()
    for seed in range(chosen.first, chosen.first + chosen.seeds):
        with tempfile.TemporaryDirectory(prefix="week-") as folder:
            found, happened = live(Path(folder), seed)
        met += happened
        wrong += bool(found)
        for one in found:
            print(f"seed {seed}: {one}", flush=True)
    for what, number in sorted(met.items()):
        print(f"{number:>8} {what}")
    print(f"{chosen.seeds} weeks in {time.monotonic() - started:.0f} s, {wrong} of them wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
