"""Count an event once, however many organizations report it.

Of an event one row is counted in the place of its reports. Persons: those who count their own staff alone are added up,
as each person has one employer; else the report counts that knows of most persons. A forwarded copy adds nobody and
makes nothing surer: certainty rises only when independent organizations saw it themselves.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from node.clusters import Group, Reading, Ties, clusters, event_id, groups_of
from node.facts import CAPTIVITY, COLUMNS, EMPLOYERS, Fact, Value, employer_column, sex_column, staff_column
from node.model import Certainty, Outcome, Sex, Staff
from node.signed import RecordName
from node.verdict import Ground

_NAMES = [column.name for column in COLUMNS]
_AT = {name: at for at, name in enumerate(_NAMES)}
_STAFF = [_AT[staff_column(outcome, staff)] for outcome in Outcome for staff in Staff]
_SUMMED = [
    *_STAFF,
    *(_AT[sex_column(sex)] for sex in Sex),
    *(_AT[employer_column(broad)] for broad in EMPLOYERS),
    *(_AT[name] for name in CAPTIVITY),
]
_FLAGS = [_AT["inexact"], _AT["undisclosed"]]
_PERSONS = [*_SUMMED, *_FLAGS]
# What is told by one report as a whole: of each group the report counts that says most of it.
_TOLD_TOGETHER = [
    [_AT[name] for name in names]
    for names in (
        ("first_day", "last_day", "year", "month", "day"),
        ("country", "admin1", "admin2"),
        ("cause", "means", "context", "location_type"),
        ("actor_group", "actor_type", "motive"),
    )
]
_CERTAINTY, _SOURCE, _PURPOSE = (_AT[name] for name in ("certainty", "source_kind", "purpose"))
HANDED_ON = frozenset({"partner", "media", "official_report", "acled", "archived", "other"})
_SURE = tuple(Certainty)


class Report(NamedTuple):
    """One organization's report as an index row, and on what ground it stands; `None` where nobody has said."""

    name: RecordName
    fact: Fact
    ground: Ground | None = None

    @property
    def first_hand(self) -> bool:
        """Whether its owner saw it with its own people, and says so."""
        seen = self.ground in {Ground.OWN_STAFF, Ground.WITNESSED}
        return seen and self.fact[_SOURCE] not in HANDED_ON


class Event(NamedTuple):
    """Reports that are counted as one, and the row that counts in their place."""

    id: str
    members: Group
    fact: Fact


def handed_on(events: Iterable[Group], ground: Mapping[RecordName, Ground]) -> frozenset[RecordName]:
    """Reports of an event beside others that are no copies, which their owners signed to have handed on."""
    found: set[RecordName] = set()
    for group in events:
        copies = {one for one in group if ground.get(one) is Ground.FORWARDED}
        found |= copies if copies != group else set()
    return frozenset(found)


def count_once(reports: Sequence[Report], ties: Ties, reading: Reading) -> tuple[Event, ...]:
    """Events of which more than one report is here; every other report counts as it is.

    Args:
        reports: Those that may be counted; of records of which nothing is decided or open they may be left out.
        ties: What was decided and what is open.
        reading: How open pairs are read.
    """
    by_name = {one.name: one for one in reports}
    decided = {name: group for group in clusters(ties).events for name in group}
    events = []
    for group in groups_of(ties, reading):
        here = sorted(group & by_name.keys())
        if len(here) < 2:
            continue
        units: dict[Group, list[Report]] = {}
        for name in here:
            units.setdefault(decided.get(name, frozenset({name})), []).append(by_name[name])
        events.append(Event(event_id(group), frozenset(here), _row(list(units.values()))))
    return tuple(events)


def _row(units: Sequence[Sequence[Report]]) -> Fact:
    """One row of reports; those of a unit are one event by what was signed, all of them by the reading alone."""
    row: list[Value] = [None] * len(COLUMNS)
    ranked = sorted((one for unit in units for one in unit), key=_rank)
    for places in _TOLD_TOGETHER:
        _copy(row, _teller(ranked, places).fact, places)
    _copy(row, max(map(_persons, units), key=_weight_of_persons), _PERSONS)
    row[_CERTAINTY] = _certainty(min(units, key=lambda unit: (-_witnesses(unit), min(map(_rank, unit)))))
    row[_SOURCE] = ranked[0].fact[_SOURCE]
    purposes = [one.fact[_PURPOSE] for one in ranked]
    row[_PURPOSE] = None if None in purposes else purposes[0]
    return tuple(row)


def _teller(ranked: Sequence[Report], places: Sequence[int]) -> Report:
    return max(ranked, key=lambda one: sum(one.fact[at] is not None for at in places))


def _persons(unit: Sequence[Report]) -> Fact:
    """The persons of one event: the own staff of each of its owners together, or the report that counts most."""
    own = [one.fact for one in unit if one.ground is Ground.OWN_STAFF and one.first_hand]
    whole = [one.fact for one in unit if one.ground is not Ground.OWN_STAFF or not one.first_hand]
    return max([*whole, *([_added(own)] if own else [])], key=_weight_of_persons)


def _added(facts: Sequence[Fact]) -> Fact:
    row = list(facts[0])
    for at in _SUMMED:
        row[at] = sum(_number(fact[at]) for fact in facts)
    for at in _FLAGS:
        row[at] = max(_number(fact[at]) for fact in facts)
    return tuple(row)


def _weight_of_persons(fact: Fact) -> tuple[int, ...]:
    """More persons first; among as many, what is disclosed, and then any fixed order."""
    return (sum(_number(fact[at]) for at in _STAFF), *(-_number(fact[at]) for at in (*_FLAGS, *_SUMMED)))


def _certainty(unit: Sequence[Report]) -> Value:
    """How sure one event is: as its surest witness, one level more where independent ones agree; else as the least."""
    seen = [one for one in unit if one.first_hand]
    levels = [
        _SURE.index(Certainty(str(one.fact[_CERTAINTY]))) for one in seen or unit if one.fact[_CERTAINTY]
    ]
    if not levels:
        return None
    level = max(levels) + (_witnesses(unit) > 1) if seen else min(levels)
    return str(_SURE[min(level, len(_SURE) - 1)])


def _witnesses(unit: Iterable[Report]) -> int:
    return len({one.name.origin_id for one in unit if one.first_hand})


def _rank(one: Report) -> tuple[bool, RecordName]:
    return not one.first_hand, one.name


def _copy(row: list[Value], fact: Fact, places: Sequence[int]) -> None:
    for at in places:
        row[at] = fact[at]


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
