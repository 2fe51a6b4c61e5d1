"""Whichever write goes wrong as documents are signed, kept back, taken: all of it is there or nothing, and sound."""

import signal
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from casework.answering import send
from casework.desk import Desk
from casework.errors import AuditError, CaseInputError, CaseStoreError
from casework.joining import confirm, withdraw
from casework.posting import Placed, listed
from casework.publishing import Us, propose, publish, revoke
from casework.signedfile import read_line
from casework.store.post import Cursor, all_posted, cursor_of
from casework.taking import begin, take_page
from console.home import Home
from console.office import Office
from crypto.signing import Signer
from node.config import new_settings
from tests.casework.test_desk import said
from tests.federation.test_case_documents import answered, hit, joined
from tests.support.case_documents import Linked
from tests.support.faults import Flavour, failing_at
from tests.support.network import NOW, Network, postgresql_when_slow
from tests.support.processes import exit_code

FEWEST_WRITES, MOST_WRITES = 3, 30  # that any of the works needs
SLOW = pytest.mark.slow
Do = Callable[[Desk, Us], object]


class Work(NamedTuple):
    """What is done at the first organization, by whom, and what lies there in the end that did not before.

    Attributes:
        officer: Who does it.
        prepare: Brings the organizations to where it can be done.
        do: Does it.
        event: Kind of the event that stands in the case afterwards; empty for none.
        rows: Type, number and whether it is kept back, of each document of that organization.
    """

    officer: str
    prepare: Callable[[Linked], object]
    do: Do
    event: str
    rows: list[tuple[str, int, int]]


def the_case(desk: Desk) -> str:
    (uid,) = desk.uids()
    return uid


def proposes(line: Linked) -> None:
    a = line["aid-a"]
    propose(a.ops, a.open("a" * 16, incident="2026-11-18"))


def both_publish(line: Linked) -> None:
    hit(line["aid-a"])
    hit(line["aid-b"])
    line.exchange()


def both_confirm(line: Linked) -> None:
    joined(line, "aid-a", "aid-b")


def is_answered(line: Linked) -> None:
    answered(line)


def publishes(desk: Desk, us: Us) -> None:
    publish(desk, the_case(desk), us, "none")


def revokes(desk: Desk, us: Us) -> None:
    revoke(desk, the_case(desk), us)


def holds(desk: Desk, _us: Us) -> None:
    desk.say(the_case(desk), said("hold_set", "2026-11-19", reason="safety", review_on=desk.today))


def confirms(desk: Desk, us: Us) -> None:
    confirm(desk, the_case(desk), us, "aid-b")


def withdraws(desk: Desk, us: Us) -> None:
    withdraw(desk, the_case(desk), us, "aid-b")


def sends(desk: Desk, us: Us) -> None:
    send(desk, the_case(desk), us)


def answered_and_unsent(line: Linked) -> None:
    ours, _ = joined(line, "aid-a", "aid-b")
    a = line["aid-a"]
    a.ops.say(
        ours,
        said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="SSD"),
        said(
            "letter_sent",
            "2026-11-19",
            letter="L1",
            kind="note_verbale",
            counterpart="C1",
            document="ab" * 32,
            co_senders=("aid-b",),
        ),
        said("answer_received", "2026-11-20", answer="A1", letter="L1", kind="reply"),
    )


SUMMARY, JOINT = ("case-status", 1, 0), ("joint-case", 1, 0)
WORKS = {
    "publish": Work("boss", proposes, publishes, "released", [SUMMARY]),
    "revoke": Work("ops", both_publish, revokes, "release_withdrawn", [("case-status-revocation", 2, 0)]),
    "keep back": Work("ops", both_confirm, holds, "hold_set", [("case-status", 1, 1), ("joint-case", 1, 1)]),
    "confirm": Work("ops", both_publish, confirms, "joint_confirmed", [SUMMARY, JOINT]),
    "send": Work("ops", answered_and_unsent, sends, "", [SUMMARY, ("joint-answer", 1, 0), JOINT]),
    "withdraw": Work(
        "ops", is_answered, withdraws, "joint_withdrawn", [SUMMARY, ("joint-case-withdrawal", 2, 0)]
    ),
}


@pytest.fixture
def line(network: Network, tmp_path: Path) -> Iterator[Linked]:
    made = Linked(network, tmp_path, "aid-a", "aid-b")
    yield made
    made.close()


def rows(line: Linked) -> list[tuple[str, int, int]]:
    with line["aid-a"].office.database.read() as connection:
        ours = [one for one in all_posted(connection) if one.origin == "aid-a"]
    types = (read_line(one.line).payload_type.removeprefix("application/vnd.tocsin.") for one in ours)
    return sorted(
        (kind.partition(".")[0], one.number, one.kept_back) for kind, one in zip(types, ours, strict=True)
    )


def is_done(line: Linked, work: Work) -> bool:
    """Whether it is done; it is done whole or not at all."""
    case = line["aid-a"].ops.read(the_case(line["aid-a"].ops))
    there = rows(line) == sorted(work.rows)
    assert not work.event or len(list(case.of(work.event))) == there
    return there


@pytest.mark.parametrize(
    "name", [one if one == "publish" else pytest.param(one, marks=SLOW) for one in WORKS]
)
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
@postgresql_when_slow
def test_a_write_that_fails_leaves_all_of_it_or_nothing(line: Linked, name: str, flavour: Flavour) -> None:
    work, a = WORKS[name], line["aid-a"]
    work.prepare(line)
    for number in range(MOST_WRITES):
        with failing_at(a.office.database.store, number, flavour), suppress(CaseStoreError, AuditError):
            work.do(a.desks[work.officer], a.us)
        assert line.faults("aid-a") == []
        if is_done(line, work):
            break
    assert FEWEST_WRITES <= number < MOST_WRITES - 1
    if name != "keep back":  # a case may be put on hold once more
        with nullcontext() if name == "send" else pytest.raises(CaseInputError):
            work.do(a.desks[work.officer], a.us)
        assert is_done(line, work)


class Job(NamedTuple):
    """What a process of its own is to do, and at which write it is killed."""

    folder: Path
    url: str
    now: datetime
    officer: str
    seed: bytes
    do: Do
    number: int
    flavour: Flavour


def perform(job: Job) -> None:
    """Do it; runs in that process."""
    settings = new_settings(org_id="aid-a", org_type="INGO", database_url=job.url)
    office = Office(Home(job.folder, settings), lambda: job.now)
    desk = office.desk(job.officer, None)
    with failing_at(office.database.store, job.number, job.flavour):
        job.do(desk, Us("aid-a", Signer(job.seed), bytes(range(32))))


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_a_process_that_is_killed_leaves_all_of_it_or_nothing(
    line: Linked, name: str, flavour: Flavour
) -> None:
    work, a = WORKS[name], line["aid-a"]
    work.prepare(line)
    url = line.nodes["aid-a"].store.engine.url.render_as_string(hide_password=False)
    for number in range(MOST_WRITES):
        job = Job(a.office.home.path, url, NOW, work.officer, a.us.signer.seed, work.do, number, flavour)
        ended = exit_code(perform, job)
        assert line.faults("aid-a") == []
        if is_done(line, work):
            break
        assert ended == -signal.SIGKILL
    assert FEWEST_WRITES <= number < MOST_WRITES - 1


@dataclass(frozen=True)
class Takes:
    """Take a page of the first organization, at the second."""

    page: tuple[Placed, ...]
    known: dict[str, tuple[bytes, ...]]

    def keys(self) -> dict[str, tuple[bytes, ...]]:
        """Who belongs to the network."""
        return self.known

    def __call__(self, desk: Desk, _us: Us) -> None:
        """Take it, whatever was taken before."""
        cursor = begin(desk.database, "aid-a", desk.today)._replace(to_all=0)
        take_page(desk.database, self, "aid-b", "aid-a", self.page, cursor, to_us=False, today=desk.today)


@pytest.mark.parametrize(
    "flavour",
    [Flavour.REFUSED, *(pytest.param(one, marks=SLOW) for one in Flavour if one is not Flavour.REFUSED)],
)
@postgresql_when_slow
def test_a_page_is_taken_whole_with_its_cursor_or_not_at_all(line: Linked, flavour: Flavour) -> None:
    both_publish(line)
    a, b = line["aid-a"], line["aid-b"]
    for ref in ("d" * 16, "e" * 16):
        a.publish(a.open(ref, incident="2026-11-18"))
    page = listed(a.office.database, "", 0, 100, a.ops.today).documents
    takes, at = Takes(page, dict(line.keys())), Cursor()
    for number in range(MOST_WRITES):
        if flavour in {Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED}:
            with failing_at(b.office.database.store, number, flavour), suppress(CaseStoreError):
                takes(b.ops, b.us)
        else:
            url = line.nodes["aid-b"].store.engine.url.render_as_string(hide_password=False)
            exit_code(
                perform, Job(b.office.home.path, url, NOW, "ops", b.us.signer.seed, takes, number, flavour)
            )
        with b.office.database.read() as connection:
            held = sum(one.origin == "aid-a" for one in all_posted(connection))
            at = cursor_of(connection, "aid-a")
        assert (held, at.to_all) in {(1, 1), (3, 3)}
        if held == 3:
            break
    assert FEWEST_WRITES <= number < MOST_WRITES - 1
    assert at == Cursor(3, 0, "2026-11")
    assert line.faults("aid-b") == []
    assert line.fetch("aid-b", line.nodes["aid-a"]).outcomes == ()
