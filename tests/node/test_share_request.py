"""What may be done about a share request, in any order, against the table; and what may be asked at all."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audience import ALL_CLOSED, FINEST, Purpose
from node.errors import PayloadError, RequestError, RequestStateError
from node.share_request import (
    OPEN_REQUESTS,
    REQUESTS_A_DAY,
    TRANSITIONS,
    Action,
    Answer,
    Refusal,
    ShareRequest,
    State,
    Step,
    Wish,
    answer,
    follow,
    in_full,
    story_faults,
    verify_answer,
    verify_wish,
)
from node.wire.sharing import (
    CancelCall,
    decode_cancel_call,
    decode_create_call,
    decode_created,
    encode_cancel_call,
    encode_create_call,
    encode_created,
)
from tests.support.requests import REQUEST_ID
from tocsin.node.v1 import sharing_pb2

WISH = Wish(REQUEST_ID, bytes(16), 7, Purpose.ANALYSIS, (2, -1, -1, -1, -1, -1, 0), "why", note_reviewed=True)
ASKED = ShareRequest("beta", WISH, 100)
levels = st.tuples(*(st.integers(-1, finest) for finest in FINEST))


@given(st.lists(st.sampled_from(list(Action))))
def test_only_what_the_table_allows_can_be_done(actions: list[Action]) -> None:
    state = State.ASKED
    for action in actions:
        if (state, action) in TRANSITIONS:
            state = follow(state, action)
        else:
            with pytest.raises(RequestStateError, match=action):
                follow(state, action)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("action", list(Action))
def test_the_table_says_what_people_may_do(state: State, action: Action) -> None:
    waits = state in {State.ASKED, State.PROPOSED}
    expected = {
        Action.ACCEPT: state is State.ASKED,
        Action.NARROW: state is State.ASKED,
        Action.PROPOSE: state is State.ASKED,
        Action.AGREE: state is State.PROPOSED,
        Action.REJECT: waits,
        Action.CANCEL: waits,
        Action.REVOKE: state is State.GRANTED,
    }

    assert ((state, action) in TRANSITIONS) == expected[action]


def test_each_action_ends_where_people_expect() -> None:
    ends = {
        Action.ACCEPT: State.GRANTED,
        Action.NARROW: State.GRANTED,
        Action.PROPOSE: State.PROPOSED,
        Action.AGREE: State.GRANTED,
        Action.REJECT: State.REJECTED,
        Action.REVOKE: State.REVOKED,
        Action.CANCEL: State.CANCELLED,
    }
    assert {(action, after) for (_, action), after in TRANSITIONS.items()} == set(ends.items())


def test_what_was_decided_once_is_never_open_again() -> None:
    ends = {State.REJECTED, State.REVOKED, State.CANCELLED}
    assert not [before for before, _ in TRANSITIONS if before in ends]
    assert {after for (before, _), after in TRANSITIONS.items() if before is State.GRANTED} == {State.REVOKED}


@given(levels)
def test_levels_count_from_the_grant_until_it_is_revoked(granted: tuple[int, ...]) -> None:
    proposed = ASKED._replace(steps=(Step(Action.PROPOSE, "kb", 200, granted),))
    agreed = proposed._replace(steps=(*proposed.steps, Step(Action.AGREE, "mo", 300, granted)))
    revoked = agreed._replace(
        steps=(*agreed.steps, Step(Action.REVOKE, "kb", 400, reason=Refusal.NOT_NEEDED))
    )

    assert [one.levels for one in (ASKED, proposed, agreed, revoked)] == [
        ALL_CLOSED,
        granted,
        granted,
        ALL_CLOSED,
    ]
    assert [one.opened for one in (ASKED, agreed, revoked)] == [ALL_CLOSED, granted, granted]
    told = [answer(one) for one in (ASKED, proposed, agreed, revoked)]
    assert [one.state for one in told] == [State.ASKED, State.ASKED, State.GRANTED, State.REVOKED]
    assert [one.granted for one in told] == [ALL_CLOSED, ALL_CLOSED, granted, ALL_CLOSED]
    assert [one.changed_at for one in told] == [100, 100, 300, 400]
    assert told[-1].reason is Refusal.NOT_NEEDED


@given(levels, levels)
def test_accepting_grants_what_was_asked_and_never_less_than_the_policy(
    wanted: tuple[int, ...], policy: tuple[int, ...]
) -> None:
    full = in_full(WISH._replace(wanted=wanted), policy)

    assert all(got == max(want, given) for got, want, given in zip(full, wanted, policy, strict=True))


@given(levels, st.sampled_from(list(Purpose)), st.integers(0, 2**63 - 1))
def test_a_request_and_its_answer_are_read_as_they_were_written(
    wanted: tuple[int, ...], purpose: Purpose, index: int
) -> None:
    wish = WISH._replace(wanted=wanted, purpose=purpose, log_index=index)
    told = answer(ASKED._replace(wish=wish, steps=(Step(Action.ACCEPT, "kb", 200, wanted),)))

    assert decode_create_call(encode_create_call(wish)).wish == wish
    assert decode_created(encode_created(told)) == told
    assert decode_cancel_call(encode_cancel_call(CancelCall("a", "b"))) == CancelCall("a", "b")


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (WISH._replace(request_id="one"), "request_id"),
        (WISH._replace(request_id=REQUEST_ID.replace("-", "")), "request_id"),
        (WISH._replace(note="two\nlines"), "note"),
        (WISH._replace(note="x" * 281), "note"),
        (WISH._replace(note_reviewed=False), "note_reviewed"),
        (WISH._replace(note=""), "note_reviewed"),
        (WISH._replace(log_index=-1), "log_index"),
        (WISH._replace(wanted=(9, *FINEST[1:])), "wanted"),
    ],
)
def test_a_request_out_of_its_range_is_refused_by_its_field(wish: Wish, field: str) -> None:
    with pytest.raises(RequestError, match=f"^{field}: "):
        verify_wish(wish)


GRANTED = (2, -1, -1, -1, -1, -1, 0)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("granted", [ALL_CLOSED, GRANTED])
@pytest.mark.parametrize("reason", [None, Refusal.NOT_NEEDED])
def test_an_answer_says_levels_when_it_grants_and_a_reason_when_it_closes(
    state: State, granted: tuple[int, ...], reason: Refusal | None
) -> None:
    grants, closes = state is State.GRANTED, state in {State.REJECTED, State.REVOKED}
    fits = (granted == GRANTED) == grants and (reason is not None) == closes
    told = Answer(WISH, state, reason, granted, 100, 200)
    if fits and state is not State.PROPOSED:
        verify_answer(told)
        return
    with pytest.raises(PayloadError, match=r"^share_request: (state|granted|reason): "):
        verify_answer(told)


def test_a_state_that_is_ours_to_know_is_refused_as_such() -> None:
    with pytest.raises(PayloadError, match="state: not one that a member may tell"):
        verify_answer(Answer(WISH, State.PROPOSED, None, ALL_CLOSED, 100, 200))


def stories() -> Iterator[tuple[tuple[Step, ...], tuple[str, ...]]]:
    opens = (Action.ACCEPT, Action.NARROW, Action.PROPOSE)
    for action in (*opens, Action.REJECT, Action.CANCEL):
        for levels in (ALL_CLOSED, GRANTED):
            for reason in (None, Refusal.NOT_NEEDED):
                fits = (levels == GRANTED) == (action in opens)
                fits = fits and (reason is not None) == (action is Action.REJECT)
                wrong = () if fits else (f"{action} does not say what it has to, or more",)
                yield (Step(action, "kb", 200, levels, reason),), wrong
    propose, agree = Step(Action.PROPOSE, "kb", 200, GRANTED), Step(Action.AGREE, "mo", 300, GRANTED)
    revoke = Step(Action.REVOKE, "kb", 400, reason=Refusal.NOT_NEEDED)
    yield (propose, agree, revoke), ()
    yield (propose, agree._replace(said_by="KB")), ("one person alone has let it widen",)
    yield (propose, agree._replace(levels=ALL_CLOSED)), ("agree does not say what it has to, or more",)
    yield (propose, agree, revoke._replace(reason=None)), ("revoke does not say what it has to, or more",)
    yield (propose, Step(Action.CANCEL, "kb", 300)), ()
    yield (
        (Step(Action.ACCEPT, "kb", 200, GRANTED), Step(Action.CANCEL, "kb", 300)),
        ("it is granted; cancel is not possible, only: revoke",),
    )


@pytest.mark.parametrize(("steps", "faults"), list(stories()))
def test_what_can_not_have_happened_to_a_request_is_a_fault(
    steps: tuple[Step, ...], faults: tuple[str, ...]
) -> None:
    assert tuple(story_faults(ASKED._replace(steps=steps))) == faults
    bad = story_faults(ASKED._replace(wish=WISH._replace(log_index=-1), steps=steps))
    assert next(bad) == "log_index: below 0"


def test_states_and_reasons_have_the_numbers_of_the_contract() -> None:
    told = [one for one in State if one is not State.PROPOSED]
    states, reasons = sharing_pb2.ShareRequestState, sharing_pb2.ShareRequestReason
    assert states.values() == [0, *told]
    assert states.keys()[1:] == [f"SHARE_REQUEST_STATE_{one.name}" for one in told]
    assert reasons.values() == [0, *Refusal]
    assert reasons.keys()[1:] == [f"SHARE_REQUEST_REASON_{one.name}" for one in Refusal]
    assert [one.value for one in State] == [1, 2, 3, 4, 5, 6]
    assert (OPEN_REQUESTS, REQUESTS_A_DAY) == (50, 200)


def test_of_what_nothing_is_possible_any_more_a_refusal_says_so() -> None:
    with pytest.raises(RequestStateError, match="it is revoked; revoke is not possible, only: nothing"):
        follow(State.REVOKED, Action.REVOKE)


GOOD = encode_create_call(WISH)


@pytest.mark.parametrize(
    "wire",
    [
        b"",
        b"\xff",
        GOOD + b"\x98\x06\x01",
        encode_created(answer(ASKED)),
        GOOD.replace(REQUEST_ID.encode(), b"0" * 36, 1),
        encode_create_call(WISH._replace(record_uid=b"short")),
        encode_create_call(WISH._replace(log_index=2**63)),
    ],
    ids=["nothing", "noise", "a field more", "an answer", "another id", "a short uid", "too far"],
)
def test_only_the_one_form_of_a_request_is_read(wire: bytes) -> None:
    with pytest.raises(PayloadError):
        decode_create_call(wire)
