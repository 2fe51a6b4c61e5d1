"""The recovery key: shares open cases for an officer who goes on; who answers for them is told until they take note."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from casework.access import ALL_RIGHTS, Grant
from casework.casefile import case_name
from casework.desk import Desk
from casework.errors import (
    AuditError,
    FieldError,
    NotFoundError,
    OfficerError,
    RoleError,
)
from casework.feed import calendar
from casework.glass import Notice, taken_note
from casework.letting_in import grants, let_in, shut_out
from casework.officer import RECOVERY
from casework.recovering import notices_for, recover, recoverable, seal_to_recovery
from casework.store.events import case_id_of
from casework.store.people import keys_of
from casework.store.tombstones import destroy_parts
from casework.tables import case_event, case_notice
from casework.vocabulary import Group
from console.office import Office
from console.recovery import KIND, NewKey, make_recovery_key, owner_of, recovery_desk
from console.shares import share_in, write_shares
from crypto.errors import KeyFileError, KeySharesError, KeySharesTooFewError
from crypto.keyshare import read_share
from tests.casework.conftest import Clock
from tests.casework.remote import At
from tests.casework.test_cw_11_access import entries, faults
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at
from tests.support.network import postgresql_when_slow

pytestmark = postgresql_when_slow
WHY = "the owner has died"


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


def admitted(office: Office, desk: SignIn, name: str = "recovery-1", of: int = 5) -> NewKey:
    made = make_recovery_key(3, of)
    office.admit(desk("approver"), name, frozenset({RECOVERY}), made.keys)
    return made


@pytest.fixture
def made(office: Office, desk: SignIn) -> NewKey:
    return admitted(office, desk)


@pytest.fixture
def uid(made: NewKey, desk: SignIn) -> str:
    """A case that was opened when there was a recovery key, with a name and a note."""
    assert made.shares
    owner = desk("accountability_officer")
    uid = owner.open_case(opening(owner="accountability-officer"))
    owner.say(
        uid,
        said("person_added", person="P1", harm=("detained",), cause="violence", name="a name"),
        said("note", text="a note"),
    )
    return uid


def test_three_of_five_open_a_case_for_an_officer_who_goes_on_with_it(
    office: Office, desk: SignIn, made: NewKey, uid: str
) -> None:
    focal = desk("country_focal_point")
    assert focal.uids() == ()
    key = recovery_desk(office, (made.shares[4], made.shares[0], made.shares[2]))
    assert (key.uids(), recoverable(key)) == ((), (uid,))

    done = recover(key, (uid,), "country-focal-point", WHY, "shares 1, 3, 5")

    assert (done.opened, done.shut) == ((uid,), ())
    case = focal.read(uid)
    assert [person.values["name"] for person in case.persons] == ["a name"]
    told = case.last("break_glass")
    assert told is not None
    assert (told.text("reason"), told.text("to"), told.text("by"), told.recorded_by) == (
        WHY,
        "country-focal-point",
        "shares 1, 3, 5",
        "recovery-1",
    )
    assert grants(focal, uid)[-1][1:4] == ("country-focal-point", ALL_RIGHTS, WHY)
    focal.say(uid, said("note", text="goes on"))
    acts = [one.act for one in entries(office)]
    assert acts[acts.index("break_glass") : acts.index("break_glass") + 2] == ["break_glass", "grant"]
    assert faults(office) == []


def test_what_does_not_give_the_key_changes_nothing(
    office: Office, desk: SignIn, made: NewKey, uid: str
) -> None:
    focal, stranger = desk("country_focal_point"), make_recovery_key()
    before = len(entries(office))

    with pytest.raises(KeySharesTooFewError):
        recovery_desk(office, made.shares[:2])
    with pytest.raises(KeySharesError, match="no recovery key of this office"):
        recovery_desk(office, stranger.shares)
    with pytest.raises(KeySharesError, match="of set"):
        recovery_desk(office, (*made.shares[:2], stranger.shares[2]))
    wrong = made.shares[0]._replace(value=bytes(16))
    with pytest.raises(KeySharesError, match="no recovery key of this office"):
        recovery_desk(office, (wrong, *made.shares[1:3]))

    key = recovery_desk(office, made.shares)
    for uids, who, why, error in (
        ((uid,), "nobody", WHY, OfficerError),
        ((uid,), "recovery-1", WHY, FieldError),
        ((uid,), "country-focal-point", " ", FieldError),
        ((uid, "0" * 32), "country-focal-point", WHY, NotFoundError),
    ):
        with pytest.raises(error):
            recover(key, uids, who, why)
    with pytest.raises(RoleError):
        recover(focal, (uid,), "country-focal-point", WHY)
    assert focal.uids() == ()
    assert len(entries(office)) == before
    assert faults(office) == []


def test_whom_the_advocate_has_shut_out_the_recovery_key_does_not_let_in(
    office: Office, desk: SignIn, made: NewKey, uid: str
) -> None:
    owner, advocate, adviser = (
        desk(one) for one in ("accountability_officer", "survivor_advocate", "legal_adviser")
    )
    let_in(owner, uid, "survivor-advocate", ALL_RIGHTS, "speaks for them")
    shut_out(advocate, uid, "legal-adviser", "knows the survivor", for_good=True)
    other = owner.open_case(opening(owner="accountability-officer"))
    key = recovery_desk(office, made.shares)

    with pytest.raises(RoleError, match="advocate"):
        recover(key, (uid,), "legal-adviser", WHY)
    done = recover(key, recoverable(key), "legal-adviser", WHY)

    assert (done.opened, done.shut) == ((other,), (uid,))
    assert adviser.uids() == (other,)
    assert faults(office) == []


def test_a_grant_of_the_recovery_key_to_who_is_shut_out_is_found(
    office: Office, desk: SignIn, made: NewKey, uid: str
) -> None:
    owner, advocate, adviser = (
        desk(one) for one in ("accountability_officer", "survivor_advocate", "legal_adviser")
    )
    let_in(owner, uid, "survivor-advocate", ALL_RIGHTS, "speaks for them")
    shut_out(advocate, uid, "legal-adviser", "knows the survivor", for_good=True)
    key, at = recovery_desk(office, made.shares), int(advocate.clock().timestamp())
    grant = Grant(uid, "legal-adviser", frozenset({"read"}), WHY, None, "recovery-1", at)
    with office.database.write() as connection:
        held = owner.holding(connection, uid)
        assert held is not None
        key.hand_over(connection, case_id_of(connection, uid), grant, adviser.officer, held.keys)

    assert [one.what.partition(":")[0] for one in faults(office)] == [
        "recovery-1 could not give it",
        "no grant gives it",
    ]


def test_cases_of_before_are_sealed_by_who_holds_them(office: Office, desk: SignIn) -> None:
    owner, focal = desk("accountability_officer"), desk("country_focal_point")
    uid, other = owner.open_case(opening()), focal.open_case(opening())
    made = admitted(office, desk)
    assert recoverable(recovery_desk(office, made.shares)) == ()

    assert (seal_to_recovery(owner), seal_to_recovery(owner)) == (1, 0)

    assert recoverable(recovery_desk(office, made.shares)) == (uid,)
    assert seal_to_recovery(focal) == 1
    assert set(recoverable(recovery_desk(office, made.shares))) == {uid, other}
    assert entries(office)[-1].act == "recovery_keys"
    assert faults(office) == []


def test_a_recovery_key_that_counts_no_more_opens_nothing_and_its_keys_are_gone(
    office: Office, desk: SignIn, made: NewKey, uid: str
) -> None:
    key = recovery_desk(office, made.shares)
    newer = admitted(office, desk, "recovery-2")
    office.admit(desk("approver"), "recovery-1", frozenset(), made.keys)

    with pytest.raises(KeySharesError, match="counts no more"):
        recovery_desk(office, made.shares)
    with pytest.raises(NotFoundError):
        recover(key, (uid,), "approver", WHY)  # it was in memory still
    with office.database.read() as connection:
        assert keys_of(connection, "recovery-1") == ()
    assert seal_to_recovery(desk("accountability_officer")) == 1
    assert recoverable(recovery_desk(office, newer.shares)) == (uid,)
    people = office.officers()
    assert [owner_of(people, one.shares[0]) for one in (made, newer, make_recovery_key())] == [
        people["recovery-1"],
        people["recovery-2"],
        None,
    ]
    assert faults(office) == []


def test_who_is_let_in_gets_the_rights_to_which_there_is_a_key(office: Office, desk: SignIn) -> None:
    owner, focal, adviser = (
        desk(one) for one in ("accountability_officer", "country_focal_point", "legal_adviser")
    )
    uid = owner.open_case(opening())
    made = admitted(office, desk)
    let_in(owner, uid, "country-focal-point", frozenset({"read", "medical"}), "less than everything")
    let_in(owner, uid, "legal-adviser", frozenset({"read", "identity"}), "advice")
    assert seal_to_recovery(focal) == 1  # who holds no more can seal no more

    recover(recovery_desk(office, made.shares), (uid,), "legal-adviser", WHY)

    assert grants(adviser, uid)[-1].rights == {"read", "write", "export", "medical", "identity"}
    assert adviser.read(uid).uid == uid
    assert faults(office) == []


def test_the_key_opens_cases_of_months_that_are_over(
    office: Office, desk: SignIn, made: NewKey, uid: str, clock: Clock
) -> None:
    clock.now += timedelta(days=70)
    office.turn()

    recover(recovery_desk(office, made.shares), (uid,), "approver", WHY)

    assert desk("approver").read(uid).host_state == "CMR"
    assert faults(office) == []


def test_shares_are_all_written_or_none(made: NewKey, tmp_path: Path) -> None:
    taken = tmp_path / f"recovery-{made.shares[2].set_id}-3.txt"
    taken.write_text("somebody else's")

    with pytest.raises(KeyFileError, match="no share was kept"):
        write_shares(tmp_path, made.shares, KIND)

    assert list(tmp_path.glob("recovery-*")) == [taken]
    assert taken.read_text() == "somebody else's"
    taken.unlink()
    files = write_shares(tmp_path, made.shares, KIND)
    assert [read_share(share_in(one.read_text())) for one in files] == list(made.shares)


def test_an_erased_case_is_not_recovered(office: Office, made: NewKey, uid: str) -> None:
    with office.database.write() as connection:
        destroy_parts(connection, case_id_of(connection, uid), frozenset(Group))
    key = recovery_desk(office, made.shares)

    assert recoverable(key) == ()
    with pytest.raises(NotFoundError):
        recover(key, (uid,), "approver", WHY)


# --- who is told ----------------------------------------------------------------------------------------------------


@pytest.fixture
def opened(office: Office, desk: SignIn, made: NewKey, uid: str) -> Desk:
    """The desk of the owner of a case that was opened for the focal point."""
    desk("country_focal_point")
    recover(recovery_desk(office, made.shares), (uid,), "country-focal-point", WHY, "shares 1, 2, 3")
    return desk("accountability_officer")


def test_the_owner_is_told_who_when_and_why_until_they_take_note(
    office: Office, desk: SignIn, opened: Desk, uid: str, clock: Clock
) -> None:
    (notice,) = notices_for(opened)

    assert notice == Notice(
        uid, notice.event_id, clock.now.date(), "recovery-1, shares 1, 2, 3", "country-focal-point", WHY
    )
    assert (entries(office)[-1].act, entries(office)[-1].purpose) == ("read", "supervision")
    assert notices_for(desk("country_focal_point")) == ()  # it was for them
    assert notices_for(desk("approver")) == ()  # holds no key
    clock.now += timedelta(days=9)
    assert notices_for(opened) == (notice,)
    opened.say(uid, taken_note(notice, opened.today))
    before = len(entries(office))
    assert notices_for(opened) == ()
    assert len(entries(office)) == before  # nothing was read to anybody
    assert faults(office) == []


def test_every_accountability_officer_of_the_case_takes_note_alone(
    office: Office, desk: SignIn, opened: Desk, uid: str
) -> None:
    second = office.enrol("second", None)
    keys = (second.signer.public_key, second.seal.public_key)
    office.admit(desk("approver"), "second", frozenset({"accountability_officer"}), keys)
    let_in(opened, uid, "second", frozenset({"read"}), "reads")
    lead = office.desk("second", None)
    assert notices_for(lead) == ()  # who may only read could take no note
    let_in(opened, uid, "second", ALL_RIGHTS, "leads")
    (notice,) = notices_for(opened)
    assert notices_for(lead) == (notice,)

    opened.say(uid, taken_note(notice, opened.today))

    assert notices_for(opened) == ()
    assert notices_for(lead) == (notice,)


def test_a_notice_can_not_be_superseded_and_comes_for_a_closed_case_too(opened: Desk, uid: str) -> None:
    (notice,) = notices_for(opened)
    note = said("note", text="nothing to see")
    opened.say(uid, type(note)(note.kind, note.when, note.fields, supersedes=notice.event_id))

    assert notices_for(opened) == (notice,)


def test_a_notice_is_not_shown_where_the_read_can_not_be_written_down(office: Office, opened: Desk) -> None:
    with failing_at(office.database.store, 0, Flavour.REFUSED), pytest.raises(AuditError):
        notices_for(opened)


def test_a_case_that_does_not_hold_keeps_nobody_from_other_work(
    office: Office, opened: Desk, uid: str
) -> None:
    with office.database.write() as connection:
        connection.execute(update(case_event).where(case_event.c.sequence == 2).values(sealed_case=b"x" * 99))

    assert notices_for(opened) == ()
    assert any(uid[:8] in one.where for one in faults(office))


@pytest.mark.parametrize("what", ["drop", "add"])
def test_who_drops_or_makes_up_a_notice_is_found(office: Office, opened: Desk, what: str) -> None:
    with office.database.write() as connection:
        if what == "drop":
            connection.execute(delete(case_notice))
        else:
            connection.execute(insert(case_notice).values(case_id=1, sequence=1))

    assert [one.what for one in faults(office)] == [
        f"the notice that event {4 if what == 'drop' else 1} used the recovery key "
        + ("was dropped" if what == "drop" else "is in no entry of the audit log")
    ]
    assert opened.uids()


def test_the_calendar_says_name_and_day_and_no_reason(opened: Desk, clock: Clock) -> None:
    (notice,) = notices_for(opened)
    written = calendar((), clock.now, {notice.event_id: case_name(notice.case)}).decode()

    assert f"SUMMARY:{case_name(notice.case)} recovery key used: take note" in written
    assert "DTSTART;VALUE=DATE:20260302" in written
    assert WHY not in written
    assert "focal" not in written


def test_at_a_server_they_are_told_as_they_sign_in(office: Office, opened: Desk, uid: str, at: At) -> None:
    (notice,) = notices_for(opened)
    with closing(at.desk()) as remote:
        remote.sign_in("accountability-officer", "")
        assert list(remote.notices) == [notice]
        remote.say(uid, taken_note(notice, opened.today))
        remote.sign_in("accountability-officer", "")
        assert list(remote.notices) == []
    assert faults(office) == []
