"""CW-21: somebody tells anonymously, comes back with a receipt, and talks with the office; of them nothing is kept."""

import logging
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from casework.errors import (
    ActionError,
    AuditError,
    CaseworkError,
    FieldError,
    IntakeError,
    MailboxError,
    NotFoundError,
    ReceiptError,
    TamperedError,
)
from casework.letting_in import let_in
from casework.mailbox import DIGITS, RECEIPTS, make_receipt, open_mailbox, read_receipt
from casework.reporting import Intake, new_receipt
from casework.tables import metadata, tip, tip_message
from casework.tip import CASE_OPENED, REPORTER, Tip, week_of
from casework.tips import answer_tip, list_tips, open_case_from, read_tip, reasons
from console.home import Home
from console.office import Office
from crypto.keyfile import MIN_COST
from node.config import new_settings
from tests.casework.conftest import Clock
from tests.casework.test_cw_11_access import entries, faults
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at
from tests.support.processes import exit_code

SALT = bytes(16)
ACCOUNT = "canary-account-5c1e: they took the vehicle"
PHOTO = b"\xff\xd8\xff\xe1\x00\x1cExif\x00\x00canary-camera-5c1e" + bytes(99) + b"\xff\xd9"
TOLD = Tip(ACCOUNT, "CMR", "2026-02", ("detention",), ("afraid", "useless"))


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


@pytest.fixture
def intake(office: Office, desk: SignIn) -> Intake:
    """An office that takes in reports: a country focal point and a survivor advocate."""
    desk("country_focal_point"), desk("survivor_advocate")
    return office.intake(MIN_COST)


@pytest.fixture
def receipt(intake: Intake) -> str:
    """Of a report that was told."""
    shown = new_receipt()
    intake.tell(shown, TOLD)
    return shown


class NoDatabase:
    """Fails whoever looks something up."""

    def __getattr__(self, name: str) -> None:
        pytest.fail(f"{name}: looked up")


# --- the receipt ----------------------------------------------------------------------------------------------------


def test_the_check_digit_is_that_of_the_standard() -> None:
    """The usual example of ISO/IEC 7812-1, with zeros in front."""
    assert read_receipt("0" * 9 + "79927398713") == "0" * 9 + "79927398713"
    assert make_receipt(7992739871) == "00000 00007 99273 98713"


@given(st.integers(0, RECEIPTS - 1), st.integers(0, DIGITS - 1), st.integers(1, 9))
def test_a_receipt_reads_back_and_one_wrong_digit_never_does(number: int, at: int, more: int) -> None:
    shown = make_receipt(number)
    digits = read_receipt(shown.replace(" ", "-") + "\n")
    wrong = digits[:at] + str((int(digits[at]) + more) % 10) + digits[at + 1 :]

    assert digits == shown.replace(" ", "")
    with pytest.raises(ReceiptError, match="mistyped"):
        read_receipt(wrong)


@pytest.mark.parametrize("text", ["", "12345", "1" * 21, "x" * 20, "\u0661" * 20])
def test_what_is_no_receipt_gets_a_clear_error_without_a_look_up(text: str, office: Office) -> None:
    intake = Intake(NoDatabase(), office.epochs, SALT, cost=MIN_COST)  # type: ignore[arg-type]

    for attempt in (
        lambda: intake.read(text),
        lambda: intake.write(text, "words"),
        lambda: intake.tell(text, TOLD),
    ):
        with pytest.raises(ReceiptError, match="receipt: "):
            attempt()


def test_another_office_derives_another_mailbox() -> None:
    shown = make_receipt(1)
    one, other = open_mailbox(shown, SALT, MIN_COST), open_mailbox(shown, b"x" * 16, MIN_COST)

    assert one.mailbox_id == open_mailbox(shown, SALT, MIN_COST).mailbox_id
    assert one.mailbox_id != other.mailbox_id
    assert one.reporter.ring_key != other.reporter.ring_key


def test_receipts_come_from_chance() -> None:
    assert len({new_receipt() for _ in range(50)}) == 50


# --- two ways -------------------------------------------------------------------------------------------------------


def test_a_reporter_and_the_office_talk(office: Office, desk: SignIn, intake: Intake, receipt: str) -> None:
    focal, advocate = desk("country_focal_point"), desk("survivor_advocate")

    (report,) = list_tips(focal)
    assert report.tip == TOLD
    assert report.waits
    answer_tip(focal, report.name, "Are you safe?")
    intake.write(receipt, "I am.", PHOTO)

    read = read_tip(advocate, report.name.lower())
    assert [(one.author, one.text) for one in read.messages] == [
        (REPORTER, ACCOUNT),
        ("country-focal-point", "Are you safe?"),
        (REPORTER, "I am."),
    ]
    assert read.messages[2].file == PHOTO
    assert [(one.author, one.text) for one in intake.read(receipt)] == [
        (REPORTER, ACCOUNT),
        ("", "Are you safe?"),
        (REPORTER, "I am."),
    ]
    assert faults(office) == []


def test_a_lost_receipt_can_not_be_restored_and_the_text_says_so(intake: Intake, receipt: str) -> None:
    other = make_receipt((int(read_receipt(receipt)[:-1]) + 1) % RECEIPTS)
    for attempt in (lambda: intake.read(other), lambda: intake.write(other, "words")):
        with pytest.raises(
            MailboxError, match=r"Please look.*lost receipt can not be restored.*report again"
        ):
            attempt()


def test_without_anybody_who_takes_reports_in_nothing_is_kept(office: Office, desk: SignIn) -> None:
    desk("accountability_officer")
    intake = office.intake(MIN_COST)

    with pytest.raises(IntakeError, match="nothing was kept"):
        intake.look_at(TOLD)
    with pytest.raises(IntakeError, match="nothing was kept"):
        intake.tell(new_receipt(), TOLD)
    with office.database.read() as connection:
        assert connection.execute(select(tip)).all() == []


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("account", " "),
        ("account", "x" * 20_001),
        ("country", "Cameroon"),
        ("month", "2026-02-03"),
        ("month", "2026-13"),
        ("month", "2026-04"),
        ("what", ()),
        ("what", ("nothing",)),
        ("not_reported", ("lazy",)),
        ("not_reported", ("no_answer", "afraid")),
    ],
)
def test_bad_input_names_its_field_and_keeps_nothing(
    office: Office, intake: Intake, field: str, wrong: str | tuple[str, ...]
) -> None:
    fields = {
        "account": ACCOUNT,
        "country": "CMR",
        "month": "2026-02",
        "what": ("detention",),
        "not_reported": ("afraid",),
    }
    bad = Tip(**{**fields, field: wrong})  # type: ignore[arg-type]

    with pytest.raises(FieldError, match=field):
        intake.tell(new_receipt(), bad)
    with office.database.read() as connection:
        assert connection.execute(select(tip)).all() == []


def test_who_takes_no_reports_in_finds_none(office: Office, desk: SignIn, receipt: str) -> None:
    assert receipt
    owner, focal = desk("accountability_officer"), desk("country_focal_point")
    name = list_tips(focal)[0].name

    assert list_tips(owner) == ()
    assert reasons(owner) == ()
    told = []
    for reference in (name, "T-00000000"):
        for attempt in (lambda one: read_tip(owner, one), lambda one: answer_tip(owner, one, "words")):
            with pytest.raises(NotFoundError) as refusal:
                attempt(reference)
            told.append(str(refusal.value))
    assert set(told) == {"there is no such report"}
    assert [one.act for one in entries(office)][-4:] == ["denied"] * 4


def test_every_read_of_an_officer_is_written_down_first(
    office: Office, desk: SignIn, intake: Intake, receipt: str
) -> None:
    focal = desk("country_focal_point")
    before = len(entries(office))
    intake.read(receipt)
    assert len(entries(office)) == before

    report = list_tips(focal)[0]
    answer_tip(focal, report.uid, "Yes.")
    assert [(one.officer, one.act) for one in entries(office)[before:]] == [
        ("country-focal-point", "tip_read"),
        ("country-focal-point", "tip_answer"),
    ]
    with failing_at(office.database.store, 0, Flavour.REFUSED), pytest.raises(AuditError):
        read_tip(focal, report.uid)


# --- replays --------------------------------------------------------------------------------------------------------


def test_replays_write_nothing_twice(desk: SignIn, intake: Intake) -> None:
    focal, shown = desk("country_focal_point"), new_receipt()
    for _ in range(2):
        intake.tell(shown, TOLD)
    (report,) = list_tips(focal)
    for _ in range(2):
        intake.write(shown, "more", request_id="second")
        answer_tip(focal, report.uid, "thanks", "third")

    assert [one.text for one in intake.read(shown)] == [ACCOUNT, "more", "thanks"]


def test_a_receipt_of_another_report_is_refused(intake: Intake, receipt: str) -> None:
    with pytest.raises(ReceiptError, match="belongs to another report"):
        intake.tell(receipt, TOLD, request_id="another")


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_whatever_write_fails_a_report_is_whole_or_not_there_and_can_be_told_again(
    office: Office, intake: Intake, flavour: Flavour
) -> None:
    shown = new_receipt()
    with failing_at(office.database.store, None, flavour) as writes:
        intake.tell(new_receipt(), TOLD, PHOTO)
    assert writes[-1] == "COMMIT"
    for number in range(len(writes)):
        shown = new_receipt()
        with failing_at(office.database.store, number, flavour), pytest.raises(CaseworkError):
            intake.tell(shown, TOLD, PHOTO)
        if flavour is Flavour.REFUSED or number < len(writes) - 1:
            with pytest.raises(MailboxError):
                intake.read(shown)
        intake.tell(shown, TOLD, PHOTO)
        assert [one.file for one in intake.read(shown)] == [PHOTO]
    with failing_at(office.database.store, None, flavour) as writes:
        intake.write(shown, "more", request_id="all went well")
    for number in range(len(writes)):
        with failing_at(office.database.store, number, flavour), pytest.raises(CaseworkError):
            intake.write(shown, "more", request_id=f"at {number}")
        intake.write(shown, "more", request_id=f"at {number}")
    assert len(intake.read(shown)) == 2 + len(writes)
    assert faults(office) == []


def _tell_and_be_killed(url: str, folder: Path, shown: str, number: int, flavour: Flavour) -> None:
    """In a process of its own: tell, until write `number`."""
    office = Office(
        Home(folder, new_settings(org_id="first-aid", org_type="INGO", database_url=url)), Clock()
    )
    with failing_at(office.database.store, number, flavour):
        office.intake(MIN_COST).tell(shown, TOLD, PHOTO)


@pytest.mark.slow
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_who_is_killed_at_the_commit_tells_again_and_nothing_is_there_twice(
    office: Office, desk: SignIn, intake: Intake, flavour: Flavour
) -> None:
    with failing_at(office.database.store, None, flavour) as writes:
        intake.tell(new_receipt(), TOLD, PHOTO)
    shown, url = new_receipt(), office.database.store.engine.url.render_as_string(hide_password=False)
    job = (url, office.home.path, shown, len(writes) - 1, flavour)

    assert exit_code(_tell_and_be_killed, *job) == -signal.SIGKILL
    assert len(list_tips(desk("country_focal_point"))) == (2 if flavour is Flavour.KILLED_AFTER else 1)
    intake.tell(shown, TOLD, PHOTO)
    assert [one.file for one in intake.read(shown)] == [PHOTO]
    assert len(list_tips(desk("country_focal_point"))) == 2
    assert faults(office) == []


# --- cases, keys and time -------------------------------------------------------------------------------------------


def test_a_case_is_opened_once_and_closing_it_leaves_the_mailbox_open(
    desk: SignIn, intake: Intake, receipt: str
) -> None:
    focal = desk("country_focal_point")
    (report,) = list_tips(focal)
    uid = open_case_from(focal, report.uid, opening())
    with pytest.raises(ActionError, match="before"):
        open_case_from(focal, report.uid, opening())

    let_in(focal, uid, "approver", frozenset({"read", "write"}), "second person")
    desk("approver").say(uid, said("voided", reason="out_of_scope"))
    intake.write(receipt, "one thing more")
    assert [one.text for one in intake.read(receipt)] == [ACCOUNT, CASE_OPENED, "one thing more"]
    assert len(focal.read_all()) == 1
    assert read_tip(focal, report.uid).has_case


def test_keys_follow_who_takes_reports_in(office: Office, desk: SignIn, intake: Intake, receipt: str) -> None:
    focal = desk("country_focal_point")
    later = office.enrol("later", None)
    keys = (later.signer.public_key, later.seal.public_key)
    office.admit(desk("approver"), "later", frozenset({"country_focal_point"}), keys)
    assert list_tips(office.desk("later", None)) == ()

    list_tips(focal)
    assert len(list_tips(office.desk("later", None))) == 1
    office.admit(desk("approver"), "later", frozenset({"legal_adviser"}), keys)
    list_tips(focal)
    office.admit(desk("approver"), "later", frozenset({"country_focal_point"}), keys)
    assert list_tips(office.desk("later", None)) == ()
    assert intake.read(receipt)
    assert faults(office) == []


def test_the_month_turns_and_everybody_still_reads(
    office: Office, desk: SignIn, clock: Clock, intake: Intake, receipt: str
) -> None:
    focal = desk("country_focal_point")
    clock.now += timedelta(days=40)

    assert office.turn() == ("2026-03",)
    assert intake.read(receipt)[0].text == ACCOUNT
    assert list_tips(focal)[0].tip == TOLD
    assert faults(office) == []


@pytest.mark.parametrize("how", ["dropped", "changed", "moved"])
def test_what_an_administrator_does_to_a_message_is_found(
    office: Office, desk: SignIn, intake: Intake, receipt: str, how: str
) -> None:
    intake.write(receipt, "more")
    list_tips(desk("country_focal_point"))
    last = tip_message.c.sequence == 2
    with office.database.write() as connection:
        if how == "dropped":
            connection.execute(tip_message.delete().where(last))
        elif how == "changed":
            connection.execute(update(tip_message).where(last).values(sealed_text=b"x" * 80))
        else:
            connection.execute(update(tip_message).where(last).values(sequence=3))

    assert faults(office)
    if how != "dropped":
        with pytest.raises(TamperedError):
            intake.read(receipt)


def test_why_it_was_not_reported_is_counted_from_reports(desk: SignIn, intake: Intake, receipt: str) -> None:
    assert receipt
    intake.tell(new_receipt(), Tip(ACCOUNT, "MLI", "2026-02", ("detention",)))
    focal = desk("country_focal_point")

    found = {line.name: line.figure for line in reasons(focal)}
    assert found["not reported: afraid"] == (1, 0, 1)
    assert found["not reported: other"] == (0, 1, 1)
    assert {line.figure for line in reasons(focal, "MLI")} == {(0, 0, 1)}


# --- no trace -------------------------------------------------------------------------------------------------------


def test_no_trace_of_who_told_stands_in_database_logs_or_errors(
    office: Office,
    desk: SignIn,
    clock: Clock,
    intake: Intake,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    clock.now = clock.now.replace(hour=11, minute=47, second=13)
    stamp, shown = str(int(clock.now.timestamp())), new_receipt()
    intake.tell(shown, TOLD, PHOTO)
    focal = desk("country_focal_point")
    answer_tip(focal, list_tips(focal)[0].uid, "canary-answer-5c1e")
    intake.write(shown, "canary-more-5c1e", PHOTO)
    intake.read(shown)
    told = [record.getMessage() for record in caplog.records]
    attempts: tuple[Callable[[], object], ...] = (
        lambda: intake.tell(shown, TOLD, request_id="again"),
        lambda: intake.read(make_receipt(1)),
        lambda: read_tip(desk("accountability_officer"), "T-1"),
    )
    for attempt in attempts:
        with pytest.raises(CaseworkError) as refusal:
            attempt()
        told.append(str(refusal.value))
    digits = read_receipt(shown)
    canaries = ("canary-", digits, shown, "127.0.0.1", "Exif\0\0")

    held = "\n".join(told).encode()
    with office.database.read() as connection:
        for name, table in metadata.tables.items():
            for row in connection.execute(select(table)):
                part = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
                assert stamp.encode() not in part or not name.startswith("tip"), name
                held += part
    for file in tmp_path.rglob("*"):
        held += file.read_bytes() if file.is_file() else b""
    for canary in canaries:
        for form in (canary.encode(), canary.encode().hex().encode(), canary.encode("utf-16-le")):
            assert form not in held, canary
    assert ACCOUNT.encode() in str(intake.read(shown)).encode()


def test_of_time_the_week_alone_is_kept(clock: Clock, intake: Intake, receipt: str) -> None:
    assert intake.read(receipt)[0].week == week_of(clock.now.date()) == "2026-W10"
    columns = {column.name for table in (tip, tip_message) for column in table.c}
    assert columns == {
        "id", "uid", "mailbox", "reporter_key", "tip_id", "request", "sequence", "author",
        "sealed_text", "sealed_file", "signature",
    }  # fmt: skip


def test_the_original_of_a_file_is_sealed_as_it_came_and_no_copy_is_said_to_be_made(
    office: Office, desk: SignIn, intake: Intake
) -> None:
    intake.tell(new_receipt(), TOLD, PHOTO)

    assert list_tips(desk("country_focal_point"))[0].messages[0].file == PHOTO
    with office.database.read() as connection:
        sealed = connection.execute(select(tip_message.c.sealed_file)).scalar_one()
    assert b"Exif" not in sealed
    with pytest.raises(FieldError, match="file: has more than 10 MiB"):
        intake.tell(new_receipt(), TOLD, bytes((10 << 20) + 1))
