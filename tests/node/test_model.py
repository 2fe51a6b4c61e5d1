"""An incident that exists is sound: whatever is out of its range has been refused by name."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import IncidentError
from node.model import (
    MAX_COUNT,
    MAX_NAME,
    MAX_TEXT,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
    Sex,
    SexTally,
    Staff,
    Tally,
)
from tests.support.strategies import incidents, partial_dates

WHEN = PartialDate(2024, 3, 14)


def killed(number: int, sex: Sex = Sex.FEMALE) -> Tally:
    return Tally(Outcome.KILLED, Staff.NATIONAL, sex, number)


@pytest.mark.parametrize(
    ("parts", "text", "earliest", "latest"),
    [
        ((2015,), "2015", date(2015, 1, 1), date(2015, 12, 31)),
        ((2015, 2), "2015-02", date(2015, 2, 1), date(2015, 2, 28)),
        ((2016, 2), "2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ((2015, 3, 4), "2015-03-04", date(2015, 3, 4), date(2015, 3, 4)),
    ],
)
def test_a_date_is_as_precise_as_its_source(
    parts: tuple[int, ...], text: str, earliest: date, latest: date
) -> None:
    when = PartialDate(*parts)

    assert (str(when), when.earliest, when.latest) == (text, earliest, latest)


@pytest.mark.parametrize(
    "parts",
    [(1899,), (2201,), (0,), (-1,), (2015, 0), (2015, 13), (2015, 1, 0), (2015, 2, 29), (2015, None, 3)],
)
def test_a_date_that_never_was_is_refused(parts: tuple[Any, ...]) -> None:
    with pytest.raises(IncidentError) as refused:
        PartialDate(*parts)

    assert refused.value.field == "when"


@given(partial_dates())
def test_a_date_means_the_days_between_its_first_and_last(when: PartialDate) -> None:
    assert when.earliest <= when.latest
    assert (when.earliest == when.latest) == (when.day is not None)
    assert PartialDate(*map(int, str(when).split("-"))) == when


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("narrative", {"narrative": "x" * (MAX_TEXT + 1)}),
        ("narrative", {"narrative": "half \ud83d"}),
        ("narrative", {"source_text": (("Details", "half \ud83d"),)}),
        ("actor_name", {"actor_name": "x" * (MAX_NAME + 1)}),
        ("actor_name", {"actor_name": "a\0b"}),
        ("actor_name", {"actor_name": "a\x1b[2Jb"}),
        ("victims", {"victims": (killed(-1),)}),
        ("victims", {"victims": (killed(MAX_COUNT + 1),)}),
        ("victims", {"victims": (killed(MAX_COUNT), killed(1, Sex.MALE))}),
        ("victims", {"victims": (killed(1), killed(1))}),
        ("sexes", {"sexes": (SexTally(Sex.MALE, -1),)}),
        ("employers", {"employers": (EmployerTally("un", MAX_COUNT + 1),)}),
        ("employers", {"employers": (EmployerTally("UNHCR", 1),)}),
        ("killed_in_captivity", {"victims": (killed(1),), "killed_in_captivity": 2}),
        ("killed_in_captivity", {"killed_in_captivity": -1}),
        ("means", {"means": "Shooting"}),
        ("context", {"context": "war"}),
        ("location_type", {"location_type": ""}),
        ("motive", {"motive": "love"}),
        ("actor_type", {"actor_type": "army"}),
        ("source_kind", {"source_kind": "gossip"}),
    ],
)
def test_a_field_out_of_its_range_is_refused_by_name(field: str, values: Mapping[str, Any]) -> None:
    with pytest.raises(IncidentError) as refused:
        Incident(WHEN, **values)

    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("country", {"country": "Atlantis"}),
        ("country", {"country": "SS"}),
        ("admin1", {"admin1": "x" * (MAX_NAME + 1)}),
        ("admin2", {"admin2": "a\0b"}),
        ("settlement", {"settlement": "a\ud83d"}),
        ("point", {"point": Point(90.01, 0)}),
        ("point", {"point": Point(0, -180.01)}),
        ("point", {"point": Point(float("nan"), 0)}),
        ("point", {"point": Point(0, float("inf"))}),
    ],
)
def test_a_place_that_can_not_be_is_refused_by_name(field: str, values: Mapping[str, Any]) -> None:
    with pytest.raises(IncidentError) as refused:
        Place(**values)

    assert refused.value.field == field


def test_the_bounds_themselves_are_allowed() -> None:
    Incident(
        WHEN,
        Place("SSD", "x" * MAX_NAME, "line\nbreak", point=Point(-90, 180)),
        victims=(killed(MAX_COUNT - 1), killed(1, Sex.MALE)),
        killed_in_captivity=MAX_COUNT,
        narrative="x" * MAX_TEXT,
    )


@pytest.mark.parametrize(
    ("place", "precision"),
    [
        (Place(), "unknown"),
        (Place("SSD"), "country"),
        (Place("SSD", "Unity"), "admin1"),
        (Place("SSD", "", "Leer"), "admin2"),
        (Place(settlement="Leer"), "settlement"),
        (Place("SSD", point=Point(0, 0)), "point"),
    ],
)
def test_a_place_knows_its_finest_level(place: Place, precision: str) -> None:
    assert place.precision == precision


@given(incidents())
def test_every_affected_person_is_counted_once(incident: Incident) -> None:
    assert incident.count() == sum(incident.count(outcome) for outcome in Outcome)


@given(incidents(), st.sampled_from(["narrative", "where", "victims"]))
def test_an_incident_does_not_change(incident: Incident, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(incident, field, None)
    assert replace(incident) == incident
