"""What an officer can do with a case now, and each step as a form that is made from the table of kinds.

The table says which fields there are, who may say it and when; the verbs of the command line say what is filled in.
"""

from collections.abc import Mapping
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.client.desk import RemoteDesk
from casework.client.line import Caller
from casework.errors import CaseInputError, NotFoundError, RefusedError, SessionError
from casework.event import Statement
from casework.lifecycle import MOVES, actions
from casework.needs import By, answers
from casework.report.telling import Level, Telling
from casework.report.timeline import describe
from casework.vocabulary import Form, codes, kinds
from casework.vocabulary.words import Words, words
from console.errors import NoPageError
from console.saying import complete, known_ids
from console.verbs import VERBS, Verb
from console.web.officer.fields import (
    asked_of,
    digests_of,
    fault_of,
    own_of,
    request_id_of,
    statement_of,
    typed_of,
)
from console.web.officer.opening import at_desk
from console.web.visit import Answer, Elsewhere, Page, Visit

# Kinds that have pages of their own, or that are said beside the node only.
ELSEWHERE = frozenset(
    {
        *("opened", "evidence_added", "custody", "erased"),
        *("row_imported", "joint_confirmed", "joint_withdrawn", "break_glass"),
    }
)
_MOVES = MOVES.keys() | {"hold_lifted", "closure_refused", "closure_assented"}


class Step(NamedTuple):
    """Something that can be done now: by which name, in words, in which part of a case, and what it needs first."""

    key: str
    words: str
    lane: str
    move: bool
    missing: tuple[str, ...]


class Filled(NamedTuple):
    """A form of a step as it stands: what is filled in, and what is wrong with it."""

    case: CaseFile
    verb: Verb
    values: Mapping[str, str]
    faults: Mapping[str, str]


def steps_of(case: CaseFile, officer: Caller, said: Words) -> tuple[Step, ...]:
    """Everything that this officer may do now, what moves the case first."""
    found = [
        Step(
            _key(verb),
            _words(verb, said),
            said.word("lane", action.kind.lane),
            action.kind.name in _MOVES,
            action.missing,
        )
        for action in actions(case, officer.officer_id, officer.roles)
        if action.kind.name not in ELSEWHERE
        for verb in _verbs(action.kind.name)
    ]
    return tuple(sorted(found, key=lambda step: not step.move))


def _key(verb: Verb) -> str:
    return "-".join(verb.words)


def _verbs(kind: str) -> tuple[Verb, ...]:
    return tuple(verb for verb in VERBS if verb.kind == kind) or (Verb((kind,), kind, ""),)


def _find(key: str) -> Verb:
    for kind in kinds().keys() - ELSEWHERE:
        for verb in _verbs(kind):
            if _key(verb) == key:
                return verb
    raise NoPageError("there is no such page")


def _words(verb: Verb, said: Words) -> str:
    told, fields = said.kind(verb.kind), kinds()[verb.kind].fields
    fixed = [said.code(fields[name].codes, code) for name, code in verb.fixed.items()]
    return said.pair(told, said.listed(fixed)) if fixed else told


@at_desk
def ask(visit: Visit, desk: RemoteDesk) -> Answer:
    """The form of a step, with what a link says or what can only be meant filled in."""
    verb, case = _find(visit.asks("step")), desk.read(visit.asks("id"))
    kept = visit.works.desks.take(visit.who.key, visit.page, desk.officer.officer_id, visit.now)
    typed = typed_of(verb.kind, kept or visit.asked)
    return _form(
        visit, desk, Filled(case, verb, own_of(kept) | complete(case, verb, typed, desk.officer), {}), 200
    )


@at_desk
def take(visit: Visit, desk: RemoteDesk) -> Answer:
    """Say it, or show beside each field what is wrong with it."""
    verb, case = _find(visit.asks("step")), desk.read(visit.asks("id"))
    typed, own = typed_of(verb.kind, visit.form) | digests_of(verb.kind, visit), own_of(visit.form)
    values = complete(case, verb, typed, desk.officer)
    statement, faults = statement_of(verb.kind, values, own, desk.today)
    if statement is not None:
        faults = _lacking(case, statement, desk.officer)
    if statement is not None and not faults:
        try:
            desk.say(case.uid, statement, request_id=request_id_of(visit))
        except (CaseInputError, RefusedError) as error:
            if error.reason in {SessionError.reason, NotFoundError.reason}:
                raise
            faults = fault_of(verb.kind, error)
        else:
            return Elsewhere(f"/case?id={case.uid}&done={verb.kind}")
    return _form(visit, desk, Filled(case, verb, own | values, faults), 422)


def _lacking(case: CaseFile, said: Statement, officer: Caller) -> dict[str, str]:
    """Fields that only this step of this case needs."""
    groups = answers(case, said, By(officer.officer_id, officer.roles))
    return {names[0]: "needed" for names in groups}


def _form(visit: Visit, desk: RemoteDesk, filled: Filled, status: int) -> Answer:
    case, verb = filled.case, filled.verb
    said, kind = words(visit.language), kinds()[verb.kind]
    now = [one for one in actions(case, desk.officer.officer_id, desk.officer.roles) if one.kind == kind]
    proposal = case.by_id(filled.values.get("proposal", "")) if verb.proposal else None
    hidden = {*verb.fixed, *(("proposal",) if proposal else ())}
    telling = Telling(said, Level.INTERNAL)
    facts = {
        "case": case,
        "verb": _words(verb, said),
        "page": visit.page,
        "fields": [asked_of(case, one, said) for one in kind.fields.values() if one.name not in hidden],
        "values": filled.values,
        "faults": filled.faults,
        "names": {
            **{name: said.field(name) for name in kind.fields},
            "when": said.word("say", "when"),
            "known_on": said.word("say", "known_as_of"),
            "sources": said.word("say", "sources"),
        },
        "missing": now[0].missing if now else (),
        "possible": bool(now),
        "proposal": (describe(proposal, telling), proposal.recorded_by) if proposal else None,
        "reliabilities": [(code, said.code("reliability", code)) for code in codes("reliability")],
        "known_sources": known_ids(case, "source"),
        "files": any(field.form is Form.DIGEST for field in kind.fields.values()),
        "request_id": request_id_of(visit),
        "words": said,
    }
    return Page("officer/step.html", facts, status)
