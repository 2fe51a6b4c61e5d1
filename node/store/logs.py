"""Logs: this organization's own, which it serves, and its peers', as far as they were verified.

An own entry is kept as every stranger may see it (its leaf) with one richer view per tier beside it; a peer's entry is
kept as it came. All of them are the bytes that travel, so serving a page is joining rows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, func, insert, or_, select, update

from crypto.errors import ProofError
from crypto.merkle import Frontier
from crypto.tiles import appended_tiles
from node.errors import BusyError, StoreError
from node.facts import Fact
from node.rules import Tier
from node.store.database import insert_many, next_id, portions
from node.store.records import day_number
from node.tables import entry, fact, log, record, release, revision, tile, view

OWN_FATE = "own"


class LogHead(NamedTuple):
    """How far a log is known here; `heard_at` is seconds since 1970, 0 for never."""

    log_id: int
    origin_id: str
    frontier: Frontier
    checkpoint: bytes
    heard_at: int
    refused_reason: str


class OwnEntry(NamedTuple):
    """A new entry of our own log, and what must be remembered to open it later."""

    leaf_hash: bytes
    wire: bytes
    views: Mapping[Tier, bytes]
    record_id: int
    revision_id: int
    secret: bytes  # empty for a retraction


class PeerEntry(NamedTuple):
    """A verified entry of a peer's log; the fact is there when it counts, `replaces` when another then does not."""

    log_index: int
    fate: str
    reason: str
    leaf_hash: bytes
    wire: bytes
    fact: Fact | None
    replaces: int | None


class Released(NamedTuple):
    """The latest that left of a record, `digest` being that of its document; no tiers when it was a retraction."""

    record_id: int
    revision_id: int
    uid: bytes
    digest: bytes
    times: int  # that anything of it left
    log_index: int
    leaf_hash: bytes
    tiers: frozenset[Tier]


class Tally(NamedTuple):
    """Entries of one log by what became of them."""

    origin_id: str
    fate: str
    reason: str
    entries: int


def log_head(connection: Connection, origin_id: str) -> LogHead | None:
    """Find what is known of an organization's log."""
    row = connection.execute(_HEADS.where(log.c.origin_id == origin_id)).one_or_none()
    return _head(*row) if row is not None else None


def log_heads(connection: Connection) -> tuple[LogHead, ...]:
    """Every log that this node knows, its own among them, by origin."""
    return tuple(_head(*row) for row in connection.execute(_HEADS.order_by(log.c.origin_id)))


def log_origins(connection: Connection) -> tuple[str, ...]:
    """Whose logs this node knows, its own among them, in order."""
    return tuple(connection.execute(select(log.c.origin_id).order_by(log.c.origin_id)).scalars())


def open_log(connection: Connection, origin_id: str) -> LogHead:
    """Find a log, or start to follow it from its first entry."""
    head = log_head(connection, origin_id)
    if head is None:
        key = next_id(connection, log)
        insert_many(connection, log, [(key, origin_id, 0, b"", b"", 0, "")])
        head = LogHead(key, origin_id, Frontier(), b"", 0, "")
    return head


def advance_log(
    connection: Connection, head: LogHead, frontier: Frontier, checkpoint: bytes, heard_at: int
) -> None:
    """Move a log's head on, if nobody else has meanwhile.

    Raises:
        BusyError: The head is no longer `head`.
    """
    moved = connection.execute(
        update(log)
        .where(and_(log.c.id == head.log_id, log.c.size == head.frontier.size))
        .values(
            size=frontier.size,
            frontier=frontier.to_bytes(),
            checkpoint=checkpoint,
            heard_at=heard_at,
            refused_reason="",
        )
    )
    if moved.rowcount != 1:
        raise BusyError("the log has grown meanwhile; try again")


def note_contact(connection: Connection, origin_id: str, heard_at: int, refused_reason: str) -> None:
    """Write down when a peer was last heard and, if its answer did not hold, why."""
    head = open_log(connection, origin_id)
    connection.execute(
        update(log).where(log.c.id == head.log_id).values(heard_at=heard_at, refused_reason=refused_reason)
    )


def append_own(connection: Connection, head: LogHead, entries: Sequence[OwnEntry], now: datetime) -> Frontier:
    """Append to our own log: entries, views, what was released, and the tree's tiles."""
    size = head.frontier.size
    today = day_number(now.date())
    numbered = list(enumerate(entries, size))
    insert_many(
        connection,
        entry,
        [(head.log_id, index, OWN_FATE, "", today, one.leaf_hash, one.wire) for index, one in numbered],
    )
    insert_many(
        connection,
        view,
        [(index, int(tier), wire) for index, one in numbered for tier, wire in sorted(one.views.items())],
    )
    first = next_id(connection, release)
    insert_many(
        connection,
        release,
        [
            (
                first + at,
                one.record_id,
                one.revision_id,
                index,
                ",".join(tier.name.lower() for tier in sorted(one.views)) if one.secret else "",
                one.secret,
                int(now.timestamp()),
            )
            for at, (index, one) in enumerate(numbered)
        ],
    )
    hashes = [one.leaf_hash for one in entries]
    _put_tiles(connection, appended_tiles(TileReader(connection), size, hashes))
    return head.frontier.append(hashes)


def close_views(
    connection: Connection, record_ids: Sequence[int], without_openings: Callable[[bytes], bytes]
) -> None:
    """Show what was released of these records to nobody who has not seen it yet.

    The signed commitments stay, because who pulls only now must still learn which entry replaced which.
    """
    for chosen in portions(record_ids):
        past = select(release.c.log_index).where(release.c.record_id.in_(chosen))
        rows = connection.execute(select(*view.c).where(view.c.log_index.in_(past))).all()
        connection.execute(delete(view).where(view.c.log_index.in_(past)))
        insert_many(connection, view, [(index, tier, without_openings(wire)) for index, tier, wire in rows])


class TileReader:
    """Reads the tiles of our own log, each once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """Hashes of a tile, perhaps not all of them yet; empty when there is none."""
        if (level, number) not in self._read:
            found = self._connection.execute(
                select(tile.c.hashes).where(and_(tile.c.level == level, tile.c.number == number))
            ).scalar_one_or_none()
            self._read[level, number] = found or b""
        return self._read[level, number]


def own_page(connection: Connection, log_id: int, start: int, stop: int, tier: Tier) -> list[bytes]:
    """Wire form of the entries from `start` up to and without `stop`, each as fine as the tier may see it.

    Raises:
        StoreError: An entry is missing.
    """
    span = {"log_id": log_id, "start": start, "stop": stop, "tier": int(tier)}
    page: list[bytes] = list(connection.execute(_PAGE, span).scalars())
    if len(page) != stop - start:
        raise StoreError(f"the log lacks an entry between {start} and {stop}")
    return page


def add_peer_entries(connection: Connection, head: LogHead, entries: Sequence[PeerEntry], day: int) -> None:
    """Store verified entries of a peer with their facts; what they replace counts until the day before `day`."""
    insert_many(connection, entry, [(head.log_id, *one[:3], day, *one[3:5]) for one in entries])
    first = next_id(connection, fact)
    counted = [one for one in entries if one.fact is not None]
    replaced = {one.replaces for one in entries if one.replaces is not None}
    insert_many(
        connection,
        fact,
        [
            (
                first + at,
                None,
                head.log_id,
                one.log_index,
                day,
                day if one.log_index in replaced else None,
                *(one.fact or ()),
            )
            for at, one in enumerate(counted)
        ],
    )
    older = sorted(index for index in replaced if index < head.frontier.size)
    if older:
        connection.execute(
            update(fact)
            .where(
                and_(fact.c.log_id == head.log_id, fact.c.log_index.in_(older), fact.c.known_until.is_(None))
            )
            .values(known_until=day)
        )


def peer_entries(
    connection: Connection, log_id: int, indexes: Sequence[int]
) -> dict[int, tuple[bytes, bytes]]:
    """(leaf hash, wire) of some stored entries, by index."""
    found: dict[int, tuple[bytes, bytes]] = {}
    for chosen in portions(indexes):
        rows = connection.execute(
            select(entry.c.log_index, entry.c.leaf_hash, entry.c.wire).where(
                and_(entry.c.log_id == log_id, entry.c.log_index.in_(chosen))
            )
        )
        found |= {index: (leaf_hash, wire) for index, leaf_hash, wire in rows}
    return found


class StoredEntry(NamedTuple):
    """An entry as it lies in the database."""

    log_index: int
    fate: str
    reason: str
    known_on: int
    leaf_hash: bytes
    wire: bytes


def stored_entries(connection: Connection, log_id: int, start: int, count: int) -> list[StoredEntry]:
    """Up to `count` entries from `start` on, in order."""
    rows = connection.execute(
        select(*entry.c[1:])
        .where(and_(entry.c.log_id == log_id, entry.c.log_index >= start))
        .order_by(entry.c.log_index)
        .limit(count)
    )
    return [StoredEntry(*row) for row in rows]


def own_views(connection: Connection, start: int, stop: int) -> list[tuple[int, int, bytes]]:
    """(index, tier, wire) of every view of our own entries from `start` up to and without `stop`."""
    rows = connection.execute(
        select(view.c.log_index, view.c.tier, view.c.wire)
        .where(and_(view.c.log_index >= start, view.c.log_index < stop))
        .order_by(view.c.log_index, view.c.tier)
    )
    return [(index, tier, wire) for index, tier, wire in rows]


def released_tiers(connection: Connection, start: int, stop: int) -> dict[int, frozenset[int]]:
    """Tiers that our own entries from `start` up to and without `stop` were released to; none for a retraction."""
    rows = connection.execute(
        select(release.c.log_index, release.c.tiers).where(
            and_(release.c.log_index >= start, release.c.log_index < stop)
        )
    )
    return {index: frozenset(map(int, _tiers(names))) for index, names in rows}


def peer_facts(connection: Connection, log_id: int, size: int) -> list[tuple[Any, ...]]:
    """(index, known from, known until, columns...) of a peer's entries below `size`."""
    rows = connection.execute(
        select(*fact.c[3:])
        .where(and_(fact.c.log_id == log_id, fact.c.log_index < size))
        .order_by(fact.c.log_index)
    )
    return [tuple(row) for row in rows]


def replace_peer_facts(connection: Connection, log_id: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Write the facts of a peer's entries again, each in the form of `peer_facts`."""
    connection.execute(delete(fact).where(fact.c.log_id == log_id))
    first = next_id(connection, fact)
    insert_many(connection, fact, [(first + at, None, log_id, *row) for at, row in enumerate(rows)])


def released(connection: Connection, record_ids: Sequence[int]) -> dict[int, Released]:
    """The latest release of each of these records that ever left, by record key."""
    found: dict[int, Released] = {}
    for chosen in portions(record_ids):
        rows = connection.execute(
            _RELEASES.where(release.c.record_id.in_(chosen)).order_by(release.c.log_index)
        )
        for record_id, revision_id, uid, content, index, leaf_hash, tiers in rows:
            names = _tiers(tiers)
            times = found[record_id].times + 1 if record_id in found else 1
            found[record_id] = Released(record_id, revision_id, uid, content, times, index, leaf_hash, names)
    return found


def outdated(connection: Connection) -> tuple[tuple[Released, ...], tuple[int, ...]]:
    """What left and no longer stands: releases of withdrawn records, and current revisions of changed ones.

    A revision that says the same as the one that left is no change: an older publication that was imported late can
    bring such ones.
    """
    latest = select(func.max(release.c.log_index).label("log_index")).group_by(release.c.record_id).subquery()
    now = (
        select(revision.c.record_id, revision.c.id.label("revision_id"), revision.c.digest)
        .join_from(fact, revision)
        .where(fact.c.known_until.is_(None))
        .subquery()
    )
    rows = connection.execute(
        select(release.c.record_id, now.c.revision_id)
        .join_from(release, latest, release.c.log_index == latest.c.log_index)
        .join(revision, revision.c.id == release.c.revision_id)
        .outerjoin(now, now.c.record_id == release.c.record_id)
        .where(
            and_(
                release.c.tiers != "",
                or_(now.c.revision_id.is_(None), now.c.digest != revision.c.digest),
            )
        )
        .order_by(release.c.log_index)
    ).all()
    gone = [record_id for record_id, revision_id in rows if revision_id is None]
    last = released(connection, gone)
    changed = tuple(revision_id for _, revision_id in rows if revision_id is not None)
    return tuple(last[record_id] for record_id in gone), changed


def fates(connection: Connection) -> tuple[Tally, ...]:
    """How many entries of each log were accepted, withheld, refused and why."""
    rows = connection.execute(
        select(log.c.origin_id, entry.c.fate, entry.c.reason, func.count())
        .join_from(entry, log)
        .group_by(log.c.origin_id, entry.c.fate, entry.c.reason)
        .order_by(log.c.origin_id, entry.c.fate, entry.c.reason)
    )
    return tuple(Tally(*row) for row in rows)


def leaf_hashes(connection: Connection, log_id: int) -> list[bytes]:
    """Leaf hashes of a log, in order."""
    rows = connection.execute(
        select(entry.c.leaf_hash).where(entry.c.log_id == log_id).order_by(entry.c.log_index)
    )
    return list(rows.scalars())


def _tiers(names: str) -> frozenset[Tier]:
    try:
        return frozenset(Tier[name.upper()] for name in names.split(",") if name)
    except KeyError as error:
        raise StoreError("a release names a tier that there is not") from error


def _put_tiles(connection: Connection, tiles: Mapping[tuple[int, int], bytes]) -> None:
    for (level, number), hashes in tiles.items():
        changed = connection.execute(
            update(tile).where(and_(tile.c.level == level, tile.c.number == number)).values(hashes=hashes)
        )
        if changed.rowcount == 0:
            connection.execute(insert(tile).values(level=level, number=number, hashes=hashes))


def _head(log_id: int, origin_id: str, size: int, frontier: bytes, *rest: Any) -> LogHead:
    try:
        return LogHead(log_id, origin_id, Frontier.from_bytes(size, frontier), *rest)
    except ProofError as error:
        raise StoreError(f"the head of the log of {origin_id} does not fit its size") from error


_finer = view.alias()
_FINEST = (  # that the tier may see, of those that there are
    select(func.max(_finer.c.tier))
    .where(and_(_finer.c.log_index == entry.c.log_index, _finer.c.tier <= bindparam("tier")))
    .correlate(entry)
    .scalar_subquery()
)
_PAGE = (
    select(func.coalesce(view.c.wire, entry.c.wire))
    .outerjoin_from(entry, view, and_(view.c.log_index == entry.c.log_index, view.c.tier == _FINEST))
    .where(
        and_(
            entry.c.log_id == bindparam("log_id"),
            entry.c.log_index >= bindparam("start"),
            entry.c.log_index < bindparam("stop"),
        )
    )
    .order_by(entry.c.log_index)
)

_RELEASES = (
    select(
        release.c.record_id,
        release.c.revision_id,
        record.c.uid,
        revision.c.digest,
        release.c.log_index,
        entry.c.leaf_hash,
        release.c.tiers,
    )
    .join_from(release, record)
    .join(revision, revision.c.id == release.c.revision_id)
    .join(entry, and_(entry.c.log_index == release.c.log_index, entry.c.fate == OWN_FATE))
)

_HEADS = select(
    log.c.id,
    log.c.origin_id,
    log.c.size,
    log.c.frontier,
    log.c.checkpoint,
    log.c.heard_at,
    log.c.refused_reason,
)
