"""Merkle trees against public vectors, the definition in RFC 6962, and forgers."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from crypto.errors import ProofError
from crypto.merkle import (
    EMPTY_ROOT,
    Frontier,
    consistency_path,
    inclusion_path,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = tuple(leaf_hash(number.to_bytes(2, "big")) for number in range(1100))


def naive_root(leaves: tuple[bytes, ...]) -> bytes:
    """Hash the tree exactly as RFC 6962 2.1 defines it, by recursion."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return sha256(b"\x01" + naive_root(leaves[:left]) + naive_root(leaves[left:])).digest()


class NaiveReader:
    """A `HashReader` that hashes the leaves again each time."""

    def subtree(self, level: int, index: int) -> bytes:
        return naive_root(LEAVES[index << level : (index + 1) << level])


READER = NaiveReader()
sizes = st.integers(1, 130)


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def _bytes(row: dict[str, Any], name: str) -> bytes:
    return base64.b64decode(row[name] or "")


def _path(row: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(item) for item in row["proof"] or ())


def test_the_published_hashes_come_out(shared: Path) -> None:
    known = json.loads((shared / "vectors/merkle/rfc6962_tree.json").read_text())
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in known["leaves_hex"]]

    assert EMPTY_ROOT.hex() == known["empty_root"]
    assert leaf_hash(b"").hex() == known["leaf_of_empty"]
    assert leaf_hash(b"L123456").hex() == known["leaf_of_L123456"]
    assert node_hash(b"N123", b"N456").hex() == known["node_N123_N456"]
    for size, root in enumerate(known["roots_hex"]):
        assert Frontier().append(leaves[:size]).root.hex() == root


def test_the_published_inclusion_proofs_are_judged_as_marked(shared: Path) -> None:
    rows = _rows(shared / "vectors/merkle/inclusion.jsonl")
    assert len(rows) == 98
    for row in rows:
        try:
            verify_inclusion(
                _bytes(row, "leafHash"), row["leafIdx"], row["treeSize"], _path(row), _bytes(row, "root")
            )
        except ProofError:
            assert row["wantErr"], row["desc"]
        else:
            assert not row["wantErr"], row["desc"]


def test_the_published_consistency_proofs_are_judged_as_marked(shared: Path) -> None:
    rows = _rows(shared / "vectors/merkle/consistency.jsonl")
    assert len(rows) == 98
    for row in rows:
        try:
            verify_consistency(
                row["size1"], row["size2"], _bytes(row, "root1"), _bytes(row, "root2"), _path(row)
            )
        except ProofError:
            assert row["wantErr"], row["desc"]
        else:
            assert not row["wantErr"], row["desc"]


@given(st.lists(st.integers(0, 40), max_size=12))
def test_a_frontier_has_the_defined_root_however_the_leaves_arrive(pages: list[int]) -> None:
    frontier = Frontier()
    for page in pages:
        frontier = frontier.append(LEAVES[frontier.size : frontier.size + page])

    assert frontier.size == sum(pages)
    assert frontier.root == naive_root(LEAVES[: frontier.size])
    assert Frontier.from_bytes(frontier.size, frontier.to_bytes()) == frontier


@pytest.mark.parametrize(
    ("size", "data"),
    [(0, bytes(32)), (3, bytes(32)), (3, bytes(96)), (4, bytes(31)), (1, bytes(33)), (-1, bytes(32))],
)
def test_stored_peaks_that_do_not_fit_the_size_are_refused(size: int, data: bytes) -> None:
    with pytest.raises(ProofError, match="peaks"):
        Frontier.from_bytes(size, data)


@given(st.lists(st.binary(max_size=130), max_size=40), st.data())
def test_roots_are_those_of_another_library(entries: list[bytes], data: st.DataObject) -> None:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    size = data.draw(st.integers(0, len(entries)))

    assert Frontier().append([leaf_hash(entry) for entry in entries[:size]]).root == tree.get_root(size)


@given(st.integers(0, 130))
def test_the_root_of_a_stored_tree_is_the_defined_one(size: int) -> None:
    assert tree_root(READER, size) == naive_root(LEAVES[:size])


@given(sizes, st.data())
def test_a_leaf_has_a_proof_at_its_own_place_and_at_no_other(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    root = naive_root(LEAVES[:size])
    path = inclusion_path(READER, index, size)

    verify_inclusion(LEAVES[index], index, size, path, root)
    if other != index:
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[other], index, size, path, root)
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[index], other, size, path, root)


@given(sizes, sizes)
def test_a_tree_that_only_grew_has_a_proof_and_a_changed_one_has_none(one: int, two: int) -> None:
    old, new = sorted((one, two))
    path = consistency_path(READER, old, new)
    root = naive_root(LEAVES[:new])
    changed = naive_root((leaf_hash(b"changed"), *LEAVES[1:old]))

    verify_consistency(old, new, naive_root(LEAVES[:old]), root, path)
    with pytest.raises(ProofError):
        verify_consistency(old, new, changed, root, path)
    with pytest.raises(ProofError):
        verify_consistency(old, new, naive_root(LEAVES[:old]), leaf_hash(b"other"), path)


@given(st.integers(2, 130), st.data())
def test_a_proof_with_a_hash_less_more_or_altered_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size - 1))
    root, old_root = naive_root(LEAVES[:size]), naive_root(LEAVES[:old])

    for forged in _forgeries(inclusion_path(READER, index, size)):
        with pytest.raises(ProofError):
            verify_inclusion(LEAVES[index], index, size, forged, root)
    for forged in _forgeries(consistency_path(READER, old, size)):
        with pytest.raises(ProofError):
            verify_consistency(old, size, old_root, root, forged)


def _forgeries(path: tuple[bytes, ...]) -> list[tuple[bytes, ...]]:
    *others, last = path
    altered = bytes([last[0] ^ 1]) + last[1:]
    return [tuple(others), (*path, last), (*others, altered)]


@given(st.integers(2, 130), st.data(), st.sampled_from([31, 33]))
def test_a_hash_of_another_length_is_refused_before_it_is_hashed(
    size: int, data: st.DataObject, length: int
) -> None:
    index = data.draw(st.integers(0, size - 1))
    *path, last = inclusion_path(READER, index, size)
    root, odd = naive_root(LEAVES[:size]), (last + b"\0")[:length]

    with pytest.raises(ProofError, match="wrong length"):
        verify_inclusion(LEAVES[index], index, size, (*path, odd), root)
    with pytest.raises(ProofError, match="wrong length"):
        verify_inclusion(odd, index, size, (*path, last), root)
    with pytest.raises(ProofError, match="wrong length"):
        verify_consistency(1, size, LEAVES[0], root, (odd, *consistency_path(READER, 1, size)[1:]))


def test_a_tree_can_not_be_higher_than_its_size_says() -> None:
    one, two, three, four = LEAVES[:4]
    with pytest.raises(ProofError, match="longer than the tree"):
        verify_inclusion(two, 0, 1, (one,), node_hash(one, two))

    old = node_hash(four, node_hash(three, one))
    new = node_hash(four, node_hash(three, node_hash(one, two)))
    with pytest.raises(ProofError, match="longer than the tree"):
        verify_consistency(3, 4, old, new, (one, two, three, four))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 3)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="index"):
        inclusion_path(READER, index, size)
    with pytest.raises(ProofError, match="index"):
        verify_inclusion(LEAVES[0], index, size, (), LEAVES[0])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (5, 4), (-1, 4)])
def test_nothing_is_proved_from_an_empty_tree_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="old_size"):
        consistency_path(READER, old, new)
    with pytest.raises(ProofError, match="old_size"):
        verify_consistency(old, new, EMPTY_ROOT, EMPTY_ROOT, ())


@given(
    st.binary(max_size=33), st.integers(-2, 2**64), st.integers(-2, 2**64), st.lists(st.binary(max_size=33))
)
def test_whatever_a_proof_holds_only_our_errors_come_out(
    item: bytes, one: int, two: int, path: list[bytes]
) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(item, one, two, tuple(path), bytes(32))
    with pytest.raises(ProofError):
        verify_consistency(one, two, item, item + b"!", tuple(path))
