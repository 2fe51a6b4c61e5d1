"""What memory a process keeps: how often Python looks for what nobody needs any more, and how few heaps there are."""

import gc

COLLECT_AFTER_VALUES = 50_000
# What glibc's mallopt takes: the setting, and its value.
_ARENAS = -8, 2
_OWN_MAPPING_BYTES = -3, 32 << 20  # from so large on a piece of memory is the system's, and goes back at once
_KEPT_FREE_BYTES = -1, 8 << 20


def collect_seldom() -> None:
    """Let Python's garbage collector look less often.

    Each page is some ten thousand small values that live until it is stored, and what is imported lives for ever. By
    Python's own thresholds, searching through all of that takes a tenth of the time of a page, and of the start.
    """
    gc.set_threshold(COLLECT_AFTER_VALUES)


def settle_memory() -> None:
    """Let the collector look at what comes and goes from here on only, and less often; and let threads share heaps."""
    gc.freeze()
    collect_seldom()
    _share_heaps()


def _share_heaps() -> None:
    """Let all threads take from two heaps, and keep what is let go of for the next page.

    A page passes through several threads, and what one of them leaves in a heap of its own another does not find. What
    goes back to the system has to be cleared when it comes back. With one heap alone a stream of alerts costs more.
    """
    try:
        import ctypes  # noqa: PLC0415 - only who works on pages needs it

        for setting in (_ARENAS, _OWN_MAPPING_BYTES, _KEPT_FREE_BYTES):
            ctypes.CDLL(None).mallopt(*setting)
    except (ImportError, OSError, TypeError, AttributeError):  # another library, with heaps of its own
        return
