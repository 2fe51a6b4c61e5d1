"""The console of a demo that is kept: its people, what they see, and links that sign them in."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from console.demo import collect
from console.home import Home
from console.web.accounts import add_account
from console.web.edge import address_of
from console.web.links import make_link
from console.web.proofs import new_second_step, new_token
from console.web.roles import Role

PEOPLE: tuple[tuple[str, Role, str], ...] = (
    ("focal-point", Role.FOCAL_POINT, "/incidents"),
    ("officer", Role.ACCOUNTABILITY_OFFICER, "/cases"),
    ("coordinator", Role.COORDINATOR, "/explore"),
)


class SignIn(NamedTuple):
    """Somebody of the console: their role, and a link that signs them in."""

    role: Role
    link: str


def let_in(home: Home, progress: Callable[[str, int, int], None]) -> tuple[str, tuple[SignIn, ...]]:
    """Open the console of a node that serves it: its address, and who signs in by which link.

    What the others released is pulled first, so that there is something to see.

    Raises:
        NodeError: The others can not be pulled from.
        WebAddressError: It serves no console.
    """
    collect(home, progress)
    now, address, store = datetime.now(UTC), address_of(home), home.store()
    try:
        for name, role, _ in PEOPLE:
            # A passphrase and an authenticator that nobody has: there are links instead.
            add_account(store, name, [role], new_token(), now, new_second_step())
        links = tuple(
            SignIn(role, f"{address}/link?token={make_link(store, name, now)}&next={page}")
            for name, role, page in PEOPLE
        )
    finally:
        store.close()
    return address, links
