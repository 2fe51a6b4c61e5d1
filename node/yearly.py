"""The fixed yearly table in the form of the Secretary-General's report, from counts: what nobody reported is no zero.

Staff of the United Nations Security Management System and area staff of UNRWA stand on lines of their own and are never
added up. Harassment is counted in cases, everything else in persons (domain 2.6).
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

from node.errors import QueryError

UNSMS, UNRWA = "UNSMS", "UNRWA"
MAX_NUMBER = 10_000_000
_TOTALS: Mapping[str, tuple[str, str]] = {
    "deaths": ("deaths_violence", "deaths_safety"),
    "injuries": ("injuries_violence", "injuries_safety"),
}
_ITEMS = ("deaths", "injuries", "abducted", "sexual_assault", "detained", "harassed")
_LOCAL: Mapping[str, str] = {
    "deaths_violence_local": "deaths_violence",
    "deaths_safety_local": "deaths_safety",
}
COUNTED = (
    "affected",
    *("deaths", "deaths_violence", "deaths_safety"),
    *("injuries", "injuries_violence", "injuries_safety"),
    *("abducted", "sexual_assault", "detained", "harassed"),
    *_LOCAL,
)
COLUMNS = (*COUNTED[:11], "not_itemised", *_LOCAL)
HEADER = ("year", "of", *COLUMNS)

Number: TypeAlias = int | None  # nothing: nobody reported it


class Count(NamedTuple):
    """One reported number: of which year, of whose staff, of what, one of `COUNTED`."""

    year: int
    of: str
    what: str
    number: int


def yearly(counts: Iterable[Count]) -> tuple[tuple[int | str | None, ...], ...]:
    """A line for each year and each of the two staffs, in order, in the columns of `HEADER`.

    Raises:
        QueryError: A number is counted twice or out of its range, or numbers contradict each other.
    """
    lines: dict[tuple[int, str], dict[str, int]] = {}
    for one in counts:
        if one.of not in {UNSMS, UNRWA} or one.what not in COUNTED:
            raise QueryError(
                "{of} {what}: not one of {unsms}, {unrwa} and {counted}",
                of=one.of[:20],
                what=one.what[:40],
                unsms=UNSMS,
                unrwa=UNRWA,
                counted=", ".join(COUNTED),
            )
        if not 0 <= one.number <= MAX_NUMBER:
            raise QueryError(
                "{year} {of} {what}: {number} is no number of persons or cases",
                year=one.year,
                of=one.of,
                what=one.what,
                number=one.number,
            )
        line = lines.setdefault((one.year, one.of), {})
        if one.what in line:
            raise QueryError("{year} {of} {what} stands twice", year=one.year, of=one.of, what=one.what)
        line[one.what] = one.number
    order = sorted(lines, key=lambda key: (key[0], key[1] != UNSMS))
    return tuple((*key, *_line(f"{key[0]} {key[1]}", lines[key])) for key in order)


def _line(name: str, told: Mapping[str, int]) -> tuple[Number, ...]:
    found: dict[str, Number] = {what: told.get(what) for what in COUNTED}
    for total, parts in _TOTALS.items():
        known = [told[part] for part in parts if part in told]
        if len(known) == len(parts):
            found[total] = sum(known)
        if total in told and (told[total] < sum(known) or found[total] != told[total]):
            raise QueryError(
                "{name}: {total} are {told}, their parts {known}",
                name=name,
                total=total,
                told=told[total],
                known=sum(known),
            )
    for part, whole in _LOCAL.items():
        if told.get(part, 0) > told.get(whole, 0):
            raise QueryError("{name}: {part} are more than {whole}", name=name, part=part, whole=whole)
    found["not_itemised"] = _not_itemised(name, found)
    return tuple(found[column] for column in COLUMNS)


def _not_itemised(name: str, found: Mapping[str, Number]) -> Number:
    """Persons affected that no column shows; nothing where the total or the largest items are not reported."""
    affected = found["affected"]
    if affected is None:
        return None
    rest = affected - sum(found[item] or 0 for item in _ITEMS)
    if rest < 0:
        raise QueryError(
            "{name}: the items are {more} more than the {affected} affected",
            name=name,
            more=-rest,
            affected=affected,
        )
    return rest
