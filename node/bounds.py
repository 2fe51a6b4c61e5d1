"""What bounds everything that leaves: the policy of an organization, the names it keeps, and who the others are."""

from collections.abc import Mapping
from types import MappingProxyType
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
        enhanced: Countries in which a member works at the enhanced level of Saving Lives Together, by its id; of a
            member that is not here the network says nothing.
    """

    policy: Policy
    names: Names
    network: Mapping[str, Tier]
    enhanced: Mapping[str, frozenset[str]] = MappingProxyType({})

    def is_regular(self, country: str, member: str) -> bool:
        """Whether incidents of a country are at the regular level for a member; "" is for whoever is of a tier."""
        limited = member in self.enhanced and country not in self.enhanced[member]
        return limited or self.policy.is_regular(country)
