"""The table of pages: who reaches each, and what answers. There is no other way in.

A page that somebody does not reach is answered as one that does not exist.
"""

from collections.abc import Mapping
from types import MappingProxyType

from console.web import front, incidents, sharing
from console.web.coordinator.routes import ROUTES as COORDINATOR_ROUTES
from console.web.doors.routes import ROUTES as DOORS_ROUTES
from console.web.focal.routes import ROUTES as FOCAL_ROUTES
from console.web.lists import with_lists
from console.web.officer.routes import ROUTES as OFFICER_ROUTES
from console.web.roles import ANYBODY, Role
from console.web.route import Route

READERS = frozenset({Role.FOCAL_POINT, Role.COORDINATOR})
REPORTERS = frozenset({Role.REPORTER, Role.FOCAL_POINT})
SHARERS = frozenset({Role.FOCAL_POINT})
NEIGHBOURS = ANYBODY - {Role.REPORTER}


_PAGES: Mapping[str, Route] = MappingProxyType(
    {
        "/sign-in": Route(None, front.ask_sign_in, front.take_sign_in),
        "/link": Route(None, front.ask_link, front.take_link),
        "/blank": Route(None, front.blank),
        "/second-step": Route(ANYBODY, front.ask_second_step, front.take_second_step, early=True),
        "/sign-out": Route(ANYBODY, takes=front.sign_out, early=True),
        "/leave": Route(ANYBODY, takes=front.leave, early=True),
        "/": Route(ANYBODY, front.first_page),
        "/account": Route(ANYBODY, front.show_account),
        "/account/session": Route(ANYBODY, takes=front.end_one_session),
        "/account/language": Route(ANYBODY, takes=front.take_language),
        "/network": Route(NEIGHBOURS, front.show_network, lists=front.take_network),
        "/report": Route(REPORTERS, incidents.report, incidents.take_report, keeps=True),
        "/reported": Route(REPORTERS, incidents.reported),
        "/incidents": Route(READERS, incidents.list_incidents, lists=incidents.take_away),
        "/incident": Route(READERS, incidents.show_incident),
        "/incident/complete": Route(SHARERS, incidents.complete, incidents.take_completion, keeps=True),
        "/held": Route(READERS, incidents.list_held, lists=incidents.take_held),
        "/share": Route(SHARERS, sharing.choose),
        "/share/preview": Route(SHARERS, sharing.look),
        "/share/send": Route(SHARERS, takes=sharing.send),
        **DOORS_ROUTES,
        **FOCAL_ROUTES,
        **COORDINATOR_ROUTES,
        **OFFICER_ROUTES,
    }
)
ROUTES: Mapping[str, Route] = MappingProxyType(dict(with_lists(_PAGES)))


def reaches(roles: frozenset[Role], path: str) -> bool:
    """Whether somebody with these roles reaches a page."""
    route = ROUTES.get(path)
    return route is not None and (route.roles is None or bool(route.roles & roles))
