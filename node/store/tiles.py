"""Tiles of this organization's own log: the hashes from which every proof of its tree is made."""

from collections.abc import Mapping

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from crypto.merkle import HASH_BYTES
from crypto.tiles import TILE
from node.tables import tile

_MAX_FULL_TILES = 256


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


def put_tiles(connection: Connection, tiles: Mapping[tuple[int, int], bytes]) -> None:
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
