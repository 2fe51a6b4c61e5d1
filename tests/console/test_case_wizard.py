"""At a terminal each verb asks only for what its step needs, once, and after that nothing is left to say."""

import sys
from itertools import product
from typing import Any, NamedTuple

import pytest

from casework.casefile import CaseFile
from casework.event import Statement, check_statement
from casework.needs import By, answers
from casework.span import on
from casework.values import parse_value
from casework.vocabulary import Field, codes, kinds
from casework.vocabulary.words import words
from console.cli.case.filling import fill
from console.cli.case.verbs import VERBS, Verb
from tests.casework.story import Story, day, hash_of

TODAY = day("2026-01-10")
ANSWERS = {
    "text": "words",
    "id": "X9",
    "ids": "X8, X9",
    "day": "2026-01-20",
    "span": "2026-01-02",
    "count": "2",
    "state": "SSD",
    "states": "SSD",
    "digest": hash_of("letter"),
}


def answer(field: Field, reason: str) -> str:
    """What somebody types; a reason is the one that needs most, where the verb has such."""
    if field.codes:
        wanted = reason if field.name == "reason" and reason in codes(field.codes) else ""
        return wanted or next(iter(codes(field.codes)))
    return ANSWERS[field.form]


class Person:
    """Somebody at the keyboard, who is asked in words and answers, and says nothing where that is enough."""

    def __init__(self, verb: Verb, reason: str, *, silent: bool) -> None:
        self.asked: list[str] = []
        self._fields = list(kinds()[verb.kind].fields.values())
        self._reason, self.is_silent = reason, silent

    def __call__(self, shown: str, *, default: str | None = None, **_how: Any) -> str:
        name = shown.removesuffix(", or nothing")
        field = next(one for one in self._fields if words("en").field(one.name) == name)
        self.asked.append(field.name)
        assert (default is None) == (name == shown)
        return "" if self.is_silent and default is not None else answer(field, self._reason)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: " ".join(verb.words))
def test_a_verb_asks_for_what_its_step_needs_and_for_nothing_else(
    verb: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Story().registered().case(TODAY)
    officer = By("ops-1", frozenset({"accountability_officer"}))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    for reason, silent in product(("", "another_handles", "duplicate", "found"), (False, True)):
        person = Person(verb, reason, silent=silent)
        monkeypatch.setattr("typer.prompt", person)
        said = fill(case, verb, {}, Asking(*officer))
        check(case, verb, said, person, officer)


class Asking(NamedTuple):
    """Who is asked, as a desk has it."""

    officer_id: str
    roles: frozenset[str]


def check(case: CaseFile, verb: Verb, said: dict[str, str], person: Person, officer: By) -> None:
    kind = kinds()[verb.kind]
    values = {name: parse_value(kind.fields[name], text) for name, text in said.items()}
    statement = Statement(verb.kind, on(TODAY), values)
    required = {field.name for field in kind.fields.values() if field.required}
    alone = Statement(verb.kind, on(TODAY), {name: values[name] for name in values if name in required})
    needed = answers(case, alone, officer)
    check_statement(statement, TODAY)
    assert answers(case, statement, officer) == ()
    assert len(set(person.asked)) == len(person.asked)
    assert set(person.asked) <= required | {name for names in needed for name in names}
    assert not set(person.asked) & {*verb.fixed, verb.new.partition(":")[0]}
    for names in needed:
        assert [name for name in person.asked if name in names] == list(
            names if person.is_silent else names[:1]
        )


def test_a_step_that_needs_more_for_one_reason_asks_for_it_there_alone() -> None:
    case = Story().registered().case(TODAY)
    by = By("ops-1", frozenset({"approver"}))

    def needed(kind: str, **said: str) -> tuple[tuple[str, ...], ...]:
        values = {name: parse_value(kinds()[kind].fields[name], text) for name, text in said.items()}
        return answers(case, Statement(kind, on(TODAY), values), by)

    assert needed("voided", reason="duplicate") == (("other_case",),)
    assert needed("voided", reason="out_of_scope") == ()
    assert needed("no_demarche_proposed", reason="another_handles") == (("handled_by",),)
    assert needed("closure_proposed", reason="found") == (("justice_reason",),)
    assert needed("closed") == (("informed", "not_informed_reason"),)
    assert needed("verdict", number="3") == ()
    assert needed("verdict") == (("accused", "number"),)
