"""CW-11: one filter for everything; rights are given with a reason, end when they should, and keys go with them."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from casework.access import ALL_RIGHTS
from casework.audit import AuditEntry, read_entry
from casework.check import CaseFault
from casework.errors import AuditError, CaseworkError, FieldError, NotFoundError, RoleError
from casework.letting_in import grants, let_in, shut_out
from casework.store.audit import audit_entries
from casework.store.people import keys_of
from console.office import Office
from tests.casework.conftest import Clock
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at

READ = frozenset({"read"})


def entries(office: Office) -> list[AuditEntry]:
    with office.database.read() as connection:
        return [read_entry(one.entry) for one in audit_entries(connection)]


def faults(office: Office) -> list[CaseFault]:
    return [one for one in office.check({}) if isinstance(one, CaseFault)]


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


def test_an_officer_who_is_let_in_sees_the_case_and_nothing_beyond_their_rights(
    office: Office, desk: SignIn
) -> None:
    focal, adviser = desk("country_focal_point"), desk("legal_adviser")
    uid, other = focal.open_case(opening()), focal.open_case(opening())

    let_in(focal, uid, "legal-adviser", READ | {"evidence"}, "advice on charges")

    assert [case.uid for case in adviser.read_all()] == [uid]
    with pytest.raises(NotFoundError):
        adviser.read(other)
    with pytest.raises(RoleError):
        adviser.say(uid, said("note", text="x"))
    assert [(one.officer_id, one.reason) for one in grants(focal, uid)][1:] == [
        ("legal-adviser", "advice on charges")
    ]
    assert faults(office) == []


def test_a_right_that_is_over_is_gone_and_so_is_its_key(office: Office, desk: SignIn, clock: Clock) -> None:
    focal, adviser = desk("country_focal_point"), desk("legal_adviser")
    uid = focal.open_case(opening())
    let_in(focal, uid, "legal-adviser", READ, "a week", clock.now.date() + timedelta(days=7))
    assert adviser.read(uid).uid == uid

    clock.now += timedelta(days=8)
    with pytest.raises(NotFoundError):
        adviser.read(uid)
    office.turn()

    with office.database.read() as connection:
        assert keys_of(connection, "legal-adviser") == ()
    assert entries(office)[-1].act == "expire"
    assert faults(office) == []


def test_rights_that_are_taken_back_take_their_keys_with_them(office: Office, desk: SignIn) -> None:
    focal, adviser = desk("country_focal_point"), desk("legal_adviser")
    uid = focal.open_case(opening())
    let_in(focal, uid, "legal-adviser", READ | {"identity"}, "advice")
    let_in(focal, uid, "legal-adviser", READ, "less is enough")
    with office.database.read() as connection:
        assert [str(one.group) for one in keys_of(connection, "legal-adviser")] == ["case"]

    shut_out(focal, uid, "legal-adviser", "done")

    assert adviser.read_all() == ()
    with office.database.read() as connection:
        assert keys_of(connection, "legal-adviser") == ()
    assert faults(office) == []


def test_nobody_gives_what_they_do_not_hold_or_lets_themselves_in(desk: SignIn) -> None:
    focal, owner = desk("country_focal_point"), desk("accountability_officer")
    uid = focal.open_case(opening())
    let_in(focal, uid, "accountability-officer", READ | {"write"}, "owner from now on")

    for rights, whom in ((READ | {"medical"}, "country-focal-point"), (READ, "accountability-officer")):
        with pytest.raises(RoleError):
            let_in(owner, uid, whom, rights, "because")
    with pytest.raises(FieldError, match="reason"):
        let_in(owner, uid, "country-focal-point", READ, " ")


def test_whom_the_advocate_has_shut_out_nobody_else_lets_in(office: Office, desk: SignIn) -> None:
    focal, advocate, adviser = (
        desk(one) for one in ("country_focal_point", "survivor_advocate", "legal_adviser")
    )
    uid = focal.open_case(opening(categories=("sexual_violence",)))
    let_in(focal, uid, "survivor-advocate", ALL_RIGHTS, "speaks for the survivor")

    with pytest.raises(RoleError, match="belongs to survivor_advocate"):
        shut_out(focal, uid, "legal-adviser", "knows them", for_good=True)
    shut_out(advocate, uid, "legal-adviser", "knows the survivor", for_good=True)

    with pytest.raises(RoleError, match="advocate"):
        let_in(focal, uid, "legal-adviser", READ, "advice")
    assert adviser.uids() == ()
    let_in(advocate, uid, "legal-adviser", READ, "the survivor agrees now")
    assert adviser.uids() == (uid,)
    assert faults(office) == []


def test_the_last_who_can_act_on_a_case_can_not_leave_it(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())

    with pytest.raises(FieldError, match="nobody would be left"):
        shut_out(focal, uid, "country-focal-point", "leaving")

    assert focal.read(uid).uid == uid


def test_what_is_invisible_and_what_does_not_exist_are_one_to_everybody(office: Office, desk: SignIn) -> None:
    focal, other = desk("country_focal_point"), desk("survivor_advocate")
    hidden, nothing = focal.open_case(opening()), "0" * 32
    attempts: tuple[Callable[[str], object], ...] = (
        other.read,
        lambda uid: other.say(uid, said("note", text="x")),
        lambda uid: grants(other, uid),
        lambda uid: let_in(other, uid, "approver", READ, "why not"),
        other.find,
    )
    for attempt in attempts:
        told = []
        for uid in (hidden, nothing):
            before = len(entries(office))
            with pytest.raises(CaseworkError) as refusal:
                attempt(uid)
            added = entries(office)[before:]
            shape = [
                (one.act, one.purpose, one.groups, len(one.asked), one.cases)
                for one in added
                if one.act == "denied"
            ]
            told.append((type(refusal.value), str(refusal.value).replace(uid, ""), shape))
        assert told[0] == told[1]
    assert other.uids() == ()
    assert other.read_some((hidden,)) == ()


def test_every_read_stands_in_the_log_before_its_answer_and_none_is_answered_without(
    office: Office, desk: SignIn
) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())
    for read in (lambda: focal.read(uid), focal.read_all, lambda: grants(focal, uid)):
        before = len(entries(office))
        for flavour in (Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED):
            with failing_at(office.database.store, 0, flavour), pytest.raises(AuditError):
                read()
        assert len(entries(office)) == before
        read()
        assert len(entries(office)) == before + 1
    (*_, last) = entries(office)
    assert (last.officer, last.cases) == ("country-focal-point", (1,))
    assert "home" not in str(last)


def test_a_purpose_is_a_code_and_never_words(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    uid = focal.open_case(opening())

    with pytest.raises(FieldError, match="purpose"):
        focal.read(uid, "to see what happened to a certain person")


def test_a_grant_of_yesterday_is_refused(desk: SignIn) -> None:
    focal = desk("country_focal_point")
    desk("legal_adviser")
    uid = focal.open_case(opening())

    with pytest.raises(FieldError, match="expires_on"):
        let_in(focal, uid, "legal-adviser", READ, "late", date(2026, 3, 1))


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_a_grant_in_which_one_write_after_the_other_fails_is_whole_or_not_there(
    office: Office, desk: SignIn, flavour: Flavour
) -> None:
    focal, adviser = desk("country_focal_point"), desk("legal_adviser")
    uid = focal.open_case(opening())
    for number in range(20):
        with failing_at(office.database.store, number, flavour):
            try:
                let_in(focal, uid, "legal-adviser", READ, "advice")
                break
            except CaseworkError:
                assert faults(office) == []
    assert 3 < number < 19
    assert adviser.uids() == (uid,)
