"""Outlines of first-level areas: which there are, and a form to import more."""

from datetime import date

from console.areas import MAX_BYTES, all_areas, import_areas
from console.errors import AreasError
from console.web.visit import Answer, Elsewhere, Page, Table, Visit

FORM_BYTES = MAX_BYTES + (1 << 20)  # the file and what is typed beside it
COLUMNS = ("country", "version", "areas")


def show_areas(visit: Visit) -> Answer:
    """What was imported."""
    return _page(visit)


def take_list(visit: Visit) -> Answer:
    """The same as a file."""
    rows = ((one.country, str(one.version), len(one.areas)) for one in all_areas(visit.works.home))
    return Table("areas", COLUMNS, tuple(rows))


def take_file(visit: Visit) -> Answer:
    """Import a boundary file."""
    country, version = visit.says("country"), visit.says("version").strip()
    sent = visit.files.get("file", ())
    try:
        data = sent[0].content.read() if sent else b""
        import_areas(visit.works.home, data, country, _day(version))
    except AreasError as error:
        return _page(visit, country, version, str(error))
    return Elsewhere("/areas")


def _page(visit: Visit, country: str = "", version: str = "", fault: str = "") -> Page:
    facts = {
        "found": all_areas(visit.works.home),
        "columns": COLUMNS,
        "country": country,
        "version": version[:40],
        "fault": fault,
        "most": MAX_BYTES >> 20,
    }
    return Page("coordinator/areas.html", facts, 422 if fault else 200)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise AreasError("version: {text!r} is not a day like 2024-03-14", text=text[:40]) from error
