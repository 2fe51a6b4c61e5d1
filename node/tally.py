"""Count a few index rows by a question, as `node.store.queries` counts all: for what stands in the place of others."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from node.dimensions import (
    DELAYS,
    DETAIL_DIMENSIONS,
    MEASURED,
    TIME_DIMENSIONS,
    UNKNOWN,
    VICTIMS,
    split_columns,
)
from node.facts import COLUMNS, Fact, Value
from node.figures import Counted, Figure, Group
from node.measures import Query

_AT = {column.name: at for at, column in enumerate(COLUMNS)}
_AFFECTED = MEASURED["affected"].columns


class Known(NamedTuple):
    """An index row, and the day from which it counts, YYYYMMDD."""

    since: int
    fact: Fact


def tally(query: Query, rows: Iterable[Known]) -> Counted:
    """What a question counts of these rows, by group; of details nobody knows, and nobody counts contributors here."""
    counted: dict[Group, tuple[int, ...]] = {}
    for row in rows:
        if _matches(query, row):
            for group, numbers in _groups(query, row):
                before = counted.get(group, (0,) * len(numbers))
                counted[group] = tuple(map(sum, zip(before, numbers, strict=True)))
    return counted


def _groups(query: Query, row: Known) -> Iterator[tuple[Group, tuple[int, ...]]]:
    """The groups in which a row counts, and what it counts there."""
    split = query.split
    if split is None:
        numbers = tuple(_measured(row, name) for name in query.measures)
        yield tuple(_shown(row, name) for name in query.by), numbers
        return
    chosen = dict(query.where).get(split)
    values = [one for one in split_columns(split, "affected") if chosen is None or one in chosen]
    for some in [[one] for one in values] if split in query.by else [values]:
        if _persons(row, split, "affected", some):
            label = some[0].lower() if split in query.by else ""
            group = tuple(label if name == split else _shown(row, name) for name in query.by)
            measured = (
                _persons(row, split, name, some) if MEASURED[name].columns else _measured(row, name)
                for name in query.measures
            )
            yield group, tuple(measured)


def _matches(query: Query, row: Known) -> bool:
    day = _number(row.fact[_AT["first_day"]])
    if query.first is not None and day < int(f"{query.first:%Y%m%d}"):
        return False
    if query.last is not None and day > int(f"{query.last:%Y%m%d}"):
        return False
    return all(str(_shown(row, name)) in values for name, values in query.where if name != query.split)


def _shown(row: Known, name: str) -> Figure:
    """Value of a dimension as it stands in a table."""
    year, month = _number(row.fact[_AT["year"]]), _number(row.fact[_AT["month"]])
    if name in DETAIL_DIMENSIONS:
        return UNKNOWN
    if name in {*TIME_DIMENSIONS, "delay"} and not month:
        return UNKNOWN
    if name in TIME_DIMENSIONS:
        return f"{year}-{month:02}" if name == "month" else f"{year}-Q{(month + 2) // 3}"
    if name == "delay":
        return _delay(row.since, year, month)
    if name == "victims":
        undisclosed = _number(row.fact[_AT["undisclosed"]])
        return UNKNOWN if undisclosed else VICTIMS[_added(row, _AFFECTED) > 0]
    value = row.fact[_AT[name]]
    return UNKNOWN if value is None else value


def _delay(since: int, year: int, month: int) -> str:
    months = since // 10_000 * 12 + since // 100 % 100 - year * 12 - month
    bands = zip((0, 1, 3, 12), DELAYS, strict=False)
    return next((band for most, band in bands if months <= most), DELAYS[-1])


def _measured(row: Known, name: str) -> int:
    return int(name == "incidents") or _added(row, MEASURED[name].columns)


def _persons(row: Known, split: str, measure: str, values: Sequence[str]) -> int:
    columns: Mapping[str, tuple[str, ...]] = split_columns(split, measure)
    return sum(_added(row, columns[value]) for value in values)


def _added(row: Known, columns: Sequence[str]) -> int:
    return sum(_number(row.fact[_AT[name]]) for name in columns)


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
