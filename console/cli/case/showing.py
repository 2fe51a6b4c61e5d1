"""What `tocsin case show` prints: what is derived of a case, part by part."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from casework.abduction import WORDS as ABDUCTION
from casework.captivity import Episode, episodes
from casework.casefile import CaseFile
from casework.communications import demarches, response, unlinked
from casework.detention import WORDS as DETENTION
from casework.detention import days_held, detentions
from casework.event import Event
from casework.justice import axes
from casework.legal import Treaties, panel
from casework.persons import affected, by_organization, toll
from casework.proceedings import unnamed_custody
from casework.span import Range
from casework.values import Gap, Value
from casework.vocabulary import codes
from console.cli.case.parts import Part

Rows = list[tuple[Any, ...]]


def show_axes(case: CaseFile) -> Iterator[tuple[str, str]]:
    """How far justice got, in a line each."""
    derived = axes(case)
    for forum, furthest, current in derived.stages:
        now = "" if furthest == current else f"; now: {_label('stage', current)}"
        yield f"stage, {_label('forum', forum).lower()}", _label("stage", furthest) + now
    yield "public status", _label("public_status", derived.public_status)
    yield "abroad", _label("forum_status", derived.foreign_status)
    yield "impunity", f"{_label('impunity', derived.impunity)}: {derived.why}"
    if derived.staff:
        yield "staff accused", _label("staff_outcome", derived.staff)
    days = derived.days_to_judgment(case.incident)
    if days:
        yield "days to judgment", str(days)
    yield from _persons(case)
    yield from _response(case)
    differing = len(case.conflicts())
    if differing:
        yield "contradictions", f"{differing}; see --part conflicts"


def table_of(part: Part, case: CaseFile, treaties: Treaties) -> tuple[tuple[str, ...], Rows]:
    """The header and the rows of one part."""
    if part is Part.LAW:
        return _LAW, list(_law(case, treaties))
    header, rows = _PARTS[part]
    return header, list(rows(case))


def show_persons(case: CaseFile) -> Iterator[tuple[str, dict[str, Value]]]:
    """Everybody affected, with harm as it came to be."""
    values = {person.id: person.values for person in case.persons}
    for one in affected(case):
        said = {name: value for name, value in values[one.id].items() if name != "person"}
        yield f"person {one.id}", {**said, "harm": one.harm or Gap.UNKNOWN}


def _persons(case: CaseFile) -> Iterator[tuple[str, str]]:
    persons = affected(case)
    for name, those in by_organization(persons).items():
        counted = toll(those)
        whose = f" of {name}" if name else ""
        yield (
            f"persons affected{whose}",
            f"{counted.affected}; dead {counted.dead}; injured {counted.injured}",
        )


def _response(case: CaseFile) -> Iterator[tuple[str, str]]:
    listed = demarches(case)
    if listed:
        found = response(listed, case.valid_as_of)
        waits = f"; waiting {found.waiting} days" if found.waiting else ""
        grades = f"best grade {found.best or 'none'}, latest {found.latest or 'none'}"
        yield "letters", f"{len(listed)}, {found.unanswered} unanswered; {grades}{waits}"


_LETTERS = ("letter", "kind", "sent", "co-senders", "reminders", "acknowledged", "answered", "days", "grade")


def _letters(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for one in demarches(case):
        yield (
            one.letter,
            _label("letter", one.event.text("kind")),
            str(one.sent),
            ", ".join(one.co_senders),
            len(one.reminders),
            str(one.acknowledged or ""),
            str(one.answered or ""),
            str(one.waiting),
            one.grade or ("to be graded" if one.ungraded else ""),
        )
    for event in unlinked(case):
        yield ("", "answer to no letter known", "", "", 0, "", str(event.when), "", "")


_INVESTIGATIONS = (
    "investigation",
    "forum",
    "body",
    "opened",
    "closed",
    "outcome",
    *(f"{code}" for code in codes("quality")),
)


def _investigations(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for one in axes(case).investigations:
        yield (
            one.id,
            _label("forum", one.forum_class),
            _label("body", one.body),
            str(one.opened),
            str(one.closed or ""),
            _label("investigation_outcome", one.outcome),
            *(_label("met", mark) or "Unknown" for _, mark in one.quality),
        )


_PROCEEDINGS = (
    "proceeding",
    "forum",
    "State",
    "court",
    "accused",
    "number",
    "charge",
    "verdicts",
    "outcome",
    "sentence",
    "finality",
    "where",
    "flags",
    "sources",
)


def _proceedings(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for court in axes(case).proceedings:
        whole = (court.id, _label("forum", court.forum_class), court.state, "; ".join(court.forums))
        for one in court.accused:
            verdicts = [
                f"{_label('instance', judgment.instance)} {judgment.when}: {_label('verdict', judgment.verdict)}"
                + (" (sources differ)" if judgment.disputed else "")
                for judgment in one.judgments
            ]
            claims = [claim for judgment in one.judgments for claim in judgment.claims]
            yield (
                *whole,
                _who(one.who, one.number),
                str(one.number),
                one.charge,
                "; ".join(verdicts),
                _label("accused_outcome", one.outcome),
                ", ".join(_label("sentence", sentence) for sentence in one.sentences),
                _label("finality", one.finality),
                _label("custody_status", one.custody),
                ", ".join(_label("proceeding_flag", flag) for flag in one.flags),
                ", ".join(_sources(case, claims)),
            )
        flags = [_label("proceeding_flag", flag) + _of(number) for flag, number in court.flags]
        stage = f"{_label('stage', court.current)}"
        tried = str(court.tried or "")
        yield (*whole, "all", tried, "", stage, "", "", "", "", ", ".join(flags), "")
    for status, number in unnamed_custody(case):
        yield (
            "",
            "",
            "",
            "",
            "not named",
            str(number),
            "",
            "",
            "",
            "",
            "",
            _label("custody_status", status),
            "",
            0,
        )


_CAPTIVITY = ("which", "person", "number", "from", "to", "days", "perhaps longer", "outcome")


def _captivity(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for one in episodes(case, DETENTION):
        days, longer = days_held(case, one)
        yield _held(one, days, longer=longer, outcome=_label("detention_outcome", one.outcome))
    for one in episodes(case, ABDUCTION):
        yield _held(one, one.days, longer=one.ongoing, outcome=_label("abduction_outcome", one.outcome))


def _held(one: Episode, days: Range, *, longer: bool, outcome: str) -> tuple[Any, ...]:
    who = ("one of " if len(one.who) > 1 else "") + ", ".join(one.who)
    end = "" if one.end is None else str(one.end)
    return (
        one.subject,
        who or "not named",
        str(one.number),
        str(one.start),
        end,
        str(days),
        "yes" if longer else "",
        outcome,
    )


_ACCESS = (
    "detention",
    "access",
    "asked for",
    "answer",
    "answered",
    "visits",
    "first visit",
    "grounds communicated",
)


def _access(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for detention in detentions(case):
        told = str(detention.grounds_on or "")
        for one in detention.access:
            visits = [str(visit.when) for visit in one.visits]
            yield (
                detention.id,
                _label("access", one.kind),
                str(one.requested or ""),
                _label("access_answer", one.answer),
                str(one.answered or ""),
                len(visits),
                visits[0] if visits else "",
                told,
            )
        if not detention.access:
            yield (detention.id, "nobody asked", "", "", "", 0, "", told)


_LAW = (
    "possible basis",
    "State",
    *(code for code in codes("treaty")),
    "proceedings",
    "legal adviser",
    "table",
)


def _law(case: CaseFile, treaties: Treaties) -> Iterator[tuple[Any, ...]]:
    for one in panel(case, axes(case), treaties):
        statuses = dict(one.statuses)
        opinions = [f"{treaty}: {_label('applies', applies)}" for treaty, applies in one.opinions]
        yield (
            _label("jurisdiction", one.jurisdiction) or "Seat of the organization",
            one.state,
            *(
                " or ".join(_label("treaty_status", status) for status in statuses.get(treaty, ()))
                for treaty in codes("treaty")
            ),
            ", ".join(one.proceedings),
            "; ".join(opinions) or "not assessed",
            treaties.version or "none installed",
        )


_CONFLICTS = ("what", "one says", "sources", "event", "another says", "sources of that", "that event")


def _conflicts(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    def told(event: Event) -> str:
        number = f", {event.count('number')}" if event.count("number") else ""
        return f"{event.when}{number}"

    def whose(event: Event) -> str:
        return ", ".join(_sources(case, (event,)))

    for first, second in case.conflicts():
        yield (
            first.kind,
            told(first),
            whose(first),
            first.event_id,
            told(second),
            whose(second),
            second.event_id,
        )


def _who(ids: tuple[str, ...], number: Range) -> str:
    return f"{number} of {', '.join(ids)}" if len(ids) > 1 else "".join(ids) or "not named"


def _sources(case: CaseFile, events: Iterable[Event]) -> list[str]:
    """Whom events come from, in words where they are known; the row of an imported file is not meant."""
    names = {one.text("source"): one.fields.get("who", "") for one in case.of("source_named")}
    rows = {one.text("row") for one in case.of("row_imported")}
    found = dict.fromkeys(source for event in events for source in event.sources if source not in rows)
    told = [names.get(source, source) for source in found]
    return ["withheld" if isinstance(one, Gap) else str(one) for one in told]


def _of(number: Range) -> str:
    return f" ({number})" if number.high else ""


def _label(name: str, code: str) -> str:
    found = codes(name).get(code)
    return found.label if found else code


_PARTS: dict[Part, tuple[tuple[str, ...], Callable[[CaseFile], Iterator[tuple[Any, ...]]]]] = {
    Part.LETTERS: (_LETTERS, _letters),
    Part.INVESTIGATIONS: (_INVESTIGATIONS, _investigations),
    Part.PROCEEDINGS: (_PROCEEDINGS, _proceedings),
    Part.CAPTIVITY: (_CAPTIVITY, _captivity),
    Part.ACCESS: (_ACCESS, _access),
    Part.CONFLICTS: (_CONFLICTS, _conflicts),
}
