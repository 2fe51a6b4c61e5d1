"""Numbers without records: what coordinators ask for, exactly what would be given, and what left."""

import json
import logging
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from console.aggregates import (
    ASKED_HEADER,
    GIVEN_HEADER,
    RANGE_COLUMNS,
    asked_lines,
    coordinator_of,
    given_lines,
    range_lines,
    sealed_file,
)
from console.errors import ChangedError, EntryError
from console.releases import header
from console.web.line import over_the_line
from console.web.visit import Answer, Document, Elsewhere, Page, Table, Visit
from node.audience import Tier
from node.collecting import cubes_of, sealed_for, send_aggregate
from node.contributing import foresee_aggregate, give_aggregate, given
from node.cubes.aggregate import Aggregate
from node.cubes.declaration import Cube, cube_from, plain_cube, read_cube
from node.directory import Status
from node.errors import AggregateError, CubeError, MemberError, NodeError, PeerError, UnavailableError
from node.said import Teller

MOST_SHOWN = 200
MAX_TYPED = 20_000  # characters of a declaration

logger = logging.getLogger(__name__)


class _Asked(NamedTuple):
    """Numbers for whom, of which cube, as of which day; `nothing` takes back what was given before."""

    org_id: str
    cube: Cube
    as_of: date
    nothing: bool


def list_given(visit: Visit) -> Answer:
    """Whom one may ask what it wants, and what left."""
    return _list(visit)


def take_given(visit: Visit) -> Answer:
    """What left as a file."""
    return Table("numbers_given", _columns(GIVEN_HEADER), tuple(given_lines(visit.store)))


def show_asked(visit: Visit) -> Answer:
    """For which cubes a coordinator asks for numbers; nothing leaves by asking."""
    org_id = visit.asks("of")
    try:
        cubes = over_the_line(visit.works.line, org_id, cubes_of)
    except (PeerError, UnavailableError, MemberError) as error:
        return _list(visit, org_id=org_id, fault=str(error))
    rows = list(asked_lines(visit.store, org_id, cubes))
    facts = {
        "of": org_id,
        "header": ASKED_HEADER,
        "rows": [(row, _plain(cubes[row[0]])) for row in rows],
    }
    return Page("focal/numbers_asked.html", facts)


def look(visit: Visit) -> Answer:
    """Show exactly which numbers would leave; nothing leaves."""
    try:
        return _preview(visit, _asked(visit))
    except (CubeError, AggregateError, MemberError, EntryError) as error:
        return _list(visit, visit.says("of"), visit.says("declaration"), str(error))


def send(visit: Visit) -> Answer:
    """Give the numbers that were shown, over the line or as a file; where they have changed they are shown anew."""
    asked, works = _asked(visit), visit.works
    if visit.says("seen") != _digest(_foreseen(visit, asked)):
        changed = ChangedError("what would be given has changed since you looked; nothing has left")
        return _preview(visit, asked, changed)
    coordinator = coordinator_of(works.home, asked.org_id)
    who, teller = (works.identity, coordinator), Teller(visit.who.name, visit.now)
    made, envelope = give_aggregate(visit.store, asked.cube, who, asked.as_of, teller, nothing=asked.nothing)
    logger.info(
        "numbers given: account=%s member=%s numbers=%s", visit.who.key, asked.org_id, len(made.ranges)
    )
    directory = works.home.directory()
    if visit.says("way") == "file":
        content = sealed_file(directory, envelope, asked.org_id, visit.now)
        name = f"numbers-for-{asked.org_id}-{asked.cube.name}-{asked.cube.version}.sealed"
        return Document(name, "application/octet-stream", content)
    try:
        box = sealed_for(directory.member(asked.org_id), envelope, visit.now)
        over_the_line(works.line, asked.org_id, lambda client: send_aggregate(client, box))
    except (PeerError, UnavailableError, AggregateError) as error:
        return _preview(visit, asked, error)
    return Elsewhere("/numbers?given=1")


def _preview(visit: Visit, asked: _Asked, error: Exception | None = None) -> Page:
    made = _foreseen(visit, asked)
    rows = list(range_lines(made))
    before = [one for one in given(visit.store) if (one.member, one.cube) == (asked.org_id, asked.cube.title)]
    facts = {
        "of": asked.org_id,
        "title": asked.cube.title,
        "cube": _plain(asked.cube),
        "day": asked.as_of,
        "nothing": asked.nothing,
        "header": (*header(asked.cube)[:-2], *(name.replace(" ", "_") for name in RANGE_COLUMNS)),
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "before": bool(before),
        "seen": _digest(made),
        "told": str(error) if error else "",
        "written": isinstance(error, NodeError),
    }
    status = 409 if isinstance(error, ChangedError) else 422 if error else 200
    return Page("focal/numbers_preview.html", facts, status)


def _foreseen(visit: Visit, asked: _Asked) -> Aggregate:
    home = visit.works.home
    coordinator = coordinator_of(home, asked.org_id)
    made = foresee_aggregate(visit.store, asked.cube, home.settings.org_id, coordinator, asked.as_of)
    return (
        made
        if not asked.nothing
        else Aggregate(made.organization, made.coordinator, made.cube, made.as_of, {})
    )


def _asked(visit: Visit) -> _Asked:
    """What a form asks: the declaration as it was fetched, or as somebody typed it.

    Raises:
        CubeError: It is no declaration.
        EntryError: The day is none.
    """
    fetched, typed = visit.says("cube"), visit.says("declaration")
    try:
        cube = cube_from(json.loads(fetched)) if fetched else read_cube(typed[:MAX_TYPED])
    except (ValueError, AttributeError, RecursionError) as error:
        raise CubeError("the declaration is none") from error
    text = visit.says("as-of")
    try:
        day = date.fromisoformat(text) if text else visit.now.date()
    except ValueError as error:
        raise EntryError({"as-of": "write it like 2026-03-14"}) from error
    return _Asked(visit.says("of"), cube, day, visit.says("nothing") == "1")


def _list(visit: Visit, org_id: str = "", typed: str = "", fault: str = "") -> Page:
    rows = list(given_lines(visit.store))
    rows.reverse()
    facts = {
        "coordinators": _coordinators(visit),
        "of": org_id,
        "typed": typed[:MAX_TYPED],
        "fault": fault,
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "header": GIVEN_HEADER,
        "given": bool(visit.asks("given")),
    }
    return Page("focal/numbers.html", facts, 422 if fault else 200)


def _coordinators(visit: Visit) -> list[str]:
    home = visit.works.home
    if not home.network_file.exists():
        return []
    own = home.settings.org_id
    return sorted(
        one.org_id
        for one in home.directory().members
        if one.tier is Tier.COORDINATOR and one.status is Status.ACTIVE and one.org_id != own
    )


def _plain(cube: Cube) -> str:
    return json.dumps(plain_cube(cube), sort_keys=True)


def _columns(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.replace(" ", "_") for name in names)


def _digest(made: Aggregate) -> str:
    """What a page shows of what would be given, in 32 bytes."""
    return sha256(repr((made.cube, made.as_of, sorted(made.ranges.items()))).encode()).hexdigest()
