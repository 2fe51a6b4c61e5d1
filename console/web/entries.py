"""What people type about an incident, a group of fields a page, as incidents; the model says what is wrong."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from console.errors import EntryError
from console.web.effects import custody_of, effects, effects_of
from console.web.visit import Fields
from node.errors import IncidentError
from node.model import (
    Cause,
    Certainty,
    Custody,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Sensitive,
    Sex,
    Staff,
    Tally,
)

EMPTY_ROWS = 3  # for further people, below those that are known
_MAX_ROWS = 40


class Field(NamedTuple):
    """A field of a form: its name, and where its choices come from; `text` and `long` are typed freely."""

    name: str
    kind: str


# One page each, in the order in which people know things. The first is all that saving takes.
GROUPS: Mapping[str, tuple[Field, ...]] = {
    "first": (Field("when", "date"), Field("country", "country"), Field("means", "means")),
    "words": (Field("narrative", "long"),),
    "place": (
        Field("admin1", "text"),
        Field("admin2", "text"),
        Field("settlement", "text"),
        Field("location_type", "location_type"),
    ),
    "people": (Field("custody", "custody"),),
    "who": (Field("actor_type", "actor_type"), Field("actor_name", "text"), Field("motive", "motive")),
    "what": (Field("cause", "cause"), Field("context", "context")),
    "effects": (),
    "sure": (Field("certainty", "certainty"), Field("source_kind", "source_kind")),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "cause": tuple(Cause),
    "certainty": tuple(Certainty),
    "custody": tuple(Custody),
    "outcome": tuple(Outcome),
    "staff": tuple(Staff),
    "sex": tuple(Sex),
    "sensitive": tuple(Sensitive),
}
_PLACE = frozenset({"country", "admin1", "admin2", "settlement"})
_ENUMS: Mapping[str, type[StrEnum]] = {"cause": Cause, "certainty": Certainty, "custody": Custody}


def values_of(incident: Incident) -> dict[str, str]:
    """What the fields of every group hold of an incident."""
    found = {"when": str(incident.when)}
    for name, _ in (field for group in GROUPS.values() for field in group if field.name != "when"):
        found[name] = str(getattr(incident.where if name in _PLACE else incident, name))
    for at, tally in enumerate(incident.victims):
        found |= {
            f"number{at}": str(tally.number),
            f"outcome{at}": tally.outcome,
            f"staff{at}": tally.staff,
            f"sex{at}": tally.sex,
        }
    return found | effects_of(incident)


def rows_of(values: Mapping[str, str]) -> int:
    """How many rows of people a form shows."""
    known = [at for at in range(_MAX_ROWS) if values.get(f"number{at}")]
    return min(_MAX_ROWS, (max(known) + 1 if known else 0) + EMPTY_ROWS)


def new_incident(form: Fields) -> Incident:
    """An incident of the three fields that saving takes.

    Raises:
        EntryError: One is missing or can not be read.
    """
    typed = typed_of(form)
    missing = {field.name: "needed" for field in GROUPS["first"] if not typed.get(field.name)}
    if missing:
        raise EntryError(missing)
    return changed(Incident(_date(typed["when"])), "first", form)


def changed(incident: Incident, group: str, form: Fields) -> Incident:
    """An incident with one group of fields as somebody typed them.

    Raises:
        EntryError: Fields can not be read, or contradict each other.
    """
    typed = typed_of(form)
    try:
        given: dict[str, object] = {}
        place: dict[str, str] = {}
        for name, kind in GROUPS[group]:
            text = typed.get(name, "")
            if name in _PLACE:
                place[name] = text
            elif kind == "date":
                given[name] = _date(text)
            elif name in _ENUMS:
                given[name] = _choice(name, text)
            else:
                given[name] = text or ("" if kind in {"text", "long"} else "unknown")
        if group == "people":
            given["victims"] = _victims(typed, incident)
        if group == "effects":
            given["details"] = details = effects(incident, typed)
            given["custody"] = custody_of(incident.custody, details)
        where = _moved(incident.where, place)
        return replace(incident, where=where, **given)  # type: ignore[arg-type] # checked by the model
    except IncidentError as error:
        raise EntryError({error.field: error.why}) from error


def typed_of(form: Fields) -> dict[str, str]:
    """What was typed, without spaces around it; lines end as one machine alone writes them."""
    return {name: values[0].replace("\r\n", "\n").strip() for name, values in form.items()}


def _date(text: str) -> PartialDate:
    parts = text.split("-")
    if not (
        1 <= len(parts) <= 3 and all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts)
    ):
        raise EntryError({"when": "write it like 2026-03-14, 2026-03 or 2026"})
    try:
        return PartialDate(*map(int, parts))
    except IncidentError as error:
        raise EntryError({"when": error.why}) from error


def _choice(name: str, text: str) -> StrEnum:
    if text not in CHOICES[name]:
        raise EntryError({name: "choose one of the list"})
    return _ENUMS[name](text)


def _moved(before: Place, names: Mapping[str, str]) -> Place:
    """A place with other names; its point belongs to those that it was measured at."""
    country, admin1, admin2, settlement = (
        names.get(name, getattr(before, name)) for name in ("country", "admin1", "admin2", "settlement")
    )
    after = Place(country, admin1, admin2, settlement)
    return replace(after, point=before.point) if after == replace(before, point=None) else after


def _victims(typed: Mapping[str, str], incident: Incident) -> tuple[Tally, ...]:
    known = {tally[:3]: tally for tally in incident.victims}
    found = []
    for at in range(_MAX_ROWS):
        number = typed.get(f"number{at}", "")
        if not number or number == "0":
            continue
        if not (number.isascii() and number.isdigit() and len(number) < 8):
            raise EntryError({f"number{at}": "write a whole number"})
        try:
            cell = (
                Outcome(typed.get(f"outcome{at}", "")),
                Staff(typed.get(f"staff{at}", "unknown")),
                Sex(typed.get(f"sex{at}", "unknown")),
            )
        except ValueError as error:
            raise EntryError({f"outcome{at}": "choose one of the list"}) from error
        before = known.get(cell)
        same = before is not None and before.number == int(number)
        found.append(before if before is not None and same else Tally(*cell, int(number)))
    return tuple(found)
