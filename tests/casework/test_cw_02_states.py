"""CW-02: every pair of state, action and role against the table of casework 3.3, written down here by hand."""

from itertools import product

import pytest

from casework.errors import ActionError, CaseInputError, RoleError
from casework.event import Statement
from casework.lifecycle import State, actions, check_action, follow
from casework.span import parse_span
from casework.values import parse_value
from casework.vocabulary import codes, kinds
from tests.casework.story import Story

FOCAL, OWNER, APPROVER = "country_focal_point", "accountability_officer", "approver"
LEGAL, ADVOCATE = "legal_adviser", "survivor_advocate"
OFFICERS = {FOCAL, OWNER, APPROVER, LEGAL, ADVOCATE}
OPEN = {
    State.DRAFT,
    State.REGISTERED,
    State.AWAITING_GOVERNMENT,
    State.NO_DEMARCHE,
    State.ENGAGED,
    State.STALLED,
    State.ON_HOLD,
    State.CLOSURE_PROPOSED,
    State.REOPENED,
}
# Who may make the moves of 3.3, from where.
TABLE: dict[str, tuple[set[str], set[State]]] = {
    "opened": ({FOCAL, OWNER}, set()),
    "registered": ({FOCAL}, {State.DRAFT}),
    "letter_sent": (
        {OWNER},
        {
            State.REGISTERED,
            State.AWAITING_GOVERNMENT,
            State.ENGAGED,
            State.STALLED,
            State.NO_DEMARCHE,
            State.REOPENED,
        },
    ),
    "no_demarche_proposed": ({OWNER}, {State.REGISTERED}),
    "no_demarche_approved": ({APPROVER}, {State.REGISTERED}),
    "answer_received": ({OWNER, FOCAL}, OPEN | {State.CLOSED}),
    "answer_graded": ({OWNER, LEGAL}, OPEN | {State.CLOSED}),
    "hold_set": ({OWNER, ADVOCATE, LEGAL}, OPEN),
    "hold_lifted": ({OWNER, ADVOCATE, LEGAL, APPROVER}, {State.ON_HOLD}),
    "closure_proposed": ({OWNER}, OPEN),
    "closure_assented": ({LEGAL}, {State.CLOSURE_PROPOSED}),
    "closure_refused": ({APPROVER, LEGAL}, {State.CLOSURE_PROPOSED}),
    "closed": ({APPROVER}, {State.CLOSURE_PROPOSED}),
    "reopened": (OFFICERS, {State.CLOSED}),
    "voided": ({APPROVER}, {State.DRAFT, State.REGISTERED}),
    "demarche_released": ({ADVOCATE}, OPEN),
    "clock_waived": ({OWNER, LEGAL, ADVOCATE}, OPEN),
    "clock_cancel_proposed": ({OWNER}, OPEN),
    "clock_cancelled": ({APPROVER}, OPEN),
}
# What may be said of a case that is read-only: what comes in, what keeps evidence, what law and privacy ask for.
ALSO_CLOSED = {
    "release_proposed",
    "release_withdrawn",
    "joint_withdrawn",
    "answer_received",
    "answer_graded",
    "break_glass",
    "break_glass_seen",
    "custody",
    "identities_reviewed",
    "legal_hold_set",
    "legal_hold_lifted",
    "released",
    "reopened",
    "erasure_proposed",
    "erased",
}
ALSO_VOID = {
    "release_withdrawn",
    "joint_withdrawn",
    "break_glass",
    "break_glass_seen",
    "erasure_proposed",
    "erased",
}


def _drafted() -> Story:
    return Story()


def _registered() -> Story:
    story = _drafted().registered()
    story.say("counterpart_added", "2026-01-05", counterpart="C1", authority="foreign_ministry", state="SSD")
    return story


def _awaiting() -> Story:
    story = _registered()
    story.letter("L1", "2026-01-06")
    return story


def _engaged() -> Story:
    story = _awaiting()
    story.answer("A1", "L1", "2026-01-07", "acknowledgement")
    return story


def _no_demarche() -> Story:
    story = _registered()
    one = story.say("no_demarche_proposed", "2026-01-06", reason="staff_safety", review_on="2026-02-06")
    story.say("no_demarche_approved", "2026-01-07", proposal=one.event_id, by="boss")
    return story


def _held() -> Story:
    story = _engaged()
    story.say("hold_set", "2026-01-08", reason="safety", review_on="2026-02-01", role=OWNER)
    return story


def _proposed() -> Story:
    story = _engaged()
    story.say("closure_proposed", "2026-01-08", reason="withdrawn", proof="letter of the family")
    return story


def _closed() -> Story:
    story = _proposed()
    story.say("closed", "2026-01-09", proposal=story.events[-1].event_id, informed="family", by="boss")
    return story


def _reopened() -> Story:
    story = _closed()
    story.say("reopened", "2026-01-10", reason="new_fact", fact="a witness", owner="ops-2")
    return story


def _void() -> Story:
    story = _registered()
    story.say("voided", "2026-01-06", reason="entered_in_error", by="boss")
    return story


STORIES = {
    State.DRAFT: (_drafted, "2026-01-10"),
    State.REGISTERED: (_registered, "2026-01-10"),
    State.AWAITING_GOVERNMENT: (_awaiting, "2026-01-10"),
    State.NO_DEMARCHE: (_no_demarche, "2026-01-10"),
    State.ENGAGED: (_engaged, "2026-01-10"),
    State.STALLED: (_engaged, "2026-09-01"),
    State.ON_HOLD: (_held, "2026-01-10"),
    State.CLOSURE_PROPOSED: (_proposed, "2026-01-10"),
    State.CLOSED: (_closed, "2026-01-10"),
    State.REOPENED: (_reopened, "2026-01-10"),
    State.VOID: (_void, "2026-01-10"),
}


def test_every_state_can_be_reached_as_the_table_says() -> None:
    assert set(STORIES) == set(State) - {State.NONE}
    for state, (make, today) in STORIES.items():
        assert follow(make().case(today)).state is state


@pytest.mark.parametrize("state", STORIES, ids=str)
def test_each_action_is_possible_for_the_roles_of_the_table_and_for_nobody_else(state: State) -> None:
    make, today = STORIES[state]
    case = make().case(today)
    for role in codes("role"):
        possible = {action.kind.name for action in actions(case, "ops-9", frozenset({role}))}
        expected = {kind for kind, (roles, states) in TABLE.items() if role in roles and state in states}
        assert (role, possible & TABLE.keys()) == (role, expected)


@pytest.mark.parametrize("state", STORIES, ids=str)
def test_what_is_refused_says_what_is_possible_instead_and_what_it_needs(state: State) -> None:
    make, today = STORIES[state]
    case = make().case(today)
    for kind, role in product(TABLE, sorted(OFFICERS)):
        roles, states = TABLE[kind]
        said = Statement(kind, parse_span("2026-01-10"), {})
        if state not in states:
            with pytest.raises(
                ActionError, match=f"{kind} is not possible while a case is {state}; possible for you: "
            ):
                check_action(case, said, "ops-9", frozenset({role}))
        elif role not in roles:
            with pytest.raises(RoleError, match=f"{kind} belongs to "):
                check_action(case, said, "ops-9", frozenset({role}))


def test_roles_that_open_no_cases_may_do_nothing() -> None:
    for make, today in STORIES.values():
        for role in ("coordinator", "auditor", "node_administrator"):
            assert actions(make().case(today), "x", frozenset({role})) == ()


def test_closed_and_void_cases_are_read_only() -> None:
    for name, kind in kinds().items():
        assert (name, "closed" in kind.states) == (name, name in ALSO_CLOSED)
        assert (name, "void" in kind.states) == (name, name in ALSO_VOID)


def refusal(story: Story, today: str, kind: str, by: str, role: str, /, **said: str) -> str:
    """Why somebody may not say something; empty if they may."""
    fields = {name: parse_value(kinds()[kind].fields[name], text) for name, text in said.items()}
    try:
        check_action(story.case(today), Statement(kind, parse_span(today), fields), by, frozenset({role}))
    except CaseInputError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def test_what_registering_needs() -> None:
    story = Story(no_incident="?unknown")
    assert "when it happened" in refusal(story, "2026-01-05", "registered", "f", FOCAL)
    story.say("incident", "2026-01-04", known="2026-01-05")
    assert "at least one person" in refusal(story, "2026-01-05", "registered", "f", FOCAL)
    story.say("person_added", "2026-01-05", person="P1", harm="sexually_assaulted", cause="violence")
    assert "a link with an incident record" in refusal(story, "2026-01-05", "registered", "f", FOCAL)
    story.say("incident_linked", "2026-01-05", incident="awsd:1", relation="same")
    assert "a decision on consent" in refusal(story, "2026-01-05", "registered", "f", FOCAL)
    story.say("consent_recorded", "2026-01-05", person="P1", purpose="record", answer="not_asked")
    assert refusal(story, "2026-01-05", "registered", "f", FOCAL) == ""


def test_what_a_letter_needs() -> None:
    story = Story(categories="sexual_violence")
    story.say("incident", "2026-01-04", known="2026-01-05")
    story.say("person_added", "2026-01-05", person="P1", harm="sexually_assaulted", cause="violence")
    story.say("registered", "2026-01-05")
    letter = {"letter": "L1", "kind": "letter", "counterpart": "C1", "document": "0" * 64}
    assert "counterpart C1 to be known" in refusal(story, "2026-01-05", "letter_sent", "o", OWNER, **letter)
    story.say("counterpart_added", "2026-01-05", counterpart="C1", authority="police", state="SSD")
    assert "ConsentError" in refusal(story, "2026-01-05", "letter_sent", "o", OWNER, **letter)
    story.say("consent_recorded", "2026-01-05", person="P1", purpose="demarche", answer="yes")
    assert "survivor advocate" in refusal(story, "2026-01-05", "letter_sent", "o", OWNER, **letter)
    story.say("demarche_released", "2026-01-05")
    assert refusal(story, "2026-01-05", "letter_sent", "o", OWNER, **letter) == ""


@pytest.mark.parametrize("reason", ["final_conviction", "no_crime", "suspects_dead", "archived"])
def test_closing_by_law_needs_the_legal_adviser_and_word_to_those_affected(reason: str) -> None:
    story = _engaged()
    one = story.say("closure_proposed", "2026-01-08", reason=reason, proof="judgment")
    said = {"proposal": one.event_id, "informed": "family"}
    assert "assent" in refusal(story, "2026-01-09", "closed", "boss", APPROVER, **said)
    story.say("closure_assented", "2026-01-09", proposal=one.event_id, by="law")
    assert "informed" in refusal(story, "2026-01-09", "closed", "boss", APPROVER, proposal=one.event_id)
    assert refusal(story, "2026-01-09", "closed", "boss", APPROVER, **said) == ""


def test_no_progress_is_no_reason_to_close() -> None:
    assert "no_progress" not in codes("closure")
    assert len(codes("closure")) == 9


def test_a_hold_is_looked_at_within_30_days_and_lifted_by_the_same_role_or_an_approver() -> None:
    story = _engaged()
    assert "review_on" in refusal(
        story, "2026-01-10", "hold_set", "o", OWNER, reason="safety", review_on="2026-02-10"
    )
    assert "a role of your own" in refusal(
        story, "2026-01-10", "hold_set", "o", OWNER, reason="safety", review_on="2026-02-01", role=LEGAL
    )
    story.say("hold_set", "2026-01-10", by="care", reason="safety", review_on="2026-02-01", role=ADVOCATE)
    assert "RoleError" in refusal(story, "2026-01-11", "hold_lifted", "o", OWNER, reason="safe")
    for officer, role in (("care", ADVOCATE), ("care-2", ADVOCATE), ("boss", APPROVER)):
        assert refusal(story, "2026-01-11", "hold_lifted", officer, role, reason="safe") == ""


def test_a_hold_and_a_proposal_give_back_what_they_interrupted() -> None:
    story = _held()
    one = story.say("closure_proposed", "2026-01-09", reason="withdrawn", proof="x")
    assert follow(story.case("2026-01-09")).state is State.CLOSURE_PROPOSED
    story.say("closure_refused", "2026-01-10", proposal=one.event_id, reason="not yet")
    assert follow(story.case("2026-01-10")).state is State.ON_HOLD
    story.say("hold_lifted", "2026-01-11", reason="safe")
    assert follow(story.case("2026-01-11")).state is State.ENGAGED
    assert follow(story.case("2026-01-11")).paused == (
        (parse_span("2026-01-08").earliest, parse_span("2026-01-09").earliest),
        (parse_span("2026-01-10").earliest, parse_span("2026-01-11").earliest),
    )

    story = _proposed()
    story.say("hold_set", "2026-01-09", reason="safety", review_on="2026-02-01")
    story.say("hold_lifted", "2026-01-10", reason="safe")
    assert follow(story.case("2026-01-10")).state is State.CLOSURE_PROPOSED


def test_an_answer_during_a_hold_counts_once_it_is_lifted() -> None:
    story = _awaiting()
    story.say("hold_set", "2026-01-08", reason="safety", review_on="2026-02-01")
    story.answer("A1", "L1", "2026-01-09")
    assert follow(story.case("2026-01-09")).state is State.ON_HOLD
    story.say("hold_lifted", "2026-01-10", reason="safe")
    assert follow(story.case("2026-01-10")).state is State.ENGAGED


def test_silence_of_180_days_stalls_and_an_answer_engages_again() -> None:
    story = _awaiting()
    assert follow(story.case("2026-07-04")).state is State.AWAITING_GOVERNMENT
    stalled = follow(story.case("2026-07-05"))
    assert (stalled.state, stalled.moves[-1].event_id) == (State.STALLED, "")
    story.letter("L2", "2026-07-10")
    assert follow(story.case("2026-07-10")).state is State.AWAITING_GOVERNMENT
    story.answer("A1", "L2", "2027-02-01")
    assert follow(story.case("2027-01-31")).state is State.STALLED
    assert follow(story.case("2027-02-01")).state is State.ENGAGED


def test_a_case_that_waits_for_nobody_is_not_stalled_by_time() -> None:
    for make in (_drafted, _registered, _no_demarche, _held, _proposed, _closed, _reopened, _void):
        story = make()
        assert follow(story.case("2036-01-01")).state is follow(story.case("2026-01-10")).state


def test_an_answer_after_closing_proposes_to_reopen_and_reopening_keeps_the_old_closure() -> None:
    story = _closed()
    story.answer("A9", "L1", "2026-03-01")
    assert follow(story.case("2026-03-01")).answer_when_closed
    assert follow(story.case("2026-03-01")).state is State.CLOSED
    story.say("reopened", "2026-03-02", reason="new_fact", fact="the reply", owner="ops-2")
    after = follow(story.case("2026-03-02"))
    assert (after.state, after.answer_when_closed) == (State.REOPENED, False)
    assert State.CLOSED in {move.to for move in after.moves}


def test_reopening_needs_a_fact_and_an_owner_and_void_needs_the_other_case() -> None:
    needed = {name for name, field in kinds()["reopened"].fields.items() if field.required}
    assert needed == {"reason", "fact", "owner"}
    story = _registered()
    assert "duplicate" in refusal(story, "2026-01-10", "voided", "boss", APPROVER, reason="duplicate")
    assert (
        refusal(story, "2026-01-10", "voided", "boss", APPROVER, reason="duplicate", other_case="4WCK") == ""
    )
    assert "who handles it" in refusal(
        story,
        "2026-01-10",
        "no_demarche_proposed",
        "o",
        OWNER,
        reason="another_handles",
        review_on="2026-02-01",
    )


def test_a_quiet_hold_that_was_lifted_no_longer_needs_a_release() -> None:
    story = _registered()
    letter = {"letter": "L1", "kind": "letter", "counterpart": "C1", "document": "0" * 64}
    story.say("hold_set", "2026-01-06", reason="negotiation", review_on="2026-02-01")
    story.say("hold_lifted", "2026-01-10", reason="over")
    assert refusal(story, "2026-01-10", "letter_sent", "o", OWNER, **letter) == ""
