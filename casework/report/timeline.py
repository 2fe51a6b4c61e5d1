"""P2: the picture of a case over time, and the list that says the same.

Cases of sexual violence are never drawn (casework 5.3).
"""

from datetime import date

from casework.casefile import CaseFile
from casework.event import Event
from casework.report.page import Bar, Lane, Picture, Prose, Section, Table
from casework.report.telling import TO, Level, Telling
from casework.report.whitelist import shown
from casework.span import Span
from casework.vocabulary import Form, kinds

LANES = ("incident", "letters", "investigation", "courts", "detention", "remedy")
_FORUMS = ("host", "other", "international")
_ENDS = {
    "detention_started": ("detention_ended", "detention"),
    "abduction_started": ("abduction_ended", "abduction"),
}
_NOT_TOLD = frozenset({Form.ID, Form.DIGEST})  # ties between events, which the other tables of a dossier show
_SHORT = 3  # years
_MONTHS = {Level.INTERNAL: 1, Level.PARTNER: 1, Level.PUBLIC: 3}


def timeline(case: CaseFile, telling: Telling) -> tuple[Section, ...]:
    """The picture with its list; of a case of sexual violence a sentence that says why there is none."""
    words = telling.words
    if case.is_sexual_violence:
        return (Prose(words.word("report", "timeline"), (words.say("no_picture"),)),)
    doubtful = {event.event_id for pair in case.conflicts() for event in pair}
    ordered = sorted(case.events, key=lambda event: (event.when.earliest, event.sequence))
    drawn: dict[str, list[Bar]] = {}
    rows = []
    for event in ordered:
        lane = _lane(case, event, telling)
        fields = shown(telling.level, event)
        if lane and fields is not None:
            bar = _bar(case, event, telling, doubtful=event.event_id in doubtful)
            drawn.setdefault(lane, []).append(bar)
            mark = words.say("conflict_mark") if bar.conflict else ""
            rows.append((bar.when, bar.what, lane, mark))
    lanes = tuple(Lane(name, tuple(drawn[name])) for name in _lane_names(telling) if name in drawn)
    title = words.word("report", "timeline")
    listed = Table(
        words.say("events"),
        (words.say("when"), words.say("what"), words.say("area"), words.say("conflicts")),
        tuple(rows),
    )
    return (Picture(title, lanes, _ticks(lanes, telling), words.say("conflict_mark")), listed)


def describe(event: Event, telling: Telling) -> str:
    """An event in words, with the fields that the level lets in."""
    known = kinds().get(event.kind)
    fields = shown(telling.level, event) or {}
    said = [
        telling.value(known.fields[name], value)
        for name, value in fields.items()
        if known is not None and known.fields[name].form not in _NOT_TOLD
    ]
    told = telling.words.kind(event.kind)
    return telling.words.pair(told, telling.words.apart(said)) if said else told


def _lane(case: CaseFile, event: Event, telling: Telling) -> str:
    known = kinds().get(event.kind)
    if known is None or known.lane not in LANES:
        return ""
    name = telling.words.word("lane", known.lane)
    if known.lane != "courts":
        return name
    return telling.words.pair(name, telling.words.code("forum", _forum(case, event)))


def _lane_names(telling: Telling) -> list[str]:
    found = []
    for lane in LANES:
        name = telling.words.word("lane", lane)
        forums = [telling.words.pair(name, telling.words.code("forum", forum)) for forum in _FORUMS]
        found += forums if lane == "courts" else [name]
    return found


def _forum(case: CaseFile, event: Event) -> str:
    """Which class of forum an event before courts belongs to; a proceeding keeps that of its first event."""
    named = event.text("proceeding")
    events = [one for one in case.events if named and one.text("proceeding") == named] or [event]
    if any(one.text("court") == "international" for one in events):
        return "international"
    states = [one.text("state") for one in events if one.text("state")]
    return "host" if not states or states[0] == case.host_state else "other"


def _bar(case: CaseFile, event: Event, telling: Telling, *, doubtful: bool) -> Bar:
    when = _coarse(event.when, telling.level)
    until = _ends(case, event)
    end = _coarse(until, telling.level) if until else None
    told = telling.span(event.when)
    if event.kind in _ENDS:
        told += TO + (telling.span(until) if until else telling.words.say("until_now"))
    last = end.latest if end else (case.valid_as_of if event.kind in _ENDS else when.latest)
    return Bar(
        when.earliest.toordinal(),
        when.latest.toordinal(),
        max(last, when.latest).toordinal(),
        describe(event, telling),
        told,
        doubtful,
    )


def _ends(case: CaseFile, event: Event) -> Span | None:
    """When what began with an event was over for everybody in it; nothing while it goes on."""
    if event.kind not in _ENDS:
        return None
    kind, name = _ENDS[event.kind]
    ended = [one for one in case.of(kind) if one.text(name) == event.text(name)]
    out = {person for one in ended for person in one.many("persons")}
    return max(one.when for one in ended) if ended and set(event.many("persons")) <= out else None


def _coarse(span: Span, level: Level) -> Span:
    """The whole months or quarters that an interval touches, where the level knows no days."""
    if level is Level.INTERNAL:
        return span
    months = _MONTHS[level]
    first = span.earliest.replace(month=(span.earliest.month - 1) // months * months + 1, day=1)
    after = (span.latest.month - 1) // months * months + months + 1
    year, month = (span.latest.year + 1, after - 12) if after > 12 else (span.latest.year, after)
    return Span(first, date.fromordinal(date(year, month, 1).toordinal() - 1), span.basis)


def _ticks(lanes: tuple[Lane, ...], telling: Telling) -> tuple[tuple[int, str], ...]:
    """Quarters where the picture is short, else years, at most a dozen or so; where it holds none, its two ends."""
    days = [day for lane in lanes for bar in lane.bars for day in (bar.first, bar.until)]
    if not days:
        return ()
    first, last = date.fromordinal(min(days)), date.fromordinal(max(days))
    years = last.year - first.year
    if years < _SHORT:
        firsts = [
            date(year, month, 1) for year in range(first.year, last.year + 1) for month in (1, 4, 7, 10)
        ]
        if not any(first <= day <= last for day in firsts):
            ends = {telling.day(day): day.toordinal() for day in (last, first)}
            return tuple((day, said) for said, day in ends.items())
        return tuple((day.toordinal(), telling.month(day)) for day in firsts)
    step = years // 8 + 1
    return tuple((date(year, 1, 1).toordinal(), str(year)) for year in range(first.year, last.year + 1, step))
