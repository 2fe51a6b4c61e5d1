"""Pages of coordinators, and who reaches them."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.coordinator import explore
from console.web.roles import Role
from console.web.route import Route

ANALYSTS = frozenset({Role.COORDINATOR, Role.FOCAL_POINT})

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "/explore": Route(ANALYSTS, explore.explore, lists=explore.take_answer),
        "/explore/changes": Route(ANALYSTS, explore.show_changes, lists=explore.take_changes),
    }
)
