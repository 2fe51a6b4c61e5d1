"""CW-22: what is erased is gone, from old copies too once the month has turned, and figures stay true."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from casework.access import ALL_RIGHTS
from casework.check import CaseFault
from casework.desk import Desk
from casework.erasing import erase, graves
from casework.errors import CaseworkError, ErasedError, HoldError, NotFoundError, SecondPersonError
from casework.letting_in import let_in
from casework.retention import retention, retention_rules
from casework.values import Gap
from console import office as office_module
from console.for_cases import CaseDatabase
from console.office import Office
from crypto import keyfile
from crypto.errors import KeyFileError
from node.store.database import Store
from tests.casework.conftest import Clock
from tests.casework.test_cw_11_access import entries, faults
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at

NAME, WOUND, WORDS = "Canary Namewell", "canary fracture", "canary words of a statement"


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


def a_case(desk: SignIn) -> tuple[str, Desk, Desk]:
    """A case that an owner and an approver hold."""
    owner, approver = desk("accountability_officer"), desk("approver")
    uid = owner.open_case(opening())
    let_in(owner, uid, "approver", ALL_RIGHTS, "second person")
    owner.say(
        uid,
        said("person_added", person="P1", harm=("detained",), cause="violence", name=NAME),
        said("note", text=WORDS),
    )
    return uid, owner, approver


def propose(owner: Desk, uid: str, groups: str) -> str:
    (proposal,) = owner.say(
        uid, said("erasure_proposed", groups=groups, reason="asked for", when="2026-03-01")
    )
    return proposal


def after_grace(clock: Clock) -> None:
    clock.now += timedelta(days=retention_rules().grace_days)


def database_bytes(office: Office) -> bytes:
    file = Path(str(make_url(str(office.database.store.engine.url)).database))
    return b"".join(one.read_bytes() for one in file.parent.glob(file.name + "*"))


def test_identities_are_erased_and_the_rest_stays(office: Office, desk: SignIn, clock: Clock) -> None:
    uid, owner, approver = a_case(desk)
    proposal = propose(owner, uid, "identity medical")
    after_grace(clock)

    erase(approver, office.vault, uid, proposal)

    (person,) = owner.read(uid).persons
    assert person.values["name"] is Gap.WITHHELD
    assert owner.read(uid).last("note") is not None
    assert faults(office) == []
    with pytest.raises(CaseworkError):  # and no new identity can be put in its place
        owner.say(uid, said("person_updated", person="P1", name="another"))


def test_a_whole_case_is_erased_and_only_its_tombstone_stays(
    office: Office, desk: SignIn, clock: Clock
) -> None:
    uid, owner, approver = a_case(desk)
    proposal = propose(owner, uid, "all")
    after_grace(clock)

    erase(approver, office.vault, uid, proposal)

    for one in (owner, approver):
        assert one.uids() == ()
        with pytest.raises(NotFoundError):
            one.read(uid)
    (stone,) = graves(office.database)
    assert (
        stone.case,
        stone.categories,
        stone.host_state,
        stone.opened_year,
        stone.status,
        stone.persons,
    ) == (
        uid,
        ("detention",),
        "CMR",
        2026,
        "draft",
        1,
    )
    assert faults(office) == []


def test_two_persons_the_grace_period_and_a_legal_hold_stand_before_it(
    office: Office, desk: SignIn, clock: Clock
) -> None:
    uid, owner, approver = a_case(desk)
    adviser = desk("legal_adviser")
    let_in(owner, uid, "legal-adviser", ALL_RIGHTS, "advice")
    proposal = propose(owner, uid, "all")

    with pytest.raises(HoldError, match="grace period lasts until 2026-04-01"):
        erase(approver, office.vault, uid, proposal)
    after_grace(clock)
    adviser.say(uid, said("legal_hold_set", reason="a court may ask for it"))
    with pytest.raises(HoldError, match="legal hold"):
        erase(approver, office.vault, uid, proposal)
    assert entries(office)[-1].act == "denied"
    adviser.say(uid, said("legal_hold_lifted", reason="over"))
    with pytest.raises(CaseworkError):
        erase(owner, office.vault, uid, proposal)

    erase(approver, office.vault, uid, proposal)
    assert len(graves(office.database)) == 1


def test_nobody_approves_their_own_proposal(office: Office, desk: SignIn, clock: Clock) -> None:
    uid, owner, _ = a_case(desk)
    both = office.enrol("both-roles", None)
    keys = (both.signer.public_key, both.seal.public_key)
    office.admit(desk("approver"), "both-roles", frozenset({"accountability_officer", "approver"}), keys)
    let_in(owner, uid, "both-roles", ALL_RIGHTS, "stands in")
    one = office.desk("both-roles", None)
    proposal = propose(one, uid, "all")
    after_grace(clock)

    with pytest.raises(SecondPersonError):
        erase(one, office.vault, uid, proposal)


def copy_of(office: Office, folder: Path) -> Path:
    """A backup of the database as an administrator would make one."""
    with closing(sqlite3.connect(str(office.database.store.engine.url.database))) as connection:
        connection.execute(f"VACUUM INTO '{folder / 'backup.sqlite3'}'")
    return folder / "backup.sqlite3"


def test_an_old_backup_opens_nothing_once_the_month_has_turned(
    office: Office, desk: SignIn, clock: Clock, tmp_path: Path
) -> None:
    if office.database.store.engine.dialect.name != "sqlite":
        pytest.skip("a copy of one file")
    uid, owner, approver = a_case(desk)
    kept = owner.open_case(opening())
    backup = copy_of(office, tmp_path)
    proposal = propose(owner, uid, "all")
    after_grace(clock)
    erase(approver, office.vault, uid, proposal)

    office.turn()

    assert owner.uids() == (kept,)
    assert owner.read(kept).host_state == "CMR"
    old = CaseDatabase(Store(f"sqlite:///{backup}"))
    restored = Desk(old, owner.officer, owner.unlocked, office.epochs, clock)
    with pytest.raises(ErasedError, match="destroyed"):
        restored.uids()
    old.store.close()


def test_survivors_are_moved_to_the_key_of_the_new_month(office: Office, desk: SignIn, clock: Clock) -> None:
    uid, owner, _ = a_case(desk)
    before = owner.read(uid)
    clock.now += timedelta(days=31)

    assert office.turn() == ("2026-03",)

    assert sorted(one.name for one in (office.home.path / "keys").glob("*epoch*")) == ["epoch-2026-04.key"]
    assert owner.read(uid).events == before.events
    assert office.turn() == ()
    assert faults(office) == []


class CutError(Exception):
    """The process stops here."""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["rename", "overwrite", "unlink", "rewrapped"])
def test_a_turn_that_is_cut_off_anywhere_loses_nobody_and_ends_when_done_again(
    office: Office, desk: SignIn, clock: Clock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    uid, owner, _ = a_case(desk)
    clock.now += timedelta(days=31)

    def cut(*_args: object, **_kwargs: object) -> None:
        raise CutError

    with monkeypatch.context() as patch:
        if step == "rename":
            patch.setattr(Path, "rename", cut)
        elif step == "overwrite":
            patch.setattr(office_module, "destroy_file", cut)
        elif step == "unlink":
            real = Path.unlink
            patch.setattr(Path, "unlink", lambda at, **how: cut() if "doomed" in at.name else real(at, **how))
        else:
            patch.setattr(office, "_destroy_epoch", cut)
        with pytest.raises(CutError):
            office.turn()

    assert owner.read(uid).events
    office.turn()
    assert sorted(one.name for one in (office.home.path / "keys").iterdir() if "epoch" in one.name) == [
        "epoch-2026-04.key"
    ]
    assert owner.read(uid).events
    assert faults(office) == []


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_an_erasure_in_which_one_write_after_the_other_fails_is_whole_or_not_there(
    office: Office, desk: SignIn, clock: Clock, flavour: Flavour
) -> None:
    uid, owner, approver = a_case(desk)
    proposal = propose(owner, uid, "all")
    after_grace(clock)
    for number in range(30):
        with failing_at(office.database.store, number, flavour):
            try:
                erase(approver, office.vault, uid, proposal)
                break
            except CaseworkError:
                assert not [one for one in office.check({}) if isinstance(one, CaseFault)]
                if len(graves(office.database)) == 1:  # the commit was reported as failed, and was none
                    break
                assert owner.uids() == (uid,)
    assert 4 < number < 29
    assert owner.uids() == ()
    assert faults(office) == []


def test_time_proposes_and_warns_and_never_erases(desk: SignIn, clock: Clock) -> None:
    uid, owner, _ = a_case(desk)
    case = owner.read(uid)
    day = clock.now.date().replace(year=2028)

    (review,) = retention(case, day - timedelta(days=91), retention_rules())
    assert (review.what, review.on, review.warning) == ("review", day, None)
    for left, warned in ((90, 90), (31, 90), (30, 30), (7, 7), (0, 0), (-5, 0)):
        (review,) = retention(case, day - timedelta(days=left), retention_rules())
        assert review.warning == warned
    owner.say(uid, said("identities_reviewed", finding="still needed"))
    (again,) = retention(owner.read(uid), day, retention_rules())
    assert again.on == clock.now.date().replace(year=2028)


def test_a_key_file_that_is_not_there_can_not_be_destroyed(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError):
        keyfile.destroy_file(tmp_path / "nothing.key")


def test_nothing_of_it_stands_in_the_database_in_clear(office: Office, desk: SignIn) -> None:
    a_case(desk)
    if office.database.store.engine.dialect.name == "sqlite":
        held = database_bytes(office)
    else:
        with office.database.store.engine.connect() as connection:
            names = connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).scalars()
            held = b"".join(
                str(row).encode()
                + bytes(str([bytes(v) if isinstance(v, memoryview) else v for v in row]), "utf8")
                for name in list(names)
                for row in connection.execute(text(f"SELECT * FROM {name}"))  # noqa: S608
            )
    for canary in (NAME, WOUND, WORDS, "second person"):
        assert canary.encode() not in held
