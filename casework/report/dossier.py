"""P1: everything that a reader of a level may know of one case, on one page.

For partners and the public only what the tables of `whitelist` let in stands here, as bands, months and codes.
"""

from casework.captivity import Episode
from casework.casefile import CaseFile, Thing
from casework.communications import Demarche
from casework.detention import Access, Detention
from casework.proceedings import Accused, Proceeding
from casework.report.page import Page, Prose, Section, Table
from casework.report.reading import Due, Reading
from casework.report.telling import Level, Telling
from casework.report.timeline import timeline
from casework.report.whitelist import allowed
from casework.span import Range, Span
from casework.vocabulary import kinds


def dossier(reading: Reading, telling: Telling) -> Page:
    """The dossier of one case."""
    case = reading.case
    sections: list[Section] = [_cover(reading, telling), *timeline(case, telling)]
    if telling.level is Level.INTERNAL:
        sections.append(_persons(case, telling))
    sections.append(ledger(case, reading.letters, telling))
    if telling.level is not Level.PUBLIC:
        sections += [courts(reading.axes.proceedings, telling), stays(reading.detentions, telling)]
    if telling.level is Level.INTERNAL:
        sections += [_evidence(case, telling), actions(reading.due, telling), _sources(case, telling)]
    words = telling.words
    return page(words.word("report", "dossier"), (case.name,), telling, case, sections)


def page(
    title: str, named: tuple[str, ...], telling: Telling, case: CaseFile | None, sections: list[Section]
) -> Page:
    """A page with the marks of every report: level, what that means, and the days as of which it holds."""
    words = telling.words
    marks = [words.word("level", telling.level), words.say(f"sentence_{telling.level}")]
    if case is not None:
        marks.append(words.pair(words.say("as_of"), telling.day(case.valid_as_of)))
        if case.known_as_of != case.valid_as_of:
            marks.append(words.pair(words.say("known_as_of"), telling.day(case.known_as_of)))
    shown = tuple(one for one in sections if not isinstance(one, Table) or one.rows)
    inside = telling.level is Level.INTERNAL
    headed = " ".join((title, *named)) if inside else title
    return Page(words.language, words.right_to_left, headed, tuple(marks), shown)


def _cover(reading: Reading, telling: Telling) -> Table:
    case, words = reading.case, telling.words
    rows = []
    for name, value in case.about.values.items():
        fields = allowed(telling.level, "opened") or frozenset()
        if name in fields:
            rows.append((words.field(name), telling.value(kinds()["opened"].fields.get(name), value)))
    rows += [
        (words.say("incident_date"), telling.span(case.incident)),
        (words.say("persons_number"), telling.persons(reading.number)),
    ]
    if telling.level is not Level.PUBLIC:
        rows.append((words.say("follow_up"), words.code("state", reading.state)))
    if telling.level is Level.INTERNAL:
        rows.insert(0, (words.say("case"), case.name))
        rows.append((words.say("since"), telling.day(reading.since)))
    rows += [
        (words.pair(words.say("stage"), words.code("forum", one.forum)), words.code("stage", one.current))
        for one in reading.axes.stages
    ]
    rows.append((words.say("public_status"), words.code("public_status", reading.axes.public_status)))
    rows.append((words.say("impunity"), words.code("impunity", reading.axes.impunity)))
    best = reading.axes.response.best
    if best:
        rows.append((words.say("best_grade"), words.pair(best, words.code("grade", best))))
    return Table(words.say("cover"), (), tuple(rows))


def _persons(case: CaseFile, telling: Telling) -> Table:
    """Persons by pseudonym, with what the key of the case itself seals; never a name."""
    known = kinds()["person_added"].fields
    names = [
        name for name in known if name in (allowed(telling.level, "person_added") or ()) and name != "person"
    ]
    used = [name for name in names if any(name in person.values for person in case.persons)]

    def told(person: Thing, name: str) -> str:
        return telling.value(known[name], person.values[name]) if name in person.values else ""

    rows = tuple((person.id, *(told(person, name) for name in used)) for person in case.persons)
    return Table(
        telling.words.say("persons"),
        (telling.words.field("person"), *(telling.words.field(name) for name in used)),
        rows,
    )


def ledger(case: CaseFile, letters: tuple[Demarche, ...], telling: Telling) -> Table:
    """Letters with what came back and how long it took."""
    words = telling.words
    inside, outside = telling.level is Level.INTERNAL, telling.level is Level.PUBLIC
    authority = {one.text("counterpart"): one.text("authority") for one in case.of("counterpart_added")}
    rows = tuple(
        (
            words.field("letter") if outside else words.code("letter", one.event.text("kind")),
            words.code("authority", authority.get(one.event.text("counterpart"), "other")) if inside else "",
            telling.span(one.sent),
            telling.span(one.acknowledged),
            telling.span(one.answered),
            telling.waiting(one.waiting),
            words.pair(one.grade, words.code("grade", one.grade)) if one.grade else "",
            "" if outside else telling.number(len(one.reminders)),
        )
        for one in letters
    )
    header = (
        words.field("letter"),
        words.field("counterpart"),
        *(words.say(name) for name in ("sent", "acknowledged", "answered")),
        words.say("days_waiting" if inside else "months_waiting"),
        words.say("grade"),
        words.say("reminders"),
    )
    return _without_empty(Table(words.say("ledger"), header, rows))


def courts(found: tuple[Proceeding, ...], telling: Telling) -> Table:
    """Proceedings per accused; outside only what kind of forum, and codes."""
    words = telling.words
    inside = telling.level is Level.INTERNAL

    def forum(one: Proceeding) -> str:
        name = words.code("forum", one.forum_class)
        return words.pair(name, words.state(one.state)) if inside and one.state else name

    rows = []
    for one in found:
        for accused in one.accused or (None,):
            head = (forum(one), words.listed(one.forums) if inside else "", words.code("stage", one.current))
            rows.append((*head, *(_accused(accused, telling) if accused else ("",) * 7)))
    header = (
        words.say("forum"),
        words.field("forum"),
        words.say("stage"),
        *(words.field(name) for name in ("accused", "number", "charge", "verdict", "finality", "sentence")),
        words.field("flag"),
    )
    return _without_empty(Table(words.say("proceedings"), header, tuple(rows)))


def _accused(one: Accused, telling: Telling) -> tuple[str, ...]:
    words = telling.words
    inside = telling.level is Level.INTERNAL
    verdicts = (words.code("verdict", judgment.verdict) for judgment in one.judgments)
    custody = (words.code("custody_status", one.custody),) if one.custody and inside else ()
    return (
        words.listed(one.who) if inside else "",
        telling.number(one.number) if inside else "",
        one.charge if inside else "",
        words.listed(verdicts),
        words.code("finality", one.finality) if one.judgments else "",
        words.listed((*(words.code("sentence", code) for code in one.sentences), *custody)),
        words.listed(words.code("proceeding_flag", code) for code in one.flags),
    )


def stays(found: tuple[Detention, ...], telling: Telling) -> Table:
    """Detentions of persons affected: who was held how long, and every kind of access with its answer and visits."""
    words = telling.words
    inside = telling.level is Level.INTERNAL
    rows = []
    for one in found:
        for days, end, outcome, who, number in _let_go(one):
            head = (
                words.listed(who) if inside else telling.persons(number),
                telling.span(one.start),
                telling.span(end) if end else words.say("until_now"),
                telling.number(days) if inside else "",
                words.code("detention_outcome", outcome) if outcome else "",
            )
            rows += [(*head, *_access(access, telling)) for access in one.access or (None,)]
    header = (
        words.field("persons"),
        *(words.say(name) for name in ("start", "end", "days")),
        words.field("outcome"),
        words.field("access"),
        words.say("requested"),
        words.field("answer"),
        words.say("visited"),
    )
    return _without_empty(Table(words.say("detention"), header, tuple(rows)))


def _let_go(one: Detention) -> list[tuple[Range, Span | None, str, list[str], int]]:
    """Those of a detention who were held equally long, together."""
    found: dict[tuple[Range, Span | None, str], list[Episode]] = {}
    for episode in one.episodes:
        found.setdefault((episode.days, episode.end, episode.outcome), []).append(episode)
    return [
        (*key, [who for episode in held for who in episode.who], sum(episode.number.high for episode in held))
        for key, held in found.items()
    ]


def _access(access: Access | None, telling: Telling) -> tuple[str, str, str, str]:
    if access is None:
        return ("", "", "", "")
    return (
        telling.words.code("access", access.kind),
        telling.span(access.requested),
        telling.words.code("access_answer", access.answer) if access.answer else "",
        telling.words.listed(dict.fromkeys(telling.span(visit.when) for visit in access.visits)),
    )


def _evidence(case: CaseFile, telling: Telling) -> Table:
    """Items with their hashes where this officer holds the key of evidence; what they are called stays sealed."""
    fields = kinds()["evidence_added"].fields
    names = ("evidence", "kind", "copy", "derived_from", "sha256", "size")
    may = allowed(telling.level, "evidence_added") or frozenset()
    rows = tuple(
        tuple(
            telling.value(fields[name], event.fields[name]) if name in event.fields and name in may else ""
            for name in names
        )
        for event in case.of("evidence_added")
    )
    words = telling.words
    return _without_empty(Table(words.say("evidence"), tuple(words.field(name) for name in names), rows))


def actions(due: tuple[Due, ...], telling: Telling) -> Table:
    """What is due, when and by whom."""
    words = telling.words
    rows = tuple(
        (
            words.say(one.heading),
            one.case,
            words.asked(one.rule, one.key) if one.rule else "",
            one.task or one.key,
            telling.span(one.due),
            words.code("role", one.owner) if one.owner else "",
            telling.number(one.late) if one.late.high else "",
        )
        for one in due
    )
    header = (
        words.say("when"),
        words.say("case"),
        words.say("rule"),
        words.field("task"),
        words.say("due"),
        words.say("owner"),
        words.say("overdue"),
    )
    return _without_empty(Table(words.say("open_actions"), header, rows))


def _sources(case: CaseFile, telling: Telling) -> Table:
    """Sources by their ids, with how many statements rest on each; who they are stands in no report."""
    words = telling.words
    resting: dict[str, list[str]] = {}
    for event in case.events:
        for source in event.sources:
            resting.setdefault(source, []).append(event.reliability)
    rows = tuple(
        (
            source,
            str(len(found)),
            words.listed(words.code("reliability", one) for one in dict.fromkeys(found)),
        )
        for source, found in sorted(resting.items())
    )
    return Table(
        words.say("sources"), (words.field("source"), words.say("statements"), words.say("reliability")), rows
    )


def _without_empty(table: Table) -> Table:
    """Leave out columns in which nothing stands."""
    kept = [at for at in range(len(table.header)) if any(row[at] for row in table.rows)]
    return Table(
        table.title,
        tuple(table.header[at] for at in kept),
        tuple(tuple(row[at] for at in kept) for row in table.rows),
    )


def note(text: str) -> Prose:
    """A sentence below a table."""
    return Prose("", (text,))
