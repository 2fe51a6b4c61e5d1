"""Tiles: stored as tlog-tiles lays them out, and good for every root and proof."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import ProofError
from crypto.merkle import (
    HASH_BYTES,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from crypto.tiles import TILE, Tiles, appended_tiles

LEAVES = [leaf_hash(number.to_bytes(3, "big")) for number in range(70_000)]


class Store:
    """Tiles in memory."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.size = 0
        self.reads = 0

    def read(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.tiles.get((level, index), b"")

    def grow(self, size: int) -> dict[tuple[int, int], bytes]:
        changed = appended_tiles(self.read, self.size, LEAVES[self.size : size])
        self.tiles |= changed
        self.size = size
        return changed


@pytest.fixture(scope="module")
def large() -> Store:
    """A tree with three levels of tiles."""
    store = Store()
    for size in (1, 255, 256, 257, 5_000, 65_535, 65_537, 70_000):
        store.grow(size)
    return store


@given(st.lists(st.integers(0, 600), min_size=1, max_size=6))
def test_tiles_do_not_depend_on_how_the_leaves_arrive(pages: list[int]) -> None:
    at_once, in_pages = Store(), Store()
    for page in pages:
        in_pages.grow(in_pages.size + page)
    at_once.grow(sum(pages))

    assert in_pages.tiles == at_once.tiles


def test_every_tile_holds_what_its_level_says(large: Store) -> None:
    leaves = 70_000
    assert {level for level, _ in large.tiles} == {0, 1, 2}
    for level in range(3):
        row = b"".join(large.tiles[key] for key in sorted(large.tiles) if key[0] == level)
        assert len(row) == leaves // TILE**level * HASH_BYTES
    assert large.tiles[0, 3] == b"".join(LEAVES[768:1024])
    assert large.tiles[1, 0][:HASH_BYTES] == Frontier().append(LEAVES[:256]).root
    assert large.tiles[2, 0] == Frontier().append(LEAVES[:65_536]).root


def test_an_append_touches_only_tiles_at_the_right_edge() -> None:
    store = Store()
    store.grow(600)

    assert set(store.grow(601)) == {(0, 2)}
    assert set(store.grow(767)) == {(0, 2)}
    assert set(store.grow(768)) == {(0, 2), (1, 0)}
    assert set(store.grow(769)) == {(0, 3)}
    assert store.grow(769) == {}


@given(st.data())
def test_tiles_give_the_roots_and_proofs_of_the_tree(large: Store, data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 70_000))
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    tiles = Tiles(large.read)
    root, old_root = (Frontier().append(LEAVES[:size]).root for size in (new, old))

    assert tree_root(tiles, new) == root
    verify_inclusion(LEAVES[index], index, new, inclusion_path(tiles, index, new), root)
    verify_consistency(old, new, old_root, root, consistency_path(tiles, old, new))


def test_hashes_beyond_the_size_are_overwritten() -> None:
    store, clean = Store(), Store()
    store.grow(300)
    store.size = 260  # the append of 40 leaves never committed, its tiles did
    store.grow(600)
    clean.grow(600)

    assert store.tiles == clean.tiles


def test_a_tile_that_lost_hashes_is_noticed() -> None:
    store = Store()
    store.grow(300)
    store.tiles[0, 1] = store.tiles[0, 1][:-1]

    with pytest.raises(ProofError, match="tile"):
        store.grow(301)
    with pytest.raises(ProofError, match="tile"):
        tree_root(Tiles(store.read), 300)
    with pytest.raises(ProofError, match="tile"):
        Tiles(store.read).subtree(8, 1)


def test_any_subtree_is_found_with_one_read(large: Store) -> None:
    tiles = Tiles(large.read)
    for level, index in ((0, 69_999), (7, 545), (8, 272), (15, 1), (16, 0)):
        before = large.reads
        root = tiles.subtree(level, index)
        assert large.reads == before + 1
        assert root == Frontier().append(LEAVES[index << level : (index + 1) << level]).root
