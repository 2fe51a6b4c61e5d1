"""What was released changes at declared revisions only, and only by what could be released by itself."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.cubes.revision import change, is_thin_change, settle
from node.cubes.table import Atom, members
from tests.support.cubes import atom, counts, evenly, yearly

CUBE = yearly()


@given(counts(), counts())
def test_between_revisions_nothing_moves(
    old: dict[Atom, Mapping[str, int]], new: dict[Atom, Mapping[str, int]]
) -> None:
    settled = settle(CUBE, new, old, ["2025"], revise=False)

    assert settled.counts == old
    assert not settled.moved


@given(counts(), st.dictionaries(st.sampled_from(["AFG", "SDN"]), st.integers(0, 5)))
def test_at_a_revision_a_place_moves_only_by_what_several_changed(
    old: dict[Atom, Mapping[str, int]], more: dict[str, int]
) -> None:
    new = dict(old)
    for country, number in more.items():
        new[atom(country)] = {**old.get(atom(country), {}), "alpha": number, "zeta": 2}

    settled = settle(CUBE, new, old, ["2025"], revise=True)

    for country in more:
        parts = change(
            {atom(country): settled.counts.get(atom(country), {})},
            {atom(country): old.get(atom(country), {})},
        )
        assert not is_thin_change(CUBE, parts)
        assert not parts or len(members(parts)) >= 3


def test_what_may_move_moves_and_the_rest_waits() -> None:
    old = {**evenly("AFG", 5), **evenly("SDN", 5)}
    late = {**evenly("AFG", 6), atom("SDN"): {**old[atom("SDN")], "alpha": 9}}

    settled = settle(CUBE, late, old, ["2025"], revise=True)

    assert settled.counts == {**late, **evenly("SDN", 5)}
    assert (set(settled.moved), settled.waiting) == ({"2025"}, 1)


def test_a_new_period_is_counted_as_it_is_known() -> None:
    settled = settle(CUBE, evenly("AFG", 5, month="2026-01"), evenly("AFG", 5), ["2025"], revise=False)

    assert settled.counts == {**evenly("AFG", 5), **evenly("AFG", 5, month="2026-01")}


def test_a_revision_is_due_once_its_day_has_come() -> None:
    assert CUBE.revises(date(2026, 2, 1), date(2026, 7, 1))
    assert not CUBE.revises(date(2026, 7, 1), date(2027, 6, 30))
    assert CUBE.revises(date(2026, 7, 1), date(2027, 7, 1))
    assert not yearly(revisions=[]).revises(date(2020, 1, 1), date(2026, 1, 1))


def test_a_change_is_what_each_organization_differs_by_up_or_down_and_wherever() -> None:
    gone, come, both = atom("AFG"), atom("SDN"), atom("SSD")
    was = {gone: {"alpha": 2}, both: {"alpha": 5, "beta": 3, "gamma": 1, "delta": 7}}
    there = {come: {"alpha": 4}, both: {"alpha": 3, "beta": 3, "gamma": 9, "epsilon": 6}}

    assert change(there, was) == change(was, there) == {"alpha": 8, "gamma": 8, "delta": 7, "epsilon": 6}
    assert change(was, was) == {}


@pytest.mark.parametrize(
    ("parts", "thin"),
    [
        ({}, False),
        ({"alpha": 5, "beta": 5}, True),
        ({"alpha": 5, "beta": 5, "gamma": 5}, False),
        ({"alpha+beta": 5, "gamma": 5}, False),  # three organizations are behind it
        ({"alpha": 700, "beta": 150, "gamma": 150}, False),  # 70 % of it, and no more
        ({"alpha": 701, "beta": 150, "gamma": 149}, True),
        ({"alpha+beta": 401, "alpha": 300, "gamma": 299}, True),  # alpha knows all but what gamma reported
    ],
)
def test_a_change_is_thin_by_the_rules_of_a_figure(parts: dict[str, int], *, thin: bool) -> None:
    assert (CUBE.contributors, CUBE.dominance) == (3, 70)
    assert is_thin_change(CUBE, parts) is thin


def several(country: str, measure: str, each: dict[str, int]) -> dict[Atom, dict[str, int]]:
    return {atom(country, measure=measure): each}


def test_a_place_waits_as_a_whole_where_one_of_its_measures_may_not_move() -> None:
    cube = yearly(measures=["incidents", "killed"])
    many, one = dict.fromkeys(("alpha", "beta", "gamma"), 5), {"alpha": 1}
    old = {**several("AFG", "incidents", many), **several("AFG", "killed", many)}
    moved = {who: number + 2 for who, number in many.items()}

    for thin, wide in (("killed", "incidents"), ("incidents", "killed")):
        new = {**several("AFG", wide, moved), **several("AFG", thin, {**many, "alpha": 6})}
        assert settle(cube, new, old, ["2025"], revise=True) == (old, frozenset(), 1)
    for measure in ("incidents", "killed"):  # one that comes or goes is a change too
        rest = {at: parts for at, parts in old.items() if at.measure != measure}
        assert (
            settle(cube, {**rest, **several("AFG", measure, one)}, rest, ["2025"], revise=True).waiting == 1
        )
        assert (
            settle(cube, rest, {**rest, **several("AFG", measure, one)}, ["2025"], revise=True).waiting == 1
        )


def test_places_come_and_go_by_the_same_rule_and_causes_are_places_of_their_own() -> None:
    old = {**evenly("AFG", 5), **evenly("AFG", 5, "safety"), **evenly("SSD", 5)}
    new = {
        **evenly("AFG", 6),
        atom("AFG", "safety"): {**old[atom("AFG", "safety")], "alpha": 6},
        **evenly("SDN", 5),
    }

    settled = settle(CUBE, new, old, ["2025"], revise=True)

    assert settled.counts == {**evenly("AFG", 6), **evenly("AFG", 5, "safety"), **evenly("SDN", 5)}
    assert (set(settled.moved), settled.waiting) == ({"2025"}, 1)


def test_where_nothing_changes_nothing_waits_and_what_the_cube_does_not_count_is_no_change() -> None:
    old = evenly("AFG", 5)
    beside = {**old, **several("AFG", "killed", {"alpha": 1}), atom("SDN"): {"alpha": 0}}
    some = {**old, atom("AFG", month="2025-04"): {"alpha": 0, "beta": 2}}

    assert settle(CUBE, old, old, ["2025"], revise=False) == (old, frozenset(), 0)
    assert settle(CUBE, old, old, ["2025"], revise=True) == (old, frozenset(), 0)
    assert settle(CUBE, beside, old, ["2025"], revise=True) == (old, frozenset(), 0)
    assert settle(CUBE, some, some, ["2025"], revise=False) == (some, frozenset(), 0)
