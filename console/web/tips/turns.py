"""How much is taken in at a time, whoever sends it: as nobody's address is kept, a flood can not be told by it.

What comes too fast gets a turn: a time from which on it is taken in for certain. Its sender keeps what they wrote, and
waits; who has a receipt already does not stand in the same line as new reports do.
"""

from typing import NamedTuple


class Pace(NamedTuple):
    """So much at once, then one each so many seconds; `longest` is how far ahead a turn is given, in seconds."""

    at_once: float
    each: float
    longest: float = 0.0


class Turns:
    """Who is taken in when; for one thread alone."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._free = 0.0  # when all that was taken so far would have been taken, one each so many seconds

    def take(self, now: float, parts: float = 1.0) -> float | None:
        """The time from which on this is taken in, `now` where nobody has to wait; `None` where there is no turn."""
        free = max(self._free, now) + parts * self._pace.each
        wait = max(free - now - self._pace.at_once * self._pace.each, 0.0)
        if wait > self._pace.longest:
            return None
        self._free = free
        return now + wait
