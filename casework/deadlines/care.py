"""Clocks of the case and of those affected: D1 register, D11 review, D12 contact, D13 evidence, what was planned."""

from collections.abc import Iterator
from datetime import date, timedelta

from casework.consent import consent, survivors
from casework.deadlines.clock import Clock
from casework.deadlines.view import Start, Stop, View, by, first_after, in_days, ours, shortest
from casework.event import Event
from casework.lifecycle import State
from casework.span import Span, on
from casework.vocabulary import codes


def care(view: View) -> Iterator[Clock]:
    """Clocks D1, D11, D12 and D13 of a case, and what somebody planned."""
    yield from _register(view)
    if view.is_open:
        yield from _review(view)
    yield from _late_answer(view)
    yield from _anniversaries(view)
    yield from _contact(view)
    yield from _evidence(view)
    done = {event.text("planned"): event for event in reversed(view.of("task_done"))}
    for event in view.of("task_set"):
        yield view.clock(
            f"task:{event.event_id[:8]}",
            Start(event.when, event.event_id),
            due=on(event.day("due") or event.known_on),
            text=event.text("task"),
            met=by(done.get(event.event_id)),
        )


def _asked(view: View) -> Event | None:
    """The last decision on keeping a record, once there is one for every survivor; nothing before."""
    decided = [event for event in view.of("consent_recorded") if event.text("purpose") == "record"]
    people = survivors(view.case)
    return decided[-1] if people and set(people) <= {event.text("person") for event in decided} else None


def _register(view: View) -> Iterator[Clock]:
    opened = view.of("opened")[0]
    start = Start(on(opened.known_on), opened.event_id)
    if view.case.is_sexual_violence:
        asked = _asked(view)
        if asked is None:
            return
        start = ours(asked)
    days = shortest(view.rules["D1"].days, view.case.categories)
    yield view.clock("D1", start, days, met=by(view.case.last("registered")))


def _review(view: View) -> Iterator[Clock]:
    """One review is due at a time: so long after the last event of any kind, or, on hold, after the hold was set."""
    days, followed = view.rules["D11"].days, view.followed
    last = max(view.case.events, key=lambda event: (event.known_on, event.sequence))
    start, wait, text = Start(on(max(last.known_on, followed.since)), last.event_id), days["open"], ""
    until: date | None = None
    if followed.state is State.STALLED:
        wait = days["stalled"]
    held = view.case.last("hold_set")
    if followed.state is State.ON_HOLD and held is not None:
        looked = first_after(view.of("status_checked"), held.known_on)
        start = Start(on(max(looked.known_on if looked else held.known_on, held.known_on)), held.event_id)
        wait, text = days["on_hold"], "Look again whether the hold is still needed"
        until = held.day("review_on") if looked is None else None
    proposed = view.case.last("no_demarche_proposed")
    if followed.state is State.NO_DEMARCHE and proposed is not None:
        until, text = proposed.day("review_on"), "Look again whether to approach the government"
        looked = first_after(view.of("status_checked"), until or proposed.known_on)
        until = None if looked is not None else until
    due = in_days(start.on.latest, wait)
    if until is not None:
        due = on(min(until, due.latest))
    yield view.clock(f"D11:{start.on.latest}", start, due=due, text=text)


def _late_answer(view: View) -> Iterator[Clock]:
    if view.followed.state is not State.CLOSED or not view.followed.answer_when_closed:
        return
    answer = view.of("answer_received")[-1]
    graded = [event for event in view.of("answer_graded") if event.text("answer") == answer.text("answer")]
    yield view.clock(
        f"D11:{answer.text('answer')}",
        ours(answer),
        view.rules["D11"].days["reopen"],
        text="An answer came after the case was closed: reopen it, or grade the answer",
        met=by(graded[0] if graded else None),
        outlives=True,
    )


def _anniversaries(view: View) -> Iterator[Clock]:
    """Each anniversary of the incident since the case was opened; the next one takes the place of the one before."""
    incident, opened = view.case.incident, view.of("opened")[0].known_on
    if incident is None:
        return
    window = view.rules["D11"].days["anniversary"]
    looked = view.of("status_checked")
    for years in range(1, view.today.year - incident.earliest.year + 2):
        due = Span(_years_on(incident.earliest, years), _years_on(incident.latest, years), incident.basis)
        begins = due.earliest - timedelta(days=window)
        if due.latest < opened or begins > view.today:
            continue
        next_begins = _years_on(incident.earliest, years + 1) - timedelta(days=window)
        replaced = Stop(on(next_begins), "", "the next anniversary takes its place")
        yield view.clock(
            f"D11:anniversary:{due.latest.year}",
            Start(on(begins)),
            due=due,
            text="Review the case on the anniversary of the incident",
            met=by(first_after(looked, begins)),
            ended=replaced if next_begins <= view.today else None,
        )


def _years_on(day: date, years: int) -> date:
    """The same day of a later year; 28 February for a leap day."""
    return day.replace(year=day.year + years, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _contact(view: View) -> Iterator[Clock]:
    """The next contact with each of those who agreed to be contacted."""
    made: dict[tuple[str, str], list[Event]] = {}
    for event in view.of("contact_made"):
        made.setdefault((event.text("with"), event.text("person")), []).append(event)
    pressed = survivors(view.case)
    for (whom, person), events in made.items():
        words = [event.text("wants_contact") for event in events if event.text("wants_contact")]
        refuses = person in pressed and consent(view.case, person, "support") in {"no", "withdrawn"}
        if not words or words[-1] != "yes" or refuses:
            continue
        name = ":".join(filter(None, ("D12", whom, person)))
        for number, event in enumerate(events, 1):
            following = events[number] if number < len(events) else None
            yield view.clock(
                f"{name}:{number}", ours(event), view.rules["D12"].days["contact"], met=by(following)
            )


def _evidence(view: View) -> Iterator[Clock]:
    happened = view.of("incident") or view.of("abduction_started", "detention_started")
    days = view.rules["D13"].days
    if happened and not view.case.is_sexual_violence:  # nobody asks a survivor for evidence by a clock
        done = {event.text("step"): event for event in view.of("checklist_done")}
        left = [step for step in codes("checklist") if step not in done]
        yield view.clock(
            "D13:checklist",
            ours(view.case.choose(list(happened))),
            days["checklist"],
            text="Evidence of the first 48 hours: " + ", ".join(left or done),
            met=None if left else by(max(done.values(), key=lambda event: event.when.latest)),
        )
    custody = view.of("custody")
    for item in view.of("evidence_added"):
        name = item.text("evidence")
        of_item = [event for event in custody if event.text("evidence") == name]
        gone = next((event for event in of_item if event.text("act") == "destroy"), None)
        verified = [event for event in of_item if event.text("act") == "verify"]
        start: Event = item
        for number, event in enumerate((*verified, None), 1):
            yield view.clock(
                f"D13:{name}:{number}",
                ours(start),
                days["verify"],
                text=f"Verify the hash of {name} again",
                met=by(event),
                ended=by(gone, "it was destroyed"),
                outlives=True,
            )
            start = event or start
