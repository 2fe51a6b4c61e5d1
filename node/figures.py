"""From what was counted to the figures of an answer: compared, as shares, as rates, the largest first.

A figure that is not known, such as a share of nothing or a rate without staff numbers, is `None`, never zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple, TypeAlias

from node.dimensions import DETAIL_DIMENSIONS, MEASURED, SPLIT_DIMENSIONS, UNKNOWN, Unit
from node.errors import QueryError
from node.measures import Query
from node.periods import MONTHS, bucket_after, bucket_of, months_after, period_before, whole_years

Figure: TypeAlias = str | int | float | None
Cells: TypeAlias = tuple[Figure, ...]
Group: TypeAlias = tuple[Figure, ...]
Counted: TypeAlias = Mapping[Group, tuple[int, ...]]

PER = 10_000  # staff, for a rate
BEFORE, CHANGE, SHARE, RATE = "_before", "_change", "_share", "_rate"


# Staff by year, country, type of organization in lower case and staff type; empty text stands for all of a kind.
StaffNumbers: TypeAlias = Mapping[tuple[int, str, str, str], int]


class NotShown(NamedTuple):
    """What stands below the largest groups: how many groups, and the sum of each measure; `None` where it has none."""

    groups: int
    sums: tuple[int | None, ...]


NOTHING_LEFT = NotShown(0, ())


def header(query: Query) -> tuple[str, ...]:
    """Names of the columns of an answer: dimensions, then each measure with what stands beside it."""
    beside = _beside(query)
    return (*query.by, *(f"{name}{end}" for name in query.measures for end in ("", *beside)))


def compared(query: Query) -> Query | None:
    """What else has to be counted, for comparison; nothing where none is asked for.

    Raises:
        QueryError: There are no dates so early.
    """
    if query.since is not None:
        return replace(query.counted, as_of=query.since)
    if not query.previous:
        return None
    grain, first, last = query.grain, query.first, query.last
    try:
        if grain is not None:
            first = months_after(first, -MONTHS[grain]) if first else None
            last = months_after(last, -MONTHS[grain], last=True) if last else None
        elif first is not None and last is not None:
            first, last = period_before(first, last)
    except OverflowError as error:
        raise QueryError("--compare: there are no dates before that period") from error
    return replace(query.counted, first=first, last=last)


def counted_rows(query: Query, rows: Iterable[Sequence[Figure]]) -> dict[Group, tuple[int, ...]]:
    """Counted rows by their group."""
    width = len(query.by)
    return {tuple(row[:width]): tuple(int(cell or 0) for cell in row[width:]) for row in rows}


def moved(query: Query, before: Counted, now: Counted) -> Counted:
    """What else was counted, under the groups that it is compared with: a period before, under the one after it."""
    grain = query.grain
    if grain is None or not query.previous:
        return before
    at = query.by.index(grain)
    labels = [str(group[at]) for group in now if group[at] != UNKNOWN]
    end = bucket_of(query.last, grain) if query.last else max(labels, default="")
    found: dict[Group, tuple[int, ...]] = {}
    for group, numbers in before.items():
        label = str(group[at])
        after = label if label == UNKNOWN else bucket_after(label, grain)
        if label == UNKNOWN or after <= end:
            shown: Figure = int(after) if grain == "year" else after
            found[*group[:at], shown, *group[at + 1 :]] = numbers
    return found


def figures(
    query: Query, now: Counted, before: Counted | None = None, staff: StaffNumbers | None = None
) -> tuple[tuple[Cells, ...], NotShown]:
    """Rows of an answer.

    Args:
        query: What is asked.
        now: What was counted.
        before: What it is compared with, under the same groups; `None` if with nothing.
        staff: Numbers of staff, for rates.
    """
    nothing = (0,) * len(query.measures)
    groups = sorted({*now, *(before or {})}, key=order)
    wholes = _wholes(query, now)
    rows = {}
    for group in groups:
        numbers = now.get(group, nothing)
        columns: list[Sequence[Figure]] = [numbers]
        if before is not None:
            then = before.get(group, nothing)
            columns += [then, [one - other for one, other in zip(numbers, then, strict=True)]]
        if query.share is not None:
            whole = wholes[_within(query, group)] if group in now else nothing
            columns.append([_percent(*pair) for pair in zip(numbers, whole, strict=True)])
        if query.rate:
            number = staff_of(query, group, staff or {})
            columns.append([round(PER * one / number, 2) if number else None for one in numbers])
        rows[group] = (*group, *(cell for beside in zip(*columns, strict=True) for cell in beside))
    shown = _largest(query, groups, now)
    rest = [now.get(group, nothing) for group in groups if group not in shown]
    sums = tuple(
        sum(numbers[at] for numbers in rest) if additive(query, name) else None
        for at, name in enumerate(query.measures)
    )
    return tuple(rows[group] for group in shown), NotShown(len(rest), sums)


def staff_of(query: Query, group: Group, numbers: StaffNumbers) -> int | None:
    """Staff that a group of an answer is about, in years of all of them; `None` if any of them is not known."""
    shown, where = dict(zip(query.by, group, strict=True)), dict(query.where)

    def values(name: str) -> Sequence[str]:
        chosen = [str(shown[name])] if name in shown else where.get(name, ("",))
        return [value.lower() if name == "org_type" else value for value in chosen]

    years = values("year")
    if list(years) == [""]:
        years = [str(year) for year in whole_years(query.first, query.last) or ()]
    if UNKNOWN in years:
        return None
    keys = product(map(int, years), values("country"), values("org_type"), values("staff"))
    found = [numbers.get(key) for key in keys]
    return None if None in found else sum(number or 0 for number in found)


def additive(query: Query, measure: str) -> bool:
    """Whether the groups of an answer can be added up: not if one incident or organization counts in several."""
    unit = MEASURED[measure].unit
    if any(name in DETAIL_DIMENSIONS for name in query.by):
        return unit is Unit.HARMS
    overlapping = any(name in SPLIT_DIMENSIONS for name in query.by)
    return unit is not Unit.ORGANIZATIONS and not (overlapping and unit is not Unit.PERSONS)


def order(cells: Sequence[Figure]) -> list[tuple[bool, float, str]]:
    """By what groups stand in a table: by their values, unknown last."""
    return [
        (cell == UNKNOWN, cell if isinstance(cell, int) else 0, "" if isinstance(cell, int) else str(cell))
        for cell in cells
    ]


def _beside(query: Query) -> tuple[str, ...]:
    compared = (BEFORE, CHANGE) if query.previous or query.since else ()
    return (*compared, *((SHARE,) if query.share is not None else ()), *((RATE,) if query.rate else ()))


def _within(query: Query, group: Group) -> Group:
    return tuple(cell for name, cell in zip(query.by, group, strict=True) if name in (query.share or ()))


def _wholes(query: Query, now: Counted) -> dict[Group, tuple[int, ...]]:
    wholes: dict[Group, tuple[int, ...]] = {}
    for group, numbers in now.items() if query.share is not None else ():
        key = _within(query, group)
        wholes[key] = tuple(map(sum, zip(wholes.get(key, (0,) * len(numbers)), numbers, strict=True)))
    return wholes


def _percent(number: int, whole: int) -> float | None:
    return round(100 * number / whole, 1) if whole else None


def _largest(query: Query, groups: Sequence[Group], now: Counted) -> Sequence[Group]:
    """The groups to be shown, in order: the largest and then those that are not known, or all."""
    if not query.top:
        return groups
    known = [group for group in groups if UNKNOWN not in group]
    known.sort(key=lambda group: -now.get(group, (0,))[0])  # stable: equals stay in their order
    return [*known[: query.top], *(group for group in groups if UNKNOWN in group)]
