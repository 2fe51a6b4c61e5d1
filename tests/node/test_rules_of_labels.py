"""A label goes no further than it says, and whoever asks for another narrows it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.audience import (
    FINEST,
    Audience,
    Tier,
)
from node.model import (
    Incident,
)
from node.rules import Override, label
from node.signed import Label
from tests.support.deciding import ALPHA, FULL, LONG_AGO, OLD, TODAY, decided
from tests.support.strategies import incidents


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


def test_a_record_that_is_red_leaves_for_named_members_alone() -> None:
    red = Override(label=Label.RED)

    assert (
        decided(OLD, TODAY, ALPHA, override=red, members=frozenset({"alpha"}), tiers=frozenset()).hold is None
    )
    held = decided(OLD, TODAY, Audience(Tier.PEER, "beta"), override=red).hold
    assert held is not None
    assert held.rule == "R3"
    assert label(frozenset()) is Label.RED


@pytest.mark.parametrize("asked", Label)
@pytest.mark.parametrize("tier", Tier)
def test_a_label_that_was_asked_for_narrows_and_never_widens(asked: Label, tier: Tier) -> None:
    own = label(frozenset({tier}))

    assert label(frozenset({tier}), asked) == (min(own, asked))


def test_a_label_keeps_a_record_from_tiers_and_not_from_whom_a_request_was_granted() -> None:
    red = Override(label=Label.RED)

    assert decided(FULL, TODAY, ALPHA, granted=FINEST, override=red).hold is None
    held = decided(FULL, TODAY, ALPHA, override=red).hold
    assert held is not None
    assert held.rule == "R3"
