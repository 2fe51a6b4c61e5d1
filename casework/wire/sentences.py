"""Sentences on the line, beside their English text, so that a console can show them in another language."""

import json
from collections.abc import Iterable
from datetime import date

from crypto.sentence import Sentence, Value

KEY = "tocsin-sentence-bin"  # of the trailing metadata of a call that was refused
MAX_BYTES = 3072  # longer ones go as text alone
_MOST_DEEP = 4


def encode_sentence(said: str) -> bytes:
    """The parts of a sentence; nothing where its text alone says as much."""
    if not isinstance(said, Sentence) or not said.values:
        return b""
    wire = json.dumps(_parts(said), ensure_ascii=False).encode()
    return wire if len(wire) <= MAX_BYTES else b""


def decode_sentence(english: str, trailing: Iterable[tuple[str, str | bytes]]) -> str:
    """What was said, out of its text and what came with it; parts that do not give that very text are none of it."""
    wire = next((value for key, value in trailing if key == KEY), b"")
    if isinstance(wire, bytes) and 0 < len(wire) <= MAX_BYTES:
        try:
            said = _joined(json.loads(wire), _MOST_DEEP)
        except (ValueError, KeyError, TypeError, RecursionError):  # the other side may send anything
            return english
        if said == english:
            return said
    return english


def _parts(said: Sentence) -> dict[str, object]:
    values = {name: _part(value) for name, value in said.values.items()}
    return {"text": said.text, "one": said.one, "values": values}


def _part(value: Value) -> object:
    if isinstance(value, Sentence):
        return _parts(value)
    return str(value) if isinstance(value, date) else value


def _joined(parts: object, deep: int) -> Sentence:
    if not isinstance(parts, dict) or not isinstance(parts["values"], dict) or not deep:
        raise TypeError
    values = {str(name): _value(value, deep - 1) for name, value in parts["values"].items()}
    one, text = str(parts["one"]), str(parts["text"])
    if not one:
        return Sentence(text, **values)
    count = values.pop("count")
    if not isinstance(count, int):
        raise TypeError
    return Sentence.counted(one, text, count=count, **values)


def _value(value: object, deep: int) -> Value:
    if isinstance(value, (str, int, float)):
        return value
    return _joined(value, deep)
