"""Target 2: keeping verified pages, beside the same rows written by the driver alone into the same tables."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from statistics import median
from typing import Any

from sqlalchemy import Dialect

from benchmarks.clock import seconds
from benchmarks.lab import Engine, Lab
from benchmarks.nodes import ORIGIN, Network
from benchmarks.samples import NOW
from benchmarks.syncing import VIEWS
from benchmarks.table import Line, at_least
from console.database import open_store
from console.memory import settle_memory
from crypto.merkle import Frontier
from node.audience import Tier
from node.fetching import SPAN_ENTRIES
from node.receive import follow, keep_page
from node.store.database import Store
from node.store.heads import LogHead, log_head
from node.store.own_log import own_page
from node.tables import metadata
from node.verify import VerifiedPage, verify_stored
from node.wire import records

ROUNDS = 7
TABLES = ("entry", "fact")
LEAST = {"sqlite": 0.85, "postgresql": 0.65}


Span = tuple[Sequence[tuple[Any, ...]], ...]  # rows of one transaction, for each of TABLES


def lines(lab: Lab) -> Iterator[Line]:
    """Store the smallest log, in both views, with the collector of cycles set as a node sets it."""
    settle_memory()
    network = lab.network(lab.sizes[0])
    for tier, view in VIEWS.items():
        pages = _verified(network, tier)
        for engine in lab.engines:
            yield _compare(lab, engine, f"{lab.sizes[0]:,} x {view}, {engine}", pages)


def _compare(lab: Lab, engine: Engine, name: str, pages: Sequence[VerifiedPage]) -> Line:
    write = {"sqlite": _write_sqlite, "postgresql": _write_postgresql}[engine]
    keeping, writing = [], []
    spans: list[Span] = []
    for _ in range(ROUNDS):
        with lab.database(engine) as url:
            store = open_store(url)
            keeping.append(seconds(partial(_keep, store, follow(store, ORIGIN), pages)))
            spans = spans or _rows(store, pages)
            store.close()
        with lab.database(engine) as url:
            store = open_store(url)
            follow(store, ORIGIN)
            with closing(
                store.engine.raw_connection()
            ) as pooled:  # set up as the store's own connections are
                driver = pooled.driver_connection
                writing.append(seconds(partial(write, driver, store.engine.dialect, spans)))
            store.close()
    entries = sum(len(page.entries) for page in pages)
    return Line(
        "2",
        f"store: {name}",
        f"{entries / median(keeping):,.0f}/s",
        f"driver alone: {entries / median(writing):,.0f}/s",
        median(alone / kept for alone, kept in zip(writing, keeping, strict=True)),
        at_least(LEAST[engine]),
    )


def _verified(network: Network, tier: Tier) -> list[VerifiedPage]:
    """The origin's log as a receiver has it when all checks are done, in portions of one transaction."""
    store = network.origin.store()
    with store.read() as connection:
        head = log_head(connection, ORIGIN)
        assert head is not None, "the origin has no log"
        size = head.frontier.size
        starts = range(0, size, SPAN_ENTRIES)
        wires = [
            own_page(connection, head.log_id, start, min(start + SPAN_ENTRIES, size), tier)
            for start in starts
        ]
    store.close()
    pages = []
    frontier = Frontier()
    for span in wires:
        entries = verify_stored(span, network.origin.origin(), frontier.size, records)
        frontier = frontier.append(one.position.leaf_hash for one in entries)
        pages.append(VerifiedPage(entries, frontier))
    return pages


def _keep(store: Store, head: LogHead, pages: Sequence[VerifiedPage]) -> None:
    for page in pages:
        _, head = keep_page(store, head, page, b"", records, NOW)


def _rows(store: Store, pages: Sequence[VerifiedPage]) -> list[Span]:
    """What was stored, as rows, in the portions in which it was."""
    with store.read() as connection:
        tables = [connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in TABLES]  # noqa: S608 - our own names
    ends = [page.frontier.size for page in pages]
    return [
        tuple([tuple(row) for row in table[start:end]] for table in tables)
        for start, end in zip([0, *ends], ends, strict=False)
    ]


def _write_sqlite(connection: Any, _dialect: Dialect, spans: Sequence[Span]) -> None:
    for span in spans:
        connection.execute("BEGIN IMMEDIATE")
        for name, rows in zip(TABLES, span, strict=True):
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - our own names
        connection.execute("COMMIT")


def _write_postgresql(connection: Any, dialect: Dialect, spans: Sequence[Span]) -> None:
    for span in spans:
        for name, rows in zip(TABLES, span, strict=True):
            types = [column.type.compile(dialect).lower() for column in metadata.tables[name].columns]
            with (
                connection.cursor() as cursor,
                cursor.copy(f"COPY {name} FROM STDIN (FORMAT BINARY)") as copy,
            ):
                copy.set_types(types)
                for row in rows:
                    copy.write_row(row)
        connection.commit()
