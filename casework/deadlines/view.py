"""What the rules look at: the events by kind, the holds, and what was waived; and the one way to make a clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.consent import consent, survivors
from casework.deadlines.clock import Clock, ClockState
from casework.event import Event
from casework.lifecycle import OPEN, State, follow
from casework.span import Basis, Range, Span, on
from casework.vocabulary.deadlines import Rule, Rules


class Stop(NamedTuple):
    """What ends a clock: on which days, by which event, and why; an event at a co-sender has no id here."""

    on: Span
    event_id: str = ""
    reason: str = ""


def by(event: Event | None, reason: str = "") -> Stop | None:
    """An event as a stop; nothing if there is none."""
    return Stop(event.when, event.event_id, reason) if event is not None else None


@dataclass(frozen=True, slots=True)
class Start:
    """What starts a clock: on which days, by which event."""

    on: Span
    event_id: str = ""


class View:
    """A case as the rules see it on a day."""

    def __init__(self, case: CaseFile, today: date, rules: Rules) -> None:
        self.case = case
        self.today = today
        self.rules = rules
        self.followed = follow(case)
        self._kinds: dict[str, list[Event]] = {}
        for event in case.events:
            self._kinds.setdefault(event.kind, []).append(event)
        self._waived = {event.text("clock"): event for event in self.of("clock_waived")}
        proposals = {event.event_id: event for event in self.of("clock_cancel_proposed")}
        self._cancelled = {
            proposals[event.text("proposal")].text("clock"): (
                event,
                proposals[event.text("proposal")].text("reason"),
            )
            for event in self.of("clock_cancelled")
            if event.text("proposal") in proposals
        }
        closed = self.followed.state is State.CLOSED
        self._closed = case.last("closed") if closed else None

    @property
    def is_open(self) -> bool:
        """Whether anything can still be done."""
        return self.followed.state in OPEN

    def of(self, *kinds: str) -> list[Event]:
        """Standing events of these kinds, in the order in which they were written down."""
        if len(kinds) == 1:
            return self._kinds.get(kinds[0], [])
        return sorted((event for kind in kinds for event in self.of(kind)), key=lambda event: event.sequence)

    def agreed_on(self) -> Stop | None:
        """Since when all survivors agree to a demarche; nothing if one does not.

        Only asked of cases of sexual violence: no clock presses a survivor (casework 5.3).
        """
        people = survivors(self.case)
        if not people or any(consent(self.case, person, "demarche") != "yes" for person in people):
            return None
        words = [
            event
            for event in self.of("consent_recorded")
            if event.text("purpose") == "demarche" and event.text("person") in people
        ]
        return by(words[-1])

    def withheld(self) -> Stop | None:
        """What took the consent of a survivor away, or that it was never there; nothing if nobody is pressed."""
        if not self.case.is_sexual_violence or self.agreed_on() is not None:
            return None
        refused = [event for event in self.of("consent_recorded") if event.text("purpose") == "demarche"]
        return by(refused[-1] if refused else self.of("opened")[0], "the survivor has not agreed")

    def clock(
        self,
        key: str,
        start: Start,
        days: int | None = None,
        *,
        due: Span | None = None,
        text: str = "",
        met: Stop | None = None,
        ended: Stop | None = None,
        level: int = 0,
        senders: tuple[str, ...] = (),
        outlives: bool = False,
    ) -> Clock:
        """Make a clock that runs some days from its start, or until days that are fixed, and say what became of it.

        `met` did what was to be done; `ended` made it pointless; closing the case ends it unless it `outlives` that.
        """
        rule = self.rules[key.partition(":")[0]]
        paused = Range(0, 0)
        if due is None:
            due, paused = self._run(rule, start.on, days or 0, met)
        state, stop = self._fate(key, due, met, ended, outlives=outlives)
        return Clock(
            key,
            rule,
            text or rule.text,
            start.event_id,
            start.on,
            due,
            state,
            stop.event_id if stop else "",
            stop.on if stop else None,
            stop.reason if stop else "",
            paused,
            max(level, self._level(due)) if state is ClockState.MISSED else 0,
            senders,
        )

    def _fate(
        self, key: str, due: Span, met: Stop | None, ended: Stop | None, *, outlives: bool
    ) -> tuple[ClockState, Stop | None]:
        if met is not None:
            return ClockState.MET, met
        if key in self._waived:
            waived = self._waived[key]
            return ClockState.WAIVED, by(waived, waived.text("reason"))
        cancelled = by(*self._cancelled[key]) if key in self._cancelled else ended
        if cancelled is not None:
            return ClockState.CANCELLED, cancelled
        closed = None if outlives else self._closed
        if due.latest < (min(closed.when.latest, self.today) if closed else self.today):
            return ClockState.MISSED, None
        return (
            (ClockState.OPEN, None)
            if closed is None
            else (ClockState.CANCELLED, by(closed, "the case was closed"))
        )

    def _level(self, due: Span) -> int:
        overdue = (self.today - due.latest).days
        after = self.rules["escalation"].days
        return (overdue > after["approver"]) + (overdue > after["headquarters"])

    def _run(self, rule: Rule, start: Span, days: int, met: Stop | None) -> tuple[Span, Range]:
        holds = self.followed.paused if rule.pauses else ()
        until = met.on.latest if met is not None else date.max
        earliest, least = _shifted(start.earliest, days, holds, until)
        latest, most = _shifted(start.latest, days, holds, until)
        return Span(earliest, latest, start.basis), Range(min(least, most), max(least, most))


def _shifted(start: date, days: int, holds: Iterable[tuple[date, date]], until: date) -> tuple[date, int]:
    """When so many days after a day are over if days on hold do not count, and how many of these there were.

    A hold that begins once the time is over no longer helps; one that ends on a day counts up to that day.
    """
    due, paused = start + timedelta(days=days), 0
    for first, last in holds:
        held = (min(last, until) - max(first, start)).days
        if first <= due and held > 0:
            due, paused = due + timedelta(days=held), paused + held
    return due, paused


def ours(event: Event) -> Start:
    """The start of a duty of our own: it counts from what happened, and at the latest from when it became known."""
    first, last = event.when.earliest, max(event.when.latest, event.known_on)
    basis = event.when.basis if last == event.when.latest else Basis.EXACT
    return Start(Span(first, last, basis), event.event_id)


def theirs(event: Event) -> Start:
    """The start of somebody else's duty, which runs whether we know or not."""
    return Start(event.when, event.event_id)


def first_after(events: Iterable[Event], day: date, **wanted: str) -> Event | None:
    """The first event, by when it happened, that can have been on or after a day and says what is wanted."""
    found = [
        event
        for event in events
        if event.when.latest >= day and all(event.text(name) == value for name, value in wanted.items())
    ]
    return min(found, key=lambda event: (event.when.earliest, event.sequence), default=None)


def in_days(day: date, days: int) -> Span:
    """The day so many days after another."""
    return on(day + timedelta(days=days))


def shift(span: Span, days: int) -> Span:
    """The same days, later."""
    return Span(span.earliest + timedelta(days=days), span.latest + timedelta(days=days), span.basis)


def shortest(days: Mapping[str, int], categories: Iterable[str]) -> int:
    """The days that the most urgent of several categories has; `other` stands for those without days of their own."""
    return min((days.get(category, days["other"]) for category in categories), default=days["other"])
