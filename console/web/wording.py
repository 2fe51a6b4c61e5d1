"""Sentences of the floors below for whoever reads: their words out of a catalogue, their values as they are."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from markupsafe import Markup, escape

from casework.vocabulary.written import written
from console.web.languages import is_right_to_left, translations
from console.web.words import isolated
from crypto.sentence import PLACE, Sentence, ToldError, Value

GROUPED = 10_000  # a smaller number may be a year, which nobody writes in groups
_QUOTES: Mapping[str, str] = MappingProxyType(
    {"en": "'{}'", "fr": "«\u202f{}\u202f»", "es": "«{}»", "ar": "«{}»", "ru": "«{}»", "zh": "“{}”"}
)
_COMMAND = re.compile("`([^`]+)`")
_LETTER = re.compile(r"[^\W\d_]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")

_Written = Callable[[str], str]


def in_html(language: str, text: str) -> str:
    """A text for a page: a value is never HTML, and keeps the direction of its own letters."""
    if isinstance(text, Sentence):
        # What is joined here was escaped piece by piece.
        return Markup(_filled(language, text, _escaped, _set_apart))  # noqa: S704
    return _said(language, text)


def said_in_html(language: str, shown: object) -> object:
    """What stands on a page: sentences, and errors with theirs, in its language; all else as it is."""
    said = str(shown) if isinstance(shown, ToldError) else shown
    return in_html(language, said) if isinstance(said, Sentence) else shown


def in_text(language: str, text: str) -> str:
    """The same for a place that holds no HTML, such as a cell of a file."""
    if isinstance(text, Sentence):
        return _filled(language, text, str, _isolated)
    return _said(language, text)


def _filled(language: str, sentence: Sentence, words: _Written, foreign: _Written) -> str:
    """A sentence with `words` for what stands in a catalogue and `foreign` for what somebody wrote or named."""
    text = _words(language, sentence)
    parts, end = [], 0
    for place in PLACE.finditer(text):
        held = sentence.values.get(place[1], place[0])
        parts.append(words(text[end : place.start()]))
        parts.append(_value(language, held, words, foreign, quoted=place[2] is not None))
        end = place.end()
    return "".join((*parts, words(text[end:])))


def _words(language: str, sentence: Sentence) -> str:
    count = sentence.values.get("count")
    if sentence.one and isinstance(count, int):
        return translations(language).ngettext(sentence.one, sentence.text, count)
    return _said(language, sentence.text)


def _said(language: str, text: str) -> str:
    """A text as the catalogue says it; days in it keep their order where words go from right to left."""
    said = translations(language).gettext(text) if text else ""
    return isolated(said) if is_right_to_left(language) else said


def _value(language: str, held: Value, words: _Written, foreign: _Written, *, quoted: bool) -> str:
    if isinstance(held, Sentence):
        return _filled(language, held, words, foreign)
    if isinstance(held, StrEnum):
        return words(translations(language).gettext(held.replace("_", " ")))
    if quoted and isinstance(held, str):
        return words(_QUOTES[language]).replace("{}", foreign(repr(str(held))[1:-1]))
    if isinstance(held, float) or (isinstance(held, int) and abs(held) >= GROUPED):
        return words(written(language).number(held))
    return foreign(str(held))


def _escaped(text: str) -> str:
    return _COMMAND.sub(r'<code dir="ltr">\1</code>', str(escape(text)))


def _set_apart(text: str) -> str:
    way = "" if _LETTER.search(text) else ' dir="ltr"'  # or a sign before a number would go behind it
    return f"<bdi{way}>{escape(text)}</bdi>"


def _isolated(text: str) -> str:
    return "\u2068" + _DIRECTIONS.sub("", text) + "\u2069"
