"""What memory a process keeps: how often Python looks for what nobody needs any more, and one heap for all threads."""

import gc

COLLECT_AFTER_VALUES = 50_000
_ARENA_MAX = -8  # M_ARENA_MAX of glibc's mallopt


def collect_seldom() -> None:
    """Let Python's garbage collector look less often.

    Each page is some ten thousand small values that live until it is stored, and what is imported lives for ever. By
    Python's own thresholds, searching through all of that takes a tenth of the time of a page, and of the start.
    """
    gc.set_threshold(COLLECT_AFTER_VALUES)


def settle_memory() -> None:
    """Let the collector look at what comes and goes from here on only, and less often; and give out one heap."""
    gc.freeze()
    collect_seldom()
    _share_heap()


def _share_heap() -> None:
    """Let all threads take from one heap: a page passes through several, and what one leaves another would not find."""
    try:
        import ctypes  # noqa: PLC0415 - only who works on pages needs it

        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)
    except (ImportError, OSError, TypeError, AttributeError):  # another library, with heaps of its own
        return
