"""How likely pairs are to be of one event, and of how many events reports tell, as the reports themselves show.

How often two reports of *different* events look alike is seen on pairs of one organization, which counts an event
once. How often two of one event do stands in the table. Both together say which share of the pairs of two organizations
is one event (expectation and maximization), and with it how likely each pair is. The table counts like `_WORTH` pairs.

A report of which others tell too is a part of an event: a half beside one other, a third beside two. So the parts that
are to be expected of all reports add up to the number of events, also where nobody can say which pairs are of one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations, product
from math import inf, log2, prod
from typing import NamedTuple, TypeAlias

from node.candidates import Candidate, Looked, Pair, pair_of
from node.likeness import Found, levels, probability, weights
from node.signed import RecordName

_WORTH, _ROUNDS = 100, 60
_LEAST = 1e-6  # no pair is surer than this, either way
_SAME, _OTHER = "same_admin1", "other_admin1"
_DISTRICTS = ("same_admin2", "other_admin2")
_Key: TypeAlias = tuple[str, ...]


class Weighed(NamedTuple):
    """A pair that people are shown, as the reports themselves weigh it.

    Attributes:
        candidate: The pair, as the table weighs it.
        weight: How likely it is to be of one event, in hundredths of a bit.
        expected: How many events less than reports it stands for, in thousandths: itself, and its part of what reports
            tell the same in pairs that nobody is shown.
    """

    candidate: Candidate
    weight: int
    expected: int


def weigh(looked: Sequence[Looked], events: Iterable[Collection[RecordName]] = ()) -> tuple[Weighed, ...]:
    """Weigh all pairs that people are shown.

    Args:
        looked: What was found; several where not everybody is shown the same. No pair is in two.
        events: Reports of one event by what was signed, two and more together.
    """
    across, within = Counter[Found](), Counter[Found]()
    for one in looked:
        across.update(one.across)
        within.update(one.within)
    likely, decided = chances(across, within), [sorted(one) for one in events]
    possible = ((one.pair, likely[one.likeness.found]) for each in looked for one in each.possible)
    sure = [pair_of(*pair) for group in decided for pair in combinations(group, 2)]
    more = surplus(possible, sure) - sum(max(len(group) - 1, 0) for group in decided)
    found = [(one, likely[one.likeness.found]) for each in looked for one in each.candidates]
    rate = max(more, 0) / (sum(sorted(chance for _, chance in found)) or 1)
    return tuple(
        Weighed(one, weight_of(chance), min(round(1000 * chance * rate), 1000)) for one, chance in found
    )


def chances(across: Mapping[Found, int], within: Mapping[Found, int]) -> Mapping[Found, float]:
    """How likely a pair of two organizations that looks so is to be of one event.

    Args:
        across: How many pairs of two organizations, that nobody has decided, look so.
        within: How many pairs of one organization do.
    """
    by_chance, table = _ByChance(within), weights()
    counted = sorted(across.items())  # sums do not depend on the order in which reports came
    ratios = {one: prod(table.of_one[level] for level in one) / by_chance.share(one) for one, _ in counted}
    before = share = probability(table.before)
    everything = _WORTH + sum(across.values())
    for _ in range(_ROUNDS):
        found = sum(number * _chance(share, ratios[one]) for one, number in counted)
        share = (_WORTH * before + found) / everything
    return {one: _chance(share, ratio) for one, ratio in ratios.items()}


def weight_of(chance: float) -> int:
    """A probability as a weight, in hundredths of a bit."""
    return round(100 * log2(chance / (1 - chance)))


def surplus(likely: Iterable[tuple[Pair, float]], sure: Iterable[Pair]) -> float:
    """How many more reports there are than events that they tell of, as is to be expected.

    Args:
        likely: Pairs that nobody has decided, each with its probability.
        sure: Pairs that are of one event by what was signed.
    """
    odds: dict[RecordName, dict[str, float]] = {}
    for pair, one in (*sorted(likely), *((pair, 1.0) for pair in sorted(sure))):
        for mine, theirs in (pair, pair[::-1]):
            others = odds.setdefault(mine, {})
            more = inf if one == 1 else one / (1 - one)
            others[theirs.origin_id] = others.get(theirs.origin_id, 0) + more
    return sum(1 - _part([odds[name][at] for at in sorted(odds[name])]) for name in sorted(odds))


def _part(odds: Sequence[float]) -> float:
    """The part of an event that a report is expected to be, where each other organization has one of it at most."""
    others = [1.0]  # how likely it is that so many others tell of it
    for one in odds:
        chance = 1.0 if one == inf else one / (1 + one)
        more, none = [0.0, *(now * chance for now in others)], [*(now * (1 - chance) for now in others), 0.0]
        others = [sum(both) for both in zip(more, none, strict=True)]
    return sum(chance / (1 + number) for number, chance in enumerate(others))


def _chance(share: float, ratio: float) -> float:
    found = share * ratio / (share * ratio + 1 - share)
    return min(max(found, _LEAST), 1 - _LEAST)


class _ByChance:
    """How often pairs of different events look so: as pairs of one organization do, and as the table says.

    Time and province are taken together, because what happens near one place happens in bursts; the district, where
    both show it, within these; means and numbers each alone.
    """

    def __init__(self, within: Mapping[Found, int]) -> None:
        self._seen = Counter[_Key]()
        for found, number in within.items():
            for key, _ in _keys(dict(found)):
                self._seen[key] += number

    def share(self, found: Found) -> float:
        return prod(self._smoothed(key, alternatives) for key, alternatives in _keys(dict(found)))

    def _smoothed(self, key: _Key, alternatives: Sequence[_Key]) -> float:
        seen = sum(self._seen[one] for one in alternatives)
        expected = sum(map(_by_table, alternatives))
        return (self._seen[key] + _WORTH * _by_table(key)) / (seen + _WORTH * expected)


def _keys(found: Mapping[str, str]) -> list[tuple[_Key, list[_Key]]]:
    """What of a pair is counted together, each with all that it could have been."""
    when, where = found.get("when", ""), found.get("where", "")
    province = _SAME if where in _DISTRICTS else where
    keys: list[tuple[_Key, list[_Key]]] = [
        (
            ("near", when, province),
            [("near", *one) for one in product(_instead("when", when), (_SAME, _OTHER) if where else ("",))],
        )
    ]
    if where in _DISTRICTS:
        keys.append((("inside", when, where), [("inside", when, one) for one in _DISTRICTS]))
    for dimension in ("what", "victims"):
        if dimension in found:
            level = found[dimension]
            keys.append(((dimension, level), [(dimension, one) for one in _instead(dimension, level)]))
    return keys


def _instead(dimension: str, level: str) -> Sequence[str]:
    return levels(dimension, level) if level else ("",)


def _by_table(key: _Key) -> float:
    of_two = weights().of_two
    if key[0] in {"near", "inside"}:
        share = of_two["when", key[1]] if key[1] else 1.0
        if key[2] == _SAME:
            return share * (1 - of_two["where", _OTHER])
        return share * (of_two["where", key[2]] if key[2] else 1.0)
    return of_two[key[0], key[1]]
