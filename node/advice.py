"""The one sentence of free text that may travel: what to do, never who, where exactly or how to reach somebody."""

import re

MAX_ADVICE = 280  # characters

_TELLING = (
    (re.compile(r"\S@\S"), "an e-mail address"),
    (re.compile(r"https?:|www\."), "a link"),
    (re.compile(r"-?\d{1,3}[.,]\d{3,}"), "coordinates"),
    (re.compile(r"\+?\d(?:[ ()./-]?\d){5,}"), "a telephone number"),
)


def is_plain(text: str) -> bool:
    """Whether a text may stand where advice stands: short, on one line, nothing that steers a terminal."""
    return len(text) <= MAX_ADVICE and text.isprintable()


def telling_parts(text: str) -> tuple[str, ...]:
    """Kinds of things in a text that could tell who or where somebody is; a text that holds any must not leave."""
    return tuple(what for pattern, what in _TELLING if pattern.search(text))
