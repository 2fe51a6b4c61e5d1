"""What one member sees by name: agreements, named recipients, and what is taken back."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest

from node.alert import Order, send_alert
from node.alert_life import Sender
from node.audience import Audience, Tier
from node.bounds import Bounds
from node.disclose import verify_view
from node.ladders import WHERE, Chains
from node.model import Incident, PartialDate, Place
from node.plan import Outgoing, Plan, Request
from node.policy import Policy, baseline, read_policy
from node.rules import Override
from node.scan import NO_NAMES
from node.share import preview, release
from node.signed import Label
from node.store.heads import log_head
from node.store.own_log import own_page
from node.store.policies import agree, say, used_policies
from node.store.records import current, revisions_by_key
from node.wire import records
from tests.support.network import NOW, SOURCE, TODAY, Network, on_sqlite_alone

INCIDENT = Incident(PartialDate(2015, 3, 14), Place("SSD", "Unity", "Leer", "Leer"))
AGREED = read_policy(
    baseline().text
    + """
[[agreement]]
member = "beta"
countries = ["SSD"]
until = 2027-06-30
[agreement.levels]
where = "point"
"""
)
MEMBERS = {"beta": Tier.PEER, "gamma": Tier.PEER, "delta": Tier.COORDINATOR}
PEERS = frozenset({Tier.PEER})
COORDINATORS = frozenset({Tier.COORDINATOR})


class Focal:
    """A security focal point who shares from one node with three others."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.alpha = network.node("alpha")
        self.others = {name: network.node(name, tier) for name, tier in MEMBERS.items()}
        self.alpha.holds(on=TODAY, a=INCIDENT)

    def shares(
        self,
        *keys: str,
        tiers: frozenset[Tier] = PEERS,
        members: frozenset[str] = frozenset(),
        policy: Policy = AGREED,
        enhanced: Mapping[str, frozenset[str]] = MappingProxyType({}),
        days: int = 0,
    ) -> Plan:
        """Release, after looking at it; what was shown is what is done."""
        with self.alpha.store.read() as connection:
            known = revisions_by_key(connection, SOURCE, keys)
        ids = tuple(known[key] for key in keys)
        now = NOW + timedelta(days=days)
        request = Request(ids, tiers, now, Bounds(policy, NO_NAMES, MEMBERS, enhanced), members)
        foreseen = list(preview(self.alpha.store, request))
        done = list(release(self.alpha.store, request, self.alpha.identity, records))
        assert done == foreseen
        (plan,) = done
        self.sent(plan)
        return plan

    def sent(self, plan: Plan) -> None:
        """Check byte for byte that each member gets what the preview showed, and nothing else."""
        for name, tier in MEMBERS.items():
            pages = self.page(name)[-len(plan.outgoing) :] if plan.outgoing else []
            for wire, one in zip(pages, plan.outgoing, strict=True):
                assert values(wire) == one.seen_by(Audience(tier, name))

    def page(self, member: str) -> list[bytes]:
        """What a member gets of the whole log."""
        with self.alpha.store.read() as connection:
            head = log_head(connection, "alpha")
            assert head is not None
            return own_page(connection, head.log_id, 0, head.frontier.size, MEMBERS[member], member)

    def says(self, said: Override, by: str = "first", *, waits: bool = False) -> int:
        """Say something of the record."""
        with self.alpha.store.write() as connection:
            (revision_id,) = revisions_by_key(connection, SOURCE, ["a"]).values()
            (one,) = current(connection, [revision_id])
            return say(connection, one.record_id, said, by, NOW, waits=waits).saying_id

    def counts(self) -> dict[str, int]:
        """How many incidents each member counts after it has pulled."""
        found = {}
        for name, node in self.others.items():
            assert self.network.sync(node, self.alpha).error is None
            found[name] = sum(node.counts().values())
        return found


def values(wire: bytes) -> Chains:
    """The values that an entry opens; nothing when it opens none."""
    entry = records.decode_entry(wire)
    if entry.envelope is None or not entry.openings:
        return ()
    record = records.decode_incident(entry.envelope.payload)
    return verify_view(record.record_uid, record.heads, entry.openings)


@pytest.fixture
def focal(network: Network) -> Iterator[Focal]:
    """Somebody who shares."""
    made = Focal(network)
    yield made
    assert made.alpha.faults(*network.origins()) == []


def where(wire: bytes) -> str:
    """The place that an entry shows."""
    seen = values(wire)
    return seen[WHERE.number][-1] if seen else ""


def test_a_member_with_an_agreement_sees_finer_and_nobody_else_does(focal: Focal) -> None:
    focal.shares("a")

    assert [where(focal.page(name)[0]) for name in MEMBERS] == [
        "SSD/Unity/Leer/Leer@",
        "SSD/Unity",
        "SSD/Unity",
    ]
    assert focal.counts() == {"beta": 1, "gamma": 1, "delta": 1}


def test_an_agreement_releases_nothing_by_itself(focal: Focal) -> None:
    focal.shares("a", tiers=frozenset({Tier.COORDINATOR}))

    assert [where(focal.page(name)[0]) for name in MEMBERS] == ["", "", "SSD/Unity/Leer"]


@pytest.mark.slow
def test_when_an_agreement_ends_the_member_sees_what_its_tier_sees(focal: Focal) -> None:
    focal.shares("a")
    (again,) = focal.shares(days=300).outgoing

    assert again.before is not None
    assert [where(wire) for wire in focal.page("beta")][-1] == "SSD/Unity"
    assert focal.shares(days=301) == Plan((), (), (), 0)


@pytest.mark.slow
def test_a_named_member_gets_what_nobody_else_gets(focal: Focal) -> None:
    (going,) = focal.shares("a", tiers=frozenset(), members=frozenset({"gamma"})).outgoing

    assert going.label is Label.RED
    assert [where(focal.page(name)[0]) for name in MEMBERS] == ["", "SSD/Unity", ""]
    assert focal.counts() == {"beta": 0, "gamma": 1, "delta": 0}


def test_what_was_said_of_a_record_takes_back_what_left_before(focal: Focal) -> None:
    focal.shares("a", tiers=frozenset({Tier.PEER, Tier.COORDINATOR}))
    assert focal.counts() == {"beta": 1, "gamma": 1, "delta": 1}
    focal.says(Override(label=Label.AMBER))

    (again,) = focal.shares(days=1).outgoing

    assert again.lost == {"peer", "@beta"}
    assert again.label is Label.AMBER
    assert [where(focal.page(name)[-1]) for name in MEMBERS] == ["", "", "SSD/Unity/Leer"]
    assert focal.counts() == {"beta": 0, "gamma": 0, "delta": 1}
    assert focal.shares(days=1).unchanged == 1


def test_a_record_that_somebody_holds_is_called_back(focal: Focal) -> None:
    focal.shares("a")
    focal.says(Override(held=True))

    plan = focal.shares(days=1)

    assert [one.hold.rule for one in plan.held] == ["P3"]
    assert len(plan.callbacks) == 1
    assert focal.counts() == {"beta": 0, "gamma": 0, "delta": 0}


def test_what_one_person_wants_to_widen_waits_for_another(focal: Focal) -> None:
    focal.says(Override(label=Label.RED))
    number = focal.says(Override(), "first", waits=True)
    assert not focal.shares("a").outgoing

    with focal.alpha.store.write() as connection:
        agree(connection, number, "second", NOW)

    assert len(focal.shares("a").outgoing) == 1


def test_another_policy_changes_what_left_and_is_remembered(focal: Focal) -> None:
    focal.shares("a")
    narrower = read_policy(
        AGREED.text.replace('when = "month"\nwhere = "admin1"', 'when = "year"\nwhere = "country"', 1)
    )

    (again,) = focal.shares(policy=narrower, days=1).outgoing

    assert again.seen_by(Audience(Tier.PEER))[WHERE.number] == ("SSD",)
    assert where(focal.page("gamma")[-1]) == "SSD"
    with focal.alpha.store.read() as connection:
        assert [one.digest for one in used_policies(connection)] == [AGREED.digest, narrower.digest]


def test_the_public_gets_it_when_it_has_waited(focal: Focal) -> None:
    recent = replace(INCIDENT, when=PartialDate(TODAY.year, TODAY.month, TODAY.day))
    focal.alpha.holds(on=TODAY, b=recent)
    everybody = frozenset({Tier.PUBLIC, Tier.PEER})
    (first,) = focal.shares("b", tiers=everybody).outgoing
    assert set(first.views) == {"peer", "@beta"}
    assert focal.shares(days=30).outgoing == ()

    (second,) = focal.shares(days=31).outgoing

    assert set(second.views) == {"public", "peer", "@beta"}


def rule_of(going: Outgoing, audience: Audience) -> str:
    """The rule that decided the place."""
    return going.decisions[audience].choices[WHERE.number].rule


def test_a_preview_names_the_rule_of_every_value(focal: Focal) -> None:
    (going,) = focal.shares("a").outgoing

    assert rule_of(going, Audience(Tier.PEER)) == "R10"
    assert rule_of(going, Audience(Tier.PEER, "beta")) == "P2"
    assert date(2027, 6, 30) == AGREED.agreements[0].until


def test_an_alert_takes_nothing_from_a_member_with_an_agreement(focal: Focal) -> None:
    focal.shares("a")
    with focal.alpha.store.read() as connection:
        (revision_id,) = revisions_by_key(connection, SOURCE, ["a"]).values()
    order = Order(NOW, Bounds(AGREED, NO_NAMES, MEMBERS), frozenset({Tier.COORDINATOR}))

    send_alert(focal.alpha.store, revision_id, order, Sender(focal.alpha.identity, records))

    assert [where(focal.page(name)[-1]) for name in MEMBERS] == [
        "SSD/Unity/Leer/Leer@",
        "SSD/Unity",
        "SSD/Unity/Leer",
    ]


@pytest.mark.parametrize(
    ("cleared", "regular"),
    [({}, False), ({"delta": frozenset[str]()}, True), ({"delta": frozenset({"SSD"})}, False)],
)
@on_sqlite_alone
def test_a_member_sees_a_country_as_finely_as_it_works_there(
    focal: Focal, cleared: dict[str, frozenset[str]], *, regular: bool
) -> None:
    """What the directory says of the clearance of a member narrows its view, and nobody else's."""
    plan = focal.shares("a", tiers=COORDINATORS, policy=baseline(), enhanced=cleared)
    (one,) = plan.outgoing
    tier, delta = (one.seen_by(Audience(Tier.COORDINATOR, name)) for name in ("", "delta"))
    assert (len(delta[WHERE.number]) < len(tier[WHERE.number])) is regular
    assert all(mine == its[: len(mine)] for mine, its in zip(delta, tier, strict=True))
    assert focal.counts()["delta"] == 1
    again = focal.shares("a", tiers=COORDINATORS, policy=baseline(), enhanced=cleared)
    assert (again.outgoing, again.unchanged) == ((), 1)
