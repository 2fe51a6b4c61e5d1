"""Catalogues of the console as Babel reads them: another reader than the one that the console has."""

from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tests.test_docs import ROOT


@cache
def catalogue(language: str) -> Catalog:
    """The catalogues of a language as one: a folder for each part of the console, and one for the floors below."""
    whole = Catalog(locale=language)
    for part in sorted((ROOT / "console" / "web" / "locale").iterdir()):
        with (part / f"{language}.po").open("rb") as file:
            for message in read_po(file, locale=language):
                if message.id:
                    whole[message.id] = message
    return whole
