"""At a terminal each verb asks only for what its step needs, once, and after that nothing is left to say."""

import sys
from collections.abc import Callable
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
from console.cli.case.filling import fill, needed
from console.verbs import VERBS, Verb
from tests.casework.story import Story, day, hash_of
from tests.console.command_line import tocsin

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


ALSO_ASKED = {  # commands that say no event by themselves, and what they ask for
    ("grant", "CASE", "law"): ("--right", "--reason"),
    ("revoke", "CASE", "law"): ("--reason",),
    ("evidence", "add", "CASE", "E1", __file__): ("--kind",),
    ("evidence", "transfer", "CASE", "E1"): ("--from", "--to"),
    ("evidence", "extract", "CASE", "E1", "out"): ("--purpose",),
    ("evidence", "export", "CASE", "E1"): ("--out", "--to", "--purpose"),
    ("evidence", "destroy", "CASE", "E1"): ("--purpose",),
}


@pytest.mark.parametrize("words", ALSO_ASKED, ids=lambda words: " ".join(words[:2]))
def test_what_is_left_out_is_named_where_nobody_can_be_asked(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Desk:
        today = TODAY

        def __getattr__(self, name: str) -> Callable[..., str]:
            return lambda *_what, **_how: name  # whatever the command does with what it was given

    for module in ("access", "evidence"):
        monkeypatch.setattr(f"console.cli.case.{module}.desk_of", lambda *_who, **_how: Desk())
    given: list[str] = []
    for option in ALSO_ASKED[words]:
        ran = tocsin("case", *words, *given, "--as", "ops")
        assert ran.code == 2
        assert f"Invalid value for {option}: is missing" in ran.err
        given += [option, "x"]


def test_at_a_terminal_one_is_asked_until_the_answer_can_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = iter(("", "gossip", "read, export"))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.prompt", lambda _shown, **_how: next(told))

    assert needed("--right", "", "Which rights", "right") == "read, export"
    assert needed("--reason", "given", "Why") == "given"
    assert "choose of read, write" in capsys.readouterr().err
