"""Target 6: adding to a log that is long costs what adding to a short one costs."""

from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from statistics import median

from benchmarks.clock import in_turns, ratio
from benchmarks.lab import Lab
from benchmarks.table import Line, at_most
from crypto.merkle import Frontier
from crypto.tiles import TILE, appended_tiles

ROUNDS = 25
ADDED = 1_000
SHORT = 40 * TILE  # about ten thousand; all sizes end where a tile does, so that equal work is compared
LONG = (400 * TILE, 4_000 * TILE)


class Log:
    """The frontier and the tiles of a log, in memory."""

    def __init__(self, size: int) -> None:
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._frontier = Frontier()
        self.append([sha256(index.to_bytes(8, "big")).digest() for index in range(size)])

    def append(self, hashes: list[bytes]) -> None:
        """Add leaves, and move on."""
        self._tiles |= appended_tiles(self._tile, self._frontier.size, hashes)
        self._frontier = self._frontier.append(hashes)

    def try_append(self, hashes: list[bytes]) -> None:
        """Add leaves, and forget them."""
        appended_tiles(self._tile, self._frontier.size, hashes)
        self._frontier.append(hashes)

    def _tile(self, level: int, number: int) -> bytes:
        return self._tiles.get((level, number), b"")


def lines(lab: Lab) -> Iterator[Line]:
    """Append to logs of every size; the largest is measured even where no records are made for it."""
    del lab
    hashes = [sha256(b"%d" % index).digest() for index in range(ADDED)]
    short = Log(SHORT)
    for size in LONG:
        times = in_turns(
            ROUNDS, short=partial(short.try_append, hashes), long=partial(Log(size).try_append, hashes)
        )
        us = {name: median(values) / ADDED * 1e6 for name, values in times.items()}
        yield Line(
            "6",
            f"append to a log of {size:,}",
            f"{us['long']:.2f} us",
            f"to one of {SHORT:,}: {us['short']:.2f} us",
            ratio(times, "long", "short"),
            at_most(1.1),
        )
