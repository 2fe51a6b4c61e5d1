"""Whatever is imported, released, narrowed and called back in whichever order: what leaves is what a preview shows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import delete

from node.anonymize import anonymize
from node.audience import Audience, Tier
from node.disclose import commit, cut, verify_view
from node.ladders import Chains
from node.logbook import start_log
from node.model import Incident, Place
from node.plan import Request
from node.policy import baseline, read_policy
from node.recall import call_back
from node.share import preview
from node.signed import Reason
from node.store.database import Store
from node.store.records import record_ids_by_key
from node.tables import metadata
from node.wire import records
from tests.support.deciding import BASELINE, hold
from tests.support.incidents import ASSAULT, CAPTURE, ROBBERY, SHOOTING
from tests.support.office import (
    DAY,
    NOW,
    SOURCE,
    Follower,
    Office,
    new_office,
    office,
    secrets_by_index,
    store,
)
from tests.support.strategies import incidents

__all__ = ["office", "store"]


SHAREABLE = (SHOOTING, ROBBERY, replace(SHOOTING, where=Place("YEM")))
KEYS = ("a", "b", "c")


class Sharing(RuleBasedStateMachine):
    """Imports, releases and pulls in any order."""

    store: Store

    @initialize()
    def start(self) -> None:
        with self.store.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        self.office = new_office(self.store)
        self.held: dict[str, Incident] | None = None
        self.left: dict[str, tuple[Incident, frozenset[Tier]]] = {}
        self.day = DAY
        self.followers = {tier: Follower(self.office, tier) for tier in Tier}
        self.uids: dict[str, bytes] = {}

    @rule(
        contents=st.dictionaries(st.sampled_from(KEYS), st.sampled_from([*SHAREABLE, ASSAULT, CAPTURE])),
        late=st.booleans(),
    )
    def import_one(self, contents: dict[str, Incident], late: bool) -> None:  # noqa: FBT001
        if late and self.held is not None:  # between the last two: nothing of it counts today
            self.office.holds(contents, self.day - timedelta(days=5))
            return
        self.day += timedelta(days=10)
        self.office.holds(contents, self.day)
        self.held = contents

    @rule(
        keys=st.sets(st.sampled_from(KEYS)),
        tiers=st.sets(st.sampled_from(list(Tier)), min_size=1).map(frozenset),
    )
    def share(self, keys: set[str], tiers: frozenset[Tier]) -> None:
        held = self.held or {}
        asked = keys & held.keys()
        plan = self.office.shares(*sorted(asked), tiers=tiers)

        self.uids |= {one.current.name.partition(":")[2]: one.current.uid for one in plan.outgoing}
        for key in KEYS:
            incident = held.get(key)
            before = self.left.get(key, (None, frozenset[Tier]()))[1]
            now = before | (tiers if key in asked else frozenset())
            if incident is None or hold(incident, NOW.date()) is not None:
                self.left.pop(key, None)
            elif now:
                self.left[key] = (incident, now)
        again = self.office.shares()
        assert (again.outgoing, again.callbacks) == ((), ())
        for tier in Tier:  # who comes only now
            assert Follower(self.office, tier).pull() == self.expected(tier)

    @rule(keys=st.sets(st.sampled_from(KEYS)), tier=st.sampled_from(list(Tier)))
    def narrow(self, keys: set[str], tier: Tier) -> None:
        """Raising a label never widens anything anywhere."""
        before = {one: self.expected(one) for one in Tier}
        asked = keys & (self.held or {}).keys()
        request = Request(self.office.revisions(*sorted(asked)), frozenset(), NOW, BASELINE, narrow_to=tier)
        self.share(set(), frozenset())  # what has changed meanwhile goes out first
        corrected = {one: self.expected(one) for one in Tier}
        self.office.releases(request)

        for key in asked & self.left.keys():
            incident, tiers = self.left.pop(key)
            if left := frozenset(one for one in tiers if one >= tier):
                self.left[key] = incident, left
        for one in Tier:
            now = Follower(self.office, one).pull()
            assert now == self.expected(one)
            assert now.items() <= corrected[one].items()
            if one < tier:
                assert not {self.uids[key] for key in asked & self.uids.keys()} & now.keys()
        assert all(now.keys() <= before[one].keys() for one, now in corrected.items())

    @rule(key=st.sampled_from(KEYS), purge=st.booleans())
    def call_back(self, key: str, purge: bool) -> None:  # noqa: FBT001
        with self.office.store.read() as connection:
            ids = tuple(record_ids_by_key(connection, SOURCE, [key]).values())
        call_back(
            self.office.store,
            ids,
            Reason.SHARED_IN_ERROR,
            self.office.identity,
            records,
            now=NOW,
            purge=purge,
        )
        self.left.pop(key, None)
        for tier in Tier:
            now = Follower(self.office, tier).pull()
            assert self.uids.get(key, b"") not in now

    @rule(tier=st.sampled_from(list(Tier)))
    def pull(self, tier: Tier) -> None:
        assert self.followers[tier].pull() == self.expected(tier)

    def expected(self, tier: Tier) -> dict[bytes, Chains]:
        """What a tier may count now, by record id."""
        seen = {}
        for key, (incident, tiers) in self.left.items():
            coarser = [one for one in tiers if one <= tier]
            if coarser:
                chains = anonymize(incident, rcrc_named=False)
                seen[self.uids[key]] = cut(chains, baseline().levels[max(coarser)])
        return seen

    def teardown(self) -> None:
        assert self.office.faults() == []


@pytest.mark.slow
@pytest.mark.timeout(600)  # when it fails, finding the smallest case takes its time
def test_every_tier_counts_exactly_what_stands_whenever_it_pulls(store: Store) -> None:
    run_state_machine_as_test(
        type("SharingHere", (Sharing,), {"store": store}),
        settings=settings(
            settings.default,
            max_examples=20,
            stateful_step_count=8,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(600)  # when it fails, finding the smallest case takes its time
def test_what_leaves_is_byte_for_byte_what_the_preview_shows(office: Office) -> None:
    @settings(settings.default, max_examples=10, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(incidents(), max_size=5),
        st.sets(st.sampled_from(list(Tier)), min_size=1).map(frozenset),
        st.booleans(),
    )
    def check(contents: list[Incident], tiers: frozenset[Tier], consent: bool) -> None:  # noqa: FBT001
        with office.store.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        start_log(office.store, office.identity, NOW)
        office.holds({str(at): one for at, one in enumerate(contents, 1)})
        text = baseline().text.replace("rcrc_named = false", f"rcrc_named = {str(consent).lower()}")
        request = Request(
            office.revisions(*map(str, range(1, 6))), tiers, NOW, BASELINE._replace(policy=read_policy(text))
        )
        (foreseen,) = preview(office.store, request)

        office.releases(request)

        held = [one for one in contents if all(hold(one, NOW.date(), tier) for tier in tiers)]
        assert (len(foreseen.outgoing), len(foreseen.held)) == (len(contents) - len(held), len(held))
        with office.store.read() as connection:
            secrets = dict(secrets_by_index(connection))
        for tier in Tier:
            for index, (entry, one) in enumerate(zip(office.page(tier), foreseen.outgoing, strict=True)):
                if not one.seen_by(Audience(tier)):
                    assert entry.envelope is None
                    continue
                assert entry.envelope is not None
                record = records.decode_incident(entry.envelope.payload)
                commitment = commit(one.current.uid, secrets[index], one.chains)
                assert record.heads == commitment.heads
                assert verify_view(record.record_uid, record.heads, entry.openings) == one.seen_by(
                    Audience(tier)
                )
                shown = [t for t in tiers if t <= tier and not hold(one.current.incident, NOW.date(), t)]
                assert entry.openings == commitment.open(baseline().levels[max(shown)])

    check()
