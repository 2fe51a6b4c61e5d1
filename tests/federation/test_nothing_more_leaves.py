"""What really goes over the sockets of a network, in plain text, checked against the rules as people read them."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from casework.store.audit import add_audit_entry
from console.opened import Node as ServedNode
from console.witnesses import Cosigned, have_cosigned
from node.alert import Order, send_alert
from node.asking import ask as keep_ours
from node.audience import CLOSED, FINEST, Purpose, Tier
from node.audiences import Author, Change, Scope, change_audience, new_audience
from node.bounds import Bounds
from node.directory import OrganizationType
from node.errors import AlertRefusedError, RequestError, UnknownRecordError
from node.granting import Decider, agree_to_grant, grant, reject, revoke
from node.logbook import Pace
from node.model import (
    Custody,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Sensitive,
    Sex,
    Staff,
    Tally,
)
from node.plan import Request
from node.policy import Policy, baseline, read_policy
from node.recall import call_back
from node.rules import Override
from node.scan import NO_NAMES
from node.share import release
from node.share_request import Refusal, State
from node.signed import Label, Reason
from node.slots import issue_checkpoint
from node.store.audiences import standing
from node.store.policies import say
from node.store.records import current, revisions_by_key
from node.store.requests import stored_requests
from node.wire import charters, records
from tests.support.alerts import held, listening, sender, until
from tests.support.bystander import Bystander
from tests.support.contract import CALLS, FIELDS
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone
from tests.support.requests import wish_for
from tests.support.rule_texts import Group, Told
from tests.support.wiretap import Wiretap
from tocsin.node import v1 as contract

SEED = 20261123
NODES = {
    "monitor": (Tier.PUBLIC, OrganizationType.IO),
    "relief": (Tier.PEER, OrganizationType.INGO),
    "local": (Tier.PEER, OrganizationType.NNGO),
    "movement": (Tier.PEER, OrganizationType.RCRC),
    "office": (Tier.COORDINATOR, OrganizationType.UN),
    "desk": (Tier.COORDINATOR, OrganizationType.INGO),
}
TIERS = {name: tier for name, (tier, _) in NODES.items()}
AGREED = {name: "relief" if name == "local" else "local" for name in NODES}
CONSENTS = {"movement", "desk"}
PLACES = (
    Place("SSD", "Province", "District", "Town"),
    Place("KEN", "Province", "District", "Town"),
    Place("AFG", "Province", "District"),
    Place("SSD"),
    Place("UKR", "house of sender@example.org", "District"),
    Place("UKR", "Province", "ask +000 000 000 001"),
)


def policy_of(name: str) -> Policy:
    """Kenya at the regular level, one neighbour who may see where it was in South Sudan, perhaps a consent."""
    text = baseline().text.replace('default = "enhanced"', 'default = "enhanced"\nKEN = "regular"')
    if name in CONSENTS:
        text = text.replace("rcrc_named = false", "rcrc_named = true")
    return read_policy(
        f'{text}\n[[agreement]]\nmember = "{AGREED[name]}"\ncountries = ["SSD"]\n[agreement.levels]\nwhere = "point"\n'
    )


def made_up(chance: random.Random) -> Incident:
    """An incident of any kind, with words that must never leave."""
    day = TODAY - timedelta(days=chance.choice((3, 29, 30, 31, 200, 364, 365, 2_000)))
    means = ("shooting", "kidnapping", "shelling", "robbery", "rape_sexual_assault")
    return Incident(
        PartialDate(day.year, day.month, day.day),
        chance.choice(PLACES),
        means=chance.choice(means),
        actor_type=chance.choice(("armed_group_national", "criminal", "unknown")),
        actor_name="Bandname",
        victims=(
            Tally(chance.choice(list(Outcome)), Staff.NATIONAL, Sex.FEMALE, chance.randint(0, 5)),
            Tally(Outcome.INJURED, Staff.INTERNATIONAL, Sex.MALE, 1),
        ),
        employers=(EmployerTally(chance.choice(("ingo", "un", "icrc", "nngo_or_rcrc")), 1),),
        custody=chance.choice(list(Custody)),
        sensitive=frozenset(chance.sample(list(Sensitive), 1) if chance.random() < 0.05 else ()),
        narrative="Alphaname told us",
    )


class Organization:
    """One of the six: what it holds and what its people decide about it during the day."""

    def __init__(self, node: Node, records: int, chance: random.Random) -> None:
        self.node = node
        self.chance = chance
        network = {name: tier for name, tier in TIERS.items() if name != node.org_id}
        self.bounds = Bounds(policy_of(node.org_id), NO_NAMES, network)
        self.told = {f"k{at}": self._new() for at in range(records)}
        self.forum = f"forum-of-{node.org_id}"
        self.group = self._founds()
        self.moment = 0  # of its own day: goes on with each thing that is decided
        self.publish()
        with node.store.read() as connection:
            known = revisions_by_key(connection, SOURCE, list(self.told))
            keys = {revision_id: key for key, revision_id in known.items()}
            found = [
                one
                for start in range(0, len(keys), 500)
                for one in current(connection, list(keys)[start : start + 500])
            ]
        self.uids = {one.uid: self.told[keys[one.revision_id]] for one in found}
        self.record_ids = {keys[one.revision_id]: one.record_id for one in found}

    def publish(self) -> None:
        """Make what stands all that the organization knows."""
        self.node.holds(on=TODAY, **{key: one.incident for key, one in self.told.items() if not one.gone})

    def works(self, number: int) -> None:
        """Decide something about so many records, then release them and whatever changed."""
        chance = self.chance
        chosen = [key for key in chance.sample(list(self.told), number) if not self.told[key].gone]
        tiers = frozenset(chance.sample(list(Tier), chance.randint(0, 3)))
        members = frozenset({chance.choice(list(self.bounds.network))} if chance.random() < 0.3 else ())
        for key in chosen:
            one = self.told[key]
            one.tiers, one.members = one.tiers | tiers, one.members | members
            self._decides(key)
        self.publish()
        with_forum = chance.choice(list(Purpose))
        for purpose in Purpose:
            asked = [key for key in chosen if self.told[key].purpose is purpose and not self.told[key].gone]
            new = [key for key in asked if self.forum not in self.told[key].groups]
            self.shares(asked, tiers, members, purpose)
            if purpose is with_forum:
                self.shares_with_forum(new, purpose)

    def shares(
        self, keys: list[str], tiers: frozenset[Tier], members: frozenset[str], purpose: Purpose
    ) -> None:
        """Release some records, and whatever changed."""
        request = Request(self.revisions(keys), tiers, NOW, self.bounds, members, purpose)
        for _ in release(self.node.store, request, self.node.identity, records):
            pass

    def shares_with_forum(self, keys: list[str], purpose: Purpose) -> None:
        """Release records to the audience of this organization for the first time."""
        self.moment += 1
        for key in keys:
            self.told[key].groups[self.forum] = self.moment
        with self.node.store.read() as connection:
            uids = frozenset(standing(connection))
        request = Request(
            self.revisions(keys), frozenset(), NOW, self.bounds, purpose=purpose, audiences=uids
        )
        for _ in release(self.node.store, request, self.node.identity, records):
            pass

    def changes_forum(self) -> None:
        """Let somebody join the audience or leave it, or let members learn of each other or no longer."""
        chance, group = self.chance, self.group
        self.moment += 1
        who = chance.choice(list(self.bounds.network))
        old = chance.choice(("all", "none", (TODAY - timedelta(days=200)).isoformat()))
        stays = who not in group.members
        change = Change(
            {who: old} if stays else {}, frozenset(() if stays else (who,)), chance.random() < 0.5
        )
        if stays:
            group.members[who] = self.moment, old
        else:
            del group.members[who]
        group.hidden = bool(change.hidden)
        change_audience(self.node.store, self.forum, change, self._author())

    def asks(self, owner: "Organization") -> None:
        """Ask another for something finer of a record that it shows us, unless it shows none."""
        keys = [key for key, told in owner.told.items() if told.tiers and not told.gone]
        for key in self.chance.sample(keys, min(3, len(keys))):
            levels = {
                number: self.chance.randint(0, FINEST[number]) for number in self.chance.sample(range(7), 2)
            }
            try:
                wish = wish_for(owner.node, key, levels, purpose=owner.told[key].purpose)
            except KeyError:  # it was held, and never left
                continue
            keep_ours(self.node.store, owner.node.org_id, wish, NO_NAMES, asked_by="x", now=NOW)

    def decides_requests(self) -> None:
        """Grant, narrow, reject or revoke what others asked for."""
        with self.node.store.read() as connection:
            found = stored_requests(connection)
        keys = {record_id: key for key, record_id in self.record_ids.items()}
        for one in found:
            told, request, chance = self.told[keys[one.record_id]], one.request, self.chance.random()
            request_id = request.wish.request_id
            decider = Decider("kb", self.node.identity, self.bounds, NOW, records)
            if request.state is State.GRANTED and chance < 0.3:
                told.grants.pop(request.member, None)
                revoke(self.node.store, request_id, decider, Refusal.NO_LONGER_NEEDED)
            elif request.state is State.ASKED and chance < 0.2:
                reject(self.node.store, request_id, decider, Refusal.TOO_SENSITIVE)
            elif request.state is State.ASKED:
                narrower = {0: 0} if chance > 0.8 else {}
                try:
                    done = grant(self.node.store, request_id, decider, narrower)
                    if done.widens:
                        agree_to_grant(self.node.store, request_id, decider._replace(said_by="mo"))
                except (RequestError, UnknownRecordError):
                    continue
                wanted = tuple(narrower.get(at, level) for at, level in enumerate(request.wish.wanted))
                before = told.grants.get(request.member, wanted)
                told.grants[request.member] = tuple(map(max, before, wanted))

    def _founds(self) -> Group:
        """Make an audience of two others."""
        members = self.chance.sample(list(self.bounds.network), 2)
        countries = frozenset(self.chance.choice(((), ("SSD", "KEN", "AFG"))))
        scope = Scope(countries=countries)
        new_audience(self.node.store, self.forum, frozenset(members), scope, self._author())
        return Group(self.node.org_id, countries, False, dict.fromkeys(members, (0, "none")))

    def _author(self) -> Author:
        return Author("kb", self.node.identity, self.bounds, NOW, records, charters)

    def revisions(self, keys: list[str]) -> tuple[int, ...]:
        """Keys of current revisions."""
        with self.node.store.read() as connection:
            known = revisions_by_key(connection, SOURCE, keys)
        return tuple(known[key] for key in keys)

    def calls_back(self, keys: list[str]) -> None:
        """Call some records back on demand, and ask that they be destroyed."""
        for key in keys:
            self.told[key].gone = True
        ids = [self.record_ids[key] for key in keys]
        call_back(
            self.node.store, ids, Reason.SHARED_IN_ERROR, self.node.identity, records, now=NOW, purge=True
        )

    def alarms(self) -> bool:
        """Send an alert about some record for which that is not refused."""
        for key in self.chance.sample(list(self.told), len(self.told)):
            one = self.told[key]
            if one.gone or one.purpose is not Purpose.STAFF_SAFETY:
                continue
            order = Order(
                NOW, self.bounds, frozenset({Tier.COORDINATOR}), advice="Stay at home.", reviewed=True
            )
            try:
                (revision_id,) = self.revisions([key])
                send_alert(self.node.store, revision_id, order, sender(self.node))
            except AlertRefusedError:
                continue
            one.tiers |= {Tier.COORDINATOR}
            return True
        return False

    def _new(self) -> Told:
        owner = self.node.org_id
        agreed = (AGREED[owner], "SSD")
        return Told(owner, made_up(self.chance), self.chance.choice(list(Purpose)), owner in CONSENTS, agreed)

    def _decides(self, key: str) -> None:
        one, chance = self.told[key], self.chance
        what = chance.random()
        if what < 0.2:
            levels = tuple(chance.choice((CLOSED, finest, finest, finest)) for finest in FINEST)
            label = chance.choice((None, *Label))
            self._says(
                key, Override(chance.random() < 0.2, label, levels, captivity_released=chance.random() < 0.3)
            )
        elif what < 0.3:
            one.gone = True
        elif what < 0.5:
            one.incident = replace(
                one.incident, when=made_up(chance).when, custody=chance.choice(list(Custody))
            )

    def _says(self, key: str, said: Override) -> None:
        with self.node.store.write() as connection:
            say(connection, self.record_ids[key], said, "first", NOW, waits=False)
        self.told[key].said = said


class Day:
    """A simulated day of six nodes: releases, labels, corrections, withdrawals, alerts, pulls, in any order."""

    def __init__(self, network: Network, folder: Path, records: int) -> None:
        self.chance = random.Random(SEED)
        self.cosigning = random.Random(SEED)
        self.network = network
        self.slot = 0
        self.tap = Wiretap(folder)
        nodes = {name: network.node(name, tier) for name, tier in TIERS.items()}
        for name, (_, kind) in NODES.items():
            network.admit(network.directory.member(name)._replace(type=kind))
        self.all = {name: Organization(node, records, self.chance) for name, node in nodes.items()}
        told = {uid: told for one in self.all.values() for uid, told in one.uids.items()}
        self.bystander = Bystander(told, {one.forum: one.group for one in self.all.values()})

    def passes(self, rounds: int, decided: int) -> None:
        """Let the day pass, checking every line against what was decided before."""
        for _ in range(rounds):
            for one in self.all.values():
                one.works(decided)
                if self.chance.random() < 0.5:
                    one.changes_forum()
                if self.chance.random() < 0.3:
                    standing = [key for key, told in one.told.items() if told.tiers and not told.gone]
                    one.calls_back(self.chance.sample(standing, min(2, len(standing))))
                for name in self.chance.sample(list(one.bounds.network), 2):
                    self.pull(name, one)
            self.has_cosigned("office")

    def pull(self, reader: str, one: Organization) -> None:
        """Let one node pull from another through the tap."""
        if self.chance.random() < 0.5:
            self.all[reader].asks(one)
        self.slot += 1
        paced = one.node.identity._replace(pace=Pace(60, 4))
        issue_checkpoint(one.node.store, paced, records, NOW + timedelta(minutes=self.slot))
        outcome = self.network.sync(self.all[reader].node, self.tap.tapped(one.node, self.all[reader].node))
        assert outcome.error is None
        heard = self.network.hears(self.all[reader].node, self.tap.tapped(one.node, self.all[reader].node))
        assert not heard
        self.check()
        one.decides_requests()

    def check(self) -> None:
        """Hold every line that was tapped since against the words of the rules."""
        members = {one.org_id: one for one in self.network.directory.members}
        for line in self.tap.lines:
            self.bystander.listen(line, members, TODAY)
        self.tap.lines.clear()

    def has_cosigned(self, name: str) -> None:
        """Let work be done on cases at one node, and two others cosign its log of it."""
        one, network = self.all[name].node, self.network
        with one.store.write() as connection:
            for _ in range(self.cosigning.randint(1, 5)):
                add_audit_entry(connection, b"Alphaname has read the case of Bandname")
        witnesses = [
            self.all[other].node for other in self.cosigning.sample(list(self.all[name].bounds.network), 2)
        ]

        async def ask() -> Cosigned:
            async with AsyncExitStack() as stack:
                served = [
                    await stack.enter_async_context(self.tap.tapped(other, one).serving(network))
                    for other in witnesses
                ]
                known = replace(network.directory, members=tuple(served))
                node = ServedNode(name, one.store, lambda: one.credentials, lambda: known, one.identity)
                return await have_cosigned(node, NOW)

        assert len(asyncio.run(ask()).by) == 2
        self.check()

    def alarms(self, name: str) -> None:
        """Let one node send an alert while all others listen."""
        one = self.all[name]
        others = [other.node for other in self.all.values() if other is not one]

        async def ring() -> None:
            async with AsyncExitStack() as stack:
                peer = await stack.enter_async_context(
                    self.tap.tapped(one.node, *others).serving(self.network)
                )
                for other in others:
                    task = await stack.enter_async_context(listening(self.network, other, peer))
                    assert not task.done()
                if await asyncio.to_thread(one.alarms):
                    await until(
                        lambda: all(held(node) for node in others if TIERS[node.org_id] is Tier.COORDINATOR)
                    )

        asyncio.run(ring())
        self.check()


@pytest.fixture
def day(network: Network, tmp_path: Path, request: pytest.FixtureRequest) -> Day:
    """Six nodes in the morning, each with so many records."""
    return Day(network, tmp_path, request.param)


@on_sqlite_alone
@pytest.mark.parametrize(
    ("day", "rounds", "decided"),
    [
        pytest.param(60, 3, 30, id="hundreds"),
        pytest.param(600, 12, 120, id="thousands", marks=[pytest.mark.slow, pytest.mark.timeout(600)]),
    ],
    indirect=["day"],
)
def test_in_a_day_of_six_nodes_no_message_says_more_than_the_rules(
    day: Day, rounds: int, decided: int
) -> None:
    day.passes(rounds, decided)
    day.alarms("relief")

    assert min(day.bystander.seen[tier] for tier in Tier) > 0
    assert day.bystander.points > 0
    assert day.bystander.grouped > 0
    assert day.bystander.heard["Charter"] > 0
    assert day.bystander.heard["CreateShareRequestRequest"] > 0
    assert day.bystander.heard["grants"] > 0
    assert day.bystander.heard["ListEntriesResponse"] >= rounds * len(NODES)
    assert day.bystander.heard["SubscribeResponse"] > 0
    assert day.bystander.heard["ConfirmReceiptRequest"] > 0
    assert day.bystander.heard["AddCheckpointResponse"] == rounds * 2
    assert day.bystander.heard["ListCheckpointsResponse"] >= rounds * len(NODES)


@pytest.mark.slow
@on_sqlite_alone
@pytest.mark.parametrize("day", [60], indirect=True)
def test_what_is_called_back_on_demand_is_opened_to_nobody_who_comes_later(day: Day) -> None:
    one = day.all["relief"]
    for purpose in Purpose:
        keys = [key for key, told in one.told.items() if told.purpose is purpose]
        one.shares(keys, frozenset(Tier), frozenset(), purpose)
    one.calls_back(list(one.told))
    for name in one.bounds.network:
        day.pull(name, one)

    assert day.bystander.heard["ListEntriesResponse"] == len(one.bounds.network)
    assert not day.bystander.seen


@on_sqlite_alone
def test_whoever_is_suspended_is_told_nothing(network: Network, tmp_path: Path) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=made_up(random.Random(SEED)))
    network.suspend("beta")
    tap = Wiretap(tmp_path)

    assert network.sync(beta, tap.tapped(alpha, beta)).error is not None
    (line,) = tap.lines
    assert not line.answers()


def test_the_bystander_knows_every_call_and_every_message_of_the_contract() -> None:
    modules = (import_module(one.name) for one in iter_modules(contract.__path__, f"{contract.__name__}."))
    calls = {
        f"/{service.full_name}/{call.name}"
        for module in modules
        if hasattr(module, "DESCRIPTOR")
        for service in module.DESCRIPTOR.services_by_name.values()
        for call in service.methods
    }

    assert calls == set(CALLS)
    for asked, answered in CALLS.values():
        for kind in (asked, answered):
            assert [one.name for one in kind.DESCRIPTOR.fields] == FIELDS[kind.DESCRIPTOR.name].split()
