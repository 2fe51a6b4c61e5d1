"""CW-02 at the server: every pair of state, action and role against the table, asked of it and tried there."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from casework.access import ALL_RIGHTS
from casework.errors import ActionError, RoleError
from casework.event import Statement
from casework.lifecycle import State, follow
from casework.server.cases import CALLS
from casework.span import on
from casework.values import Value, parse_value
from casework.vocabulary import codes, kinds
from casework.wire.cases import encode_statement
from tests.casework.conftest import Clock
from tests.casework.remote import SignIn
from tests.casework.story import Story, day, hash_of
from tests.casework.test_cw_02_states import OFFICERS, OWNER, STORIES, TABLE
from tocsin.casework.v1 import casework_service_pb2 as messages

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)]
VALUES = {"text": "x", "id": "X9", "ids": "X9", "day": "2026-01-20", "count": "1", "state": "SSD"}
IDS = count()


@pytest.fixture(autouse=True)
def _begins_in_january(clock: Clock) -> None:
    clock.now = datetime.combine(day("2026-01-01"), time(9), UTC)


@pytest.fixture
def cases(desk: SignIn, clock: Clock) -> dict[State, str]:
    """A case in each state, each officer let in, with what brought it there said by who may."""
    for role in sorted(OFFICERS):
        desk(role)
    return {state: told(desk, clock, *how) for state, how in STORIES.items()}


def told(desk: SignIn, clock: Clock, make: Callable[[], Story], today: str) -> str:
    opened, *events = make().events
    clock.now = datetime.combine(day("2026-01-05"), time(9), UTC)
    owner = desk(OWNER)
    real: dict[Value, str] = {}
    uid = owner.open_case(Statement(opened.kind, opened.when, opened.fields, opened.known_on))
    for role in sorted(OFFICERS - {OWNER}):
        owner.let_in(uid, role.replace("_", "-"), ALL_RIGHTS, "every role")
    for event in events:
        clock.now = datetime.combine(event.known_on, time(9), UTC)
        fields = {name: real.get(value, value) for name, value in event.fields.items()}
        roles = kinds()[event.kind].roles
        who = desk(OWNER if OWNER in roles else min(roles & OFFICERS))
        (real[event.event_id],) = who.say(uid, Statement(event.kind, event.when, fields, event.known_on))
    clock.now = datetime.combine(day(today), time(9), UTC)
    return uid


def ask(call: str, desk: object, request: Any) -> Any:
    request.request_id = str(UUID(int=next(IDS)))
    return CALLS[call].answer(request.SerializeToString(), desk)


def at(clock: Clock, state: State) -> None:
    clock.now = datetime.combine(day(STORIES[state][1]), time(9), UTC)


def test_what_each_role_may_do_in_each_state_is_what_the_table_says(
    desk: SignIn, clock: Clock, cases: dict[State, str]
) -> None:
    for state, uid in cases.items():
        at(clock, state)
        assert follow(desk(OWNER).read(uid)).state is state
        for role in sorted(OFFICERS):
            answer = ask("ListActions", desk(role), messages.ListActionsRequest(uid=uid))
            expected = {kind for kind, (roles, states) in TABLE.items() if role in roles and state in states}
            assert (state, role, {one.kind for one in answer.actions} & TABLE.keys()) == (
                state,
                role,
                expected,
            )


def complete(kind: str) -> Statement:
    """Something of a kind that lacks no field."""
    fields = {
        name: next(iter(codes(field.codes)))
        if field.codes
        else hash_of("x")
        if field.form == "digest"
        else VALUES[field.form]
        for name, field in kinds()[kind].fields.items()
        if field.required
    }
    return Statement(
        kind,
        on(day("2026-01-10")),
        {name: parse_value(kinds()[kind].fields[name], text) for name, text in fields.items()},
    )


def test_what_the_table_does_not_say_is_refused_and_writes_nothing(
    desk: SignIn, clock: Clock, cases: dict[State, str]
) -> None:
    tried = 0
    for state, uid in cases.items():
        at(clock, state)
        before = len(desk(OWNER).read(uid).events)
        for kind, (roles, states) in TABLE.items():
            said = encode_statement(complete(kind))
            for role in sorted(OFFICERS):
                if state in states and role in roles:
                    continue
                error = RoleError if state in states else ActionError
                with pytest.raises(
                    error, match=f"{kind} belongs to" if state in states else "is not possible"
                ):
                    ask("Act", desk(role), messages.ActRequest(uid=uid, statements=[said]))
                tried += 1
        assert len(desk(OWNER).read(uid).events) == before
    assert tried > 700
