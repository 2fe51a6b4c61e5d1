"""What the code says in sentences, read from the code: what catalogues must hold, and what none could."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import casework.errors
import console.errors
import console.pdf
import crypto.errors
import node.errors
from crypto.sentence import PLACE, ToldError
from tests.test_docs import ROOT

PACKAGES = ("crypto", "node", "casework", "console")
_HAND_ON = {"errors", "sentence", "sentences"}  # they make sentences of what others wrote out
BOTH = 2  # texts of a sentence that counts
_MAKERS = {"Sentence", "counted", "Hold"}
# Where in a call the text stands, when it is not first.
_AT = {"FieldError": 1, "IncidentError": 1, "ApiBodyError": 1, "Hold": 1, "Finding": 1, "Problem": 2}
_FINDINGS = {
    *(("Finding", stem) for stem in ("symptoms", "doctor", "audit")),
    *(("Problem", stem) for stem in ("rows", "mapping", "told", "importing")),
}
_TEXTS = {"Hold": 2, "Finding": 3}
_COMMANDS = ROOT / "console" / "cli"  # their own words stay English


class Said(NamedTuple):
    """A text of a sentence, where it stands, and `one` where it is one of a number of things."""

    place: str
    text: str
    given: frozenset[str]
    places: frozenset[str]
    one: str = ""


class Mute(NamedTuple):
    """A call whose text could not be found in a catalogue, as it is put together on the way."""

    place: str
    source: str


def said_in_code() -> Iterator[Said | Mute]:
    """Each text of each error and each `Sentence` of what runs under a page."""
    makers = {kind.__name__ for kind in _kinds(ToldError)} | _MAKERS
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            if not file.is_relative_to(_COMMANDS):
                yield from _said_in(file, makers)


def modules() -> tuple[object, ...]:
    """The trees of errors."""
    return casework.errors, console.errors, console.pdf, crypto.errors, node.errors


def _kinds(root: type[ToldError]) -> Iterator[type[ToldError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def _said_in(file: Path, makers: set[str]) -> Iterator[Said | Mute]:
    for call in ast.walk(ast.parse(file.read_text("utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        at = _AT.get(name, 0)
        if (name not in makers and (name, file.stem) not in _FINDINGS) or len(call.args) <= at:
            continue
        place = f"{file.relative_to(ROOT)}:{call.lineno}"
        given = frozenset(one.arg for one in call.keywords if one.arg)
        if name == "counted":
            both = [str(part) for each in call.args for part in _texts(each)]
            if len(both) == BOTH:  # or what came over a line is put together again
                yield Said(place, both[1], given, _places(both[1]), both[0])
            continue
        for argument in call.args[at : at + _TEXTS.get(name, 1)]:
            if given and isinstance(argument, ast.Name) and file.stem not in _HAND_ON:
                yield Mute(place, ast.unparse(call))
            for text in _texts(argument):
                if isinstance(text, str):
                    yield Said(place, text, given, _places(text))
                else:
                    yield Mute(place, ast.unparse(text))


def _places(text: str) -> frozenset[str]:
    return frozenset(found[1] for found in PLACE.finditer(text))


def _texts(argument: ast.expr) -> Iterator[str | ast.expr]:
    """What a text can be; names, fields and calls hand on what was a sentence before."""
    match argument:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=other):
            yield from (*_texts(body), *_texts(other))
        case ast.BoolOp(values=values):
            for value in values:
                yield from _texts(value)
        case ast.Dict(values=values):  # faults by field
            for value in values:
                yield from _texts(value)
        case ast.JoinedStr() | ast.BinOp():
            yield argument
        case ast.Call(func=ast.Attribute(attr="join" | "format")):
            yield argument
        case _:
            return
