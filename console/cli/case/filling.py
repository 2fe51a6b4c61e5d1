"""Fill in what somebody left out of an event: ids, the only one there is, and, at a terminal, what they are asked."""

import re
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import typer

from console.verbs import Verb

_DIGEST = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20  # bytes of a document that are read at once


def fill(case: Any, verb: Verb, given: Mapping[str, str], officer: Any) -> dict[str, str]:
    """What to say, as texts by field; at a terminal, what is missing is asked for.

    Args:
        case: The `casework.casefile.CaseFile` that it is said of.
        verb: What is said.
        given: What somebody typed.
        officer: Who says it, with `officer_id` and `roles`.

    Raises:
        FieldError: A field does not exist, or is missing and nobody can be asked, or a file can not be read.
    """
    from casework.errors import FieldError
    from casework.values import wanted
    from console.saying import complete, kind_with

    kind = kind_with(verb.kind, given)
    typed = {
        name: _digest(name, text) if kind.fields[name].form == "digest" else text
        for name, text in given.items()
    }
    said = complete(case, verb, typed, officer)
    missing = [field for field in kind.fields.values() if field.required and field.name not in said]
    if missing and not sys.stdin.isatty():
        others = "; also missing: " + ", ".join(field.name for field in missing[1:]) if missing[1:] else ""
        raise FieldError(missing[0].name, f"is missing; {wanted(missing[0])}{others}")
    for field in missing:
        said[field.name] = _asked(field)
    if sys.stdin.isatty():
        said |= _also_needed(case, kind, said, officer)
    return said


def needed(option: str, given: str, what: str, listed: str = "") -> str:
    """What somebody gave for an option, or, at a terminal, what they say when they are asked.

    Args:
        option: Its name, such as `--reason`.
        given: Empty where it was left out.
        what: What it says, in words.
        listed: List of codes of which it names one, or some with commas between them; empty for none.

    Raises:
        BadParameter: It was left out and nobody can be asked.
    """
    from casework.vocabulary import codes

    if given:
        return given
    known = codes(listed) if listed else {}
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"is missing: {what.lower()}", param_hint=option)
    for code in known.values():
        typer.echo(f"  {code.code}: {code.label}", err=True)
    while True:
        text = str(typer.prompt(what, err=True)).strip()
        wrong = [one for one in _parts(text) if known and one not in known]
        if text and not wrong:
            return text
        typer.echo(f"choose of {', '.join(known)}" if wrong else what, err=True)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _also_needed(case: Any, kind: Any, said: Mapping[str, str], officer: Any) -> dict[str, str]:
    """Ask for what only this step of this case needs, such as of which case it is a duplicate."""
    from casework.event import Statement
    from casework.needs import By, answers
    from casework.span import on
    from casework.values import parse_value

    values = {name: parse_value(kind.fields[name], text) for name, text in said.items()}
    statement, found = Statement(kind.name, on(case.valid_as_of), values), {}
    for names in answers(case, statement, By(officer.officer_id, officer.roles)):
        for name in names:
            text = _asked(kind.fields[name], optional=name != names[-1])
            if text:
                found[name] = text
                break
    return found


def _asked(field: Any, *, optional: bool = False) -> str:
    """Ask for one field until the answer is one that it can hold; where something else would do, also for nothing."""
    from casework.errors import FieldError
    from casework.values import parse_value, wanted
    from casework.vocabulary import codes
    from casework.vocabulary.words import words

    name = words("en").field(field.name)
    for code in codes(field.codes).values() if field.codes else ():
        typer.echo(f"  {code.code}: {code.label}", err=True)
    while True:
        shown = f"{name}, or nothing" if optional else name
        text = str(
            typer.prompt(shown, default="" if optional else None, show_default=False, err=True)
        ).strip()
        if optional and not text:
            return ""
        try:
            text = _digest(field.name, text) if field.form == "digest" else text
            parse_value(field, text)
        except FieldError as error:
            typer.echo(f"{error}" if field.codes else f"{name}: {wanted(field)}", err=True)
        else:
            return text


def _digest(name: str, text: str) -> str:
    """A SHA-256: as it was typed, or of the file of that name."""
    from casework.errors import FieldError

    if _DIGEST.fullmatch(text) or text.startswith("?"):
        return text
    try:
        with Path(text).open("rb") as file:
            digest = sha256()
            while part := file.read(_BLOCK):
                digest.update(part)
    except OSError as error:
        raise FieldError(name, f"{text[:80]!r} can not be read: {error.strerror}") from error
    return digest.hexdigest()
