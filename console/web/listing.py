"""Own incidents page by page, as a link asks for them, and how each stands: with whom it is, and what holds it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from console.web.visit import Fields, Visit
from node.audience import Tier, opened
from node.errors import QueryError
from node.explain import foresee
from node.measures import Query
from node.plan import Request
from node.query_text import read_query
from node.rules import Hold
from node.store.own_log import Released, released
from node.store.queries import own_page
from node.store.records import Current, current

PAGE_ROWS = 50
MAX_ROWS = 20_000  # of a file
MAX_HELD = 500  # that are looked through; a filter finds the others
FILTERS = ("country", "means", "cause", "certainty")
OURS = frozenset({"page", "format"})  # parts of a link that are no filter


class Standing(NamedTuple):
    """How one incident stands: names of the audiences that see it, why it would not leave, and since which entry."""

    one: Current
    seen_by: tuple[str, ...]
    hold: Hold | None
    past: Released | None


class Found(NamedTuple):
    """One page of a list; `fault` says what is wrong with the filters, and then nothing is listed."""

    rows: tuple[Standing, ...]
    total: int
    number: int
    pages: int
    query: str
    fault: str = ""

    def link(self, number: int) -> str:
        """What stands behind the `?` of another page of the same list."""
        return f"{self.query}&page={number}" if self.query else f"page={number}"


def filters_of(visit: Visit) -> dict[str, str]:
    """What the link filters by, for the form above the list."""
    return {name: visit.asks(name) for name in (*FILTERS, "from", "to")}


def query_of(asked: Fields, today: date) -> tuple[str, Query]:
    """The filters of a link as text and as a question about own incidents.

    Raises:
        QueryError: One of them is none.
    """
    text = link_text(asked)
    return text, read_query(f"{text}&for=outsiders" if text else "for=outsiders", today)


def link_text(asked: Fields) -> str:
    """What a link or a form that is sent by one asks, as the text of a question."""
    kept = {name: values for name, values in asked.items() if name not in OURS and any(values)}
    return urlencode({name: ",".join(filter(None, values)) for name, values in kept.items()}, safe=",")


def find_page(visit: Visit, *, held: bool = False) -> Found:
    """The incidents of one page of a list: all, or those that are held."""
    try:
        text, query = query_of(visit.asked, visit.now.date())
        number = max(1, int(visit.asks("page") or 1))
    except (QueryError, ValueError) as error:
        return Found((), 0, 1, 1, "", str(error))
    with visit.store.read() as connection:
        total, ids = own_page(
            connection, query, (number - 1) * PAGE_ROWS, PAGE_ROWS if not held else MAX_HELD
        )
        found = {one.revision_id: one for one in current(connection, ids)}
    rows = standing_of(visit, [found[key] for key in ids if key in found])
    if held:
        rows = tuple(row for row in rows if row.hold is not None)
        return Found(rows, total, 1, 1, text)
    return Found(rows, total, number, max(1, -(-total // PAGE_ROWS)), text)


def find_all(visit: Visit) -> tuple[Current, ...]:
    """The incidents of all pages of a list, the latest first; up to so many as a spreadsheet is good for.

    Raises:
        QueryError: A filter is none.
    """
    _, query = query_of(visit.asked, visit.now.date())
    with visit.store.read() as connection:
        _, ids = own_page(connection, query, 0, MAX_ROWS)
        found = {one.revision_id: one for one in current(connection, ids)}
    return tuple(found[key] for key in ids if key in found)


def standing_of(visit: Visit, chosen: Sequence[Current]) -> tuple[Standing, ...]:
    """How incidents stand: they are held when no tier would see anything of them."""
    bounds = visit.works.home.bounds()
    request = Request(tuple(one.revision_id for one in chosen), frozenset(Tier), visit.now, bounds)
    with visit.store.read() as connection:
        past = released(connection, [one.record_id for one in chosen])
    holds: dict[int, Hold | None] = {}
    for going in foresee(visit.store, request):
        found = [decision.hold for decision in going.decisions.values()]
        holds[going.current.revision_id] = found[-1] if found and all(found) else None
    return tuple(
        Standing(
            one,
            tuple(sorted(opened(past[one.record_id].terms.views))) if one.record_id in past else (),
            holds.get(one.revision_id),
            past.get(one.record_id),
        )
        for one in chosen
    )
