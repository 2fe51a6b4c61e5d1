"""Three organizations and a coordinator on one machine, in one network: all that the demo does, step by step.

Each step is what the commands do in the field, from `tocsin init` to `tocsin query`, on folders, keys and databases
that nobody shares. Only the voices are missing that compare fingerprints before a member is admitted.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeAlias

from console.applications import admitted, read_application, request_membership
from console.demo_nodes import free_ports
from console.home import Home, make_home, write_file
from console.network import change_members, found_network, take_over
from console.opened import open_node
from console.syncing import sync_all
from node.audience import Tier
from node.config import new_settings
from node.intake import read_publication
from node.measures import make_query
from node.model import Outcome
from node.plan import Outgoing, Request
from node.query import Answer, answer
from node.record import import_publication
from node.rules import Hold
from node.share import release
from node.store.heads import log_head
from node.store.queries import own_revisions
from node.store.records import Imported, record_count
from node.sync import Outcome as Pulled
from node.wire import records

ORGANIZATIONS: tuple[tuple[str, str], ...] = (("un-agency", "UN"), ("ingo", "INGO"), ("nngo", "NNGO"))
COORDINATOR = "coordinator"
TIERS = frozenset({Tier.PEER, Tier.COORDINATOR})
MEASURES = ("incidents", "affected", "killed", "injured", "abducted", "detained")

Figures: TypeAlias = Mapping[int, tuple[int, ...]]  # by year, in the order of MEASURES
Progress: TypeAlias = Callable[[int], None]


class Network(NamedTuple):
    """The nodes: the three that hold records, and the one that only learns from them."""

    members: tuple[Home, ...]
    coordinator: Home


class Share(NamedTuple):
    """What one organization let out.

    Attributes:
        released: Number of records.
        held: Records that did not leave, by the rule that held them.
        figures: Of the released records, counted before anything was anonymized or sent.
        example: One released record that shows well what each tier gets to see.
    """

    released: int
    held: Mapping[Hold, int]
    figures: Figures
    example: Outgoing | None


class State(NamedTuple):
    """What lies in one node."""

    records: int
    log_entries: int


def make_network(folder: Path) -> Network:
    """Make four nodes under `folder`; the coordinator founds a network and admits the others.

    Raises:
        ConfigError: The folder can not be written.
    """
    addresses = [f"127.0.0.1:{port}" for port in free_ports(len(ORGANIZATIONS))]
    members = tuple(
        _make_node(folder, org_id, org_type, address)
        for (org_id, org_type), address in zip(ORGANIZATIONS, addresses, strict=True)
    )
    coordinator = _make_node(folder, COORDINATOR, "UN", endpoint="")
    found_network(coordinator, "demo", None)
    applicants = []
    for home in members:
        request = home.path / "request.pb"
        write_file(request, request_membership(home, None, home.settings.endpoints))
        applicants.append(read_application(request).member)
    change_members(coordinator, None, admitted(applicants))
    for home in members:
        take_over(home, coordinator.network_file.read_bytes(), coordinator.fingerprint())
    return Network(members, coordinator)


def take_in(home: Home, data: bytes, file_name: str) -> Imported:
    """Import a publication into a node, as `tocsin import` does.

    Raises:
        NodeError: It can not be read or stored.
    """
    now = datetime.now(UTC)
    publication = read_publication(data, file_name, None, now.date())
    store = home.store()
    try:
        return import_publication(store, publication, hashlib.sha256(data).digest(), now)
    finally:
        store.close()


def let_out(home: Home, progress: Progress) -> Share:
    """Release every record of a node to peers and coordinators, as `tocsin share --all` does.

    Raises:
        NodeError: The records can not be read or the log not written.
    """
    now = datetime.now(UTC)
    store = home.store()
    outgoing: list[Outgoing] = []
    held: Counter[Hold] = Counter()
    try:
        with store.read() as connection:
            chosen = own_revisions(connection, make_query([], ["incidents"], [], as_of=now.date()))
        for plan in release(
            store, Request(tuple(chosen), TIERS, now, home.bounds()), home.identity(None), records
        ):
            outgoing += plan.outgoing
            held.update(one.hold for one in plan.held)
            progress(len(outgoing) + held.total())
    finally:
        store.close()
    example = max(outgoing, key=_telling, default=None)
    return Share(len(outgoing), held, _figures(outgoing), example)


def collect(coordinator: Home, progress: Callable[[str, int, int], None]) -> list[Pulled]:
    """Pull from every member what it shared and verify it, as `tocsin sync` does.

    Raises:
        NodeError: The coordinator can not sync at all.
    """
    node = open_node(coordinator, None)
    try:
        return [one.records for one in asyncio.run(sync_all(node, frozenset(), progress))]
    finally:
        node.store.close()


def count(coordinator: Home) -> Answer:
    """Count by year what the coordinator received, as `tocsin query` does."""
    query = make_query(["year"], MEASURES, [], as_of=datetime.now(UTC).date())
    store = coordinator.store()
    try:
        return answer(store, query)
    finally:
        store.close()


def figures_of(found: Answer) -> Figures:
    """The rows of an answer by year."""
    return {int(str(year)): tuple(int(str(number)) for number in numbers) for year, *numbers in found.rows}


def add_figures(parts: Sequence[Figures]) -> Figures:
    """Add up the figures of several organizations, year by year."""
    years = sorted({year for part in parts for year in part})
    return {year: total([part[year] for part in parts if year in part]) for year in years}


def total(rows: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Add up rows, measure by measure."""
    return tuple(map(sum, zip(*rows, strict=True))) or (0,) * len(MEASURES)


def state_of(home: Home) -> State:
    """Look into a node."""
    store = home.store()
    try:
        with store.read() as connection:
            head = log_head(connection, home.settings.org_id)
            return State(record_count(connection), head.frontier.size if head else 0)
    finally:
        store.close()


def _make_node(folder: Path, org_id: str, org_type: str, endpoint: str) -> Home:
    """Make a node; one without an endpoint is never served, so nobody pulls from it."""
    settings = new_settings(
        org_id=org_id,
        org_type=org_type,
        database_url="",
        listen=endpoint or "127.0.0.1:0",
        endpoint=endpoint,
        log_slot_seconds=0,  # nobody who looks on waits for the end of a slot
    )
    return make_home(folder / org_id, settings, None)


def _telling(one: Outgoing) -> tuple[int, int]:
    """How much is known of a record, and how few persons it speaks of."""
    return sum(map(len, one.chains)), -one.current.incident.count()


def _figures(outgoing: Sequence[Outgoing]) -> Figures:
    rows: dict[int, list[tuple[int, ...]]] = {}
    for one in outgoing:
        incident = one.current.incident
        outcomes = (incident.count(Outcome(name)) for name in MEASURES[2:])
        rows.setdefault(incident.when.year, []).append((1, incident.count(), *outcomes))
    return {year: total(rows[year]) for year in sorted(rows)}
