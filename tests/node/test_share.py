"""What leaves is what was asked for, to whom it was asked for, once, and signed."""

from datetime import timedelta

import pytest

from crypto.checkpoint import verify_checkpoint
from crypto.merkle import consistency_path, tree_root
from crypto.signing import Signer
from crypto.tiles import Tiles
from node.audience import Purpose, Tier
from node.logbook import Identity, start_log
from node.model import Incident, Outcome, PartialDate, Sex, Staff, Tally
from node.plan import Plan
from node.rules import Override
from node.share import preview, release
from node.signed import Label
from node.store.database import Store
from node.store.heads import log_head
from node.store.policies import say
from node.store.records import record_ids_by_key
from node.store.tiles import FullTiles, OwnTiles, TileReader
from node.verify import log_name
from node.wire import records
from tests.support.incidents import ASSAULT, ROBBERY, SHOOTING
from tests.support.office import DAY, NOW, PEERS, SOURCE, Office, envelope_of, office, secrets_by_index, store

__all__ = ["office", "store"]


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


def test_a_revision_that_no_longer_stands_does_not_leave(office: Office) -> None:
    office.holds({"a": SHOOTING, "b": ROBBERY})
    stale = office.request("a", "b")
    office.holds({"b": SHOOTING}, DAY + timedelta(days=1))

    assert office.releases(stale) == Plan((), (), (), 0)


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
