"""Of how many events reports tell: how many other organizations tell the same as each, as is to be expected.

A report of which others tell too is a part of an event: a half beside one other, a third beside two. So the parts that
are to be expected of all reports add up to the number of events, also where nobody can say which pairs are of one.

By how many organizations events are told is no matter of chance, pair by pair: where most are told by four, a report
of which one partner is found has two more that look less alike. So it is estimated from all reports together which
share of them has no partner, one, two (expectation and maximization; that each pair is by itself counts like `_WORTH`
reports). Each report that was compared may be a partner, one of each organization at most.

And who names another province, other means or other numbers does so towards everybody: such a report looks like none of
its partners. How often that is follows from the table, in which two differ where either does. Of days it is not taken
for granted: different events follow each other within days, and one would pass for a late report of the other.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations
from math import prod, sqrt
from typing import NamedTuple, TypeAlias

from node.candidates import Beside, Pair
from node.likeness import Found, levels, weights
from node.signed import RecordName

_WORTH, _ROUNDS = 100, 60
_MOST = 12  # partners that are looked for beside those that are sure
_BY_ITSELF = frozenset({"where", "what", "victims"})  # dimensions in which a report may be off
_LEAST = 1e-3  # how often a report that is off agrees all the same

# How much likelier a report looks so with 0, 1, 2... partners than if nothing were seen.
_Ratios: TypeAlias = Sequence[float]


class _Side(NamedTuple):
    """What one report sees of one other organization: how its reports look, and whether one is a partner for sure."""

    looks: Sequence[tuple[Found, int]]
    sure: bool

    @property
    def reports(self) -> int:
        return sum(number for _, number in self.looks) + self.sure


def surplus(beside: Beside, sure: Iterable[Pair], chance: Mapping[Found, float], before: float) -> float:
    """How many more reports there are than events that they tell of, as is to be expected.

    Args:
        beside: How reports look beside each other, where nothing is decided.
        sure: Pairs that are of one event by what was signed.
        chance: How likely a pair that looks so is of one event.
        before: How likely a pair is of which nothing is known.
    """
    odds, reports = _Odds(chance, before), _sides(beside, sure)
    ratios = [odds.ratios(one) for one in reports]
    shares = _shares(ratios, _expected([odds.by_chance(one) for one in reports]))
    return sum(
        1 - sum(one / (1 + number) for number, one in enumerate(_weighed(shares, row))) for row in ratios
    )


def _sides(beside: Beside, sure: Iterable[Pair]) -> Sequence[Sequence[_Side]]:
    """The sides of each report; sums do not depend on the order in which reports came."""
    partners: dict[RecordName, set[str]] = defaultdict(set)
    for pair in sure:
        for mine, theirs in (pair, pair[::-1]):
            partners[mine].add(theirs.origin_id)
    found = []
    for name in sorted({*beside, *partners}):
        looks = beside.get(name, {})
        found.append(
            [
                _Side(sorted(looks.get(org_id, {}).items()), org_id in partners[name])
                for org_id in sorted({*looks, *partners[name]})
            ]
        )
    return found


def _shares(ratios: Sequence[_Ratios], expected: Sequence[float]) -> Sequence[float]:
    """Which share of reports has no partner, one, two..."""
    shares = expected
    for _ in range(_ROUNDS):
        found = [_WORTH * one for one in expected]
        for row in ratios:
            for number, one in enumerate(_weighed(shares, row)):
                found[number] += one
        shares = [one / (len(ratios) + _WORTH) for one in found]
    return shares


def _expected(by_chance: Sequence[Sequence[float]]) -> Sequence[float]:
    """Which share of reports would have no partner, one, two... if each pair were by itself."""
    found = [0.0] * max(map(len, by_chance), default=0)
    for row in by_chance:
        for number, one in enumerate(row):
            found[number] += one / sum(row) / len(by_chance)
    return found


def _weighed(shares: Sequence[float], ratios: _Ratios) -> Sequence[float]:
    weighed = [share * ratio for share, ratio in zip(shares, ratios, strict=False)]
    everything = sum(weighed)
    return [one / everything for one in weighed]


class _Odds:
    """How pairs that look so weigh, from a report that is off in some dimensions and from one that is in none."""

    def __init__(self, chance: Mapping[Found, float], before: float) -> None:
        self._before = before / (1 - before)
        self._chance = chance
        self._known: dict[tuple[Found, frozenset[str]], float] = {}

    def by_chance(self, sides: Sequence[_Side]) -> Sequence[float]:
        """How much 0, 1, 2... partners weigh where nothing is seen of any pair."""
        sure = sum(side.sure for side in sides)
        return _added([side.reports * self._before for side in sides], 0, _MOST + sure)

    def ratios(self, sides: Sequence[_Side]) -> _Ratios:
        """How much likelier it is that a report looks so with 0, 1, 2... partners than if nothing were seen."""
        undecided = [side.looks for side in sides if not side.sure]
        sure = len(sides) - len(undecided)
        off = _off_by(found for looks in undecided for found, _ in looks)
        total = [0.0] * (min(len(undecided), _MOST) + sure + 1)
        for some in chain.from_iterable(combinations(off, size) for size in range(len(off) + 1)):
            how_often = prod(off[one] if one in some else 1 - off[one] for one in off)
            odds = [self._seen(looks, frozenset(some)) for looks in undecided]
            for number, one in enumerate(_added(odds, sure, _MOST)):
                total[number] += how_often * one
        return [one / other for one, other in zip(total, self.by_chance(sides), strict=True)]

    def _seen(self, looks: Sequence[tuple[Found, int]], off: frozenset[str]) -> float:
        return sum(number * self._of(found, off) for found, number in looks)

    def _of(self, found: Found, off: frozenset[str]) -> float:
        key = found, off
        if key not in self._known:
            one = self._chance[found]
            self._known[key] = one / (1 - one) * prod(_factor(*each, off=each[0] in off) for each in found)
        return self._known[key]


def _added(odds: Sequence[float], sure: int, most: int) -> Sequence[float]:
    """How much 0, 1, 2... of these weigh together, up to so many, beside some that are sure."""
    found = [1.0, *[0.0] * most]
    for at, one in enumerate(odds, 1):
        for number in range(min(at, most), 0, -1):
            found[number] += one * found[number - 1]
    return [*[0.0] * sure, *found[: len(odds) + 1]]


def _off_by(looks: Iterable[Found]) -> Mapping[str, float]:
    """How often a report is off in each dimension of which something is seen."""
    found: dict[str, float] = {}
    for dimension, level in sorted(
        {each for one in looks for each in one if each[1] and each[0] in _BY_ITSELF}
    ):
        found[dimension] = max(_off(dimension, level), found.get(dimension, 0.0))
    return found


def _off(dimension: str, level: str) -> float:
    """How often a report is off by itself, if two of one event differ where either is."""
    return 1 - sqrt(1 - weights().of_one[dimension, levels(dimension, level)[-1]])


def _factor(dimension: str, level: str, *, off: bool) -> float:
    """How much likelier a partner looks so if it is known of this report whether it is off."""
    if not level or dimension not in _BY_ITSELF:
        return 1.0
    unlike = levels(dimension, level)[-1]
    differ, alone = weights().of_one[dimension, unlike], _off(dimension, level)
    if off:
        return 1 / differ if level == unlike else _LEAST
    return alone / differ if level == unlike else (1 - alone) / (1 - differ)
