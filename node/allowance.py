"""How often a member may call: so many calls a second in the long run, some more after a rest, so many at once."""

from typing import NamedTuple

from node.errors import TooManyCallsError

SAVED_SECONDS = 10  # of its calls a member that rests may save up


class Allowance(NamedTuple):
    """What one member may ask of this node.

    Attributes:
        calls_per_second: In the long run.
        calls_at_once: Under way at the same time, open streams included.
    """

    calls_per_second: int = 50
    calls_at_once: int = 16


class Purse(NamedTuple):
    """Calls that a member has left, as of a moment in monotonic seconds."""

    calls: float
    at: float


def spend(allowance: Allowance, purse: Purse | None, now: float) -> Purse:
    """Take one call out of a member's purse; who has none yet gets a full one.

    Raises:
        TooManyCallsError: There is none left; it says when there will be.
    """
    most = float(allowance.calls_per_second * SAVED_SECONDS)
    calls = most
    if purse is not None:
        calls = min(most, purse.calls + (now - purse.at) * allowance.calls_per_second)
    if calls < 1:
        pause = (1 - calls) / allowance.calls_per_second
        raise TooManyCallsError(
            "more than {calls_per_second} calls a second", pause, calls_per_second=allowance.calls_per_second
        )
    return Purse(calls - 1, now)
