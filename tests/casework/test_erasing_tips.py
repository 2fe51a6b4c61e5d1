"""CW-22 for anonymous reports: two persons erase them, the reporter can object, and figures stay true."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, insert, select

from casework.access import ALL_RIGHTS
from casework.desk import Desk
from casework.erasing_tips import erase_tip, propose_erasure
from casework.errors import (
    ErasedError,
    HoldError,
    MailboxError,
    NotFoundError,
    SecondPersonError,
)
from casework.keyring import open_key
from casework.letting_in import let_in
from casework.reporting import Intake, new_receipt
from casework.retention import report_retention, retention_rules
from casework.store.tips import tip_keys, tip_tombstones
from casework.tables import metadata, tip, tip_key, tip_message, tip_tombstone
from casework.tips import answer_tip, list_tips, open_case_from, read_tip, reasons
from casework.tombstone import read_tip_tombstone
from console.office import Office
from tests.casework.conftest import START, Clock
from tests.casework.test_cw_11_access import entries, faults
from tests.casework.test_cw_21_intake import TOLD, intake, receipt
from tests.casework.test_desk import SignIn, opening, said
from tests.support.network import postgresql_when_slow

pytestmark = postgresql_when_slow
__all__ = ["intake", "receipt"]
FIRST_DAY = date(2026, 4, 7)  # the week of START ends on 8 March


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


@pytest.fixture
def two(desk: SignIn, receipt: str) -> tuple[Desk, Desk, str]:
    """Two who take reports in, and the name of a report."""
    assert receipt
    focal = desk("country_focal_point")
    (report,) = list_tips(focal)
    return focal, desk("survivor_advocate"), report.name


def test_one_proposes_the_reporter_is_told_and_another_erases(
    office: Office, two: tuple[Desk, Desk, str], intake: Intake, receipt: str, clock: Clock
) -> None:
    focal, advocate, name = two

    assert propose_erasure(focal, name) == FIRST_DAY
    (_, told) = intake.read(receipt)
    assert "not before 2026-04-07" in told.text
    with pytest.raises(SecondPersonError):
        erase_tip(focal, name)
    with pytest.raises(HoldError, match="2026-04-07"):
        erase_tip(advocate, name)
    assert entries(office)[-1].act == "denied"
    clock.now = START.replace(month=4, day=7)
    erase_tip(advocate, name)

    assert list_tips(focal) == ()
    with pytest.raises(NotFoundError):
        read_tip(advocate, name)
    with pytest.raises(MailboxError, match="erased"):
        intake.read(receipt)
    with office.database.read() as connection:
        assert [connection.execute(select(one)).all() for one in (tip, tip_key, tip_message)] == [[], [], []]
        (stone,) = (read_tip_tombstone(one.payload) for one in tip_tombstones(connection))
    assert stone[:7] == ("CMR", 2026, ("detention",), ("afraid", "useless"), 2, False, "survivor-advocate")
    assert faults(office) == []


def test_figures_are_what_they_were(two: tuple[Desk, Desk, str], intake: Intake, clock: Clock) -> None:
    focal, advocate, name = two
    intake.tell(new_receipt(), replace(TOLD, country="SSD"))
    before = reasons(focal), reasons(focal, "CMR")
    propose_erasure(focal, name)
    clock.now += timedelta(days=60)
    erase_tip(advocate, name)

    assert (reasons(focal), reasons(focal, "CMR")) == before


def test_a_reporter_who_writes_keeps_the_report(
    two: tuple[Desk, Desk, str], intake: Intake, receipt: str, clock: Clock
) -> None:
    focal, advocate, name = two
    with pytest.raises(HoldError, match="nobody has proposed"):
        erase_tip(advocate, name)
    propose_erasure(focal, name)
    clock.now += timedelta(days=60)
    intake.write(receipt, "Please keep it.")
    with pytest.raises(HoldError, match="since the reporter last wrote"):
        erase_tip(advocate, name)
    propose_erasure(focal, name)
    answer_tip(advocate, name, "It is to be erased all the same.")
    clock.now += timedelta(days=60)

    erase_tip(advocate, name)
    assert list_tips(focal) == ()


def test_a_legal_hold_on_the_case_that_was_opened_from_it_keeps_it(
    office: Office, desk: SignIn, two: tuple[Desk, Desk, str], clock: Clock
) -> None:
    focal, advocate, name = two
    adviser = desk("legal_adviser")
    opened = opening()
    uid = open_case_from(focal, name, type(opened)(opened.kind, opened.when, opened.fields, sources=(name,)))
    for one in ("survivor-advocate", "legal-adviser"):
        let_in(focal, uid, one, ALL_RIGHTS, "works on it")
    adviser.say(uid, said("legal_hold_set", reason="a court may ask for it"))
    propose_erasure(focal, name)
    clock.now += timedelta(days=60)
    with pytest.raises(HoldError, match="legal hold"):
        erase_tip(advocate, name)
    adviser.say(uid, said("legal_hold_lifted", reason="over"))

    erase_tip(advocate, name)
    with office.database.read() as connection:
        assert [read_tip_tombstone(one.payload).had_case for one in tip_tombstones(connection)] == [True]
    assert faults(office) == []


def test_an_old_copy_opens_nothing_once_the_month_has_turned(
    office: Office, two: tuple[Desk, Desk, str], clock: Clock
) -> None:
    focal, advocate, name = two
    with office.database.read() as connection:
        copies = tip_keys(connection)
    propose_erasure(focal, name)
    clock.now += timedelta(days=60)
    erase_tip(advocate, name)
    office.turn()

    own = next(one for one in copies if one.officer_id == focal.officer.officer_id)
    with pytest.raises(ErasedError):
        open_key(office.epochs().keys, focal.unlocked, own)


def test_who_takes_no_reports_in_erases_none(desk: SignIn, two: tuple[Desk, Desk, str]) -> None:
    owner, name = desk("accountability_officer"), two[2]
    for attempt in (propose_erasure, erase_tip):
        with pytest.raises(NotFoundError):
            attempt(owner, name)


def test_time_warns_and_erases_nothing(two: tuple[Desk, Desk, str], clock: Clock) -> None:
    focal, _, name = two
    (report,) = list_tips(focal)
    assert report.last_day == date(2026, 3, 8)
    for day, warning in ((date(2027, 12, 1), None), (date(2027, 12, 9), 90), (date(2028, 3, 8), 0)):
        found = report_retention(report.last_day, day, retention_rules())
        assert (found.what, found.on, found.warning) == ("erase", date(2028, 3, 8), warning)
    clock.now = START.replace(year=2028)
    propose_erasure(focal, name)
    assert list_tips(focal)[0].last_day == date(2026, 3, 8)  # a proposal gives no more time


@pytest.mark.parametrize("what", ["tombstone dropped", "tombstone made up", "message back", "report dropped"])
def test_what_an_administrator_does_is_found(
    office: Office, two: tuple[Desk, Desk, str], clock: Clock, what: str
) -> None:
    focal, advocate, name = two
    with office.database.read() as connection:
        rows = {one: connection.execute(select(one)).mappings().all() for one in (tip, tip_message)}
    propose_erasure(focal, name)
    clock.now += timedelta(days=60)
    if what != "report dropped":
        erase_tip(advocate, name)
    with office.database.write() as connection:
        if what == "tombstone dropped":
            connection.execute(delete(tip_tombstone))
        elif what == "tombstone made up":
            connection.execute(insert(tip_tombstone).values(id=2, payload=b"{}", signature=bytes(64)))
        elif what == "message back":
            for table, before in rows.items():
                connection.execute(insert(table), [dict(one) for one in before])
        else:
            for table in (tip_key, tip_message, tip):
                connection.execute(delete(table))

    assert faults(office)


def test_a_tombstone_tells_nobody_which_report_it_was(
    office: Office, two: tuple[Desk, Desk, str], clock: Clock
) -> None:
    focal, advocate, name = two
    uid = list_tips(focal)[0].uid
    propose_erasure(focal, name)
    clock.now += timedelta(days=60)
    erase_tip(advocate, name)

    with office.database.read() as connection:
        for table in metadata.tables.values():
            for row in connection.execute(select(table)):
                held = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
                assert uid.encode() not in held
                assert bytes.fromhex(uid) not in held
                assert name.encode() not in held
