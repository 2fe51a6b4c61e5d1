"""One record on its way to one audience, and what can be said of that."""

from datetime import date
from typing import NamedTuple

from node.audience import FINEST, Audience, Levels, Purpose, Tier
from node.bounds import Bounds
from node.ladders import Chains
from node.model import Incident
from node.policy import Policy
from node.signed import Label


class Hold(NamedTuple):
    """Why an incident does not leave: the rule, a sentence for people, and what would release it."""

    rule: str
    reason: str
    release: str


class Override(NamedTuple):
    """What somebody said of this one record: it may narrow; widening took a second person (P3)."""

    held: bool = False
    label: Label | None = None
    levels: Levels = FINEST
    captivity_released: bool = (
        False  # a person decided that it may leave although somebody is not known to be free
    )


class Case(NamedTuple):
    """One record on its way to one audience.

    Attributes:
        incident: As the organization holds it.
        chains: Its anonymized values at full depth.
        audience: Who is to see it.
        tiers: That somebody released it to.
        members: That somebody released it to by name.
        purpose: What it is shared for.
        override: What was said of this record alone.
        bounds: Of the organization.
        today: UTC day of the decision.
        granted: How finely a share request of the audience, which is a member, was granted; `None` is not at all.
    """

    incident: Incident
    chains: Chains
    audience: Audience
    tiers: frozenset[Tier]
    members: frozenset[str]
    purpose: Purpose
    override: Override
    bounds: Bounds
    today: date
    granted: Levels | None = None

    @property
    def policy(self) -> Policy:
        """Of the organization."""
        return self.bounds.policy
