"""Tiles of this organization's own log: the hashes from which every proof of its tree is made."""

from collections.abc import Mapping
from typing import TypeAlias

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from crypto.merkle import HASH_BYTES
from crypto.tiles import TILE, Tiles, tile_of
from node.tables.logs import tile

_MAX_FULL_TILES = 256
_MAX_ROOTS = 2_048

Place: TypeAlias = tuple[int, int]  # level and number


class FullTiles:
    """Tiles that are full, and so never change: kept between readers, 2 MiB of them at most.

    With them roots of subtrees in them: the pages of a log end at the same places for every member, and so do proofs.
    """

    def __init__(self) -> None:
        self._tiles: dict[Place, bytes] = {}
        self._roots: dict[Place, bytes] = {}

    def tile(self, place: Place) -> bytes | None:
        """A tile, if it is kept."""
        return self._tiles.get(place)

    def keep(self, place: Place, hashes: bytes) -> None:
        """Keep a tile if it is full; forget all others first when there are too many."""
        if len(hashes) == TILE * HASH_BYTES:
            if len(self._tiles) >= _MAX_FULL_TILES:
                self._tiles.clear()
            self._tiles[place] = hashes

    def root(self, place: Place) -> bytes | None:
        """The root of a full subtree, if it is kept."""
        return self._roots.get(place)

    def keep_root(self, place: Place, root: bytes) -> None:
        """Keep the root of a full subtree if its tile is full; forget all others first when there are too many."""
        if tile_of(*place) in self._tiles:
            if len(self._roots) >= _MAX_ROOTS:
                self._roots.clear()
            self._roots[place] = root


class TileReader:
    """Reads the tiles of our own log, each once."""

    def __init__(self, connection: Connection, full: FullTiles | None = None) -> None:
        self._connection = connection
        self._full = FullTiles() if full is None else full
        self._read: dict[Place, bytes] = {}

    def __call__(self, level: int, number: int) -> bytes:
        """Hashes of a tile, perhaps not all of them yet; empty when there is none."""
        place = (level, number)
        found = self._full.tile(place) or self._read.get(place)
        if found is None:
            found = (
                self._connection.execute(_TILE, {"level": level, "number": number}).scalar_one_or_none()
                or b""
            )
            self._read[place] = found
            self._full.keep(place, found)
        return found


class OwnTiles(Tiles):
    """Answers for any full subtree of our own log, from what is kept where that is enough."""

    def __init__(self, connection: Connection, full: FullTiles | None = None) -> None:
        self._full = FullTiles() if full is None else full
        super().__init__(TileReader(connection, self._full))

    def subtree(self, level: int, index: int) -> bytes:
        """Return the root of the full subtree of 2**level leaves that is number `index` from the left.

        Raises:
            ProofError: What is stored does not reach so far.
        """
        found = self._full.root((level, index))
        if found is None:
            found = super().subtree(level, index)
            self._full.keep_root((level, index), found)
        return found


def put_tiles(connection: Connection, tiles: Mapping[Place, bytes]) -> None:
    """Write tiles, by level and number, instead of what they were."""
    for (level, number), hashes in tiles.items():
        changed = connection.execute(
            update(tile).where(and_(tile.c.level == level, tile.c.number == number)).values(hashes=hashes)
        )
        if changed.rowcount == 0:
            connection.execute(insert(tile).values(level=level, number=number, hashes=hashes))


_TILE = select(tile.c.hashes).where(
    and_(tile.c.level == bindparam("level"), tile.c.number == bindparam("number"))
)
