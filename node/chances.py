"""How likely pairs are to be of one event, and of how many events reports tell, as the reports themselves show.

How often two reports of *different* events look alike is seen on pairs of one organization, which counts an event
once. How often two of one event do stands in the table. Both together say which share of the pairs of two organizations
is one event (expectation and maximization), and with it how likely each pair is. The table counts like `_WORTH` pairs.

Of how many events the reports tell is worked out of both by `tellers`.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations, product
from math import log2, prod
from typing import NamedTuple, TypeAlias

from node.candidates import Beside, Candidate, Looked, pair_of
from node.likeness import Found, levels, probability, weights
from node.signed import RecordName
from node.tellers import surplus

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


def weigh(
    looked: Sequence[Looked],
    events: Iterable[Collection[RecordName]] = (),
    copies: Collection[RecordName] = (),
) -> tuple[Weighed, ...]:
    """Weigh all pairs that people are shown.

    Args:
        looked: What was found; several where not everybody is shown the same. No pair is in two.
        events: Reports of one event by what was signed, two and more together.
        copies: As it was looked at: who hands a report on changes nothing of what is expected of the others.
    """
    across, within = Counter[Found](), Counter[Found]()
    for each in looked:
        across.update(each.across)
        within.update(each.within)
    decided = [sorted(set(one) - set(copies)) for one in events]
    likely = chances(across, within)
    sure = [pair_of(*pair) for group in decided for pair in combinations(group, 2)]
    more = surplus(_beside(looked), sure, likely, _share(likely, across))
    more -= sum(max(len(group) - 1, 0) for group in decided)
    found = [(one, likely[one.likeness.found]) for each in looked for one in each.candidates]
    told = sorted(chance for one, chance in found if set(one.pair).isdisjoint(copies))
    rate = max(more, 0) / (sum(told) or 1)
    return tuple(
        Weighed(
            one,
            weight_of(chance),
            min(round(1000 * chance * rate), 1000) if set(one.pair).isdisjoint(copies) else 0,
        )
        for one, chance in found
    )


def chances(across: Mapping[Found, int], within: Mapping[Found, int]) -> Mapping[Found, float]:
    """How likely a pair of two organizations that looks so is to be of one event.

    Args:
        across: How many pairs of two organizations, that nobody has decided, look so.
        within: How many pairs of one organization do.
    """
    by_chance, table = _ByChance(within), weights()
    counted = sorted(across)  # sums do not depend on the order in which reports came
    ratios = {one: prod(table.of_one[level] for level in one) / by_chance.share(one) for one in counted}
    share = probability(table.before)
    for _ in range(_ROUNDS):
        share = _share({one: _chance(share, ratio) for one, ratio in ratios.items()}, across)
    return {one: _chance(share, ratio) for one, ratio in ratios.items()}


def _share(likely: Mapping[Found, float], across: Mapping[Found, int]) -> float:
    """Which share of the pairs of two organizations is one event."""
    found = sum(number * likely[one] for one, number in sorted(across.items()))
    return (_WORTH * probability(weights().before) + found) / (_WORTH + sum(across.values()))


def _beside(looked: Iterable[Looked]) -> Beside:
    found: dict[RecordName, dict[str, Counter[Found]]] = {}
    for each in looked:
        for name, beside in each.beside.items():
            mine = found.setdefault(name, {})  # also where there is nothing to compare with
            for org_id, looks in beside.items():
                mine.setdefault(org_id, Counter()).update(looks)
    return found


def weight_of(chance: float) -> int:
    """A probability as a weight, in hundredths of a bit."""
    return round(100 * log2(chance / (1 - chance)))


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
