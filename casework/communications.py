"""The ledger of letters to a government and what came back: sent, acknowledged, answered, each with days (CW-04).

A demarche is a letter with its reminders. Whatever comes in for any of these letters, by whatever channel, counts as an
answer to the demarche; an acknowledgement and an answer are two things, and neither undoes the other. Nothing that we
send stops or restarts their clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from casework.casefile import CaseFile, moment
from casework.event import Event
from casework.span import Range, Span, days_between, on

REPLY_WITHIN = timedelta(days=60)  # D5; an organization may set another
REMINDER_WITHIN = timedelta(days=14)  # after the last reminder (D6)
GRADES = "ABCDE"  # of the Human Rights Committee, best first
INCOMING = ("answer_received", "access_answered", "grounds_communicated")  # what can be linked with a letter
_ONLY_RECEIPT = "acknowledgement"


class Incoming(NamedTuple):
    """Something that came in for a demarche.

    Attributes:
        id: Id of the answer; that of the event where it came in as something else.
        kind: Code of the list `answer`, or the kind of the event.
        event: What was written down.
        grade: A to E as a person graded it last; empty for none.
    """

    id: str
    kind: str
    event: Event
    grade: str


@dataclass(frozen=True, slots=True)
class Demarche:
    """A letter with its reminders, and what came back.

    Attributes:
        letter: Id of the letter.
        event: The letter as sent.
        reminders: Letters that remind of it, or of a reminder of it, in order of time.
        incoming: What came in for any of these, in order of time.
        acknowledged: When the first thing of any kind came in; nothing while nothing did.
        answered: When the first thing came in that is more than an acknowledgement.
        waiting: Days from sending to the answer, or to the valid day while there is none.
        grade: The last grade given; D where the clock ran out and the last reminder is unanswered; else empty.
    """

    letter: str
    event: Event
    reminders: tuple[Event, ...]
    incoming: tuple[Incoming, ...]
    acknowledged: Span | None
    answered: Span | None
    waiting: Range
    grade: str

    @property
    def sent(self) -> Span:
        """When it was sent; a reminder does not change it."""
        return self.event.when

    @property
    def co_senders(self) -> tuple[str, ...]:
        """Organizations that sent it with us: what comes in stops the clock of each."""
        return self.event.many("co_senders")

    @property
    def days_to_acknowledge(self) -> Range | None:
        """Days from sending to the first thing that came in."""
        return days_between(self.sent, self.acknowledged) if self.acknowledged else None

    @property
    def ungraded(self) -> tuple[Incoming, ...]:
        """Answers that nobody has graded yet."""
        return tuple(
            one
            for one in self.incoming
            if one.event.kind == "answer_received" and one.kind != _ONLY_RECEIPT and not one.grade
        )


@dataclass(frozen=True, slots=True)
class Response:
    """What a government did about the letters of a case.

    Attributes:
        best: The best grade of all demarches; empty for none.
        latest: The grade given, or come about, last.
        waiting: Days of the demarche that waits longest without an answer; nothing where none waits.
        unanswered: How many wait.
        answered: How many had anything come back, an acknowledgement included.
    """

    best: str
    latest: str
    waiting: Range | None
    unanswered: int
    answered: int


def demarches(case: CaseFile, reply_within: timedelta = REPLY_WITHIN) -> tuple[Demarche, ...]:
    """Every demarche of a case, by the day on which it was sent."""
    letters = {event.text("letter"): event for event in sorted(case.of("letter_sent"), key=moment)}
    chains: dict[str, list[Event]] = {}
    for event in letters.values():
        chains.setdefault(_root(letters, event), []).append(event)
    graded = _grades(case)
    came_in = sorted(case.of(*INCOMING), key=moment)
    return tuple(
        _demarche(case, root, chain, tuple(_incoming(came_in, chain, graded)), reply_within)
        for root, chain in chains.items()
    )


def unlinked(case: CaseFile) -> tuple[Event, ...]:
    """Answers to a letter that is not in the case: somebody has to say which one they answer."""
    letters = {event.text("letter") for event in case.of("letter_sent")}
    return tuple(one for one in case.of("answer_received") if one.text("letter") not in letters)


def response(of: Iterable[Demarche], as_of: date) -> Response:
    """Sum up what came back, as of a valid day."""
    listed = tuple(of)
    grades = [
        (one.event.when, one.event.sequence, one.grade)
        for demarche in listed
        for one in demarche.incoming
        if one.grade
    ]
    grades += [(on(as_of), 0, one.grade) for one in listed if one.grade == "D"]
    waiting = [one for one in listed if one.answered is None]
    return Response(
        min((grade for *_, grade in grades), key=GRADES.index, default=""),
        max(grades)[-1] if grades else "",
        max((one.waiting for one in waiting), key=lambda days: days.high, default=None),
        len(waiting),
        sum(one.acknowledged is not None for one in listed),
    )


def _root(letters: Mapping[str, Event], event: Event) -> str:
    """The letter that a reminder goes back to; one that reminds of a letter that is not there stands for itself."""
    seen: set[str] = set()
    while event.text("reminder_of") in letters and event.text("letter") not in seen:
        seen.add(event.text("letter"))
        event = letters[event.text("reminder_of")]
    return event.text("letter")


def _grades(case: CaseFile) -> Mapping[str, str]:
    """The last grade of each answer: later ones correct earlier ones."""
    graded = sorted(case.of("answer_graded"), key=lambda event: (event.when.latest, event.sequence))
    return {event.text("answer"): event.text("grade") for event in graded}


def _incoming(came_in: list[Event], chain: list[Event], graded: Mapping[str, str]) -> Iterator[Incoming]:
    letters = {event.text("letter") for event in chain}
    for event in came_in:
        if event.text("letter") in letters:
            answer = event.text("answer") if event.kind == "answer_received" else event.event_id
            kind = event.text("kind") if event.kind == "answer_received" else event.kind
            yield Incoming(answer, kind, event, graded.get(answer, ""))


def _demarche(
    case: CaseFile, root: str, chain: list[Event], incoming: tuple[Incoming, ...], reply_within: timedelta
) -> Demarche:
    letter = next(event for event in chain if event.text("letter") == root)
    reminders = tuple(event for event in chain if event is not letter)
    answer = next((one.event.when for one in incoming if one.kind != _ONLY_RECEIPT), None)
    grades = [one.grade for one in incoming if one.grade]
    waiting = days_between(letter.when, answer or on(case.valid_as_of))
    silent = (
        answer is None and waiting.low > reply_within.days and _last_unanswered(case, reminders, incoming)
    )
    return Demarche(
        root,
        letter,
        reminders,
        incoming,
        incoming[0].event.when if incoming else None,
        answer,
        waiting,
        grades[-1] if grades else "D" if silent else "",
    )


def _last_unanswered(case: CaseFile, reminders: tuple[Event, ...], incoming: tuple[Incoming, ...]) -> bool:
    if not reminders:
        return False
    last = reminders[-1].when
    since = days_between(last, on(case.valid_as_of))
    return since.low > REMINDER_WITHIN.days and all(one.event.when.latest < last.earliest for one in incoming)
