"""Commit to an incident once, then open it for each audience as far as that audience may see.

The signed payload holds one ladder head per dimension and no value. Two audiences hold openings of the same heads, so
a coarse and a fine view provably belong to one signature, and a view shows nothing about what was not opened, not even
whether anything finer exists.
"""

from dataclasses import dataclass

from crypto.ladder import Ladder, Opening, build_ladder, verify_opening
from node.errors import ViewError
from node.ladders import DIMENSIONS, Chain, Chains


@dataclass(frozen=True, slots=True)
class Commitment:
    """The ladders of one revision, in schema order. Never stored: record secret and values rebuild it."""

    ladders: tuple[Ladder, ...]

    @property
    def heads(self) -> tuple[bytes, ...]:
        """One 32-byte head per dimension."""
        return tuple(ladder.head for ladder in self.ladders)

    def open(self, levels: tuple[int, ...]) -> tuple[Opening, ...]:
        """Open each dimension down to its level; -1 leaves a dimension closed."""
        return tuple(
            ladder.open(level) for ladder, level in zip(self.ladders, levels, strict=True) if level >= 0
        )


def commit(record_uid: bytes, secret: bytes, chains: Chains) -> Commitment:
    """Build the ladders of one revision.

    Args:
        record_uid: 16 bytes.
        secret: 32 fresh random bytes; destroying them makes every level that was not opened unrecoverable.
        chains: Anonymized values, coarse to fine.
    """
    return Commitment(
        tuple(
            build_ladder(
                record_uid, secret, dimension.name, dimension.number, [value.encode() for value in chain]
            )
            for dimension, chain in zip(DIMENSIONS, chains, strict=True)
        )
    )


def cut(chains: Chains, levels: tuple[int, ...]) -> Chains:
    """Values that an audience sees at these levels: what `verify_view` gives back at the receiver."""
    return tuple(chain[: level + 1] for chain, level in zip(chains, levels, strict=True))


def verify_view(record_uid: bytes, heads: tuple[bytes, ...], openings: tuple[Opening, ...]) -> Chains:
    """Check each opening against its signed head and give the opened values; a closed dimension is empty.

    Raises:
        ViewError: A dimension is unknown, repeated or out of order, or a value is not UTF-8 text.
        OpeningError: An opening does not belong to the head.
    """
    chains: list[Chain] = [()] * len(DIMENSIONS)
    last = -1
    for opening in openings:
        number = opening.dimension
        if not last < number < len(DIMENSIONS):
            raise ViewError("dimension {number} is unknown or out of order", number=number)
        last = number
        values = verify_opening(record_uid, DIMENSIONS[number].name, heads[number], opening)
        try:
            chains[number] = tuple([value.decode() for value in values])
        except UnicodeDecodeError as error:
            raise ViewError("{name}: not UTF-8 text", name=DIMENSIONS[number].name) from error
    return tuple(chains)
