"""Tiles: how the hashes of a growing Merkle tree are stored so that any proof reads few of them.

The layout is that of C2SP tlog-tiles. Tile (level, index) holds the roots of up to 256 neighbouring full
subtrees of 256**level leaves each, as one run of bytes; level 0 holds leaf hashes. A tile only ever grows on
the right, until it is full; its root then stands in the level above. Reading and writing tiles is left to the
caller.
"""

from collections.abc import Callable, Iterable

from crypto.errors import ProofError
from crypto.merkle import HASH_BYTES, join_pairs

TILE = 256  # hashes
TILE_HEIGHT = 8  # levels of the tree in one tile

ReadTile = Callable[[int, int], bytes]
"""Returns what is stored of the tile (level, index); nothing stored is `b""`."""


class Tiles:
    """Answers for any full subtree of the tree from its stored tiles: a `HashReader`."""

    def __init__(self, read: ReadTile) -> None:
        self._read = read

    def subtree(self, level: int, index: int) -> bytes:
        """Return the root of the full subtree of 2**level leaves that is number `index` from the left.

        Raises:
            ProofError: What is stored does not reach so far.
        """
        height = level % TILE_HEIGHT
        start = (index << height) % TILE
        tile = self._read(*tile_of(level, index))
        return _root(_hashes(tile, start, start + (1 << height)))


def tile_of(level: int, index: int) -> tuple[int, int]:
    """Level and number of the tile in which the full subtree of 2**level leaves that is number `index` lies."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    return tile_level, (index << height) // TILE


def tiles_of(leaf_hashes: Iterable[bytes]) -> Tiles:
    """Make the tiles of a whole tree, for proofs of a log of which none are stored."""
    made = appended_tiles(lambda _level, _index: b"", 0, leaf_hashes)
    return Tiles(lambda level, index: made.get((level, index), b""))


def appended_tiles(
    read: ReadTile, old_size: int, leaf_hashes: Iterable[bytes]
) -> dict[tuple[int, int], bytes]:
    """Return the whole new content of every tile that changes when leaves are added to a tree of `old_size`.

    Raises:
        ProofError: What is stored does not reach `old_size`.
    """
    changed: dict[tuple[int, int], bytes] = {}
    level, size = 0, old_size
    rising = list(leaf_hashes)
    while rising:
        first, held = divmod(size, TILE)
        if held:
            # What may stand beyond the size was written by an append that never committed.
            rising = _hashes(read(level, first), 0, held) + rising
        tiles = [rising[start : start + TILE] for start in range(0, len(rising), TILE)]
        changed.update({(level, first + offset): b"".join(tile) for offset, tile in enumerate(tiles)})
        rising = [_root(tile) for tile in tiles if len(tile) == TILE]
        level, size = level + 1, first
    return changed


def _hashes(tile: bytes, start: int, end: int) -> list[bytes]:
    """Return the hashes from number `start` to before `end` of a tile."""
    if len(tile) < end * HASH_BYTES:
        raise ProofError(
            "tile: holds {count} bytes, {needed} are needed", count=len(tile), needed=end * HASH_BYTES
        )
    return [tile[index * HASH_BYTES : (index + 1) * HASH_BYTES] for index in range(start, end)]


def _root(hashes: list[bytes]) -> bytes:
    """Hash a full subtree; the number of hashes is a power of two."""
    while len(hashes) > 1:
        hashes = join_pairs(hashes)
    return hashes[0]
