"""Clocks of a detention: access is asked for until it is granted, and then used (D3)."""

from collections.abc import Iterator

from casework.deadlines.clock import Clock
from casework.deadlines.view import Start, Stop, View, by, ours
from casework.event import Event

ALWAYS = ("medical", "legal_counsel")
FOREIGN = "consular"
TO_TEXT = {"medical": "medical attention", "legal_counsel": "legal counsel", "consular": "a consular visit"}


def access(view: View) -> Iterator[Clock]:
    """Clocks D3 of a case: for each detention and each kind of access."""
    for event in view.of("detention_started"):
        kinds = (*ALWAYS, FOREIGN) if _is_foreign(view, event) else ALWAYS
        for kind in kinds:
            yield from _access(view, event, kind)


def _is_foreign(view: View, started: Event) -> bool:
    """Whether anybody held is known to be a national of other States only."""
    state = started.text("state") or view.case.host_state
    nations = [one.many("nationalities") for one in view.case.persons if one.id in started.many("persons")]
    return any(known and state not in known for known in nations)


def _access(view: View, started: Event, kind: str) -> Iterator[Clock]:
    detention = started.text("detention")
    name, days, ended = f"D3:{detention}:{kind}", view.rules["D3"].days, _ended(view, started)
    asked = _requests(view, started, kind)
    opened = [*_granted(view, asked), *_visits(view, detention, kind)]
    granted = min(opened, key=lambda event: (event.when.latest, event.sequence), default=None)
    stop = by(granted) or ended
    start, wait = ours(started), days["request"]
    for number, request in enumerate((*asked, None), 1):
        text = f"Ask for {TO_TEXT[kind]}" + (" again" if number > 1 else "")
        if request is None and number > 1 and _over(stop, start):
            break
        yield view.clock(f"{name}:{number}", start, wait, text=text, met=by(request), ended=stop)
        if request is not None:
            start, wait = ours(request), days["repeat"]
    if granted is not None:
        yield from _visiting(view, name, granted, ended)


def _over(stop: Stop | None, start: Start) -> bool:
    return stop is not None and stop.on.latest <= start.on.latest


def _visiting(view: View, name: str, granted: Event, ended: Stop | None) -> Iterator[Clock]:
    """From the day of access on somebody goes there at least every 30 days."""
    _, detention, kind = name.split(":")
    visits = sorted(_visits(view, detention, kind), key=lambda event: (event.when.latest, event.sequence))
    start, wait = ours(granted), view.rules["D3"].days["visit"]
    text = f"Visit, or {TO_TEXT[kind]}, at least every {wait} days"
    for number, visit in enumerate((*visits, None), 1):
        if visit is granted:
            continue
        yield view.clock(f"{name}:visit{number}", start, wait, text=text, met=by(visit), ended=ended)
        if visit is not None:
            start = ours(visit)


def _requests(view: View, started: Event, kind: str) -> list[Event]:
    """Requests in the order of their days: those entered as such, and letters that demand it."""
    held = set(started.many("persons"))
    said = [
        event
        for event in view.of("access_requested")
        if event.text("detention") == started.text("detention") and event.text("kind") == kind
    ]
    said += [
        event
        for event in view.of("letter_sent")
        if kind in event.many("demands")
        and (not event.many("persons") or held & set(event.many("persons")))
        and event.when.latest >= started.when.earliest
    ]
    return sorted(said, key=lambda event: (event.when.latest, event.sequence))


def _granted(view: View, asked: list[Event]) -> list[Event]:
    ids = {event.text("access") for event in asked if event.kind == "access_requested"}
    return [
        event
        for event in view.of("access_answered")
        if event.text("access") in ids and event.text("answer") == "granted"
    ]


def _visits(view: View, detention: str, kind: str) -> list[Event]:
    same = {kind, "independent_medical"} if kind == "medical" else {kind}
    return [
        event
        for event in view.of("visited")
        if event.text("detention") == detention and event.text("kind") in same
    ]


def _ended(view: View, started: Event) -> Stop | None:
    """When nobody of this detention is held any more; nothing while somebody is."""
    left, last = set(started.many("persons")), None
    for event in view.of("detention_ended", "died"):
        if event.kind == "detention_ended" and event.text("detention") != started.text("detention"):
            continue
        gone = left & set(event.many("persons"))
        if gone and (event.kind == "detention_ended" or event.when.latest >= started.when.earliest):
            left -= gone
            last = event
    if left or last is None:
        return view.withheld()
    return by(last, "the detention ended")
