"""Pages of the other ways in."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.doors import keys, passkeys, provider
from console.web.roles import ANYBODY
from console.web.route import Route

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "/account/keys": Route(ANYBODY, keys.show),
        "/passkey": Route(None, passkeys.ask_sign_in, passkeys.take_sign_in),
        "/provider": Route(None, provider.go),
        "/provider/back": Route(None, provider.come_back),
        "/account/passkey": Route(ANYBODY, passkeys.ask_add, passkeys.take_add),
        "/account/passkey/end": Route(ANYBODY, takes=passkeys.end),
        "/account/token": Route(ANYBODY, takes=keys.take_token),
        "/account/token/end": Route(ANYBODY, takes=keys.end),
    }
)
