"""Numbers in a folded text: runs of digits, and the chains that they form when people group them."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_DIGITS = 15  # of a telephone number (ITU-T E.164)
_RUN = re.compile(r"[0-9]+")
_JOINT = re.compile(r"[ ().\-/]{1,3}")
_DAY, _MONTH = r"(?:0?[1-9]|[12][0-9]|3[01])", r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:19|20)[0-9]{2}"
_DATE = re.compile(
    rf"(?<![0-9])(?<![0-9][-./])(?:{_YEAR}(?P<a>[-./ ]){_MONTH}(?P=a){_DAY}"
    rf"|(?:{_DAY}(?P<b>[-./ ]){_MONTH}|{_MONTH}(?P<c>[-./ ]){_DAY})(?:(?P=b)|(?P=c)){_YEAR}"
    rf"|(?:{_DAY}(?P<d>[-./]){_MONTH}|{_MONTH}(?P<e>[-./]){_DAY})(?:(?P=d)|(?P=e))[0-9]{{2}}"
    rf"|{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[0-9]{{4}}|[0-9]{{6}})?)(?![0-9]|[-./][0-9])"
)


class Run(NamedTuple):
    """Digits without anything between them."""

    text: str
    start: int
    end: int

    @property
    def is_year(self) -> bool:
        """Whether it reads as a year of our time."""
        return len(self.text) == 4 and self.text[:2] in {"19", "20"}


def runs(text: str) -> tuple[Run, ...]:
    """Every run of digits, in order."""
    return tuple(Run(one[0], one.start(), one.end()) for one in _RUN.finditer(text))


def chains(text: str) -> Iterator[tuple[Run, ...]]:
    """Runs that belong together: between them stand a few blanks, dots, dashes, slashes or brackets."""
    chain: list[Run] = []
    for run in runs(text):
        if chain and not _JOINT.fullmatch(text, chain[-1].end, run.start):
            yield tuple(chain)
            chain = []
        chain.append(run)
    if chain:
        yield tuple(chain)


def dates(text: str) -> tuple[tuple[int, int], ...]:
    """Where days are written in digits."""
    return tuple(one.span() for one in _DATE.finditer(text))


def masked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """The text with line breaks instead of what stands in these spans, which may overlap."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = "\n" * (end - start)
    return "".join(letters)
