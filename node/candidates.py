"""Which reports may be of one event: pairs of two organizations, found by blocks and weighed.

A block is a country, a cause, and a month with the next one: what every peer is shown. Of each report only the best
partner of each other organization is proposed, because an organization counts an event once. Nothing depends on the
order in which reports came.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import combinations, product
from typing import NamedTuple, TypeAlias

from node.likeness import Found, Likeness, likeness, weights
from node.sight import Sight
from node.signed import RecordName

MAX_BLOCK = 300  # reports of one country, cause and month; of more, only those of one province are compared

Pair: TypeAlias = tuple[RecordName, RecordName]  # in ascending order
Reports: TypeAlias = Mapping[RecordName, Sight]
Beside: TypeAlias = Mapping[RecordName, Mapping[str, Mapping[Found, int]]]
_Blocks: TypeAlias = Mapping[tuple[str, str], Mapping[int, Sequence[RecordName]]]


class Candidate(NamedTuple):
    """Two reports that may be of one event."""

    pair: Pair
    likeness: Likeness


def pair_of(one: RecordName, other: RecordName) -> Pair:
    """Two records in the one order in which a pair is named."""
    return (one, other) if one < other else (other, one)


def pair_id(pair: Pair) -> str:
    """What a pair is called at every node that holds both: 16 hexadecimal digits."""
    names = b"".join(one.origin_id.encode() + b"\0" + one.uid for one in pair)
    return sha256(names).hexdigest()[:16]


class Looked(NamedTuple):
    """What came of looking at reports.

    Attributes:
        candidates: Pairs that are likely enough for people to look at, most likely first.
        across: How many pairs of two organizations that nobody has decided look so.
        within: How many pairs of one organization do, which are never of one event.
        beside: How each report looks beside those of each other organization, where nothing is decided.
    """

    candidates: tuple[Candidate, ...]
    across: Mapping[Found, int]
    within: Mapping[Found, int]
    beside: Beside


def candidates(
    reports: Reports, *, same: Collection[Pair] = (), apart: Collection[Pair] = ()
) -> tuple[Candidate, ...]:
    """Pairs of reports of different organizations that are likely enough for people to look at, most likely first."""
    return look(reports, same=same, apart=apart).candidates


def look(
    reports: Reports,
    *,
    same: Collection[Pair] = (),
    apart: Collection[Pair] = (),
    copies: Collection[RecordName] = (),
) -> Looked:
    """Weigh all pairs of reports in a block.

    Args:
        reports: What is shown of each.
        same: Pairs that were decided to be of one event; their records have their partner.
        apart: Pairs that were decided not to be.
        copies: Reports that were handed on, as their owners signed: they say nothing of how many tell the same.
    """
    table = weights()
    found, across, within = [], Counter[Found](), Counter[Found]()
    beside: dict[RecordName, dict[str, Counter[Found]]] = {
        name: defaultdict(Counter) for name in reports if name not in copies
    }
    for one, other in _compared(reports):
        alike = likeness(reports[one], reports[other])
        if alike is None:
            continue
        counts = one not in copies and other not in copies
        if one.origin_id == other.origin_id:
            within[alike.found] += counts
            continue
        pair = pair_of(one, other)
        if pair in apart or pair in same:
            continue
        across[alike.found] += counts
        if counts:
            beside[one][other.origin_id][alike.found] += 1
            beside[other][one.origin_id][alike.found] += 1
        if alike.weight >= table.review:
            found.append(Candidate(pair, alike))
    found.sort(key=lambda one: (-one.likeness.weight, one.pair))
    return Looked(tuple(_best_of_each(found, same)), across, within, beside)


def _best_of_each(found: Iterable[Candidate], same: Iterable[Pair]) -> Iterator[Candidate]:
    """Of pairs in order, those of which neither record has a partner at the other's organization yet."""
    taken = set[tuple[RecordName, str]]()
    for one, other in same:
        taken |= {(one, other.origin_id), (other, one.origin_id)}
    for candidate in found:
        one, other = candidate.pair
        sides = {(one, other.origin_id), (other, one.origin_id)}
        if taken.isdisjoint(sides):
            taken |= sides
            yield candidate


def _compared(reports: Reports) -> Iterator[Pair]:
    """Pairs of reports in a block; what shows no month or country is in none."""
    blocks = _blocks(reports)
    for months in blocks.values():
        for month, names in months.items():
            following = months.get(month + 1, ())
            if max(len(names), len(following)) <= MAX_BLOCK:
                yield from combinations(names, 2)
                yield from product(names, following)
            else:
                here, there = (_by_province(reports, some) for some in (names, following))
                for province, some in here.items():
                    yield from combinations(some, 2)
                    yield from product(some, there.get(province, ()))


def _blocks(reports: Reports) -> _Blocks:
    blocks: dict[tuple[str, str], dict[int, list[RecordName]]] = defaultdict(lambda: defaultdict(list))
    for name, shown in reports.items():
        month = shown.month_number
        if month is not None and shown.country is not None and shown.cause is not None:
            blocks[shown.country, shown.cause][month].append(name)
    return {key: dict(months) for key, months in blocks.items()}


def _by_province(reports: Reports, names: Iterable[RecordName]) -> Mapping[str, Sequence[RecordName]]:
    found: dict[str, list[RecordName]] = defaultdict(list)
    for name in names:
        province = reports[name].admin1
        if province is not None:
            found[province].append(name)
    return found
