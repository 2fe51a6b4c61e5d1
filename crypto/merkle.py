"""Merkle trees over SHA-256 as in RFC 6962 2.1: growing them, proving with them, checking the proofs.

Positions and sizes count leaves. A proof is a tuple of 32-byte hashes in the order of the RFC. Reading stored
hashes is left to a `HashReader`; this module does no I/O.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, Self

from crypto.errors import ProofError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

_LEAF = b"\x00"
_NODE = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Hash one leaf; the prefix keeps a leaf from passing as a node (RFC 6962 2.1)."""
    return sha256(_LEAF + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two neighbouring subtrees into their parent."""
    return sha256(_NODE + left + right).digest()


def join_pairs(hashes: Iterable[bytes]) -> list[bytes]:
    """Hash neighbours two by two: the next level of the tree; an odd one at the end is left out."""
    ahead = iter(hashes)
    return [sha256(_NODE + left + right).digest() for left, right in zip(ahead, ahead, strict=False)]


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that a growing tree must remember: the roots of its full subtrees, the largest (leftmost) first."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse peaks that a tree of this size can not have.

        Raises:
            ProofError: Not one hash of 32 bytes for each binary one in `size`.
        """
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ProofError(
                "peaks: {count} hashes do not fit a tree of {size} leaves",
                count=len(self.peaks),
                size=self.size,
            )
        if any(len(peak) != HASH_BYTES for peak in self.peaks):
            raise ProofError("peaks: a hash has a wrong length")

    def append(self, leaf_hashes: Iterable[bytes]) -> Self:
        """Return the frontier after adding leaves on the right; many at once cost about one hash each."""
        rising = list(leaf_hashes)
        size = self.size + len(rising)
        peaks = list(self.peaks)
        new_peaks: list[bytes] = []
        level = 0
        while rising:
            if self.size >> level & 1:
                rising.insert(0, peaks.pop())
            if len(rising) % 2:
                new_peaks.insert(0, rising[-1])
            rising = join_pairs(rising)
            level += 1
        return type(self)(size, (*peaks, *new_peaks))

    @property
    def root(self) -> bytes:
        """The tree's root hash; of no leaves, SHA-256 of nothing."""
        if not self.peaks:
            return EMPTY_ROOT
        *rest, root = self.peaks
        for peak in reversed(rest):
            root = node_hash(peak, root)
        return root

    def to_bytes(self) -> bytes:
        """Return the peaks, 32 bytes each; the size is stored beside them."""
        return b"".join(self.peaks)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Self:
        """Read what `to_bytes` wrote.

        Raises:
            ProofError: The bytes do not fit a tree of this size.
        """
        return cls(size, tuple(data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)))


class HashReader(Protocol):
    """Access to the stored hashes of full subtrees."""

    def subtree(self, level: int, index: int) -> bytes:
        """Return the root of the full subtree of 2**level leaves that is number `index` from the left."""
        ...


def tree_root(reader: HashReader, size: int) -> bytes:
    """Return the root of the first `size` leaves."""
    return _range_root(reader, 0, size) if size else EMPTY_ROOT


def inclusion_path(reader: HashReader, index: int, size: int) -> tuple[bytes, ...]:
    """Make the proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962 2.1.1).

    Raises:
        ProofError: That tree has no such leaf.
    """
    _check_index(index, size)
    path: list[bytes] = []
    start = 0
    while size > 1:
        left = _left_size(size)
        if index < left:
            path.append(_range_root(reader, start + left, size - left))
            size = left
        else:
            path.append(_range_root(reader, start, left))
            start, index, size = start + left, index - left, size - left
    return tuple(reversed(path))


def consistency_path(reader: HashReader, old_size: int, new_size: int) -> tuple[bytes, ...]:
    """Make the proof that the tree of `new_size` leaves begins with that of `old_size` (RFC 6962 2.1.2).

    Raises:
        ProofError: The sizes are not 1 <= old <= new.
    """
    _check_growth(old_size, new_size)
    path: list[bytes] = []
    start, old, new = 0, old_size, new_size
    while old != new:
        left = _left_size(new)
        if old <= left:
            path.append(_range_root(reader, start + left, new - left))
            new = left
        else:
            path.append(_range_root(reader, start, left))
            start, old, new = start + left, old - left, new - left
    if start:
        path.append(_range_root(reader, start, old))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, path: tuple[bytes, ...], root: bytes) -> None:
    """Check that the hash `leaf` is number `index` in the tree of this size and root (RFC 9162 2.1.3.2).

    Raises:
        ProofError: It is not, or the proof is of a wrong shape.
    """
    _check_index(index, size)
    _check_hashes(leaf, *path)
    node, last = index, size - 1
    found = leaf
    for sibling in path:
        if last == 0:
            raise ProofError("path: longer than the tree is high")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            node, last = _up_to_right_child(node, last)
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or found != root:
        raise ProofError(
            "path: does not lead from leaf {index} to the root of {size} leaves", index=index, size=size
        )


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, path: tuple[bytes, ...]
) -> None:
    """Check that the new tree only adds leaves to the old one (RFC 9162 2.1.4.2).

    Raises:
        ProofError: It does not, the proof is of a wrong shape, or the sizes are not 1 <= old <= new. Every
            tree begins with the empty one, so a proof from there would say nothing.
    """
    _check_growth(old_size, new_size)
    if old_size == new_size:
        if path or old_root != new_root:
            raise ProofError(
                "path: two trees of {old_size} leaves are the same or have no proof", old_size=old_size
            )
        return
    if old_size.bit_count() == 1:
        path = (old_root, *path)  # the RFC leaves the first hash out where it is the old root itself
    if not path:
        raise ProofError("path: no proof was given")
    _check_hashes(*path)
    node, last = _up_to_left_child(old_size - 1, new_size - 1)
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofError("path: longer than the tree is high")
        if node & 1 or node == last:
            old_found = node_hash(sibling, old_found)
            new_found = node_hash(sibling, new_found)
            node, last = _up_to_right_child(node, last)
        else:
            new_found = node_hash(new_found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0 or old_found != old_root or new_found != new_root:
        raise ProofError(
            "path: does not lead from {old_size} to {new_size} leaves", old_size=old_size, new_size=new_size
        )


def _range_root(reader: HashReader, start: int, size: int) -> bytes:
    """Hash `size` leaves from `start` on, a multiple of some power of two that is not below `size`."""
    if size.bit_count() == 1:
        return reader.subtree(size.bit_length() - 1, start // size)
    left = _left_size(size)
    return node_hash(_range_root(reader, start, left), _range_root(reader, start + left, size - left))


def _left_size(size: int) -> int:
    """Return the largest power of two below `size`: the leaves on the left of the root (RFC 6962 2.1)."""
    return 1 << ((size - 1).bit_length() - 1)


def _up_to_right_child(node: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the node has no sibling yet."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _up_to_left_child(node: int, last: int) -> tuple[int, int]:
    """Rise to the largest full subtree that ends at the node."""
    while node & 1:
        node, last = node >> 1, last >> 1
    return node, last


def _check_index(index: int, size: int) -> None:
    if not 0 <= index < size:
        raise ProofError("index: {index} is not in a tree of {size} leaves", index=index, size=size)


def _check_growth(old_size: int, new_size: int) -> None:
    if not 1 <= old_size <= new_size:
        raise ProofError(
            "old_size: {old_size} is not from 1 to {new_size}", old_size=old_size, new_size=new_size
        )


def _check_hashes(*hashes: bytes) -> None:
    # Hashes are joined without their lengths: a short one and a long one could stand in for two others.
    if any(len(item) != HASH_BYTES for item in hashes):
        raise ProofError("path: a hash has a wrong length")
