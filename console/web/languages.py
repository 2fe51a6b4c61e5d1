"""The six languages of the United Nations: which somebody reads, and what things are called in it."""

from functools import cache
from importlib.resources import files
from io import BytesIO
from types import MappingProxyType

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

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
    return Locale.parse(language).text_direction == "rtl"


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
    compiled = BytesIO()
    write_mo(compiled, catalogue(language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def catalogue(language: str) -> Catalog:
    """The catalogues of a language as one: a folder for each part of the console, and one for the floors below."""
    whole = Catalog(locale=language)
    parts = files("console.web").joinpath("locale").iterdir()
    for part in sorted(parts, key=lambda folder: folder.name):
        text = part.joinpath(f"{language}.po").read_bytes()
        for message in read_po(BytesIO(text), locale=language):
            if message.id:
                whole[message.id] = message
    return whole
