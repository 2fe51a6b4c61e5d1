"""One comparable form of a text, each of whose characters knows where it came from.

Case, accents, vowel signs, invisible characters and the script of a digit are gone; letters that look alike in Latin,
Cyrillic and Greek are one letter, and so are the forms of an Arabic letter. The form is for comparing, not for reading.
"""

import re
import unicodedata
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

_KEPT = 1 << 13  # characters whose form is remembered; texts of all scripts use fewer
_LIGATURE = 4  # letters of the longest sign that stands for some; beyond are whole sayings
_BLANK_LETTERS = frozenset(
    "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
)  # letters and symbols that show nothing
_BEFORE = str.maketrans({"º": "°", "˚": "°"})  # compatibility forms would make a letter and a blank of them
_ALIKE = str.maketrans(
    {
        # Cyrillic and Greek letters that look like a Latin one, in either case
        **dict(zip("аеорсухкмтнвіјѕһԁԛԝӏ", "aeopcyxkmthbijshdqwl", strict=True)),
        **dict(zip("αοιρτυχκνβεηζμ", "aoiptyxkvbehzm", strict=True)),
        # Latin letters with a stroke, which no decomposition takes apart
        **dict(zip("łøđħıɑɡð", "lodhiagd", strict=True)),
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        # Arabic and Persian: one alef, one yeh, one heh, one kaf; no hamza, no stretching
        **dict(zip("ٱىیېئؤةەہھک", "اييييوههههك", strict=True)),
        "ء": "",
        "ـ": "",
        # what separates the digits of a number in Arabic
        "٫": ".",
        "٬": ",",
        "،": ",",
        "−": "-",
    }
)
_LINES = frozenset("\n\r\v\f\x85\u2028\u2029")
# Scripts that put no blanks between words, and one that joins its particles to them.
_UNSPACED = (
    "CJK",
    "HIRAGANA",
    "KATAKANA",
    "HANGUL",
    "THAI",
    "LAO",
    "KHMER",
    "MYANMAR",
    "TIBETAN",
    "BOPOMOFO",
)
_WORD = re.compile(r"[^\W_]+")


class Word(NamedTuple):
    """One word of a folded text, where words stand apart."""

    text: str
    start: int
    end: int


class Folded(NamedTuple):
    """A text in comparable form; `origin[i]` is where its character `i` came from, with the end as the last."""

    text: str
    origin: tuple[int, ...]
    source: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the folded text stands in the source, with the accents that belong to it."""
        return self.origin[start], max(self.origin[end - 1] + 1, self.origin[end])

    def within(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the source stands in the folded text."""
        return bisect_left(self.origin, start), bisect_left(self.origin, end)

    def is_upper(self, start: int, end: int) -> bool:
        """Whether a stretch was written without a small letter."""
        first, last = self.span(start, end)
        return not any(character.islower() for character in self.source[first:last])

    def words(self) -> tuple[Word, ...]:
        """The words, but for the scripts that do not put blanks between them."""
        apart = "".join(" " if is_unspaced(character) else character for character in self.text)
        return tuple(Word(one[0], one.start(), one.end()) for one in _WORD.finditer(apart))


def fold_text(source: str, *, gaps: bool = False) -> Folded:
    """Fold a text; `gaps` takes an invisible character for a blank instead of for nothing."""
    letters: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(source):
        folded = _fold(character)
        if gaps and not folded and unicodedata.category(character) == "Cf":
            folded = " "
        letters.append(folded)
        origin.extend([at] * len(folded))
    return Folded("".join(letters), (*origin, len(source)), source)


@lru_cache(maxsize=_KEPT)
def is_unspaced(character: str) -> bool:
    """Whether words of this letter's script stand together without blanks."""
    return character.isalpha() and unicodedata.name(character, "").startswith(_UNSPACED)


@lru_cache(maxsize=_KEPT)
def _fold(character: str) -> str:
    if character in _LINES:
        return "\n"
    category = unicodedata.category(character)
    if character == "\t" or category == "Zs":
        return " "
    if category in {"Cf", "Cc", "Mn", "Me"} or character in _BLANK_LETTERS:
        return ""
    plain = unicodedata.normalize("NFKD", character.translate(_BEFORE)).casefold()
    if len(plain) > _LIGATURE:
        return " "
    # Folding the case may compose again what was taken apart.
    return "".join(map(_plain, unicodedata.normalize("NFKD", plain))).translate(_ALIKE)


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd":
        return "-"
    return "" if category in {"Mn", "Me"} else character
