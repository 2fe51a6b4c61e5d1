"""Two-server additive sharing: a number becomes two, each of which alone is noise, and their sums add up to its sum.

    pad      as many uniformly random numbers below 2^64: the share of the second server
    masked   (number - pad) mod 2^64: the share of the first

Whatever the numbers were, each share alone is uniform: to every share of one server belongs, for any other numbers, a
share of the other that is as likely. So one server alone learns nothing at all, however much it can compute.
"""

from collections.abc import Sequence
from itertools import pairwise

from node.errors import TotalError

NUMBER_BYTES = 8
_ROOM = 2 ** (8 * NUMBER_BYTES)


def pad_from(noise: bytes) -> tuple[int, ...]:
    """The pad that random bytes stand for, eight for each number."""
    ends = range(0, len(noise) + 1, NUMBER_BYTES)
    return tuple(int.from_bytes(noise[start:stop], "big") for start, stop in pairwise(ends))


def split(numbers: Sequence[int], pad: Sequence[int], largest: int) -> tuple[int, ...]:
    """The share of the first server; the pad is that of the second.

    Raises:
        TotalError: A number is out of range.
    """
    for number in numbers:
        if not 0 <= number <= largest:
            raise TotalError("{number} is not a number from 0 to {largest}", number=number, largest=largest)
    return tuple((number - noise) % _ROOM for number, noise in zip(numbers, pad, strict=True))


def verify_share(share: Sequence[int], length: int) -> tuple[int, ...]:
    """Give a share that somebody sent, if it is one.

    Raises:
        TotalError: It has another length, or holds what is no number of the room.
    """
    if len(share) != length or any(type(one) is not int or not 0 <= one < _ROOM for one in share):
        raise TotalError("a share has {length} numbers from 0 to 2^64 - 1", length=length)
    return tuple(share)


def add(shares: Sequence[Sequence[int]], length: int) -> tuple[int, ...]:
    """Add up shares, or the sums of both servers; of none it is zeros.

    Raises:
        ValueError: They are of different lengths, which nobody made who was checked.
    """
    return tuple(sum(numbers) % _ROOM for numbers in zip(*shares, strict=True)) or (0,) * length


def in_range(sums: Sequence[int], contributors: int, largest: int) -> bool:
    """Whether a total can be one: who made up a share puts it out of range, but once in 2^64 / (n * largest) times."""
    return all(one <= contributors * largest for one in sums)
