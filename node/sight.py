"""As much of a report as two organizations compare: when, where, what, and how many persons.

Both sides of a comparison know the same of each report, the one because it is its own and it knows what it showed, the
other because it was shown that. So both come to the same result.
"""

from functools import lru_cache
from typing import NamedTuple

from node.audience import Levels
from node.codes.spelling import fold
from node.facts import COLUMNS, Fact, staff_column
from node.ladders import CACHED, VICTIMS, WHAT, WHEN, WHERE
from node.model import Outcome, Staff

_AT = {column.name: at for at, column in enumerate(COLUMNS)}
_COUNTS = tuple(
    (str(outcome), tuple(_AT[staff_column(outcome, staff)] for staff in Staff)) for outcome in Outcome
)
_UNDISCLOSED = _AT["undisclosed"]


class Sight(NamedTuple):
    """What is shown of a report; `None` where it is not, or where nobody knows. Places are folded."""

    year: int
    month: int | None
    day: int | None
    country: str | None
    admin1: str | None
    admin2: str | None
    cause: str | None
    means: str | None
    victims: tuple[tuple[str, int], ...] | None  # persons by outcome, without those of nobody

    @property
    def month_number(self) -> int | None:
        """Months since the year 0; `None` where only the year is shown."""
        return None if self.month is None else self.year * 12 + self.month - 1


def sight(fact: Fact) -> Sight:
    """What an index row shows."""
    year, month, day = (_number(fact[_AT[name]]) for name in ("year", "month", "day"))
    country, cause, means = (_text(fact[_AT[name]]) for name in ("country", "cause", "means"))
    admin1, admin2 = (_folded(fact[_AT[name]]) for name in ("admin1", "admin2"))
    victims = None
    if not fact[_UNDISCLOSED]:
        counted = ((name, sum(_number(fact[at]) or 0 for at in places)) for name, places in _COUNTS)
        victims = tuple((name, number) for name, number in counted if number)
    return Sight(year or 0, month, day, country, admin1, admin2, cause, means, victims)


def cut_sight(whole: Sight, levels: Levels) -> Sight:
    """What is shown of a report at these levels; its year always is."""
    when, where, what, victims = (levels[one.number] for one in (WHEN, WHERE, WHAT, VICTIMS))
    return Sight(
        whole.year,
        whole.month if when >= 1 else None,
        whole.day if when >= 2 else None,
        whole.country if where >= 0 else None,
        whole.admin1 if where >= 1 else None,
        whole.admin2 if where >= 2 else None,
        whole.cause if what >= 0 else None,
        whole.means if what >= 1 else None,
        whole.victims if victims >= 1 or (victims == 0 and not whole.victims) else None,
    )


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _folded(value: object) -> str | None:
    return _fold(value) or None if isinstance(value, str) else None


_fold = lru_cache(maxsize=CACHED)(fold)
