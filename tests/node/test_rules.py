"""How finely each tier and each member may see."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audience import (
    ALL_CLOSED,
    CLOSED,
    FINEST,
    Audience,
    Levels,
    Purpose,
    Tier,
    levels_for,
    narrowest,
)
from node.ladders import ACTOR, DIMENSIONS, WHEN, WHERE
from node.model import (
    Incident,
    PartialDate,
    Place,
)
from node.policy import Policy, baseline, read_policy
from node.rules import RULES, Choice, Override
from node.signed import Label
from tests.support.deciding import ALPHA, FULL, LONG_AGO, OLD, OPEN, POLICY, TODAY, decided
from tests.support.strategies import incidents


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


SAID = st.builds(
    Override,
    st.booleans(),
    st.none() | st.sampled_from(list(Label)),
    st.tuples(*(st.integers(CLOSED, finest) for finest in FINEST)),
    st.booleans(),
)


def test_every_rule_stands_once_and_is_kept_by_somebody() -> None:
    ids = [rule.id for rule in RULES]

    assert ids == [*(f"R{number}" for number in range(1, 25)), "P1", "P2", "P3", "P4"]
    for rule in RULES:
        assert rule.text.endswith(".")
        assert rule.source
        assert (rule.apply is None) == bool(rule.kept_by)


@given(incidents(), SAID, st.sampled_from(list(Purpose)))
def test_who_may_see_less_sees_the_start_of_what_others_see(
    incident: Incident, said: Override, purpose: Purpose
) -> None:
    today = incident.when.latest + LONG_AGO
    alpha = Audience(Tier.PEER, "alpha")
    decisions = {
        who: decided(
            incident,
            today,
            who,
            override=said,
            purpose=purpose,
            policy=POLICY,
            tiers=frozenset(Tier),
        )
        for who in (*map(Audience, Tier), alpha)
    }
    views = {who.name: one.levels for who, one in decisions.items() if one.hold is None}
    for less, more in (*pairwise(map(Audience, Tier)), (Audience(Tier.PEER), alpha)):
        coarse, fine = (levels_for(views, who) or ALL_CLOSED for who in (less, more))
        assert narrowest((coarse, fine)) == coarse


@given(incidents(), SAID, SAID, st.sampled_from(list(Tier)))
def test_saying_more_of_a_record_never_widens_it(
    incident: Incident, first: Override, second: Override, tier: Tier
) -> None:
    today = incident.when.latest + LONG_AGO
    first, second = first._replace(captivity_released=False), second._replace(captivity_released=False)
    labels = [one.label for one in (first, second) if one.label is not None]
    both = Override(
        first.held or second.held, min(labels, default=None), narrowest((first.levels, second.levels))
    )
    before = decided(incident, today, Audience(tier), override=first)
    after = decided(incident, today, Audience(tier), override=both)

    assert after.hold is not None or before.hold is None
    assert narrowest((before.levels, after.levels)) == after.levels


def test_a_coordinator_sees_of_what_was_released_to_peers_what_peers_see() -> None:
    seen = decided(OLD, TODAY, Audience(Tier.COORDINATOR), tiers=frozenset({Tier.PEER}))

    assert seen.levels == baseline().levels[Tier.PEER]
    assert seen.choices[WHERE.number].rule == "R1"


def test_an_agreement_widens_one_member_in_its_countries_until_its_last_day() -> None:
    def place(audience: Audience, incident: Incident = OLD, today: date = TODAY) -> tuple[str, str]:
        choice = decided(incident, today, audience, policy=POLICY).choices[WHERE.number]
        return choice.value, choice.rule

    # South Sudan is at the regular level there: the tier sees its first level, the member what was agreed.
    assert place(Audience(Tier.COORDINATOR)) == ("SSD/Unity", "P1")
    assert place(ALPHA) == ("SSD/Unity/Leer/Leer@", "P2")
    assert place(Audience(Tier.PEER, "beta")) == ("SSD/Unity", "R10")
    assert place(ALPHA, today=date(2030, 6, 30)) == ("SSD/Unity/Leer/Leer@", "P2")
    assert place(ALPHA, today=date(2030, 7, 1)) == ("SSD/Unity", "R10")
    assert place(ALPHA, Incident(PartialDate(2015), Place("KEN", "Nairobi", "Westlands"))) == (
        "KEN/Nairobi",
        "R10",
    )


def test_what_was_said_of_a_record_narrows_an_agreement_too() -> None:
    levels = (0, 0, CLOSED, CLOSED, CLOSED, CLOSED, CLOSED)
    seen = decided(OLD, TODAY, ALPHA, policy=POLICY, override=Override(levels=levels))

    assert seen.levels == levels
    assert seen.choices[WHERE.number] == Choice(WHERE, 0, "P3", "SSD")


SPOKEN_OF_BY = ("R11", "R10", "R3", "R3", "R6", "R8", "R17")


VALUES = {
    Tier.PUBLIC: ("2015", "SSD", "violence/shooting", "killed=1", "", "", "confirmed"),
    Tier.PEER: (
        "2015-03",
        "SSD/Unity",
        "violence/shooting",
        "killed=1",
        "ngo",
        "non_state",
        "confirmed/media",
    ),
    Tier.COORDINATOR: (
        "2015-03-14",
        "SSD/Unity/Leer",
        "violence/shooting/ambush/road",
        "killed/national/female=1",
        "INGO=1",
        "non_state/armed_group_national/economic",
        "confirmed/media",
    ),
}


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_sees_what_the_policy_says_and_who_said_it(tier: Tier) -> None:
    seen = decided(FULL, TODAY, Audience(tier))

    assert seen.hold is None
    assert seen.levels == baseline().levels[tier]
    assert tuple(choice.value for choice in seen.choices) == VALUES[tier]
    assert tuple(choice.rule for choice in seen.choices) == SPOKEN_OF_BY


def test_where_nothing_narrows_the_rule_of_each_dimension_is_named() -> None:
    seen = decided(FULL, TODAY, policy=OPEN)

    assert seen.levels == FINEST
    assert tuple(choice.rule for choice in seen.choices) == SPOKEN_OF_BY


@pytest.mark.parametrize("tier", Tier)
def test_an_agreement_stands_in_the_place_of_all_that_the_tier_sees(tier: Tier) -> None:
    assert decided(FULL, TODAY, Audience(tier, "alpha"), policy=OPEN).levels == FINEST
    reached = frozenset({Tier.PUBLIC})
    assert decided(FULL, TODAY, Audience(tier, "alpha"), policy=OPEN, tiers=reached).levels == FINEST


def test_an_agreement_that_adds_nothing_decides_nothing() -> None:
    same = read_policy(
        baseline().text + '\n[[agreement]]\nmember = "alpha"\n[agreement.levels]\nwhere = "admin1"\n'
    )

    assert (
        decided(FULL, TODAY, ALPHA, policy=same).choices == decided(FULL, TODAY, Audience(Tier.PEER)).choices
    )


@pytest.mark.parametrize(
    ("tiers", "reader", "as_tier"),
    [
        ({Tier.PUBLIC, Tier.COORDINATOR}, Tier.PEER, Tier.PUBLIC),
        ({Tier.PUBLIC, Tier.PEER}, Tier.COORDINATOR, Tier.PEER),
        ({Tier.PUBLIC, Tier.PEER}, Tier.PEER, Tier.PEER),
    ],
)
def test_whoever_it_was_not_released_to_sees_what_the_finest_tier_below_sees(
    tiers: set[Tier], reader: Tier, as_tier: Tier
) -> None:
    seen = decided(FULL, TODAY, Audience(reader), tiers=frozenset(tiers))

    assert seen.hold is None
    assert seen.levels == baseline().levels[as_tier]


def test_a_country_is_limited_only_where_the_policy_says_so() -> None:
    coordinators = Audience(Tier.COORDINATOR)
    limited, free = FULL, replace(FULL, where=Place("AFG", "Kabul", "Paghman"))

    assert decided(limited, TODAY, coordinators, policy=POLICY).levels[:2] == (1, 1)
    assert decided(free, TODAY, coordinators, policy=POLICY).levels == baseline().levels[Tier.COORDINATOR]
    assert decided(limited, TODAY, coordinators, policy=POLICY).choices[WHEN.number].rule == "P1"


@given(incidents(), st.sampled_from(list(Tier)))
def test_every_level_names_the_rule_that_decided_it(incident: Incident, tier: Tier) -> None:
    ids = {rule.id for rule in RULES}

    assert {choice.rule for choice in decided(incident, TODAY, Audience(tier)).choices} <= ids


def test_what_a_member_was_granted_on_request_adds_to_what_its_tier_sees() -> None:
    coarse = (0,) * len(FINEST)
    peers = baseline().levels[Tier.PEER]

    def seen(levels: Levels, *tiers: Tier) -> Levels:
        return decided(FULL, TODAY, ALPHA, tiers=frozenset(tiers), granted=levels).levels

    assert seen(coarse) == coarse
    assert seen(coarse, Tier.COORDINATOR) == coarse
    assert seen(coarse, Tier.PEER) == peers
    assert seen(ALL_CLOSED) == ALL_CLOSED
    assert decided(FULL, TODAY, ALPHA, tiers=frozenset()).hold is not None


@pytest.mark.parametrize("policy", [baseline(), OPEN], ids=["baseline", "open"])
def test_a_request_opens_everything_but_the_name_of_an_actor_that_nobody_sees(policy: Policy) -> None:
    shown = policy.levels[Tier.COORDINATOR][ACTOR.number]

    opened = decided(FULL, TODAY, ALPHA, tiers=frozenset(), policy=policy, granted=FINEST)

    assert opened.levels == tuple(shown if at == ACTOR.number else level for at, level in enumerate(FINEST))
