"""Whose move it is: the follow-up state of a case, the moves between states, and what each needs (casework 3.3).

The state is never typed. It follows from the events and from time: a government's answer engages, silence stalls. The
same tables serve who asks "what can I do now?" and who refuses an illegal move.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from casework.abduction import abductions
from casework.casefile import CaseFile
from casework.consent import blocked, survivors
from casework.errors import ActionError, CaseInputError, ConsentError, RoleError, SecondPersonError
from casework.event import Event, Statement
from casework.vocabulary import Kind, kinds

SILENCE = timedelta(days=180)  # without an event of any kind: stalled (casework 3.3)
LAST_REMINDER = timedelta(days=14)  # how long the third reminder may be unanswered (D4, D6)
REMINDERS = 3
MAX_HOLD = timedelta(days=30)  # until a hold is looked at again (casework 3.3)
LEGAL_CLOSURES = frozenset({"final_conviction", "no_crime", "suspects_dead", "archived"})


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


class By(NamedTuple):
    """Who says something: an officer's id and their roles."""

    officer: str
    roles: frozenset[str]


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
            needs = (need(case, None, By(officer, roles)) for need in _NEEDS.get(kind.name, ()))
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
            f"{kind.name} is not possible while a case is {state}; possible for you: "
            + _listed(actions(case, officer, roles))
        )
    if not kind.roles & roles:
        raise RoleError(f"{kind.name} belongs to {' or '.join(sorted(kind.roles))}")
    for need in _NEEDS.get(kind.name, ()):
        missing = need(case, statement, By(officer, roles))
        if missing:
            raise _REFUSALS.get(need, ActionError)(f"{kind.name} needs: {missing}")


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


Needed: TypeAlias = Callable[[CaseFile, Statement | None, By], str]
"""What a case, or what is to be said of it, still lacks, in words, or nothing; the last argument is who says it."""


def _described(case: CaseFile, _said: Statement | None, _by: By) -> str:
    missing = [name for name in ("categories", "host_state", "owner") if not case.about.values.get(name)]
    return " and ".join(missing)


def _dated(case: CaseFile, _said: Statement | None, _by: By) -> str:
    return "" if case.incident else "when it happened (incident, abduction_started or detention_started)"


def _somebody(case: CaseFile, _said: Statement | None, _by: By) -> str:
    premises = "premises_attack" in case.categories
    return (
        "" if case.persons or premises else "at least one person affected (person_added), or premises_attack"
    )


def _linked(case: CaseFile, _said: Statement | None, _by: By) -> str:
    linked = case.last("incident_linked") or case.about.text("no_incident")
    return (
        ""
        if linked
        else "a link with an incident record (incident_linked), or why there is none (no_incident)"
    )


def _asked(case: CaseFile, _said: Statement | None, _by: By) -> str:
    """A decision on consent must be there; every answer is one, also that it was not asked."""
    decided = {
        event.text("person") for event in case.of("consent_recorded") if event.text("purpose") == "record"
    }
    silent = [person for person in survivors(case) if person not in decided]
    return f"a decision on consent to keep a record, for {', '.join(silent)}" if silent else ""


def _agreed(case: CaseFile, said: Statement | None, _by: By) -> str:
    """Whoever refused or withdrew is in no letter; a survivor of sexual violence must have agreed to any letter."""
    refused = blocked(case, "demarche")
    asked = [person for person in refused if person in survivors(case)]
    if asked:
        return f"consent to take it up with the government, of {', '.join(asked)}"
    named = said.fields.get("persons") if said else None
    meant = set(named) if isinstance(named, tuple) else {person.id for person in case.persons}
    left = [person for person in refused if person in meant]
    return f"to be about those who agreed (persons), without {', '.join(left)}" if left else ""


def is_quiet(case: CaseFile) -> bool:
    """Whether nothing goes out unless the survivor advocate releases it.

    So it is for sexual violence, while somebody is abducted, and while a negotiation keeps the case quiet.
    """
    abducted = any(episode.ongoing for episode in abductions(case))
    held = case.last("hold_set", "hold_lifted")
    quiet = held is not None and held.kind == "hold_set" and held.text("reason") == "negotiation"
    return case.is_sexual_violence or abducted or quiet


def _advocated(case: CaseFile, _said: Statement | None, _by: By) -> str:
    if not is_quiet(case) or case.last("demarche_released"):
        return ""
    return "a release by the survivor advocate (demarche_released)"


def _addressed(case: CaseFile, said: Statement | None, _by: By) -> str:
    known = {event.text("counterpart") for event in case.of("counterpart_added")}
    named = said.fields.get("counterpart") if said else None
    if named is None:
        return "" if known else "an addressee (counterpart_added)"
    return "" if named in known else f"counterpart {named!s} to be known (counterpart_added)"


def _proposed(kind: str) -> Needed:
    def need(case: CaseFile, said: Statement | None, _by: By) -> str:
        found = [event.event_id for event in case.of(kind)]
        named = said.fields.get("proposal") if said else (found[-1] if found else None)
        return "" if named in found else f"a proposal ({kind})"

    return need


def _second_person(kind: str) -> Needed:
    def need(case: CaseFile, said: Statement | None, by: By) -> str:
        named = said.fields.get("proposal") if said else None
        proposals = [event for event in case.of(kind) if named in {None, event.event_id}]
        if proposals and proposals[-1].recorded_by == by.officer:
            return "another person than who proposed it"
        return ""

    return need


def _assented(case: CaseFile, _said: Statement | None, _by: By) -> str:
    proposal = case.last("closure_proposed")
    if proposal is None or not {proposal.text("reason"), proposal.text("justice_reason")} & LEGAL_CLOSURES:
        return ""
    assents = {event.text("proposal") for event in case.of("closure_assented")}
    return "" if proposal.event_id in assents else "the legal adviser's assent (closure_assented)"


def _told(_case: CaseFile, said: Statement | None, _by: By) -> str:
    if said is None:
        return ""
    told = {"informed", "not_informed_reason"} & said.fields.keys()
    return "" if told else "whom of those affected was informed (informed), or why not (not_informed_reason)"


def _review(_case: CaseFile, said: Statement | None, _by: By) -> str:
    day = said.fields.get("review_on") if said else None
    if said is None or not isinstance(day, date) or said.when.latest <= day <= said.when.latest + MAX_HOLD:
        return ""
    return f"review_on at most {MAX_HOLD.days} days later"


def _own_role(_case: CaseFile, said: Statement | None, by: By) -> str:
    named = said.fields.get("role") if said else None
    return "" if named is None or named in by.roles else f"a role of your own, not {named!s}"


def _same_role(case: CaseFile, _said: Statement | None, by: By) -> str:
    """Who set a hold lifts it, or somebody in the same role, or an approver."""
    held = case.last("hold_set")
    if held is None or held.recorded_by == by.officer or by.roles & {"approver", held.text("role")}:
        return ""
    return f"who set the hold, {held.text('role') or 'the same person'} or an approver"


def _other_case(reason: str, field: str, what: str) -> Needed:
    def need(_case: CaseFile, said: Statement | None, _by: By) -> str:
        if said is None or said.fields.get("reason") != reason or field in said.fields:
            return ""
        return f"{what} ({field})"

    return need


def _justice_closed(_case: CaseFile, said: Statement | None, _by: By) -> str:
    if said is None or said.fields.get("reason") != "found":
        return ""
    closed = said.fields.get("justice_reason")
    fits = closed in LEGAL_CLOSURES | {"withdrawn"}
    return "" if fits else "how the justice part closed (justice_reason)"


def _no_legal_hold(case: CaseFile, _said: Statement | None, _by: By) -> str:
    last = case.last("legal_hold_set", "legal_hold_lifted")
    return "the end of the legal hold" if last is not None and last.kind == "legal_hold_set" else ""


def _who(name: str) -> Needed:
    def need(_case: CaseFile, said: Statement | None, _by: By) -> str:
        named = said is None or {name, "number"} & said.fields.keys()
        return "" if named else f"who ({name}), or how many (number)"

    return need


_SECOND_NO_DEMARCHE = _second_person("no_demarche_proposed")
_SECOND_CLOSURE = _second_person("closure_proposed")
_SECOND_CANCEL = _second_person("clock_cancel_proposed")
_SECOND_ERASURE = _second_person("erasure_proposed")
_NEEDS: Mapping[str, tuple[Needed, ...]] = MappingProxyType(
    {
        "registered": (_described, _dated, _somebody, _linked, _asked),
        "letter_sent": (_addressed, _agreed, _advocated),
        "no_demarche_approved": (
            _proposed("no_demarche_proposed"),
            _SECOND_NO_DEMARCHE,
        ),
        "no_demarche_proposed": (_other_case("another_handles", "handled_by", "who handles it"),),
        "voided": (_other_case("duplicate", "other_case", "of which case it is a duplicate"),),
        "hold_set": (_review, _own_role),
        "hold_lifted": (_same_role,),
        "closure_proposed": (_justice_closed,),
        "closure_assented": (_proposed("closure_proposed"),),
        "closure_refused": (_proposed("closure_proposed"),),
        "closed": (
            _proposed("closure_proposed"),
            _SECOND_CLOSURE,
            _assented,
            _told,
        ),
        "clock_cancelled": (
            _proposed("clock_cancel_proposed"),
            _SECOND_CANCEL,
        ),
        **dict.fromkeys(("charged", "plea", "verdict", "sentenced", "custody_changed"), (_who("accused"),)),
        **dict.fromkeys(("suspect_arrested", "suspect_transferred"), (_who("parties"),)),
        "erased": (
            _proposed("erasure_proposed"),
            _SECOND_ERASURE,
            _no_legal_hold,
        ),
    }
)
_REFUSALS: Mapping[Needed, type[CaseInputError]] = MappingProxyType(
    {
        _SECOND_NO_DEMARCHE: SecondPersonError,
        _SECOND_CLOSURE: SecondPersonError,
        _SECOND_CANCEL: SecondPersonError,
        _SECOND_ERASURE: SecondPersonError,
        _agreed: ConsentError,
        _own_role: RoleError,
        _same_role: RoleError,
    }
)
