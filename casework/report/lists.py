"""P3, P4, P7 and P8: lists over several cases, or over what changed in one.

A case of sexual violence stands in no list that leaves the organization (casework 5.3).
"""

from collections.abc import Iterable, Iterator
from datetime import date

from casework.casefile import CaseFile, case_name
from casework.errors import ConsentError, FieldError
from casework.glass import BROKEN, Notice
from casework.report.dossier import actions, note, page, stays
from casework.report.page import Page, Section, Table
from casework.report.reading import Due, Reading
from casework.report.telling import TO, Level, Telling
from casework.report.timeline import timeline
from casework.span import Range, Span
from casework.vocabulary import kinds

HEADINGS = ("overdue", "today", "week", "later", "no_action")


def timeline_page(reading: Reading, telling: Telling) -> Page:
    """P2 as a page of its own.

    Raises:
        ConsentError: It is a case of sexual violence, which is never drawn.
    """
    if reading.case.is_sexual_violence:
        raise ConsentError(
            "cases of sexual violence are never drawn; `tocsin case timeline` lists the events"
        )
    title = telling.words.word("report", "timeline")
    return page(title, (reading.case.name,), telling, reading.case, list(timeline(reading.case, telling)))


def state_sheet(
    state: str,
    readings: Iterable[Reading],
    telling: Telling,
    period: tuple[date | None, date | None] = (None, None),
) -> Page:
    """P3: every case of one host State, with where the follow-up and justice stand, for the yearly demarche.

    With a period only incidents stand in it that may have been on a day of it; one of an unknown day always may.
    """
    words = telling.words
    inside = telling.level is Level.INTERNAL
    of_it = [one for one in _listed(readings, telling.level) if one.case.host_state == state]
    cases = [one for one in of_it if _may_be_in(one.case.incident, period)]
    rows = tuple(
        (
            one.case.name if inside else str(at),
            words.listed(words.code("category", code) for code in one.case.categories),
            telling.span(one.case.incident),
            telling.persons(one.number),
            words.code("state", one.state) if telling.level is not Level.PUBLIC else "",
            telling.span(one.letters[-1].sent) if one.letters else words.say("none"),
            telling.waiting(one.axes.response.waiting),
            one.axes.response.best,
            words.code("stage", one.axes.stage("host").current),
        )
        for at, one in enumerate(cases, 1)
    )
    header = (
        words.say("case"),
        words.say("category"),
        words.say("incident_date"),
        words.say("persons_number"),
        words.say("follow_up"),
        words.say("latest_letter"),
        words.say("days_waiting" if inside else "months_waiting"),
        words.say("best_grade"),
        words.say("stage"),
    )
    sections: list[Section] = (
        [Table(words.state(state), header, rows)] if rows else [note(words.say("no_cases"))]
    )
    title = words.pair(words.word("report", "state"), words.state(state))
    told = TO.join(telling.day(day) if day else "…" for day in period)
    of_days = [note(words.pair(words.say("incident_date"), told))] if any(period) else []
    first = cases[0].case if cases else None
    return page(title, (), telling, first, [*of_days, *sections, *_left_out(telling)])


def work_list(officer: str, due: Iterable[Due], telling: Telling, broken: Iterable[Notice] = ()) -> Page:
    """P4: what an officer has to do, by urgency, and the cases that nobody has a next action for. Internal only.

    Uses of the recovery key that they have taken no note of stand first.

    Raises:
        FieldError: Another level was asked for.
    """
    _inside(telling, "worklist")
    words = telling.words
    ordered = sorted(due, key=lambda one: (HEADINGS.index(one.heading), one.due or (), one.case, one.key))
    table = actions(tuple(ordered), telling)
    counts = tuple((words.say(name), str(sum(one.heading == name for one in ordered))) for name in HEADINGS)
    summed = Table(words.say("cover"), (words.say("when"), words.say("number")), counts)
    title = words.word("report", "worklist")
    sections = [*_broken(broken, telling), summed, table, note(words.say("default_note"))]
    return page(title, (officer,), telling, None, sections)


def detention_bulletin(readings: Iterable[Reading], telling: Telling) -> Page:
    """P7: who is held on the day, since when, with which access; and the days that persons were held in all."""
    words = telling.words
    cases = [one for one in _listed(readings, telling.level) if one.detentions]
    held = [episode for one in cases for detention in one.detentions for episode in detention.episodes]
    now = sum(episode.number.high for episode in held if episode.ongoing)
    days = [Range(one.days.low * one.number.low, one.days.high * one.number.high) for one in held]
    facts = [
        (words.say("held_now"), telling.persons(now)),
        (
            words.say("all_cases"),
            str(len(cases)) if telling.level is Level.INTERNAL else telling.persons(len(cases)),
        ),
    ]
    if telling.level is Level.INTERNAL:
        facts.append((words.say("person_days"), telling.number(sum(days, Range(0, 0)))))
    summed = Table(words.say("cover"), (), tuple(facts))
    tables: list[Section] = [summed]
    for at, one in enumerate(cases, 1):
        table = stays(one.detentions, telling)
        name = one.case.name if telling.level is Level.INTERNAL else str(at)
        where = words.state(one.case.host_state)
        tables.append(Table(words.pair(f"{words.say('case')} {name}", where), table.header, table.rows))
    title = words.word("report", "detention")
    return page(title, (), telling, cases[0].case if cases else None, [*tables, *_left_out(telling)])


def correction(case: CaseFile, telling: Telling) -> Page:
    """P8: every statement that a later one replaced: what was said, what stands now, by which event. Internal only.

    Raises:
        FieldError: Another level was asked for.
    """
    _inside(telling, "correction")
    words = telling.words
    by = {event.supersedes: event for event in (*case.events, *case.superseded) if event.supersedes}
    rows: list[tuple[str, ...]] = []
    for old in case.superseded:
        new = by[old.event_id]
        known = kinds().get(old.kind)
        sealed = {name for name, field in (known.fields if known else {}).items() if field.group != "case"}
        told = words.kind(old.kind)
        if old.when != new.when:
            rows.append(
                (
                    told,
                    words.say("when"),
                    telling.span(old.when),
                    telling.span(new.when),
                    new.event_id[:8],
                    telling.day(new.known_on),
                )
            )
        for name in (*old.fields, *(name for name in new.fields if name not in old.fields)):
            before, after = old.fields.get(name), new.fields.get(name)
            field = known.fields.get(name) if known else None
            if before != after and name not in sealed:
                values = (telling.value(field, one) if one is not None else "" for one in (before, after))
                rows.append((told, words.field(name), *values, new.event_id[:8], telling.day(new.known_on)))
    header = (
        words.say("what"),
        words.field("details"),
        words.say("old_value"),
        words.say("new_value"),
        words.say("event"),
        words.say("corrected_on"),
    )
    sections: list[Section] = [Table(words.word("report", "correction"), header, tuple(rows))]
    return page(
        words.word("report", "correction"),
        (case.name,),
        telling,
        case,
        sections if rows else [note(words.say("none"))],
    )


def _listed(readings: Iterable[Reading], level: Level) -> list[Reading]:
    """Cases that may stand in a list of this level, by incident."""
    found = [one for one in readings if level is Level.INTERNAL or not one.case.is_sexual_violence]
    return sorted(found, key=lambda one: (one.case.incident is None, one.case.incident or (), one.case.uid))


def _may_be_in(incident: Span | None, period: tuple[date | None, date | None]) -> bool:
    first, last = period
    if incident is None:
        return True
    return (first is None or incident.latest >= first) and (last is None or incident.earliest <= last)


def _broken(broken: Iterable[Notice], telling: Telling) -> Iterator[Section]:
    words = telling.words
    rows = tuple((case_name(one.case), telling.day(one.on), one.by, one.to, one.reason) for one in broken)
    header = (
        words.say("case"),
        words.say("when"),
        words.field("by"),
        words.field("to"),
        words.field("reason"),
    )
    if rows:
        yield Table(words.kind(BROKEN), header, rows)


def _left_out(telling: Telling) -> list[Section]:
    return [] if telling.level is Level.INTERNAL else [note(telling.words.say("no_singly"))]


def _inside(telling: Telling, report: str) -> None:
    if telling.level is not Level.INTERNAL:
        raise FieldError("level", "{report} is for internal use only", report=report)
