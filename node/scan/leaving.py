"""The free words that leave with a record, and the rule for every other text."""

from functools import lru_cache
from typing import NamedTuple

from crypto.sentence import listed
from node.disclose import cut
from node.errors import TextNotReviewedError, TextRevealsError
from node.ladders import ACTOR, WHERE, Chains, unescape
from node.scan.finding import Finding
from node.scan.names import Names
from node.scan.scanner import scan
from node.signed import Label

_SHORT = 1 << 12  # free words of records whose findings are remembered: places repeat


class Leak(NamedTuple):
    """A free word that would leave and should not; shown to its owner only, never logged."""

    dimension: str
    level: str
    text: str
    findings: tuple[Finding, ...]


def words_that_leave(chains: Chains, levels: tuple[int, ...]) -> tuple[tuple[str, str, str], ...]:
    """Free words that an audience sees at these levels: (dimension, level, text).

    All other values are codes and numbers; these are names of areas, of a settlement, and of an actor.
    """
    seen = cut(chains, levels)
    found = [
        (WHERE.name, level, unescape(part.partition("@")[0]))
        for level, part in zip(WHERE.levels[1:], _parts(seen[WHERE.number])[1:], strict=False)
    ]
    actor = _parts(seen[ACTOR.number])
    if len(actor) == len(ACTOR.levels):
        found.append((ACTOR.name, ACTOR.levels[-1], unescape(actor[-1])))
    return tuple(one for one in found if one[-1])


def leaks(chains: Chains, levels: tuple[int, ...], names: Names) -> tuple[Leak, ...]:
    """Free words that would leave at these levels and hold what points at a person (R8)."""
    scanned = ((word, _scan_word(word[-1], names)) for word in words_that_leave(chains, levels))
    return tuple(Leak(*word, findings) for word, findings in scanned if findings)


def may_leave(text: str, *, reviewed: bool, label: Label, names: Names) -> str:
    """Give back a text that may leave under a label (R9).

    Raises:
        TextNotReviewedError: It would leave at AMBER or wider, and nobody has marked it reviewed.
        TextRevealsError: It holds what points at a person, whoever reviewed it.
    """
    if label >= Label.AMBER and not reviewed:
        raise TextNotReviewedError("text: nobody has marked it reviewed")
    if findings := scan(text, names):
        kinds = sorted({str(one.kind) for one in findings})
        raise TextRevealsError("text: it seems to hold {kinds}", kinds=listed(kinds))
    return text


@lru_cache(maxsize=_SHORT)
def _scan_word(text: str, names: Names) -> tuple[Finding, ...]:
    return scan(text, names)


def _parts(chain: tuple[str, ...]) -> list[str]:
    return chain[-1].split("/") if chain else []
