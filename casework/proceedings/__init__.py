"""Proceedings per accused, charge and instance: verdicts, sentences, appeals, finality, flags (CW-08).

Sources that differ about a number or a date are statements of one judgment: all stay, the numbers become a range. An
accused may be a person by id, several whom nobody tells apart, or a number without ids. Order is that of the days on
which things happened, never that in which they were written down.
"""

from casework.casefile import CaseFile, counted, moment
from casework.event import Event
from casework.proceedings.docket import Docket, forum_class
from casework.proceedings.records import LOOSE, OUTCOMES, RANK, Accused, Judgment, Proceeding
from casework.span import Range

__all__ = [
    "COURT_KINDS",
    "LOOSE",
    "OUTCOMES",
    "RANK",
    "Accused",
    "Judgment",
    "Proceeding",
    "forum_class",
    "proceedings",
    "unnamed_custody",
]
COURT_KINDS = (
    "complaint_filed",
    "charged",
    "trial_opened",
    "hearing_held",
    "plea",
    "verdict",
    "sentenced",
    "appeal_lodged",
    "appeal_blocked",
    "became_final",
    "proceeding_flagged",
)


def proceedings(case: CaseFile) -> tuple[Proceeding, ...]:
    """Every proceeding of a case, by its first day."""
    found: dict[str, list[Event]] = {}
    for event in sorted(case.of(*COURT_KINDS), key=moment):
        found.setdefault(event.text("proceeding"), []).append(event)
    return tuple(Docket(case, name, tuple(events)).proceeding() for name, events in found.items())


def unnamed_custody(case: CaseFile) -> tuple[tuple[str, Range], ...]:
    """Where accused without ids are: each status with how many, as said last."""
    said = {
        event.text("status"): counted(event, "accused")
        for event in sorted(case.of("custody_changed"), key=moment)
        if not event.many("accused")
    }
    return tuple(said.items())
