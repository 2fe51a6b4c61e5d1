"""Numbers that stand for one person or one vehicle: papers, cards, accounts, plates."""

import re
from collections.abc import Iterator
from functools import lru_cache

from node.codes import code_list
from node.scan.context import Context, before, mentions
from node.scan.digits import Run, chains
from node.scan.finding import Finding, Kind
from node.scan.folded import Folded

_ALONE = r"(?<![^\W_])(?:{})(?![^\W_])"
_IBAN = re.compile(
    _ALONE.format(r"[a-z]{2}[0-9]{2}(?:[a-z0-9]{11,30}|(?: [a-z0-9]{4}){2,7}(?: [a-z0-9]{1,4})?)")
)
_PAPER = re.compile(_ALONE.format(r"[a-z]{1,2}[0-9]{6,9}"))
_NAMED_PAPER = re.compile(r"[a-z0-9][a-z0-9/-]{3,29}")
_NAMED_PLATE = re.compile(r"(?:[^\W\d_]{1,4}[ -]?){0,3}[0-9][0-9 -]{0,8}(?:[ -]?[^\W\d_]{1,3}(?![^\W_]))?")
# Groups of the numbers of some countries: Social Security, CNIC, cards and Aadhaar, SNILS.
_GROUPS = {(3, 2, 4), (5, 7, 1), (4, 4, 4), (4, 4, 4, 4), (3, 3, 3, 2)}
_LONG = 9  # digits in one run: longer than any figure
_MONEY = frozenset({"usd", "eur", "gbp", "chf", "ssp", "sdg", "aed", "cad", "aud", "jpy"})
_NO_LETTERS_OF_A_PLATE = frozenset(
    {
        "of",
        "on",
        "in",
        "the",
        "for",
        "by",
        "at",
        "from",
        "to",
        "with",
        "and",
        "or",
        "was",
        "were",
        "are",
        "is",
        "had",
    }
)
_PLATES = (
    re.compile(_ALONE.format(r"[abekmhopctyx] ?[0-9]{3} ?[abekmhopctyx]{2} ?[0-9]{2,3}")),
    re.compile(_ALONE.format(r"[abekmhopctyxi]{2} ?[0-9]{4} ?[abekmhopctyxi]{2}")),
    re.compile(_ALONE.format(r"[a-z]{2,3}[ -]?[0-9]{3}[a-z]{1,2}")),
    re.compile(_ALONE.format(r"[a-z]{2}-[0-9]{3}-[a-z]{2}|[a-z]{2}[0-9]{2} ?[a-z]{3}")),
    re.compile(
        "[京津沪渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊使领領]"
        r"[a-z][ ·・]?[a-z0-9]{5,6}(?![a-z0-9])"
    ),
    re.compile(
        r"(?<!\w)[ا-ي] [ا-ي](?: [ا-ي])? ?[0-9]{3,4}(?!\w)|(?<!\w)[0-9]{3,4} ?[ا-ي] [ا-ي](?: [ا-ي])?(?!\w)"
    ),
    re.compile(r"(?<!\w)[0-9]{2} ?[ا-ي] ?[0-9]{3}(?!\w)"),
)


def find_papers(folded: Folded, text: str) -> Iterator[Finding]:
    """Find numbers of papers, cards and accounts in what is left of a folded text."""
    for end in mentions(text, Context.IDENTITY):
        number = _NAMED_PAPER.match(text, end)
        if number and sum(map(str.isdigit, number[0])) >= 4 and not _is_year(number[0]):
            yield Finding(Kind.IDENTITY, *folded.span(*number.span()))
    for account in _IBAN.finditer(text):
        if sum(map(str.isdigit, account[0])) >= 8 and not _is_pcode(account[0]):
            yield Finding(Kind.IDENTITY, *folded.span(*account.span()))
    for paper in _PAPER.finditer(text):
        if not _is_pcode(paper[0]):
            yield Finding(Kind.IDENTITY, *folded.span(*paper.span()))
    for chain in chains(text):
        yield from _numbers(folded, text, chain)


def find_plates(folded: Folded, text: str) -> Iterator[Finding]:
    """Find number plates: by a word before them, or by the form of a country's plates in capitals."""
    for end in mentions(text, Context.PLATE):
        plate = _NAMED_PLATE.match(text, end)
        if plate and _is_plate(plate[0]):
            yield Finding(Kind.PLATE, *folded.span(end, plate.start() + len(plate[0].rstrip(" -"))))
    for form in _PLATES:
        for one in form.finditer(text):
            money = one[0][:3] in _MONEY or _is_pcode(one[0].partition(" ")[0])
            if folded.is_upper(*one.span()) and not money:
                yield Finding(Kind.PLATE, *folded.span(*one.span()))


def _numbers(folded: Folded, text: str, chain: tuple[Run, ...]) -> Iterator[Finding]:
    sizes = tuple(len(run.text) for run in chain)
    glued = chain[0].start > 0 and text[chain[0].start - 1].isalnum()
    if sizes in _GROUPS and not glued and not all(run.is_year for run in chain):
        yield Finding(Kind.IDENTITY, *folded.span(chain[0].start, chain[-1].end))
        return
    for run in chain:
        dialled = run.text.startswith("0") or text[run.start - 1 : run.start] == "+"
        follows_letter = run.start > 0 and text[run.start - 1].isalpha() and text[run.start - 1].isascii()
        decimals = (
            text[max(0, run.start - 1) : run.start] in {".", ","} and text[max(0, run.start - 2)].isdigit()
        )
        if len(run.text) < _LONG or dialled or follows_letter or decimals or run.text.endswith("00000"):
            continue
        if not before(text, run.start, Context.PHONE):
            last = run.end + (text[run.end : run.end + 1] == "x")
            yield Finding(Kind.IDENTITY, *folded.span(run.start, last))


def _is_plate(text: str) -> bool:
    letters = [part for part in re.split(r"[^\w]+|[0-9]+", text) if part]
    return sum(map(str.isdigit, text)) >= 2 and not _NO_LETTERS_OF_A_PLATE.intersection(letters)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text[:2] in {"19", "20"} and text.isdigit()


def _is_pcode(text: str) -> bool:
    """Whether it may be a P-code: the two letters of a country and the digits of an area."""
    return text[:2] in _countries() and text[2:].isdigit()


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    return frozenset(code.alpha2.casefold() for code in code_list("country").codes.values() if code.alpha2)
