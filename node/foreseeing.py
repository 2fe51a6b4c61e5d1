"""See what is coming: what is known of each group by month, for `node.outlook` to judge and forecast."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from node.dimensions import MEASURED, TIME_DIMENSIONS, UNKNOWN, Unit
from node.errors import QueryError
from node.measures import Query
from node.outlook.history import History, Stretch, last_whole
from node.query import Answer, answer
from node.store.database import Store
from node.store.queries import Cells, known_spans

MOST_WAIT = 24
YEAR = 12


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known by month.

    Attributes:
        answer: The same counted once, by group and month, with everything that must stand beside figures (R24).
        histories: One for each group, those with most in the last year first.
        first: The first month that anything is known of; see `node.outlook.history`.
        last: The last month that is whole.
        undated: How many are left out because their month is not known.
    """

    answer: Answer
    histories: tuple[History, ...]
    first: int
    last: int
    undated: int


def look_ahead(store: Store, query: Query, *, wait: int = 1) -> Outlook:
    """What is known by month, as of a day.

    Args:
        store: Of the node.
        query: Groups, filters, one measure of incidents or persons, and the day.
        wait: Months after its end that a month needs until it is taken to be whole.

    Raises:
        QueryError: It can not be counted by month, or nothing is known of any whole month.
    """
    _check(query, wait)
    plain = query.counted
    found = answer(store, replace(plain, by=(*plain.by, "month")))
    with store.counting(may_lag=not plain.own_only) as (_, run):
        spans = known_spans(run, plain)
    counts: dict[Cells, dict[int, int]] = {}
    undated = 0
    for *group, month, number in found.rows:
        if month == UNKNOWN:
            undated += int(number or 0)
        else:
            year, _, part = str(month).partition("-")
            counts.setdefault(tuple(map(_text, group)), {})[int(year) * 12 + int(part) - 1] = int(number or 0)
    news = tuple(sorted({since for _, _, since, _, _ in spans}))
    first = min((min(months) for months in counts.values()), default=0)
    last = last_whole(news[-1], wait) if news else 0
    if not counts or last < first:
        raise QueryError("nothing is known of any whole month; see --where and --wait")
    stretches: dict[Cells, list[Stretch]] = {}
    for cells, at, since, until, number in spans:
        if at is not None:
            stretches.setdefault(tuple(map(_text, cells)), []).append(Stretch(at, since, until, number))
    groups = sorted(counts, key=lambda group: (-_latest(counts[group], last), group))
    histories = tuple(
        History(
            tuple(map(str, group)),
            first,
            tuple(counts[group].get(month, 0) for month in range(first, last + 1)),
            tuple(stretches.get(group, ())),
            news,
            wait,
        )
        for group in groups
    )
    return Outlook(found, histories, first, last, undated)


def _check(query: Query, wait: int) -> None:
    periods = [name for name in query.by if name in {"year", *TIME_DIMENSIONS}]
    if periods:
        raise QueryError("--by: {periods} is time; name places or categories", periods=periods[0])
    if len(query.measures) != 1 or MEASURED[query.measures[0]].unit is Unit.ORGANIZATIONS:
        raise QueryError("--measure: name one, of incidents or persons")
    if not 0 <= wait <= MOST_WAIT:
        raise QueryError("--wait: {wait} is not between 0 and {most}", wait=wait, most=MOST_WAIT)


def _text(cell: object) -> str:
    return str(cell)


def _latest(months: Mapping[int, int], last: int) -> int:
    """How many in the last year."""
    return sum(months.get(month, 0) for month in range(last - YEAR + 1, last + 1))
