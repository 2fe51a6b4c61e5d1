"""Verify everything again: every revision, every entry of every log, every index of a figure.

Nothing that is stored is believed: digests are made again from the text, leaves from the bytes, trees from the leaves;
signatures and openings are checked as on the day they came; the facts that queries count are projected anew and
compared. What does not hold is reported and nothing is changed, except that `reindex` writes the facts again.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from crypto.checkpoint import Checkpoint
from crypto.ladder import Opening
from crypto.merkle import Frontier
from crypto.tiles import appended_tiles
from node.audience import ALL_CLOSED, Levels
from node.errors import LogKeyError, PeerError, StoreError, ViewError
from node.purge import MISMATCH
from node.signed import Codec, IncidentRecord, Retraction
from node.store.database import Store, portions
from node.store.forks import fork_of
from node.store.heads import LogHead, log_head, log_origins
from node.store.own_log import OWN_FATE, own_views, padding, released_views
from node.store.peer_log import (
    StoredEntry,
    end_peer_facts,
    leaf_hashes,
    past_frontier,
    peer_fact_ends,
    peer_facts,
    replace_peer_facts,
    stored_entries,
)
from node.store.records import rebuild_facts, record_faults, record_ids
from node.store.successions import link_faults
from node.store.tiles import TileReader
from node.verify import RELAYED, Fate, Origin, Verified, read_checkpoint, verify_stored

AT_ONCE = 1_000  # entries or records in memory at a time


class Fault(NamedTuple):
    """One thing that does not hold."""

    where: str
    what: str


def check_records(store: Store, *, reindex: bool = False) -> Iterator[Fault | int]:
    """Verify this organization's records; yields faults, and how many records were verified since the last number."""
    with store.read() as connection:
        ids = record_ids(connection)
        yield from (Fault("merges and splits", what) for what in link_faults(connection))
    for chosen in portions(ids, AT_ONCE):
        if reindex:
            with store.write() as connection:
                rebuild_facts(connection, chosen)
        with store.read() as connection:
            try:
                faults = record_faults(connection, chosen)
            except (StoreError, ViewError) as error:
                faults = [(chosen[0], f"or one up to {chosen[-1]}: {error}")]
        yield from (Fault(f"record {record_id}", what) for record_id, what in faults)
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
        known = log_origins(connection)
    with ThreadPoolExecutor() as pool:
        for origin_id in known:
            try:
                with store.read() as connection:
                    head = log_head(connection, origin_id)
            except StoreError as error:
                yield Fault(f"log of {origin_id}", str(error))
                continue
            if head is None:
                continue
            origin = origins.get(origin_id)
            if origin is not None:
                with store.read() as connection:
                    fork = fork_of(connection, origin_id)
                origin = origin._replace(good_size=fork.common_size if fork else None)
                yield from _Log(store, head, origin, codec, pool, reindex=reindex).check()
            elif head.frontier.size:
                yield Fault(f"log of {origin_id}", "its keys are not in the directory")


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
        self._whole = origin._replace(good_size=None)  # a fork of our own log takes nothing from what we hold
        self._codec = codec
        self._reindex = reindex
        self._pool = pool
        self._where = f"log of {head.origin_id}"
        self._own = False
        self._counted: set[int] = set()  # indexes of entries that count, or counted once
        self._replaced: dict[int, int] = {}  # index -> day on which a later entry replaced it
        self._seen_by: dict[
            int, frozenset[str]
        ] = {}  # own index -> audiences that saw the record up to there
        self._open: set[int] = set()  # indexes of entries that show values of what they hold
        self._chain: dict[int, int] = {}  # index -> index of the entry that it replaces
        self._to_purge: set[int] = set()  # indexes from which on back all of a record is to be destroyed
        self._purged: set[int] = set()  # indexes of entries whose values are destroyed

    def check(self) -> Iterator[Fault | int]:
        frontier = Frontier()
        while frontier.size < self._head.frontier.size:
            with self._store.read() as connection:
                entries = stored_entries(connection, self._head.log_id, frontier.size, AT_ONCE)
            wanted = range(frontier.size, frontier.size + max(1, len(entries)))
            if [one.log_index for one in entries] != list(wanted):
                yield Fault(self._where, f"an entry after {frontier.size} is missing")
                return
            frontier = frontier.append([one.leaf_hash for one in entries])
            try:
                facts: list[tuple[Any, ...]] = []
                yield from self._entries(entries, facts)
                yield from self._facts(entries, facts)
                self._own = entries[0].fate == OWN_FATE
                if self._own:
                    yield from self._views(entries)
            except (PeerError, StoreError) as error:
                yield Fault(self._where, f"an entry up to {frontier.size}: {error}")
            yield len(entries)
        yield from self._tree(frontier)
        yield from self._ends()
        yield from self._closings()

    def _entries(self, entries: Sequence[StoredEntry], facts: list[tuple[Any, ...]]) -> Iterator[Fault]:
        start = entries[0].log_index
        verified = verify_stored(
            [one.wire for one in entries], self._origin, start, self._codec, self._pool.map
        )
        for held, found in zip(entries, verified, strict=True):
            if held.leaf_hash != found.position.leaf_hash:
                yield Fault(self._where, f"entry {held.log_index} is not the one that was logged")
            if held.fate != OWN_FATE:
                yield from self._fate(held, found, facts)
            elif held.reason:
                yield Fault(self._where, f"entry {held.log_index} is our own and can not have been refused")

    def _views(self, entries: Sequence[StoredEntry]) -> Iterator[Fault]:
        """Verify what each tier is shown of own entries: the logged record, no finer than it may see it."""
        start, stop = entries[0].log_index, entries[-1].log_index + 1
        with self._store.read() as connection:
            views = own_views(connection, start, stop)
            released = released_views(connection, start, stop)
            hidden = padding(connection, start, stop)
        wires = [wire for _, _, wire in views]
        seen = verify_stored(wires, self._whole, start, self._codec, self._pool.map)
        shown: dict[int, set[str]] = {}
        for (index, name, wire), found in zip(views, seen, strict=True):
            shown.setdefault(index, set()).add(name)
            if found.position.leaf_hash != entries[index - start].leaf_hash or found.fate is Fate.REFUSED:
                yield Fault(self._where, f"a view of entry {index} is not of the record that was logged")
            openings = self._codec.decode_entry(wire).openings
            if openings:
                self._open.add(index)
            if _shows_too_much(openings, released.get(index, {}).get(name, ALL_CLOSED)):
                yield Fault(self._where, f"a view of entry {index} shows more than its audience may see")
            if found.record and found.record.replaces:
                self._chain[index] = found.record.replaces.log_index
        yield from self._padding(entries, hidden)
        for index in range(start, stop):
            if index in hidden and index not in released and index not in shown:
                continue
            wanted = frozenset(released.get(index, ()))
            before = self._seen_by.get(self._chain.get(index, -1), frozenset())
            self._seen_by[index] = wanted | before
            # Whoever saw a record learns that it is called back.
            if shown.get(index) != set(wanted or before):
                yield Fault(self._where, f"entry {index} is not shown to those it was released to")

    def _padding(self, entries: Sequence[StoredEntry], hidden: Mapping[int, bytes]) -> Iterator[Fault]:
        """Verify that what is shown to nobody, although nothing of it was withheld, is padding and logged as such."""
        start = entries[0].log_index
        signed = verify_stored(list(hidden.values()), self._whole, start, self._codec)
        for index, found in zip(hidden, signed, strict=True):
            if (found.position.leaf_hash, found.fate) != (entries[index - start].leaf_hash, Fate.PADDING):
                yield Fault(self._where, f"entry {index} is not the padding that it is kept as")

    def _fate(self, held: StoredEntry, found: Verified, facts: list[tuple[Any, ...]]) -> Iterator[Fault]:
        outruled = held.fate in {Fate.REFUSED, Fate.PURGED} and held.reason == MISMATCH
        purged = held.fate == Fate.PURGED and found.fate == Fate.WITHHELD
        if purged:
            self._purged.add(held.log_index)
        elif found.fact is not None or (
            held.fate == Fate.REFUSED and self._codec.decode_entry(held.wire).openings
        ):
            self._open.add(held.log_index)
        reason = "" if (held.fate, held.reason) == (Fate.WITHHELD, RELAYED) else held.reason
        if (held.fate, reason) != (found.fate, found.reason) and not outruled and not purged:
            yield Fault(self._where, f"entry {held.log_index} is kept as {held.fate} but is {found.fate}")
        if outruled:
            return
        for other in found.record.stands_for if isinstance(found.record, IncidentRecord) else ():
            self._replaced.setdefault(other.log_index, held.heard_on)
        if found.record is not None and found.record.replaces is not None:
            self._replaced.setdefault(found.record.replaces.log_index, held.heard_on)
            self._chain[held.log_index] = found.record.replaces.log_index
            if isinstance(found.record, Retraction) and found.record.purge:
                self._to_purge.add(found.record.replaces.log_index)
        if found.fact is not None:
            facts.append((held.log_index, held.known_on, None, *found.fact))

    def _tree(self, frontier: Frontier) -> Iterator[Fault]:
        head = self._head
        if frontier != head.frontier:
            yield Fault(self._where, "the entries are not those of the verified tree")
        try:
            checkpoint = read_checkpoint(head.checkpoint, self._origin)
            if not self._commits(checkpoint, frontier):
                yield Fault(self._where, "the checkpoint is not of these entries")
        except LogKeyError:
            if head.checkpoint or frontier.size:
                yield Fault(self._where, "the checkpoint is not signed with the log's key")

    def _commits(self, checkpoint: Checkpoint, frontier: Frontier) -> bool:
        """Whether a checkpoint may be of these entries: of a peer's perhaps of more, of ours perhaps of fewer."""
        if self._own and checkpoint.size < frontier.size:
            with self._store.read() as connection:
                frontier = past_frontier(connection, self._head.log_id, checkpoint.size)
        if checkpoint.size == frontier.size:
            return checkpoint.root == frontier.root
        return checkpoint.size > frontier.size and not self._own

    def _facts(self, entries: Sequence[StoredEntry], facts: list[tuple[Any, ...]]) -> Iterator[Fault]:
        """Compare what queries count of some entries; the day on which it ends is known only after the last."""
        self._counted |= {row[0] for row in facts}
        span = (self._head.log_id, entries[0].log_index, entries[-1].log_index + 1)
        if self._reindex:
            with self._store.write() as connection:
                replace_peer_facts(connection, *span, facts)
        with self._store.read() as connection:
            stored = [(*row[:2], None, *row[3:]) for row in peer_facts(connection, *span)]
        if stored != facts:
            yield self._miscounted()

    def _ends(self) -> Iterator[Fault]:
        ends = {index: day for index, day in self._replaced.items() if index in self._counted}
        if self._reindex:
            with self._store.write() as connection:
                end_peer_facts(connection, self._head.log_id, ends)
        with self._store.read() as connection:
            if peer_fact_ends(connection, self._head.log_id) != (len(self._counted), ends):
                yield self._miscounted()

    def _closings(self) -> Iterator[Fault]:
        """See that what is closed or destroyed is what had to be."""
        if self._seen_by:  # our own log
            for index in sorted(self._open & set(self._chain.values())):
                yield Fault(self._where, f"entry {index} is still shown although another has replaced it")
            return
        wanted: set[int] = set()
        for last in self._to_purge:
            at: int | None = last
            while at is not None and at not in wanted:
                wanted.add(at)
                at = self._chain.get(at)
        for index in sorted(wanted & self._open):
            yield Fault(self._where, f"entry {index} was to be destroyed and is not")
        for index in sorted(self._purged - wanted):
            yield Fault(self._where, f"entry {index} was destroyed though nobody asked for it")

    def _miscounted(self) -> Fault:
        return Fault(self._where, "the facts that queries count do not match the entries")


def check_tiles(store: Store, org_id: str) -> Iterator[Fault]:
    """Verify that the stored tiles of our own log, from which proofs are made, are those of its entries."""
    with store.read() as connection:
        try:
            head = log_head(connection, org_id)
        except StoreError:  # `check_logs` has told it
            return
        if head is None:
            return
        read = TileReader(connection)
        expected = appended_tiles(lambda _level, _number: b"", 0, leaf_hashes(connection, head.log_id))
        for (level, number), hashes in expected.items():
            if read(level, number) != hashes:
                yield Fault(f"log of {org_id}", f"tile {number} of level {level} is not that of its entries")


def _shows_too_much(openings: Sequence[Opening], levels: Levels) -> bool:
    return any(len(opening.values) > levels[opening.dimension] + 1 for opening in openings)
