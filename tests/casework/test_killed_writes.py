"""Whichever write is the last thing that a process does, an office is sound and the work can be done again."""

import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from casework.access import ALL_RIGHTS
from casework.custody import collect, content_of, destroy
from casework.desk import Desk
from casework.erasing import erase, graves
from casework.evidence import items
from casework.letting_in import let_in
from casework.retention import retention_rules
from casework.store.evidence import evidence_files
from console.home import Home
from console.office import Office
from node.config import new_settings
from tests.casework.conftest import Clock
from tests.casework.test_cw_11_access import faults
from tests.casework.test_desk import SignIn, opening, said
from tests.support.faults import Flavour, failing_at
from tests.support.processes import exit_code

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True),
]
MOST_WRITES = 40
CONTENT = b"what was found" * 9


class Job(NamedTuple):
    """What a process is to do to an office, and at which write it is killed."""

    folder: Path
    url: str
    now: datetime
    officer_id: str
    work: Callable[[Office, Desk], None]
    number: int
    flavour: Flavour


def the_case(desk: Desk) -> str:
    (uid,) = desk.uids()
    return uid


def adds_evidence(office: Office, desk: Desk) -> None:
    photo = said("evidence_added", evidence="E2", kind="photograph", copy="original")
    collect(desk, office.vault, the_case(desk), [CONTENT], photo)


def lets_in(_office: Office, desk: Desk) -> None:
    let_in(desk, the_case(desk), "legal-adviser", ALL_RIGHTS, "advice")


def destroys_evidence(office: Office, desk: Desk) -> None:
    destroy(desk, office.vault, the_case(desk), "E1", "duplicate")


def erases(office: Office, desk: Desk) -> None:
    uid = the_case(desk)
    proposal = desk.read(uid).last("erasure_proposed")
    assert proposal is not None
    erase(desk, office.vault, uid, proposal.event_id)


def turns(office: Office, _desk: Desk) -> None:
    office.turn()


def perform(job: Job) -> None:
    """Do it; runs in a process of its own."""
    settings = new_settings(org_id="first-aid", org_type="INGO", database_url=job.url)
    office = Office(Home(job.folder, settings), lambda: job.now)
    # An office turns by itself when somebody signs in; here the work comes first.
    office.turn, turn = (lambda: ()), office.turn  # type: ignore[method-assign]
    desk = office.desk(job.officer_id, None)
    office.turn = turn  # type: ignore[method-assign]
    with failing_at(office.database.store, job.number, job.flavour):
        job.work(office, desk)


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
@pytest.mark.parametrize(
    ("work", "role"),
    [
        (adds_evidence, "accountability_officer"),
        (lets_in, "accountability_officer"),
        (destroys_evidence, "approver"),
        (erases, "approver"),
        (turns, "approver"),
    ],
)
def test_work_that_is_killed_at_one_write_after_the_other_ends_whole(
    office: Office,
    database_url: str,
    desk: SignIn,
    clock: Clock,
    work: Callable[[Office, Desk], None],
    role: str,
    flavour: Flavour,
) -> None:
    owner = desk("accountability_officer")
    desk("legal_adviser")
    uid = owner.open_case(opening())
    let_in(owner, uid, "approver", ALL_RIGHTS, "second person")
    photo = said("evidence_added", evidence="E1", kind="photograph", copy="original")
    collect(owner, office.vault, uid, [CONTENT], photo)
    owner.say(uid, said("erasure_proposed", groups="all", reason="asked for", when="2026-03-01"))
    clock.now += timedelta(days=retention_rules().grace_days + 1)
    office_id = role.replace("_", "-")

    for number in range(MOST_WRITES):
        done = exit_code(
            perform, Job(office.home.path, database_url, clock.now, office_id, work, number, flavour)
        )
        assert faults(office) == []
        if done == 0 or is_done(office, desk(role), work):
            break
        assert done == -signal.SIGKILL
    assert 1 <= number < MOST_WRITES - 1
    assert is_done(office, desk(role), work)
    clock.now += timedelta(days=2)
    office.turn()
    assert faults(office) == []
    kept = {one.name for one in office.vault.folder.iterdir()}
    with office.database.read() as connection:
        known = {one.file for one in evidence_files(connection)}
    assert known <= kept


def is_done(office: Office, desk: Desk, work: Callable[[Office, Desk], None]) -> bool:
    if work is erases:
        return len(graves(office.database)) == 1
    if work is turns:
        return [one.name for one in (office.home.path / "keys").glob("epoch-*")] == ["epoch-2026-04.key"]
    case = desk.read(the_case(desk))
    if work is lets_in:
        return office.desk("legal-adviser", None).uids() == (case.uid,)
    if work is destroys_evidence:
        return items(case)[0].is_destroyed
    found = [one for one in items(case) if one.id == "E2"]
    return bool(found) and b"".join(content_of(desk, office.vault, case.uid, "E2", "x")) == CONTENT
