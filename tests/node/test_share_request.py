"""What may be done about a share request, in any order, against the table; and what may be asked at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audience import ALL_CLOSED, FINEST, Purpose
from node.errors import PayloadError, RequestError, RequestStateError
from node.share_request import (
    TRANSITIONS,
    Action,
    Refusal,
    ShareRequest,
    State,
    Step,
    Wish,
    answer,
    follow,
    in_full,
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
