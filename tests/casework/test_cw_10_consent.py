"""CW-10: each purpose has a consent of its own, and a withdrawal stops what goes out at once."""

from collections.abc import Callable

import pytest

from casework.consent import blocked, consent
from casework.desk import Desk
from casework.errors import ConsentError
from casework.event import Event
from casework.vocabulary import codes
from tests.casework.test_desk import opening, said
from tests.support.cases import case, event, opened

SignIn = Callable[[str], Desk]
PERSON = event("person_added", "2020-01-01", person="P1", harm=("injured",), cause="violence")
SURVIVOR = event("person_added", "2020-01-01", person="P2", harm=("sexually_assaulted",), cause="violence")


def word(when: str, answer: str, purpose: str = "demarche", person: str = "P1") -> Event:
    return event("consent_recorded", when, person=person, purpose=purpose, answer=answer)


def test_the_last_word_counts_however_late_an_older_one_turns_up() -> None:
    assert (
        consent(case(word("2020-05-01", "withdrawn"), word("2020-01-01", "yes")), "P1", "demarche")
        == "withdrawn"
    )
    assert (
        consent(case(word("2020-01-01", "withdrawn"), word("2020-05-01", "yes")), "P1", "demarche") == "yes"
    )
    assert (
        consent(case(word("2020-01-01", "withdrawn"), word("2020-01-01", "yes")), "P1", "demarche")
        == "withdrawn"
    )


@pytest.mark.parametrize("purpose", list(codes("purpose")))
def test_a_refusal_blocks_its_purpose_and_one_to_be_recorded_blocks_all(purpose: str) -> None:
    found = case(opened(), PERSON, word("2020-01-02", "withdrawn", purpose))
    expected = set(codes("purpose")) if purpose == "record" else {purpose}

    assert {one for one in codes("purpose") if blocked(found, one)} == expected


def test_a_survivor_has_agreed_to_nothing_before_being_asked() -> None:
    assert blocked(case(opened(), PERSON, SURVIVOR), "demarche") == ("P2",)
    assert blocked(case(opened(), SURVIVOR, word("2020-01-02", "yes", person="P2")), "demarche") == ()


def test_a_withdrawal_stops_the_next_letter_that_speaks_of_the_person(desk: SignIn) -> None:
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    uid = focal.open_case(opening(categories=("serious_injury_violence",)), (owner.officer,))
    focal.say(
        uid,
        said("incident"),
        said("person_added", person="P1", harm=("injured",), cause="violence"),
        said("person_added", person="P2", harm=("injured",), cause="violence"),
        said("registered"),
        said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="CMR"),
        said("consent_recorded", person="P1", purpose="demarche", answer="withdrawn"),
    )
    letter = {"kind": "note_verbale", "counterpart": "C1", "document": "0" * 64}

    with pytest.raises(ConsentError, match="about those who agreed"):
        owner.say(uid, said("letter_sent", letter="L1", **letter))
    with pytest.raises(ConsentError, match="without P1"):
        owner.say(uid, said("letter_sent", letter="L1", persons=("P1", "P2"), **letter))
    owner.say(uid, said("letter_sent", letter="L1", persons=("P2",), **letter))
