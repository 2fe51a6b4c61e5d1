"""Pages of the other ways in."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.doors import keys
from console.web.roles import ANYBODY
from console.web.route import Route

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "/account/keys": Route(ANYBODY, keys.show),
        "/account/token": Route(ANYBODY, takes=keys.take_token),
        "/account/token/end": Route(ANYBODY, takes=keys.end),
    }
)
