"""Letters to a government from a case's own facts, in the language of the letter: what each asks for and may say.

A letter says category, date, State, and how many persons of which kind of staff are affected. Names, place and words of
the officer's own stand in it only when the officer chose them; what is sealed under other keys never does. Treaties
are spoken of in general: the legal adviser says which applies (casework 9).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from casework.casefile import CaseFile, Thing
from casework.communications import Demarche
from casework.consent import blocked, survivors
from casework.errors import CaseInputError, FieldError, RoleError
from casework.event import Statement
from casework.lifecycle import check_action, follow
from casework.report.page import Page, Prose, Section, Table
from casework.report.reading import Reading
from casework.report.telling import Level, Telling
from casework.span import on
from casework.values import Gap
from casework.vocabulary.words import Words

KINDS = (
    "note_verbale",
    "reminder",
    "yearly_request",
    "urgent_appeal",
    "allegation_letter",
    "access_request",
    "state_notice",
)
_IN_NOTE_FORM = frozenset({"foreign_ministry", "permanent_mission"})
_AT_ONCE = frozenset({"urgent_appeal", "access_request"})
_HARMED = frozenset(
    {
        "death_violence",
        "serious_injury_violence",
        "sexual_violence",
        "premises_attack",
        "harassment",
        "abduction",
    }
)
_NOBODY = "0" * 64  # the document of a letter that is not written yet


@dataclass(frozen=True, slots=True)
class Draft:
    """What the officer chose for a letter.

    Attributes:
        kind: One of `KINDS`.
        sender: Name of the organization as it signs.
        counterpart: Id of the addressee; empty for the first that is known.
        day: The day on the letter.
        reply_by: By when an answer is asked for.
        names: Whether persons affected are named; survivors of sexual violence never are.
        place: Whether the place of the incident is told.
        text: A paragraph of the officer's own; empty for none.
    """

    kind: str
    sender: str
    day: date
    reply_by: date
    counterpart: str = ""
    names: bool = False
    place: bool = False
    text: str = ""


def letter(reading: Reading, draft: Draft, words: Words) -> Page:
    """Write a letter about one case.

    Raises:
        FieldError: The kind is none of these, there is no addressee, or nothing that it could remind of.
        RoleError: Names were asked for, and the officer holds no key for them.
    """
    if draft.kind not in KINDS or draft.kind == "yearly_request":
        raise FieldError(
            "kind",
            "{kind!r} is none of {kinds}",
            kind=draft.kind[:40],
            kinds=", ".join(one for one in KINDS if one != "yearly_request"),
        )
    case, telling = reading.case, Telling(words, Level.INTERNAL)
    if draft.kind == "reminder" and not reading.waiting:
        raise FieldError(
            "kind", "no letter of this case waits for an answer, so there is nothing to remind of"
        )
    if draft.kind == "access_request" and not any(one.ongoing for one in reading.detentions):
        raise FieldError("kind", "nobody is detained, so there is nobody to ask access to")
    authority, state = _addressee(case, draft.counterpart)
    sections: list[Section] = [_facts(case, draft, telling)]
    if draft.text.strip():
        sections.append(Prose(words.word("letter", "further"), tuple(draft.text.strip().splitlines())))
    earlier = reading.waiting if draft.kind == "reminder" else reading.letters
    if earlier and draft.kind in {"reminder", "state_notice"}:
        sections.append(_earlier(earlier, telling))
    wanted = _asks(case, draft.kind)
    head = _head(draft, telling, authority, state, case.about.text("public_ref"))
    return _page(draft, telling, authority, (head, *sections), wanted)


def yearly_request(readings: Iterable[Reading], state: str, draft: Draft, words: Words) -> Page:
    """Write the one request of the year to a host State, with the list of all its cases (D7).

    Raises:
        FieldError: There is no case of that State that may be brought forward.
    """
    cases = [one for one in readings if one.case.host_state == state]
    if not cases:
        raise FieldError(
            "state", "there is no case of {state!r} that may be brought forward", state=state[:40]
        )
    telling = Telling(words, Level.INTERNAL)
    rows = tuple(
        (
            one.case.about.text("public_ref"),
            words.listed(words.code("category", code) for code in one.case.categories),
            telling.span(one.case.incident),
            telling.persons(len(_told(one.case))),
            telling.span(one.letters[-1].sent) if one.letters else words.say("none"),
            telling.number(one.axes.response.waiting),
        )
        for one in sorted(cases, key=lambda one: (one.case.incident or on(date.max), one.case.uid))
    )
    header = (
        words.word("letter", "reference"),
        words.say("category"),
        words.say("incident_date"),
        words.say("persons_number"),
        words.say("latest_letter"),
        words.say("days_waiting"),
    )
    sections: list[Section] = [Table(words.word("letter", "cases"), header, rows)]
    if draft.text.strip():
        sections.append(Prose(words.word("letter", "further"), tuple(draft.text.strip().splitlines())))
    wanted = ("ask_inform", "ask_justice")
    head = _head(draft, telling, "foreign_ministry", state, f"{draft.day.year}/{state}")
    return _page(draft, telling, "foreign_ministry", (head, *sections), wanted)


def may_be_sent(case: CaseFile, draft: Draft, officer: str, roles: frozenset[str]) -> None:
    """Check, before a word is written, that this officer could send it now: state, role, consent and release.

    Raises:
        ActionError: The case is on hold, or in another state in which nothing is sent.
        ConsentError: A survivor has not agreed, or has withdrawn.
        RoleError: Letters belong to another role.
    """
    first = next(iter(case.of("counterpart_added")), None)
    named = draft.counterpart or (first.text("counterpart") if first else "")
    fields = {"letter": "L", "kind": draft.kind, "counterpart": named, "document": _NOBODY}
    check_action(case, Statement("letter_sent", on(draft.day), fields), officer, roles)


def may_be_listed(reading: Reading, draft: Draft, officer: str, roles: frozenset[str]) -> bool:
    """Whether a case may stand in the yearly list; an addressee of its own it does not need."""
    first = next(iter(reading.case.of("counterpart_added")), None)
    if first is None or reading.state != follow(reading.case).state:
        return False
    try:
        may_be_sent(reading.case, draft, officer, roles)
    except CaseInputError:
        return False
    return True


def _head(draft: Draft, telling: Telling, authority: str, state: str, reference: str) -> Prose:
    words = telling.words
    lines = (
        words.code("authority", authority),
        words.state(state),
        "",
        words.pair(words.word("letter", "date"), telling.day(draft.day)),
        words.pair(words.word("letter", "reference"), reference),
    )
    return Prose("", lines, plain=True)


def _page(
    draft: Draft, telling: Telling, authority: str, told: tuple[Section, ...], wanted: tuple[str, ...]
) -> Page:
    words = telling.words
    form = "note" if authority in _IN_NOTE_FORM else "letter"
    named = {"org": draft.sender, "to": words.word("letter", f"to_{authority}")}
    opening, closing = (words.word("letter", f"{form}_{part}").format(**named) for part in ("open", "close"))
    last = "ask_now" if draft.kind in _AT_ONCE else "ask_reply"
    asked = [words.word("letter", one).format(day=telling.day(draft.reply_by)) for one in (*wanted, last)]
    head, *facts = told
    sections = (
        head,
        Prose("", (opening, words.word("letter", f"about_{draft.kind}"))),
        *facts,
        Prose(words.word("letter", "asks"), tuple(f"({at}) {text}" for at, text in enumerate(asked, 1))),
        Prose("", (closing,)),
        Prose("", (draft.sender,), plain=True),
    )
    return Page(words.language, words.right_to_left, words.code("letter", draft.kind), (), sections)


def _addressee(case: CaseFile, counterpart: str) -> tuple[str, str]:
    known = {event.text("counterpart"): event for event in case.of("counterpart_added")}
    event = known.get(counterpart) if counterpart else next(iter(known.values()), None)
    if event is None:
        raise FieldError("counterpart", "there is no such addressee; add one with counterpart_added")
    return event.text("authority"), event.text("state")


def _facts(case: CaseFile, draft: Draft, telling: Telling) -> Table:
    words = telling.words
    rows = [
        (words.say("category"), words.listed(words.code("category", code) for code in case.categories)),
        (words.field("host_state"), words.state(case.host_state)),
        (words.say("incident_date"), telling.span(case.incident)),
    ]
    persons = _told(case)
    place = next((event.text("place") for event in case.of("incident") if event.text("place")), "")
    if draft.place and (place or case.about.text("place")):
        rows.append((words.field("place"), place or case.about.text("place")))
    rows.append((words.say("persons_number"), telling.persons(len(persons))))
    staff = [person.text("staff") for person in persons]
    rows += [
        (words.code("staff", code), telling.number(staff.count(code)))
        for code in dict.fromkeys(staff)
        if code
    ]
    if draft.names:
        rows.append((words.field("name"), words.apart(_names(case))))
    return Table(words.word("letter", "facts"), (), tuple(rows))


def _told(case: CaseFile) -> tuple[Thing, ...]:
    """Persons of whom a government may hear: not who refused or withdrew."""
    silent = set(blocked(case, "demarche"))
    return tuple(person for person in case.persons if person.id not in silent)


def _names(case: CaseFile) -> list[str]:
    hidden = set(survivors(case))
    found = []
    for person in _told(case):
        if person.values.get("name") is Gap.WITHHELD:
            raise RoleError("you hold no key for identities, so names can not stand in this letter")
        if person.id not in hidden and person.text("name"):
            found.append(person.text("name"))
    return found


def _earlier(letters: tuple[Demarche, ...], telling: Telling) -> Table:
    words = telling.words
    rows = tuple(
        (
            words.code("letter", one.event.text("kind")),
            telling.span(one.sent),
            telling.number(len(one.reminders)),
            telling.number(one.waiting),
        )
        for one in letters
    )
    header = (words.field("letter"), words.say("sent"), words.say("reminders"), words.say("days_waiting"))
    return Table(words.word("letter", "earlier"), header, rows)


def _asks(case: CaseFile, kind: str) -> tuple[str, ...]:
    """What is asked for, by category of the case and kind of letter."""
    if kind == "state_notice":
        return ("ask_notice_measures", "ask_notice_outcome", "ask_inform")
    held = "detention" in case.categories
    foreign = any(set(person.many("nationalities")) - {case.host_state} for person in case.persons)
    access = ("ask_grounds", "ask_access", *(("ask_consular",) if foreign else ()))
    if kind == "access_request":
        return access
    wanted = [*(access if held else ()), *(("ask_release",) if held else ())]
    if "abduction" in case.categories:
        wanted.append("ask_return")
    if _HARMED & set(case.categories):
        wanted += ["ask_investigate", "ask_justice"]
    return (*wanted, "ask_inform", *(("ask_protect",) if kind == "urgent_appeal" else ()))
