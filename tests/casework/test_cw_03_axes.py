"""CW-03: stage per class of forum, public status and level of impunity are derived, as of two days."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.event import Event
from casework.justice import Axes, axes
from casework.proceedings import RANK
from tests.support.cases import case, event, opened

HOST, ABROAD = "AAA", "BBB"


def verdict(when: str, what: str, *accused: str, state: str = HOST, **more: Any) -> Event:
    fields: Any = {
        "proceeding": f"court-{state}",
        "state": state,
        "instance": "first",
        "verdict": what,
        **more,
    }
    return event("verdict", when, accused=accused, **fields)


def sentence(when: str, what: str, accused: str = "A1", state: str = HOST) -> Event:
    return event("sentenced", when, proceeding=f"court-{state}", accused=(accused,), sentence=what)


def of(
    *events: Event, categories: tuple[str, ...] = ("death_violence",), day: date = date(2030, 1, 1)
) -> Axes:
    return axes(case(opened(categories=categories), *events, valid=day, known=day))


INQUIRY = event("investigation_opened", "2010-02-01", investigation="I1", body="commission")
INQUIRY_OVER = event("investigation_closed", "2010-09-01", investigation="I1", outcome="no_charge")
CHARGED = event("charged", "2011-01-01", proceeding="court-AAA", state=HOST, accused=("A1",))
FINAL = event("became_final", "2012-01-01", proceeding="court-AAA")
SUSPECT = event("party_added", "2010-02-02", party="A2", kind="person", principal="met")
LOOSE = "somebody convicted is at large or was let off"
LETTER = event("letter_sent", "2010-03-01", letter="L1", kind="letter", counterpart="C1", document="0" * 64)
ANSWER = event("answer_received", "2010-04-01", answer="N1", kind="reply", letter="L1")


def test_a_case_of_which_only_the_incident_is_known() -> None:
    found = of(event("incident", "2010-01-01"))

    assert {(one.furthest, one.current) for one in found.stages} == {("unknown", "unknown")}
    assert (found.public_status, found.foreign_status, found.impunity) == (
        "no_information",
        "none_known",
        "unknown",
    )


def test_who_looked_and_found_nothing_knows_of_none() -> None:
    found = of(event("status_checked", "2016-01-01", finding="nothing"))

    assert found.stage("host").furthest == "none_known"
    assert (found.public_status, found.impunity) == ("no_information", "full")


def test_a_reply_alone_is_information() -> None:
    assert of(LETTER).public_status == "no_information"
    assert of(LETTER, ANSWER).public_status == "ongoing_unresolved"


def test_an_investigation_that_is_closed_never_ranks_above_an_open_one() -> None:
    open_, closed = of(INQUIRY).stage("host"), of(INQUIRY, INQUIRY_OVER).stage("host")

    assert (open_.furthest, open_.current) == ("investigation", "investigation")
    assert (closed.furthest, closed.current) == ("investigation", "closed_without_charge")
    assert of(INQUIRY, INQUIRY_OVER).public_status == "archived"


def test_one_investigation_closed_and_another_open_is_open() -> None:
    other = event("investigation_opened", "2010-10-01", investigation="I2", body="police")

    assert of(INQUIRY, INQUIRY_OVER, other).stage("host").current == "investigation"


def test_what_the_organization_finds_out_itself_is_no_step_of_a_state() -> None:
    own = event("investigation_opened", "2010-02-01", investigation="I1", body="organization")

    assert of(own).stage("host").furthest == "none_known"


def test_a_board_of_the_united_nations_is_international() -> None:
    board = event("investigation_opened", "2010-02-01", investigation="I1", body="un_board")

    assert (of(board).stage("international").current, of(board).stage("host").current) == (
        "investigation",
        "none_known",
    )


def test_only_what_is_final_is_resolved() -> None:
    judged = (CHARGED, verdict("2011-06-01", "convicted", "A1"))

    assert of(*judged).public_status == "ongoing_unresolved"
    assert (of(*judged).impunity, of(*judged).why) == ("unknown", "judged, finality unknown")
    assert (of(*judged, FINAL).public_status, of(*judged, FINAL).impunity) == ("resolved", "complete_justice")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (event("appeal_lodged", "2011-07-01", proceeding="court-AAA"), "convicted, not yet final"),
        (event("custody_changed", "2011-07-01", accused=("A1",), status="at_large"), LOOSE),
        (event("proceeding_flagged", "2011-07-01", proceeding="court-AAA", flag="in_absentia", accused=("A1",)), LOOSE),
        (event("proceeding_flagged", "2013-07-01", proceeding="court-AAA", flag="pardon", accused=("A1",)), LOOSE),
        (SUSPECT, "not judged: A2"),
        (event("suspect_died", "2011-07-01", parties=("A2",)), "not judged: A2"),
        (event("charged", "2011-07-01", proceeding="other", state=HOST, accused=("A2",)), "not judged: A2"),
    ],
)  # fmt: skip
def test_a_conviction_is_partial_as_long_as(more: Event, why: str) -> None:
    final = [] if more.kind == "appeal_lodged" else [FINAL]
    found = of(CHARGED, verdict("2011-06-01", "convicted", "A1"), *final, more)

    assert (found.impunity, found.why) == ("partial", why)


def test_suspects_whose_death_is_established_resolve_a_case_and_a_rumour_does_not() -> None:
    rumour = event("suspect_died", "2011-07-01", parties=("A2",))
    fact = event("suspect_died", "2012-07-01", parties=("A2",), established="met")

    assert of(INQUIRY, SUSPECT, rumour).public_status == "ongoing_unresolved"
    assert of(INQUIRY, SUSPECT, fact).public_status == "resolved"
    assert of(INQUIRY, SUSPECT, fact).impunity == "full"


def test_a_disciplinary_sanction_never_lifts_full_impunity() -> None:
    by_a_board = verdict("2011-06-01", "convicted", "A1", court="disciplinary")
    by_a_court = (verdict("2011-06-01", "convicted", "A1"), sentence("2011-06-01", "disciplinary"))

    assert of(by_a_board, FINAL).impunity == "full"
    assert of(by_a_board, FINAL).stage("host").furthest == "none_known"
    assert of(*by_a_court, FINAL).impunity == "full"


def test_acquittals_of_all_are_final_and_still_nobody_is_convicted() -> None:
    found = of(CHARGED, verdict("2011-06-01", "acquitted", "A1"), FINAL)

    assert (found.public_status, found.impunity) == ("resolved", "full")


def test_an_amnesty_archives_a_case() -> None:
    assert of(CHARGED, verdict("2011-06-01", "discontinued_amnesty", "A1"), FINAL).public_status == "archived"


def test_a_conviction_abroad_moves_impunity_and_not_the_host_state() -> None:
    abroad = (verdict("2015-06-01", "convicted", "A1", state=ABROAD), SUSPECT)
    found = of(*abroad)

    assert (found.stage("host").current, found.stage("other").current) == ("none_known", "first_judgment")
    assert (found.public_status, found.foreign_status) == ("no_information", "resolved_in_part")
    assert found.impunity == "partial"


def test_a_proceeding_of_which_nobody_said_the_state_moves_no_class() -> None:
    sentenced = event("sentenced", "2011-01-01", proceeding="court", accused=("A1",), sentence="life")
    found = of(sentenced)

    assert {one.furthest for one in found.stages} == {"none_known"}
    assert found.why == "judged, finality unknown"


def test_the_trial_of_staff_says_nothing_of_the_crime_against_them() -> None:
    staff = (
        event("person_added", "2010-01-01", person="P1", harm=("injured", "detained"), cause="violence"),
        event("charged", "2010-05-01", proceeding="court-AAA", state=HOST, accused=("P1",)),
        verdict("2010-06-01", "convicted", "P1"),
    )
    found = of(*staff, categories=("serious_injury_violence", "detention"))

    assert (found.stage("host").furthest, found.impunity, found.staff) == ("none_known", "full", "convicted")


def test_a_detention_is_resolved_by_release() -> None:
    taken = (
        event("person_added", "2010-01-01", person="P1", harm=("detained",), cause="violence"),
        event("detention_started", "2010-01-01", detention="D1", persons=("P1",)),
        event("charged", "2010-05-01", proceeding="court-AAA", state=HOST, accused=("P1",)),
    )
    out = (
        verdict("2010-06-01", "acquitted", "P1"),
        event("detention_ended", "2010-06-02", detention="D1", persons=("P1",), outcome="acquitted"),
    )
    held, free = of(*taken, categories=("detention",)), of(*taken, *out, categories=("detention",))

    assert (held.public_status, held.staff, held.impunity) == (
        "ongoing_unresolved",
        "pending",
        "not_applicable",
    )
    assert (free.public_status, free.staff, free.impunity) == ("resolved", "cleared", "not_applicable")


def test_an_accident_has_no_impunity() -> None:
    assert of(event("incident", "2010-01-01"), categories=("death_safety",)).impunity == "not_applicable"


def test_hearings_of_an_inquest_are_no_trial() -> None:
    heard = event("hearing_held", "2010-05-01", proceeding="court-AAA", state=HOST)

    assert of(heard).stage("host").furthest == "investigation"
    assert (
        of(CHARGED, event("hearing_held", "2011-05-01", proceeding="court-AAA", state=HOST))
        .stage("host")
        .furthest
        == "trial"
    )


# --- laws ------------------------------------------------------------------------------------------------------------
DAYS = st.dates(date(2010, 1, 1), date(2019, 12, 31))
ACCUSED = st.sampled_from(["A1", "A2"])
VERDICTS = st.sampled_from(
    ["convicted", "acquitted", "no_case", "discontinued_amnesty", "retrial", "overturned"]
)


@st.composite
def steps(draw: st.DrawFn, states: tuple[str, ...] = (HOST, ABROAD)) -> Event:
    day, accused, state = str(draw(DAYS)), draw(ACCUSED), draw(st.sampled_from(states))
    court: Any = {"proceeding": f"court-{state}"}
    return draw(
        st.sampled_from(
            [
                event("investigation_opened", day, investigation=f"I-{state}", body="police", state=state),
                event("investigation_closed", day, investigation=f"I-{state}", outcome="no_charge"),
                event("charged", day, accused=(accused,), state=state, **court),
                event("trial_opened", day, state=state, **court),
                event(
                    "verdict",
                    day,
                    accused=(accused,),
                    state=state,
                    instance=draw(st.sampled_from(["first", "appeal"])),
                    verdict=draw(VERDICTS),
                    **court,
                ),
                event("sentenced", day, accused=(accused,), sentence="life", **court),
                event("appeal_lodged", day, **court),
                event("appeal_blocked", day, reason="file missing", **court),
                event("became_final", day, **court),
                event("suspect_died", day, parties=(accused,), established="met"),
                event("custody_changed", day, accused=(accused,), status="escaped"),
            ]
        )
    )


def seen(found: Axes) -> tuple[object, ...]:
    """Everything but the events themselves, whose place in the file differs."""
    accused = {
        (court.id, one.who, one.charge, one.outcome, one.finality, one.sentences, one.custody)
        for court in found.proceedings
        for one in court.accused
    }
    return (found.stages, found.public_status, found.foreign_status, found.impunity, found.staff, accused)


@given(st.lists(steps(), max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_the_order_in_which_events_were_written_down_changes_nothing(
    events: list[Event], chance: object
) -> None:
    shuffled = list(events)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert seen(of(*shuffled)) == seen(of(*events))


@given(st.lists(steps((HOST,)), max_size=6), st.lists(steps((ABROAD,)), max_size=4))
@settings(max_examples=60)
def test_nothing_that_happens_abroad_moves_the_host_state(here: list[Event], there: list[Event]) -> None:
    abroad = [
        one for one in there if one.kind not in {"suspect_died", "custody_changed"}
    ]  # facts of everywhere
    looked = event("status_checked", "2010-01-01", finding="looked")
    without, with_ = of(looked, *here), of(looked, *here, *abroad)

    assert with_.stage("host") == without.stage("host")
    if without.public_status != "resolved":
        assert with_.public_status == without.public_status


@given(st.lists(steps(), max_size=6), st.lists(steps(), max_size=4))
@settings(max_examples=60)
def test_what_is_known_later_is_not_seen_before(known: list[Event], later: list[Event]) -> None:
    day = date(2020, 1, 1)
    learned = [replace(one, known_on=date(2021, 1, 1)) for one in later]

    assert seen(of(*known, *learned, day=day)) == seen(of(*known, day=day))


@given(st.lists(steps(), max_size=8))
@settings(max_examples=60)
def test_current_is_never_beyond_furthest(events: list[Event]) -> None:
    for one in of(*events).stages:
        assert RANK[one.current] <= RANK[one.furthest]
        assert one.furthest not in {"closed_without_charge", "appeal_blocked"}
