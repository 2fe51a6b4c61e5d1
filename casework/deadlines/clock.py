"""One clock: what started it, when it is due at the earliest and at the latest, and what became of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casework.span import Range, Span
from casework.vocabulary.deadlines import Rule


class ClockState(StrEnum):
    """What became of a clock: codes of the list `clock`."""

    OPEN = "open"
    MET = "met"
    MISSED = "missed"
    WAIVED = "waived"
    CANCELLED = "cancelled"


NO_DAYS = Range(0, 0)
UNDECIDED = frozenset({ClockState.OPEN, ClockState.MISSED})


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock, independent of every other.

    Attributes:
        key: What people call it: rule and what it is about, such as D4:L1; stable while events are added.
        rule: By which it runs.
        text: What is to be done.
        trigger: Id of the event that started it; empty where the calendar did.
        started: The days on which that happened.
        due: The first and the last day on which its time can end, on-hold days added.
        state: What became of it; missed only after the last of these days.
        stopped_by: Id of the event that met, waived or cancelled it; empty for none, or for one at a co-sender.
        stopped_on: When that happened.
        reason: Why it was waived or cancelled.
        paused: Days on hold within it, at least and at most.
        level: How far up it has to go: 0 the owner, 1 the approver, 2 headquarters and the permanent mission.
        senders: Members who sent the demarche jointly, whose clocks stop with this one.
    """

    key: str
    rule: Rule
    text: str
    trigger: str
    started: Span
    due: Span
    state: ClockState
    stopped_by: str = ""
    stopped_on: Span | None = None
    reason: str = ""
    paused: Range = NO_DAYS
    level: int = 0
    senders: tuple[str, ...] = ()

    @property
    def late(self) -> Range:
        """Days by which it was met too late, at least and at most."""
        if self.state is not ClockState.MET or self.stopped_on is None:
            return NO_DAYS
        return Range(
            max((self.stopped_on.earliest - self.due.latest).days, 0),
            max((self.stopped_on.latest - self.due.earliest).days, 0),
        )

    def overdue(self, today: date) -> Range:
        """Days past due on a day, at least and at most; none once it has stopped."""
        if self.state not in UNDECIDED:
            return NO_DAYS
        return Range(max((today - self.due.latest).days, 0), max((today - self.due.earliest).days, 0))
