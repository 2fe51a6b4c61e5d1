"""Sentences whose words stay apart from their values, so that whoever shows one can put it into another language."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Self, TypeAlias

Value: TypeAlias = str | int | float | date
PLACE = re.compile(r"\{(\w+)(!r)?\}")


class Sentence(str):
    """A sentence in English, which is what it is as a `str`, and how it was put together.

    Words are found in catalogues by `text`, so that it is always written out in the code. Only places by name are
    filled in (`{name}`, or `{name!r}` in quotation marks with strange signs written out): a text is never asked
    for attributes of its values, and a value never for places.

    Attributes:
        text: The words, with `{name}` where a value stands.
        values: By name; one that is a sentence itself has its own words, and a code of ours is a word too.
        one: The words for one of what `values["count"]` counts, where `text` is for several; else nothing.
    """

    __slots__ = ("one", "text", "values")

    one: str
    text: str
    values: Mapping[str, Value]

    def __new__(cls, text: str, /, **values: object) -> Self:
        """A sentence of a text and what stands in it; other things than numbers, days and codes are held as said."""
        held = {
            name: value if isinstance(value, (int, float, date, StrEnum)) else str(value)
            for name, value in values.items()
        }
        return cls._made("", text, held, text)

    @classmethod
    def counted(cls, one: str, text: str, /, *, count: int, **values: object) -> Self:
        """A sentence about a number of things: `one` for one of them, `text` for any other number."""
        held = cls(text, count=count, **values).values
        return cls._made(one, text, held, one if count == 1 else text)

    @classmethod
    def _made(cls, one: str, text: str, values: Mapping[str, Value], english: str) -> Self:
        made = super().__new__(cls, filled(english, values))
        made.one, made.text, made.values = one, text, values
        return made

    def __str__(self) -> str:
        """The same: `str(error)` is the sentence that the error carries, not a copy without its parts."""
        return self

    def __reduce__(self) -> tuple[object, ...]:
        """How a copy is made."""
        english = self.one if self.one and self.values["count"] == 1 else self.text
        return type(self)._made, (self.one, self.text, self.values, english)  # noqa: SLF001 - its own


def filled(text: str, values: Mapping[str, Value]) -> str:
    """A text with its values in their places, in English."""

    def value(place: re.Match[str]) -> str:
        name, quoted = place.groups()
        return repr(values[name]) if quoted else str(values[name])

    return PLACE.sub(value, text) if values else text


def listed(several: Iterable[str]) -> str:
    """Several in a row; what stands between two of them is a matter of the language."""
    said = ""
    for one in reversed(tuple(several)):
        said = Sentence("{one}, {more}", one=one, more=said) if said else one
    return said


def english(text: str) -> str:
    """A text without its parts, for a library that takes nothing but a `str` itself."""
    return str.__str__(text)


def told(text: str, /, **values: object) -> Sentence:
    """A text of the code as a sentence; one that is a sentence already stays as it is."""
    return text if isinstance(text, Sentence) else Sentence(text, **values)


class ToldError(Exception):
    """An error that tells a sentence: the root of each tree of errors."""

    def __init__(self, text: str = "", /, **values: object) -> None:
        super().__init__(told(text, **values))
