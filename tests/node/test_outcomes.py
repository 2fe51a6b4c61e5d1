"""What has become of each record with each member, by what was sent, signed for and decided, without any line."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.database import open_store
from crypto.envelope import Envelope
from crypto.signing import Signer
from node.audience import ALL_CLOSED, Audience, Purpose, Tier
from node.bounds import Bounds
from node.charter import NOTHING, Charter, Joining, Standing
from node.logbook import Identity
from node.outcomes import TIER_WORDS, Outcome, Reading, Told, outcomes, routes_of
from node.plan import Decided, Request
from node.policy import baseline
from node.recall import call_back
from node.receipt import PassedOn, Receipt, Refused
from node.rules import Override
from node.scan import NO_NAMES
from node.share import release
from node.share_request import Grant
from node.signed import Reason
from node.store.audiences import StoredCharter, add_charter
from node.store.database import Store
from node.store.disclosures import Disclosure, note_disclosure
from node.store.policies import say
from node.store.receipts import Held, put_receipt
from node.store.records import record_ids_by_key
from node.wire import records
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.office import DAY, NOW, SOURCE, Office

NETWORK = {"beta": Tier.PEER, "gamma": Tier.PEER, "omega": Tier.PUBLIC}
BOUNDS = Bounds(baseline(), NO_NAMES, NETWORK)
LEVELS = baseline().levels
PEERS = frozenset({Tier.PEER})


@pytest.fixture
def office(new_sqlite_url: Callable[[], str]) -> Iterator[Office]:
    store = open_store(new_sqlite_url())
    yield Office(store, Identity("alpha", Signer.generate(), Signer.generate()))
    store.close()


def releases(office: Office, *keys: str, tiers: frozenset[Tier] = PEERS, members: str = "") -> None:
    request = Request(office.revisions(*keys), tiers, NOW, BOUNDS, frozenset(members.split()))
    list(release(office.store, request, office.identity, records))


def sends(store: Store, start: int, stop: int, at: datetime = NOW, member: str = "beta") -> None:
    with store.write() as connection:
        seconds = int(at.timestamp())
        note_disclosure(connection, Disclosure(member, NETWORK[member], stop, start, stop, seconds))


class Receipts(dict[str, Receipt]):
    """What members signed, by name; nothing of how it is written matters here."""

    def keep(self, store: Store, receipt: Receipt) -> None:
        self[receipt.receiver_id] = receipt
        with store.write() as connection:
            put_receipt(connection, Held("alpha", receipt.receiver_id, 0, 0, receipt.receiver_id.encode()))

    def told(
        self, office: Office, *keys: str, now: datetime = NOW, bounds: Bounds = BOUNDS
    ) -> dict[tuple[str, str], Told]:
        reading = Reading(
            lambda wire: Envelope(wire, "", ()),
            lambda payload: self[payload.decode()],
            Request((), frozenset(), now, bounds),
        )
        with office.store.read() as connection:
            ids = list(record_ids_by_key(connection, SOURCE, keys).values())
        found = list(outcomes(office.store, "alpha", reading, ids))
        by_pair = {(one.record.partition(":")[2], one.member): one for one in found}
        assert len(by_pair) == len(found)
        return by_pair


def receipt(log_size: int, *refused: Refused, passed_on: tuple[PassedOn, ...] = ()) -> Receipt:
    return Receipt("beta", "alpha", log_size, b"", NOW + timedelta(hours=1), refused, passed_on)


def test_the_ways_by_which_a_record_goes_to_a_member_are_named() -> None:
    def standing(uid: bytes, name: str, *members: str) -> Standing:
        who, nowhere, always = frozenset(members), frozenset[str](), frozenset[Purpose]()
        joinings = {member: Joining(uid, member, 1, 0, NOTHING, "kb", 0) for member in members}
        return Standing(Charter("alpha", uid, 1, name, who, None, nowhere, always, False, NOW), joinings)

    forum, club, others = bytes(16), bytes([1] * 16), bytes([2] * 16)
    known = Decided(
        {
            forum: standing(forum, "forum", "beta"),
            club: standing(club, "club", "beta"),
            others: standing(others, "others", "gamma"),
        },
        {
            "2b2b2b2b-9": Grant("beta", ALL_CLOSED),
            "1a1a1a1a-9": Grant("beta", ALL_CLOSED),
            "3c3c3c3c-9": Grant("gamma", ALL_CLOSED),
            "4d4d4d4d-9": Grant("beta", ALL_CLOSED),
        },
    )
    uids = {f"#{uid.hex()}" for uid in (forum, club, others, bytes([9] * 16))}
    requests = {"?2b2b2b2b-9", "?1a1a1a1a-9", "?3c3c3c3c-9", "?gone"}
    asked = frozenset({"public", "peer", "coordinator", "@beta", *uids, *requests})

    ways = ("public", "peer", "by name", "audience club", "audience forum")
    assert routes_of(asked, Audience(Tier.PEER, "beta"), known) == (
        *ways,
        "request 1a1a1a1a",
        "request 2b2b2b2b",
    )
    theirs = ("public", "audience others", "request 3c3c3c3c")
    assert routes_of(asked, Audience(Tier.PUBLIC, "gamma"), known) == theirs
    assert routes_of(frozenset({"peer"}), Audience(Tier.PEER, "beta"), known) == ("peer",)


def test_a_record_waits_until_it_is_sent_and_is_refused_or_confirmed_by_a_receipt(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.outcomes._PORTION", 1)
    office.holds({"a": SHOOTING, "b": LOOTING, "c": ROBBERY})
    releases(office, "a", "b")
    receipts = Receipts()
    waits = "it has not come for it since"

    now = receipts.told(office)
    peers = LEVELS[Tier.PEER]
    assert now["a", "beta"] == Told(
        "reports:a", "beta", Outcome.WAITING, "", waits, peers, ("peer",), None, None, ()
    )
    assert list(now) == [(key, member) for key in "ab" for member in NETWORK]
    assert now["a", "omega"].outcome is Outcome.WITHHELD

    sends(office.store, 0, 2)
    sends(office.store, 0, 2, NOW + timedelta(days=1))
    sent = receipts.told(office)
    for key in "ab":
        assert sent[key, "beta"] == Told(
            f"reports:{key}", "beta", Outcome.SENT, "", "", peers, ("peer",), NOW, None, ()
        )
    assert sent["a", "gamma"].outcome is Outcome.WAITING

    passed = (PassedOn(0, "gamma", NOW), PassedOn(1, "", NOW), PassedOn(5, "", NOW))
    receipts.keep(office.store, receipt(1, passed_on=passed))
    done = receipts.told(office)
    assert (done["a", "beta"].confirmed, done["b", "beta"].confirmed) == (NOW + timedelta(hours=1), None)
    assert (done["a", "beta"].passed_on, done["b", "beta"].passed_on) == (passed[:1], passed[1:2])
    assert done["a", "gamma"].confirmed is None

    receipts.keep(office.store, receipt(2, Refused(1, "LADDER_SCHEMA_UNKNOWN")))
    refused = receipts.told(office)
    assert (refused["a", "beta"].outcome, refused["a", "beta"].reason) == (Outcome.SENT, "")
    assert (refused["b", "beta"].outcome, refused["b", "beta"].reason) == (
        Outcome.REFUSED,
        "LADDER_SCHEMA_UNKNOWN",
    )
    assert receipts.told(office, "b", "c").keys() == {("b", member) for member in NETWORK}
    assert refused["b", "beta"].since == NOW


def test_what_went_to_a_member_by_name_is_sent_to_it_alone(office: Office) -> None:
    office.holds({"a": SHOOTING})
    releases(office, "a", tiers=frozenset(), members="beta")
    sends(office.store, 0, 1)

    now = Receipts().told(office)

    assert (now["a", "beta"].outcome, now["a", "beta"].routes) == (Outcome.SENT, ("by name",))
    assert now["a", "gamma"].outcome is Outcome.WITHHELD


def test_a_correction_waits_and_what_was_passed_on_before_it_still_counts(office: Office) -> None:
    office.holds({"a": SHOOTING})
    releases(office, "a")
    sends(office.store, 0, 1)
    sends(office.store, 0, 1, member="gamma")
    office.holds({"a": ROBBERY}, DAY + timedelta(days=1))
    releases(office)
    receipts = Receipts()
    passed = (PassedOn(0, "gamma", NOW),)
    receipts.keep(office.store, receipt(1, passed_on=passed))

    assert receipts.told(office)["a", "beta"].outcome is Outcome.WAITING
    later = NOW + timedelta(hours=5)
    sends(office.store, 1, 2, later)
    sends(office.store, 1, 2, later, member="gamma")
    now = receipts.told(office)["a", "beta"]
    assert (now.outcome, now.since, now.confirmed, now.passed_on) == (Outcome.SENT, later, None, passed)


def test_what_a_member_had_is_taken_back_and_from_others_it_is_withheld(office: Office) -> None:
    office.holds({"a": SHOOTING})
    releases(office, "a")
    sends(office.store, 0, 1, NOW + timedelta(hours=2))
    sends(office.store, 0, 1, NOW + timedelta(days=2))
    sends(office.store, 0, 1, member="omega")  # as an entry that is not for it
    with office.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, ["a"]).values())
    call_back(office.store, ids, Reason.SHARED_IN_ERROR, office.identity, records, now=NOW)
    receipts = Receipts()
    passed = (PassedOn(0, "gamma", NOW),)
    receipts.keep(office.store, receipt(2, passed_on=passed))

    now = receipts.told(office)

    since, confirmed = NOW + timedelta(hours=2), NOW + timedelta(hours=1)
    assert now["a", "beta"] == Told(
        "reports:a", "beta", Outcome.CLOSED, "R18", "called back", ALL_CLOSED, (), since, confirmed, passed
    )
    for other in ("gamma", "omega"):
        assert (now["a", other].outcome, now["a", other].rule) == (Outcome.WITHHELD, "R1")
        assert "nobody has released it" in str(now["a", other].reason)


def test_what_is_narrowed_is_taken_back_from_who_had_it(office: Office) -> None:
    office.holds({"a": SHOOTING})
    releases(office, "a", tiers=frozenset({Tier.PUBLIC, Tier.PEER}))
    sends(office.store, 0, 1, member="omega")
    narrow = Request(office.revisions("a"), frozenset(), NOW, BOUNDS, narrow_to=Tier.PEER)
    list(release(office.store, narrow, office.identity, records))
    sends(office.store, 1, 2, member="omega")  # the new revision, without any value

    now = Receipts().told(office)["a", "omega"]

    assert (now.outcome, now.reason, now.since) == (Outcome.CLOSED, "no longer for this member", NOW)


def test_why_a_record_is_withheld_is_what_the_rules_say_now(office: Office) -> None:
    fresh = replace(SHOOTING, when=replace(SHOOTING.when, year=2026, month=11, day=20))
    everybody = frozenset({Tier.PUBLIC, Tier.PEER})
    office.holds({"a": fresh, "b": LOOTING, "c": fresh, "d": ROBBERY})
    releases(office, "a", "c", tiers=everybody)
    releases(office, "b")
    office.holds({"a": fresh, "c": fresh, "d": ROBBERY}, DAY + timedelta(days=1))
    with office.store.write() as connection:
        ids = record_ids_by_key(connection, SOURCE, ["c"])
        say(connection, ids["c"], Override(held=True), "kb", NOW - timedelta(days=1), waits=False)

    def why(now: datetime = NOW) -> list[tuple[str, str]]:
        told = Receipts().told(office, now=now)
        assert {told[key, "omega"].outcome for key in "abc"} == {Outcome.WITHHELD}
        assert not [key for key in told if key[0] == "d"]  # it never left
        return [(told[key, "omega"].rule, str(told[key, "omega"].reason)) for key in "abc"]

    too_short = ("R11", "it happened too short a time ago")
    gone = ("R18", "the record no longer stands")
    assert why() == [too_short, gone, too_short]
    assert why(datetime(2027, 11, 20, tzinfo=UTC)) == [
        ("R1", "what lets it leave was decided after it left"),
        gone,
        ("P3", "somebody holds this record"),
    ]


def test_what_an_audience_does_not_give_a_member_of_it_is_said_with_its_name(office: Office) -> None:
    uid = bytes(16)
    members = frozenset({"beta", "gamma"})
    charter = Charter("alpha", uid, 1, "forum", members, None, frozenset({"SDN"}), frozenset(), False, NOW)
    joined = [Joining(uid, member, 1, 0, NOTHING, "kb", 0) for member in sorted(members)]
    with office.store.write() as connection:
        add_charter(connection, StoredCharter(charter, "kb", b""), {}, joined)
    office.holds({"a": SHOOTING})
    request = Request(office.revisions("a"), frozenset({Tier.COORDINATOR}), NOW, BOUNDS)
    request = request._replace(audiences=frozenset({uid}))
    (plan,) = release(office.store, request, office.identity, records)
    assert plan.outgoing[0].views.keys() == {"coordinator"}

    def why() -> dict[str, tuple[str, str]]:
        return {
            member: (one.rule, str(one.reason).partition(":")[0])
            for (_, member), one in Receipts().told(office).items()
        }

    given = ("R1", "audience forum does not give it to this member")
    assert why() == {"beta": given, "gamma": given, "omega": ("R1", "nobody has released it to @omega")}
    with office.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, ["a"]).values())
    call_back(office.store, ids, Reason.SHARED_IN_ERROR, office.identity, records, now=NOW)
    assert why()["beta"] == ("R1", "nobody has released it to @beta")


def test_the_rules_are_asked_for_what_the_record_was_shared_for(office: Office) -> None:
    policy = replace(baseline(), purposes={tier: frozenset({Purpose.ANALYSIS}) for tier in Tier})
    bounds = BOUNDS._replace(policy=policy)
    office.holds({"a": replace(SHOOTING, when=replace(SHOOTING.when, year=2026, month=11, day=20))})
    request = Request(office.revisions("a"), frozenset({Tier.PUBLIC, Tier.PEER}), NOW, bounds)
    list(release(office.store, request._replace(purpose=Purpose.ANALYSIS), office.identity, records))

    later = Receipts().told(office, now=datetime(2027, 11, 20, tzinfo=UTC), bounds=bounds)

    assert str(later["a", "omega"].reason) == "what lets it leave was decided after it left"


def test_each_tier_has_its_word() -> None:
    assert {name: str(word) for name, word in TIER_WORDS.items()} == {
        tier.name.lower(): tier.name.lower() for tier in Tier
    }
