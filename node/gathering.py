"""Count what goes into releases: by place and by organization, for one purpose, without what may not count for others.

Records of peers count if they were shared for the purpose of the cube (R16). Our own count unless they concern
survivors of sexual violence: those only where the survivor consented to the purpose, and in no cube that is finer than
year and country (R14).
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from node.clusters import Reading
from node.cubes.declaration import AFFECTED, CUBE_DIMENSIONS, INCIDENTS, OUTCOMES, UNKNOWN, Cell, Cube
from node.cubes.table import JOINT, Atom, leaf_of
from node.dimensions import MEASURED
from node.facts import COLUMNS, Fact
from node.measures import Query
from node.once import HANDED_ON, Report, count_once
from node.pairing import ties
from node.sensitive import Consent
from node.store.consents import consents
from node.store.database import Transaction
from node.store.matched import all_places, matched_facts
from node.store.owned import Owned, owned
from node.store.queries import own_of_survivors
from node.store.records import day_number
from node.store.verdicts import all_verdicts
from node.verdict import grounds

_COLUMNS = [column.name for column in COLUMNS]


def count_atoms(connection: Transaction, cube: Cube, as_of: date, org_id: str) -> dict[Atom, dict[str, int]]:
    """Numbers by atom and organization; an event that several signed as one counts once, as that of all of them.

    Args:
        connection: To the database.
        cube: What is counted, and what for.
        as_of: Day as of which.
        org_id: Ours: whose own records are.
    """
    withheld = _withheld(connection, cube, as_of)
    found: dict[Atom, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in owned(connection, as_of, cube.purpose, CUBE_DIMENSIONS):
        if one.record_id not in withheld:
            for measure, number in _numbers(cube, one):
                found[Atom(_when(one), one.values, measure)][one.owner or org_id] += number
    for who, sign, one in _events(connection, cube, as_of, withheld):
        for measure, number in _numbers(cube, one):
            found[Atom(_when(one), one.values, measure)][who] += sign * number
    told = {atom: {who: number for who, number in parts.items() if number} for atom, parts in found.items()}
    return {atom: parts for atom, parts in told.items() if parts}


def _events(
    connection: Transaction, cube: Cube, as_of: date, withheld: Collection[int]
) -> Iterator[tuple[str, int, Owned]]:
    """What to take off (-1) and put in its place (1), so that each event counts once: whose it is, and how much."""
    day = day_number(as_of)
    left_out = {one.name for one in all_places(connection) if one.record_id in withheld}
    facts = matched_facts(connection, day, purpose=cube.purpose)
    ground = grounds(one.verdict for one in all_verdicts(connection, day))
    reports = {
        name: Report(name, columns, ground.get(name)) for name, _, columns in facts if name not in left_out
    }
    # `HIGH`: a pair that nobody has decided is two.
    for event in count_once(tuple(reports.values()), ties(connection, day), Reading.HIGH):
        for name in event.members:
            yield name.origin_id, -1, _owned(reports[name].fact)
        yield JOINT.join(sorted({name.origin_id for name in event.members})), 1, _owned(event.fact)


def _owned(fact: Fact) -> Owned:
    columns: dict[str, Any] = dict(zip(_COLUMNS, fact, strict=True))
    return Owned(
        None,
        "",
        columns["year"],
        columns["month"],
        tuple(columns[name] or UNKNOWN for name in CUBE_DIMENSIONS),
        1,
        tuple(sum(columns[name] for name in MEASURED[outcome].columns) for outcome in OUTCOMES),
    )


def count_ranges(
    connection: Transaction, cube: Cube, as_of: date, shared: Collection[int]
) -> dict[Cell, tuple[int, int]]:
    """The least and the most that we know of each innermost cell, of own records alone, in periods that are closed.

    Args:
        connection: To the database.
        cube: What is counted, and what for.
        as_of: Day as of which.
        shared: Own records that are left out, by key.
    """
    withheld = {*shared, *_withheld(connection, cube, as_of)}
    found: dict[Cell, tuple[int, int]] = {}
    for one in owned(connection, as_of, cube.purpose, (*CUBE_DIMENSIONS, "source_kind")):
        if one.record_id is None or one.record_id in withheld:
            continue
        *values, source = one.values
        for measure, number in _numbers(cube, one):
            leaf = leaf_of(cube, Atom(_when(one), tuple(values), measure))
            if leaf is not None and cube.is_closed(leaf[0], as_of):
                least, most = found.get(leaf, (0, 0))
                found[leaf] = least + (0 if source in HANDED_ON else number), most + number
    return found


def own_records(connection: Transaction, cube: Cube, as_of: date) -> list[int]:
    """Keys of our own records that a cube could count."""
    counted = owned(connection, as_of, cube.purpose, ())
    return sorted({one.record_id for one in counted if one.record_id is not None})


def _numbers(cube: Cube, one: Owned) -> Iterator[tuple[str, int]]:
    if INCIDENTS in cube.measures:
        yield INCIDENTS, one.incidents
    if {AFFECTED, *OUTCOMES} & set(cube.measures):
        yield from (
            (measure, number) for measure, number in zip(OUTCOMES, one.outcomes, strict=True) if number
        )


def _when(one: Owned) -> str:
    return f"{one.year}-{one.month:02}" if one.month is not None else f"{one.year}-{UNKNOWN}"


def _withheld(connection: Transaction, cube: Cube, as_of: date) -> set[int]:
    """Own records that may not count for others, by key."""
    question = Query((), (INCIDENTS,), as_of)  # what our own were shared for is not asked
    found = own_of_survivors(connection, lambda one: connection.execute(one).all(), question, told=True)
    if not cube.fits_survivors:
        return set(found)
    given = consents(connection, found)
    return {
        record_id
        for record_id in found
        if cube.purpose not in given.get(record_id, {})
        or given[record_id][cube.purpose].answer is not Consent.YES
    }
