"""Fields of a form that is made from the table of kinds, and what somebody typed into them as a statement."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import BinaryIO, NamedTuple
from uuid import UUID, uuid4

from casework.casefile import CaseFile
from casework.erasing import ALL
from casework.errors import CaseworkError, FieldError
from casework.event import Statement
from casework.span import on, parse_span
from casework.values import parse_value
from casework.vocabulary import Field, Form, Group, codes, kinds
from casework.vocabulary.words import Words
from console.saying import known_ids
from console.web.lists import PRINT
from console.web.visit import Fields, Visit
from crypto.sentence import Sentence

OWN = ("when", "known_on", "sources", "reliability")  # of every statement, whatever its kind
CHOOSE = "choose one of the list"
GROUPS = "groups"  # of fields: which ones the table of kinds does not list
_LONG = frozenset(
    {
        *("text", "reason", "proof", "fact", "account", "finding", "content", "details", "claim", "contact"),
        *("next_of_kin", "medical", "outcome", "grounds", "risk"),
    }
)
_BLOCK = 1 << 20  # bytes of a document that are read at once


class Asked(NamedTuple):
    """A field of a form.

    Attributes:
        name: As the table of kinds has it.
        words: In the language of the page.
        form: One of `Form`.
        required: Whether it has to be filled in.
        choices: Codes with their words, where it names some.
        known: Ids that it can mean.
        sealed: In words, which right reads it; empty where everybody does who reads the case.
        long: Whether somebody writes sentences in it.
    """

    name: str
    words: str
    form: str
    required: bool
    choices: tuple[tuple[str, str], ...]
    known: tuple[str, ...]
    sealed: str
    long: bool


def asked_of(case: CaseFile, field: Field, said: Words) -> Asked:
    """A field as a form asks for it."""
    listed = codes(field.codes) if field.codes else {}
    return Asked(
        field.name,
        said.field(field.name),
        Form.CODES if field.name == GROUPS else field.form,
        field.required,
        _of_groups(said)
        if field.name == GROUPS
        else tuple((code, said.code(field.codes, code)) for code in listed),
        tuple(known_ids(case, field.name)) if field.form in {Form.ID, Form.IDS} else (),
        said.code("right", field.group) if field.group is not Group.CASE else "",
        field.name in _LONG,
    )


def typed_of(kind: str, form: Fields) -> dict[str, str]:
    """What was typed into the fields of a kind, without spaces around it; several codes with commas between them."""
    found = {}
    for name in kinds()[kind].fields.keys() & form.keys():
        parts = [one.replace("\r\n", "\n").strip() for one in form[name]]
        found[name] = ALL if name == GROUPS and ALL in parts else ", ".join(filter(None, parts))
    return {name: text for name, text in found.items() if text}


def _of_groups(said: Words) -> tuple[tuple[str, str], ...]:
    """Groups of fields of which the keys can be destroyed, in words."""
    return tuple((name, said.word("group", name)) for name in (ALL, *Group) if name != Group.CASE)


def digests_of(kind: str, visit: Visit) -> dict[str, str]:
    """SHA-256 of each document that was sent for a field of a kind."""
    fields = kinds()[kind].fields.keys()
    return {name: _digest(sent[0].content) for name, sent in visit.files.items() if sent and name in fields}


def own_of(form: Fields) -> dict[str, str]:
    """What was typed of the statement itself."""
    return {name: form.get(name, ("",))[0].strip() for name in OWN}


def statement_of(
    kind: str, values: Mapping[str, str], own: Mapping[str, str], today: date
) -> tuple[Statement | None, dict[str, str]]:
    """What is said; or nothing, and what is wrong with each field."""
    faults, read = {}, {}
    for name, field in kinds()[kind].fields.items():
        text = values.get(name, "")
        if not text and field.required:
            faults[name] = CHOOSE if field.codes or field.form is Form.STATE else "needed"
        elif text:
            try:
                read[name] = parse_value(field, text)
            except FieldError as error:
                faults[name] = error.why
    when, known_on = on(today), None
    try:
        when = parse_span(own["when"], "when") if own["when"] else when
        known_on = parse_span(own["known_on"], "known_on").latest if own["known_on"] else None
    except FieldError as error:
        faults[error.field] = error.why
    if faults:
        return None, faults
    sources = tuple(one.strip() for one in own["sources"].split(",") if one.strip())
    said = Statement(kind, when, read, known_on)
    return replace(said, sources=sources, reliability=own["reliability"] or "unknown"), {}


def fault_of(kind: str, error: CaseworkError) -> dict[str, str]:
    """What was refused, beside its field where it names one."""
    said = str(error)
    if isinstance(said, Sentence) and {"field", "why"} <= said.values.keys():
        name, why = str(said.values["field"]), str(said.values["why"])
    else:  # a server of an older version
        name, _, why = said.partition(": ")
    return {name: why} if why and name in {*kinds()[kind].fields, *OWN} else {"": said}


def printing(visit: Visit) -> bool:
    """Whether a list is taken away to be printed: then it stands in the language of the page, else in codes."""
    return visit.path.endswith(f".{PRINT}")


def request_id_of(visit: Visit) -> str:
    """The id of a form: it is done once, however often it is sent."""
    try:
        return str(UUID(visit.says("request_id")))
    except ValueError:
        return str(uuid4())


def _digest(content: BinaryIO) -> str:
    digest = sha256()
    while part := content.read(_BLOCK):
        digest.update(part)
    return digest.hexdigest()
