"""Whichever write of casework goes wrong, and however: nothing is half done, and it can be done again to its end."""

import signal
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest

from casework.board import board
from casework.desk import Desk
from casework.erasing_tips import erase_tip, propose_erasure
from casework.errors import CaseworkError
from casework.glass import taken_note
from casework.importing import import_cases
from casework.intake.rows import write_rows
from casework.mailbox import make_receipt
from casework.officer import RECOVERY
from casework.recovering import notices_for, recover, recoverable, seal_to_recovery
from casework.store.facts import kept_facts
from casework.store.tips import tip_tombstones
from casework.tip import CASE_OPENED
from casework.tips import answer_tip, list_tips, open_case_from
from console import recovery
from console.office import Office
from crypto.keyfile import MIN_COST
from crypto.keyshare import split
from tests.casework.conftest import Clock
from tests.casework.test_cw_11_access import faults
from tests.casework.test_cw_21_intake import PHOTO, TOLD
from tests.casework.test_cw_23_import import INCIDENT
from tests.casework.test_desk import SignIn, opening, said
from tests.casework.test_killed_writes import Job, perform
from tests.support.faults import Flavour, failing_at
from tests.support.processes import exit_code

pytestmark = pytest.mark.slow
FEWEST_WRITES, MOST_WRITES = 2, 60  # a write and its commit at the least
SEED = bytes(range(16))  # of a recovery key that another process can put together too
TOLD_FIRST, TOLD_NOW = make_receipt(1), make_receipt(2)
ASKED = "the same request"
OLD = write_rows([{**INCIDENT, "case_id": name} for name in ("OLD-1", "OLD-2")])
NOTES = ("first", "second", "third")


# --- what is done, and by what one sees that it was; each can be done in another process ---------------------------


def opens(_office: Office, desk: Desk) -> None:
    notes = [said("note", text=text) for text in NOTES]
    desk.open_case(opening(title="opened now"), then=notes, request_id=ASKED)


def opened(_office: Office, desk: Desk) -> object:
    cases = [case for case in desk.read_all() if case.about.text("title") == "opened now"]
    return [[event.text("text") for event in case.of("note")] for case in cases]


def says(_office: Office, desk: Desk) -> None:
    desk.say(desk.uids()[0], *(said("note", text=text) for text in NOTES), request_id=ASKED)


def was_said(_office: Office, desk: Desk) -> object:
    return [event.text("text") for event in desk.read(desk.uids()[0]).of("note")]


def shows_the_board(_office: Office, desk: Desk) -> None:
    board(desk)


def kept(office: Office, desk: Desk) -> object:
    """On how many events kept facts rest, and whether they are those that come out of the events."""
    with office.database.read() as connection:
        found = [one.sequence for one in kept_facts(connection).values()]
    return found, board(desk) == board(desk, valid_as_of=desk.today)


def imports(_office: Office, desk: Desk) -> None:
    import_cases(desk, OLD, lambda: "a1b2")


def imported(_office: Office, desk: Desk) -> object:
    cases = [case for case in desk.read_all() if case.about.text("imported_as")]
    return sorted((case.about.text("imported_as"), len(case.events)) for case in cases)


def tells(office: Office, _desk: Desk) -> None:
    office.intake(MIN_COST).tell(TOLD_NOW, TOLD, PHOTO)


def writes_back(office: Office, _desk: Desk) -> None:
    office.intake(MIN_COST).write(TOLD_FIRST, "more", PHOTO, request_id=ASKED)


def answers(_office: Office, desk: Desk) -> None:
    answer_tip(desk, list_tips(desk)[0].name, "an answer", ASKED)


def opens_from_a_report(_office: Office, desk: Desk) -> None:
    (report, *_) = list_tips(desk)
    if not report.has_case:
        open_case_from(desk, report.name, opening(title="opened now"))


def reports(_office: Office, desk: Desk) -> object:
    told = [[(one.text, bool(one.file)) for one in report.messages] for report in list_tips(desk)]
    return told, len(desk.uids())


def seals(_office: Office, desk: Desk) -> None:
    seal_to_recovery(desk)


def sealed(office: Office, desk: Desk) -> object:
    return recoverable(recovery.recovery_desk(office, SHARES)) == desk.uids()


def recovers(office: Office, _desk: Desk) -> None:
    key = recovery.recovery_desk(office, SHARES)
    if not office.desk("legal-adviser", None).uids():
        recover(key, recoverable(key), "legal-adviser", "nobody else can", "shares 1, 2, 3")


def recovered(office: Office, _desk: Desk) -> object:
    adviser = office.desk("legal-adviser", None)
    return [[event.text("to") for event in case.of("break_glass")] for case in adviser.read_all()]


def takes_note(_office: Office, desk: Desk) -> None:
    for notice in notices_for(desk):
        desk.say(notice.case, taken_note(notice, desk.today))


def noted(_office: Office, desk: Desk) -> object:
    return [[event.kind for event in case.of("break_glass", "break_glass_seen")] for case in desk.read_all()]


def erases_a_report(_office: Office, desk: Desk) -> None:
    for report in list_tips(desk)[:1]:
        erase_tip(desk, report.name)


def report_erased(office: Office, desk: Desk) -> object:
    with office.database.read() as connection:
        return len(list_tips(desk)), len(tip_tombstones(connection))


class Work(NamedTuple):
    """Something that an officer does, how one looks at it, and what one sees once it is done."""

    do: Callable[[Office, Desk], None]
    look: Callable[[Office, Desk], object]
    seen: object
    role: str


OWNER, FOCAL, ADVOCATE = "accountability_officer", "country_focal_point", "survivor_advocate"
FIRST = (TOLD.account, False)
WORKS = (
    Work(opens, opened, [[*NOTES]], OWNER),
    Work(says, was_said, [*NOTES], OWNER),
    Work(shows_the_board, kept, ([1, 1], True), OWNER),
    Work(imports, imported, [("OLD-1", 8), ("OLD-2", 8)], OWNER),
    Work(tells, reports, ([[FIRST], [(TOLD.account, True)]], 0), FOCAL),
    Work(writes_back, reports, ([[FIRST, ("more", True)]], 0), FOCAL),
    Work(answers, reports, ([[FIRST, ("an answer", False)]], 0), FOCAL),
    Work(opens_from_a_report, reports, ([[FIRST, (CASE_OPENED, False)]], 1), FOCAL),
    Work(seals, sealed, True, OWNER),
    Work(recovers, recovered, [["legal-adviser"], ["legal-adviser"]], OWNER),
    Work(takes_note, noted, [["break_glass", "break_glass_seen"]] * 2, OWNER),
    Work(erases_a_report, report_erased, (0, 1), ADVOCATE),
)
KEYS = recovery._public(recovery._unlocked(SEED))
SHARES = split(SEED, 3, 5, recovery._set_id(KEYS))


@pytest.fixture(params=WORKS, ids=lambda work: work.do.__name__)
def work(request: pytest.FixtureRequest) -> Work:
    found: Work = request.param
    return found


@pytest.fixture
def ready(office: Office, desk: SignIn, clock: Clock, work: Work) -> Desk:
    """The desk of who does it, in an office where it can be done and was not."""
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)
    owner, focal = desk(OWNER), desk(FOCAL)
    desk(ADVOCATE)
    desk("legal_adviser")
    if work.do is seals:
        owner.open_case(opening())
        owner.open_case(opening())
    office.admit(desk("approver"), "recovery-1", frozenset({RECOVERY}), KEYS)
    if work.do is not seals:
        owner.open_case(opening())
        owner.open_case(opening())
    office.intake(MIN_COST).tell(TOLD_FIRST, TOLD)
    if work.do is takes_note:
        recover(recovery.recovery_desk(office, SHARES), owner.uids(), "legal-adviser", "nobody else can")
    if work.do is erases_a_report:
        propose_erasure(focal, list_tips(focal)[0].name)
        clock.now += timedelta(days=60)
        office.turn()
    ready = office.desk(work.role.replace("_", "-"), None)
    if work.do is not shows_the_board:  # to look at it makes it
        assert work.look(office, ready) != work.seen
    return ready


def assert_done_once(office: Office, work: Work, desk: Desk) -> None:
    assert work.look(office, desk) == work.seen
    work.do(office, desk)  # once more, though nothing is left to do
    assert work.look(office, desk) == work.seen
    assert faults(office) == []


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_work_in_which_one_write_after_the_other_fails_ends_whole(
    office: Office, work: Work, ready: Desk, flavour: Flavour
) -> None:
    for number in range(MOST_WRITES):
        with failing_at(office.database.store, number, flavour):
            try:
                work.do(office, ready)
                break
            except CaseworkError:
                assert faults(office) == []
    assert FEWEST_WRITES <= number < MOST_WRITES - 1
    assert_done_once(office, work, ready)


@pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_work_that_is_killed_at_one_write_after_the_other_ends_whole(
    office: Office, database_url: str, clock: Clock, work: Work, ready: Desk, flavour: Flavour
) -> None:
    name = ready.officer.officer_id
    for number in range(MOST_WRITES):
        done = exit_code(
            perform, Job(office.home.path, database_url, clock.now, name, work.do, number, flavour)
        )
        assert faults(office) == []
        if done == 0:
            break
        assert done == -signal.SIGKILL
    assert FEWEST_WRITES <= number < MOST_WRITES - 1
    assert_done_once(office, work, ready)
