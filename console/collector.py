"""How often Python looks for what nobody needs any more."""

import gc

COLLECT_AFTER_VALUES = 50_000


def collect_seldom() -> None:
    """Let Python's garbage collector look less often.

    Each page is some ten thousand small values that live until it is stored, and what is imported lives for ever. By
    Python's own thresholds, searching through all of that takes a tenth of the time of a page, and of the start.
    """
    gc.set_threshold(COLLECT_AFTER_VALUES)


def settle_collector() -> None:
    """Let it look at what comes and goes from here on only, and less often."""
    gc.freeze()
    collect_seldom()
