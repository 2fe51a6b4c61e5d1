"""Where somebody can be reached: e-mail addresses, accounts, telephone numbers."""

import re
from collections.abc import Iterator
from itertools import pairwise

from node.scan.context import Context, before
from node.scan.digits import MAX_DIGITS, Run, chains
from node.scan.finding import Finding, Kind
from node.scan.folded import Folded

_AT = re.compile(r"@| ?[\[({] ?at ?[\])}] ?")
_DOMAIN = re.compile(r"[\w-]{1,63}(?:(?:\.| ?[\[({] ?dot ?[\])}] ?)[\w-]{1,63}){1,6}")
_TOP = re.compile(r"(?:\.|dot ?[\])}] ?)(?:[^\W\d_]{2,}|xn--[\w-]+)\Z")
_HANDLE = re.compile(r"[^\W\d][\w.]{2,30}")
_LOCAL = frozenset("._%+-'")
_LONGEST_LOCAL = 64  # octets (RFC 5321 4.5.3.1.1)
_PROFILE = re.compile(
    r"(?<![\w.])(?:www\.)?(?:t\.me|wa\.me|fb\.com|facebook\.com|instagram\.com|x\.com|twitter\.com|vk\.com)/\+?[\w.-]{3,40}"
)
_HAN_DIGITS = re.compile("[〇零一二三四五六七八九]{7,15}")
_LAST_GROUPS = {(2, 3, 2, 2), (3, 3, 2, 2)}  # how numbers end that do not end in a group of four


def find_addresses(folded: Folded) -> Iterator[Finding]:
    """Find e-mail addresses, plain or with (at) and (dot), and accounts of messengers and networks."""
    text = folded.text
    for at in _AT.finditer(text):
        start = at.start()
        while start > max(0, at.start() - _LONGEST_LOCAL) and _is_local(text[start - 1]):
            start -= 1
        domain = _DOMAIN.match(text, at.end())
        if start < at.start() and domain is not None and _TOP.search(domain[0]):
            yield Finding(Kind.EMAIL, *folded.span(start, domain.end()))
        elif start == at.start() and at[0] == "@" and (handle := _HANDLE.match(text, at.end())):
            yield Finding(Kind.ACCOUNT, *folded.span(start, handle.end()))
    for profile in _PROFILE.finditer(text):
        yield Finding(Kind.ACCOUNT, *folded.span(*profile.span()))


def find_phones(folded: Folded, text: str) -> Iterator[Finding]:
    """Find telephone numbers in what is left of a folded text after dates and coordinates were taken out.

    A number counts that says so by its plus or by a word before it, that begins with the zeros of a long-distance
    call, or that is grouped as no figure is.
    """
    for chain in chains(text):
        start = _lead(text, chain[0].start)
        plus = "+" in text[start : chain[0].start]
        named = plus or before(text, start, Context.PHONE)
        shown = chain if named else _without_years(text, chain)
        shown = _upto(shown, MAX_DIGITS + 2)
        if shown and (_is_dialled(shown, plus=plus, named=named) or _is_grouped(text, shown)):
            yield Finding(Kind.PHONE, *folded.span(start if named else shown[0].start, shown[-1].end))
    for run in _HAN_DIGITS.finditer(text):
        yield Finding(Kind.PHONE, *folded.span(*run.span()))


def _is_local(character: str) -> bool:
    return character.isalnum() or character in _LOCAL


def _lead(text: str, start: int) -> int:
    """Where a plus and a bracket before the first digit begin."""
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def _without_years(text: str, chain: tuple[Run, ...]) -> tuple[Run, ...]:
    """A chain without the years that stand before it, as in `2024 0700...`, and without what is glued to a word."""
    if chain[0].start and text[chain[0].start - 1].isalnum():
        chain = chain[1:]
    while chain and chain[0].is_year:
        chain = chain[1:]
    return chain


def _upto(chain: tuple[Run, ...], digits: int) -> tuple[Run, ...]:
    total = 0
    for at, run in enumerate(chain):
        total += len(run.text)
        if total > digits:
            return chain[:at]
    return chain


def _is_dialled(chain: tuple[Run, ...], *, plus: bool, named: bool) -> bool:
    """Whether the number says that it is one: by a plus, a word, or the zeros that it begins with."""
    first = chain[0].text
    digits = sum(len(run.text) for run in chain)
    if plus:
        return digits >= 7
    if named:
        return digits >= 5
    if first.startswith("00"):
        return digits >= 9
    return first.startswith("0") and len(first) > 1 and 9 <= digits <= 11


def _is_grouped(text: str, chain: tuple[Run, ...]) -> bool:
    """Whether an unmarked number is grouped as telephone numbers are, and not as thousands or a row of figures."""
    sizes = tuple(len(run.text) for run in chain)
    gaps = {text[one.end : other.start] for one, other in pairwise(chain)}
    if not (2 <= len(chain) <= 5 and 9 <= sum(sizes) <= 13 and max(sizes) <= 6) or any(
        "/" in gap for gap in gaps
    ):
        return False
    if all(run.is_year for run in chain) or _is_thousands(text, chain):
        return False
    if gaps == {" "}:
        ends_long = len(chain) <= 4 and 4 <= sizes[-1] <= 6 and min(sizes) >= 2
        return ends_long or sizes in _LAST_GROUPS or _is_threes(chain)
    return min(sizes) >= 2 and gaps <= {" ", "-", ") ", ")", "."} and gaps != {"."}


def _is_thousands(text: str, chain: tuple[Run, ...]) -> bool:
    """Whether the chain, or a side of a range within it, is a figure with its thousands apart: 10 000-12 000."""
    side: list[Run] = []
    for run in chain:
        if side and "-" in text[side[-1].end : run.start]:
            if _is_figure(side):
                return True
            side = []
        side.append(run)
    return _is_figure(side)


def _is_figure(side: list[Run]) -> bool:
    threes = len(side) > 1 and len(side[0].text) <= 3 and all(len(run.text) == 3 for run in side[1:])
    return threes and not _is_threes(tuple(side))


def _is_threes(chain: tuple[Run, ...]) -> bool:
    """Nine digits in threes that are not round: no figure of a report is counted that far."""
    return [len(run.text) for run in chain] == [3, 3, 3] and chain[-1].text != "000"
