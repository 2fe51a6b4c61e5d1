"""Days of birth, and ages that are told more exactly than in bands of five years (R8)."""

from collections.abc import Iterator

from node.scan.context import WINDOW, Context, after, before
from node.scan.digits import Run, dates, runs
from node.scan.finding import Finding, Kind
from node.scan.folded import Folded

BAND_YEARS = 5
OLDEST = 120


def find_births(folded: Folded) -> Iterator[Finding]:
    """Find days and years beside a word that speaks of birth."""
    text = folded.text
    years = ((run.start, run.end) for run in runs(text) if run.is_year)
    for start, end in (*dates(text), *years):
        if before(text, start, Context.BIRTH) or after(text, end, Context.BIRTH):
            yield Finding(Kind.BIRTH, *folded.span(start, end))


def find_ages(folded: Folded) -> Iterator[Finding]:
    """Find ages; a band of five years or more, and a bound like `under 18`, tell nobody's age."""
    text = folded.text
    numbers = runs(text)
    for at, run in enumerate(numbers):
        if len(run.text) > 3 or int(run.text) > OLDEST or _is_part(text, run):
            continue
        until = (
            numbers[at + 1]
            if at + 1 < len(numbers) and text[run.end : numbers[at + 1].start] == "-"
            else None
        )
        since = numbers[at - 1] if at and text[numbers[at - 1].end : run.start] == "-" else None
        low, high = since or run, until or run
        if not (before(text, low.start, Context.AGE) or after(text, high.end, Context.AGE)):
            continue
        bound = before(text, low.start, Context.LIMIT) or after(text, high.end, Context.LIMIT)
        bound = bound or _bound_between(text, low)
        if not bound and int(high.text) - int(low.text) < BAND_YEARS - 1:
            yield Finding(Kind.AGE, *folded.span(run.start, run.end))


def _is_part(text: str, run: Run) -> bool:
    """Whether the run belongs to a longer number, or to a name like `B12`."""
    left, right = text[max(0, run.start - 1) : run.start], text[run.end : run.end + 1]
    decimals = right in {".", ","} and text[run.end + 1 : run.end + 2].isdigit()
    return left in {".", ","} or (left.isascii() and left.isalnum()) or decimals


def _bound_between(text: str, run: Run) -> bool:
    """Whether a bound stands before the word for age: `under the age of 18`."""
    left = text[max(0, run.start - WINDOW) : run.start]
    return any(word in left.split() for word in ("under", "over", "below", "above", "minimum", "legal"))
