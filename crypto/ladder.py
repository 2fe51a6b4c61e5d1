r"""Generalization ladders: one signed hash per dimension, opened as finely as a receiver may see.

A ladder holds one value per level, coarse to fine (2026, 2026-03, 2026-03-14), as a chain of hashes. Only its
head is signed. An opening shows the first levels and the hash of the next, and anybody can walk it back to
the head: all receivers see the same record, each as finely as it may.

    node(l) = SHA-256("slt-ladder/v1\0" || uid(16) || u8 len(name) || name || u8 l || salt_l(16)
                      || u32be len(value_l) || value_l || next(32))
    next    = node(l + 1), or for the finest level HMAC-SHA256(secret, "pad\0" name)
    salt_l  = HMAC-SHA256(secret, "salt\0" name "\0" u8 l)[:16]
    head    = node(0)

The pad at the end looks like any other hash, so nobody sees whether something finer exists. Each record has
its own secret; when it is destroyed, what was not opened can never be found again, not even by guessing. The
chain follows the recursive disclosures of RFC 9901, over bytes as sent.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from crypto.errors import OpeningError

UID_BYTES = 16
SECRET_BYTES = 32
SALT_BYTES = 16
HASH_BYTES = 32
MAX_VALUE_BYTES = 65_535
MAX_LEVELS = 16
MAX_NAME_BYTES = 255

_FORMAT = b"slt-ladder/v1\0"
_LEVELS = tuple(bytes([level]) for level in range(MAX_LEVELS))


class Opening(NamedTuple):
    """The levels shown of one dimension, coarse to fine without a gap, and the 32 bytes that hide the rest.

    `dimension` is the ladder's number in its schema; the hash covers the name that the schema gives to it.
    `salts` holds 16 bytes for each of the `values`.
    """

    dimension: int
    salts: bytes
    values: tuple[bytes, ...]
    next: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Ladder:
    """All levels of one dimension, as only the owner of the record has them."""

    dimension: int
    salts: bytes
    values: tuple[bytes, ...]
    nodes: tuple[bytes, ...]
    """The hash of each level and the pad behind the finest: one more than there are levels."""

    @property
    def head(self) -> bytes:
        """The 32 bytes that are signed."""
        return self.nodes[0]

    def open(self, level: int) -> Opening:
        """Show everything down to `level`, 0 being the coarsest; one too fine opens all there is."""
        if level < 0:
            raise RuntimeError(f"level {level}: what shows nothing is no opening")
        shown = min(level + 1, len(self.values))
        return Opening(
            self.dimension, self.salts[: shown * SALT_BYTES], self.values[:shown], self.nodes[shown]
        )


def build_ladder(uid: bytes, secret: bytes, name: str, dimension: int, values: Sequence[bytes]) -> Ladder:
    """Commit to `values`; the same arguments always give the same ladder.

    Args:
        uid: The record's 16 random bytes.
        secret: The record's 32 secret bytes.
        name: The dimension's name in its schema, ASCII.
        dimension: The dimension's number in its schema.
        values: Coarse to fine, 1 to 16 levels of at most 65,535 bytes each.
    """
    if not (len(uid) == UID_BYTES and len(secret) == SECRET_BYTES and 1 <= len(values) <= MAX_LEVELS):
        raise RuntimeError(f"ladder {name}: a uid of 16 bytes, a secret of 32 and 1 to 16 values are needed")
    if any(len(value) > MAX_VALUE_BYTES for value in values):
        raise RuntimeError(f"ladder {name}: a value is longer than {MAX_VALUE_BYTES} bytes")
    label = name.encode("ascii")
    salts = b"".join(
        derive(secret, b"salt\0%b\0%b" % (label, level))[:SALT_BYTES] for level in _LEVELS[: len(values)]
    )
    pad = derive(secret, b"pad\0%b" % label)
    nodes = _chain(uid, name, salts, values, pad)
    return Ladder(dimension, salts, tuple(values), tuple(reversed(nodes)))


def verify_opening(uid: bytes, name: str, head: bytes, opening: Opening) -> tuple[bytes, ...]:
    """Walk an opening back to the signed head and return its values, coarse to fine.

    Whether a value really generalizes the one below it is a matter of the schema, not of the chain. The
    caller has found `name` and `head` by `opening.dimension`.

    Raises:
        OpeningError: Another record, dimension, level, value or salt than was signed, or a part of a wrong
            length.
    """
    _, salts, values, end = opening
    if len(uid) != UID_BYTES or len(head) != HASH_BYTES or len(end) != HASH_BYTES:
        raise OpeningError("{name}: uid, head or next has a wrong length", name=name)
    if not 1 <= len(values) <= MAX_LEVELS:
        raise OpeningError(
            "{name}: {count} levels, 1 to {most} can be opened", name=name, count=len(values), most=MAX_LEVELS
        )
    # The hash gives the salt no length of its own: a longer one could swallow the start of the value.
    if len(salts) != SALT_BYTES * len(values) or max(map(len, values)) > MAX_VALUE_BYTES:
        raise OpeningError("{name}: a salt or value has a wrong length", name=name)
    if _chain(uid, name, salts, values, end)[-1] != head:
        raise OpeningError("{name}: the opening does not lead to the signed head", name=name)
    return values


def narrow_opening(uid: bytes, name: str, opening: Opening, level: int) -> Opening:
    """Show less of what an opening shows: down to `level` at most, 0 being the coarsest."""
    shown = min(level + 1, len(opening.values))
    nodes = _chain(uid, name, opening.salts, opening.values, opening.next)
    hidden = nodes[len(opening.values) - shown]
    return Opening(opening.dimension, opening.salts[: shown * SALT_BYTES], opening.values[:shown], hidden)


def derive(secret: bytes, label: bytes) -> bytes:
    """Return the 32 bytes that `secret` gives for `label`: HMAC-SHA256 (RFC 2104)."""
    return hmac.digest(secret, label, "sha256")


def _chain(uid: bytes, name: str, salts: bytes, values: Sequence[bytes], end: bytes) -> list[bytes]:
    """Hash from `end` to the coarsest level; return all hashes on the way, `end` the first."""
    prefix = _FORMAT + uid + _length_and_name(name)
    level = len(values)
    nodes = [end]
    for value in reversed(values):
        level -= 1
        salt = salts[level * SALT_BYTES : (level + 1) * SALT_BYTES]
        size = len(value).to_bytes(4, "big")
        end = sha256(b"".join((prefix, _LEVELS[level], salt, size, value, end))).digest()
        nodes.append(end)
    return nodes


@lru_cache(maxsize=256)
def _length_and_name(name: str) -> bytes:
    label = name.encode("ascii")
    if not 1 <= len(label) <= MAX_NAME_BYTES:
        raise RuntimeError(f"a dimension's name has 1 to {MAX_NAME_BYTES} characters")
    return bytes([len(label)]) + label
