"""The six languages of the United Nations: which somebody reads, and what things are called in it."""

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType

from polib import POFile, pofile

from casework.vocabulary.written import written

LANGUAGES = MappingProxyType(
    {
        "en": "English",
        "fr": "Français",
        "es": "Español",
        "ar": "العربية",
        "ru": "Русский",
        "zh": "中文",
    }
)
SOURCE = "en"


def is_right_to_left(language: str) -> bool:
    """Whether a language is written from right to left."""
    return written(language).right_to_left


def choose(*wanted: str, accepted: str = "") -> str:
    """The first language of those wanted that there is, else the first that a browser accepts, else English."""
    for one in wanted:
        if one in LANGUAGES:
            return one
    weighed: list[tuple[float, str]] = []
    for part in accepted[:200].split(","):
        name, _, weight = part.partition(";q=")
        try:
            weighed.append((-float(weight or 1), name.strip().partition("-")[0].lower()))
        except ValueError:
            continue
    return next((name for _, name in sorted(weighed, key=lambda one: one[0]) if name in LANGUAGES), SOURCE)


@cache
def translations(language: str) -> NullTranslations:
    """The words of a language, read from the texts that translators edit; English stands in the code."""
    if language == SOURCE:
        return NullTranslations()
    whole = POFile()
    parts = files("console.web").joinpath("locale").iterdir()
    for part in parts:  # a folder for each part of the console, and one for the floors below
        one = pofile(part.joinpath(f"{language}.po").read_text("utf-8"))
        whole.metadata = one.metadata  # how many plurals there are: all of a language say the same
        whole.extend(one)
    return GNUTranslations(BytesIO(whole.to_binary()))
