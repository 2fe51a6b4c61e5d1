"""Everything that releases tell together, as it stands to somebody who wants to know more.

Two kinds of readers are held against it. Somebody outside knows the releases. And all organizations but one, put
together, know what each of them contributed as well: what is hidden for them is what the one reported alone. Whoever
knows less, any smaller group or one organization that also coordinates, can work out less, so these are the worst.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from node.cubes.attack import Interval, Sum, intervals, narrow
from node.cubes.declaration import Cell, Cube
from node.cubes.table import Atom, Counts, Parts, figures_of, leaf_of, members

Place: TypeAlias = tuple[int, Cell]
"""Which release of a list, and which of its figures."""


class Told(NamedTuple):
    """A release as it was counted: what it hides, its other figures being told."""

    cube: Cube
    counts: Counts
    hidden: frozenset[Cell]


class Pinned(NamedTuple):
    """A hidden figure that can be worked out too closely; `alone` is whose part, if all the others put together."""

    place: Place
    alone: str = ""


class Knowledge:
    """What a list of releases tells.

    A number that did not change from one release to the next, or that two cubes share, is one unknown. That it did not
    change is more than a reader can be sure of, so the attack is stronger than theirs.
    """

    def __init__(self, told: Sequence[Told]) -> None:
        self._told = told
        signatures: dict[tuple[Atom, tuple[tuple[str, int], ...]], list[Place]] = defaultdict(list)
        for at, one in enumerate(told):
            for atom, parts in one.counts.items():
                leaf = leaf_of(one.cube, atom)
                if leaf is not None and any(parts.values()):
                    key = atom, tuple(sorted(parts.items()))
                    signatures[key] += [(at, figure) for figure in figures_of(one.cube, leaf)]
        groups: dict[tuple[Place, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (_, parts_of), told_at in signatures.items():
            for who, number in parts_of:
                groups[tuple(sorted(told_at))][who] += number
        self._parts: list[Parts] = list(groups.values())
        self._figures: dict[Place, list[int]] = defaultdict(list)
        for unknown, places in enumerate(groups):
            for place in places:
                self._figures[place].append(unknown)

    @property
    def contributors(self) -> list[str]:
        """Every organization that contributed to anything."""
        return sorted(members(who for parts in self._parts for who in parts))

    def shared_by(self, place: Place) -> list[Place]:
        """Figures that have a part in common with this one."""
        mine = set(self._figures[place])
        return [other for other, unknowns in self._figures.items() if mine & set(unknowns)]

    def alone(self, place: Place, who: str) -> int:
        """How much of a figure one organization alone reported."""
        return sum(self._parts[unknown].get(who, 0) for unknown in self._figures[place])

    def pinned(self) -> list[Pinned]:
        """Every hidden figure that somebody can work out too closely.

        Raises:
            SolverError: No solver is installed.
        """
        found = []
        for who in ("", *self.contributors):
            truth, known, wanted = self._as_seen(who)
            places = list(wanted)
            found += [
                Pinned(places[at], who) for at in narrow(known, [wanted[place] for place in places], truth)
            ]
        return found

    def solved(self, who: str = "") -> dict[Place, Interval]:
        """How far each hidden figure is known, or what one organization alone reported of it.

        Raises:
            SolverError: No solver is installed.
        """
        truth, known, wanted = self._as_seen(who)
        ranges = intervals(known, list(wanted.values()))
        fixed = {
            place: sum(truth[one] for one in self._figures[place]) - sum(truth[one] for one in parts)
            for place, parts in wanted.items()
        }
        return {
            place: Interval(
                found.least + fixed[place], None if found.most is None else found.most + fixed[place]
            )
            for place, found in zip(wanted, ranges, strict=True)
        }

    def _as_seen(self, who: str) -> tuple[list[int], list[Sum], dict[Place, tuple[int, ...]]]:
        """The unknowns as they are, what is known of their sums, and the hidden sums; without what is plain."""
        truth = [parts.get(who, 0) if who else sum(parts.values()) for parts in self._parts]
        known: dict[tuple[int, ...], Sum] = {}
        told_at: dict[tuple[int, ...], int] = {}  # in which release something was told first
        hidden: dict[Place, tuple[int, ...]] = {}
        for place, unknowns in sorted(self._figures.items()):
            at, figure = place
            parts = tuple(unknowns)
            if figure not in self._told[at].hidden:
                value = sum(truth[one] for one in parts)
                known[parts] = Sum(parts, value, value)
                told_at.setdefault(parts, at)
                continue
            if told_at.get(parts, at) < at:
                continue  # it hides what an earlier release had told, which is no secret any more
            if not who or any(truth[one] for one in parts):
                hidden[place] = parts
            # What is hidden is not zero: a zero is always told. What the others do not know of is the one's.
            nobody_else = not any(other for one in parts for other in self._others(one, who))
            if parts not in known and nobody_else:
                known[parts] = Sum(parts, 1, None)
        fixed = _plain(known.values())
        facts = [
            Sum(
                tuple(one for one in said.parts if one not in fixed),
                said.least - sum(fixed.get(one, 0) for one in said.parts),
                None if said.most is None else said.most - sum(fixed.get(one, 0) for one in said.parts),
            )
            for said in known.values()
        ]
        return (
            truth,
            [said for said in facts if said.parts],
            {place: tuple(one for one in parts if one not in fixed) for place, parts in hidden.items()},
        )

    def _others(self, unknown: int, who: str) -> Iterable[int]:
        return (number for name, number in self._parts[unknown].items() if who and name != who)


def _plain(known: Iterable[Sum]) -> Mapping[int, int]:
    """Unknowns that are told by themselves, or left over when others that are told are taken off a sum."""
    fixed: dict[int, int] = {}
    waiting = [said for said in known if said.least == said.most]
    while True:
        left = []
        for said in waiting:
            open_parts = [one for one in said.parts if one not in fixed]
            if len(open_parts) == 1:
                fixed[open_parts[0]] = said.least - sum(fixed.get(one, 0) for one in said.parts)
            elif open_parts:
                left.append(said)
        if len(left) == len(waiting):
            return fixed
        waiting = left
