"""Indicators in the language of who reads them: what is counted, of what, and the figure; nothing is counted here."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from casework.figures.printing import NO_CASES, NOT_REACHED, Printed
from casework.vocabulary.words import Words

_AGES = ("age_90", "age_365", "age_3y", "age_5y", "age_10y", "age_more")
_BANDS = ("0-90 d", "91-365 d", "1-3 y", "3-5 y", "5-10 y", ">10 y")
_FORUMS = MappingProxyType({"host State": "host", "another State": "other", "international": "international"})
_AMONG = re.compile(r"(.+) among the answered")
_Said = Callable[[Words, str], str]


def in_words(line: Printed, said: Words) -> Printed:
    """A line as a person reads it in a language; a name that is not known here stays as it was counted."""
    among = _AMONG.fullmatch(line.at_most or "")
    return line._replace(
        name=_name(line, said),
        unit=said.word("unit", line.unit),
        figure={NO_CASES: said.say("no_cases"), NOT_REACHED: said.say("not_reached")}.get(
            line.figure, line.figure
        ),
        at_most=said.say("among_answered").format(days=among[1]) if among else line.at_most,
    )


def definition(indicator: str, said: Words) -> str:
    """What an indicator counts, in a sentence; I2a and I2b stand with I2."""
    return said.word("indicator", indicator.rstrip("ab"))


def _name(line: Printed, said: Words) -> str:
    for beginning, tell in _BEGINNINGS.items():
        if line.name.startswith(beginning):
            return tell(said, line.name.removeprefix(beginning))
    if line.name.endswith(" (met)"):
        quality = said.code("quality", line.name.removesuffix(" (met)"))
        return said.pair(quality, said.code("met", "met"))
    stage, comma, forum = line.name.rpartition(", ")
    if comma and forum in _FORUMS and line.indicator in {"I8", "I9", "I10", "I11"}:
        return said.pair(said.word("counted", stage), said.code("forum", _FORUMS[forum]))
    if line.indicator == "I24":
        rate, _, between = line.name.partition(", ")
        return said.pair(rate, said.word("counted", between))
    if line.indicator == "I20" and ": " in line.name:
        kind, _, band = line.name.partition(": ")
        return said.pair(said.code("access", kind), said.word("counted", band))
    return said.word("counted", line.name)


def _paired(first: Callable[[Words], str], codes: str) -> _Said:
    """A name with the word of a code behind it; what is no code of the list is a word of its own."""

    def tell(said: Words, code: str) -> str:
        told = said.code(codes, code)
        return said.pair(first(said), told if told != code else said.word("counted", code))

    return tell


def _age(said: Words, band: str) -> str:
    return said.say(dict(zip(_BANDS, _AGES, strict=True)).get(band, band))


_BEGINNINGS: Mapping[str, _Said] = MappingProxyType(
    {
        "grade ": lambda said, code: said.pair(f"{said.field('grade')} {code}", said.code("grade", code)),
        "open ": _age,
        "overdue by ": lambda said, rule: said.pair(said.say("overdue"), said.rule(rule)),
        "overdue with ": _paired(lambda said: said.say("overdue"), "role"),
        "ended: ": _paired(lambda said: said.word("counted", "ended"), "detention_outcome"),
        "outcome: ": _paired(lambda said: said.field("outcome"), "abduction_outcome"),
        "paid: ": _paired(lambda said: said.word("counted", "paid"), "paid"),
        "not reported: ": lambda said, code: said.code("not_reported", code),
    }
)
