"""What is stored of an incident gives the same incident back, and tells whether two say the same."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.document import digest, read_document, write_document
from node.errors import StoreError
from node.ladders import chains_of
from node.model import Certainty, Incident, Outcome, PartialDate, Place, Point, Sex, Staff, Tally
from tests.support.strategies import incidents

# Databases hold digests of these very bytes: another form would make every stored record look changed.
DOCUMENT = (
    '{"cause":"unknown","certainty":"confirmed","country":"SSD","custody":"none","point":[8.3,30.0]'
    ',"victims":[["killed","national","unknown",2,"exact"]],"when":"2015-03"'
    ',"means":"shooting","context":"unknown","location_type":"unknown","motive":"unknown"'
    ',"actor_type":"unknown","source_kind":"unknown","narrative":"Señor"}'
)


def in_order(incident: Incident) -> Incident:
    """The same incident with its tallies sorted."""
    return replace(
        incident,
        victims=tuple(sorted(incident.victims)),
        sexes=tuple(sorted(incident.sexes)),
        employers=tuple(sorted(incident.employers)),
    )


@given(incidents())
def test_every_incident_comes_back_as_it_was(incident: Incident) -> None:
    read = read_document(write_document(incident))

    assert in_order(read) == in_order(incident)
    assert write_document(read) == write_document(incident)


@given(incidents())
def test_equal_incidents_have_equal_digests_in_whatever_order_they_were_counted(
    incident: Incident,
) -> None:
    turned = replace(
        incident,
        victims=incident.victims[::-1],
        sexes=incident.sexes[::-1],
        employers=incident.employers[::-1],
    )

    assert digest(write_document(turned)) == digest(write_document(incident))


@pytest.mark.slow
@given(incidents(), incidents())
def test_incidents_that_say_different_things_have_different_digests(one: Incident, other: Incident) -> None:
    same = chains_of(one) == chains_of(other) and one.narrative == other.narrative

    if not same:
        assert digest(write_document(one)) != digest(write_document(other))


def test_a_number_of_degrees_has_one_form() -> None:
    written = {
        write_document(Incident(PartialDate(2024), Place(point=point)))
        for point in (Point(0, 30), Point(0.0, 30.0), Point(-0.0, 30.0))
    }

    assert len(written) == 1


def test_the_form_of_a_stored_incident_is_final() -> None:
    incident = Incident(
        PartialDate(2015, 3),
        Place("SSD", point=Point(8.3, 30)),
        means="shooting",
        victims=(Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, 2),),
        certainty=Certainty.CONFIRMED,
        narrative="Señor",
    )
    canonical = json.dumps(json.loads(DOCUMENT), ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    assert write_document(incident) == canonical
    assert digest(canonical).hex() == "95810571a7956ea8ac9eaabcf3a533a4519141323554ff1f6eaf518fcba8f045"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{}",
        "{",
        DOCUMENT.replace("2015-03", "2015-13"),
        DOCUMENT.replace("2015-03", "2015-03-04-05"),
        DOCUMENT.replace('"confirmed"', '"sure"'),
        DOCUMENT.replace('"SSD"', '"Atlantis"'),
        DOCUMENT.replace('"SSD"', "7"),
        DOCUMENT.replace('"killed"', '"hurt"'),
        DOCUMENT.replace(',"exact"', ""),
        DOCUMENT.replace("[8.3,30.0]", "[8.3]"),
        DOCUMENT.replace("[8.3,30.0]", "[98.3,30.0]"),
        DOCUMENT.replace('"shooting"', '"magic"'),
    ],
)
def test_a_text_that_is_no_incident_is_refused(text: str) -> None:
    with pytest.raises(StoreError):
        read_document(text)


@pytest.mark.slow
@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_whatever_the_text_holds_only_our_error_comes_out(text: str) -> None:
    with pytest.raises(StoreError):
        read_document(text)
