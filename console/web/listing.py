"""Own incidents page by page, as a link asks for them, and how each stands: with whom it is, and what holds it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from console.web.visit import Fields, Visit
from node.audience import Tier, opened
from node.errors import QueryError
from node.explain import foresee_known
from node.measures import Query
from node.plan import Request
from node.query_text import read_query
from node.rules import Hold
from node.store.database import Transaction
from node.store.own_log import Released, released
from node.store.queries import Spot, own_count, own_page
from node.store.records import Current, current

PAGE_ROWS = 50
MAX_ROWS = 20_000  # of a file
COUNTED = 1_000  # further incidents of a list are not counted
MAX_LOOKED = 200  # that a page of held ones looks through
MAX_HELD = 500  # that its file looks through; a filter finds the others
FILTERS = ("country", "means", "cause", "certainty")
OURS = frozenset({"page", "after", "before", "format", "narrow"})  # parts of a link that are no filter


class Standing(NamedTuple):
    """How one incident stands: names of the audiences that see it, why it would not leave, and since which entry."""

    one: Current
    seen_by: tuple[str, ...]
    hold: Hold | None
    past: Released | None


class Found(NamedTuple):
    """One page of a list; `fault` says what is wrong with the filters, and then nothing is listed.

    Attributes:
        rows: What stands on it.
        total: How many incidents the list has; `COUNTED` and one more where there are more than that.
        query: The filters, as the text of a question.
        newer: What stands behind the `?` of the page before, if there is one.
        older: Likewise of the next.
        fault: What is wrong.
        looked: How many incidents were looked through for the rows.
    """

    rows: tuple[Standing, ...]
    total: int
    query: str
    newer: str = ""
    older: str = ""
    fault: str = ""
    looked: int = 0

    @property
    def uncounted(self) -> bool:
        """Whether the list has more than were counted."""
        return self.total > COUNTED


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


def find_page(visit: Visit) -> Found:
    """The incidents of one page of a list."""
    try:
        text, query = query_of(visit.asked, visit.now.date())
        after, before = (_spot(visit.asks(name)) for name in ("after", "before"))
    except QueryError as error:
        return Found((), 0, "", fault=str(error))
    newer = before is not None
    with visit.store.read() as connection:
        total = own_count(connection, query, COUNTED + 1)
        spots = own_page(connection, query, PAGE_ROWS + 1, before if newer else after, newer=newer)
        beyond = len(spots) > PAGE_ROWS
        spots = spots[-PAGE_ROWS:] if newer else spots[:PAGE_ROWS]
        chosen = _read(connection, spots)
    first = _link(text, "before", spots[0]) if spots and (beyond if newer else after) else ""
    last = _link(text, "after", spots[-1]) if spots and (newer or beyond) else ""
    return Found(standing_of(visit, chosen), total, text, first, last)


def find_held(visit: Visit, most: int = MAX_LOOKED) -> Found:
    """Those incidents of a list that are held, as far as one page has room and so many were looked through."""
    try:
        text, query = query_of(visit.asked, visit.now.date())
        at = _spot(visit.asks("after"))
    except QueryError as error:
        return Found((), 0, "", fault=str(error))
    rows: list[Standing] = []
    looked, more = 0, True
    while more and looked < most and (len(rows) < PAGE_ROWS or most > MAX_LOOKED):
        with visit.store.read() as connection:
            spots = own_page(connection, query, PAGE_ROWS, at)
            chosen = _read(connection, spots)
        rows += [row for row in standing_of(visit, chosen) if row.hold is not None]
        looked, more = looked + len(spots), len(spots) == PAGE_ROWS
        at = spots[-1] if spots else at
    older = _link(text, "after", at) if more and at is not None else ""
    return Found(tuple(rows), 0, text, older=older, looked=looked)


def _read(connection: Transaction, spots: Sequence[Spot]) -> list[Current]:
    """The incidents of some spots, in their order."""
    found = {one.revision_id: one for one in current(connection, [spot.revision_id for spot in spots])}
    return [found[spot.revision_id] for spot in spots if spot.revision_id in found]


def _spot(text: str) -> Spot | None:
    """Where a link goes on.

    Raises:
        QueryError: It names no place of a list.
    """
    if not text:
        return None
    day, _, key = text.partition("-")
    if not (text.isascii() and day.isdigit() and key.isdigit() and len(day) <= 8 and len(key) <= 18):
        raise QueryError("{text!r} is no place in this list", text=text[:40])
    return Spot(int(day), int(key))


def _link(text: str, name: str, spot: Spot) -> str:
    place = f"{name}={spot.day}-{spot.revision_id}"
    return f"{text}&{place}" if text else place


def find_all(visit: Visit) -> tuple[Current, ...]:
    """The incidents of all pages of a list, the latest first; up to so many as a spreadsheet is good for.

    Raises:
        QueryError: A filter is none.
    """
    _, query = query_of(visit.asked, visit.now.date())
    with visit.store.read() as connection:
        return tuple(_read(connection, own_page(connection, query, MAX_ROWS)))


def standing_of(visit: Visit, chosen: Sequence[Current]) -> tuple[Standing, ...]:
    """How incidents stand: they are held when no tier would see anything of them."""
    bounds = visit.works.home.bounds()
    request = Request((), frozenset(Tier), visit.now, bounds)
    with visit.store.read() as connection:
        past = released(connection, [one.record_id for one in chosen])
    holds: dict[int, Hold | None] = {}
    for going in foresee_known(visit.store, chosen, request):
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
