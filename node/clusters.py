"""Which records are one event: those that their owners both call the same, unless somebody calls two of them distinct.

Records that are joined by pairs in which both owners said SAME are one event. One DISTINCT among them, or two records
of one organization, and nothing of it is joined: people have to look. Nothing here depends on the order in which
anything was said.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from node.candidates import Pair
from node.likeness import probability
from node.signed import RecordName

Group: TypeAlias = frozenset[RecordName]


class Reading(StrEnum):
    """How pairs that nobody has decided are read when events are counted."""

    LOW = "low"  # every open pair is one event
    BEST = "best"  # the likeliest are, until as many events are left as can be expected
    HIGH = "high"  # none is


class Ties(NamedTuple):
    """What was decided of pairs, and what is open.

    Attributes:
        same: Pairs that both owners call the same.
        apart: Pairs that an owner calls distinct.
        open: Pairs that nobody has decided, with their weights (hundredths of a bit).
        expected: How many events less than reports each open pair stands for, in thousandths; where that is not
            known, its probability.
    """

    same: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()
    open: Mapping[Pair, int] = MappingProxyType({})
    expected: Mapping[Pair, int] = MappingProxyType({})

    def surplus(self, pair: Pair) -> int:
        """How many events less than reports an open pair stands for, in thousandths."""
        return self.expected.get(pair, round(1000 * probability(self.open[pair])))


class Clusters(NamedTuple):
    """Records that are one event by what their owners signed, and groups in which that is contradicted."""

    events: tuple[Group, ...]
    conflicts: tuple[Group, ...]


class _Groups:
    """Records put together pair by pair, across no wall."""

    def __init__(self, walls: Collection[Pair]) -> None:
        self._walls = walls
        self._group: dict[RecordName, Group] = {}

    def join(self, one: RecordName, other: RecordName, *, walled: bool = True) -> bool:
        """Put two together; whether that made one event of two."""
        mine, theirs = self.of(one), self.of(other)
        if mine is theirs or (walled and contradicted(mine | theirs, self._walls)):
            return False
        both = mine | theirs
        self._group.update(dict.fromkeys(both, both))
        return True

    def called_apart(self, one: RecordName, other: RecordName) -> bool:
        """Whether somebody signed that what these two are in is not one event."""
        both = self.of(one) | self.of(other)
        return any(first in both and second in both for first, second in self._walls)

    def of(self, one: RecordName) -> Group:
        return self._group.get(one) or self._group.setdefault(one, frozenset({one}))

    def all(self) -> tuple[Group, ...]:
        return tuple(sorted((one for one in set(self._group.values()) if len(one) > 1), key=sorted))


def contradicted(group: Group, walls: Collection[Pair]) -> bool:
    """Whether records can not all be one event: two are distinct, or one organization has two of them."""
    if len({one.origin_id for one in group}) < len(group):
        return True
    return any(first in group and second in group for first, second in walls)


def clusters(ties: Ties) -> Clusters:
    """Put together what was decided."""
    found = _Groups(ties.apart)
    for pair in ties.same:
        found.join(*pair, walled=False)
    groups = found.all()
    conflicts = tuple(one for one in groups if contradicted(one, ties.apart))
    return Clusters(tuple(one for one in groups if one not in conflicts), conflicts)


def groups_of(ties: Ties, reading: Reading) -> tuple[Group, ...]:
    """Records that are read as one event, two and more together.

    Whatever `BEST` joins `LOW` joins too, and whatever `HIGH` joins both do.
    """
    decided = clusters(ties)
    found = _Groups(ties.apart)
    for group in decided.events:
        first, *others = sorted(group)
        for one in others:
            found.join(first, one)
    if reading is not Reading.HIGH:
        _join_open(found, ties, everything=reading is Reading.LOW)
    if reading is Reading.LOW:
        for pair in sorted(_contradicted_pairs(ties, decided)):
            found.join(*pair)
    return found.all()


def _join_open(found: _Groups, ties: Ties, *, everything: bool) -> None:
    """Join open pairs, the likeliest first, all of them or as many as are expected to make one event of two."""
    expected, joined = sum(map(ties.surplus, ties.open)), 0
    for pair in sorted(ties.open, key=lambda pair: (-ties.open[pair], pair)):
        if not everything and joined >= round(expected / 1000):
            return
        if found.join(*pair):
            joined += 1
        elif found.called_apart(*pair):  # what can not be is not to be made up for by others
            expected -= ties.surplus(pair)


def event_id(members: Iterable[RecordName]) -> str:
    """What an event is called: the SHA-256 of the sorted ids of its records, in hexadecimal."""
    return sha256(b"".join(sorted(one.uid for one in members))).hexdigest()


def _contradicted_pairs(ties: Ties, decided: Clusters) -> Iterable[Pair]:
    inside = {one for group in decided.conflicts for one in group}
    return (pair for pair in ties.same - ties.apart if pair[0] in inside)
