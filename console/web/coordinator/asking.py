"""A question as a link and its form ask it: the same object as of `tocsin query`, and what may be asked next of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from console.web.listing import link_text
from console.web.visit import Fields
from node.dimensions import DIMENSIONS, MEASURES
from node.figures import Counted
from node.measures import EVERYTHING, PREVIOUS, Query
from node.query import best_counts
from node.query_text import OUTSIDERS, read_query, write_query
from node.store.database import Store
from node.store.queries import known_days

FIRST_ASKED = "by=year&measure=incidents,killed,injured,abducted"
FACETS = ("country", "means", "location_type", "actor_group", "cause", "certainty")
OPEN = 2  # of them are counted with every answer, others when somebody opens them
MOST_VALUES = 80  # of a facet; others are asked for in the address
GROUPED = 2  # places for dimensions in the form; one more than the link has
MONTHS = 12  # whose first day may be looked back to, beside the days of publications
MOST_DAYS = 60


class Value(NamedTuple):
    """A value that a question can be narrowed to, and the link that does so, or takes it back where it is chosen."""

    value: str
    number: int
    link: str
    chosen: bool


class DayLine(NamedTuple):
    """Places on a line of days, from the earliest on: the first and last that one may look from, and where one is."""

    first: int
    last: int
    at: int


class Form(NamedTuple):
    """What the form above an answer shows as chosen; by names of the query text."""

    by: tuple[str, ...]
    measure: tuple[str, ...]
    fields: Mapping[str, str]
    where: tuple[tuple[str, str], ...]

    @property
    def grouped(self) -> tuple[str, ...]:
        """What is grouped by, and free places for more."""
        return (*self.by, *("",) * max(GROUPED - len(self.by), 1))


def read_link(asked: Fields, today: date) -> Query:
    """The question that a link or a sent form asks.

    Raises:
        QueryError: It is none; the part that is wrong is named.
        PurposeError: Nobody shares anything for that purpose.
    """
    text = link_text(asked)
    if "by" in asked and not any(asked["by"]):
        text += "&by="  # of all together, which is something else than not to say
    elif "by" not in asked:
        text += "&" + FIRST_ASKED.partition("&")[0]
    if not any(asked.get("measure", ())):
        text += "&" + FIRST_ASKED.partition("&")[2]
    return read_query(text, today)


def form_of(query: Query) -> Form:
    """How the form shows a question."""
    compare = PREVIOUS if query.previous else str(query.since or "")
    fields = {
        "from": str(query.first or ""),
        "to": str(query.last or ""),
        "as-of": str(query.as_of),
        "compare": compare,
        "for": OUTSIDERS if query.own_only else "",
        "purpose": str(query.purpose),
        "share": "" if query.share is None else ",".join(query.share) or EVERYTHING,
        "rate": "1" if query.rate else "",
        "top": str(query.top or ""),
    }
    where = tuple((name, ",".join(values)) for name, values in query.where)
    return Form(query.by, query.measures, fields, where)


def typed_form(asked: Fields, form: Form) -> Form:
    """The form with what somebody typed in it, where that was no question; what it does not know is left out."""
    fields = {name: ",".join(asked.get(name, (value,))) for name, value in form.fields.items()}
    by = tuple(one for one in asked.get("by", ()) if one in DIMENSIONS)
    measures = tuple(one for one in asked.get("measure", ()) if one in MEASURES)
    return Form(by or form.by, measures or form.measure, fields, form.where)


def facets(store: Store, query: Query, opened: str = "") -> list[tuple[str, list[Value] | None]]:
    """How many events each value of a few dimensions has under all other filters, most first; each counts once.

    Counted are the first, those that the question filters by, and the one that is opened; of others there is nothing.
    """
    counts = [name for name in FACETS if name in {*FACETS[:OPEN], *dict(query.where), opened}]
    counted = best_counts(store, [_facet(query, name) for name in counts])
    found = dict(zip(counts, counted, strict=True))
    return [(name, _values(query, name, found[name]) if name in found else None) for name in FACETS]


def narrowed(query: Query, name: str, value: str) -> str:
    """The link of a question with one value of a filter more, or less where it has it."""
    where = dict(query.where)
    values = where.pop(name, ())
    left = tuple(one for one in values if one != value) if value in values else (*values, value)
    return write_query(replace(query, where=tuple(where.items()) + (((name, left),) if left else ())))


def as_of_days(store: Store, query: Query, today: date) -> list[date]:
    """Days as of which one may look, latest first: of publications, the last months, and that of the question."""
    first = today.replace(day=1)
    months = []
    for _ in range(MONTHS):
        months.append(first)
        first = first.replace(month=first.month - 1) if first.month > 1 else date(first.year - 1, 12, 1)
    asked = [day for day in (query.as_of, query.since) if day]
    with store.read() as connection:
        published = known_days(connection, MOST_DAYS)
    return sorted({today, *published, *months, *asked}, reverse=True)


def steps(query: Query, days: Sequence[date]) -> dict[str, str]:
    """Links to the same question as of the day before and after its own, where there is one."""
    at = list(days).index(query.as_of)
    beside = {"later": at - 1, "earlier": at + 1}
    found = dict.fromkeys(beside, "")
    for name, place in beside.items():
        if 0 <= place < len(days) and not (query.since and days[place] <= query.since):
            found[name] = write_query(replace(query, as_of=days[place]))
    return found


def day_line(query: Query, days: Sequence[date]) -> DayLine:
    """The days as a line on which the day of a question is moved; what it is compared with stays before it."""
    at = len(days) - 1 - list(days).index(query.as_of)
    return DayLine(sum(bool(query.since and day <= query.since) for day in days), len(days) - 1, at)


def choices_of_form() -> dict[str, tuple[str, ...]]:
    """What can be grouped by and counted."""
    return {"by": DIMENSIONS, "measure": MEASURES}


def _facet(query: Query, name: str) -> Query:
    where = tuple((one, values) for one, values in query.where if one != name)
    return replace(query.counted, by=(name,), measures=("incidents",), where=where)


def _values(query: Query, name: str, numbers: Counted) -> list[Value]:
    chosen = dict(query.where).get(name, ())
    found = [(str(value), int(number)) for (value,), (number,) in numbers.items()]
    found += [(value, 0) for value in chosen if value not in dict(found)]
    found.sort(key=lambda pair: (pair[0] not in chosen, -pair[1], pair[0]))
    return [
        Value(value, number, narrowed(query, name, value), value in chosen)
        for value, number in found[:MOST_VALUES]
    ]
