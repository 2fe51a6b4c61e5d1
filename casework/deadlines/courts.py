"""Clocks of courts and of the law: D8 hearings, D9 appeal windows, D10 limitation. A hold never moves these dates.

Dates of D9 and D10 are for planning and not legal advice: they say when to ask a lawyer, not what the law is.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import count

from casework.deadlines.clock import Clock
from casework.deadlines.view import View, by, first_after, ours, shift, theirs
from casework.event import Event
from casework.span import on

_AFTER = frozenset({"outcome"})
_STEPS = {
    "prepare": "Prepare the hearing",
    "attend": "Arrange who attends",
    "outcome": "Write down the outcome",
}
_NO_APPEAL = frozenset({"retrial", "overturned"})


def courts(view: View) -> Iterator[Clock]:
    """Clocks D8, D9 and D10 of a case."""
    yield from _hearings(view)
    yield from _appeals(view)
    for limitation in view.of("limitation_set"):
        yield from _limitation(view, limitation)


def _hearings(view: View) -> Iterator[Clock]:
    """Each hearing that was set, and each to which one was adjourned."""
    set_for: dict[str, tuple[date, Event]] = {}
    for event in view.of("hearing_set", "hearing_held"):
        day = event.day("on") if event.kind == "hearing_set" else event.day("adjourned_to")
        if day is not None:
            name = event.text("hearing") or event.text("proceeding")
            key = name if event.kind == "hearing_set" else next(_free(f"{name}-adjourned", set_for))
            set_for[key] = day, event
    for name, (day, event) in set_for.items():
        yield from _hearing(view, name, day, event)


def _free(name: str, taken: Mapping[str, object]) -> Iterator[str]:
    return (text for number in count(1) if (text := f"{name}{number}") not in taken)


def _hearing(view: View, name: str, day: date, event: Event) -> Iterator[Clock]:
    hearing, proceeding = event.text("hearing"), event.text("proceeding")
    later = [
        one
        for one in view.of("hearing_held", "verdict")
        if one is not event and one.text("proceeding") == proceeding
    ]
    linked = [one for one in later if not hearing or one.text("hearing") in {"", hearing}]
    # A hearing is held on its day or, as courts go, within a few days of it; an earlier one is another.
    held = first_after(linked, day - timedelta(days=1))
    for step, days in view.rules["D8"].days.items():
        done = first_after(
            [one for one in view.of("hearing_prepared") if one.text("hearing") == hearing],
            event.when.earliest,
            step=step,
        )
        due = day + timedelta(days=days if step in _AFTER else -days)
        if step not in _AFTER:
            due = min(
                max(due, event.known_on), day
            )  # set at short notice: at once, and before the day itself
        yield view.clock(
            f"D8:{name}:{step}",
            theirs(event),
            due=on(due),
            text=f"{_STEPS[step]} of {day}",
            met=by(held) if step in _AFTER else by(done),
            ended=None if step in _AFTER else by(held, "the hearing was held"),
        )


def _appeals(view: View) -> Iterator[Clock]:
    """How long each judgment can be appealed, by what was entered, else by the organization's national table."""
    seen: dict[str, object] = {}
    for event in view.of("verdict"):
        if (
            event.text("finality") == "final"
            or event.text("verdict") in _NO_APPEAL
            or event.text("instance") == "final"
        ):
            continue
        proceeding = event.text("proceeding")
        base = f"{proceeding}:{event.text('instance')}"
        name = base if base not in seen else next(_free(f"{base}:", seen))
        seen[name] = event
        until = event.day("appeal_until")
        days = view.rules.appeal_days.get(_state(view, event), view.rules["D9"].days["other"])
        moved = view.of("appeal_lodged", "appeal_blocked")
        lodged = first_after(moved, event.when.earliest, proceeding=proceeding)
        final = first_after(view.of("became_final"), event.when.earliest, proceeding=proceeding)
        yield view.clock(
            f"D9:{name}",
            theirs(event),
            due=on(until) if until else shift(event.when, days),
            met=by(lodged),
            ended=by(final, "the judgment is final"),
        )


def _state(view: View, verdict: Event) -> str:
    named = [
        event.text("state")
        for event in (verdict, *view.of("charged", "trial_opened"))
        if event.text("proceeding") == verdict.text("proceeding") and event.text("state")
    ]
    return named[0] if named else view.case.host_state


def _limitation(view: View, event: Event) -> Iterator[Clock]:
    """Warnings of a limitation, and its end; none for an offence that is never barred."""
    starts, ends = event.day("starts_on"), event.day("ends_on")
    if event.text("never") == "met" or starts is None or ends is None or ends <= starts:
        return
    name, rule = event.text("limitation"), view.rules["D10"]
    pauses = sorted(
        (one.day("from") or date.max, one.day("until") or date.max)
        for one in view.of("limitation_suspended")
        if one.text("limitation") == name
    )
    end = _suspended(ends, starts, pauses)
    marks = {f"{share}%": starts + (ends - starts) * share / 100 for share in rule.percent.values()}
    warnings = {label: _suspended(day, starts, pauses) for label, day in marks.items()}
    warnings |= {f"{number}months": _months_before(end, number) for number in rule.months.values()}
    looked = [one for one in view.of("limitation_reviewed") if one.text("limitation") == name]
    for label, day in warnings.items():
        if day < end and day > starts:
            yield view.clock(
                f"D10:{name}:{label}",
                ours(event),
                due=on(day),
                text=f"Limitation: ask the legal adviser; the planning date is {end}",
                met=by(first_after(looked, day - timedelta(days=30))),
            )
    final = by(view.case.last("became_final"), "a judgment is final")
    yield view.clock(f"D10:{name}:end", ours(event), due=on(end), ended=final)


def _suspended(day: date, starts: date, pauses: list[tuple[date, date]]) -> date:
    """A day moved by the suspensions that began before it; overlapping ones count once."""
    free_from = starts
    for first, last in pauses:
        begin = max(first, free_from)
        if begin <= day and last > begin:
            day += last - begin
            free_from = last
    return day


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or the last day that this month has."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
