"""I26: why an incident was not reported before, out of what reporters say."""

from collections.abc import Mapping

from casework.figures.counting import Share
from casework.figures.indicators import Line
from casework.vocabulary import codes

SILENT = "no_answer"


def unreported(counts: Mapping[str, int], asked: int) -> tuple[Line, ...]:
    """How often each reason of the list `not_reported` was given, as a share of those who were asked.

    Args:
        counts: How many gave a reason, by its code; one reporter may give several.
        asked: How many reports there are; those without an answer count as unknown.
    """
    unknown = counts.get(SILENT, 0)
    return tuple(
        Line("I26", f"not reported: {code}", "reports", Share(yes, asked - unknown - yes, unknown))
        for code in codes("not_reported")
        if code != SILENT
        for yes in (counts.get(code, 0),)
    )
