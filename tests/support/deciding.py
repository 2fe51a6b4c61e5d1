"""What the rules of the baseline say of an incident that somebody released to one tier."""

from datetime import date

from node.anonymize import anonymize
from node.audience import Audience, Levels, Purpose, Tier
from node.bounds import Bounds
from node.model import Incident
from node.policy import Policy, baseline
from node.rules import Case, Decision, Hold, Override, decide
from node.scan import NO_NAMES

COORDINATORS = Audience(Tier.COORDINATOR)
NOTHING_SAID = Override()
BASELINE = Bounds(baseline(), NO_NAMES, {})  # of an organization that is alone


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
