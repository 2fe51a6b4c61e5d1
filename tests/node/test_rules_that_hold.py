"""What is held whatever was asked: by which rule, until when, and in which words."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.sentence import Sentence
from node.audience import (
    Audience,
    Purpose,
    Tier,
)
from node.model import (
    Custody,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Sensitive,
    Sex,
    Staff,
    Tally,
    is_sexual_violence,
)
from node.policy import baseline, read_policy
from node.rules import RULES, Override
from node.signed import Label
from tests.support.deciding import ALPHA, FULL, OLD, OPEN, POLICY, TODAY, decided, hold
from tests.support.strategies import incidents


def happened(outcome: Outcome, custody: Custody, *date_parts: int, number: int = 1) -> Incident:
    return Incident(
        PartialDate(*date_parts or (2010,)),
        victims=(Tally(outcome, Staff.NATIONAL, Sex.UNKNOWN, number),),
        custody=custody,
    )


@pytest.mark.parametrize(
    ("incident", "rule"),
    [
        (happened(Outcome.KILLED, Custody.NONE), None),
        (happened(Outcome.KILLED, Custody.UNKNOWN, 2026, 11, 1), None),
        (happened(Outcome.SEXUALLY_ASSAULTED, Custody.NONE), "R14"),
        (happened(Outcome.SEXUALLY_ASSAULTED, Custody.NONE, number=0), None),
        (Incident(PartialDate(2010), means="rape_sexual_assault"), "R14"),
        (happened(Outcome.SEXUALLY_ASSAULTED, Custody.ONGOING), "R14"),
        (happened(Outcome.ABDUCTED, Custody.ONGOING), "R15"),
        (Incident(PartialDate(2010), custody=Custody.ONGOING), "R15"),
        (happened(Outcome.ABDUCTED, Custody.ENDED, 2026, 11, 1), None),
        (happened(Outcome.ABDUCTED, Custody.NONE, 2026, 11, 1), None),
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN), None),
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2026, 11, 1), "R15"),
        (happened(Outcome.DETAINED, Custody.UNKNOWN, 2026, 11, 1), "R15"),
        (happened(Outcome.DETAINED, Custody.UNKNOWN, 2026, 11, 1, number=0), None),
        # A date that is not precise counts by the last day that it can mean.
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2025), "R15"),
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2025, 10), None),
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2025, 11), "R15"),
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2025, 11, 23), None),
        (happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2025, 11, 24), "R15"),
    ],
)
def test_what_must_not_leave_is_held_with_its_rule(incident: Incident, rule: str | None) -> None:
    held = hold(incident, TODAY)

    assert (held.rule if held else None) == rule


def test_a_capture_of_unknown_end_is_held_for_a_year() -> None:
    captured = happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2025, 3, 1)
    held_on = [day for day in range(800) if hold(captured, date(2025, 3, 1) + timedelta(days=day))]

    assert held_on == list(range(365))


@given(incidents(), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 4000))
def test_time_only_ever_lifts_a_hold(incident: Incident, today: date, days: int) -> None:
    if hold(incident, today) is None:
        assert hold(incident, today + timedelta(days=days)) is None


@given(incidents(), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_sexual_violence_and_ongoing_captivity_are_always_held(incident: Incident, today: date) -> None:
    held = hold(incident, today)

    survivors = Sensitive.SURVIVORS in incident.sensitive
    if incident.count(Outcome.SEXUALLY_ASSAULTED) or incident.means == "rape_sexual_assault" or survivors:
        assert held is not None
        assert held.rule == "R14"
    elif incident.custody is Custody.ONGOING:
        assert held is not None
        assert held.rule == "R15"


@given(incidents(), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.text())
def test_words_decide_nothing(incident: Incident, today: date, narrative: str) -> None:
    spoken = replace(incident, narrative=narrative, source_text=(), actor_name="")

    assert hold(spoken, today) == hold(incident, today)


@pytest.mark.parametrize(
    ("means", "assaulted", "expected"),
    [
        ("shooting", 0, False),
        (None, 0, False),
        (None, 1, True),
        ("shooting", 1, True),
        ("rape_sexual_assault", 0, True),
    ],
)
def test_sexual_violence_is_told_by_means_or_by_outcome(
    means: str | None,
    assaulted: int,
    expected: bool,  # noqa: FBT001
) -> None:
    assert is_sexual_violence(means, assaulted) is expected


def test_nothing_leaves_that_nobody_released() -> None:
    for audience in (*map(Audience, Tier), ALPHA):
        held = decided(OLD, TODAY, audience, tiers=frozenset()).hold
        assert held is not None
        assert held.rule == "R1"


@pytest.mark.parametrize(("days", "rule"), [(0, "R11"), (30, "R11"), (31, None)])
def test_the_public_waits(days: int, rule: str | None) -> None:
    happened_on = PartialDate(2026, 1, 31)
    incident = Incident(happened_on)
    today = happened_on.latest + timedelta(days=days)
    held = decided(incident, today, Audience(Tier.PUBLIC)).hold

    assert (held.rule if held else None) == rule
    assert decided(incident, today, Audience(Tier.PEER)).hold is None


def test_a_month_is_waited_for_from_its_last_day() -> None:
    held = hold(Incident(PartialDate(2026, 1)), date(2026, 2, 28), Tier.PUBLIC)

    assert held is not None
    assert "2026-03-02" in held.release


def test_a_purpose_that_the_policy_does_not_name_is_refused() -> None:
    held = decided(OLD, TODAY, purpose=Purpose.ADVOCACY).hold

    assert held is not None
    assert held.rule == "R16"
    assert decided(OLD, TODAY, Audience(Tier.PUBLIC), purpose=Purpose.ADVOCACY).hold is None


def test_captivity_leaves_only_when_a_person_said_so() -> None:
    ongoing = Incident(PartialDate(2010), custody=Custody.ONGOING)

    assert decided(ongoing, TODAY, override=Override(captivity_released=True)).hold is None
    assert decided(ongoing, TODAY).hold is not None


def test_nothing_releases_sexual_violence() -> None:
    incident = Incident(PartialDate(2010), means="rape_sexual_assault")
    said = Override(captivity_released=True, label=Label.CLEAR)
    held = decided(incident, TODAY, ALPHA, override=said, members=frozenset({"alpha"}), policy=POLICY).hold

    assert held is not None
    assert held.rule == "R14"


@given(incidents(), st.sampled_from(list(Tier)))
def test_every_hold_says_what_would_release_it(incident: Incident, tier: Tier) -> None:
    held = hold(incident, incident.when.latest, tier)

    if held is not None:
        assert held.rule in {rule.id for rule in RULES}
        assert held.reason
        assert held.release


EARLY = PartialDate(2026, 11, 20)


@pytest.mark.parametrize(
    ("incident", "rule"),
    [
        (Incident(EARLY, means="rape_sexual_assault"), "R14"),
        (Incident(EARLY, custody=Custody.ONGOING), "R15"),
        (Incident(EARLY), "R1"),
    ],
)
def test_the_gravest_hold_is_named_whatever_else_holds(incident: Incident, rule: str) -> None:
    held = decided(incident, TODAY, Audience(Tier.PUBLIC), tiers=frozenset()).hold

    assert held is not None
    assert held.rule == rule


def test_a_record_that_somebody_holds_stays() -> None:
    held = decided(FULL, TODAY, override=Override(held=True)).hold

    assert held is not None
    assert held.rule == "P3"


def test_a_name_that_reveals_is_held_where_it_would_be_seen() -> None:
    revealing = replace(FULL, where=Place("SSD", "Unity", "ask +000 000 000 001 or a@example.org"))
    held = hold(revealing, TODAY)

    assert held is not None
    assert held == (
        "R8",
        "the name of admin2 in where seems to hold e-mail, phone",
        "a corrected name, or a coarser level for this record",
    )
    assert hold(revealing, TODAY, Tier.PEER) is None
    twice = replace(revealing, where=replace(revealing.where, admin1="ask +000 000 000 001"))
    seen = decided(replace(twice, actor_name="a@example.org"), TODAY, policy=OPEN).hold
    assert seen is not None
    assert "the name of admin1 in where" in seen.reason


def test_persons_taken_in_two_ways_are_persons_taken() -> None:
    taken = Incident(
        EARLY,
        victims=tuple(
            Tally(outcome, Staff.NATIONAL, Sex.UNKNOWN, 1) for outcome in (Outcome.ABDUCTED, Outcome.DETAINED)
        ),
        custody=Custody.UNKNOWN,
    )
    held = hold(taken, TODAY)

    assert held is not None
    assert held.rule == "R15"


def test_a_hold_names_the_label_and_the_purposes_as_people_write_them() -> None:
    strict = decided(FULL, TODAY, Audience(Tier.PEER), override=Override(label=Label.AMBER_STRICT)).hold
    other = decided(FULL, TODAY, purpose=Purpose.ADVOCACY).hold
    none = decided(
        FULL,
        TODAY,
        purpose=Purpose.ADVOCACY,
        policy=read_policy(re.sub(r"(?m)^coordinator = \[.*", "coordinator = []", baseline().text)),
    ).hold

    assert strict is not None
    assert strict.reason == "it is labelled AMBER+STRICT"
    assert other is not None
    assert other.release == "another purpose: analysis, staff_safety, statistics"
    assert none is not None
    assert none.release == "a purpose in the policy"


@pytest.mark.parametrize(
    ("audience", "name", "is_a_word"), [(Audience(Tier.PEER), "peer", True), (ALPHA, "@alpha", False)]
)
def test_whom_nobody_released_it_to_is_named_and_only_a_tier_is_put_into_other_words(
    audience: Audience,
    name: str,
    is_a_word: bool,  # noqa: FBT001
) -> None:
    held = decided(OLD, TODAY, audience, tiers=frozenset()).hold

    assert held is not None
    assert held.reason == f"nobody has released it to {name}"
    assert held.release == f"release it to {name} or to a coarser tier"
    assert isinstance(held.reason, Sentence)
    assert isinstance(held.reason.values["name"], Sentence) == is_a_word


def test_who_holds_a_capture_of_unknown_end_is_told_when_it_is_presumed_over() -> None:
    held = hold(happened(Outcome.ABDUCTED, Custody.UNKNOWN, 2026, 3, 1), TODAY)

    assert held is not None
    assert held.reason.endswith("no release is known; it is presumed on 2027-03-01")
