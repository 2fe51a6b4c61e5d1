"""Clocks of the correspondence with a government: D2 first demarche, D4 to D6 answers, D7 yearly, D14 treaty notices.

Only the government's own move stops its clock: our letters never do. Whatever comes in and is linked with a demarche
counts, through whatever channel; a joint demarche is one demarche, whichever co-sender wrote it down.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from casework.deadlines.clock import Clock, ClockState
from casework.deadlines.view import Start, Stop, View, by, first_after, ours, shift, shortest, theirs
from casework.event import Event
from casework.legal import expected_notices
from casework.lifecycle import LAST_REMINDER, REMINDERS
from casework.needs import is_quiet
from casework.span import Span, on

SPOKEN = frozenset({"meeting", "call"})  # nobody acknowledges or answers these in writing
REMINDER = "reminder"
ACKNOWLEDGEMENT = "acknowledgement"
YEARLY_LEAD = timedelta(days=31)  # from 1 January on the yearly request of 1 February is on the list
ARTICLES = {"13": "measures", "18": "outcome"}


class JointAnswer(NamedTuple):
    """An answer to a joint demarche that came to a co-sender: which document it answers, what it is, and when."""

    document: str
    kind: str
    on: Span
    member: str


class _Answer(NamedTuple):
    kind: str
    stop: Stop


class _Demarche(NamedTuple):
    """One demarche with its reminders and with everything that came in to it, in the order of their days."""

    sent: Event
    reminders: tuple[Event, ...]
    answers: tuple[_Answer, ...]

    @property
    def senders(self) -> tuple[str, ...]:
        return self.sent.many("co_senders")

    @property
    def first(self) -> Stop | None:
        return self.answers[0].stop if self.answers else None

    @property
    def in_substance(self) -> Stop | None:
        return next((answer.stop for answer in self.answers if answer.kind != ACKNOWLEDGEMENT), None)


def letters(view: View, parties: frozenset[str], elsewhere: tuple[JointAnswer, ...]) -> Iterator[Clock]:
    """Clocks D2, D4, D5, D6, D7 and D14 of a case."""
    yield from _first_demarche(view)
    for demarche in _demarches(view, elsewhere):
        yield from _answers(view, demarche)
    yield from _grades(view)
    registered = view.case.last("registered")
    if registered is not None and view.withheld() is None and not view.of("no_demarche_approved"):
        yield from _yearly(view, registered)
        yield from _notices(view, parties)


def _first_demarche(view: View) -> Iterator[Clock]:
    registered = view.case.last("registered")
    if registered is None or view.withheld() is not None:
        return
    days, start = view.rules["D2"].days, ours(registered)
    sent = view.of("letter_sent")
    met = by(min(sent, key=lambda event: event.when.earliest, default=None))
    ended = by(view.case.last("no_demarche_approved"), "no demarche for now")
    released = view.case.last("demarche_released")
    agreed = view.agreed_on() if view.case.is_sexual_violence else None
    if agreed is not None and agreed.on.latest > start.on.latest:
        start = Start(agreed.on, agreed.event_id)
    if is_quiet(view.case) and released is None:
        decided = by(first_after(view.of("hold_set"), start.on.earliest))
        text = "Decide on a hold: release the demarche, or put the case on hold"
        yield view.clock("D2:hold", start, days["hold_check"], text=text, met=met or decided, ended=ended)
        return
    for event in (released, *view.of("abduction_ended")):
        if (
            event is not None
            and event.when.latest > start.on.latest
            and (met is None or event.when.latest <= met.on.latest)
        ):
            start = ours(event)
    yield view.clock("D2", start, shortest(days, view.case.categories), met=met, ended=ended)


def _demarches(view: View, elsewhere: tuple[JointAnswer, ...]) -> Iterator[_Demarche]:
    sent = view.of("letter_sent")
    roots = {event.text("letter"): event.text("reminder_of") or event.text("letter") for event in sent}

    def root(letter: str) -> str:
        seen: set[str] = set()
        while roots.get(letter, letter) != letter and letter not in seen:
            seen.add(letter)
            letter = roots[letter]
        return letter

    written: dict[str, list[Event]] = {}
    for event in sent:
        if event.text("kind") not in SPOKEN | {REMINDER} and not event.text("reminder_of"):
            written.setdefault(event.text("document") or event.text("letter"), []).append(event)
    for document, events in written.items():
        ids = {event.text("letter") for event in events}
        came = [
            _Answer(event.text("kind"), Stop(event.when, event.event_id))
            for event in view.of("answer_received")
            if root(event.text("letter")) in ids
        ]
        came += [_Answer(one.kind, Stop(one.on)) for one in elsewhere if one.document == document]
        reminders = [one for one in sent if one.text("reminder_of") and root(one.text("letter")) in ids]
        yield _Demarche(
            min(events, key=lambda event: event.when.earliest),
            tuple(sorted(reminders, key=lambda event: event.when.earliest)),
            tuple(sorted(came, key=lambda answer: (answer.stop.on.earliest, answer.stop.on.latest))),
        )


def _answers(view: View, demarche: _Demarche) -> Iterator[Clock]:
    name, start, withheld = demarche.sent.text("letter"), theirs(demarche.sent), view.withheld()
    acknowledged = view.clock(
        f"D4:{name}",
        start,
        view.rules["D4"].days["acknowledgement"],
        met=demarche.first,
        ended=withheld,
        senders=demarche.senders,
    )
    answered = view.clock(
        f"D5:{name}",
        start,
        view.rules["D5"].days["reply"],
        met=demarche.in_substance,
        ended=withheld,
        senders=demarche.senders,
    )
    yield acknowledged
    yield answered
    # Until something comes the chain counts from the missing acknowledgement, afterwards from the missing answer.
    before = tuple(one for one in demarche.reminders if not _follows(one, demarche.first))
    after = tuple(one for one in demarche.reminders if _follows(one, demarche.first))
    yield from _reminders(view, name, acknowledged, before, demarche.first or withheld)
    if demarche.first is not None:
        yield from _reminders(view, f"{name}:answer", answered, after, demarche.in_substance or withheld)


def _follows(event: Event, stop: Stop | None) -> bool:
    return stop is not None and event.when.earliest > stop.on.latest


def _reminders(
    view: View, name: str, missed: Clock, sent: tuple[Event, ...], stop: Stop | None
) -> Iterator[Clock]:
    """The chain of reminders from a clock that was missed: one is due at a time, and one for each that was sent."""
    late = (
        missed.state is ClockState.MISSED
        or missed.late.high > 0
        or (missed.state is ClockState.CANCELLED and sent)
    )
    if not late:
        return
    days = view.rules["D6"].days
    offsets = [days["first"], days["second"]]
    while len(offsets) <= len(sent):
        offsets.append(offsets[-1] + days["again"])
    gaps = [offsets[0], *(later - earlier for earlier, later in pairwise(offsets))]
    for at in range(len(sent) + 1):
        reminder = sent[at] if at < len(sent) else None
        due = shift(missed.due, offsets[at])
        if at:
            after = shift(sent[at - 1].when, gaps[at])
            due = Span(max(due.earliest, after.earliest), max(due.latest, after.latest))
        if reminder is None and stop is not None and stop.on.latest <= missed.due.latest:
            return
        # It starts when the one before it was missed or sent, so that holds since then push it on.
        yield view.clock(
            f"D6:{name}:{at + 1}",
            Start(shift(due, -gaps[at]), sent[at - 1].event_id if at else missed.trigger),
            gaps[at],
            text=f"Reminder {at + 1} to the government",
            met=by(reminder),
            ended=stop,
            senders=missed.senders,
        )
    if len(sent) >= REMINDERS:
        yield _taken_up(view, name, sent[REMINDERS - 1], stop)


def _taken_up(view: View, name: str, third: Event, stop: Stop | None) -> Clock:
    missions = {
        event.text("counterpart")
        for event in view.of("counterpart_added")
        if event.text("authority") == "permanent_mission"
    }
    letters_there = [one for one in view.of("letter_sent") if one.text("counterpart") in missions]
    raised = [one for one in view.of("escalated") if one.text("to") == "headquarters"]
    up = first_after([*letters_there, *raised], third.when.latest)
    return view.clock(
        f"D6:{name}:up",
        ours(third),
        LAST_REMINDER.days,
        text="Third reminder unanswered: take it to headquarters and the permanent mission",
        met=by(up),
        ended=stop,
        level=2,
    )


def _grades(view: View) -> Iterator[Clock]:
    graded = {event.text("answer"): event for event in reversed(view.of("answer_graded"))}
    for event in view.of("answer_received"):
        if event.text("kind") == ACKNOWLEDGEMENT:
            continue
        name, days = event.text("answer"), view.rules["D5"].days["grade"]
        yield view.clock(
            f"D5:{name}:grade",
            ours(event),
            days,
            text="Grade the answer",
            met=by(graded.get(name)),
            outlives=True,
        )


def _yearly(view: View, registered: Event) -> Iterator[Clock]:
    asked = [event for event in view.of("letter_sent") if event.text("kind") == "yearly_request"]
    first = registered.when.latest
    for year in range(first.year, view.today.year + 2):
        due, start = date(year, 2, 1), date(year, 2, 1) - YEARLY_LEAD
        if due < first or start > view.today:
            continue
        of_year = [event for event in asked if event.when.earliest.year == year]
        replaced = date(year + 1, 2, 1) - YEARLY_LEAD
        yield view.clock(
            f"D7:{year}",
            Start(on(start)),
            (due - start).days,
            met=by(of_year[0] if of_year else None),
            ended=Stop(on(replaced), "", f"the request of {year + 1} takes its place")
            if replaced <= view.today
            else None,
        )


def _notices(view: View, parties: frozenset[str]) -> Iterator[Clock]:
    """What a State party owes: measures taken (art. 13), and the final outcome (art. 18)."""
    for notice in expected_notices(view.case, parties):
        event = view.case.by_id(notice.event_id)
        if event is not None:
            yield _notice(view, notice.article, notice.state, event)


def _notice(view: View, article: str, state: str, event: Event) -> Clock:
    of_state = {one.text("counterpart") for one in view.of("counterpart_added") if one.text("state") == state}
    moved = [
        one
        for one in view.of("letter_sent", "answer_received")
        if one.text("kind") == "state_notice" and one.text("counterpart") in of_state
    ]
    return view.clock(
        f"D14:{article}:{state}",
        ours(event),
        view.rules["D14"].days[ARTICLES[article]],
        text=f"Ask {state} for the notice under art. {article} of the 1994 Convention",
        met=by(first_after(moved, event.when.earliest)),
    )
