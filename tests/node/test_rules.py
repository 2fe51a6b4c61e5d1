"""What is held whatever was asked, and how finely each tier may see."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audience import Tier
from node.ladders import DIMENSIONS
from node.model import Custody, Incident, Outcome, PartialDate, Sex, Staff, Tally, is_sexual_violence
from node.policy import baseline
from node.rules import label
from node.signed import Label
from tests.support.deciding import hold
from tests.support.strategies import incidents

TODAY = date(2026, 11, 23)


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

    if incident.count(Outcome.SEXUALLY_ASSAULTED) or incident.means == "rape_sexual_assault":
        assert held is not None
        assert held.rule == "R14"
    elif incident.custody is Custody.ONGOING:
        assert held is not None
        assert held.rule == "R15"


@given(incidents(), st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.text())
def test_words_decide_nothing(incident: Incident, today: date, narrative: str) -> None:
    spoken = replace(incident, narrative=narrative, source_text=(), actor_name="")

    assert hold(spoken, today) == hold(incident, today)


@pytest.mark.parametrize(("coarse", "fine"), [(Tier.PUBLIC, Tier.PEER), (Tier.PEER, Tier.COORDINATOR)])
def test_a_finer_tier_sees_at_least_as_much_in_every_dimension(coarse: Tier, fine: Tier) -> None:
    assert all(
        less <= more for less, more in zip(baseline().levels[coarse], baseline().levels[fine], strict=True)
    )
    assert baseline().levels[coarse] != baseline().levels[fine]


# What each tier sees, as people were told: nobody may widen it by the way.
SEEN = {
    Tier.PUBLIC: ("year", "country", "means", "outcome", None, None, "level"),
    Tier.PEER: ("month", "admin1", "means", "outcome", "sector", "group", "source"),
    Tier.COORDINATOR: ("day", "admin2", "location", "sex", "type", "motive", "source"),
}


@pytest.mark.parametrize("tier", Tier)
def test_each_tier_sees_down_to_these_levels(tier: Tier) -> None:
    assert SEEN[tier] == tuple(
        dimension.levels[level] if level >= 0 else None
        for dimension, level in zip(DIMENSIONS, baseline().levels[tier], strict=True)
    )


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        ({Tier.PUBLIC}, Label.CLEAR),
        ({Tier.PEER}, Label.GREEN),
        ({Tier.COORDINATOR}, Label.AMBER),
        ({Tier.PUBLIC, Tier.PEER}, Label.GREEN),
        ({Tier.PUBLIC, Tier.COORDINATOR}, Label.AMBER),
        (set(Tier), Label.AMBER),
    ],
)
def test_the_label_is_that_of_the_narrowest_audience(tiers: set[Tier], expected: Label) -> None:
    assert label(frozenset(tiers)) is expected


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
