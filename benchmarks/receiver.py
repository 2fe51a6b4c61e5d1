"""A receiving node as a process of its own: pulls a whole log, beside what verifying alone would take.

    python -m benchmarks.pulling HOME ENDPOINT SERVER_PID SAMPLE DATABASE_URL

The database must be new, as the process is, so that nothing is known or kept parsed yet. Prints a `Round` as JSON.
SAMPLE is how many records verifying alone is timed with; with 0 it is left out, and memory is the receiver's own.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

from benchmarks.nodes import ORIGIN
from benchmarks.processes import cpu_seconds, forget_peak, helpers_memory, memory, written_bytes
from console.home import Home, open_home
from console.opened import Node, open_node
from crypto.envelope import Envelope, verify_envelope
from crypto.ladder import Opening
from node.client import PeerClient
from node.directory import Member
from node.disclose import verify_view
from node.standby import Standby
from node.sync import Outcome, pull
from node.verifiers import Verifiers
from node.verify import CHUNK_ENTRIES, page_token
from node.wire import records


class Job(NamedTuple):
    """What verifying a record takes at the least: one signature, and its openings."""

    envelope: Envelope
    uid: bytes
    heads: tuple[bytes, ...]
    openings: tuple[Opening, ...]


class Cost(NamedTuple):
    """Seconds by the wall and by the processor."""

    wall: float
    cpu: float


class Round(NamedTuple):
    """A first pull, one more of the same log, and verifying alone, which is per record."""

    entries: int
    first: Cost
    serving_cpu: float  # seconds that the server took for the first
    again: Cost
    limit: Cost | None
    written_bytes: int
    resident_mib: float  # at the most, with the processes that help it


class Stopwatch:
    """Costs since it was started."""

    def __init__(self) -> None:
        self._wall, self._cpu = perf_counter(), process_time()

    def read(self, times: int = 1) -> Cost:
        """Cost of one of so many times."""
        return Cost((perf_counter() - self._wall) / times, (process_time() - self._cpu) / times)


async def fetch(client: PeerClient, wanted: int) -> list[bytes]:
    """Read the first entries of a log that has so many, and do nothing with them."""
    wires: list[bytes] = []
    while len(wires) < wanted:
        wires += (await client.entries(page_token(wanted, len(wires)))).entries
    return wires


def job(wire: bytes) -> Job:
    """Take apart what has to be verified."""
    entry = records.decode_entry(wire)
    assert entry.envelope is not None, "the receiver may not see it"
    record = records.decode_incident(entry.envelope.payload)
    return Job(entry.envelope, record.record_uid, record.heads, entry.openings)


def verify_only(jobs: Sequence[Job], keys: Sequence[bytes]) -> Cost:
    """Verify signatures and openings on every core, as the receiver would if there was nothing else to do."""

    def verify(first: int) -> None:
        for one in jobs[first : first + CHUNK_ENTRIES]:
            verify_envelope(one.envelope, (one.envelope.payload_type,), keys)
            verify_view(one.uid, one.heads, one.openings)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        watch = Stopwatch()
        list(pool.map(verify, range(0, len(jobs), CHUNK_ENTRIES)))
        return watch.read(len(jobs))


async def pull_all(node: Node, peer: Member, standby: Standby | None = None) -> tuple[Outcome, Cost, float]:
    """Connect and pull, as `tocsin sync` does; also the MiB of the processes that helped."""
    watch = Stopwatch()
    async with Verifiers(standby) as verifiers:
        async with PeerClient(peer, node.own()) as client:
            outcome = await pull(node.store, client, node.directory(), verifiers=verifiers)
        cost, helpers = watch.read(), helpers_memory(os.getpid())
    assert outcome.error is None, outcome.error
    return outcome, cost, helpers


def open_receiver(home: Home, url: str) -> Node:
    """Open the node on another database than its own."""
    return open_node(replace(home, settings=home.settings.model_copy(update={"database_url": url})), None)


async def measure(
    node: Node, peer: Member, server: int, jobs: Sequence[Job], standby: Standby | None
) -> Round:
    """Pull a log into a new database, and once more; verify alone before and after."""
    keys = [key.public_key for key in peer.signing_keys]
    before = verify_only(jobs, keys) if jobs else None
    forget_peak()
    written = written_bytes(os.getpid())
    serving = cpu_seconds(server)
    outcome, first, helpers = await pull_all(node, peer, standby)
    serving = cpu_seconds(server) - serving
    node.store.close()  # what the database still holds back is written now
    resident, written = memory(os.getpid()).most + helpers, written_bytes(os.getpid()) - written
    _, again, _ = await pull_all(node, peer)
    after = verify_only(jobs, keys) if jobs else None
    limit = Cost(*(sum(pair) / 2 for pair in zip(before, after, strict=True))) if before and after else None
    assert outcome.received.accepted == outcome.verified, outcome
    return Round(outcome.verified, first, serving, again, limit, written, resident)


async def main(
    standby: Standby | None, home: Home, endpoint: str, server: int, sample: int, url: str
) -> None:
    """Measure one round."""
    node = open_receiver(home, url)
    peer = node.directory().member(ORIGIN)._replace(endpoints=(endpoint,))
    jobs: list[Job] = []
    if sample:
        async with PeerClient(peer, node.own()) as client:
            jobs = [job(wire) for wire in await fetch(client, sample)]
    print(json.dumps(await measure(node, peer, server, jobs, standby)))


def receive(standby: Standby | None, folder: str, address: str, pid: str, number: str, database: str) -> None:
    """Measure one round, as the command line names it."""
    asyncio.run(main(standby, open_home(Path(folder)), address, int(pid), int(number), database))
