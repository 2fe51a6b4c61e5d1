"""No hidden figure can be worked out: not by anybody, nor by any group of organizations together."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings

from node.cubes.attack import Interval, Sum, intervals
from node.cubes.declaration import ALL, Cell, Cube
from node.cubes.knowledge import Knowledge, Told
from node.cubes.protect import Hiding, is_thin, protect
from node.cubes.table import JOINT, Atom, Counts, Table, members, tables
from node.errors import CubeError
from tests.support.cubes import ORGANIZATIONS, atom, cell, counts, evenly, yearly

CUBE = yearly()


def known_to(group: frozenset[str], table: Table, leaf: Cell) -> int:
    """How much of an innermost cell some organizations know, together."""
    return sum(number for who, number in table.leaves[leaf].items() if group & set(who.split(JOINT)))


def worked_out(
    cube: Cube, found: Counts, hidden: frozenset[Cell], group: frozenset[str]
) -> dict[Cell, Interval]:
    """The hidden figures as a group can bound them, written down without what the product uses for it."""
    (table,) = tables(cube, found).values()
    leaves = sorted(table.leaves)
    known = []
    for figure, parts in table.figures.items():
        if figure not in hidden:
            known.append(Sum(tuple(map(leaves.index, parts)), *[table.value(figure)] * 2))
    known += [Sum((at,), max(1, known_to(group, table, leaf)), None) for at, leaf in enumerate(leaves)]
    wanted = [
        figure
        for figure in sorted(hidden)
        if members(
            who for leaf in table.figures[figure] for who in table.leaves[leaf] if not group & members([who])
        )
    ]
    return dict(
        zip(
            wanted,
            intervals(known, [tuple(map(leaves.index, table.figures[figure])) for figure in wanted]),
            strict=True,
        )
    )


@pytest.mark.slow
@settings(max_examples=15)
@given(counts())
def test_no_group_of_organizations_pins_what_is_hidden(found: dict[Atom, Mapping[str, int]]) -> None:
    hidden = protect(CUBE, found, {}).all

    everybody = sorted(members(who for parts in found.values() for who in parts))
    groups = [frozenset[str](), *({one} for one in everybody)]
    groups += [set(group) for group in combinations(everybody, max(len(everybody) - 1, 1))]
    for group in groups:
        for figure, interval in worked_out(CUBE, found, hidden, frozenset(group)).items():
            assert not interval.is_narrow, (group, figure, interval)


@settings(max_examples=20)
@given(counts())
def test_what_is_shown_rests_on_enough(found: dict[Atom, Mapping[str, int]]) -> None:
    hidden = protect(CUBE, found, {}).all

    for table in tables(CUBE, found).values():
        assert not [one for one in table.figures if one not in hidden and is_thin(CUBE, table.parts(one))]


@settings(max_examples=10)
@given(counts())
def test_the_order_of_places_and_organizations_changes_nothing(found: dict[Atom, Mapping[str, int]]) -> None:
    turned = {place: dict(reversed(list(parts.items()))) for place, parts in reversed(list(found.items()))}

    assert protect(CUBE, turned, {}) == protect(CUBE, found, {})


def test_a_figure_of_two_organizations_is_hidden_and_another_with_it() -> None:
    found = {**evenly("AFG", 5), **evenly("SDN", 6), **evenly("SSD", 7), atom("YEM"): {"alpha": 9, "beta": 8}}

    hiding = protect(CUBE, found, {})

    assert hiding.few == {cell("YEM", "violence"), cell("YEM", ALL)}
    assert hiding.more == {cell("AFG", "violence"), cell("AFG", ALL)}  # the least that one could do


@pytest.mark.parametrize(
    ("parts", "thin"),
    [
        ({}, False),
        ({"alpha": 2, "beta": 2, "gamma": 1}, False),  # five are enough
        ({"alpha": 2, "beta": 1, "gamma": 1}, True),
        ({"alpha": 50, "beta": 50}, True),
        ({"alpha+beta": 5, "gamma": 5}, False),  # three organizations are behind it
        ({"alpha": 700, "beta": 150, "gamma": 150}, False),  # 70 % of it, and no more
        ({"alpha": 701, "beta": 150, "gamma": 149}, True),
        ({"alpha+beta": 401, "alpha": 300, "gamma": 299}, True),  # alpha knows all but what gamma reported
    ],
)
def test_a_figure_is_thin_by_size_by_contributors_and_by_the_largest_of_them(
    parts: dict[str, int], *, thin: bool
) -> None:
    assert (CUBE.smallest, CUBE.contributors, CUBE.dominance) == (5, 3, 70)
    assert is_thin(CUBE, parts) is thin


def test_a_period_that_was_released_keeps_what_it_hid_and_what_it_showed() -> None:
    found = {**evenly("AFG", 5), **evenly("SDN", 6), **evenly("SSD", 7), atom("YEM"): {"alpha": 9, "beta": 8}}
    (table,) = tables(CUBE, found).values()
    everything = frozenset(table.figures)
    kept = Hiding(frozenset({cell("AFG", ALL)}), everything - {cell("AFG", ALL)})

    assert protect(CUBE, found, {"2025": kept}) == kept  # nothing is judged anew
    shown = Hiding(protect(CUBE, found, {}).few, frozenset())  # the sum less the others gives YEM away
    with pytest.raises(CubeError, match="given away whatever this one hides"):
        protect(CUBE, found, {"2025": shown})


def test_a_period_beside_one_that_was_released_is_judged_by_itself() -> None:
    old = {**evenly("AFG", 5), **evenly("SDN", 6), atom("YEM"): {"alpha": 9, "beta": 8}}
    new = {Atom("2026-03", *place[1:]): parts for place, parts in old.items()}
    first, second = protect(CUBE, old, {}), protect(CUBE, new, {})

    both = protect(CUBE, {**old, **new}, {"2025": first})

    assert both == Hiding(first.few | second.few, first.more | second.more)


def test_what_the_release_before_hid_stays_hidden_as_long_as_there_is_anything() -> None:
    found = {**evenly("AFG", 5), **evenly("SDN", 6), **evenly("SSD", 7)}
    assert protect(CUBE, found, {}).all == frozenset()

    hiding = protect(CUBE, found, {}, before=[cell("SDN", "violence"), cell("KEN", "violence")])

    assert hiding.few == frozenset()
    assert cell("SDN", "violence") in hiding.more
    assert cell("KEN", "violence") not in hiding.more
    assert not Knowledge([Told(CUBE, found, hiding.all)]).pinned()


def test_one_organization_is_never_nearly_all_of_a_figure() -> None:
    parts = {"alpha": 71, "beta": 20, "gamma": 9}

    assert is_thin(CUBE, parts)
    assert not is_thin(CUBE, {**parts, "alpha": 67})
    assert is_thin(CUBE, {"alpha+beta": 80, "gamma": 20})
    assert not is_thin(CUBE, {})


def test_what_several_reported_together_rests_on_all_of_them_and_counts_once() -> None:
    found = {atom("AFG"): {"alpha+beta": 3, "beta+gamma": 3, "gamma": 3}}
    (table,) = tables(CUBE, found).values()

    assert table.value(cell(ALL, ALL)) == 9
    assert members(table.parts(cell(ALL, ALL))) == {"alpha", "beta", "gamma"}


def test_another_cube_gives_nothing_away() -> None:
    found = {
        **evenly("AFG", 5),
        **evenly("SDN", 6),
        **evenly("SSD", 7),
        atom("YEM"): {"alpha": 9, "beta": 8},
        atom("YEM", "safety"): {"alpha": 1},
    }
    first = Told(CUBE, found, protect(CUBE, found, {}).all)
    coarse = yearly(name="countries", by=["country"], public=[])

    alone, second = protect(coarse, found, {}), protect(coarse, found, {}, [first])

    assert alone.all
    assert not Knowledge([first, Told(coarse, found, second.all)]).pinned()


def test_parts_of_the_affected_are_held_against_their_sum() -> None:
    outcomes = ["killed", "injured", "abducted", "detained", "sexually_assaulted", "other"]
    cube = yearly(by=["country"], public=[], measures=["affected", *outcomes])
    found = {
        atom("AFG", measure="killed"): dict.fromkeys(ORGANIZATIONS, 6),
        atom("AFG", measure="injured"): dict.fromkeys(ORGANIZATIONS, 7),
        atom("AFG", measure="sexually_assaulted"): {"alpha": 1},
    }

    hidden = protect(cube, found, {}).all

    assert cell("AFG", measure="sexually_assaulted") in hidden
    assert not Knowledge([Told(cube, found, hidden)]).pinned()
    assert {cell("AFG", measure="affected"), cell("AFG", measure="killed")} - hidden
