"""What the rules of the baseline say of an incident that somebody released to one tier."""

import re
from dataclasses import replace
from datetime import date, timedelta

from node.anonymize import anonymize
from node.audience import Audience, Levels, Purpose, Tier
from node.bounds import Bounds
from node.ladders import DIMENSIONS
from node.model import (
    Cause,
    Certainty,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Sex,
    Staff,
    Tally,
)
from node.policy import Policy, baseline, read_policy
from node.rules import Case, Decision, Hold, Override, decide
from node.scan import NO_NAMES

COORDINATORS = Audience(Tier.COORDINATOR)
NOTHING_SAID = Override()
BASELINE = Bounds(baseline(), NO_NAMES, {})  # of an organization that is alone
TODAY = date(2026, 11, 23)
LONG_AGO = timedelta(days=4000)
ALPHA = Audience(Tier.PEER, "alpha")
OLD = Incident(PartialDate(2015, 3, 14), Place("SSD", "Unity", "Leer", "Leer"))
FULL = replace(
    OLD,
    cause=Cause.VIOLENCE,
    means="shooting",
    context="ambush",
    location_type="road",
    motive="economic",
    actor_type="armed_group_national",
    actor_name="Front",
    victims=(Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 1),),
    employers=(EmployerTally("ingo", 1),),
    certainty=Certainty.CONFIRMED,
    source_kind="media",
)
"""Says something in every dimension, down to its finest level."""
_EVERYTHING = "\n".join(f'{dimension.name} = "{dimension.levels[-1]}"' for dimension in DIMENSIONS)
OPEN = read_policy(
    re.sub(r"\[levels.coordinator\][^\[]*", f"[levels.coordinator]\n{_EVERYTHING}\n", baseline().text)
    + f'\n[[agreement]]\nmember = "alpha"\n[agreement.levels]\n{_EVERYTHING}\n'
)
"""Shows everything to coordinators, and to alpha by an agreement."""
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
"""Limits South Sudan to the regular level, and has an agreement with alpha."""


def decided(
    incident: Incident,
    today: date,
    audience: Audience = COORDINATORS,
    *,
    tiers: frozenset[Tier] | None = None,
    members: frozenset[str] = frozenset(),
    purpose: Purpose = Purpose.STAFF_SAFETY,
    override: Override = NOTHING_SAID,
    policy: Policy | None = None,
    granted: Levels | None = None,
) -> Decision:
    """Ask the rules; without `tiers` it was released to the audience's own."""
    bounds = BASELINE._replace(policy=policy or baseline())
    chains = anonymize(incident, rcrc_named=bounds.policy.rcrc_named)
    reached = frozenset({audience.tier}) if tiers is None else tiers
    return decide(
        Case(incident, chains, audience, reached, members, purpose, override, bounds, today, granted)
    )


def hold(incident: Incident, today: date, tier: Tier = Tier.COORDINATOR) -> Hold | None:
    """Why an incident does not leave for a tier."""
    return decided(incident, today, Audience(tier)).hold
