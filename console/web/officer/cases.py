"""What is due, where every case stands, and one case with its picture and what can be done now."""

from collections.abc import Callable
from typing import NamedTuple
from xml.etree.ElementTree import tostring

from markupsafe import Markup

from casework.board import Standing
from casework.casefile import CaseFile, case_name
from casework.client.desk import RemoteDesk
from casework.legal import bound
from casework.lifecycle import follow
from casework.printing.svg import svg_element
from casework.report.dossier import dossier
from casework.report.page import Picture, Prose, Section
from casework.report.reading import reading_of
from casework.report.telling import Level, Telling
from casework.vocabulary import codes, kinds
from casework.vocabulary.words import words
from casework.worklist import Item, When, Worklist, worklist
from console.web.officer.fields import printing
from console.web.officer.opening import at_desk
from console.web.officer.steps import steps_of
from console.web.visit import Answer, Page, Table, Visit

WHENS = (When.OVERDUE, When.TODAY, When.WEEK, When.LATER)
DUE_COLUMNS = (
    "case",
    "clock",
    "what_to_do",
    "due_from",
    "due_until",
    "when",
    "whose_task",
    "level",
    "remark",
)
BOARD_COLUMNS = (
    "case",
    "categories",
    "host_state",
    "incident",
    "state",
    "since",
    "public_status",
    "impunity",
    "days_overdue",
    "no_next_action",
    "owner",
)


class Part(NamedTuple):
    """A part of a case: its heading, and a table, sentences or a picture with the words that say the same."""

    title: str
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    picture: Markup = Markup("")


def telling_in(language: str) -> Telling:
    """How values are told to officers."""
    return Telling(words(language), Level.INTERNAL)


def _work(desk: RemoteDesk, cases: tuple[CaseFile, ...]) -> Worklist:
    table = desk.treaties
    return worklist(cases, desk.today, desk.rules, {case.uid: bound(table, case) for case in cases})


class Todo(NamedTuple):
    """Something that is due, in words."""

    uid: str
    name: str
    what: str
    key: str
    due: str
    owner: str
    level: str
    late: str


def _todo(item: Item, telling: Telling) -> Todo:
    clock, said = item.clock, telling.words
    late = clock.overdue(item.case.valid_as_of)
    return Todo(
        item.case.uid,
        item.case.name,
        clock.text if clock.rule.id == "task" else said.asked(clock.rule.id, clock.key),
        clock.key,
        telling.span(clock.due),
        said.code("role", clock.rule.owner),
        said.code("level", item.level),
        telling.number(late) if late.high else "",
    )


@at_desk
def due(visit: Visit, desk: RemoteDesk) -> Answer:
    """What is overdue, due today, within a week or later, and open cases in which nothing is ahead."""
    found, telling = _work(desk, desk.read_all()), telling_in(visit.language)
    everything = visit.asks("later") == "yes"
    groups = [
        (when, telling.words.say(when), [_todo(item, telling) for item in found.within(when)])
        for when in WHENS
        if everything or when is not When.LATER
    ]
    facts = {
        "groups": groups,
        "idle": [(case.uid, case.name) for case in found.no_next_action],
        "later": 0 if everything else len(found.within(When.LATER)),
        "notices": [(one, case_name(one.case)) for one in desk.notices],
        "words": telling.words,
    }
    return Page("officer/due.html", facts)


@at_desk
def take_due(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same as a file, with the codes of the command line; in the language of the page where it is printed."""
    found = _work(desk, desk.read_all())
    if printing(visit):
        return _printed_due(found, telling_in(visit.language))
    rows = [
        (
            item.case.name,
            item.clock.key,
            item.clock.text,
            str(item.clock.due.earliest),
            str(item.clock.due.latest),
            str(item.when),
            item.clock.rule.owner,
            item.level,
            item.remark,
        )
        for item in found.items
    ]
    rows += [(case.name, "", "", "", "", "no next action", "", "", "") for case in found.no_next_action]
    return Table("due", DUE_COLUMNS, tuple(rows))


def _printed_due(found: Worklist, telling: Telling) -> Table:
    said = telling.words
    rows = []
    for item in found.items:
        todo = _todo(item, telling)
        rows.append((todo.name, todo.what, todo.key, todo.due, said.say(item.when), todo.owner, todo.late))
    rows += [(case.name, said.word("say", "no_action"), "", "", "", "", "") for case in found.no_next_action]
    header = (
        said.word("say", "case"),
        said.field("task"),
        said.field("clock"),
        *(said.word("say", name) for name in ("due", "when", "owner", "overdue")),
    )
    return Table(said.word("report", "worklist"), header, tuple(rows))


def _chosen(visit: Visit, desk: RemoteDesk) -> list[Standing]:
    """The cases that the link asks for, those first that are late for longest."""
    tests: dict[str, Callable[[Standing], str]] = {
        "state": lambda one: one.state,
        "country": lambda one: one.host_state,
        "owner": lambda one: one.owner,
    }
    found = [
        one
        for one in desk.board()
        if all(visit.asks(name) in {"", told(one)} for name, told in tests.items())
    ]
    return sorted(found, key=lambda one: -1 if one.days_overdue is None else one.days_overdue, reverse=True)


@at_desk
def board(visit: Visit, desk: RemoteDesk) -> Answer:
    """Where every case of this officer stands."""
    telling = telling_in(visit.language)
    facts = {
        "rows": [(one, case_name(one.uid), *_told(one, telling)) for one in _chosen(visit, desk)],
        "states": [(code, telling.words.code("state", code)) for code in codes("state")],
        "asked": {name: visit.asks(name) for name in ("state", "country", "owner")},
        "words": telling.words,
        "officer": desk.officer.officer_id,
        "opens": bool(kinds()["opened"].roles & desk.officer.roles),
    }
    return Page("officer/board.html", facts)


def _told(one: Standing, telling: Telling) -> tuple[str, ...]:
    said = telling.words
    return (
        said.listed(said.code("category", code) for code in one.categories),
        said.state(one.host_state),
        telling.span(one.incident),
        said.code("state", one.state),
        telling.day(one.since),
        said.code("public_status", one.public_status),
        said.code("impunity", one.impunity),
    )


@at_desk
def take_board(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same as a file, in codes; in the language of the page where it is printed."""
    if printing(visit):
        return _printed_board(_chosen(visit, desk), telling_in(visit.language))
    rows = [
        (
            case_name(one.uid),
            ";".join(one.categories),
            one.host_state,
            str(one.incident or ""),
            one.state,
            str(one.since),
            one.public_status,
            one.impunity,
            one.days_overdue,
            "yes" if one.idle else "no",
            one.owner,
        )
        for one in _chosen(visit, desk)
    ]
    return Table("cases", BOARD_COLUMNS, tuple(rows))


def _printed_board(found: list[Standing], telling: Telling) -> Table:
    said = telling.words
    rows = tuple(
        (
            case_name(one.uid),
            *_told(one, telling),
            said.word("say", "no_action") if one.idle else one.days_overdue,
            one.owner,
        )
        for one in found
    )
    header = (
        said.word("say", "case"),
        said.word("say", "category"),
        said.field("host_state"),
        *(
            said.word("say", name)
            for name in ("incident_date", "follow_up", "since", "public_status", "impunity")
        ),
        said.word("say", "overdue"),
        said.field("owner"),
    )
    return Table(said.word("say", "all_cases"), header, rows)


@at_desk
def case_page(visit: Visit, desk: RemoteDesk) -> Answer:
    """One case: what is due, what can be done now, and everything that its dossier says of it."""
    case, telling = desk.read(visit.asks("id")), telling_in(visit.language)
    reading = reading_of(case, desk.rules)
    page = dossier(reading, telling)
    actions = telling.words.word("say", "open_actions")  # they stand above, with links
    work = _work(desk, (case,))
    done = visit.asks("done")
    facts = {
        "case": case,
        "title": case.about.text("title"),
        "state": telling.words.code("state", follow(case).state),
        "since": telling.day(reading.since),
        "cover": page.sections[0],
        "parts": [part_of(one, page.language) for one in page.sections[1:] if one.title != actions],
        "todo": [_todo(item, telling) for item in work.items],
        "idle": bool(work.no_next_action),
        "steps": steps_of(case, desk.officer, telling.words),
        "done": telling.words.kind(done) if done in kinds() else "",
        "words": telling.words,
    }
    return Page("officer/case.html", facts)


def part_of(section: Section, language: str) -> Part:
    """A section of a report as a part of a page."""
    if isinstance(section, Picture):
        element = svg_element(section, language, right_to_left=words(language).right_to_left)
        # The texts in it were escaped when it was written.
        return Part(section.title, picture=Markup(tostring(element, "unicode")))  # noqa: S704 - see above
    if isinstance(section, Prose):
        return Part(section.title, lines=section.lines)
    return Part(section.title, section.header, section.rows)
