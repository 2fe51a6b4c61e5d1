"""Advice is one plain line, and nothing in it tells who or where somebody is."""

import pytest

from node.advice import telling_parts
from node.signed import MAX_ADVICE, is_plain


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Stay off the road to the airport until further notice.",
        "Évitez la route de l'est; convois annulés 2 jours.",
        "لا تتحركوا اليوم",
        "Curfew 18:00 to 06:00, at least 3 days. Keep 2 radios on.",
        "a" * MAX_ADVICE,
    ],
)
def test_what_helps_may_leave(text: str) -> None:
    assert is_plain(text)
    assert telling_parts(text) == ()


@pytest.mark.parametrize(
    "text", ["a" * (MAX_ADVICE + 1), "Go.\nStay.", "\x1b[2J", "a\u202eb", "tab\there", "\x00"]
)
def test_what_is_not_one_plain_line_may_not(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Write to safety@example.org", "e-mail"),
        ("Call +211 912 345 678", "phone"),
        ("Call 0912345678", "phone"),
        ("Avoid 4.8512, 31.6012", "coordinate"),
        ("See https://example.org/map", "link"),
        ("See www.example.org", "link"),
        ("SEE HTTPS://EXAMPLE.ORG/MAP", "link"),
    ],
)
def test_what_could_tell_who_or_where_is_named(text: str, what: str) -> None:
    assert what in telling_parts(text)


def test_kinds_are_named_in_one_order() -> None:
    text = "See www.example.org, write to safety@example.org, call +211 912 345 678, avoid 4.8512, 31.6012"

    assert telling_parts(text) == ("coordinate", "e-mail", "link", "phone")


def test_advice_is_as_long_as_the_docs_say() -> None:
    assert MAX_ADVICE == 280
