"""The index columns of an incident: what queries filter, group and sum.

A fact is projected from the same chains of values that sharing uses, so an organization's own record at full depth
and a peer's record at the levels it opened are counted by one rule. Facts hold nothing that the chains do not, and
can be rebuilt from them at any time.
"""

from calendar import monthrange
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from node.codes import code_list
from node.errors import ViewError
from node.ladders import DIMENSIONS, Chain, Chains, read_cells, read_target, unescape, verify_chain
from node.model import MAX_NAME, Cause, Certainty, Outcome, Qualifier, Sex, Staff

Value: TypeAlias = str | int | None
Fact: TypeAlias = tuple[Value, ...]  # in the order of COLUMNS

EMPLOYERS = ("UN", "INGO", "NNGO", "NGO", "RCRC", "NNGO_OR_RCRC", "IO", "OTHER")
_CACHED = 1 << 14  # distinct values of one dimension kept parsed; incidents repeat few of them


class Column(NamedTuple):
    """One index column: its name and whether it holds text or a whole number."""

    name: str
    kind: type[str] | type[int]


def staff_column(outcome: Outcome, staff: Staff) -> str:
    """Name of the column that counts the affected persons of one outcome and staff type."""
    return f"{outcome}_{staff}"


def sex_column(sex: Sex) -> str:
    """Name of the column that counts the affected persons of one sex."""
    return f"sex_{sex}"


def employer_column(broad: str) -> str:
    """Name of the column that counts the affected persons of one broad type of employer."""
    return f"employer_{broad.lower()}"


_COUNTS = [Column(staff_column(outcome, staff), int) for outcome in Outcome for staff in Staff]
_SEXES = [Column(sex_column(sex), int) for sex in Sex]
_EMPLOYERS = [Column(employer_column(broad), int) for broad in EMPLOYERS]
COLUMNS = (
    *(Column(name, int) for name in ("first_day", "last_day", "year", "month", "day")),  # days as YYYYMMDD
    *(Column(name, str) for name in ("country", "admin1", "admin2")),
    *(Column(name, str) for name in ("cause", "means", "context", "location_type")),
    *_COUNTS,
    *_SEXES,
    Column("inexact", int),  # 1: some number is "at least" or estimated
    Column("undisclosed", int),  # 1: the number of affected persons was not opened to us
    *_EMPLOYERS,
    *(Column(name, str) for name in ("actor_group", "actor_type", "motive")),
    *(Column(name, str) for name in ("certainty", "source_kind")),
)


def fact(chains: Chains) -> Fact:
    """Project one incident; a dimension that was not opened is an empty chain.

    Raises:
        ViewError: A value is not in the form of the schema or not a code of its list.
    """
    columns: list[Value] = []
    for dimension, chain in zip(DIMENSIONS, chains, strict=True):
        columns += _project(dimension.number, chain)
    return tuple(columns)


@lru_cache(maxsize=_CACHED * len(DIMENSIONS))
def _project(number: int, chain: Chain) -> tuple[Value, ...]:
    if chain:
        verify_chain(DIMENSIONS[number], chain)
    return _PROJECTIONS[number](chain)


def _when(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        raise ViewError("when: the year must be opened")
    parts = chain[-1].split("-")
    if (
        not all(part.isascii() and part.isdigit() for part in parts)
        or [len(p) for p in parts] != [4, 2, 2][: len(parts)]
    ):
        raise ViewError("when: not a date")
    year, month, day = (*map(int, parts), None, None)[:3]
    if year is None or (month is not None and not 1 <= month <= 12):
        raise ViewError("when: not a date")
    days = monthrange(year, month or 12)[1]
    if day is not None and not 1 <= day <= days:
        raise ViewError("when: not a date")
    first = year * 10_000 + (month or 1) * 100 + (day or 1)
    return first, year * 10_000 + (month or 12) * 100 + (day or days), year, month, day


def _where(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None, None
    country, admin1, admin2 = (*chain[-1].split("/"), "", "")[:3]
    if country:
        _known("country", country)
    if max(len(admin1), len(admin2)) > 3 * MAX_NAME:
        raise ViewError(f"where: a name is longer than {MAX_NAME} characters")
    return country or None, unescape(admin1) or None, unescape(admin2) or None


def _what(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None, None, None
    cause, *codes = chain[-1].split("/")
    if cause not in set(Cause):
        raise ViewError(f"what: {cause[:40]!r} is not a cause")
    lists = ("means", "context", "location_type")
    for name, code in zip(lists, codes, strict=False):
        _known(name, code)
    return cause, *(*codes, None, None, None)[:3]


def _victims(chain: Chain) -> tuple[Value, ...]:
    numbers = dict.fromkeys((column.name for column in (*_COUNTS, *_SEXES)), 0)
    if len(chain) < 2:
        return *numbers.values(), 0, 0 if chain == ("0",) else 1
    cells, sexes = read_cells(chain[-1])
    for cell in cells:
        numbers[staff_column(cell.outcome, cell.staff or Staff.UNKNOWN)] += cell.number
        if not sexes:
            numbers[sex_column(cell.sex or Sex.UNKNOWN)] += cell.number
    for sex, number in sexes:
        numbers[sex_column(sex)] += number
    inexact = any(cell.qualifier is not Qualifier.EXACT for cell in cells)
    return *numbers.values(), int(inexact), 0


def _target(chain: Chain) -> tuple[Value, ...]:
    numbers = dict.fromkeys(EMPLOYERS, 0)
    for broad, number in read_target(chain[-1]) if len(chain) > 1 else ():
        if broad not in numbers:
            raise ViewError(f"target: {broad[:40]!r} is not a type of organization")
        numbers[broad] += number
    return tuple(numbers.values())


def _actor(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None, None
    group, *codes = chain[-1].split("/")
    for name, code in zip(("actor_type", "motive"), codes, strict=False):
        _known(name, code)
    if group not in {code.group for code in code_list("actor_type").codes.values()}:
        raise ViewError(f"actor: {group[:40]!r} is not a group of actors")
    return group, *(*codes, None, None)[:2]


def _certainty(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None
    level, *source = chain[-1].split("/")
    if level not in set(Certainty):
        raise ViewError(f"certainty: {level[:40]!r} is not a level")
    if source:
        _known("source_kind", source[0])
    return level, source[0] if source else None


def _known(name: str, code: str) -> None:
    if code not in code_list(name).codes:
        raise ViewError(f"{name}: {code[:40]!r} is not a code of the list")


_PROJECTIONS = (_when, _where, _what, _victims, _target, _actor, _certainty)
