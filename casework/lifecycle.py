"""Whose move it is: the follow-up state of a case, the moves between states, and what each needs (casework 3.3).

The state is never typed. It follows from the events and from time: a government's answer engages, silence stalls. The
same tables serve who asks "what can I do now?" and who refuses an illegal move.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.errors import ActionError, RoleError
from casework.event import Event, Statement
from casework.needs import NEEDS, REFUSALS, By
from casework.vocabulary import Kind, kinds

SILENCE = timedelta(days=180)  # without an event of any kind: stalled (casework 3.3)
LAST_REMINDER = timedelta(days=14)  # how long the third reminder may be unanswered (D4, D6)
REMINDERS = 3


class State(StrEnum):
    """Where the follow-up stands."""

    NONE = "none"
    DRAFT = "draft"
    REGISTERED = "registered"
    AWAITING_GOVERNMENT = "awaiting_government"
    NO_DEMARCHE = "no_demarche"
    ENGAGED = "engaged"
    STALLED = "stalled"
    ON_HOLD = "on_hold"
    CLOSURE_PROPOSED = "closure_proposed"
    CLOSED = "closed"
    REOPENED = "reopened"
    VOID = "void"


OPEN = frozenset(State) - {State.NONE, State.CLOSED, State.VOID}
_WAITS = frozenset({State.AWAITING_GOVERNMENT, State.ENGAGED})
_PARKED = frozenset({State.ON_HOLD, State.CLOSURE_PROPOSED})

# What an event does to the state, by its kind; from any other state it does nothing.
MOVES: Mapping[str, Mapping[State, State]] = MappingProxyType(
    {
        "opened": {State.NONE: State.DRAFT},
        "registered": {State.DRAFT: State.REGISTERED},
        "letter_sent": dict.fromkeys(
            (State.REGISTERED, State.NO_DEMARCHE, State.STALLED, State.REOPENED), State.AWAITING_GOVERNMENT
        ),
        "answer_received": dict.fromkeys((State.AWAITING_GOVERNMENT, State.STALLED), State.ENGAGED),
        "no_demarche_approved": {State.REGISTERED: State.NO_DEMARCHE},
        "hold_set": dict.fromkeys(OPEN - {State.ON_HOLD}, State.ON_HOLD),
        "closure_proposed": dict.fromkeys(OPEN - {State.CLOSURE_PROPOSED}, State.CLOSURE_PROPOSED),
        "closed": {State.CLOSURE_PROPOSED: State.CLOSED},
        "reopened": {State.CLOSED: State.REOPENED},
        "voided": dict.fromkeys((State.DRAFT, State.REGISTERED), State.VOID),
    }
)
_BACK = MappingProxyType({"hold_lifted": State.ON_HOLD, "closure_refused": State.CLOSURE_PROPOSED})


class Move(NamedTuple):
    """One change of the state: on which day, to what, and the event that caused it; empty where time did."""

    on: date
    to: State
    event_id: str


@dataclass(frozen=True, slots=True)
class Followed:
    """The follow-up of a case as of a day.

    Attributes:
        state: Where it stands.
        since: From which day.
        moves: Every change, in order.
        paused: Days on hold, first and last, both inclusive; an open hold ends on the day itself.
        answer_when_closed: An answer came after the case was closed: reopening is proposed.
    """

    state: State
    since: date
    moves: tuple[Move, ...]
    paused: tuple[tuple[date, date], ...]
    answer_when_closed: bool


class Action(NamedTuple):
    """Something that can be done with a case now: a kind of event, and in words what it still needs."""

    kind: Kind
    missing: tuple[str, ...]


def follow(case: CaseFile) -> Followed:
    """Work out the follow-up state from the events and the day as of which they are known."""
    return _Follower(case).followed()


class _Follower:
    """Walks through the events and keeps what the next one needs to know."""

    def __init__(self, case: CaseFile) -> None:
        self._case = case
        self._state = State.NONE
        self._before: list[State] = []  # what a hold or a proposal interrupted, the last on top
        self._moves: list[Move] = []
        self._paused: list[tuple[date, date]] = []
        self._held_from: date | None = None
        self._active_on: date | None = None
        self._third_reminder: date | None = None
        self._answered_late = False

    def followed(self) -> Followed:
        for event in self._case.events:
            self._let_time_pass(event.known_on)
            self._take(event)
        self._let_time_pass(self._case.known_as_of)
        if self._held_from is not None:
            self._paused.append((self._held_from, self._case.known_as_of))
        since = self._moves[-1].on if self._moves else self._case.known_as_of
        return Followed(self._state, since, tuple(self._moves), tuple(self._paused), self._answered_late)

    def _take(self, event: Event) -> None:
        day = event.known_on
        self._active_on = max(self._active_on or day, day)
        if event.kind in _BACK and self._state is _BACK[event.kind]:
            self._move(day, self._before.pop(), event.event_id, back=True)
        elif event.kind == "letter_sent" and event.text("kind") == "reminder":
            self._count_reminders(event)
        elif self._state in _PARKED and event.kind == "answer_received":
            self._before[0] = MOVES[event.kind].get(self._before[0], self._before[0])
        else:
            to = MOVES.get(event.kind, {}).get(self._state)
            if to is not None:
                self._move(day, to, event.event_id)
        if event.kind == "answer_received":
            self._third_reminder = None
            self._answered_late = self._answered_late or self._state is State.CLOSED
        if event.kind == "reopened":
            self._answered_late = False

    def _count_reminders(self, event: Event) -> None:
        sent = [
            one
            for one in self._case.of("letter_sent")
            if one.text("reminder_of") == event.text("reminder_of")
        ]
        if sent.index(event) + 1 >= REMINDERS:
            self._third_reminder = event.known_on

    def _let_time_pass(self, today: date) -> None:
        """Stall a case that waits, on the first day on which silence or the third reminder did it."""
        if self._state not in _WAITS or self._active_on is None:
            return
        days = [self._active_on + SILENCE]
        if self._third_reminder is not None:
            days.append(self._third_reminder + LAST_REMINDER)
        if min(days) <= today:
            self._third_reminder = None
            self._move(min(days), State.STALLED, "")

    def _move(self, day: date, to: State, event_id: str, *, back: bool = False) -> None:
        if self._moves:  # history that is written down later moves the state no earlier than it stood
            day = max(day, self._moves[-1].on)
        if to in _PARKED and not back:
            self._before.append(self._state)
        elif to not in _PARKED:
            self._before.clear()
        if to is State.ON_HOLD:
            self._held_from = day
        elif self._state is State.ON_HOLD and self._held_from is not None:
            self._paused.append((self._held_from, day))
            self._held_from = None
        self._state = to
        self._moves.append(Move(day, to, event_id))


def possible(state: State) -> tuple[Kind, ...]:
    """Kinds of events that may be said of a case in this state, whoever says it."""
    return tuple(kind for kind in kinds().values() if _allows(kind, state))


def actions(case: CaseFile, officer: str, roles: frozenset[str]) -> tuple[Action, ...]:
    """Everything that this officer may do now, and in words what each still needs."""
    state = follow(case).state
    found = []
    for kind in possible(state):
        if kind.roles & roles:
            needs = (need(case, None, By(officer, roles)) for need in NEEDS.get(kind.name, ()))
            found.append(Action(kind, tuple(filter(None, needs))))
    return tuple(found)


def check_action(case: CaseFile, statement: Statement, officer: str, roles: frozenset[str]) -> None:
    """Refuse what can not be said now, or not by this officer; the table says what is possible instead.

    Raises:
        ActionError: The state does not allow it; the actions that are possible are listed with what they need.
        RoleError: It belongs to other roles.
        SecondPersonError: The same person proposed it.
        ConsentError: A survivor has not agreed.
        FieldError: It points at something that is not there, or lacks what this case needs.
    """
    kind = kinds()[statement.kind]
    state = follow(case).state
    if not _allows(kind, state):
        raise ActionError(
            "{name} is not possible while a case is {state}; possible for you: {listed}",
            name=kind.name,
            state=state,
            listed=_listed(actions(case, officer, roles)),
        )
    if not kind.roles & roles:
        raise RoleError("{name} belongs to {roles}", name=kind.name, roles=" or ".join(sorted(kind.roles)))
    for need in NEEDS.get(kind.name, ()):
        missing = need(case, statement, By(officer, roles))
        if missing:
            raise REFUSALS.get(need, ActionError)("{name} needs: {missing}", name=kind.name, missing=missing)


def _listed(possible_now: tuple[Action, ...]) -> str:
    """Moves by name with what each needs; facts that can be added are counted, as there are too many to read."""
    moves = [action for action in possible_now if action.kind.name in MOVES.keys() | _BACK.keys()]
    named = [
        action.kind.name + (f" (needs: {'; '.join(action.missing)})" if action.missing else "")
        for action in moves
    ]
    facts = len(possible_now) - len(moves)
    return ", ".join([*named, *([f"{facts} kinds of facts"] if facts else [])]) or "nothing"


def _allows(kind: Kind, state: State) -> bool:
    return state in kind.states or ("open" in kind.states and state in OPEN)
