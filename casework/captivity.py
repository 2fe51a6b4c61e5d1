"""Captivity of persons affected, detained or abducted: one episode per person, with days as an interval.

Where the sources say "one of P3 and P4" an episode names both and means one of them. Two dates of one end are two
statements of it: both stay, and the chosen one counts.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import NamedTuple

from casework.casefile import CaseFile, counted, moment
from casework.event import Event
from casework.span import Range, Span, days_between, on

_ONE = Range(1, 1)


class Words(NamedTuple):
    """Which events speak of one sort of captivity, the field that names it, and the outcomes that end nothing."""

    started: str
    ended: str
    subject: str
    still_held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Episode:
    """Somebody held from one day to another.

    Attributes:
        subject: Id of the detention or abduction.
        who: The person; or several, of whom it is one; nobody where only a number is known.
        number: One, or how many where nobody is named.
        start: Days on which it can have begun.
        end: Days on which it can have ended; nothing while it lasts, as far as is known.
        outcome: Code of the outcome; empty while nothing is said.
        days: Days held, up to the end or the valid day of the case.
        claims: Every statement of its beginning and end that stands.
    """

    subject: str
    who: tuple[str, ...]
    number: Range
    start: Span
    end: Span | None
    outcome: str
    days: Range
    claims: tuple[Event, ...]

    @property
    def ongoing(self) -> bool:
        """Whether it lasts, as far as is known."""
        return self.end is None


def episodes(case: CaseFile, words: Words) -> tuple[Episode, ...]:
    """Every episode, by the day on which it began."""
    begun: dict[tuple[str, tuple[str, ...]], list[Event]] = {}
    for event in sorted(case.of(words.started), key=moment):
        begun.setdefault((event.text(words.subject), event.many("persons")), []).append(event)
    found: list[Episode] = []
    for (subject, persons), starts in begun.items():
        ends = [event for event in case.of(words.ended) if event.text(words.subject) == subject]
        held = _Held(case, words, subject, starts)
        found += held.of(persons, sorted(ends, key=moment))
    return tuple(sorted(found, key=lambda one: (one.start, one.subject, one.who)))


def held_days(of: Iterable[Episode]) -> Range:
    """Days of all of them together: person-days."""
    return sum(
        (Range(one.days.low * one.number.low, one.days.high * one.number.high) for one in of), Range(0, 0)
    )


def ids_of(of: Iterable[Episode]) -> frozenset[str]:
    """Everybody whom they name."""
    return frozenset(person for one in of for person in one.who)


class _Held:
    """Those who were taken together, and how each got out."""

    def __init__(self, case: CaseFile, words: Words, subject: str, starts: list[Event]) -> None:
        self._case, self._words, self._subject, self._starts = case, words, subject, starts

    def of(self, persons: tuple[str, ...], ends: list[Event]) -> Iterator[Episode]:
        named = [end for end in ends if not _is_choice(end)]
        choices = [end for end in ends if _is_choice(end)]
        left = []
        for person in persons:
            told = [end for end in named if person in end.many("persons")]
            if told:
                yield self._episode((person,), _ONE, told)
            else:
                left.append(person)
        pool = tuple(p for p in left if any(p in choice.many("persons") for choice in choices))
        outs = [choice for choice in choices for _ in range(counted(choice, "persons").high)]
        for _, out in zip_longest(pool, outs[: len(pool)]):
            yield self._episode(pool, _ONE, [out] if out else [])
        total = counted(self._starts[0], "persons")
        if persons and total.high < len(persons):  # so many of them, and nobody knows which
            for _ in range(total.high):
                yield self._episode(persons, _ONE, [])
        else:
            for person in left:
                if person not in pool:
                    yield self._episode((person,), _ONE, [])
        unnamed = Range(max(total.low - len(persons), 0), max(total.high - len(persons), 0))
        if unnamed.high:
            yield self._episode((), unnamed, [])

    def _episode(self, who: tuple[str, ...], number: Range, ends: list[Event]) -> Episode:
        start = self._case.choose(self._starts).when
        end = self._case.choose(ends) if ends else None
        over = end is not None and end.text("outcome") not in self._words.still_held
        last = end.when if end is not None and over else None
        days = days_between(start, last or on(self._case.valid_as_of))
        outcome = end.text("outcome") if end is not None else ""
        return Episode(self._subject, who, number, start, last, outcome, days, (*self._starts, *ends))


def _is_choice(end: Event) -> bool:
    return counted(end, "persons").high < len(end.many("persons"))
