"""CW-02: officers in every role act at their desks in any order, over any time, as a model of casework 3.3 allows."""

from collections.abc import Callable
from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from casework.desk import Desk
from casework.errors import CaseInputError
from casework.event import Statement
from casework.lifecycle import State, follow
from casework.span import on
from casework.values import parse_value
from casework.vocabulary import kinds
from tests.casework.conftest import Clock
from tests.casework.test_cw_02_states import (
    ADVOCATE,
    APPROVER,
    FOCAL,
    LEGAL,
    OFFICERS,
    OPEN,
    OWNER,
    TABLE,
)

WAITING = {State.AWAITING_GOVERNMENT, State.ENGAGED}
SENDS = {State.REGISTERED, State.NO_DEMARCHE, State.STALLED, State.REOPENED}


class Model:
    """The follow-up as a person would keep it on a sheet of paper, one day after the other."""

    def __init__(self, today: date) -> None:
        self.state = State.DRAFT
        self.interrupted: list[State] = []
        self.quiet_since = today
        self.third_reminder: date | None = None
        self.reminders = 0
        self.letters = 0
        self.held_by = ""
        self.proposal = ""
        self.assented = False
        self.legal = False
        self.no_demarche = ""

    def day(self, today: date) -> None:
        unanswered = self.third_reminder is not None and today >= self.third_reminder + timedelta(days=14)
        if self.state in WAITING and (unanswered or today >= self.quiet_since + timedelta(days=180)):
            self.state = State.STALLED
            self.third_reminder = None

    def can(self, action: str, role: str) -> bool:
        roles, states = TABLE[action]
        if role not in roles or self.state not in states:
            return False
        if action == "hold_lifted":
            return role in {APPROVER, self.held_by}
        if action == "closed":
            return self.assented or not self.legal
        return action != "no_demarche_approved" or bool(self.no_demarche)

    def done(self, action: str, role: str, today: date) -> None:
        self.quiet_since = today
        interrupts = {"hold_set": State.ON_HOLD, "closure_proposed": State.CLOSURE_PROPOSED}
        moved = {
            "registered": State.REGISTERED,
            "no_demarche_approved": State.NO_DEMARCHE,
            "closed": State.CLOSED,
            "reopened": State.REOPENED,
            "voided": State.VOID,
        }
        if action in interrupts and self.state is not interrupts[action]:
            self.interrupted.append(self.state)
            self.state = interrupts[action]
        if action == "hold_set":
            self.held_by = role
        if action in {"hold_lifted", "closure_refused"}:
            self.state = self.interrupted.pop()
        if action in moved:
            self.state = moved[action]
            self.interrupted = []
        if action == "letter_sent" and self.state in SENDS:
            self.state = State.AWAITING_GOVERNMENT

    def answered(self) -> None:
        self.third_reminder = None
        engages = {State.AWAITING_GOVERNMENT, State.STALLED}
        if self.state in engages:
            self.state = State.ENGAGED
        elif self.interrupted and self.interrupted[0] in engages:
            self.interrupted[0] = State.ENGAGED


class Officers(RuleBasedStateMachine):
    """One case, opened anew for each run, and five officers who all hold its keys."""

    desks: dict[str, Desk]
    clock: Clock

    def __init__(self) -> None:
        super().__init__()
        owner = self.desks[OWNER]
        self.model = Model(self.today)
        opening = self.said(
            "opened",
            categories="detention",
            host_state="CMR",
            sensitivity="normal",
            owner="accountability-officer",
            public_ref="a1",
            no_incident="not_recorded",
        )
        self.uid = owner.open_case(opening, tuple(one.officer for one in self.desks.values()))
        owner.say(
            self.uid,
            self.said("detention_started", detention="D1", persons="P1"),
            self.said("person_added", person="P1", harm="detained", cause="violence"),
            self.said("counterpart_added", counterpart="C1", authority="police", state="CMR"),
        )

    @property
    def today(self) -> date:
        return self.clock().date()

    def said(self, what: str, /, **said: str) -> Statement:
        table = kinds()[what].fields
        return Statement(
            what, on(self.today), {name: parse_value(table[name], text) for name, text in said.items()}
        )

    def attempt(self, action: str, by: str, /, **said: str) -> str:
        """Let an officer try; the desk must answer as the model does, and keep nothing of what it refused."""
        before = self.events()
        if not self.model.can(action, by):
            with pytest.raises(CaseInputError):
                self.desks[by].say(self.uid, self.said(action, **said))
            assert self.events() == before
            return ""
        (event_id,) = self.desks[by].say(self.uid, self.said(action, **said))
        assert self.events() == before + 1
        self.model.done(action, by, self.today)
        return event_id

    def events(self) -> int:
        return len(self.desks[OWNER].read(self.uid).events)

    @rule(days=st.sampled_from((1, 7, 14, 30, 90, 180)))
    def time_passes(self, days: int) -> None:
        for _ in range(days):
            self.clock.now += timedelta(days=1)
            self.model.day(self.today)

    @rule(
        action=st.sampled_from(("registered", "reopened", "voided")), role=st.sampled_from(sorted(OFFICERS))
    )
    def case_moves(self, action: str, role: str) -> None:
        fields = {
            "registered": {},
            "reopened": {"reason": "new_fact", "fact": "a witness", "owner": "ops-2"},
            "voided": {"reason": "out_of_scope"},
        }
        self.attempt(action, role, **fields[action])

    @rule()
    def focal_point_registers(self) -> None:
        self.attempt("registered", FOCAL)

    @rule(role=st.sampled_from((OWNER, OWNER, FOCAL)))
    def letter_goes_out(self, role: str) -> None:
        letter = f"L{self.model.letters + 1}"
        if self.attempt(
            "letter_sent", role, letter=letter, kind="letter", counterpart="C1", document="0" * 64
        ):
            self.model.letters += 1

    @rule()
    def reminder_goes_out(self) -> None:
        if not self.model.letters:
            return
        state = self.model.state
        sent = self.attempt(
            "letter_sent",
            OWNER,
            letter=f"R{self.model.reminders + 1}",
            kind="reminder",
            reminder_of="L1",
            counterpart="C1",
            document="0" * 64,
        )
        if sent:
            self.model.state = state  # a reminder is no new demarche
            self.model.reminders += 1
            if self.model.reminders >= 3:
                self.model.third_reminder = self.today

    @rule(kind=st.sampled_from(("acknowledgement", "reply")))
    def answer_comes(self, kind: str) -> None:
        if self.model.letters and self.attempt("answer_received", FOCAL, answer="A1", kind=kind, letter="L1"):
            self.model.answered()

    @rule(role=st.sampled_from(sorted(OFFICERS)))
    def somebody_holds(self, role: str) -> None:
        review = str(self.today + timedelta(days=30))
        own = role if role in TABLE["hold_set"][0] else OWNER
        self.attempt("hold_set", role, reason="safety", review_on=review, role=own)

    @rule(role=st.sampled_from(sorted(OFFICERS)))
    def somebody_lifts(self, role: str) -> None:
        self.attempt("hold_lifted", role, reason="safe again")

    @rule(reason=st.sampled_from(("withdrawn", "no_crime")), role=st.sampled_from((OWNER, OWNER, LEGAL)))
    def closure_is_proposed(self, reason: str, role: str) -> None:
        event_id = self.attempt("closure_proposed", role, reason=reason, proof="a paper")
        if event_id:
            self.model.proposal, self.model.assented = event_id, False
            self.model.legal = reason == "no_crime"

    @rule(action=st.sampled_from(("closure_assented", "closure_refused", "closed")), right=st.booleans())
    def closure_is_answered(self, action: str, *, right: bool) -> None:
        if not self.model.proposal:
            return
        usual = LEGAL if action == "closure_assented" else APPROVER
        fields = {"closed": {"informed": "family"}, "closure_refused": {"reason": "not yet"}}.get(action, {})
        done = self.attempt(action, usual if right else ADVOCATE, proposal=self.model.proposal, **fields)
        if done and action == "closure_assented":
            self.model.assented = True

    @rule()
    def no_demarche_is_proposed(self) -> None:
        review = str(self.today + timedelta(days=60))
        done = self.attempt("no_demarche_proposed", OWNER, reason="staff_safety", review_on=review)
        self.model.no_demarche = done or self.model.no_demarche

    @rule(role=st.sampled_from((APPROVER, LEGAL)))
    def no_demarche_is_approved(self, role: str) -> None:
        if self.model.no_demarche:
            self.attempt("no_demarche_approved", role, proposal=self.model.no_demarche)

    @invariant()
    def the_case_is_where_the_model_is(self) -> None:
        assert follow(self.desks[FOCAL].read(self.uid)).state is self.model.state

    @invariant()
    def a_case_is_open_closed_or_void(self) -> None:
        assert self.model.state in OPEN | {State.CLOSED, State.VOID}


@pytest.fixture
def database_url(new_sqlite_url: Callable[[], str]) -> str:
    """One kind of database is enough here: what differs between them is tried where desks are."""
    return new_sqlite_url()


@pytest.mark.parametrize("runs", [4, pytest.param(30, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_officers_in_any_order(desk: Callable[[str], Desk], clock: Clock, runs: int) -> None:
    desks = {role: desk(role) for role in sorted(OFFICERS)}
    machine = type("OfficersHere", (Officers,), {"desks": desks, "clock": clock})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=runs, stateful_step_count=20, deadline=None)
    )
