"""What was released changes at declared revisions only, and only by what could be released by itself."""

from collections.abc import Mapping
from datetime import date

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
