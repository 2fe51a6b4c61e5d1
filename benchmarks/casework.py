"""Casework at size (CW-25): all cases beside a bare scan of their events, a long case beside its decryption."""

import gc
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from benchmarks.clock import Timings, in_turns, ratio
from benchmarks.lab import Lab
from benchmarks.table import Line, at_most
from casework.board import board
from casework.chain import place
from casework.desk import Desk
from casework.event import Statement
from casework.figures.indicators import Scope, measure
from casework.span import Basis, Span, on
from casework.store.events import case_id_of, events_of
from casework.tables import case_event
from casework.values import Value
from casework.vocabulary import Group
from console.home import Home
from console.office import Office
from crypto.cell import open_cell
from node.config import new_settings

EVENTS_OF_A_CASE = 20
EVENTS_OF_A_LONG_CASE = 500
ROUNDS = 5
MAX_OVER_SCAN = 5.0
MAX_OVER_DECRYPTION = 3.0
_STATES = ("AFG", "COD", "MLI", "SDN", "SSD", "SYR", "YEM")


def lines(lab: Lab) -> Iterator[Line]:
    """Make cases, look at all of them twice, and open a long one."""
    cases = lab.sizes[0] // 10 if len(lab.sizes) == 1 else 10_000
    desk = _office(lab.folder())
    long = _fill(desk, cases)
    board(desk)  # the first look of a day makes the facts
    gc.collect()
    gc.freeze()  # what filling has left is in no officer's process
    times = in_turns(ROUNDS, scan=lambda: _scan(desk), figures=lambda: _figures(desk))
    yield _line(f"board, work list, indicators: {cases:,} cases", times, "figures", "scan", MAX_OVER_SCAN)
    times = in_turns(ROUNDS * 3, decrypt=lambda: _decrypt(desk, long), read=lambda: desk.read(long))
    yield _line(
        f"open a case of {EVENTS_OF_A_LONG_CASE} events", times, "read", "decrypt", MAX_OVER_DECRYPTION
    )
    desk.database.store.close()  # type: ignore[attr-defined] # a node's


def _line(what: str, times: Timings, one: str, other: str, most: float) -> Line:
    value, yardstick = min(times[one]), min(times[other])
    return Line(
        "CW-25",
        what,
        f"{value * 1000:.0f} ms",
        f"{other}: {yardstick * 1000:.1f} ms",
        ratio(times, one, other),
        at_most(most),
    )


def _office(folder: Path) -> Desk:
    (folder / "keys").mkdir(mode=0o700)
    url = f"sqlite:///{folder / 'node.db'}"
    office = Office(Home(folder, new_settings(org_id="bench", org_type="INGO", database_url=url)))
    roles = frozenset({"country_focal_point", "accountability_officer", "approver"})
    office.found("officer", roles, office.enrol("officer", None))
    return office.desk("officer", None)


def _fill(desk: Desk, cases: int) -> str:
    """Make so many cases of twenty events, and a long one, and give its uid."""
    today = datetime.now(UTC).date()
    for number in range(cases):
        happened = today - timedelta(days=30 + number % 2_000)
        _tell(desk, _STATES[number % len(_STATES)], happened, EVENTS_OF_A_CASE)
    uid = _tell(desk, "SSD", today - timedelta(days=400), EVENTS_OF_A_LONG_CASE)
    desk.ring()
    return uid


def _tell(desk: Desk, state: str, happened: date, events: int) -> str:
    opening: dict[str, Value] = {
        "categories": ("death_violence",),
        "host_state": state,
        "sensitivity": "normal",
        "owner": "officer",
        "public_ref": secrets.token_hex(8),
        "no_incident": "not_recorded",
    }
    uid = desk.open_case(Statement("opened", on(happened), opening, happened))
    with desk.database.write() as connection:
        held = desk.holding(connection, uid)
        assert held is not None
        told = desk.events(connection, uid, held.keys)
        for statement in _story(happened, events - 1):
            desk.append(connection, uid, told, statement, held.keys)
            told = (*told, told[0])  # only their number is looked at
    return uid


def _story(happened: date, events: int) -> Iterator[Statement]:
    def say(what: str, days: int, **fields: Value) -> Statement:
        day = happened + timedelta(days=days)
        return Statement(what, on(day), fields, day)

    month = Span(happened, happened + timedelta(days=20), Basis.ESTIMATE)
    letter = {"letter": "L1", "kind": "note_verbale", "counterpart": "C1", "document": "0" * 64}
    yield say("incident", 0)
    yield say(
        "person_added", 1, person="P1", harm=("dead",), cause="violence", staff="national", name="a name"
    )
    yield say("registered", 1)
    yield say("counterpart_added", 1, counterpart="C1", authority="foreign_ministry", state="SSD")
    yield say("letter_sent", 2, **letter)
    yield say("answer_received", 12, answer="R1", kind="reply", letter="L1")
    yield say("answer_graded", 12, answer="R1", grade="C")
    yield Statement(
        "investigation_opened",
        month,
        {"investigation": "I1", "body": "police"},
        happened + timedelta(days=20),
    )
    for number in range(events - 8):
        yield say(
            "note",
            21,
            text=f"Telephone call {number}: the file is with the prosecutor; ask again next week." * 3,
        )


def _scan(desk: Desk) -> int:
    with desk.database.read() as connection:
        return len(connection.execute(select(case_event)).all())


def _figures(desk: Desk) -> int:
    facts = board(desk)
    late = sorted((clock.days for one in facts for clock in one.overdue), reverse=True)
    return len(measure(facts, Scope(desk.today))) + len(late)


def _decrypt(desk: Desk, uid: str) -> int:
    """Fetch the sealed parts of a case and open them, and nothing else."""
    with desk.database.read() as connection:
        held = desk.holding(connection, uid)
        assert held is not None
        parts = list(events_of(connection, case_id_of(connection, uid)))
    key = held.keys[Group.CASE]
    return sum(
        len(open_cell(key, one.sealed[Group.CASE], place(uid, one.sequence, Group.CASE))) for one in parts
    )
