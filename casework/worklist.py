"""What an officer has to do: due today, in the next seven days, overdue, and open cases without a next action.

Every open case has something ahead of it, or it is on the alarm list: a file without any deadline is one that is
forgotten.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.deadlines import UNDECIDED, Clock, ClockState, JointAnswer, clocks
from casework.lifecycle import OPEN, follow
from casework.vocabulary.deadlines import PLANNING, Rules

WEEK = timedelta(days=7)
LEVELS = ("officer", "approver", "headquarters")
_NO_PARTIES: Mapping[str, frozenset[str]] = MappingProxyType({})
_NO_ANSWERS: Mapping[str, tuple[JointAnswer, ...]] = MappingProxyType({})


class When(StrEnum):
    """How near something is."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"
    LATER = "later"


class Item(NamedTuple):
    """One clock of one case that still has to be met.

    Attributes:
        case: The case.
        clock: Its clock.
        when: Overdue once the last day is past; today from the first day on which its time can end.
        remark: What is to be known about the date.
    """

    case: CaseFile
    clock: Clock
    when: When
    remark: str

    @property
    def level(self) -> str:
        """Who has to look at it: a code of the list `level`."""
        return LEVELS[self.clock.level]


class Worklist(NamedTuple):
    """What there is to do, and the cases in which nothing is ahead."""

    items: tuple[Item, ...]
    no_next_action: tuple[CaseFile, ...]

    def within(self, *whens: When) -> tuple[Item, ...]:
        """Items that are so near, by what is due first."""
        return tuple(item for item in self.items if item.when in whens)


def worklist(
    cases: Iterable[CaseFile],
    today: date,
    rules: Rules,
    parties: Mapping[str, frozenset[str]] = _NO_PARTIES,
    elsewhere: Mapping[str, tuple[JointAnswer, ...]] = _NO_ANSWERS,
) -> Worklist:
    """Work out what there is to do in these cases; the last two say, by uid, what `clocks` takes of each case."""
    items: list[Item] = []
    idle = []
    for case in cases:
        found = clocks(case, today, rules, parties.get(case.uid, frozenset()), elsewhere.get(case.uid, ()))
        waiting = [clock for clock in found if clock.state in UNDECIDED]
        is_open = follow(case).state in OPEN
        items += [
            Item(case, clock, near(clock, today), _remark(clock, today))
            for clock in waiting
            if is_open or clock.state is ClockState.OPEN
        ]
        if is_open and not any(clock.state is ClockState.OPEN for clock in waiting):
            idle.append(case)
    items.sort(key=lambda item: (item.clock.due.latest, item.case.uid, item.clock.key))
    return Worklist(tuple(items), tuple(idle))


def near(clock: Clock, today: date) -> When:
    """How near a clock is that still has to be met."""
    if clock.due.latest < today:
        return When.OVERDUE
    if clock.due.earliest <= today:
        return When.TODAY
    return When.WEEK if clock.due.earliest <= today + WEEK else When.LATER


def _remark(clock: Clock, today: date) -> str:
    overdue = clock.overdue(today)
    words = []
    if overdue.low:
        words.append(f"{overdue.low} days overdue")
    elif overdue.high:
        words.append("perhaps overdue")
    if clock.paused.high:
        words.append(f"{clock.paused} days on hold added")
    if clock.rule.planning:
        words.append(PLANNING)
    return "; ".join(words)
