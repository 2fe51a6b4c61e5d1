"""What is held whatever was asked, and how finely each tier may see."""

import re
from dataclasses import replace
from datetime import date, timedelta
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
    Cause,
    Certainty,
    Custody,
    EmployerTally,
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
from node.policy import Policy, baseline, read_policy
from node.rules import RULES, Choice, Override, label
from node.signed import Label
from tests.support.deciding import decided, hold
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


LONG_AGO = timedelta(days=4000)
SAID = st.builds(
    Override,
    st.booleans(),
    st.none() | st.sampled_from(list(Label)),
    st.tuples(*(st.integers(CLOSED, finest) for finest in FINEST)),
    st.booleans(),
)
POLICY = read_policy(
    baseline().text.replace('default = "enhanced"', 'default = "enhanced"\nSSD = "regular"')
    + """
[[agreement]]
member = "alpha"
countries = ["SSD", "AFG"]
until = 2030-06-30
[agreement.levels]
where = "point"
when = "day"
"""
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


@given(incidents(), st.sampled_from(list(Label)), st.sampled_from(list(Label)), st.sampled_from(list(Tier)))
def test_raising_a_label_never_lets_more_leave(
    incident: Incident, one: Label, other: Label, tier: Tier
) -> None:
    narrow, wide = sorted((one, other))
    today = incident.when.latest + LONG_AGO
    if decided(incident, today, Audience(tier), override=Override(label=narrow)).hold is None:
        assert decided(incident, today, Audience(tier), override=Override(label=wide)).hold is None
    assert label(frozenset({tier}), narrow) <= label(frozenset({tier}), wide) <= label(frozenset({tier}))


@pytest.mark.parametrize(
    ("asked", "tiers"),
    [
        (Label.RED, set()),
        (Label.AMBER_STRICT, {Tier.COORDINATOR}),
        (Label.AMBER, {Tier.COORDINATOR}),
        (Label.GREEN, {Tier.PEER, Tier.COORDINATOR}),
        (Label.CLEAR, set(Tier)),
    ],
)
def test_a_label_goes_no_further_than_it_says(asked: Label, tiers: set[Tier]) -> None:
    decisions = {tier: decided(OLD, TODAY, Audience(tier), override=Override(label=asked)) for tier in Tier}

    assert {tier for tier, one in decisions.items() if one.hold is None} == tiers
    assert {one.hold.rule for one in decisions.values() if one.hold is not None} <= {"R3"}


OLD = Incident(PartialDate(2015, 3, 14), Place("SSD", "Unity", "Leer", "Leer"))
ALPHA = Audience(Tier.PEER, "alpha")


def test_a_record_that_is_red_leaves_for_named_members_alone() -> None:
    red = Override(label=Label.RED)

    assert (
        decided(OLD, TODAY, ALPHA, override=red, members=frozenset({"alpha"}), tiers=frozenset()).hold is None
    )
    held = decided(OLD, TODAY, Audience(Tier.PEER, "beta"), override=red).hold
    assert held is not None
    assert held.rule == "R3"
    assert label(frozenset()) is Label.RED


def test_nothing_leaves_that_nobody_released() -> None:
    for audience in (*map(Audience, Tier), ALPHA):
        held = decided(OLD, TODAY, audience, tiers=frozenset()).hold
        assert held is not None
        assert held.rule == "R1"


def test_a_coordinator_sees_of_what_was_released_to_peers_what_peers_see() -> None:
    seen = decided(OLD, TODAY, Audience(Tier.COORDINATOR), tiers=frozenset({Tier.PEER}))

    assert seen.levels == baseline().levels[Tier.PEER]
    assert seen.choices[WHERE.number].rule == "R1"


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
FULL = Incident(
    PartialDate(2015, 3, 14),
    Place("SSD", "Unity", "Leer", "Leer"),
    Cause.VIOLENCE,
    "shooting",
    "ambush",
    "road",
    "economic",
    "armed_group_national",
    "Front",
    (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 1),),
    employers=(EmployerTally("ingo", 1),),
    certainty=Certainty.CONFIRMED,
    source_kind="media",
)


@pytest.mark.parametrize("tier", Tier)
def test_a_tier_sees_what_the_policy_says_and_who_said_it(tier: Tier) -> None:
    seen = decided(FULL, TODAY, Audience(tier))

    assert seen.hold is None
    assert seen.levels == baseline().levels[tier]
    assert tuple(choice.value for choice in seen.choices) == VALUES[tier]
    assert tuple(choice.rule for choice in seen.choices) == SPOKEN_OF_BY


EVERYTHING = "\n".join(f'{dimension.name} = "{dimension.levels[-1]}"' for dimension in DIMENSIONS)
OPEN = read_policy(
    re.sub(r"\[levels.coordinator\][^\[]*", f"[levels.coordinator]\n{EVERYTHING}\n", baseline().text)
    + f'\n[[agreement]]\nmember = "alpha"\n[agreement.levels]\n{EVERYTHING}\n'
)


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


@pytest.mark.parametrize("asked", Label)
@pytest.mark.parametrize("tier", Tier)
def test_a_label_that_was_asked_for_narrows_and_never_widens(asked: Label, tier: Tier) -> None:
    own = label(frozenset({tier}))

    assert label(frozenset({tier}), asked) == (min(own, asked))


@given(incidents(), st.sampled_from(list(Tier)))
def test_every_level_names_the_rule_that_decided_it(incident: Incident, tier: Tier) -> None:
    ids = {rule.id for rule in RULES}

    assert {choice.rule for choice in decided(incident, TODAY, Audience(tier)).choices} <= ids


GRANTED = Audience(Tier.PEER, "alpha")


def test_what_a_member_was_granted_on_request_adds_to_what_its_tier_sees() -> None:
    coarse = (0,) * len(FINEST)
    peers = baseline().levels[Tier.PEER]

    def seen(levels: Levels, *tiers: Tier) -> Levels:
        return decided(FULL, TODAY, GRANTED, tiers=frozenset(tiers), granted=levels).levels

    assert seen(coarse) == coarse
    assert seen(coarse, Tier.COORDINATOR) == coarse
    assert seen(coarse, Tier.PEER) == peers
    assert seen(ALL_CLOSED) == ALL_CLOSED
    assert decided(FULL, TODAY, GRANTED, tiers=frozenset()).hold is not None


@pytest.mark.parametrize("policy", [baseline(), OPEN], ids=["baseline", "open"])
def test_a_request_opens_everything_but_the_name_of_an_actor_that_nobody_sees(policy: Policy) -> None:
    shown = policy.levels[Tier.COORDINATOR][ACTOR.number]

    opened = decided(FULL, TODAY, GRANTED, tiers=frozenset(), policy=policy, granted=FINEST)

    assert opened.levels == tuple(shown if at == ACTOR.number else level for at, level in enumerate(FINEST))


def test_a_label_keeps_a_record_from_tiers_and_not_from_whom_a_request_was_granted() -> None:
    red = Override(label=Label.RED)

    assert decided(FULL, TODAY, GRANTED, granted=FINEST, override=red).hold is None
    held = decided(FULL, TODAY, GRANTED, override=red).hold
    assert held is not None
    assert held.rule == "R3"
