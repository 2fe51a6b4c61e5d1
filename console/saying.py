"""What is said of a case, out of what somebody typed: at a terminal or on a page, with what follows filled in."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from casework.casefile import CaseFile
from casework.deadlines import ClockState, clocks
from casework.errors import FieldError
from casework.event import Statement
from casework.lifecycle import follow
from casework.span import on, parse_span
from casework.values import parse_value
from casework.vocabulary import Field, Form, Kind, kinds
from casework.vocabulary.deadlines import Rules
from casework.vocabulary.words import words
from console.verbs import Verb
from crypto.sentence import Sentence

# Fields that name an event by its id, of which the first signs are enough.
_EVENTS = frozenset({"proposal", "planned", "chosen"})
# Forms of fields that speak of what the case knows already; words, days and documents are never those of before.
_MEANT = frozenset({Form.ID, Form.IDS, Form.STATE})
# Fields that speak of the same things as another.
_SAME = {
    "reminder_of": "letter",
    "in_reply_to": "letter",
    "persons": "person",
    "accused": "party",
    "parties": "party",
}


def kind_with(name: str, given: Iterable[str]) -> Kind:
    """The kind of event of a name that has these fields.

    Raises:
        FieldError: There is none, or it lacks a field.
    """
    known = kinds().get(name)
    if known is None:
        raise FieldError(
            "action", "{name!r} is no action; `tocsin case act CASE` shows what there is", name=name[:40]
        )
    unknown = sorted(set(given) - known.fields.keys())
    if unknown:
        raise FieldError(
            unknown[0],
            "{name} has no such field; it has {fields}",
            name=name,
            fields=", ".join(known.fields) or Sentence("none"),
        )
    return known


def make_statement(
    kind: str, given: Mapping[str, str], when: str, today: date, known_on: date | None
) -> Statement:
    """A statement out of texts.

    Raises:
        FieldError: There is no such action or field, or a value is not of its form.
    """
    known = kind_with(kind, given)
    values = {name: parse_value(known.fields[name], text) for name, text in given.items()}
    return Statement(kind, parse_span(when) if when else on(today), values, known_on)


def complete(case: CaseFile, verb: Verb, given: Mapping[str, str], officer: Any) -> dict[str, str]:
    """What to say, as texts by field: what was typed, what the verb says by itself, and what can only be meant.

    Args:
        case: That it is said of.
        verb: What is said.
        given: What somebody typed.
        officer: Who says it, with `officer_id` and `roles`.

    Raises:
        FieldError: A field does not exist.
    """
    said = {**verb.fixed, **given}
    for name, field in kind_with(verb.kind, given).fields.items():
        if name in _EVENTS:
            said[name] = _event(case, verb, said.get(name, ""))
        elif name not in said:
            said[name] = _usual(case, verb, field, said, officer)
    return {name: text for name, text in said.items() if text}


def told(case: CaseFile, verb: Verb, said: Mapping[str, str], rules: Rules, today: date) -> str:
    """What was written down, where the case stands now, and what is due next."""
    english = words("en")
    name = said.get(verb.new.partition(":")[0], "") if verb.new else ""
    what = " ".join(filter(None, (english.kind(verb.kind), name)))
    ahead = [clock for clock in clocks(case, today, rules) if clock.state is ClockState.OPEN]
    following = f" Next: {ahead[0].text}, {ahead[0].due} ({ahead[0].key})." if ahead else ""
    return f"{what}. {case.name}: {english.code('state', follow(case).state)}.{following}"


def known_ids(case: CaseFile, name: str) -> list[str]:
    """Ids that events of the case gave to things that a field of this name speaks of, each once, in their order."""
    subject = _SAME.get(name, name)
    singles = [event.text(subject) for event in case.events]
    several = [
        one
        for event in case.events
        for other, of in _SAME.items()
        if of == subject
        for one in event.many(other)
    ]
    return list(dict.fromkeys(filter(None, (*singles, *several))))


def _usual(case: CaseFile, verb: Verb, field: Field, said: Mapping[str, str], officer: Any) -> str:
    """What a field holds if nobody says anything else: a new id, the only thing that it can mean, or nothing."""
    new, _, letter = verb.new.partition(":")
    if field.name == new:
        return _next(letter, known_ids(case, new))
    if verb.kind == "reopened" and field.name == "owner":
        return str(officer.officer_id)
    if verb.kind == "hold_set" and field.name == "role":
        held = sorted(officer.roles & kind_with(verb.kind, ()).roles)
        return held[0] if len(held) == 1 else ""
    if field.name == "reminder_of" and said.get("kind") == "reminder":
        return _only(case, field.name)
    if field.name == "counterpart" and field.required:
        return _addressee(case, said.get("reminder_of", "") or _only(case, "reminder_of")) or _only(
            case, field.name
        )
    return _only(case, field.name) if field.required and field.form in _MEANT else ""


def _only(case: CaseFile, name: str) -> str:
    """The only thing that a field can mean; nothing if there are several."""
    known = known_ids(case, name)
    if _SAME.get(name, name) == "letter":
        reminders = {event.text("letter") for event in case.of("letter_sent") if event.text("reminder_of")}
        known = [one for one in known if one not in reminders]
    return known[0] if len(known) == 1 else ""


def _next(letter: str, known: list[str]) -> str:
    numbers = [int(found[1]) for one in known if (found := re.fullmatch(letter + r"([0-9]{1,6})", one))]
    return f"{letter}{max(numbers, default=0) + 1}"


def _addressee(case: CaseFile, reminded: str) -> str:
    sent = [event for event in case.of("letter_sent") if reminded and event.text("letter") == reminded]
    return sent[-1].text("counterpart") if sent else ""


def _event(case: CaseFile, verb: Verb, named: str) -> str:
    """The whole id of an event of which somebody wrote the first signs; the last proposal, if none is named."""
    named = named.removeprefix("task:")
    if not named:
        last = case.last(verb.proposal) if verb.proposal else None
        return last.event_id if last is not None else ""
    found = [event.event_id for event in case.events if event.event_id.startswith(named)]
    return found[0] if len(found) == 1 else named
