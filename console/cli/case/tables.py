"""The tables of `tocsin case show --part`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from casework.abduction import WORDS as ABDUCTION
from casework.captivity import Episode, episodes
from casework.casefile import CaseFile
from casework.communications import demarches, unlinked
from casework.detention import WORDS as DETENTION
from casework.detention import days_held, detentions
from casework.event import Event
from casework.justice import axes
from casework.legal import Treaties, panel
from casework.proceedings import unnamed_custody
from casework.span import Range
from casework.values import Gap
from casework.vocabulary import codes
from console.cli.case.parts import Part
from console.cli.case.showing import label

Rows = list[tuple[Any, ...]]


def table_of(part: Part, case: CaseFile, treaties: Treaties) -> tuple[tuple[str, ...], Rows]:
    """The header and the rows of one part."""
    if part is Part.LAW:
        return _LAW, list(_law(case, treaties))
    header, rows = _PARTS[part]
    return header, list(rows(case))


_LETTERS = ("letter", "kind", "sent", "co-senders", "reminders", "acknowledged", "answered", "days", "grade")


def _letters(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for one in demarches(case):
        yield (
            one.letter,
            label("letter", one.event.text("kind")),
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
            label("forum", one.forum_class),
            label("body", one.body),
            str(one.opened),
            str(one.closed or ""),
            label("investigation_outcome", one.outcome),
            *(label("met", mark) or "Unknown" for _, mark in one.quality),
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
        whole = (court.id, label("forum", court.forum_class), court.state, "; ".join(court.forums))
        for one in court.accused:
            verdicts = [
                f"{label('instance', judgment.instance)} {judgment.when}: {label('verdict', judgment.verdict)}"
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
                label("accused_outcome", one.outcome),
                ", ".join(label("sentence", sentence) for sentence in one.sentences),
                label("finality", one.finality),
                label("custody_status", one.custody),
                ", ".join(label("proceeding_flag", flag) for flag in one.flags),
                ", ".join(_sources(case, claims)),
            )
        flags = [label("proceeding_flag", flag) + _of(number) for flag, number in court.flags]
        stage = f"{label('stage', court.current)}"
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
            label("custody_status", status),
            "",
            0,
        )


_CAPTIVITY = ("which", "person", "number", "from", "to", "days", "perhaps longer", "outcome")


def _captivity(case: CaseFile) -> Iterator[tuple[Any, ...]]:
    for one in episodes(case, DETENTION):
        days, longer = days_held(case, one)
        yield _held(one, days, longer=longer, outcome=label("detention_outcome", one.outcome))
    for one in episodes(case, ABDUCTION):
        yield _held(one, one.days, longer=one.ongoing, outcome=label("abduction_outcome", one.outcome))


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
                label("access", one.kind),
                str(one.requested or ""),
                label("access_answer", one.answer),
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
        opinions = [f"{treaty}: {label('applies', applies)}" for treaty, applies in one.opinions]
        yield (
            label("jurisdiction", one.jurisdiction) or "Seat of the organization",
            one.state,
            *(
                " or ".join(label("treaty_status", status) for status in statuses.get(treaty, ()))
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


_PARTS: dict[Part, tuple[tuple[str, ...], Callable[[CaseFile], Iterator[tuple[Any, ...]]]]] = {
    Part.LETTERS: (_LETTERS, _letters),
    Part.INVESTIGATIONS: (_INVESTIGATIONS, _investigations),
    Part.PROCEEDINGS: (_PROCEEDINGS, _proceedings),
    Part.CAPTIVITY: (_CAPTIVITY, _captivity),
    Part.ACCESS: (_ACCESS, _access),
    Part.CONFLICTS: (_CONFLICTS, _conflicts),
}
