"""Explore: a question in the address, its answer as table, chart and map, what it can be narrowed to, what changed."""

from collections.abc import Mapping
from dataclasses import replace

from console.areas import kept_areas
from console.exports import sheet_of
from console.remarks import Say, remarks
from console.web.coordinator.asking import (
    FIRST_ASKED,
    as_of_days,
    choices_of_form,
    day_line,
    facets,
    form_of,
    narrowed,
    read_link,
    steps,
    typed_form,
)
from console.web.coordinator.chart import Frame
from console.web.coordinator.pictures import Drawn, area_map_of, chart_of, frame_of, map_of
from console.web.languages import translations
from console.web.lists import said_in
from console.web.visit import Answer, Page, Table, Visit
from console.web.words import said_value
from node.errors import PurposeError, QueryError
from node.measures import Query
from node.query import Answer as Answered
from node.query import answer, changes
from node.query_text import read_query, write_query

MOST_SHOWN = 500  # rows of a table; a file holds all


def explore(visit: Visit) -> Answer:
    """An answer with all that stands beside it, and the form of the next question."""
    today = visit.now.date()
    try:
        query = read_link(visit.asked, today)
        found = answer(visit.store, query)
    except (QueryError, PurposeError) as error:
        return _page(visit, read_query(FIRST_ASKED, today), {"fault": str(error)}, 422)
    frame = frame_of(visit.language, _title(visit, query), _told(visit, query))
    facts = {
        "fault": "",
        "frame": frame,
        "map": _map(visit, found, frame),
        "narrowed": narrowed,
        "found": found,
        "rows": found.rows[:MOST_SHOWN],
        "notes": _notes(visit, found),
        "chart": chart_of(found, frame, visit.language),
        "facets": facets(visit.store, query, visit.asks("narrow")),
        "here": write_query(query),
    }
    return _page(visit, query, facts, 200)


def take_answer(visit: Visit) -> Answer:
    """The answer as a file."""
    return _table("figures", answer(visit.store, read_link(visit.asked, visit.now.date())), said_in(visit))


def show_changes(visit: Visit) -> Answer:
    """Which records make the difference between two days as of which one looks."""
    query = read_link(visit.asked, visit.now.date())
    found = changes(visit.store, query)
    facts = {
        "query": query,
        "found": found,
        "rows": found.rows[:MOST_SHOWN],
        "notes": _notes(visit, found),
        "back": write_query(query),
    }
    return Page("coordinator/changes.html", facts)


def take_changes(visit: Visit) -> Answer:
    """The same as a file."""
    return _table("changes", changes(visit.store, read_link(visit.asked, visit.now.date())), said_in(visit))


def _map(visit: Visit, found: Answered, frame: Frame) -> Drawn | None:
    """A map of areas where one country is asked for by area and they were imported, else one of countries."""
    countries = dict(found.query.where).get("country", ())
    if "admin1" in found.query.by and len(countries) == 1:
        areas = kept_areas(visit.works.home, countries[0])
        if areas is not None:
            return area_map_of(found, frame, visit.language, areas)
    return map_of(found, frame, visit.language)


def _page(visit: Visit, query: Query, facts: Mapping[str, object], status: int) -> Page:
    days = as_of_days(visit.store, query, visit.now.date())
    common = {
        "query": query,
        "form": typed_form(visit.asked, form_of(query)) if facts.get("fault") else form_of(query),
        "choices": choices_of_form(),
        "days": days,
        "line": day_line(query, days),
        "steps": steps(query, days),
        "changes": write_query(replace(query, share=None, top=0, rate=False)) if query.since else "",
    }
    return Page("coordinator/explore.html", {**common, **facts}, status, "days" if status == 200 else "")


def _table(name: str, found: Answered, say: Say = str) -> Table:
    sheet = sheet_of(found, remarks(found, say))
    rows = tuple(tuple(row) for row in sheet.rows)
    return Table(name, tuple(sheet.header), rows, tuple(sheet.tags), sheet.notes)


def _notes(visit: Visit, found: Answered) -> dict[str, object]:
    return remarks(found, lambda text: str(translations(visit.language).gettext(text)))


def _title(visit: Visit, query: Query) -> str:
    """What the picture shows, as a sentence."""
    say = translations(visit.language).gettext
    comma = say(", ")
    single = not query.by or query.by[0] not in {"year", "quarter", "month"} or len(query.by) > 1
    measures = query.measures[:1] if single else query.measures
    counted, by = (
        comma.join(say(name.replace("_", " ")) for name in names) for names in (measures, query.by)
    )
    return str(say("%(measures)s by %(groups)s") % {"measures": counted, "groups": by})


def _told(visit: Visit, query: Query) -> str:
    say = translations(visit.language).gettext
    where = say(", ").join(
        said_value(visit.language, name, value) for name, values in query.where for value in values
    )
    text = say("As of %(day)s. The table beside it has every number.") % {"day": query.as_of}
    return f"{where}. {text}" if where else str(text)
