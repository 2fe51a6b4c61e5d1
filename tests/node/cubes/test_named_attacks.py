"""Each way in which somebody may go about releases, solved without what the product uses: no hidden figure is narrow.

Between two releases, between dimensions, between tiers, by a coordinator that contributes as well, and by all
contributors but one. And a leak that is planted is found by the audit wherever solving it finds one.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import combinations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from node.cubes.attack import Interval, Sum, intervals
from node.cubes.audit import Counted, audit
from node.cubes.declaration import Cell, Cube
from node.cubes.document import Release, public_figures
from node.cubes.protect import Hiding, is_thin, protect
from node.cubes.revision import settle
from node.cubes.table import JOINT, Atom, Counts, leaf_of, members, tables
from node.errors import CubeError
from tests.support.cubes import ORGANIZATIONS, atom, counts, evenly, yearly

CUBE = yearly()
COARSE = yearly(name="countries", by=["country"], public=["country"])
CAUSES = yearly(name="causes", by=["cause"], public=[])
FIRST, LATER = date(2026, 2, 1), date(2026, 8, 1)
NOBODY = frozenset[str]()
_Number = tuple[Atom, tuple[tuple[str, int], ...]]

pytestmark = pytest.mark.slow
FEW = settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def released(
    cube: Cube, found: Counts, hidden: frozenset[Cell], number: int = 1, as_of: date = FIRST
) -> Counted:
    figures = {
        one: None if one in hidden else table.value(one)
        for table in tables(cube, found).values()
        for one in table.figures
    }
    return Counted(Release("ocha", cube, number, "", as_of, as_of, "1", (), figures), found)


def known_to(group: frozenset[str], number: _Number) -> int:
    return sum(many for who, many in number[1] if group & set(who.split(JOINT)))


class Reader:
    """Somebody who reads releases, and perhaps contributed: what is known, as sums of numbers that are not.

    A number that two releases share is one unknown, which is more than a reader can be sure of.
    """

    def __init__(
        self, told: Sequence[Counted], group: frozenset[str] = NOBODY, *, public: bool = False
    ) -> None:
        self._told = told
        self._group = group
        self.numbers: list[_Number] = sorted(
            {
                (place, tuple(sorted(parts.items())))
                for one in told
                for place, parts in one.counts.items()
                if leaf_of(one.release.cube, place) is not None
            }
        )
        self._at = {number: at for at, number in enumerate(self.numbers)}
        self.known = [Sum((at,), known_to(group, one), None) for at, one in enumerate(self.numbers) if group]
        for one in told:
            for cell, value in one.release.figures.items():
                parts = self._parts(one, cell)
                self.known.append(Sum(parts, *([value] * 2 if value is not None else (1, None))))
            if public:
                self.known += self._rounded(one)
        self.known = self._each_once()

    def _each_once(self) -> list[Sum]:
        """What is known of the same numbers, in one: the most that is least, and the least that is most."""
        found: dict[tuple[int, ...], Sum] = {}
        for one in self.known:
            before = found.get(one.parts, one)
            ends = [most for most in (one.most, before.most) if most is not None]
            found[one.parts] = Sum(one.parts, max(one.least, before.least), min(ends, default=None))
        return list(found.values())

    def _rounded(self, one: Counted) -> list[Sum]:
        """What the public table tells: a figure lies so near to its multiple."""
        cube, base = one.release.cube, one.release.cube.rounding
        found = []
        for place, value in public_figures(one.release).items():
            cell = (place[0], *(place[1] if name in cube.public else "all" for name in cube.by), place[-1])
            if value is not None:
                found.append(Sum(self._parts(one, cell), max(0, value - base // 2), value + base // 2))
        return found

    def _parts(self, one: Counted, cell: Cell) -> tuple[int, ...]:
        (table,) = tables(one.release.cube, one.counts).values()
        leaves = set(table.figures[cell])
        return tuple(
            self._at[place, tuple(sorted(parts.items()))]
            for place, parts in sorted(one.counts.items())
            if leaf_of(one.release.cube, place) in leaves
        )

    def narrow(self) -> dict[tuple[int, Cell], Interval]:
        """Hidden figures, and of how many they are, that others than the group have a part in and that are narrow."""
        wanted = {}
        for at, one in enumerate(self._told):
            for cell in sorted(one.release.hidden):
                parts = self._parts(one, cell)
                others = members(who for part in parts for who, _ in self.numbers[part][1]) - self._group
                alone = any(
                    not self._group & set(who.split(JOINT))
                    for part in parts
                    for who, _ in self.numbers[part][1]
                )
                told_before = any(
                    self._parts(earlier, shown) == parts
                    for earlier in self._told[:at]
                    for shown, value in earlier.release.figures.items()
                    if value is not None
                )
                if others and alone and not told_before:  # else it is no secret any more
                    wanted[at, cell] = parts
        found = intervals(self.known, list(wanted.values()))
        return {place: one for place, one in zip(wanted, found, strict=True) if one.is_narrow}


def organizations(found: Counts) -> list[str]:
    return sorted(members(who for parts in found.values() for who in parts))


def groups(found: Counts) -> list[frozenset[str]]:
    """Nobody; each organization, as one that also coordinates; and all but one."""
    everybody = organizations(found)
    largest = map(frozenset, combinations(everybody, len(everybody) - 1))
    return [NOBODY, *(frozenset({one}) for one in everybody), *largest]


def good(cube: Cube, found: Counts) -> Counted:
    return released(cube, found, protect(cube, found, {}).all)


@FEW
@given(counts())
def test_between_dimensions_of_one_table_nothing_is_pinned(found: dict[Atom, Mapping[str, int]]) -> None:
    one = good(CUBE, found)
    for group in groups(found):
        assert Reader([one], group).narrow() == {}, group


@FEW
@given(counts())
def test_between_cubes_of_other_dimensions_nothing_is_pinned(found: dict[Atom, Mapping[str, int]]) -> None:
    told = [good(CUBE, found)]
    for cube in (COARSE, CAUSES):
        try:
            hiding = protect(cube, found, {}, [one.told for one in told])
        except CubeError:
            continue  # nothing of it can be released beside the others, and nothing is
        told.append(released(cube, found, hiding.all))

    for group in groups(found):
        assert Reader(told, group).narrow() == {}, group
    assert audit(told[-1], told[:-1]) == []


@FEW
@given(counts(), counts(), st.booleans())
def test_between_two_releases_nothing_is_pinned(
    found: dict[Atom, Mapping[str, int]],
    late: dict[Atom, Mapping[str, int]],
    revise: bool,  # noqa: FBT001 - drawn
) -> None:
    first_hiding = protect(CUBE, found, {})
    first = released(CUBE, found, first_hiding.all)
    now = {**found, **late}
    settled = settle(CUBE, now, found, ("2025",), revise=revise)
    kept = {} if settled.moved else {"2025": first_hiding}
    assume(revise or settled.counts == found)
    try:
        hiding: Hiding = protect(CUBE, settled.counts, kept, [first.told], first.release.hidden)
    except CubeError:
        return  # nothing is released
    second = released(CUBE, settled.counts, hiding.all, 2, LATER if revise else FIRST)

    for group in groups(now):
        assert Reader([first, second], group).narrow() == {}, group


@FEW
@given(counts())
def test_between_tiers_nothing_is_pinned(found: dict[Atom, Mapping[str, int]]) -> None:
    one = good(CUBE, found)
    for group in groups(found):
        assert Reader([one], group, public=True).narrow() == {}, group
    for place, value in public_figures(one.release).items():
        cell = (place[0], place[1], "all", place[-1])
        assert (value is None) == (one.release.figures[cell] is None)


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(counts(), st.data())
def test_the_audit_finds_what_is_shown_again_wherever_solving_finds_a_leak(
    found: dict[Atom, Mapping[str, int]], data: st.DataObject
) -> None:
    hidden = protect(CUBE, found, {}).all
    assume(hidden)
    shown = data.draw(st.sets(st.sampled_from(sorted(hidden)), min_size=1, max_size=3))
    leaking = released(CUBE, found, hidden - shown)
    (table,) = tables(CUBE, found).values()

    thin = any(is_thin(CUBE, table.parts(cell)) for cell in shown)
    solved = any(
        Reader([leaking], group).narrow() for group in (NOBODY, *groups(found)[-len(organizations(found)) :])
    )

    kinds = {one.kind for one in audit(leaking, ())}
    assert ("thin" in kinds) == thin
    assert ("solved" in kinds) == solved


def test_what_this_solves_for_is_found_where_nothing_is_hidden_beside() -> None:
    """The reader here does find what a careless release gives away, each in its way."""
    found = {**evenly("AFG", 5), **evenly("SDN", 6), atom("YEM"): {"alpha": 9, "beta": 8}}
    (table,) = tables(CUBE, found).values()
    thin = frozenset(cell for cell in table.figures if is_thin(CUBE, table.parts(cell)))

    assert Reader([released(CUBE, found, thin)]).narrow()  # between dimensions: the sum less the others
    sound = good(CUBE, found)
    assert not Reader([sound]).narrow()
    assert Reader([sound, released(COARSE, found, frozenset())]).narrow()  # between cubes
    assert Reader([sound, released(CUBE, found, thin, 2)]).narrow()  # between releases
    # All but delta know their own: what stands for delta alone is left.
    lone = {**found, atom("AFG", "safety"): {"alpha": 30, "delta": 1}}
    hidden = protect(CUBE, lone, {}).all
    few = frozenset(cell for cell in hidden if cell[1] in {"AFG", "YEM"})
    careless = released(CUBE, lone, few)
    assert Reader([careless], frozenset(ORGANIZATIONS) - {"delta"}).narrow()
