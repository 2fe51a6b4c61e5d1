"""What a preview shows is what leaves; what left is corrected or called back, whenever somebody comes to see it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Connection, delete, select

from console.database import open_store
from crypto.checkpoint import verify_checkpoint
from crypto.envelope import Envelope, verify_envelope
from crypto.merkle import consistency_path, tree_root
from crypto.signing import Signer
from crypto.tiles import Tiles
from node.anonymize import anonymize
from node.audience import Audience, Purpose, Tier
from node.check import Fault, check_logs, check_records, check_tiles
from node.disclose import commit, cut, verify_view
from node.intake import Publication, Row
from node.ladders import Chains
from node.logbook import Identity, start_log
from node.model import Incident, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.plan import Plan, Request
from node.policy import baseline, read_policy
from node.recall import call_back
from node.record import import_publication
from node.rules import Override
from node.said import Teller
from node.share import preview, release
from node.signed import INCIDENT_TYPE, RETRACTION_TYPE, Entry, Label, Reason
from node.store.database import Store
from node.store.heads import log_head
from node.store.own_log import own_page
from node.store.policies import say
from node.store.records import record_ids_by_key, revisions_by_key
from node.store.tiles import FullTiles, OwnTiles, TileReader
from node.succession import merge_records, split_record
from node.tables import metadata
from node.tables import release as release_table
from node.verify import Origin, log_name
from node.wire import records
from tests.support.deciding import BASELINE, hold
from tests.support.incidents import ASSAULT, CAPTURE, LOOTING, ROBBERY, SHOOTING
from tests.support.strategies import incidents

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = date(2026, 1, 1)
SOURCE = "reports"
EVERYBODY = frozenset(Tier)
PEERS = frozenset({Tier.PEER})


class Office(NamedTuple):
    """One organization that keeps records and shares them."""

    store: Store
    identity: Identity

    def holds(self, contents: Mapping[str, Incident], day: date = DAY) -> None:
        """Import a publication that holds these, and one more row that nobody shares."""
        rows = tuple(Row(2, key, incident, ()) for key, incident in {"0": LOOTING, **contents}.items())
        publication = Publication(SOURCE, day, "--published", (), rows, (), ())
        import_publication(self.store, publication, bytes(32), NOW)

    def revisions(self, *keys: str) -> tuple[int, ...]:
        with self.store.read() as connection:
            return tuple(revisions_by_key(connection, SOURCE, keys).values())

    def request(self, *keys: str, tiers: frozenset[Tier] = EVERYBODY) -> Request:
        return Request(self.revisions(*keys), tiers, NOW, BASELINE)

    def releases(self, request: Request) -> Plan:
        """Release, after making sure that the preview shows the same."""
        foreseen = list(preview(self.store, request))
        done = list(release(self.store, request, self.identity, records))
        assert done == foreseen
        assert len(done) == 1
        return done[0]

    def shares(self, *keys: str, tiers: frozenset[Tier] = EVERYBODY) -> Plan:
        return self.releases(self.request(*keys, tiers=tiers))

    def page(self, tier: Tier, start: int = 0) -> list[Entry]:
        """Entries of the log as a tier gets them, from an index on."""
        with self.store.read() as connection:
            head = log_head(connection, self.identity.org_id)
            assert head is not None
            wires = own_page(connection, head.log_id, start, head.frontier.size, tier)
        return [records.decode_entry(wire) for wire in wires]

    def faults(self) -> list[Fault]:
        origin = Origin(
            self.identity.org_id, (self.identity.signing.public_key,), (self.identity.log.public_key,)
        )
        found = [
            *check_records(self.store),
            *check_logs(self.store, {origin.org_id: origin}, records),
            *check_tiles(self.store, origin.org_id),
        ]
        return [one for one in found if isinstance(one, Fault)]


class Follower:
    """A member of one tier who pulls now and then and keeps what it could see."""

    def __init__(self, office: Office, tier: Tier) -> None:
        self._office = office
        self._tier = tier
        self._size = 0
        self._counted: dict[int, tuple[bytes, Chains]] = {}

    def pull(self) -> dict[bytes, Chains]:
        """Read the log on; gives the values of each record that counts, by record id."""
        entries = self._office.page(self._tier, self._size)
        for index, entry in enumerate(entries, self._size):
            if entry.envelope is None:
                continue
            verify_envelope(
                entry.envelope,
                {INCIDENT_TYPE, RETRACTION_TYPE},
                [self._office.identity.signing.public_key],
            )
            if entry.envelope.payload_type == RETRACTION_TYPE:
                self._counted.pop(records.decode_retraction(entry.envelope.payload).replaces.log_index, None)
                continue
            record = records.decode_incident(entry.envelope.payload)
            if record.replaces is not None:
                self._counted.pop(record.replaces.log_index, None)
            if entry.openings:
                chains = verify_view(record.record_uid, record.heads, entry.openings)
                self._counted[index] = (record.record_uid, chains)
        self._size += len(entries)
        assert len({uid for uid, _ in self._counted.values()}) == len(self._counted), "a record counts twice"
        return dict(self._counted.values())


def new_office(store: Store) -> Office:
    office = Office(store, Identity("alpha", Signer.generate(), Signer.generate()))
    start_log(store, office.identity, NOW)
    return office


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def office(store: Store) -> Office:
    return new_office(store)


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


def secrets_by_index(connection: Connection) -> list[tuple[int, bytes]]:
    rows = connection.execute(select(release_table.c.log_index, release_table.c.secret))
    return [(index, secret) for index, secret in rows]


def test_nothing_leaves_that_was_not_asked_for(office: Office) -> None:
    office.holds({"a": SHOOTING, "b": ROBBERY})

    assert office.shares() == Plan((), (), (), 0)
    assert [one.current.name for one in office.shares("a").outgoing] == ["reports:a"]
    assert len(office.page(Tier.COORDINATOR)) == 1


def test_a_preview_writes_nothing(office: Office) -> None:
    office.holds({"a": SHOOTING})
    list(preview(office.store, office.request("a")))

    assert office.page(Tier.COORDINATOR) == []


def test_what_left_already_is_not_sent_again(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a")

    assert office.shares("a") == Plan((), (), (), 1)
    assert len(office.page(Tier.PUBLIC)) == 1


def test_a_correction_goes_to_those_who_have_the_record_without_being_asked_for(office: Office) -> None:
    office.holds({"a": SHOOTING})
    (first,) = office.shares("a", tiers=PEERS).outgoing
    office.holds({"a": ROBBERY}, DAY + timedelta(days=1))

    (second,) = office.shares().outgoing

    assert second.before is not None
    assert (second.before.log_index, second.before.times, second.asked) == (0, 1, frozenset({"peer"}))
    assert second.current.uid == first.current.uid
    record = records.decode_incident(envelope_of(office.page(Tier.PEER)[1]).payload)
    assert (record.revision, record.replaces) == (2, (0, second.before.leaf_hash))
    assert office.page(Tier.PUBLIC)[1].envelope is None


def test_a_revision_that_says_the_same_is_not_sent_again(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.holds({"a": SHOOTING}, DAY + timedelta(days=10))
    office.shares("a")
    before = office.revisions("a")
    # Imported late: what the last publication still says is restored behind it.
    office.holds({"a": ROBBERY}, DAY + timedelta(days=5))

    assert office.revisions("a") != before
    assert office.shares("a") == Plan((), (), (), 1)
    assert office.shares() == Plan((), (), (), 0)


def test_tiers_add_up(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a", tiers=PEERS)
    (wider,) = office.shares("a", tiers=frozenset({Tier.COORDINATOR})).outgoing

    assert wider.asked == {"peer", "coordinator"}
    assert office.shares("a", tiers=PEERS).unchanged == 1
    labels = [
        records.decode_incident(envelope_of(one).payload).label for one in office.page(Tier.COORDINATOR)
    ]
    assert labels == [Label.GREEN, Label.AMBER]


def test_a_record_that_no_longer_stands_is_called_back(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a", tiers=PEERS)
    office.holds({}, DAY + timedelta(days=1))

    plan = office.shares()

    assert [(one.before.log_index, str(one.reason)) for one in plan.callbacks] == [(0, "withdrawn")]
    retraction = records.decode_retraction(envelope_of(office.page(Tier.PEER)[1]).payload)
    assert (retraction.revision, retraction.replaces) == (2, (0, plan.callbacks[0].before.leaf_hash))
    assert office.shares() == Plan((), (), (), 0)


def test_who_could_not_see_a_record_does_not_learn_that_it_was_called_back(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a", tiers=PEERS)
    office.holds({}, DAY + timedelta(days=1))
    office.shares()

    assert [one.envelope for one in office.page(Tier.PUBLIC)] == [None, None]
    assert [one.envelope is None for one in office.page(Tier.COORDINATOR)] == [False, False]


@pytest.mark.parametrize("held", [ASSAULT, CAPTURE], ids=["R14", "R15"])
def test_what_must_be_held_does_not_leave_and_is_called_back_if_it_has(
    office: Office, held: Incident
) -> None:
    office.holds({"a": held, "b": SHOOTING})
    assert [one.hold.rule for one in office.shares("a").held] == [hold_rule(held)]
    assert office.page(Tier.COORDINATOR) == []
    office.shares("b")
    office.holds({"b": held}, DAY + timedelta(days=1))

    plan = office.shares()

    assert [str(one.reason) for one in plan.callbacks] == ["shared_in_error"]
    assert [one.hold.rule for one in plan.held] == [hold_rule(held)]
    assert office.shares("b").callbacks == ()


def test_what_was_called_back_is_opened_to_nobody_who_comes_later(office: Office) -> None:
    office.holds({"a": SHOOTING, "b": ROBBERY})
    office.shares("a", "b")
    office.holds({"a": replace(SHOOTING, where=Place("YEM")), "b": ROBBERY}, DAY + timedelta(days=1))
    office.shares()
    office.holds({"a": ASSAULT, "b": ROBBERY}, DAY + timedelta(days=2))
    office.shares()

    for tier in Tier:
        page = office.page(tier)
        opened = [bool(entry.openings) for entry in page]
        assert opened == [False, True, False, False]
        shown = {value for entry in page for opening in entry.openings for value in opening.values}
        assert not {b"YEM", b"violence/shooting"} & shown
    assert office.faults() == []


def test_who_pulled_before_a_correction_still_learns_that_the_record_was_called_back(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a")
    follower = Follower(office, Tier.PEER)
    assert len(follower.pull()) == 1
    office.holds({"a": ROBBERY}, DAY + timedelta(days=1))
    office.shares()
    office.holds({}, DAY + timedelta(days=2))
    office.shares()

    assert follower.pull() == {}


def test_a_revision_that_no_longer_stands_does_not_leave(office: Office) -> None:
    office.holds({"a": SHOOTING, "b": ROBBERY})
    stale = office.request("a", "b")
    office.holds({"b": SHOOTING}, DAY + timedelta(days=1))

    assert office.releases(stale) == Plan((), (), (), 0)


class Racing(Store):
    """A database to which another process of this node writes just before its first writer gets its turn."""

    def __init__(self, url: str, other: Office) -> None:
        super().__init__(url)
        self._other: Office | None = other

    @contextmanager
    def write(self) -> Iterator[Connection]:
        other, self._other = self._other, None
        if other is not None:
            other.shares()
        with super().write() as connection:
            yield connection


def test_two_processes_that_share_at_once_call_a_record_back_once(office: Office, database_url: str) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a")
    office.holds({}, DAY + timedelta(days=1))
    racing = Racing(database_url, office)

    (plan,) = release(racing, Request((), PEERS, NOW, BASELINE), office.identity, records)
    racing.close()

    assert plan == Plan((), (), (), 0)
    assert len(office.page(Tier.PEER)) == 2
    assert office.faults() == []


def test_a_large_release_is_signed_batch_by_batch(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.share.BATCH_RECORDS", 2)
    office.holds({str(number): SHOOTING for number in range(1, 6)})
    office.holds({str(number): SHOOTING for number in range(1, 6)}, DAY + timedelta(days=1))
    request = office.request(*map(str, range(1, 6)))

    foreseen = list(preview(office.store, request))
    plans = list(release(office.store, request, office.identity, records))

    assert [(len(plan.outgoing), plan.unchanged) for plan in plans] == [(2, 0), (2, 0), (1, 0)]
    assert plans == foreseen
    assert len(office.page(Tier.PUBLIC)) == 5
    assert office.faults() == []


def test_what_was_withdrawn_is_called_back_with_the_first_batch(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.share.BATCH_RECORDS", 1)
    office.holds({"a": SHOOTING, "b": SHOOTING, "c": SHOOTING})
    list(release(office.store, office.request("a", "b", "c"), office.identity, records))
    office.holds({"b": ROBBERY, "c": ROBBERY}, DAY + timedelta(days=1))

    foreseen = list(preview(office.store, office.request()))
    plans = list(release(office.store, office.request(), office.identity, records))

    for found in (foreseen, plans):
        assert [(len(plan.callbacks), len(plan.outgoing)) for plan in found] == [(1, 1), (0, 1)]
    assert office.faults() == []


def test_what_left_under_a_key_that_does_not_count_leaves_again(office: Office) -> None:
    office.holds({"a": SHOOTING, "b": SHOOTING, "c": SHOOTING})
    office.shares("a", "b", "c")
    office.holds({"a": SHOOTING, "b": SHOOTING}, DAY + timedelta(days=1))
    office.shares()  # the fourth entry calls c back
    request = office.request()

    assert office.releases(request) == Plan((), (), (), 0)
    plan = office.releases(request._replace(discredited=frozenset({1, 2, 3})))

    assert [one.current.name for one in plan.outgoing] == ["reports:b"]
    assert [(one.before.log_index, one.reason) for one in plan.callbacks] == [(3, Reason.WITHDRAWN)]
    assert plan.unchanged == 0
    assert len(office.page(Tier.PUBLIC)) == 6


def test_whom_a_record_is_taken_from_sees_its_new_revision_without_any_value(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a", tiers=frozenset({Tier.PUBLIC, Tier.PEER}))
    request = Request(office.revisions("a"), frozenset(), NOW, BASELINE, narrow_to=Tier.PEER)

    (one,) = office.releases(request).outgoing

    assert one.lost == {"public"}
    first, second = office.page(Tier.PUBLIC)
    record = records.decode_incident(envelope_of(second).payload)
    assert record.replaces is not None
    assert (record.revision, record.replaces.log_index, record.label) == (2, 0, Label.GREEN)
    assert (first.openings, second.openings) == ((), ())
    assert office.page(Tier.PEER)[1].openings
    assert office.shares("a", tiers=frozenset()) == Plan((), (), (), 1)


def test_a_merged_record_leaves_once_as_what_it_stands_for_and_so_do_its_parts(office: Office) -> None:
    teller = Teller("kb", NOW)
    office.holds({"a": SHOOTING, "b": ROBBERY})
    office.shares("a", "b", tiers=PEERS)
    merge_records(office.store, ["reports:a", "reports:b"], teller)

    plan = office.shares()
    assert [one.reason for one in plan.callbacks] == [Reason.SUPERSEDED]
    assert [len(one.stands_for) for one in plan.outgoing] == [1]
    assert office.shares("a", tiers=PEERS) == Plan((), (), (), 1)

    split_record(office.store, "reports:a", [], teller, recount=True)
    (one,) = office.shares().outgoing
    assert (one.current.name, sorted(one.asked), len(one.stands_for)) == ("reports:b", ["peer"], 0)
    assert office.shares("a", "b", tiers=PEERS) == Plan((), (), (), 2)


def test_what_was_called_back_goes_to_nobody_but_whom_it_is_released_to_anew(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a", tiers=PEERS)
    office.holds({"a": ASSAULT}, DAY + timedelta(days=1))
    assert len(office.shares().callbacks) == 1
    office.holds({"a": SHOOTING}, DAY + timedelta(days=2))

    assert office.shares() == Plan((), (), (), 0)
    (one,) = office.shares("a", tiers=frozenset({Tier.COORDINATOR})).outgoing
    assert one.asked == one.views.keys() == {"coordinator"}


def test_a_record_goes_out_again_when_it_is_for_others_or_shows_less_than_before(office: Office) -> None:
    office.holds({"a": SHOOTING})
    office.shares("a", tiers=PEERS)
    nobody_yet = office.request("a", tiers=frozenset())._replace(audiences=frozenset({bytes(16)}))
    (wider,) = office.releases(nobody_yet).outgoing
    assert wider.asked == {"peer", "#" + bytes(16).hex()}
    assert office.releases(nobody_yet) == Plan((), (), (), 1)

    with office.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["a"]).values()
        say(connection, record_id, Override(levels=(0, 0, 0, 0, 0, 0, 0)), "kb", NOW, waits=False)
    (narrower,) = office.shares().outgoing
    assert narrower.views == {"peer": (0, 0, 0, 0, 0, 0, 0)}


def test_an_audience_that_gives_a_record_to_nobody_is_said_to(office: Office) -> None:
    office.holds({"a": SHOOTING})

    plan = office.releases(office.request("a", tiers=frozenset())._replace(audiences=frozenset({bytes(16)})))

    assert [(one.current.name, one.hold.rule) for one in plan.held] == [("reports:a", "R1")]
    assert "audience gives it to nobody" in str(plan.held[0].hold.reason)
    assert office.shares("a", tiers=frozenset()) == Plan((), (), (), 0)
    to_nobody = office.request("a", tiers=frozenset())._replace(granted=frozenset({"gone"}))
    assert office.releases(to_nobody) == Plan((), (), (), 0)
    office.holds({"a": ASSAULT}, DAY + timedelta(days=1))
    held = office.releases(office.request("a")._replace(audiences=frozenset({bytes(16)}))).held
    assert [one.hold.rule for one in held] == ["R14"]


def test_narrowing_leaves_a_record_what_it_is_shared_for(office: Office) -> None:
    office.holds({"a": SHOOTING})
    both = office.request("a", tiers=frozenset({Tier.PEER, Tier.COORDINATOR}))
    office.releases(both._replace(purpose=Purpose.ANALYSIS))

    narrowed = office.releases(both._replace(tiers=frozenset(), narrow_to=Tier.COORDINATOR))

    (one,) = narrowed.outgoing
    assert one.asked == {"coordinator"}
    assert one.purpose is Purpose.ANALYSIS


def test_a_release_of_nothing_signs_the_log_that_was_not_signed_yet(store: Store) -> None:
    office = Office(store, Identity("alpha", Signer.generate(), Signer.generate()))

    assert office.shares() == Plan((), (), (), 0)
    with store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    assert verify_checkpoint(head.checkpoint, log_name("alpha"), office.identity.log.public_key).size == 0


def test_each_entry_is_hidden_by_a_secret_of_its_own(office: Office) -> None:
    office.holds({"a": SHOOTING, "b": SHOOTING})
    office.shares("a", "b")
    with office.store.read() as connection:
        (_, first), (_, second) = secrets_by_index(connection)

    assert (len(first), len(second)) == (32, 32)
    assert first != second


@pytest.mark.slow
def test_the_signed_checkpoint_is_of_the_log_as_it_is_stored(office: Office) -> None:
    victims = (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.MALE, 1),)
    contents = {str(number): Incident(PartialDate(2024), victims=victims) for number in range(1, 300)}
    office.holds(contents)
    kept = FullTiles()
    for size in (1, 2, 200, 299):
        office.shares(*map(str, range(1, size + 1)))

        with office.store.read() as connection:
            head = log_head(connection, "alpha")
            assert head is not None
            root = tree_root(Tiles(TileReader(connection)), head.frontier.size)
            assert tree_root(OwnTiles(connection, kept), head.frontier.size) == root
            for old in range(1, size, 7):  # from what is kept of smaller logs, and twice, so that all is
                proof = consistency_path(Tiles(TileReader(connection)), old, size)
                for _ in range(2):
                    assert consistency_path(OwnTiles(connection, kept), old, size) == proof
        checkpoint = verify_checkpoint(head.checkpoint, log_name("alpha"), office.identity.log.public_key)
        assert (checkpoint.size, checkpoint.root) == (size, root)
        assert root == head.frontier.root
    assert office.faults() == []


def test_a_node_that_shared_nothing_says_so_with_its_signature(office: Office) -> None:
    with office.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None

    checkpoint = verify_checkpoint(head.checkpoint, log_name("alpha"), office.identity.log.public_key)

    assert checkpoint.size == 0
    start_log(office.store, office.identity, NOW)
    with office.store.read() as connection:
        assert log_head(connection, "alpha") == head


def envelope_of(entry: Entry) -> Envelope:
    assert entry.envelope is not None
    return entry.envelope


def hold_rule(incident: Incident) -> str:
    found = hold(incident, NOW.date())
    assert found is not None
    return found.rule
