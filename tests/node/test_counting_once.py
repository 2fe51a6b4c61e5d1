"""An event counts once, whatever was said in which order, and a forwarded copy changes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.candidates import Pair, pair_of
from node.clusters import Reading, Ties, clusters, contradicted, event_id, groups_of
from node.facts import COLUMNS, Fact, fact
from node.ladders import chains_of
from node.model import Certainty, Incident, Outcome, Sex, Staff, Tally
from node.once import Report, count_once, handed_on
from node.signed import RecordName
from node.verdict import Ground
from tests.support.incidents import SHOOTING
from tests.support.overlaps import make_truth

NAMES = tuple(RecordName(org_id, bytes([at]) * 16) for org_id in "abcde" for at in (1, 2))
PAIRS = tuple(pair for pair in combinations(NAMES, 2) if pair[0].origin_id != pair[1].origin_id)
AT = {column.name: at for at, column in enumerate(COLUMNS)}
COUNTED = [at for at, column in enumerate(COLUMNS) if "_" in column.name and column.kind is int and at > 4]
A, B, C = (RecordName(org_id, b"u" * 16) for org_id in "abc")


@st.composite
def said(draw: st.DrawFn) -> Ties:
    """Anything that may have been said and found of some records."""
    some = st.sets(st.sampled_from(PAIRS), max_size=6)
    apart, open_pairs = (
        draw(some),
        draw(st.dictionaries(st.sampled_from(PAIRS), st.integers(-300, 900), max_size=8)),
    )
    same = draw(some) - apart
    return Ties(
        frozenset(same),
        frozenset(apart),
        {one: w for one, w in open_pairs.items() if one not in same | apart},
    )


FACTS = [fact(chains_of(one)) for one in make_truth(7, 40).incidents.values()]
SEEN = [one for one in FACTS if one[AT["source_kind"]] == "own_staff"]
REPORTS = st.tuples(
    *(
        st.builds(Report, st.just(name), st.sampled_from(FACTS), st.sampled_from([None, *Ground]))
        for name in NAMES
    )
)


def told(name: RecordName, ground: Ground | None, incident: Incident = SHOOTING) -> Report:
    return Report(name, fact(chains_of(incident)), ground)


def one_event(*reports: Report) -> Fact:
    ties = Ties(frozenset(pair_of(a.name, b.name) for a, b in combinations(reports, 2)))
    (event,) = count_once(reports, ties, Reading.HIGH)
    return event.fact


def killed(number: int, certainty: Certainty = Certainty.SUSPECTED) -> Incident:
    victims = (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, number),)
    return replace(SHOOTING, victims=victims, employers=(), certainty=certainty, source_kind="own_staff")


@given(said(), st.randoms())
def test_the_order_in_which_things_were_said_changes_nothing(ties: Ties, random: object) -> None:
    def again(items: Mapping[Pair, int] | frozenset[Pair]) -> list[Pair]:
        ordered = sorted(items)
        random.shuffle(ordered)  # type: ignore[attr-defined]
        return ordered

    mixed = Ties(
        frozenset(again(ties.same)),
        frozenset(again(ties.apart)),
        {one: ties.open[one] for one in again(ties.open)},
    )
    assert clusters(mixed) == clusters(ties)
    for reading in Reading:
        assert groups_of(mixed, reading) == groups_of(ties, reading)


@given(said())
def test_no_reading_joins_what_somebody_calls_distinct_or_two_records_of_one_owner(ties: Ties) -> None:
    for reading in Reading:
        for group in groups_of(ties, reading):
            assert not contradicted(group, ties.apart)


@given(said())
def test_a_contradicted_group_is_shown_and_not_joined(ties: Ties) -> None:
    found = clusters(ties)
    for group in found.conflicts:
        assert contradicted(group, ties.apart)
    joined = {one for group in groups_of(ties._replace(open={}), Reading.HIGH) for one in group}
    assert joined.isdisjoint(one for group in found.conflicts for one in group)


@given(said(), REPORTS)
def test_low_is_at_most_best_and_best_at_most_high_in_every_measure(
    ties: Ties, reports: tuple[Report, ...]
) -> None:
    totals = []
    for reading in Reading:
        events = count_once(reports, ties, reading)
        inside = {name for event in events for name in event.members}
        rows = [event.fact for event in events] + [one.fact for one in reports if one.name not in inside]
        totals.append([len(rows), *(sum(int(row[at] or 0) for row in rows) for at in COUNTED)])
    assert all(low <= best <= high for low, best, high in zip(*totals, strict=True))


@pytest.mark.slow
@given(said(), REPORTS, st.randoms())
def test_the_order_in_which_reports_came_changes_nothing(
    ties: Ties, reports: tuple[Report, ...], random: object
) -> None:
    mixed = list(reports)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    for reading in Reading:
        assert count_once(mixed, ties, reading) == count_once(reports, ties, reading)


@given(st.sampled_from(SEEN), st.sampled_from(SEEN), st.sampled_from([Ground.OWN_STAFF, Ground.WITNESSED]))
def test_a_forwarded_copy_changes_nothing(first: Fact, second: Fact, ground: Ground) -> None:
    seen = [Report(A, first, ground), Report(B, second, ground)]
    copy = Report(RecordName("0copy", b"c" * 16), second, Ground.FORWARDED)

    assert one_event(*seen, copy) == one_event(*seen)
    assert one_event(seen[1], copy) == second


def test_own_staff_of_two_owners_is_added_up_and_what_everybody_counts_is_not() -> None:
    killed_national = AT["killed_national"]
    both_own = one_event(told(A, Ground.OWN_STAFF, killed(2)), told(B, Ground.OWN_STAFF, killed(1)))
    assert both_own[killed_national] == 3
    both_all = one_event(told(A, Ground.WITNESSED, killed(2)), told(B, Ground.WITNESSED, killed(1)))
    assert both_all[killed_national] == 2
    more_than_both = one_event(
        told(A, Ground.OWN_STAFF, killed(2)),
        told(B, Ground.OWN_STAFF, killed(1)),
        told(C, Ground.THIRD_PARTY, killed(7)),
    )
    assert more_than_both[killed_national] == 7


@pytest.mark.parametrize(
    ("grounds", "certainty"),
    [
        ((Ground.WITNESSED, Ground.OWN_STAFF), "probable"),
        ((Ground.WITNESSED, Ground.FORWARDED), "suspected"),
        ((Ground.FORWARDED, Ground.FORWARDED), "suspected"),
        ((Ground.THIRD_PARTY, Ground.THIRD_PARTY), "suspected"),
    ],
)
def test_only_independent_witnesses_make_an_event_surer(
    grounds: tuple[Ground, Ground], certainty: str
) -> None:
    found = one_event(*(told(name, ground, killed(1)) for name, ground in zip((A, B), grounds, strict=True)))
    assert found[AT["certainty"]] == certainty


def test_who_names_the_press_as_source_is_no_witness() -> None:
    press = replace(killed(1), source_kind="media")
    found = one_event(told(A, Ground.WITNESSED, killed(1)), told(B, Ground.WITNESSED, press))
    assert found[AT["certainty"]] == "suspected"


def test_a_copy_that_claims_to_be_surer_does_not_make_it_surer() -> None:
    found = one_event(
        told(A, Ground.WITNESSED, killed(1)), told(B, Ground.FORWARDED, killed(1, Certainty.CONFIRMED))
    )
    assert found[AT["certainty"]] == "suspected"


def test_an_event_of_one_report_told_twice_is_that_report_in_every_column() -> None:
    for one in FACTS:
        numbered = tuple(at if column.kind is int else one[at] for at, column in enumerate(COLUMNS))
        assert one_event(Report(A, numbered), Report(B, numbered)) == numbered


def test_an_event_is_called_by_its_records_and_by_nothing_else() -> None:
    assert event_id([A, B]) == event_id([B, A]) != event_id([A, RecordName("b", b"v" * 16)])


def test_a_copy_is_what_its_owner_signed_as_forwarded_beside_a_report_that_is_none() -> None:
    event, only_copies = frozenset({A, B, C}), frozenset({A, B})
    ground = {A: Ground.FORWARDED, B: Ground.FORWARDED, C: Ground.THIRD_PARTY}

    assert handed_on([event], ground) == {A, B}
    assert handed_on([only_copies], ground) == frozenset()
    assert handed_on([event], {}) == frozenset()
