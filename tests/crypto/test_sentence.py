"""Sentences: English as they stand, their parts beside them, and nothing in a value that fills places."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import CryptoError
from crypto.sentence import Sentence, ToldError, english


def test_an_error_tells_its_sentence_with_its_parts() -> None:
    with pytest.raises(CryptoError) as raised:
        raise CryptoError("{name!r} has {count} keys", name="o'b", count=3)
    said = str(raised.value)
    assert isinstance(said, Sentence)
    assert (said, said.text, said.values) == (
        '"o\'b" has 3 keys',
        "{name!r} has {count} keys",
        {"name": "o'b", "count": 3},
    )
    assert str(ToldError(said)) is said


def test_a_sentence_in_a_sentence_keeps_its_own_parts() -> None:
    outer = Sentence("{file}: {error}", file="a", error=CryptoError("it has {count} bytes", count=2))
    inner = outer.values["error"]
    assert outer == "a: it has 2 bytes"
    assert isinstance(inner, Sentence)
    assert inner.values == {"count": 2}


@given(st.text(), st.text())
def test_a_value_is_never_asked_for_values(one: str, other: str) -> None:
    told = Sentence("{one} and {other}", one=one, other=other)
    assert told == f"{one} and {other}"
    assert (
        Sentence("{one.__class__} {one:>99} {{one}}", one=one) == f"{{one.__class__}} {{one:>99}} {{{one}}}"
    )


def test_a_library_gets_the_text_alone() -> None:
    told = Sentence("{count} keys", count=3)
    assert english(told) == told
    assert (type(english(told)), type(english("x"))) == (str, str)


def test_one_and_several_are_counted() -> None:
    one, several = (Sentence.counted("{count} key", "{count} keys", count=count) for count in (1, 2))
    assert (one, several) == ("1 key", "2 keys")
    assert copy.copy(one) == "1 key"


def test_copies_keep_the_parts() -> None:
    told = Sentence("{count} keys", count=3)
    for made in (copy.deepcopy(told), copy.copy(told)):
        assert (made, made.text, made.values) == (told, told.text, told.values)
