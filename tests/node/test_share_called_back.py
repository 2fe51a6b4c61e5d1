"""What left and no longer stands is called back, and those alone learn it who could see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from node.audience import Tier
from node.model import Incident, Place
from node.plan import Plan, Request
from node.said import Teller
from node.share import preview, release
from node.signed import Label, Reason
from node.store.database import Store
from node.succession import merge_records, split_record
from node.wire import records
from tests.support.deciding import BASELINE
from tests.support.incidents import ASSAULT, CAPTURE, ROBBERY, SHOOTING
from tests.support.office import (
    DAY,
    NOW,
    PEERS,
    Follower,
    Office,
    envelope_of,
    hold_rule,
    office,
    store,
)

__all__ = ["office", "store"]


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
