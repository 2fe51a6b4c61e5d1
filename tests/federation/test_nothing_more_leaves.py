"""What really goes over the lines of a network, checked against the rules as people read them.

The checker below knows the messages of the contract and the words of the rules, and nothing of the code that decides.
"""

import random
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from node.audience import Purpose, Tier
from node.directory import Member
from node.model import Custody, Incident, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.policy import baseline, read_policy
from node.rules import Override
from node.server import Exchange
from node.share import Request, call_back, release
from node.signed import Label, Reason
from node.store.policies import say
from node.store.records import current, revisions_by_key
from node.wire import records
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone
from tocsin.node.v1 import exchange_service_pb2, record_pb2

pytestmark = on_sqlite_alone
SEED = 20261123
RECORDS = 400
CANARY = "Alphaname told us"
MEMBERS = {
    "public": Tier.PUBLIC,
    "peer": Tier.PEER,
    "agreed": Tier.PEER,
    "named": Tier.PEER,
    "coordinator": Tier.COORDINATOR,
}
POLICY = read_policy(
    baseline().text.replace('default = "enhanced"', 'default = "enhanced"\nKEN = "regular"')
    + '\n[[agreement]]\nmember = "agreed"\ncountries = ["SSD"]\n[agreement.levels]\nwhere = "point"\n'
)


@dataclass
class Told:
    """What people decided about one record."""

    incident: Incident
    tiers: frozenset[Tier] = frozenset()
    members: frozenset[str] = frozenset()
    label: Label | None = None
    gone: bool = False  # called back, or withdrawn


def made_up(chance: random.Random) -> Incident:
    """An incident of any kind, with words that must never leave."""
    days = chance.choice((3, 20, 31, 200, 2_000))
    day = TODAY - timedelta(days=days)
    outcome = chance.choice(list(Outcome))
    return Incident(
        PartialDate(day.year, day.month, day.day),
        Place(chance.choice(("SSD", "KEN", "AFG")), "Province", "District", "Town"),
        means=chance.choice(("shooting", "kidnapping", "rape_sexual_assault", "shelling")),
        actor_type="armed_group_national",
        actor_name="Group",
        victims=(Tally(outcome, Staff.NATIONAL, Sex.FEMALE, chance.randint(1, 5)),),
        custody=chance.choice(list(Custody)),
        narrative=CANARY,
    )


class Day:
    """A simulated day: releases, labels, corrections, withdrawals, pulls, in any order."""

    def __init__(self, network: Network, sent: list[tuple[Member, bytes]]) -> None:
        self.chance = random.Random(SEED)
        self.network = network
        self.sent = sent
        self.origin = network.node("origin")
        self.others: dict[str, Node] = {name: network.node(name, tier) for name, tier in MEMBERS.items()}
        self.told = {f"k{at}": Told(made_up(self.chance)) for at in range(RECORDS)}
        self.publish()
        self.uids = {key: self.uid(key) for key in self.told}

    def publish(self) -> None:
        """Make what stands all that the origin knows."""
        standing = {key: one.incident for key, one in self.told.items() if not one.gone}
        self.origin.holds(on=TODAY, **standing)

    def ids(self, *keys: str) -> tuple[int, ...]:
        """Keys of current revisions."""
        with self.origin.store.read() as connection:
            known = revisions_by_key(connection, SOURCE, keys)
        return tuple(known[key] for key in keys)

    def uid(self, key: str) -> bytes:
        """The 16 bytes by which the record is known."""
        with self.origin.store.read() as connection:
            (one,) = current(connection, self.ids(key))
        return one.uid

    def shares(self, keys: list[str], tiers: frozenset[Tier], members: frozenset[str]) -> None:
        """Release some records, and whatever changed."""
        network = dict(MEMBERS)
        request = Request(self.ids(*keys), tiers, NOW, members, network, Purpose.STAFF_SAFETY, POLICY)
        for _ in release(self.origin.store, request, self.origin.identity, records):
            pass

    def passes(self) -> None:
        """Let the day pass, checking every message against what was decided before it was sent."""
        keys = list(self.told)
        for _ in range(12):
            chosen = [key for key in self.chance.sample(keys, 60) if not self.told[key].gone]
            tiers = frozenset(self.chance.sample(list(Tier), self.chance.randint(0, 3)))
            members = frozenset({"named"} if self.chance.random() < 0.3 else ())
            for key in chosen:
                one = self.told[key]
                one.tiers, one.members = one.tiers | tiers, one.members | members
                if self.chance.random() < 0.2:
                    self.labels(key)
                elif self.chance.random() < 0.1:
                    one.gone = True
                elif self.chance.random() < 0.2:
                    one.incident = replace(one.incident, when=made_up(self.chance).when)
            self.publish()
            self.shares([key for key in chosen if not self.told[key].gone], tiers, members)
            name = self.chance.choice(list(self.others))
            self.sent.clear()
            assert self.network.sync(self.others[name], self.origin).error is None
            self.check()

    def labels(self, key: str) -> None:
        """Narrow one record by a label."""
        label = self.chance.choice(list(Label))
        with self.origin.store.write() as connection:
            (one,) = current(connection, self.ids(key))
            say(connection, one.record_id, Override(label=label), "first", NOW, waits=False)
        self.told[key].label = label

    def check(self) -> None:
        """Hold every message that was sent against the words of the rules."""
        by_uid = {uid: self.told[key] for key, uid in self.uids.items()}
        for member, wire in self.sent:
            assert CANARY.encode() not in wire, "R9"
            assert b"Group" not in wire, "R8"
            for entry in exchange_service_pb2.ListEntriesResponse.FromString(wire).entries:
                message = record_pb2.Entry.FromString(entry)
                if not message.HasField("openings"):
                    continue
                payload = record_pb2.IncidentRecord.FromString(message.envelope.payload)
                depths = (*message.openings.depths, *[0] * 7)[:7]
                verify_seen(member, by_uid[payload.record_uid], depths, payload.label)


def verify_seen(member: Member, told: Told, depths: tuple[int, ...], label: int) -> None:
    """Check how deep each dimension was opened to a member, by the text of the rules."""
    incident, tier = told.incident, member.tier
    when, where, _, victims, target, actor, _ = depths
    named = member.org_id in told.members
    assert not told.gone, "R18: an old version is still opened"
    assert incident.means != "rape_sexual_assault", "R14"
    assert not incident.count(Outcome.SEXUALLY_ASSAULTED), "R14"
    assert incident.custody is not Custody.ONGOING, "R15"
    captured = incident.count(Outcome.ABDUCTED) + incident.count(Outcome.DETAINED)
    if captured and incident.custody is Custody.UNKNOWN:
        assert (TODAY - incident.when.latest).days >= 365, "R15"
    assert label, "R3"
    assert named or any(one <= tier for one in told.tiers), "R1"
    if told.label is not None and not named:
        least = {1: 99, 2: Tier.COORDINATOR, 3: Tier.COORDINATOR, 4: Tier.PEER, 5: Tier.PUBLIC}[told.label]
        assert tier >= least, "R3: further than its label says"
    if tier is Tier.PUBLIC:
        assert (TODAY - incident.when.latest).days > 30, "R11: too early"
        assert not target, "R6"
        assert not actor, "R8"
    agreed = member.org_id == "agreed" and incident.where.country == "SSD"
    assert where <= (4 if agreed else tier), "R10"
    assert when <= tier, "R11"
    assert victims <= (4 if tier is Tier.COORDINATOR else 2), "R8"
    if incident.where.country == "KEN":
        assert where <= 2, "P1"
        assert when <= 2, "P1"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Member, bytes]]:
    """Every page that leaves a node, in plain text, and to whom."""
    tapped: list[tuple[Member, bytes]] = []
    answer = Exchange.list_entries

    def tap(self: Exchange, wire: bytes, caller: Member) -> bytes:
        page = answer(self, wire, caller)
        tapped.append((caller, page))
        return page

    monkeypatch.setattr(Exchange, "list_entries", tap)
    return tapped


def test_in_a_day_of_six_nodes_no_message_says_more_than_the_rules(
    network: Network, sent: list[tuple[Member, bytes]]
) -> None:
    Day(network, sent).passes()


def test_what_is_called_back_on_demand_is_opened_to_nobody_who_comes_later(
    network: Network, sent: list[tuple[Member, bytes]]
) -> None:
    day = Day(network, sent)
    day.shares(list(day.told), frozenset(Tier), frozenset())
    with day.origin.store.read() as connection:
        found = current(connection, day.ids(*day.told))
    call_back(
        day.origin.store,
        [one.record_id for one in found],
        Reason.SHARED_IN_ERROR,
        day.origin.identity,
        records,
        now=NOW,
        purge=True,
    )
    for one in day.told.values():
        one.gone = True
    for node in day.others.values():
        assert network.sync(node, day.origin).error is None
    assert sent
    day.check()
