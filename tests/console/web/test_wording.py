"""Sentences of the floors below: every one can be translated, and its values are escaped, apart and as they are."""

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from console.web.wording import in_html, in_text
from crypto.sentence import Sentence
from tests.support.sentences import Mute, Said, said_in_code

SAID = tuple(said_in_code())


def test_no_sentence_is_put_together_on_the_way() -> None:
    assert [one for one in SAID if isinstance(one, Mute)] == []
    assert [one for one in SAID if isinstance(one, Said) and one.given and one.given != one.places] == []
    assert len(SAID) > 1000


@given(st.text())
def test_a_value_is_never_html(value: str) -> None:
    shown = in_html("en", Sentence("<{one}> & {two}", one=value, two=Sentence("{x!r}", x=value)))
    assert isinstance(shown, Markup)
    assert shown.count("<") == shown.count(">") == 4
    assert f"&lt;<bdi>{Markup.escape(value)}</bdi>&gt; &amp; " in shown


def test_a_value_does_not_turn_the_direction_of_the_words() -> None:
    told = in_text("ar", Sentence("{one} {count}", one="a\u2069\u202eb", count=12_000))
    assert told == "\u2068ab\u2069 12,000"
    assert in_text("fr", Sentence("{year}", year=2026)) == "\u20682026\u2069"
