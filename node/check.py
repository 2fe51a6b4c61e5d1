"""Verify everything again: every revision, every entry of every log, every index of a figure.

Nothing that is stored is believed: digests are made again from the text, leaves from the bytes, trees from the leaves;
signatures and openings are checked as on the day they came; the facts that queries count are projected anew and
compared. What does not hold is reported and nothing is changed, except that `reindex` writes the facts again.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from crypto.checkpoint import verify_checkpoint
from crypto.errors import CryptoError
from crypto.merkle import Frontier, tree_root
from crypto.tiles import Tiles
from node.errors import PeerError
from node.signed import Codec
from node.store.database import Store, portions
from node.store.logs import (
    OWN_FATE,
    LogHead,
    StoredEntry,
    TileReader,
    log_heads,
    own_views,
    peer_facts,
    replace_peer_facts,
    stored_entries,
)
from node.store.records import rebuild_facts, record_faults, record_ids
from node.verify import Fate, Origin, Verified, log_name, verify_stored

AT_ONCE = 1_000  # entries or records in memory at a time


class Fault(NamedTuple):
    """One thing that does not hold."""

    where: str
    what: str


def check_records(store: Store, *, reindex: bool = False) -> Iterator[Fault | int]:
    """Verify this organization's records; yields faults, and how many records were verified since the last number."""
    with store.read() as connection:
        ids = record_ids(connection)
    for chosen in portions(ids, AT_ONCE):
        if reindex:
            with store.write() as connection:
                rebuild_facts(connection, chosen)
        with store.read() as connection:
            yield from (
                Fault(f"record {record_id}", what) for record_id, what in record_faults(connection, chosen)
            )
        yield len(chosen)


def check_logs(
    store: Store, origins: Mapping[str, Origin], codec: Codec, *, reindex: bool = False
) -> Iterator[Fault | int]:
    """Verify every log; yields faults, and how many entries were verified since the last number.

    Args:
        store: Of this node.
        origins: Keys of this node and of every member, whether they are still valid or not.
        codec: Reads messages.
        reindex: Write the facts of peers' records again.
    """
    with store.read() as connection:
        heads = log_heads(connection)
    with ThreadPoolExecutor() as pool:
        for head in heads:
            origin = origins.get(head.origin_id)
            if origin is None:
                if head.frontier.size:
                    yield Fault(f"log of {head.origin_id}", "its keys are not in the directory")
                continue
            yield from _Log(store, head, origin, codec, pool, reindex=reindex).check()


class _Log:
    """One log being verified."""

    def __init__(
        self,
        store: Store,
        head: LogHead,
        origin: Origin,
        codec: Codec,
        pool: ThreadPoolExecutor,
        *,
        reindex: bool,
    ) -> None:
        self._store = store
        self._head = head
        self._origin = origin
        self._codec = codec
        self._reindex = reindex
        self._pool = pool
        self._where = f"log of {head.origin_id}"
        self._replaced: dict[int, int] = {}  # index -> day on which a later entry replaced it

    def check(self) -> Iterator[Fault | int]:
        frontier = Frontier()
        facts: list[tuple[Any, ...]] = []
        while frontier.size < self._head.frontier.size:
            with self._store.read() as connection:
                entries = stored_entries(connection, self._head.log_id, frontier.size, AT_ONCE)
                views = own_views(connection, frontier.size, frontier.size + AT_ONCE)
            wanted = range(frontier.size, frontier.size + max(1, len(entries)))
            if [one.log_index for one in entries] != list(wanted):
                yield Fault(self._where, f"an entry after {frontier.size} is missing")
                return
            frontier = frontier.append([one.leaf_hash for one in entries])
            try:
                yield from self._entries(entries, views, facts)
            except PeerError as error:
                yield Fault(self._where, f"an entry up to {frontier.size}: {error}")
            yield len(entries)
        yield from self._tree(frontier)
        yield from self._facts(facts)

    def _entries(
        self, entries: Sequence[StoredEntry], views: Sequence[tuple[int, bytes]], facts: list[tuple[Any, ...]]
    ) -> Iterator[Fault]:
        start = entries[0].log_index
        verified = verify_stored(
            [one.wire for one in entries], self._origin, start, self._codec, self._pool.map
        )
        for held, found in zip(entries, verified, strict=True):
            if held.leaf_hash != found.position.leaf_hash:
                yield Fault(self._where, f"entry {held.log_index} is not the one that was logged")
            if held.fate != OWN_FATE:
                yield from self._fate(held, found, facts)
        wires = [wire for _, wire in views]
        seen = (
            verify_stored(wires, self._origin, start, self._codec, self._pool.map)
            if entries[0].fate == OWN_FATE
            else []
        )
        for (index, _), found in zip(views, seen, strict=False):
            if found.position.leaf_hash != entries[index - start].leaf_hash or found.fate is Fate.REFUSED:
                yield Fault(self._where, f"a view of entry {index} is not of the record that was logged")

    def _fate(self, held: StoredEntry, found: Verified, facts: list[tuple[Any, ...]]) -> Iterator[Fault]:
        outruled = held.fate == Fate.REFUSED and held.reason == "PREDECESSOR_MISMATCH"
        if held.fate != found.fate and not outruled:
            yield Fault(self._where, f"entry {held.log_index} is kept as {held.fate} but is {found.fate}")
        if outruled or found.record is None:
            return
        if found.record.replaces is not None:
            self._replaced[found.record.replaces.log_index] = held.known_on
        if found.fact is not None:
            facts.append((held.log_index, held.known_on, None, *found.fact))

    def _tree(self, frontier: Frontier) -> Iterator[Fault]:
        head = self._head
        if frontier != head.frontier:
            yield Fault(self._where, "the entries are not those of the verified tree")
        try:
            checkpoint = verify_checkpoint(head.checkpoint, log_name(head.origin_id), self._origin.log_key)
            whole = checkpoint.size == frontier.size
            if checkpoint.size < frontier.size or (whole and checkpoint.root != frontier.root):
                yield Fault(self._where, "the checkpoint is not of these entries")
        except CryptoError:
            if head.checkpoint or frontier.size:
                yield Fault(self._where, "the checkpoint is not signed with the log's key")

    def _facts(self, expected: list[tuple[Any, ...]]) -> Iterator[Fault]:
        rows = [(index, day, self._replaced.get(index), *columns) for index, day, _, *columns in expected]
        size = self._head.frontier.size
        if self._reindex:
            with self._store.write() as connection:
                replace_peer_facts(connection, self._head.log_id, rows)
        with self._store.read() as connection:
            if peer_facts(connection, self._head.log_id, size) != rows:
                yield Fault(self._where, "the facts that queries count do not match the entries")


def check_tiles(store: Store, org_id: str) -> Iterator[Fault]:
    """Verify that the stored tiles of our own log, from which proofs are made, give its root."""
    with store.read() as connection:
        head = next((one for one in log_heads(connection) if one.origin_id == org_id), None)
        if head is None or not head.frontier.size:
            return
        try:
            root = tree_root(Tiles(TileReader(connection)), head.frontier.size)
        except CryptoError:
            root = b""
        if root != head.frontier.root:
            yield Fault(f"log of {org_id}", "the stored tiles do not give the log's root")
