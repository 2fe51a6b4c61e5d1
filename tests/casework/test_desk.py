"""A case is opened, acted upon and read; what somebody may not see does not exist for them."""

from collections.abc import Callable

import pytest

from casework.access import ALL_RIGHTS
from casework.desk import Desk
from casework.errors import ActionError, NotFoundError, RoleError
from casework.event import Statement
from casework.lifecycle import State, follow
from casework.span import on, parse_span
from casework.values import Gap, Value

SignIn = Callable[[str], Desk]


def said(what: str, when: str = "2026-02-20", **fields: Value) -> Statement:
    return Statement(what, parse_span(when), fields)


def opening(**fields: Value) -> Statement:
    usual: dict[str, Value] = {
        "categories": ("detention",),
        "host_state": "CMR",
        "sensitivity": "normal",
        "owner": "accountability-officer",
        "public_ref": "a1b2",
        "no_incident": "not_recorded",
    }
    return Statement("opened", parse_span("2026-02-20"), {**usual, **fields})


def test_a_case_goes_from_draft_to_waiting_for_the_government(desk: SignIn) -> None:
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    uid = focal.open_case(opening(), (owner.officer,))

    with pytest.raises(ActionError, match="registered needs: when it happened"):
        focal.say(uid, said("registered"))
    focal.say(
        uid,
        said("detention_started", detention="D1", persons=("P1",), state="CMR"),
        said("person_added", person="P1", harm=("detained",), cause="violence", name="withheld here"),
        said("registered"),
    )
    owner.say(
        uid,
        said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="CMR"),
        said("letter_sent", letter="L1", kind="note_verbale", counterpart="C1", document="0" * 64),
    )

    assert follow(owner.read(uid)).state is State.AWAITING_GOVERNMENT
    assert [move.to for move in follow(owner.read(uid)).moves] == [
        "draft",
        "registered",
        "awaiting_government",
    ]


def test_nothing_of_a_refused_action_is_kept(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())

    with pytest.raises(ActionError):
        focal.say(uid, said("note", text="kept only with what follows"), said("closed", proposal="X"))

    assert [event.kind for event in focal.read(uid).events] == ["opened"]


def test_a_colleague_without_a_grant_learns_nothing(desk: SignIn) -> None:
    focal, other = desk("country_focal_point"), desk("survivor_advocate")
    uid = focal.open_case(opening())
    name = focal.read(uid).name

    assert other.read_all() == ()
    for attempt in (lambda: other.read(uid), lambda: other.say(uid, said("note", text="x"))):
        with pytest.raises(NotFoundError, match="there is no such case"):
            attempt()
    with pytest.raises(NotFoundError):
        other.find(name)


def test_a_role_that_opens_no_cases_is_refused(desk: SignIn) -> None:
    with pytest.raises(RoleError):
        desk("legal_adviser").open_case(opening())


def test_what_a_key_is_lacking_for_reads_as_withheld(desk: SignIn) -> None:
    focal, adviser = desk("country_focal_point"), desk("legal_adviser")
    uid = focal.open_case(opening())
    focal.say(uid, said("person_added", person="P1", harm=("detained",), cause="violence", name="somebody"))
    with focal.database.write() as connection:
        held = focal.holdings(connection)[uid]
        grant = held.grant._replace(
            officer_id="legal-adviser", rights=ALL_RIGHTS - {"identity"}, reason="advice"
        )
        focal.hand_over(connection, 1, grant, adviser.officer, held.keys)

    (person,) = adviser.read(uid).persons

    assert person.values["name"] is Gap.WITHHELD
    assert person.text("cause") == "violence"


def test_keys_on_the_ring_open_what_sealed_keys_opened(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())
    before = focal.read(uid)

    assert focal.ring() == 5
    assert focal.ring() == 0
    assert focal.read(uid) == before


def test_a_case_is_found_by_the_first_signs_of_its_name(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())
    name = focal.read(uid).name

    assert {focal.find(name), focal.find(name[:4].lower()), focal.find(uid)} == {uid}


def test_what_was_superseded_no_longer_stands_and_is_still_known(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())
    (first,) = focal.say(uid, said("incident", place="one place"))
    focal.say(uid, Statement("incident", on(focal.today), {"place": "another"}, supersedes=first))

    case = focal.read(uid)

    assert [event.text("place") for event in case.of("incident")] == ["another"]
    assert [event.event_id for event in case.superseded] == [first]
