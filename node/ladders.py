"""Ladder schema 1: the dimensions of an incident, their levels, and how a fine value is made coarser.

A value is text in one canonical form, so that an originator and a receiver agree byte for byte. The schema is final:
another dimension, level or form is schema 2, and a record says by which schema it was made (ADR 2).

    when       year > month > day                    2015 > 2015-03 > 2015-03-14
    where      country > admin1 > admin2 > point     SSD > SSD/Unity > SSD/Unity/Leer > SSD/Unity/Leer/Leer@8.30,30.14
    what       cause > means > context > location    violence > violence/shooting > ...
    victims    band > outcome > staff > sex          1-3 > killed=2 > killed/national=2 > killed/national/unknown=2
    target     sector > type                         ngo+un > INGO=2;UN=1
    actor      group > type > motive > name          non_state > non_state/armed_group_national > ...
    certainty  level > source                        confirmed > confirmed/media

A chain ends at the finest level that is known. `~` before a number means estimated, `>` at least.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from node.codes import code_list
from node.errors import ViewError
from node.model import Incident, Outcome, Place, Qualifier, Sex, Staff

SCHEMA = 1
CACHED = 1 << 12  # values or parts of one kind that are kept parsed; incidents repeat few of them
NOBODY = "0"  # no affected person; also the value of `target` then

Chain: TypeAlias = tuple[str, ...]  # values of one dimension, coarse to fine
Chains: TypeAlias = tuple[Chain, ...]  # one chain per dimension, in the order of DIMENSIONS

_BANDS = ((25, "25+"), (10, "10-24"), (4, "4-9"), (1, "1-3"))
BANDS = frozenset({NOBODY, *(name for _, name in _BANDS)})
_MARKS = {Qualifier.EXACT: "", Qualifier.AT_LEAST: ">", Qualifier.ESTIMATED: "~"}
_QUALIFIERS = {mark: qualifier for qualifier, mark in _MARKS.items() if mark}
_LOOSENESS = tuple(Qualifier)
_OUTCOME_ORDER = {outcome: place for place, outcome in enumerate(Outcome)}
_STAFF_ORDER = {staff: place for place, staff in enumerate(Staff)}
_SEX_ORDER = {sex: place for place, sex in enumerate(Sex)}


class Dimension(NamedTuple):
    """One ladder of the schema: its number on the wire, its name in the hash, its levels and how to go one up."""

    number: int
    name: str
    levels: tuple[str, ...]
    generalize: Callable[[str], str]


class Cell(NamedTuple):
    """A number of affected persons as it stands in a `victims` value; what the level does not say is `None`."""

    outcome: Outcome
    staff: Staff | None
    sex: Sex | None
    number: int
    qualifier: Qualifier


def band(affected: int) -> str:
    """Range that a number of affected persons falls into."""
    return next((name for least, name in _BANDS if affected >= least), NOBODY)


def chains_of(incident: Incident) -> Chains:
    """Everything of an incident that could ever be shared, at full depth.

    This is the whole shareable truth, not yet what may leave: `node.anonymize` and `node.rules` narrow it.
    """
    return (
        _prefixes(str(incident.when), "-"),
        _where(incident.where),
        _prefixes(f"{incident.cause}/{incident.means}/{incident.context}/{incident.location_type}", "/"),
        _victims(incident),
        _target(incident),
        _actor(incident),
        _prefixes(f"{incident.certainty}/{incident.source_kind}", "/"),
    )


def verify_chain(dimension: Dimension, chain: Chain) -> None:
    """Check that every value is what the next finer one generalizes to.

    Raises:
        ViewError: The chain is empty, too long, or a step does not follow from the one below it.
    """
    if not 1 <= len(chain) <= len(dimension.levels):
        raise ViewError(
            "{name}: {levels} levels where the schema has {most}",
            name=dimension.name,
            levels=len(chain),
            most=len(dimension.levels),
        )
    for level in range(len(chain) - 1):
        if dimension.generalize(chain[level + 1]) != chain[level]:
            raise ViewError(
                "{name}: level {level} does not follow from level {before}",
                name=dimension.name,
                level=level,
                before=level + 1,
            )


@lru_cache(maxsize=CACHED)
def read_cells(value: str) -> tuple[tuple[Cell, ...], tuple[tuple[Sex, int], ...]]:
    """Parse a `victims` value below the band: its cells, and the sexes over all outcomes where they stand apart.

    Raises:
        ViewError: The text is not in the schema's form.
    """
    counts, _, sexes = value.partition("|")
    try:
        cells = tuple(map(_read_cell, counts.split(";"))) if counts != NOBODY else ()
        pairs = tuple((Sex(name), _read_number(number)) for name, number in _pairs(sexes))
    except ValueError as error:
        raise ViewError("victims: not in the form of the schema") from error
    depths = {(cell.staff is None, cell.sex is None) for cell in cells} | (
        {(False, False)} if pairs else set()
    )
    if (
        len(depths) > 1
        or not _each_once([cell[:3] for cell in cells])
        or not _each_once([sex for sex, _ in pairs])
    ):
        raise ViewError("victims: something is counted twice or on two levels")
    if _write_victims(cells, pairs) != value:
        raise ViewError("victims: not in the form of the schema")
    return cells, pairs


def read_target(value: str) -> tuple[tuple[str, int], ...]:
    """Parse a `target` value of level `type`: (broad type, affected persons).

    Raises:
        ViewError: The text is not in the schema's form.
    """
    try:
        pairs = (
            tuple((name, _read_number(number)) for name, number in _pairs(value)) if value != NOBODY else ()
        )
    except ValueError as error:
        raise ViewError("target: not in the form of the schema") from error
    if write_target(dict(pairs)) != value:
        raise ViewError("target: not in the form of the schema")
    return pairs


def write_target(numbers: Mapping[str, int]) -> str:
    """Write affected persons by broad type as a `target` value of level `type`."""
    return ";".join(f"{broad}={number}" for broad, number in sorted(numbers.items()) if number) or NOBODY


def unescape(segment: str) -> str:
    """Name as it was before it became a segment of a path."""
    return segment.replace("%40", "@").replace("%2F", "/").replace("%25", "%")


def escape(name: str) -> str:
    """Make a name a segment of a path, so that it can not spill into the next level."""
    return name.replace("%", "%25").replace("/", "%2F").replace("@", "%40")


def _prefixes(path: str, separator: str) -> Chain:
    parts = path.split(separator)
    return tuple(separator.join(parts[: depth + 1]) for depth in range(len(parts)))


def _where(place: Place) -> Chain:
    point = ""
    if place.settlement or place.point is not None:
        degrees = f"{place.point.latitude:z.5f},{place.point.longitude:z.5f}" if place.point else ""
        point = f"{escape(place.settlement)}@{degrees}"
    parts = [place.country, escape(place.admin1), escape(place.admin2), point]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return _prefixes("/".join(parts), "/")


def _victims(incident: Incident) -> Chain:
    finest = _write_victims(
        (
            Cell(tally.outcome, tally.staff, tally.sex, tally.number, tally.qualifier)
            for tally in incident.victims
        ),
        incident.sexes,
    )
    chain = [finest]
    while len(chain) < len(VICTIMS.levels):
        chain.insert(0, _coarser_victims(chain[0]))
    return tuple(chain)


def _target(incident: Incident) -> Chain:
    types = code_list("organization_type").codes
    numbers: dict[str, int] = {}
    for tally in incident.employers:
        broad = types[tally.organization_type].broad
        numbers[broad] = numbers.get(broad, 0) + tally.number
    value = write_target(numbers)
    return (_coarser_target(value), value)


def _actor(incident: Incident) -> Chain:
    group = code_list("actor_type").codes[incident.actor_type].group
    path = f"{group}/{incident.actor_type}/{incident.motive}"
    return _prefixes(f"{path}/{escape(incident.actor_name)}" if incident.actor_name else path, "/")


def _write_victims(cells: Iterable[Cell], sexes: Iterable[tuple[Sex, int]]) -> str:
    by_sex = sorted((pair for pair in sexes if pair[1]), key=lambda pair: _SEX_ORDER[pair[0]])
    apart = ";".join(f"{sex}={number}" for sex, number in by_sex)
    return _write_cells(cells) + (f"|{apart}" if apart else "")


def _write_cells(cells: Iterable[Cell]) -> str:
    ordered = sorted(
        (cell for cell in cells if cell.number),
        key=lambda cell: (
            _OUTCOME_ORDER[cell.outcome],
            _STAFF_ORDER.get(cell.staff, 0) if cell.staff else 0,
            _SEX_ORDER.get(cell.sex, 0) if cell.sex else 0,
        ),
    )
    return ";".join(map(_write_cell, ordered)) or NOBODY


@lru_cache(maxsize=CACHED)
def _write_cell(cell: Cell) -> str:
    labels = [label for label in (cell.outcome, cell.staff, cell.sex) if label is not None]
    return f"{'/'.join(labels)}={_MARKS[cell.qualifier]}{cell.number}"


@lru_cache(maxsize=CACHED)
def _read_cell(text: str) -> Cell:
    labels, _, number = text.partition("=")
    outcome, *finer = labels.split("/")
    qualifier = _QUALIFIERS.get(number[:1], Qualifier.EXACT)
    staff, sex = (*finer, None, None)[:2]
    return Cell(
        Outcome(outcome),
        Staff(staff) if staff else None,
        Sex(sex) if sex else None,
        _read_number(number.lstrip(">~")),
        qualifier,
    )


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 7 and text[0] != "0"):
        raise ValueError(text)
    return int(text)


def _each_once(keys: Sequence[object]) -> bool:
    return len(set(keys)) == len(keys)


def _pairs(text: str) -> Iterable[tuple[str, str]]:
    for part in filter(None, text.split(";")):
        name, _, number = part.partition("=")
        yield name, number


def _one_up(separator: str) -> Callable[[str], str]:
    def generalize(value: str) -> str:
        return value.rpartition(separator)[0]

    return generalize


@lru_cache(maxsize=CACHED)
def _coarser_victims(value: str) -> str:
    """Level `band` from outcomes, outcomes from staff, staff from sex: whichever the value is one below."""
    cells, _ = read_cells(value)
    if all(cell.staff is None for cell in cells) and "|" not in value:
        return band(sum(cell.number for cell in cells))
    drop_sex = any(cell.sex is not None for cell in cells) or "|" in value
    merged: dict[tuple[Outcome, Staff | None], Cell] = {}
    for cell in cells:
        staff = cell.staff if drop_sex else None
        before = merged.get((cell.outcome, staff))
        number = cell.number + (before.number if before else 0)
        qualifier = max(cell.qualifier, before.qualifier, key=_LOOSENESS.index) if before else cell.qualifier
        merged[cell.outcome, staff] = Cell(cell.outcome, staff, None, number, qualifier)
    return _write_cells(merged.values())


def _coarser_target(value: str) -> str:
    sectors = {BROAD_SECTORS.get(broad, "other") for broad, _ in read_target(value)}
    return "+".join(sorted(sectors)) or NOBODY


BROAD_SECTORS = {
    "UN": "un",
    "INGO": "ngo",
    "NNGO": "ngo",
    "NGO": "ngo",
    "RCRC": "rcrc",
    "NNGO_OR_RCRC": "ngo_or_rcrc",
    "IO": "other",
    "OTHER": "other",
}

WHEN = Dimension(0, "when", ("year", "month", "day"), _one_up("-"))
WHERE = Dimension(1, "where", ("country", "admin1", "admin2", "point"), _one_up("/"))
WHAT = Dimension(2, "what", ("cause", "means", "context", "location"), _one_up("/"))
VICTIMS = Dimension(3, "victims", ("band", "outcome", "staff", "sex"), _coarser_victims)
TARGET = Dimension(4, "target", ("sector", "type"), _coarser_target)
ACTOR = Dimension(5, "actor", ("group", "type", "motive", "name"), _one_up("/"))
CERTAINTY = Dimension(6, "certainty", ("level", "source"), _one_up("/"))
DIMENSIONS = (WHEN, WHERE, WHAT, VICTIMS, TARGET, ACTOR, CERTAINTY)
