"""Pages of officers, and who reaches each; what somebody sees there their key and the grants of a case decide."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.officer import cases, opening, starting, steps
from console.web.roles import Role
from console.web.route import Route

_OFFICERS = frozenset(
    {
        Role.FOCAL_POINT,
        Role.ACCOUNTABILITY_OFFICER,
        Role.APPROVER,
        Role.LEGAL_ADVISER,
        Role.SURVIVOR_ADVOCATE,
    }
)

_DOCUMENT_BYTES = 33 << 20  # a letter, of which the hash is kept, and what is typed beside it

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        opening.UNLOCK: Route(_OFFICERS, opening.ask_unlock, opening.take_unlock),
        "/cases/lock": Route(_OFFICERS, takes=opening.lock),
        opening.BOARD: Route(_OFFICERS, cases.board, lists=cases.take_board),
        "/cases/due": Route(_OFFICERS, cases.due, lists=cases.take_due),
        "/cases/open": Route(_OFFICERS, starting.ask, starting.take, keeps=True, sealed=True),
        "/case": Route(_OFFICERS, cases.case_page),
        "/case/do": Route(_OFFICERS, steps.ask, steps.take, keeps=True, sealed=True, uploads=_DOCUMENT_BYTES),
    }
)
