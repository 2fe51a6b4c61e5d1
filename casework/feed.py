"""The work list as a calendar that any program reads (RFC 5545): a case's name, the rule and the date, nothing else.

Whoever sees the calendar of an officer learns that there is a case and when something is due, not what it is about.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from casework.vocabulary.deadlines import PLANNING
from casework.worklist import Item

_LINE = 75  # octets of a line, without its end (RFC 5545 3.1)


def calendar(items: Iterable[Item], now: datetime) -> bytes:
    """Write one all-day entry for each item, from the first to the last day on which its time can end."""
    stamp = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tocsin//casework//EN", "CALSCALE:GREGORIAN"]
    for item in items:
        lines += _entry(item, stamp)
    return "".join(f"{part}\r\n" for line in (*lines, "END:VCALENDAR") for part in folded(line)).encode()


def _entry(item: Item, stamp: str) -> Iterator[str]:
    case, clock = item.case, item.clock
    planning = f" ({PLANNING})" if clock.rule.planning else ""
    summary = f"{case.name} {clock.rule.id}{planning}"
    yield "BEGIN:VEVENT"
    yield f"UID:{sha256(f'{case.uid}/{clock.key}'.encode()).hexdigest()[:32]}@tocsin"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;VALUE=DATE:{clock.due.earliest:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{clock.due.latest + timedelta(days=1):%Y%m%d}"
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
