"""Pairs are found alike from either side and in any order, and no more are wrong than the field has measured."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node.audience import Levels, Tier
from node.candidates import Looked, Pair, candidates, look, pair_of
from node.chances import Weighed, chances, weigh
from node.clusters import Reading, Ties, groups_of
from node.facts import fact
from node.intake import read_publication
from node.ladders import chains_of
from node.likeness import likeness, probability, weights
from node.policy import baseline
from node.sight import Sight, cut_sight, sight
from node.signed import RecordName
from tests.support.overlaps import make_truth, shuffled

TRUTH = make_truth(3, 150)
SIGHTS = {name: sight(one) for name, one in TRUTH.facts.items()}
COORDINATOR, PEER = (baseline().levels[tier] for tier in (Tier.COORDINATOR, Tier.PEER))
TIERS = [baseline().levels[tier] for tier in Tier]


@given(*[st.sampled_from(sorted(SIGHTS.values(), key=repr))] * 2, *[st.sampled_from(TIERS)] * 2)
def test_either_side_weighs_a_pair_alike(one: Sight, other: Sight, shown: Levels, seen: Levels) -> None:
    mine, theirs = cut_sight(one, shown), cut_sight(other, seen)
    assert likeness(mine, theirs) == likeness(theirs, mine)


@given(st.integers(0, 1000))
def test_the_order_in_which_reports_came_changes_no_pair(seed: int) -> None:
    mixed = {name: SIGHTS[name] for name in shuffled(list(SIGHTS), seed)}
    assert candidates(mixed) == candidates(SIGHTS)


def test_of_each_report_one_partner_of_each_other_organization_is_proposed() -> None:
    found = candidates(SIGHTS)
    sides = [(one, other.origin_id) for pair in found for one, other in (pair.pair, pair.pair[::-1])]
    assert len(set(sides)) == len(sides) > 0
    assert all(one.pair[0].origin_id != one.pair[1].origin_id for one in found)


def test_what_was_decided_is_not_proposed_again_and_takes_its_partner() -> None:
    first, *_ = candidates(SIGHTS)
    again = candidates(SIGHTS, apart=[first.pair])
    assert first.pair not in {one.pair for one in again}
    one, other = first.pair
    settled = candidates(SIGHTS, same=[first.pair])
    assert not [
        pair for pair in settled if one in pair.pair and other.origin_id in {a.origin_id for a in pair.pair}
    ]


def test_what_is_not_shown_weighs_nothing_and_what_contradicts_is_no_pair() -> None:
    base = Sight(2024, 3, 14, "SSD", "unity", "leer", "violence", "shooting", (("killed", 1),))
    shut = base._replace(day=None, admin1=None, admin2=None, means=None, victims=None)
    found = likeness(base, shut)
    assert found is not None
    assert found.found == (("when", "same_month"),)
    for other in (
        base._replace(country="SDN"),
        base._replace(month=6),
        base._replace(cause="safety"),
    ):
        assert likeness(base, other) is None


def test_reports_of_two_sides_of_a_month_or_year_are_compared() -> None:
    last = Sight(2023, 12, 31, "SSD", "unity", "leer", "violence", "shooting", ())
    first = last._replace(year=2024, month=1, day=1)
    names = RecordName("a", b"1" * 16), RecordName("b", b"2" * 16)
    ((found, alike),) = candidates(dict(zip(names, (last, first), strict=True)))
    assert found == pair_of(*names)
    assert alike.probability > 0.5


def test_the_table_says_its_version_and_every_level_weighs_by_its_two_shares() -> None:
    table = weights()
    assert table.version == "1"
    assert table.weights["when", "same_day"] > 0 > table.weights["when", "farther"]
    assert probability(0) == 0.5


@pytest.mark.slow
def test_no_more_incidents_of_a_data_set_without_duplicates_find_a_partner_than_was_measured(
    shared: Path,
) -> None:
    """Each incident is taken for the report of an organization of its own: whatever is joined is wrong."""
    file = shared / "data/incidents/awsd_security_incidents_2016-10-03.csv"
    day = date(2016, 10, 3)
    rows = read_publication(file.read_bytes(), file.name, day, day).rows
    reports = {
        RecordName(f"o{at}", bytes(16)): sight(fact(chains_of(one.incident)))
        for at, one in enumerate(rows)
        if 2006 <= one.incident.when.year <= 2015 and one.incident.when.month is not None
    }
    assert len(reports) == 1574

    found = candidates(reports)

    def share(least: int) -> float:
        return len({name for one in found if one.likeness.weight >= least for name in one.pair}) / len(
            reports
        )

    # Published for the same data: 8.0 % have another one within 2 days in the same province, and 16.4 % within 7 days.
    assert share(0) <= 0.080
    assert share(weights().review) <= 0.164

    # Where nobody reports what others report, the reports show it, and fewer are taken for one than by the table alone.
    looked = look(reports)
    by_table = sum(probability(one.likeness.weight) for one in found)
    taken = sum(probability(one.weight) for one in weigh([looked]))
    assert 2 * taken / len(reports) <= 0.055  # 0.102 by the table
    assert taken < by_table
    # The best total takes hardly more: what is expected of pairs that nobody is shown.
    assert 2 * expected(looked) / len(reports) <= 0.058


def expected(looked: Looked) -> float:
    """How many events less than reports."""
    return sum(one.expected for one in weigh([looked])) / 1000


def ties_of(looked: Looked) -> Ties:
    weighed = weigh([looked])
    return Ties(
        open={one.candidate.pair: one.weight for one in weighed},
        expected={one.candidate.pair: one.expected for one in weighed},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folds", "by_day", "by_month"),
    [((1,), 0.02, 0.03), ((1,) * 7 + (2, 2, 3), 0.06, 0.08), (None, 0.08, 0.12)],
)
def test_the_best_total_is_near_the_truth_however_much_organizations_report_the_same(
    monkeypatch: pytest.MonkeyPatch, folds: tuple[int, ...] | None, by_day: float, by_month: float
) -> None:
    if folds is not None:
        monkeypatch.setattr("tests.support.overlaps._FOLDS", folds)
    truth = make_truth(3, 1_500, days=1_825)
    for levels, most in ((COORDINATOR, by_day), (PEER, by_month)):
        looked = look({name: cut_sight(sight(one), levels) for name, one in truth.facts.items()})
        groups = groups_of(ties_of(looked), Reading.BEST)
        total = len(truth.incidents) - sum(len(one) - 1 for one in groups)

        assert abs(total - truth.events) <= most * truth.events


@pytest.mark.slow
def test_the_best_total_is_near_the_truth_where_each_event_is_told_four_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.support.overlaps._FOLDS", (4,))
    truth = make_truth(3, 600, days=730)
    for levels, most, most_by_best in ((COORDINATOR, 0.06, 0.12), (PEER, 0.1, 0.35)):
        looked = look({name: cut_sight(sight(one), levels) for name, one in truth.facts.items()})
        ties = ties_of(looked)
        best, low = (
            len(truth.incidents) - sum(len(one) - 1 for one in groups_of(ties, reading))
            for reading in (Reading.BEST, Reading.LOW)
        )

        assert abs(len(truth.incidents) - expected(looked) - truth.events) <= most * truth.events
        # No more is joined than people are shown, so the best total can not be nearer than the low one.
        assert low <= best <= (1 + most_by_best) * truth.events


@pytest.mark.slow
@settings(max_examples=10)
@given(st.sampled_from(sorted(SIGHTS)), st.data())
def test_a_forwarded_copy_changes_nothing_of_what_is_expected(
    original: RecordName, data: st.DataObject
) -> None:
    other = data.draw(st.sampled_from([one for one in sorted(SIGHTS) if one.origin_id != original.origin_id]))
    copy = RecordName("0copy", b"c" * 16)
    told = pair_of(original, other)
    before = weigh([look(SIGHTS, same=[told])], [frozenset(told)])

    same, everybody = [told, pair_of(original, copy)], {original, other, copy}
    looked = look({**SIGHTS, copy: SIGHTS[original]}, same=same, copies={copy})
    after = weigh([looked], [everybody], {copy})

    def without_it(weighed: tuple[Weighed, ...]) -> dict[Pair, tuple[int, int]]:
        return {
            one.candidate.pair: (one.weight, one.expected)
            for one in weighed
            if copy not in one.candidate.pair
        }

    assert without_it(after) == without_it(before)
    assert sum(one.expected for one in after) == sum(one.expected for one in before)


@pytest.mark.slow
@given(st.integers(0, 1000))
def test_what_is_expected_does_not_depend_on_the_order_in_which_reports_came(seed: int) -> None:
    mixed = {name: SIGHTS[name] for name in shuffled(list(SIGHTS), seed)}
    assert sorted(weigh([look(mixed)])) == sorted(weigh([look(SIGHTS)]))


def test_what_looks_alike_within_one_organization_is_no_sign_of_one_event() -> None:
    alike = (("when", "same_day"), ("where", "same_admin2"))
    other = (("when", "farther"), ("where", "other_admin1"))
    alone = chances({alike: 100, other: 2_000}, {})
    among = chances({alike: 100, other: 2_000}, {alike: 100, other: 2_000})

    assert among[alike] < 0.2
    assert alone[alike] > 0.9
    assert chances({alike: 1}, {})[alike] == pytest.approx(
        probability(weights().before + weight(alike)), abs=0.02
    )


def weight(found: tuple[tuple[str, str], ...]) -> int:
    return sum(weights().weights[one] for one in found)


def test_what_was_signed_is_not_expected_once_more() -> None:
    first, *_ = candidates(SIGHTS)
    before, after = expected(look(SIGHTS)), expected_after(first.pair)

    assert after == pytest.approx(before - 1, abs=0.5)


def expected_after(pair: tuple[RecordName, RecordName]) -> float:
    weighed = weigh([look(SIGHTS, same=[pair])], [frozenset(pair)])
    return sum(one.expected for one in weighed) / 1000
