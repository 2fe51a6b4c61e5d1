"""Rows that name one of our own kinds of events give its fields as outcome: name=value; name=value."""

import json
import re
from collections.abc import Iterator

from casework.errors import FieldError
from casework.values import Value, parse_value
from casework.vocabulary import Field, kinds
from crypto.sentence import Sentence

_FIELD = re.compile(r'\s*([a-z_0-9]+)=("(?:[^"\\]|\\.)*"|[^;]*)(?:;|$)')


def fields_of(kind: str, outcome: str) -> dict[str, Value]:
    """Read the fields of a kind; a value in double quotes is JSON.

    Raises:
        FieldError: It is something else, or a value is not of the form of its field.
    """
    return {name: parse_value(_field(kind, name), text) for name, text in _pairs(outcome)}


def names_fields(kind: str, outcome: str) -> bool:
    """Whether an outcome gives fields of one of our kinds, where a type of row has the same name."""
    found = _FIELD.match(outcome)
    return found is not None and kind in kinds() and found[1] in kinds()[kind].fields


def _field(kind: str, name: str) -> Field:
    found = kinds()[kind].fields.get(name)
    if found is None:
        raise FieldError(
            name,
            "{kind} has no such field; it has {fields}",
            kind=kind,
            fields=", ".join(kinds()[kind].fields) or Sentence("none"),
        )
    return found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _FIELD.match(text, at)
        if found is None:
            raise FieldError(
                "outcome", "{text!r} is not of the form name=value; name=value", text=text[at : at + 40]
            )
        value = found[2].strip()
        try:
            yield found[1], str(json.loads(value)) if value.startswith('"') else value
        except ValueError as error:
            raise FieldError("outcome", "{value!r} is no text in double quotes", value=value[:40]) from error
        at = found.end()
