"""This organization's own log: what was released, as the bytes that travel, and the tree over it.

An entry is kept as every stranger may see it (its leaf), with one richer view per tier beside it, so serving a page is
joining rows.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)

from crypto.merkle import HASH_BYTES, Frontier
from crypto.tiles import TILE, appended_tiles
from node.errors import StoreError
from node.rules import Tier
from node.store.database import insert_many, next_id, portions
from node.store.heads import LogHead
from node.store.records import day_number
from node.tables import entry, fact, record, release, revision, tile, view

OWN_FATE = "own"
_MAX_FULL_TILES = 256


NOBODY: Mapping[Tier, bytes] = MappingProxyType({})


class OwnEntry(NamedTuple):
    """A new entry of our own log, and what must be remembered to open it later.

    `told` are views without openings, for those who saw what the entry replaces and are not to see more.
    """

    leaf_hash: bytes
    wire: bytes
    views: Mapping[Tier, bytes]
    record_id: int
    revision_id: int
    secret: bytes  # empty for a retraction
    told: Mapping[Tier, bytes] = NOBODY


class Released(NamedTuple):
    """The latest that left of a record, `digest` being that of its document; no tiers when it was a retraction.

    `widest` is the coarsest tier that anything of the record ever went to.
    """

    record_id: int
    revision_id: int
    uid: bytes
    digest: bytes
    times: int  # that anything of it left
    log_index: int
    leaf_hash: bytes
    tiers: frozenset[Tier]
    widest: Tier


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
        # A page is of one tier, and what lies together is read together.
        [
            (int(tier), index, one.views.get(tier) or one.told[tier])
            for tier in Tier
            for index, one in numbered
            if tier in one.views or tier in one.told
        ],
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
                ",".join(tier.name.lower() for tier in sorted(one.views)),
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
    connection: Connection, indexes: Sequence[int], without_openings: Callable[[bytes], bytes]
) -> None:
    """Show these entries, which others have replaced, to nobody who has not seen them yet.

    The signed commitments stay, because who pulls only now must still learn which entry replaced which.
    """
    for chosen in portions(indexes):
        theirs = and_(view.c.tier.in_(list(Tier)), view.c.log_index.in_(chosen))
        rows = connection.execute(select(*view.c).where(theirs)).all()
        connection.execute(delete(view).where(theirs))
        insert_many(connection, view, [(tier, index, without_openings(wire)) for tier, index, wire in rows])


class FullTiles(dict[tuple[int, int], bytes]):
    """Tiles that are full, and so never change: kept between readers, 2 MiB of them at most."""

    def keep(self, place: tuple[int, int], hashes: bytes) -> None:
        """Keep a tile if it is full; forget all others first when there are too many."""
        if len(hashes) == TILE * HASH_BYTES:
            if len(self) >= _MAX_FULL_TILES:
                self.clear()
            self[place] = hashes


class TileReader:
    """Reads the tiles of our own log, each once."""

    def __init__(self, connection: Connection, full: FullTiles | None = None) -> None:
        self._connection = connection
        self._full = FullTiles() if full is None else full
        self._read: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """Hashes of a tile, perhaps not all of them yet; empty when there is none."""
        place = (level, number)
        found = self._full.get(place) or self._read.get(place)
        if found is None:
            found = (
                self._connection.execute(_TILE, {"level": level, "number": number}).scalar_one_or_none()
                or b""
            )
            self._read[place] = found
            self._full.keep(place, found)
        return found


def own_page(connection: Connection, log_id: int, start: int, stop: int, tier: Tier) -> list[bytes]:
    """Wire form of the entries from `start` up to and without `stop`, each as fine as the tier may see it.

    Raises:
        StoreError: An entry is missing.
    """
    span = {"start": start, "stop": stop, "log_id": log_id}
    page: list[bytes] = [wire for (wire,) in connection.execute(_VIEWS, {**span, "tier": int(tier)}).all()]
    if len(page) == stop - start:  # as most pages are
        return page
    tiers = [int(one) for one in Tier if one <= tier]
    finest = {index: wire for index, wire, _ in connection.execute(_ALL, {**span, "tiers": tiers})}
    if len(finest) != stop - start:
        raise StoreError(f"the log lacks an entry between {start} and {stop}")
    return [wire for _, wire in sorted(finest.items())]


def own_views(connection: Connection, start: int, stop: int) -> list[tuple[int, int, bytes]]:
    """(index, tier, wire) of every view of our own entries from `start` up to and without `stop`."""
    rows = connection.execute(
        select(view.c.log_index, view.c.tier, view.c.wire)
        .where(and_(view.c.tier.in_(list(Tier)), view.c.log_index >= start, view.c.log_index < stop))
        .order_by(view.c.log_index, view.c.tier)
    )
    return [(index, tier, wire) for index, tier, wire in rows]


def released(connection: Connection, record_ids: Sequence[int]) -> dict[int, Released]:
    """The latest release of each of these records that ever left, by record key."""
    found: dict[int, Released] = {}
    for chosen in portions(record_ids):
        rows = connection.execute(
            _RELEASES.where(release.c.record_id.in_(chosen)).order_by(release.c.log_index)
        )
        for record_id, revision_id, uid, content, index, leaf_hash, tiers in rows:
            names = read_tiers(tiers)
            past = found.get(record_id)
            times = past.times + 1 if past else 1
            widest = min((*names, past.widest) if past else names, default=Tier.PUBLIC)
            latest = Released(record_id, revision_id, uid, content, times, index, leaf_hash, names, widest)
            found[record_id] = latest
    return found


def released_tiers(connection: Connection, start: int, stop: int) -> dict[int, frozenset[int]]:
    """Tiers that our own entries from `start` up to and without `stop` were released to; none for a retraction."""
    rows = connection.execute(
        select(release.c.log_index, release.c.tiers).where(
            and_(release.c.log_index >= start, release.c.log_index < stop)
        )
    )
    return {index: frozenset(map(int, read_tiers(names))) for index, names in rows}


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


def read_tiers(names: str) -> frozenset[Tier]:
    """Tiers by their names, with a comma between them, as a release holds them.

    Raises:
        StoreError: There is no such tier.
    """
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


_OF_SPAN = and_(view.c.log_index >= bindparam("start"), view.c.log_index < bindparam("stop"))
_VIEWS = (
    select(view.c.wire).where(and_(view.c.tier == bindparam("tier"), _OF_SPAN)).order_by(view.c.log_index)
)
_ALL = union_all(  # that the tiers may see, from coarse to fine: first what every stranger may see
    select(entry.c.log_index, entry.c.wire, literal(0).label("tier")).where(
        and_(
            entry.c.log_id == bindparam("log_id"),
            entry.c.log_index >= bindparam("start"),
            entry.c.log_index < bindparam("stop"),
        )
    ),
    select(view.c.log_index, view.c.wire, view.c.tier).where(
        and_(view.c.tier.in_(bindparam("tiers", expanding=True)), _OF_SPAN)
    ),
).order_by("tier")
_TILE = select(tile.c.hashes).where(
    and_(tile.c.level == bindparam("level"), tile.c.number == bindparam("number"))
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
