"""Who lives in the week: an organization, what its people decided of its records, and how they do it at their node."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from hashlib import sha256

from console.home import Home
from console.office import Office
from node.audience import Tier
from node.intake.publication import Publication, Row
from node.logbook import Pace
from node.model import Incident
from node.plan import Request
from node.recall import call_back
from node.record import import_publication
from node.share import release
from node.signed import Reason
from node.slots import issue_checkpoint
from node.store.records import record_ids_by_key, revisions_by_key
from node.wire import records
from tests.faults.week.cases import Case, takes_answers
from tests.faults.week.hands import Hands, Work
from tests.support.deciding import BASELINE
from tests.support.network import NOW, SOURCE, Node
from tests.support.weather import Line

PUBLISHED = NOW.date() - timedelta(days=5)  # no clock goes back so far


@dataclass
class Told:
    """What was decided about one record."""

    incident: Incident
    tiers: frozenset[Tier] = frozenset()
    withdrawn: bool = False
    called_back: bool = False
    was_called_back: bool = False  # at any time

    def is_for(self, tier: Tier) -> bool:
        """Whether members of a tier are to have it."""
        return self.is_out and any(one <= tier for one in self.tiers)

    @property
    def is_out(self) -> bool:
        """Whether anybody is to have it."""
        return bool(self.tiers) and not (self.withdrawn or self.called_back)


@dataclass
class Organization:
    """One of the twelve, and what its people decided."""

    node: Node
    home: Home
    country: str
    tier: Tier
    told: dict[str, Told] = field(default_factory=dict)
    clock: timedelta = timedelta()  # by how much its clock is wrong
    line: Line = field(default_factory=lambda: Line(0))
    office: Office | None = None
    cases: list[Case] = field(default_factory=list)

    @property
    def org_id(self) -> str:
        """Its name in the directory."""
        return self.node.org_id

    def standing(self) -> list[str]:
        """Keys of what it knows to be true."""
        return [key for key, told in self.told.items() if not told.withdrawn]

    def publishing(self) -> Work:
        """Make what stands all that the organization knows."""
        return partial(publish, rows=tuple((key, self.told[key].incident) for key in self.standing()))

    def again(self) -> Iterable[Work]:
        """All that was decided so far, for a node that was put back as it was before some of it."""
        yield self.publishing()
        for key, told in self.told.items():
            if told.was_called_back:
                yield partial(calls_back, key=key)
        by_tiers: dict[frozenset[Tier], list[str]] = {}
        for key, told in self.told.items():
            if told.is_out:
                by_tiers.setdefault(told.tiers, []).append(key)
        for tiers, keys in by_tiers.items():
            yield partial(shares, keys=keys, tiers=tiers)
        yield partial(shares, keys=[], tiers=frozenset())
        for case in self.cases:
            yield from case.again()
        if self.office:
            yield takes_answers


def publish(hands: Hands, rows: tuple[tuple[str, Incident], ...]) -> None:
    """Take in a publication that holds these incidents and no others."""
    if rows:
        numbered = tuple(Row(at, key, incident, ()) for at, (key, incident) in enumerate(rows, 2))
        publication = Publication(SOURCE, PUBLISHED, "--published", (), numbered, (), ())
        import_publication(hands.node.store, publication, sha256(repr(numbered).encode()).digest(), hands.now)


def shares(hands: Hands, keys: list[str], tiers: frozenset[Tier]) -> None:
    """Release records, and whatever changed."""
    with hands.node.store.read() as connection:
        known = revisions_by_key(connection, SOURCE, keys)
    request = Request(tuple(known.values()), tiers, hands.now, BASELINE)
    for _ in release(hands.node.store, request, hands.node.identity, records):
        pass


def calls_back(hands: Hands, key: str) -> None:
    """Call a record back on demand, and let it be destroyed."""
    with hands.node.store.read() as connection:
        ids = tuple(record_ids_by_key(connection, SOURCE, [key]).values())
    node, why = hands.node, Reason.SHARED_IN_ERROR
    call_back(node.store, ids, why, node.identity, records, now=hands.now, purge=True)


def commits(hands: Hands, padding: int) -> None:
    """Sign how long the log is."""
    paced = hands.node.identity._replace(pace=Pace(60, padding))
    issue_checkpoint(hands.node.store, paced, records, hands.now)
