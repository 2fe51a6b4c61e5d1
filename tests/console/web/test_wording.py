"""Sentences of the floors below: each is in every language, and its values are escaped, apart and as they are."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from casework.status import STATUS, sentence
from console.web.languages import LANGUAGES, SOURCE
from console.web.wording import in_html, in_text
from crypto.sentence import PLACE, Sentence, listed
from node.audience import Purpose
from node.scan import Kind
from tests.support.catalogues import catalogue
from tests.support.sentences import Mute, Said, said_in_code
from tests.test_docs import ROOT

OTHERS = tuple(one for one in LANGUAGES if one != SOURCE)
SAID = tuple(said_in_code())
# What is the same in every language: names of fields, commands, pages of the handbook, and nothing but places.
_SAME = re.compile(
    r"[a-z_.]+|`?tocsin [a-z -]+`?|(?:`?tocsin [a-z -]+`?: |[a-z_]+: )?docs/[\w./#-]+|(?:\{\w+(?:!r)?\}|\W)*"
)
_CODES = {code.replace("_", " ") for code in (*Purpose, *Kind)}


def told_from_afar() -> Iterator[str]:
    """What the case server says of errors whose own words stay there."""
    for kind in STATUS:
        error = kind.__new__(kind)
        Exception.__init__(error, "")
        if said := sentence(error):
            yield str(said)


def texts_of(language: str, known: str, more: str = "") -> list[str]:
    """What a catalogue says for a text; several where it is of a number of things."""
    found = catalogue(language).get(known)
    if found is None or (more and found.id != (known, more)):
        return []
    return [found.string] if isinstance(found.string, str) else list(found.string or ())


def test_no_sentence_is_put_together_on_the_way() -> None:
    assert [one for one in SAID if isinstance(one, Mute)] == []
    assert [one for one in SAID if isinstance(one, Said) and one.given and one.given != one.places] == []
    assert len(SAID) > 1000


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_in_every_language_with_the_same_places(language: str) -> None:
    missing, other = [], []
    for one in SAID:
        if isinstance(one, Mute) or _SAME.fullmatch(one.text):
            continue
        found = texts_of(language, one.one or one.text, one.text if one.one else "")
        missing += [] if found and all(found) else [one]
        other += [text for text in found if {place[1] for place in PLACE.finditer(text)} != one.places]
    assert (missing, other) == ([], [])
    assert [text for text in (*told_from_afar(), *_CODES) if text not in catalogue(language)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_catalogue_translates_what_nobody_says(language: str) -> None:
    said = {one.one or one.text for one in SAID if isinstance(one, Said)} | {*told_from_afar(), *_CODES}
    with (ROOT / "console" / "web" / "locale" / "sentences" / f"{language}.po").open("rb") as file:
        known = [one.id[0] if isinstance(one.id, tuple) else one.id for one in read_po(file) if one.id]
    assert sorted(set(known) - said) == []


@given(st.text())
def test_a_value_is_never_html(value: str) -> None:
    shown = in_html("en", Sentence("<{one}> & {two}", one=value, two=Sentence("{x!r}", x=value)))
    assert isinstance(shown, Markup)
    assert shown.count("<") == shown.count(">") == 4
    assert re.search(f"&lt;<bdi[^>]*>{re.escape(Markup.escape(value))}</bdi>&gt; &amp; ", shown)


def test_a_command_that_a_sentence_names_stands_apart() -> None:
    told = in_html(
        "ar", Sentence("nothing of this case is published; `tocsin case status propose` begins it")
    )
    assert told.endswith('<code dir="ltr">tocsin case status propose</code>')
    assert "`x`" in in_html("en", Sentence("{value}", value="`x`"))


def test_a_value_does_not_turn_the_direction_of_the_words() -> None:
    told = in_text("ar", Sentence("{one} {count}", one="a\u2069\u202eb", count=12_000))
    assert told == "\u2068ab\u2069 12,000"
    assert in_text("fr", Sentence("{year}", year=2026)) == "\u20682026\u2069"
    assert "\u2066--where\u2069: " in in_text("ar", Sentence("--where: {value!r} is not a year", value="x"))


def test_a_number_of_things_has_the_plural_of_its_language() -> None:
    one, few, many = (
        Sentence.counted(
            "{count} key, under a passphrase", "{count} keys, all under a passphrase", count=count
        )
        for count in (1, 3, 5)
    )
    assert [in_text("ru", each)[3:8] for each in (one, few, many)] == [" ключ", " ключ", " ключ"]
    assert "ключ," in in_text("ru", one)
    assert "ключа," in in_text("ru", few)
    assert "ключей," in in_text("ru", many)


def test_codes_of_ours_are_words_and_lists_are_of_the_language() -> None:
    told = Sentence("another purpose: {allowed}", allowed=listed((Purpose.ANALYSIS, Purpose.STAFF_SAFETY)))
    assert told == "another purpose: analysis, staff_safety"
    assert in_html("zh", told).endswith("分析、工作人员安全")


def test_what_is_inside_a_sentence_is_in_its_language_too() -> None:
    inner = Sentence("{path} is not UTF-8 text", path="x")
    outer = Sentence("{field}: {why}", field="file", why=inner)
    assert in_html("fr", Sentence("{title} was left out: {why}.", title="A", why=outer)).startswith(
        "<bdi>A</bdi>"
    )
