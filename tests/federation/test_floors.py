"""What a pull may cost in messages, statements, transactions and bytes: floors that need no clock."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, event

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.envelope import LEAF_BYTES
from crypto.merkle import leaf_hash
from node.audience import Purpose, Tier
from node.client import PeerClient
from node.directory import Member
from node.model import PartialDate
from node.peer_line import Credentials
from node.policy import baseline
from node.signed import Entry, Label
from node.store.database import Store
from node.store.heads import advance_log, open_log
from node.store.own_log import OwnEntry, Terms, append_own, own_page
from node.store.peer_log import stored_entries
from node.store.policies import policy_id
from node.sync import Outcome, pull
from node.verify import log_name
from node.wire import records
from tests.support.alerts import ring
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, TODAY, Network, Node, on_sqlite_alone

MANY = 10_000
COORDINATORS = frozenset({Tier.COORDINATOR})


class CountingClient(PeerClient):
    """A line that counts what is asked over it."""

    def __init__(self, peer: Member, own: Credentials) -> None:
        super().__init__(peer, own)
        self.calls: Counter[str] = Counter()

    async def call(self, service: str, method: str, request: bytes) -> bytes:
        self.calls[method] += 1
        return await super().call(service, method, request)


@contextmanager
def counted(store: Store) -> Iterator[Counter[str]]:
    """Statements that reach a database, those that look into entries or run in a transaction, and commits."""
    seen: Counter[str] = Counter()

    def statement(_connection: object, _cursor: object, text: str, *_: object) -> None:
        seen["statements"] += not text.startswith("BEGIN")
        seen["of entries"] += "FROM entry" in text

    def done(connection: Connection, _cursor: object, text: str, *_: object) -> None:
        driver: Any = connection.connection.driver_connection
        is_sqlite = connection.dialect.name == "sqlite"
        begun = (
            driver.in_transaction if is_sqlite else driver.info.transaction_status != TransactionStatus.IDLE
        )
        seen["in transactions"] += begun and not text.startswith("BEGIN")

    def commit(connection: object) -> None:
        if connection.get_execution_options().get("tocsin_write"):  # type: ignore[attr-defined]
            seen["commits"] += 1

    event.listen(store.engine, "before_cursor_execute", statement)
    event.listen(store.engine, "after_cursor_execute", done)
    event.listen(store.engine, "commit", commit)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", statement)
        event.remove(store.engine, "after_cursor_execute", done)
        event.remove(store.engine, "commit", commit)


def pulled(
    network: Network, receiver: Node, origin: Node, *, speaks: bool = True
) -> tuple[Outcome, Counter[str]]:
    """Pull over mutual TLS, with or without our identity; gives the outcome and the calls that were made."""
    identity = receiver.identity if speaks else None

    async def over_mutual_tls() -> tuple[Outcome, Counter[str]]:
        async with origin.serving(network) as peer, CountingClient(peer, receiver.credentials) as line:
            outcome = await pull(
                receiver.store, line, network.directory, clock=lambda: network.now, identity=identity
            )
            return outcome, line.calls

    return asyncio.run(over_mutual_tls())


def logs(node: Node, size: int) -> None:
    """Give a node a log of so many entries of which nobody may see more than the leaf."""
    node.holds(a=SHOOTING)
    leaves = [token_bytes(LEAF_BYTES) for _ in range(size)]
    with node.store.write() as connection:
        terms = Terms(
            policy_id(connection, baseline(), NOW), Purpose.STAFF_SAFETY, Label.RED, frozenset(), {}
        )
    entries = [
        OwnEntry(leaf_hash(leaf), records.encode_entry(Entry(leaf, None, ())), {}, 1, 1, terms, bytes(32))
        for leaf in leaves
    ]
    name = log_name(node.org_id)
    with node.store.write() as connection:
        head = open_log(connection, node.org_id)
        frontier = append_own(connection, head, entries, NOW)
        note = sign_checkpoint(Checkpoint(name, frontier.size, frontier.root), name, node.identity.log)
        advance_log(connection, head, frontier, note, int(NOW.timestamp()))


def shares_many(node: Node, size: int) -> None:
    """Let a node share so many incidents with coordinators, each of another day."""
    days = [PartialDate(2000 + at // 336, at // 28 % 12 + 1, at % 28 + 1) for at in range(size)]
    incidents = {f"k{at}": replace(SHOOTING, when=day) for at, day in enumerate(days)}
    node.holds(on=TODAY, **incidents)
    node.shares(*incidents, tiers=COORDINATORS)


@pytest.mark.slow
def test_ten_thousand_entries_take_ten_messages_and_four_transactions(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    logs(alpha, MANY)
    with counted(beta.store) as seen, counted(alpha.store) as asked:
        outcome, calls = pulled(network, beta, alpha)
    pages = calls["ListEntries"]
    assert outcome.verified == MANY
    assert pages in {
        6,
        7,
    }  # of 250, of 1000 unless that came at once, and as many as fit: 2000 and what is left
    assert calls.pop("ListCharters") == 1  # of the caller's audiences, whatever the log holds
    assert calls.total() <= pages + 1 + 1  # the checkpoint, and the receipt
    # Besides the entries: to begin following the log, to note that the peer was heard, and that it has the receipt.
    assert seen["commits"] <= 4 + 3
    bulk = 2 * seen["commits"]  # entries and facts go straight to the driver, which tells nobody
    # Six for a page of a thousand: a larger page may not take more for as many entries.
    assert seen["statements"] + bulk <= 6 * MANY // 1_000
    # Each page is written down before it leaves (R21): one transaction a page, and one for the receipt.
    assert asked["statements"] <= 10 * (pages + 1)
    assert asked["commits"] == pages + 1


def test_equal_heads_take_as_many_calls_as_ever_and_move_no_entry(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    logs(alpha, 1_500)
    pulled(network, beta, alpha)
    outcome, calls = pulled(network, beta, alpha)
    assert outcome.held == outcome.verified == 1_500
    assert calls == {"GetCheckpoint": 1, "ListCharters": 1}


def test_nothing_new_takes_single_statements_and_no_transaction(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    logs(alpha, 20)
    pulled(network, beta, alpha)
    # Of the log; with an identity also of what was told, of audiences and of requests, and three of pairs.
    for speaks, looks, answers in ((False, 1, 1), (True, 7, 2)):
        with counted(beta.store) as seen, counted(alpha.store) as asked:
            outcome, _ = pulled(network, beta, alpha, speaks=speaks)
        assert outcome.error is None
        assert outcome.held == outcome.verified == 20
        assert seen == {"statements": looks, "of entries": 0, "in transactions": 0}
        assert asked == {"statements": answers, "of entries": 0, "in transactions": 0}


def test_an_alert_takes_as_many_statements_however_many_are_in_force(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING, d=SHELLING)
    asked = []
    for key in "abcd":
        with counted(alpha.store) as seen:
            ring(alpha, key)
        asked.append(seen["statements"])
    assert asked[1] == asked[2] == asked[3]


def test_what_was_signed_is_what_is_served_and_what_is_kept(network: Network) -> None:
    alpha, coordinator = network.node("alpha"), network.node("coord", Tier.COORDINATOR)
    shares_many(alpha, 30)
    pulled(network, coordinator, alpha)
    with alpha.store.read() as connection:
        log_id = open_log(connection, "alpha").log_id
        served = own_page(connection, log_id, 0, 30, Tier.COORDINATOR)
    with coordinator.store.read() as connection:
        log_id = open_log(connection, "alpha").log_id
        kept = [one.wire for one in stored_entries(connection, log_id, 0, 30)]
    assert kept == served


@pytest.mark.slow
@on_sqlite_alone
def test_storing_a_record_writes_at_most_ten_times_its_size(network: Network) -> None:
    alpha, coordinator = network.node("alpha"), network.node("coord", Tier.COORDINATOR)
    shares_many(alpha, 600)
    file = Path(coordinator.store.engine.url.database or "")
    log_file = file.with_name(file.name + "-wal")
    before = log_file.stat().st_size if log_file.exists() else 0
    pulled(network, coordinator, alpha)
    appended = log_file.stat().st_size - before
    with coordinator.store.read() as connection:
        log_id = open_log(connection, "alpha").log_id
        size = sum(len(one.wire) for one in stored_entries(connection, log_id, 0, 600))
    # Each page goes into the write-ahead log, and from there at most once more into the database itself.
    assert 0 < 2 * appended <= 10 * size
