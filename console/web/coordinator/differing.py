"""Two releases of a cube side by side: what each tells of each place, hidden figures as hidden."""

from collections.abc import Sequence

from console.releases import HIDDEN, header, remarks
from console.web.visit import Answer, Page, Table, Visit
from node.cubes.document import Release, read_release
from node.errors import CubeError
from node.published import Differs, all_releases, find_published, side_by_side
from node.store.cubes import Built

MOST_SHOWN = 300  # rows of a table; a file holds all
NOT_TOLD = "not told"
MAX_NUMBER = 9  # digits


def show_difference(visit: Visit) -> Answer:
    """Both releases beside each other: where they differ, or every place."""
    found, old, new = _chosen(visit)
    both = _read(old), _read(new)
    rows = _rows(visit, *both)
    facts = {
        "title": new.cube.title,
        "numbers": [one.number for one in found],
        "old": old,
        "new": new,
        "notes": [remarks(one) for one in both],
        "everything": bool(visit.asks("all")),
        "header": (*header(new.cube)[:-2], "before", "now", "change"),
        "rows": rows[:MOST_SHOWN],
        "total": len(rows),
        "places": len(side_by_side(*both)),
    }
    return Page("coordinator/difference.html", facts)


def take_difference(visit: Visit) -> Answer:
    """The same as a file."""
    _, old, new = _chosen(visit)
    columns = (*header(new.cube)[:-2], "before", "now", "change")
    notes = {"before": f"release {old.number}", "now": f"release {new.number}"}
    return Table("difference", columns, tuple(_rows(visit, _read(old), _read(new))), notes=notes)


def _rows(visit: Visit, old: Release, new: Release) -> list[tuple[str | int | None, ...]]:
    found = side_by_side(old, new)
    return [_row(one) for one in found if visit.asks("all") or one.old != one.new]


def _row(one: Differs) -> tuple[str | int | None, ...]:
    numbers = isinstance(one.old, int) and isinstance(one.new, int)
    change = f"{int(one.new or 0) - int(one.old or 0):+d}" if numbers and one.old != one.new else ""
    return (*one.cell, _told(one.old), _told(one.new), change)


def _told(value: int | str | None) -> str | int:
    return HIDDEN if value is None else NOT_TOLD if value == "" else value


def _chosen(visit: Visit) -> tuple[Sequence[Built], Built, Built]:
    """The published releases of a cube, and the two that are asked for; else the last two.

    Raises:
        CubeError: Fewer than two were published, or one that is asked for was not.
    """
    title = visit.asks("cube")
    found = [one for one in all_releases(visit.store)[0] if one.cube.title == title and one.published_at]
    if len(found) < 2:
        raise CubeError("fewer than two releases of it were published, so there is nothing to compare")
    new = find_published(found, title, _number(visit.asks("new")))
    before = [one for one in found if one.number < new.number] or found
    old = find_published(before if not visit.asks("old") else found, title, _number(visit.asks("old")))
    return found, old, new


def _read(built: Built) -> Release:
    return read_release(built.payload)


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER):
        raise CubeError("number: {text!r} is not a number", text=text[:40])
    return int(text or 0)
