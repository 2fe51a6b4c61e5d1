"""What bounds everything that leaves: the policy of an organization, the names it keeps, and who the others are."""

from collections.abc import Mapping
from typing import NamedTuple

from node.audience import Tier
from node.policy import Policy
from node.scan import Names


class Bounds(NamedTuple):
    """By what an organization decides; one value, so that no decision is made with a part of it.

    Attributes:
        policy: By which the rules decide.
        names: Which the organization keeps at home.
        network: Tier of each member that may get a view of its own, by id.
    """

    policy: Policy
    names: Names
    network: Mapping[str, Tier]
