"""How long the node works on a page that lists, over 100,000 own incidents, beside the bare query for what is on it."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from statistics import median

from sqlalchemy import update

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Engine, Lab
from benchmarks.samples import NOW, SOURCE, incidents
from benchmarks.table import Line
from console.home import make_home
from console.web.accounts import accounts, add_account
from console.web.desk import Asked, answer
from console.web.listing import MAX_LOOKED, PAGE_ROWS
from console.web.pages import write_page
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Page, Works
from node.config import new_settings
from node.intake import Publication, Row
from node.query import answer as count
from node.query_text import read_query
from node.record import import_publication
from node.store.database import Store
from node.store.queries import Spot, own_page
from node.store.records import current

ROUNDS = 7
PORTION = 20_000  # rows of a publication
PASSPHRASE = "a passphrase of the benchmark"  # noqa: S105 - of a database that is deleted
FIGURES = "by=country&measure=incidents,killed&as-of=2026-01-01"
DEEP = 0.75  # of the way through the list: a page far back
# Page, what stands in its address, and how many incidents it reads; none where it counts figures.
LISTS = (
    ("/incidents", "", PAGE_ROWS),
    ("/incidents", "means=shooting&from=2015-01-01", PAGE_ROWS),
    ("/incidents", "after=", PAGE_ROWS),
    ("/held", "", MAX_LOOKED),
    ("/explore", FIGURES, 0),
)


def lines(lab: Lab) -> Iterator[Line]:
    """Ask for each page of the largest size up to 100,000, on each engine."""
    size = max(one for one in lab.sizes if one <= 100_000)
    for engine in lab.engines:
        yield from _browse(lab, engine, size)


def _browse(lab: Lab, engine: Engine, size: int) -> Iterator[Line]:
    with lab.database(engine) as url:
        settings = new_settings(org_id="bench", org_type="INGO", database_url=url)
        home = make_home(lab.folder() / "node", settings, None)
        store = home.store()
        _fill(store, size)
        works = Works(home, store, home.identity(None), lambda: NOW)
        token = _sign_in(store)
        for path, asked, rows in LISTS:
            query = f"{asked}{_far_back(store, int(size * DEEP))}" if asked.endswith("=") else asked
            times = in_turns(
                ROUNDS, page=partial(_page, works, token, path, query), bare=_bare(store, query, rows)
            )
            what = f"{path}{'?' + query[:32] if query else ''}: {size:,}, {engine}"
            bare = f"bare query: {median(times['bare']) * 1e3:.0f} ms"
            yield Line("-", what, f"{median(times['page']) * 1e3:.0f} ms", bare, ratio(times, "page", "bare"))
        store.close()


def _page(works: Works, token: str, path: str, query: str) -> None:
    visit, page = answer(works, frozenset(), Asked("GET", path, query, b"", token, "", "en"))
    assert isinstance(page, Page), path
    assert page.status == 200, page.facts
    write_page(visit, page)


def _bare(store: Store, query: str, rows: int) -> Callable[[], object]:
    if not rows:
        return partial(count, store, read_query(query, NOW.date()))
    filters, _, place = query.partition("after=")
    question = read_query(f"{filters}&for=outsiders", NOW.date())
    beside = Spot(*map(int, place.split("-"))) if place else None

    def read() -> None:
        with store.read() as connection:
            spots = own_page(connection, question, rows, beside)
            list(current(connection, [one.revision_id for one in spots]))

    return read


def _far_back(store: Store, rows: int) -> str:
    """A place so many rows down the list, as a link has it."""
    with store.read() as connection:
        spot = own_page(connection, read_query("for=outsiders", NOW.date()), rows)[-1]
    return f"{spot.day}-{spot.revision_id}"


def _fill(store: Store, size: int) -> None:
    source = incidents()
    for start in range(0, size, PORTION):
        rows = tuple(
            Row(start + at, str(start + at), one, ())
            for at, one in enumerate(islice(source, min(PORTION, size)))
        )
        part = Publication(SOURCE, NOW.date(), "", (), rows, (), (), whole=False)
        import_publication(store, part, start.to_bytes(32), NOW)


def _sign_in(store: Store) -> str:
    add_account(store, "bench", [Role.COORDINATOR], PASSPHRASE, NOW)
    with store.write() as connection:
        connection.execute(update(account).values(second_step="JBSWY3DPEHPK3PXP"))
        return open_session(connection, accounts(store)[0].key, NOW)
