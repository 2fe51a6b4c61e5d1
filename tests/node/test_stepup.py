"""What is shown in a step: bound before, signed before, compared alike by both, and no more than the step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.ladder import Opening
from node.anonymize import anonymize
from node.disclose import commit
from node.errors import MatchRequestError, StepError
from node.ladders import DIMENSIONS, chains_of
from node.model import Incident
from node.stepup import (
    STEPS,
    Found,
    Outcome,
    Proposal,
    Role,
    Shown,
    Stop,
    commitment,
    compare,
    outcome,
    step,
    verify_proposal,
    verify_shown,
)
from tests.support.incidents import SHOOTING
from tests.support.overlaps import make_truth

MATCH_ID = "00000000-0000-4000-8000-00000000000a"
UID, SECRET, NONCE = b"u" * 16, b"s" * 32, b"n" * 32
INCIDENTS = list(make_truth(5, 60).incidents.values())
COMMITTED = commit(UID, SECRET, anonymize(SHOOTING, rcrc_named=False))
RECORD = UID, COMMITTED.heads


def shown(number: int) -> Shown:
    at = step(number)
    return Shown(NONCE, COMMITTED.ladders[at.dimension.number].open(at.level))


@given(st.sampled_from(INCIDENTS), st.sampled_from(INCIDENTS), st.sampled_from(range(len(STEPS))))
def test_both_sides_find_the_same_in_every_step(one: Incident, other: Incident, number: int) -> None:
    at = step(number)
    mine, theirs = (chains_of(some)[at.dimension.number][: at.level + 1] for some in (one, other))
    assert compare(at, mine, theirs) is compare(at, theirs, mine)
    assert compare(at, mine, mine) is not Found.DIFFERS


def test_coarse_levels_of_everything_come_before_fine_ones_of_anything_and_no_point_is_compared() -> None:
    assert [at.level for at in STEPS] == sorted(at.level for at in STEPS)
    assert len(set(STEPS)) == len(STEPS)
    assert "where=point" not in {at.name for at in STEPS}


def test_what_was_signed_is_taken_step_by_step() -> None:
    chains = chains_of(SHOOTING)
    for number, at in enumerate(STEPS):
        whole = chains[at.dimension.number]
        assert verify_shown(at, shown(number), RECORD, 0) == whole[: at.level + 1]


@pytest.mark.parametrize("number", range(len(STEPS)))
def test_nothing_else_than_what_was_signed_is_taken(number: int) -> None:
    at, sound = step(number), shown(number)
    opening = sound.opening
    finest = COMMITTED.ladders[at.dimension.number].open(9)
    lies: list[Opening] = [
        opening._replace(values=(*opening.values[:-1], opening.values[-1] + b"x")),
        opening._replace(salts=bytes(len(opening.salts))),
        opening._replace(next=bytes(32)),
        COMMITTED.ladders[(at.dimension.number + 1) % len(DIMENSIONS)].open(at.level),
    ]
    if len(finest.values) > at.level + 1:
        lies.append(finest)
    for lie in lies:
        with pytest.raises(StepError):
            verify_shown(at, sound._replace(opening=lie), RECORD, 0)
    with pytest.raises(StepError):
        verify_shown(at, sound, (b"v" * 16, COMMITTED.heads), 0)


def test_who_has_shown_more_in_its_log_can_not_hide_it_in_a_step() -> None:
    at = step(4)  # when=month
    only_the_year = Shown(NONCE, COMMITTED.ladders[0].open(0))
    with pytest.raises(StepError):
        verify_shown(at, only_the_year, RECORD, 2)
    assert verify_shown(at, only_the_year, RECORD, 1) == ("2024",)


def test_a_commitment_is_to_one_step_of_one_side_of_one_comparison_and_one_opening() -> None:
    sound = commitment(MATCH_ID, 4, Role.PROPOSER, shown(4))
    others = {
        commitment(MATCH_ID, 0, Role.PROPOSER, shown(4)),
        commitment(MATCH_ID, 4, Role.RESPONDER, shown(4)),
        commitment(MATCH_ID.replace("a", "b"), 4, Role.PROPOSER, shown(4)),
        commitment(MATCH_ID, 4, Role.PROPOSER, shown(4)._replace(nonce=bytes(32))),
        commitment(MATCH_ID, 4, Role.PROPOSER, shown(5)),
    }
    assert len(others | {sound}) == 6


@pytest.mark.parametrize("number", [-1, len(STEPS)])
def test_there_is_no_step_before_the_first_or_after_the_last(number: int) -> None:
    with pytest.raises(StepError):
        step(number)


@pytest.mark.parametrize("stop", list(Stop))
def test_only_what_was_compared_to_its_end_agrees_or_differs(stop: Stop) -> None:
    wanted = {Stop.COMPARED: Outcome.AGREED, Stop.DIFFERS: Outcome.CONTRADICTED}
    assert outcome(stop) is wanted.get(stop, Outcome.UNSURE)


def test_a_proposal_is_called_by_a_uuid() -> None:
    verify_proposal(Proposal(MATCH_ID, UID, 0, UID, 0))
    for wrong in ("", "x", MATCH_ID.upper(), MATCH_ID + " "):
        with pytest.raises(MatchRequestError):
            verify_proposal(Proposal(wrong, UID, 0, UID, 0))
