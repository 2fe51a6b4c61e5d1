"""Releases of figures: declared, planned, built by one, audited, published by another, and corrected by a notice."""

from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import urlencode

from console.releases import (
    AUDIT_HEADER,
    HIDDEN,
    LIST_HEADER,
    header,
    list_lines,
    plan_lines,
    plan_remarks,
    release_lines,
    remarks,
)
from console.web.coordinator.chart import Bar, bars
from console.web.coordinator.pictures import drawn_map, frame_of
from console.web.languages import translations
from console.web.visit import Answer, Elsewhere, Page, Table, Visit
from console.web.words import said_value
from node.cubes.declaration import ALL, Cube, read_cube
from node.cubes.document import read_release
from node.errors import CubeError, QueryError
from node.published import declared, published
from node.releasing import audit_built, build, correct, declare, plan, publish
from node.said import Teller
from node.store.cubes import Built

MOST_SHOWN = 100  # rows of a table; a file holds all
MAX_NUMBER = 9  # digits
Rows = Sequence[tuple[str | int, ...]]


def list_releases(visit: Visit) -> Answer:
    """What is declared, and what was built and published of it."""
    return _list(visit)


def take_releases(visit: Visit) -> Answer:
    """The same as a file."""
    columns = tuple(name.replace(" ", "_") for name in LIST_HEADER)
    return Table("releases", columns, tuple(list_lines(visit.store)))


def take_declaration(visit: Visit) -> Answer:
    """Declare a cube."""
    text = visit.says("declaration")
    try:
        cube = read_cube(text)
        declare(visit.store, cube, _teller(visit))
    except CubeError as error:
        return _list(visit, text, str(error))
    return Elsewhere(_link("/release/plan", cube=cube.title))


def show_plan(visit: Visit) -> Answer:
    """What the next release would tell and hide; nothing is changed."""
    title, day = _title(visit), _day(visit)
    made = plan(visit.store, title, visit.works.home.settings.org_id, day)
    rows = list(plan_lines(made))
    facts = {
        "title": title,
        "day": day,
        "header": header(made.cube),
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "notes": plan_remarks(made),
        **_pictures(visit, made.cube, rows),
    }
    return Page("coordinator/plan.html", facts)


def take_plan(visit: Visit) -> Answer:
    """The same as a file."""
    made = plan(visit.store, _title(visit), visit.works.home.settings.org_id, _day(visit))
    return Table("plan", header(made.cube), tuple(plan_lines(made)), notes=plan_remarks(made))


def take_build(visit: Visit) -> Answer:
    """Build the next release, for somebody else to publish."""
    title = _title(visit)
    build(visit.store, title, visit.works.home.settings.org_id, _day(visit), _teller(visit))
    return Elsewhere(_link("/release/audit", cube=title))


def show_audit(visit: Visit) -> Answer:
    """What an attack on what was built finds, with all that was published before."""
    title = _title(visit)
    built, found = audit_built(visit.store, title)
    rows = list(release_lines(built))
    facts = {
        "title": title,
        "built": built,
        "findings": found,
        "audit_header": AUDIT_HEADER,
        "header": header(built.cube),
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "own": built.built_by.casefold() == visit.who.name.casefold(),
        **_pictures(visit, built.cube, rows),
    }
    return Page("coordinator/audit.html", facts)


def take_publication(visit: Visit) -> Answer:
    """Sign what another built, if the audit finds nothing."""
    built = publish(visit.store, _title(visit), visit.works.identity, _teller(visit))
    return Elsewhere(_link("/release", cube=built.cube.title, number=str(built.number)))


def show_release(visit: Visit) -> Answer:
    """One published release, with what must stand beside it."""
    built = _published(visit)
    rows = list(release_lines(built))
    facts = {
        "built": built,
        "header": header(built.cube),
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "notes": remarks(read_release(built.payload)),
        "periods": read_release(built.payload).periods,
        **_pictures(visit, built.cube, rows),
    }
    return Page("coordinator/release.html", facts)


def take_release(visit: Visit) -> Answer:
    """The same as a file."""
    built = _published(visit)
    notes = remarks(read_release(built.payload))
    return Table("release", header(built.cube), tuple(release_lines(built)), notes=notes)


def take_notice(visit: Visit) -> Answer:
    """Say, signed, that a release no longer stands as it is."""
    built = _published(visit)
    periods = [one for one in visit.form.get("period", ()) if one]
    who = visit.works.identity, _teller(visit)
    correct(visit.store, built.cube.title, built.number, periods, visit.says("reason").strip(), who)
    return Elsewhere("/releases")


def _list(visit: Visit, typed: str = "", fault: str = "") -> Page:
    rows = list(list_lines(visit.store))
    cubes = declared(visit.store)
    waiting = {str(row[0]) for row in rows if not row[6]}
    facts = {
        "rows": rows,
        "header": LIST_HEADER,
        "cubes": cubes,
        "waiting": waiting,
        "typed": typed,
        "fault": fault,
    }
    return Page("coordinator/releases.html", facts, 422 if fault else 200)


def _pictures(visit: Visit, cube: Cube, rows: Rows) -> Mapping[str, object]:
    """Chart and map of one period and measure: the latest and the first, unless the link names others."""
    periods = sorted({str(row[0]) for row in rows}, reverse=True)
    if not periods or not cube.by:
        return {"chart": None, "map": None, "choice": {}}
    period = visit.asks("period") if visit.asks("period") in periods else periods[0]
    measure = visit.asks("measure") if visit.asks("measure") in cube.measures else cube.measures[0]
    name = "country" if "country" in cube.by else cube.by[0]
    numbers = _figures(cube, rows, (period, name, measure))
    say = translations(visit.language).gettext
    title = say("%(measures)s by %(groups)s") % {
        "measures": say(measure.replace("_", " ")),
        "groups": say(name),
    }
    told = say("Hidden figures are hatched. The table beside it has every figure that is shown.")
    frame = frame_of(visit.language, f"{title}{say(', ')}{period}", str(told))
    drawn = [
        Bar(said_value(visit.language, name, code), number, hidden=number is None)
        for code, number in sorted(
            numbers.items(), key=lambda pair: (pair[1] is None, -(pair[1] or 0), pair[0])
        )
    ]
    choice = {"periods": periods, "period": period, "measures": cube.measures, "measure": measure}
    found = drawn_map(numbers, frame, visit.language) if name == "country" else None
    return {"chart": bars(frame, drawn), "map": found, "choice": choice, "frame": frame}


def _figures(cube: Cube, rows: Rows, wanted: tuple[str, str, str]) -> dict[str, float | None]:
    """The figures over one dimension, of all of the others together; `None` is hidden."""
    period, name, measure = wanted
    at = 1 + cube.by.index(name)
    found: dict[str, float | None] = {}
    for row in rows:
        *cell, figure, _ = row
        others = [value for where, value in enumerate(cell) if where not in {0, at, len(cell) - 1}]
        if (cell[0], cell[-1]) == (period, measure) and all(one == ALL for one in others) and cell[at] != ALL:
            found[str(cell[at])] = None if figure == HIDDEN else float(figure)
    return found


def _published(visit: Visit) -> Built:
    number = visit.asks("number") or "0"
    if not (number.isascii() and number.isdigit() and len(number) <= MAX_NUMBER):
        raise QueryError("number: {number!r} is not a number", number=number[:40])
    return published(visit.store, visit.asks("cube"), int(number))


def _title(visit: Visit) -> str:
    title = visit.asks("cube")
    if title not in declared(visit.store):
        raise CubeError("there is no cube {title!r}", title=title[:60])
    return title


def _day(visit: Visit) -> date:
    text = visit.asks("as-of")
    try:
        return date.fromisoformat(text) if text else visit.now.date()
    except ValueError as error:
        raise QueryError("as-of: {text!r} is not a day like 2015-03-14", text=text[:40]) from error


def _teller(visit: Visit) -> Teller:
    return Teller(visit.who.name, visit.now)


def _link(path: str, **asked: str) -> str:
    return f"{path}?{urlencode(asked)}"
