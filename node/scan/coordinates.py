"""Places on the globe that are written as numbers: degrees, grid references, plus codes, three words."""

import re
from collections.abc import Iterator
from itertools import pairwise

from node.scan.finding import Finding, Kind
from node.scan.folded import Folded

_DECIMAL = re.compile(
    r"(?<![0-9])(?<![0-9]\.)[0-9]{1,3}(?P<point>[.,])(?P<decimals>[0-9]{2,12})(?![0-9]|\.[0-9])"
)
_SIDE = r"(?:[nsewo](?![^\W_])|north|south|east|west)"
_LONGITUDE = r"(?:lon|long|longitude|lng|e|w|east|west|طول)"
_BETWEEN = re.compile(
    rf"[ °]{{0,2}}{_SIDE}?\s?[,;/|]?\s{{0,2}}(?:{_LONGITUDE}\s?[:=]?)?\s?[+-]?[ ]?{_SIDE}?\s?"
)
_BARE_BETWEEN = re.compile(r"\s?[,;/|]?\s{0,2}[+-]?")
_MARK_BEFORE = re.compile(
    r"(?:(?<![^\W_])(?:lat|latitude|lat/lon|latlon|gps|coord|coords|coordinates|location)"
    r"|koopдиhat\w{0,3}|عرض|احداثي\w{0,4}|坐标|座標|纬度"  # координат as it is folded
    rf"|(?<![^\W_]){_SIDE})[ :=(\[-]{{0,4}}\Z"
)
_MARK = re.compile(rf"°|{_SIDE}|lon|lng|طول")
_DEGREES_BEFORE = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{1,10})? ?\Z")
_DEGREES_AFTER = re.compile(
    r" ?(?:[0-9]{1,2}(?:[.,][0-9]{1,8})? ?['′’´](?: ?[0-9]{1,2}(?:[.,][0-9]{1,8})? ?(?:[\"”″]|['′’´]{2}))?"
    rf"(?: ?{_SIDE})?|{_SIDE}|c\.? ?ш|ю\.? ?ш|b\.? ?д|з\.? ?д|北|南|东|東|西|شمال|جنوب|شرق|غرب)"
)
_GRIDS = (
    re.compile(
        r"(?<![^\W_])[0-6]?[0-9] ?[c-hj-np-x] ?[a-hj-np-z][a-hj-np-v] ?(?:[0-9]{4,5} ?[0-9]{4,5})(?![^\W_])"
    ),
    re.compile(r"(?<![^\W_])[0-6]?[0-9] ?[c-hj-np-x],? [0-9]{6}(?:\.[0-9]+)?[ ,e]{1,3}[0-9]{6,7}(?![0-9])"),
    re.compile(r"(?<![^\W_])[23456789cfghjmpqrvwx]{8}\+[23456789cfghjmpqrvwx]{2,3}(?![^\W_])"),
    re.compile(r"///[^\W\d_]{2,30}\.[^\W\d_]{2,30}\.[^\W\d_]{2,30}"),
)
_NEAR = 24  # characters before a number in which a word or a sign tells what it is


def find_coordinates(folded: Folded) -> Iterator[Finding]:
    """Find coordinates: pairs of precise degrees, degrees with minutes or a side of the globe, grid references."""
    text = folded.text
    numbers = list(_DECIMAL.finditer(text))
    for one, other in pairwise(numbers):
        if other.start() - one.end() > _NEAR or not _in_range(one, other):
            continue
        between = text[one.end() : other.start()]
        marked = _marked(text, one, other, between)
        if (marked and _BETWEEN.fullmatch(between)) or (
            _BARE_BETWEEN.fullmatch(between) and _precise(one) and _precise(other)
        ):
            yield Finding(Kind.COORDINATE, *folded.span(one.start(), other.end()))
    for sign in re.finditer("°", text):
        number = _DEGREES_BEFORE.search(text[max(0, sign.start() - _NEAR) : sign.start()])
        rest = _DEGREES_AFTER.match(text, sign.end())
        if number and rest:
            yield Finding(Kind.COORDINATE, *folded.span(sign.start() - len(number[0]), rest.end()))
    for grid in _GRIDS:
        for one in grid.finditer(text):
            yield Finding(Kind.COORDINATE, *folded.span(*one.span()))


def _in_range(one: re.Match[str], other: re.Match[str]) -> bool:
    first, second = (int(number[0].replace(",", ".").partition(".")[0]) for number in (one, other))
    return max(first, second) <= 180 and min(first, second) <= 90


def _marked(text: str, one: re.Match[str], other: re.Match[str], between: str) -> bool:
    """Whether a word or a sign beside a pair of numbers says that they are degrees."""
    if _MARK_BEFORE.search(text[max(0, one.start() - _NEAR) : one.start()]):
        return True
    return bool(_MARK.search(between) or _MARK.match(text[other.end() : other.end() + 2].lstrip()))


def _precise(number: re.Match[str]) -> bool:
    """Whether a number is more precise than figures are, and not one with its thousands apart."""
    decimals = number["decimals"]
    return len(decimals) >= 4 or (
        len(decimals) == 3 and number["point"] == "." and not decimals.endswith("00")
    )
