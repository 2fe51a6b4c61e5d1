"""Broken glass: that a case was opened with the recovery key, told to who answers for it until they take note."""

from datetime import date
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.event import Statement
from casework.span import on

BROKEN, SEEN = "break_glass", "break_glass_seen"
LEAD = "accountability_officer"


class Notice(NamedTuple):
    """One use of the recovery key.

    Attributes:
        case: Uid of the case that was opened.
        event_id: Of the event that says so.
        on: UTC day.
        by: Id of the recovery key, and which shares of it were put in.
        to: Id of the officer who was let in.
        reason: In the words of who did it.
    """

    case: str
    event_id: str
    on: date
    by: str
    to: str
    reason: str


def notices(case: CaseFile, officer_id: str, roles: frozenset[str]) -> tuple[Notice, ...]:
    """Uses of the recovery key that an officer is told of: its owner and accountability officers, once each."""
    if case.about.text("owner") != officer_id and LEAD not in roles:
        return ()
    seen = {event.text("event") for event in case.of(SEEN) if event.recorded_by == officer_id}
    return tuple(
        Notice(
            case.uid,
            event.event_id,
            event.when.earliest,
            f"{event.recorded_by}, {event.text('by')}" if event.text("by") else event.recorded_by,
            event.text("to"),
            event.text("reason"),
        )
        for event in (*case.events, *case.superseded)  # nobody takes it back
        if event.kind == BROKEN and event.event_id not in seen and event.text("to") != officer_id
    )


def taken_note(notice: Notice, today: date) -> Statement:
    """What an officer says to be told no more of it."""
    return Statement(SEEN, on(today), {"event": notice.event_id})
