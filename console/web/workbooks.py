"""The workbook for incidents in each language of the United Nations: titles, drop-downs and messages, not the tags.

What is written in a language is read by the words of that language, and by the English ones. Which language a file is
in is seen from its titles, so no word is looked up in two.
"""

from dataclasses import replace
from datetime import date
from functools import cache

from console.web.languages import LANGUAGES, SOURCE, is_right_to_left, translations
from console.web.words import label
from node.codes import code_list, fold
from node.errors import ColumnsError
from node.intake import Profile, Publication, built_in, read_publication
from node.intake import template as workbook_of
from node.intake.profile import LEVELS, LISTS

OWN = "own"


def workbook_in(language: str, profile: Profile | None = None) -> bytes:
    """The empty workbook of a profile, ours where none is named, in a language; titles of another's stay as they are.

    Args:
        language: One of `LANGUAGES`.
        profile: Whose columns it has.
    """
    gettext = translations(language).gettext
    return workbook_of(
        profile or own_in(language),
        label=lambda name, code: label(language, "" if name in LEVELS else name, code),
        say=gettext,
        right_to_left=is_right_to_left(language),
    )


def read_in_any_language(
    data: bytes,
    file_name: str,
    published: date | None,
    today: date,
    profile: Profile | None = None,
    *,
    whole: bool | None = None,
) -> Publication:
    """Read a file as `read_publication` does, also if it is our workbook in another language.

    Raises:
        IntakeError: It can not be read as a publication at all; the class says why.
    """
    try:
        return read_publication(data, file_name, published, today, profile, whole=whole)
    except ColumnsError:
        if profile is not None:
            raise
        others = tuple(own_in(language) for language in LANGUAGES if language != SOURCE)
        try:
            return read_publication(data, file_name, published, today, others, whole=whole)
        except ColumnsError:
            pass
        raise


@cache
def own_in(language: str) -> Profile:
    """Our own profile with titles and words of a language; the English ones are known too."""
    own = next(one for one in built_in() if one.name == OWN)
    if language == SOURCE:
        return own
    gettext = translations(language).gettext
    columns = tuple(
        one._replace(title=gettext(one.title), also=(one.title, *one.also)) for one in own.columns
    )
    known = {fold(title): column for column in columns for title in (column.title, *column.also)}
    return replace(
        own,
        columns=columns,
        by_spelling=known,
        words={name: _words(language, name) for name in (*LEVELS, *LISTS)},
    )


def _words(language: str, name: str) -> dict[str, str]:
    """Codes of a list or field by what they are called."""
    codes = sorted(LEVELS[name]) if name in LEVELS else list(code_list(name).codes)
    return {fold(label(language, "" if name in LEVELS else name, code)): code for code in codes}
