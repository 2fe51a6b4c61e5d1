"""An incident as the text that is stored: canonical JSON, so that equal incidents have equal digests."""

import hashlib
import json
from typing import Any

from node.errors import IncidentError, StoreError
from node.model import (
    Cause,
    Certainty,
    Custody,
    Detail,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
    Qualifier,
    Sensitive,
    Sex,
    SexTally,
    Staff,
    Tally,
)


def write_document(incident: Incident) -> str:
    """Write an incident; fields that hold nothing are left out."""
    place = incident.where
    fields: dict[str, Any] = {
        "when": str(incident.when),
        "country": place.country,
        "admin1": place.admin1,
        "admin2": place.admin2,
        "settlement": place.settlement,
        # A zero has no sign and a whole number of degrees is one number, however it was written.
        "point": [degrees + 0.0 for degrees in place.point] if place.point else None,
        **{name: getattr(incident, name) for name in _TEXTS},
        "cause": incident.cause,
        "custody": incident.custody,
        "certainty": incident.certainty,
        "victims": [list(tally) for tally in sorted(incident.victims)],
        "sexes": [list(tally) for tally in sorted(incident.sexes)],
        "employers": [list(tally) for tally in sorted(incident.employers)],
        "killed_in_captivity": incident.killed_in_captivity,
        "killed_in_detention": incident.killed_in_detention,
        "details": [list(detail) for detail in sorted(incident.details)],
        "sensitive": sorted(incident.sensitive),
        "source_text": [list(pair) for pair in incident.source_text],
    }
    held = {name: value for name, value in fields.items() if value}
    return json.dumps(held, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_document(text: str) -> Incident:
    """Read an incident back.

    Raises:
        StoreError: The text is not what `write_document` writes.
    """
    try:
        fields = json.loads(text)
        point = fields.get("point")
        return Incident(
            when=PartialDate(*map(int, fields["when"].split("-"))),
            where=Place(
                fields.get("country", ""),
                fields.get("admin1", ""),
                fields.get("admin2", ""),
                fields.get("settlement", ""),
                Point(*point) if point else None,
            ),
            cause=Cause(fields["cause"]),
            custody=Custody(fields["custody"]),
            certainty=Certainty(fields["certainty"]),
            victims=tuple(_tally(*cells) for cells in fields.get("victims", ())),
            sexes=tuple(SexTally(Sex(sex), number) for sex, number in fields.get("sexes", ())),
            employers=tuple(EmployerTally(kind, number) for kind, number in fields.get("employers", ())),
            killed_in_captivity=fields.get("killed_in_captivity", 0),
            killed_in_detention=fields.get("killed_in_detention", 0),
            details=tuple(Detail(*detail) for detail in fields.get("details", ())),
            sensitive=frozenset(map(Sensitive, fields.get("sensitive", ()))),
            source_text=tuple((column, cell) for column, cell in fields.get("source_text", ())),
            **{name: fields[name] for name in _TEXTS if name in fields},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IncidentError) as error:
        raise StoreError("a stored incident can not be read") from error


def digest(document: str) -> bytes:
    """SHA-256 of a stored incident: whether two revisions say the same."""
    return hashlib.sha256(document.encode()).digest()


def _tally(outcome: str, staff: str, sex: str, number: int, qualifier: str) -> Tally:
    return Tally(Outcome(outcome), Staff(staff), Sex(sex), number, Qualifier(qualifier))


_TEXTS = (
    "means",
    "context",
    "location_type",
    "motive",
    "actor_type",
    "actor_name",
    "source_kind",
    "narrative",
)
