"""What is shown in a step: bound before, signed before, compared alike by both, and no more than the step."""

from hashlib import sha256
from uuid import UUID

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
    MAX_TOKENS,
    NONCE_BYTES,
    PROPOSALS_A_DAY,
    PROPOSALS_OF_A_RECORD,
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


MARCH = ("2024", "2024-03")
LEER = ("SSD", "SSD/Unity", "SSD/Unity/Leer")


@pytest.mark.parametrize(
    ("name", "mine", "theirs", "found"),
    [
        ("when=year", ("2024",), ("2024",), Found.AGREES),
        ("when=year", ("2024",), ("2025",), Found.OPEN),  # the turn of a year may lie between two reports
        ("when=year", ("2024",), ("2026",), Found.DIFFERS),
        ("when=month", MARCH, MARCH, Found.AGREES),
        ("when=month", (*MARCH, "2024-03-01"), (*MARCH, "2024-03-31"), Found.AGREES),  # nothing finer counts
        ("when=month", MARCH, ("2024", "2024-04"), Found.OPEN),
        ("when=month", ("2023", "2023-12"), ("2024", "2024-01"), Found.OPEN),
        ("when=month", MARCH, ("2024", "2024-05"), Found.DIFFERS),
        ("when=month", MARCH, ("2024",), Found.OPEN),
        ("when=day", (*MARCH, "2024-03-01"), ("2024", "2024-02", "2024-02-28"), Found.AGREES),  # two days
        ("when=day", (*MARCH, "2024-03-14"), (*MARCH, "2024-03-17"), Found.OPEN),
        ("when=day", (*MARCH, "2024-03-14"), (*MARCH, "2024-03-21"), Found.OPEN),
        ("when=day", (*MARCH, "2024-03-14"), (*MARCH, "2024-03-22"), Found.DIFFERS),
        ("when=day", (*MARCH, "2024-03-14"), MARCH, Found.OPEN),
        ("where=country", LEER, ("SSD",), Found.AGREES),
        ("where=country", LEER, ("SDN",), Found.DIFFERS),
        ("where=country", LEER, ("",), Found.OPEN),
        ("where=admin1", LEER, ("SSD", "SSD/UNITTY"), Found.AGREES),  # one name in two spellings
        ("where=admin1", LEER, ("SSD", "SSD/Jonglei"), Found.DIFFERS),
        ("where=admin1", LEER, ("SSD", "SSD/"), Found.OPEN),
        ("where=admin1", LEER, ("SSD",), Found.OPEN),
        ("where=admin2", LEER, LEER, Found.AGREES),
        (
            "where=admin2",
            LEER,
            ("SSD", "SSD/Unity", "SSD/Unity/Koch"),
            Found.OPEN,
        ),  # the next one is often named
        ("what=cause", ("violence",), ("violence",), Found.AGREES),
        ("what=cause", ("violence",), ("safety",), Found.DIFFERS),
        ("what=cause", ("violence",), ("unknown",), Found.OPEN),
        (
            "what=means",
            ("violence", "violence/shooting"),
            ("violence", "violence/complex_attack"),
            Found.AGREES,
        ),
        ("what=means", ("violence", "violence/shooting"), ("violence", "violence/kidnapping"), Found.DIFFERS),
        ("what=means", ("violence", "violence/shooting"), ("violence", "violence/unknown"), Found.OPEN),
        ("victims=band", ("1-3",), ("1-3",), Found.AGREES),
        ("victims=band", ("1-3",), ("4-9",), Found.OPEN),  # who counts own staff alone counts fewer
        ("victims=outcome", ("1-3", "killed=1"), ("1-3", "killed=1"), Found.AGREES),
        ("victims=outcome", ("1-3", "killed=1"), ("1-3", "killed=2"), Found.OPEN),
    ],
)
def test_a_step_ends_a_comparison_only_where_two_reports_of_one_event_would_not_differ(
    name: str, mine: tuple[str, ...], theirs: tuple[str, ...], found: Found
) -> None:
    (at,) = (one for one in STEPS if one.name == name)

    assert compare(at, mine, theirs) is compare(at, theirs, mine) is found


def test_what_was_signed_and_says_nothing_is_not_taken() -> None:
    nonsense = commit(UID, SECRET, (("2024", "2024-99"), *anonymize(SHOOTING, rcrc_named=False)[1:]))
    with pytest.raises(StepError):
        verify_shown(step(4), Shown(NONCE, nonsense.ladders[0].open(1)), (UID, nonsense.heads), 0)


def test_a_commitment_is_made_as_the_protocol_says() -> None:
    opening = shown(4).opening
    values = b"".join(len(value).to_bytes(4, "big") + value for value in (b"2024", b"2024-03"))
    head = b"tocsin-step/1\0" + UUID(MATCH_ID).bytes + bytes([4, 1, 0, 2])
    wanted = sha256(head + NONCE + opening.salts + values + opening.next).digest()

    assert commitment(MATCH_ID, 4, Role.PROPOSER, shown(4)) == wanted


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
    assert verify_shown(at, shown(4), RECORD, 3) == ("2024", "2024-03")  # a step shows no more than its level


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


def test_a_member_may_ask_no_more_than_the_docs_say() -> None:
    assert (PROPOSALS_A_DAY, PROPOSALS_OF_A_RECORD, MAX_TOKENS, NONCE_BYTES) == (50, 3, 500, 32)


def test_a_proposal_is_called_by_a_uuid() -> None:
    verify_proposal(Proposal(MATCH_ID, UID, 0, UID, 0))
    for wrong in ("", "x", MATCH_ID.upper(), MATCH_ID + " "):
        with pytest.raises(MatchRequestError):
            verify_proposal(Proposal(wrong, UID, 0, UID, 0))
