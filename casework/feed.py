"""The work list as a calendar that any program reads (RFC 5545): a case's name, the rule and the date, nothing else.

Whoever sees the calendar of an officer learns that there is a case and when something is due, not what it is about.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from casework.vocabulary.deadlines import PLANNING
from casework.worklist import Item

_NONE: Mapping[str, str] = MappingProxyType({})
_LINE = 75  # octets of a line, without its end (RFC 5545 3.1)


def calendar(items: Iterable[Item], now: datetime, broken: Mapping[str, str] = _NONE) -> bytes:
    """Write one all-day entry for each item, from the first to the last day on which its time can end.

    Args:
        items: What there is to do.
        now: Aware.
        broken: By id of the event, the name of each case that was opened with the recovery key and of which the officer
            has taken no note: due today, every day.
    """
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tocsin//casework//EN", "CALSCALE:GREGORIAN"]
    today = now.astimezone(UTC).date()
    for event_id, name in broken.items():
        lines += _entry(event_id, stamp, today, today, f"{name} recovery key used: take note")
    for item in items:
        clock = item.clock
        planning = f" ({PLANNING})" if clock.rule.planning else ""
        key, summary = f"{item.case.uid}/{clock.key}", f"{item.case.name} {clock.rule.id}{planning}"
        lines += _entry(key, stamp, clock.due.earliest, clock.due.latest, summary)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in folded(line)).encode()


def _entry(key: str, stamp: str, first: date, last: date, summary: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{sha256(key.encode()).hexdigest()[:32]}@tocsin"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{last + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{escaped(summary)}"
    yield "TRANSP:TRANSPARENT"
    yield "CLASS:PRIVATE"
    yield "END:VEVENT"


def escaped(text: str) -> str:
    """A text as a value (RFC 5545 3.3.11)."""
    for sign in ("\\", ";", ","):
        text = text.replace(sign, f"\\{sign}")
    return text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def folded(line: str) -> Iterator[str]:
    """Cut a line so that no part is longer than 75 octets and no character is cut; the rest begins with a space."""
    part, size = "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > _LINE:
            yield part
            part, size = " ", 1
        part, size = part + sign, size + octets
    yield part
