"""How many entries to ask for at a time: few enough that a page comes through on a bad line, many on a good one."""

SIZES = (15, 60, 250, 1000, 0)  # 0: as many as the peer thinks fit
QUICK = 1 / 30  # of the time for a call: what a page costs beside its entries is felt
AT_ONCE = 1 / 300  # of the time for a call: a page sixteen times as large is quick, too
SLOW = 1 / 3  # of the time for a call: four times as many would not come, and a cut costs much to do again

_FIRST = SIZES.index(250)


class Pace:
    """The size of pages on one line, by how long the last of them took.

    Args:
        call_seconds: How long a call may take.
    """

    def __init__(self, call_seconds: float) -> None:
        self._call_seconds = call_seconds
        self._step = _FIRST

    @property
    def page_size(self) -> int:
        """How many entries to ask for, 0 for as many as the peer thinks fit."""
        return SIZES[self._step]

    def took(self, seconds: float) -> None:
        """Learn how long a page took to come."""
        if seconds < QUICK * self._call_seconds:
            steps = 2 if seconds < AT_ONCE * self._call_seconds else 1
            self._step = min(self._step + steps, len(SIZES) - 1)
        elif seconds > SLOW * self._call_seconds:
            self._step = max(self._step - 1, 0)

    def came_too_late(self) -> bool:
        """Learn that a page did not come in time; returns whether a smaller one may."""
        before, self._step = self._step, 0
        return before > 0
