"""Whoever changes a stored value behind the node's back is found out by `check`; only figures can be made again."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Column, ColumnElement, Table, delete, select, update

from node.check import Fault, check_logs, check_records
from node.model import PartialDate
from node.tables.facts import fact
from node.tables.incidents import revision
from node.tables.logs import entry, log, tile, view
from node.tables.releases import receipt, release
from node.wire import records
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import TODAY, Network, Node
from tests.support.peer_simulator import PeerSimulator

# Keys that the database itself guards are left out, and the day of an entry that changes no figure.
GUARDED = {
    entry: ("log_index", "fate", "reason", "leaf_hash", "wire"),
    fact: tuple(column.name for column in fact.c if not column.name.endswith("id")),
    log: ("origin_id", "size", "frontier", "checkpoint"),
    revision: ("known_on", "withdrawn", "digest", "document"),
    receipt: ("origin_id", "receiver_id", "log_size", "issued_at", "envelope"),
    tile: ("level", "number", "hashes"),
    view: ("log_index", "audience", "wire"),
}


@pytest.fixture
def node(network: Network, peer: PeerSimulator) -> Node:
    """A node with own records of every kind, a log of its own, and a peer's log with an entry of every fate."""
    made = network.node("alpha")
    made.holds(on=date(2026, 1, 1), a=SHOOTING, b=ROBBERY, c=LOOTING)
    made.shares("a", "b")
    made.holds(on=date(2026, 2, 1), a=SHELLING, c=LOOTING)
    made.shares()
    first, second = peer.adds(SHOOTING), peer.adds(ROBBERY)
    peer.adds(LOOTING)
    peer.revises(first, SHELLING)
    peer.retracts(second)
    peer.withholds(LOOTING)
    peer.adds(ASSAULT)
    assert network.sync(made, peer).error is None
    assert network.sync(network.node("reader"), made).error is None
    assert made.faults(*network.origins()) == []
    return made


def changed(name: str, value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1]) if value else b"\0"
    if isinstance(value, str):
        return f"{value}x"
    return 1 - value if name == "withdrawn" else (value or 0) + 100


def tampered(node: Node, column: Column[Any]) -> Iterator[str]:
    """Change one value after the other in a column, each for as long as the caller looks at it.

    Of the many columns with figures, the first and the last row are enough: one is our own, one a peer's.
    """
    key = list(column.table.primary_key)
    with node.store.read() as connection:
        rows = connection.execute(select(*key, column).order_by(*key)).all()
    for *at, value in (rows[0], rows[-1]) if column.table is fact else rows:
        bad = changed(column.name, value)
        there = [bad if part is column else where for part, where in zip(key, at, strict=True)]
        write(node, column, at, bad)
        yield f"{column} at {at}"
        write(node, column, there, value)


def write(node: Node, column: Column[Any], at: list[Any], value: Any) -> None:
    """Put a value into one row, past everything that the node would have to say about it."""
    table = column.table
    assert isinstance(table, Table)
    with node.store.write() as connection:
        connection.execute(update(table).where(*_at(table, at)).values({column: value}))


def _at(table: Table, key: Sequence[Any]) -> list[ColumnElement[bool]]:
    return [part == where for part, where in zip(table.primary_key, key, strict=True)]


@pytest.mark.slow
@pytest.mark.parametrize("table", GUARDED, ids=str)
def test_check_finds_any_changed_value_of(network: Network, node: Node, table: Table) -> None:
    for name in GUARDED[table]:
        for where in tampered(node, table.c[name]):
            assert node.faults(*network.origins()), where
    assert node.faults(*network.origins()) == []


@pytest.mark.parametrize("fate", ["accepted", "retracted"])
def test_check_finds_a_changed_day_where_it_changes_a_figure(network: Network, node: Node, fate: str) -> None:
    with node.store.read() as connection:
        rows = select(entry.c.log_id, entry.c.log_index).where(entry.c.fate == fate)
        changing = [list(row) for row in connection.execute(rows)]
    for at in changing:
        write(node, entry.c.known_on, at, 20260101)
        assert node.faults(*network.origins())
        write(node, entry.c.known_on, at, 20261123)


@pytest.mark.parametrize("table", [entry, release, tile, view], ids=str)
def test_check_finds_a_missing_row_of(network: Network, node: Node, table: Table) -> None:
    with node.store.write() as connection:
        *_, last = connection.execute(select(*table.primary_key).order_by(*table.primary_key)).all()
        connection.execute(delete(table).where(*_at(table, last)))
    assert node.faults(*network.origins())


def test_check_finds_a_finer_view_in_the_place_of_a_coarser_one(network: Network, node: Node) -> None:
    with node.store.write() as connection:
        finest = connection.execute(
            select(view.c.wire).where(view.c.log_index == 3).order_by(view.c.audience)
        ).scalars()
        connection.execute(update(view).where(view.c.log_index == 3).values(wire=list(finest)[-1]))
    assert [one.what for one in node.faults(*network.origins())] == [
        "a view of entry 3 shows more than its audience may see"
    ] * 2


@pytest.mark.slow
def test_check_finds_a_changed_hash_below_a_full_tile(network: Network) -> None:
    node = network.node("alpha")
    many = {f"r{number}": replace(LOOTING, when=PartialDate(1950 + number % 70)) for number in range(300)}
    node.holds(on=TODAY, **many)
    node.shares(*many)
    assert node.faults() == []
    with node.store.read() as connection:
        places = connection.execute(select(tile.c.level, tile.c.number)).all()
    assert len(places) == 3
    for where in tampered(node, tile.c.hashes):
        assert node.faults(), where


def test_reindex_makes_figures_again_and_nothing_else(network: Network, node: Node) -> None:
    before = node.counts("year", "means")
    with node.store.write() as connection:
        connection.execute(update(fact).values(year=1999, means="threat"))
        connection.execute(delete(fact).where(fact.c.id == 1))
    assert node.counts("year", "means") != before
    origins = {one.org_id: one for one in (*network.origins(), node.origin)}
    found = [
        *check_records(node.store, reindex=True),
        *check_logs(node.store, origins, records, reindex=True),
    ]
    assert [one for one in found if isinstance(one, Fault)] == []
    assert node.counts("year", "means") == before

    write(node, entry.c.wire, [2, 0], b"not the entry that came")
    found = list(check_logs(node.store, origins, records, reindex=True))
    assert [one.where for one in found if isinstance(one, Fault)][:1] == ["log of mirage"]
