"""Clocks of a case: what was due when, by which rule, and what became of it (casework 3.5, D1 to D14).

Every clock is worked out from the events, a day and the rules; nothing is stored. A back-dated entry changes what they
say from then on, and a case file as known on an earlier day still says what was known then.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from casework.casefile import CaseFile, fold
from casework.deadlines.captivity import access
from casework.deadlines.care import care
from casework.deadlines.clock import UNDECIDED, Clock, ClockState
from casework.deadlines.courts import courts
from casework.deadlines.letters import JointAnswer, letters
from casework.deadlines.view import View
from casework.errors import FieldError
from casework.event import Event, Statement
from casework.lifecycle import State
from casework.vocabulary.deadlines import Rules
from crypto.sentence import Sentence

__all__ = [
    "UNDECIDED",
    "Clock",
    "ClockState",
    "Correction",
    "JointAnswer",
    "check_clock",
    "clocks",
    "corrections",
]


_PASSES = frozenset({"D8", "D9", "D13"})  # hearings, windows for an appeal, the first 48 hours


def clocks(
    case: CaseFile,
    today: date,
    rules: Rules,
    parties: frozenset[str] = frozenset(),
    elsewhere: tuple[JointAnswer, ...] = (),
) -> tuple[Clock, ...]:
    """Every clock of a case as of a UTC day, by what is due first.

    `parties` are the States that were party to the 1994 Convention on the day of the incident (D14); `elsewhere` holds
    answers to a joint demarche that came to a co-sender, which stop the clock of every co-sender.
    """
    view = View(case, today, rules)
    if view.followed.state in {State.NONE, State.VOID}:
        return ()
    found = [*care(view), *letters(view, parties, elsewhere), *access(view), *courts(view)]
    found = [clock for clock in found if not _was_over(case, clock)]
    return tuple(sorted(found, key=lambda clock: (clock.due.latest, clock.due.earliest, clock.key)))


def _was_over(case: CaseFile, clock: Clock) -> bool:
    """Whether the time for something had run out before an old case was imported: nobody can do it any more."""
    opened = case.last("opened")
    if opened is None or not opened.text("imported_as"):
        return False
    return clock.key.partition(":")[0] in _PASSES and clock.due.latest < opened.known_on


class Correction(NamedTuple):
    """A clock as it stood by what was known on a day, and as it stood on that day by what is known now."""

    then: Clock | None
    now: Clock | None


def corrections(
    uid: str, events: tuple[Event, ...], day: date, known: date, rules: Rules
) -> tuple[Correction, ...]:
    """Clocks of a day of which it turned out later, up to `known`, that they stood otherwise."""

    def as_known(on: date) -> Mapping[str, Clock]:
        return {clock.key: clock for clock in clocks(fold(uid, events, day, on), day, rules)}

    then, now = as_known(day), as_known(known)
    pairs = (Correction(then.get(key), now.get(key)) for key in sorted(then.keys() | now.keys()))
    return tuple(pair for pair in pairs if _standing(pair.then) != _standing(pair.now))


def check_clock(case: CaseFile, statement: Statement, today: date, rules: Rules) -> None:
    """Refuse to waive or cancel a clock that there is not, or that no longer runs.

    Raises:
        FieldError: There is no such clock; those that run are named.
    """
    if statement.kind not in {"clock_waived", "clock_cancel_proposed"}:
        return
    named = str(statement.fields.get("clock", ""))
    if named.startswith("D14:"):
        return  # whether it runs depends on treaties, which the case does not know
    running = [clock.key for clock in clocks(case, today, rules) if clock.state in UNDECIDED]
    if named not in running:
        raise FieldError(
            "clock",
            "{named!r} does not run; these do: {running}",
            named=named[:40],
            running=", ".join(running) or Sentence("none"),
        )


def _standing(clock: Clock | None) -> tuple[object, ...]:
    return () if clock is None else (clock.state, clock.due, clock.stopped_on)
