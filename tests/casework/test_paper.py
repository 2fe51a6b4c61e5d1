"""Who may have what written: exporting, releasing, consent and holds are asked before a page is made."""

from collections.abc import Callable
from datetime import date

import pytest

from casework.access import ALL_RIGHTS
from casework.desk import Desk
from casework.errors import ActionError, ConsentError, FieldError, NotFoundError, RoleError
from casework.event import Statement
from casework.letter import Draft
from casework.paper import read_all_for, read_all_to_count, read_for, write_letter, write_yearly
from casework.printing.plain import plain
from casework.report.telling import Level
from casework.span import parse_span
from casework.values import Value
from casework.vocabulary.words import words
from tests.casework.test_desk import opening, said

SignIn = Callable[[str], Desk]
DRAFT = Draft("note_verbale", "First Aid", date(2026, 3, 2), date(2026, 5, 1))


def begun(desk: SignIn, category: str = "detention", harm: str = "detained", **more: Value) -> str:
    """A registered case with one person and one addressee."""
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    uid = focal.open_case(opening(categories=(category,), **more), (owner.officer,))
    statements = [
        said("incident"),
        said("person_added", person="P1", harm=(harm,), cause="violence"),
        said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="CMR"),
    ]
    if category == "sexual_violence":
        statements.append(said("consent_recorded", person="P1", purpose="record", answer="yes"))
    focal.say(uid, *statements, said("registered"))
    return uid


def let_in(desk: SignIn, uid: str, role: str, rights: frozenset[str]) -> Desk:
    """Let another officer into a case with these rights."""
    focal, other = desk("country_focal_point"), desk(role)
    with focal.database.write() as connection:
        held = focal.holdings(connection)[uid]
        grant = held.grant._replace(officer_id=other.officer.officer_id, rights=rights, reason="advice")
        focal.hand_over(connection, 1, grant, other.officer, held.keys)
    return other


def test_a_letter_is_written_while_it_could_be_sent(desk: SignIn) -> None:
    uid, owner = begun(desk), desk("accountability_officer")

    text = plain(write_letter(owner, uid, DRAFT, words("fr"))).decode()

    assert "présente ses compliments au Ministère des affaires étrangères" in text
    owner.say(
        uid,
        Statement("hold_set", parse_span("2026-03-02"), {"reason": "safety", "review_on": date(2026, 3, 20)}),
    )
    with pytest.raises(ActionError):
        write_letter(owner, uid, DRAFT, words("fr"))


def test_letters_belong_to_the_accountability_officer(desk: SignIn) -> None:
    with pytest.raises(RoleError):
        write_letter(desk("country_focal_point"), begun(desk), DRAFT, words("en"))


def test_nothing_goes_out_for_a_survivor_without_consent_and_release(desk: SignIn) -> None:
    uid, owner = begun(desk, "sexual_violence", "sexually_assaulted"), desk("accountability_officer")
    advocate = let_in(desk, uid, "survivor_advocate", ALL_RIGHTS)

    with pytest.raises(ConsentError):
        write_letter(owner, uid, DRAFT, words("en"))
    advocate.say(uid, said("consent_recorded", person="P1", purpose="demarche", answer="yes"))
    with pytest.raises(ActionError, match="release by the survivor advocate"):
        write_letter(owner, uid, DRAFT, words("en"))
    with pytest.raises(FieldError, match="no case"):
        write_yearly(owner, "CMR", DRAFT, words("en"))
    advocate.say(uid, said("demarche_released"))
    assert "First Aid" in plain(write_letter(owner, uid, DRAFT, words("en"))).decode()
    advocate.say(uid, said("consent_recorded", person="P1", purpose="demarche", answer="withdrawn"))
    with pytest.raises(ConsentError):
        write_letter(owner, uid, DRAFT, words("en"))


def test_the_yearly_request_leaves_out_what_may_not_go_and_says_how_many(desk: SignIn) -> None:
    begun(desk, public_ref="first1")
    begun(desk, "sexual_violence", "sexually_assaulted", public_ref="second2")

    page, left_out = write_yearly(desk("accountability_officer"), "CMR", DRAFT, words("en"))
    text = plain(page).decode()

    assert left_out == 1
    assert "first1" in text
    assert "second2" not in text
    assert "exual" not in text


def test_what_leaves_needs_the_right_to_export(desk: SignIn) -> None:
    uid = begun(desk)
    adviser = let_in(desk, uid, "legal_adviser", ALL_RIGHTS - {"export"})

    assert read_for(adviser, uid, Level.INTERNAL).case.uid == uid
    with pytest.raises(RoleError, match="not export"):
        read_for(adviser, uid, Level.PARTNER)
    assert read_all_for(adviser, Level.PARTNER) == ()
    assert len(read_all_for(adviser, Level.INTERNAL)) == 1


def test_the_public_level_needs_two_persons(desk: SignIn) -> None:
    uid, owner = begun(desk), desk("accountability_officer")

    assert read_for(owner, uid, Level.PARTNER).number == 1
    with pytest.raises(ActionError, match="two persons"):
        read_for(owner, uid, Level.PUBLIC)
    approver = let_in(desk, uid, "approver", ALL_RIGHTS)
    fields = {"what": "dossier", "risk": "none seen", "proposed_by": owner.officer.officer_id}
    approver.say(uid, Statement("released", parse_span("2026-03-02"), fields))
    assert read_for(owner, uid, Level.PUBLIC).number == 1


@pytest.mark.parametrize("category", ["sexual_violence", "abduction"])
def test_survivors_and_ongoing_abductions_leave_in_no_report(desk: SignIn, category: str) -> None:
    harm = {"sexual_violence": "sexually_assaulted", "abduction": "abducted"}[category]
    uid, owner = begun(desk, category, harm), desk("accountability_officer")
    if category == "abduction":
        owner.say(uid, said("abduction_started", abduction="B1", persons=("P1",)))

    assert read_for(owner, uid, Level.INTERNAL).case.uid == uid
    with pytest.raises((ConsentError, ActionError)):
        read_for(owner, uid, Level.PARTNER)
    with pytest.raises((ConsentError, ActionError)):  # nor as it stood before
        read_for(owner, uid, Level.PARTNER, valid_as_of=date(2026, 1, 1))
    assert read_all_for(owner, Level.PARTNER) == ()


def test_a_refusal_of_one_person_keeps_the_case_inside(desk: SignIn) -> None:
    uid, owner = begun(desk), desk("accountability_officer")

    owner.say(uid, said("consent_recorded", person="P1", purpose="share_status", answer="no"))

    assert read_for(owner, uid, Level.INTERNAL).number == 1
    with pytest.raises(ConsentError, match="did not agree"):
        read_for(owner, uid, Level.PARTNER)


def test_survivors_are_counted_outside_only_if_they_agreed_to_be(desk: SignIn) -> None:
    uid, owner = begun(desk, "sexual_violence", "sexually_assaulted"), desk("accountability_officer")

    assert len(read_all_to_count(owner, Level.INTERNAL)) == 1
    assert read_all_to_count(owner, Level.PARTNER) == ()
    owner.say(uid, said("consent_recorded", person="P1", purpose="statistics", answer="yes"))
    assert len(read_all_to_count(owner, Level.PARTNER)) == 1


def test_a_case_without_a_grant_is_not_there(desk: SignIn) -> None:
    uid = begun(desk)

    for level in Level:
        with pytest.raises(NotFoundError):
            read_for(desk("legal_adviser"), uid, level)
