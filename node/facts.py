"""The index columns of an incident: what queries filter, group and sum.

A fact is projected from the same chains of values that sharing uses, so an organization's own record at full depth
and a peer's record at the levels it opened are counted by one rule. Facts hold nothing that the chains do not, but for
the purpose that the origin of a peer's record signed with it and how many of our own killed died in captivity, which
never leaves a node, and can be rebuilt at any time.
"""

from datetime import date
from functools import lru_cache
from itertools import product
from typing import NamedTuple, TypeAlias

from node.audience import Purpose
from node.codes import code_list
from node.errors import IncidentError, ViewError
from node.ladders import (
    BANDS,
    BROAD_SECTORS,
    CACHED,
    DIMENSIONS,
    NOBODY,
    Chain,
    Chains,
    escape,
    read_cells,
    read_target,
    unescape,
    verify_chain,
)
from node.model import Cause, Certainty, Outcome, PartialDate, Place, Qualifier, Sex, Staff

Value: TypeAlias = str | int | None
Fact: TypeAlias = tuple[Value, ...]  # in the order of COLUMNS

EMPLOYERS = tuple(BROAD_SECTORS)
_SECTORS = frozenset(BROAD_SECTORS.values())


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


_COUNT_AT = {
    cell: at for at, cell in enumerate(product(Outcome, Staff))
}  # the counts of affected persons, first
_SEX_AT = {sex: at for at, sex in enumerate(Sex, len(_COUNT_AT))}  # then the same persons by sex
_EMPLOYERS = [Column(employer_column(broad), int) for broad in EMPLOYERS]
CAPTIVITY = ("killed_in_captivity", "killed_in_detention")
COLUMNS = (
    *(Column(name, int) for name in ("first_day", "last_day", "year", "month", "day")),  # days as YYYYMMDD
    *(Column(name, str) for name in ("country", "admin1", "admin2")),
    *(Column(name, str) for name in ("cause", "means", "context", "location_type")),
    *(Column(staff_column(outcome, staff), int) for outcome, staff in _COUNT_AT),
    *(Column(sex_column(sex), int) for sex in _SEX_AT),
    Column("inexact", int),  # 1: some number is "at least" or estimated
    Column("undisclosed", int),  # 1: the number of affected persons was not opened to us
    *_EMPLOYERS,
    *(Column(name, str) for name in ("actor_group", "actor_type", "motive")),
    *(Column(name, str) for name in ("certainty", "source_kind")),
    Column("purpose", str),  # what a peer's record may be used for (R16); unknown of our own, which is ours
    *(Column(name, int) for name in CAPTIVITY),  # among the killed; of peers' records nobody
)


def fact(chains: Chains, purpose: Purpose | None = None, captivity: tuple[int, int] = (0, 0)) -> Fact:
    """Project one incident; a dimension that was not opened is an empty chain, and our own has no purpose.

    Args:
        chains: One per dimension.
        purpose: That its origin signed.
        captivity: How many of the killed died abducted and detained, as only their own organization knows.

    Raises:
        ViewError: A value is not in the form of the schema or not a code of its list.
    """
    columns: list[Value] = []
    for dimension, chain in zip(DIMENSIONS, chains, strict=True):
        columns += _project(dimension.number, chain)
    columns.append(None if purpose is None else str(purpose))  # the driver takes long over any other type
    return *columns, *captivity


@lru_cache(maxsize=2 * CACHED)
def _project(number: int, chain: Chain) -> tuple[Value, ...]:
    if chain:
        verify_chain(DIMENSIONS[number], chain)
    return _PROJECTIONS[number](chain)


def _when(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        raise ViewError("when: the year must be opened")
    parts = _parts(chain, "-")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ViewError("when: not a date")
    try:
        when = PartialDate(*map(int, parts))
    except IncidentError as error:
        raise ViewError("when: {why}", why=error.why) from error
    if str(when) != chain[-1]:
        raise ViewError("when: not in the form of the schema")
    return _day(when.earliest), _day(when.latest), when.year, when.month, when.day


def _where(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None, None
    country, admin1, admin2 = (*_parts(chain), "", "")[:3]
    if country:
        _known("country", country)
    try:
        place = Place(country, unescape(admin1), unescape(admin2))
    except IncidentError as error:
        raise ViewError("where: {error}", error=error) from error
    if (escape(place.admin1), escape(place.admin2)) != (admin1, admin2):
        raise ViewError("where: not in the form of the schema")
    return country or None, place.admin1 or None, place.admin2 or None


def _what(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None, None, None
    cause, *codes = _parts(chain)
    if cause not in set(Cause):
        raise ViewError("what: {cause!r} is not a cause", cause=cause[:40])
    lists = ("means", "context", "location_type")
    for name, code in zip(lists, codes, strict=False):
        _known(name, code)
    return cause, *(*codes, None, None, None)[:3]


def _victims(chain: Chain) -> tuple[Value, ...]:
    numbers = [0] * (len(_COUNT_AT) + len(_SEX_AT))
    if len(chain) < 2:
        if chain and chain[0] not in BANDS:
            raise ViewError("victims: {chain!r} is not a range of the schema", chain=chain[0][:40])
        return *numbers, 0, 0 if chain == (NOBODY,) else 1
    cells, sexes = read_cells(chain[-1])
    for cell in cells:
        numbers[_COUNT_AT[cell.outcome, cell.staff or Staff.UNKNOWN]] += cell.number
        if not sexes:
            numbers[_SEX_AT[cell.sex or Sex.UNKNOWN]] += cell.number
    for sex, number in sexes:
        numbers[_SEX_AT[sex]] += number
    inexact = any(cell.qualifier is not Qualifier.EXACT for cell in cells)
    return *numbers, int(inexact), 0


def _target(chain: Chain) -> tuple[Value, ...]:
    numbers = dict.fromkeys(EMPLOYERS, 0)
    sectors = chain[0].split("+") if chain and chain[0] != NOBODY else []
    if sectors != sorted(_SECTORS.intersection(sectors)):
        raise ViewError("target: {chain!r} is not a list of sectors", chain=chain[0][:40])
    for broad, number in read_target(chain[-1]) if len(chain) > 1 else ():
        if broad not in numbers:
            raise ViewError("target: {broad!r} is not a type of organization", broad=broad[:40])
        numbers[broad] += number
    return tuple(numbers.values())


def _actor(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None, None
    group, *codes = _parts(chain)
    for name, code in zip(("actor_type", "motive"), codes, strict=False):
        _known(name, code)
    types = code_list("actor_type").codes
    if group not in {one.group for code, one in types.items() if code in codes[:1] or not codes}:
        raise ViewError("actor: {group!r} is not the group of the actor", group=group[:40])
    return group, *(*codes, None, None)[:2]


def _certainty(chain: Chain) -> tuple[Value, ...]:
    if not chain:
        return None, None
    level, *source = _parts(chain)
    if level not in set(Certainty):
        raise ViewError("certainty: {level!r} is not a level", level=level[:40])
    if source:
        _known("source_kind", source[0])
    return level, source[0] if source else None


def _parts(chain: Chain, separator: str = "/") -> list[str]:
    """Split the finest value, which says one thing more than each coarser one."""
    parts = chain[-1].split(separator)
    if len(parts) != len(chain):
        raise ViewError("{parts} parts stand on level {levels}", parts=len(parts), levels=len(chain))
    return parts


def _day(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _known(name: str, code: str) -> None:
    if code not in code_list(name).codes:
        raise ViewError("{name}: {code!r} is not a code of the list", name=name, code=code[:40])


_PROJECTIONS = (_when, _where, _what, _victims, _target, _actor, _certainty)
