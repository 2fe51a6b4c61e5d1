"""Pages of officers, and who reaches each; what somebody sees there their key and the grants of a case decide."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.officer import (
    access,
    cases,
    evidence,
    figures,
    importing,
    inbox,
    joint,
    keeping,
    opening,
    papers,
    sheets,
    starting,
    steps,
    yearly,
)
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

_WITH_KEYS = _OFFICERS | {Role.AUDITOR}
_FORM_BYTES = 1 << 20  # what is typed beside a file
_DOCUMENT_BYTES = (32 << 20) + _FORM_BYTES  # a letter, of which the hash is kept

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        opening.UNLOCK: Route(_WITH_KEYS, opening.ask_unlock, opening.take_unlock),
        "/cases/lock": Route(_WITH_KEYS, takes=opening.lock),
        opening.BOARD: Route(_OFFICERS, cases.board, lists=cases.take_board),
        "/cases/due": Route(_OFFICERS, cases.due, lists=cases.take_due),
        "/cases/open": Route(_OFFICERS, starting.ask, starting.take, keeps=True, sealed=True),
        "/case": Route(_OFFICERS, cases.case_page),
        "/case/do": Route(_OFFICERS, steps.ask, steps.take, keeps=True, sealed=True, uploads=_DOCUMENT_BYTES),
        "/case/evidence": Route(
            _OFFICERS,
            evidence.show,
            evidence.take,
            sealed=True,
            uploads=evidence.MAX_BYTES + _FORM_BYTES,
            lists=evidence.take_away,
        ),
        "/case/evidence/content": Route(_OFFICERS, takes=evidence.content),
        "/case/access": Route(_OFFICERS, access.show, access.take, lists=access.take_away),
        "/case/joint": Route(_OFFICERS, joint.show, joint.decide),
        sheets.DOSSIER: Route(_OFFICERS, sheets.show_dossier),
        **{f"{sheets.DOSSIER}.{style}": Route(_OFFICERS, sheets.take_dossier) for style in sheets.STYLES},
        sheets.STATE: Route(_OFFICERS, sheets.show_state),
        **{f"{sheets.STATE}.{style}": Route(_OFFICERS, sheets.take_state) for style in sheets.STYLES},
        yearly.PATH: Route(
            _OFFICERS,
            yearly.show,
            yearly.bring,
            sealed=True,
            uploads=yearly.MAX_BYTES + _FORM_BYTES,
            lists=yearly.take_away,
        ),
        figures.FIGURES: Route(_OFFICERS, figures.show, lists=figures.take_away),
        importing.IMPORT: Route(
            _OFFICERS, importing.ask, importing.take, sealed=True, uploads=importing.MAX_BYTES + _FORM_BYTES
        ),
        "/cases/import/template.csv": Route(_OFFICERS, importing.empty_file),
        "/cases/import/preview": Route(_OFFICERS, importing.look, lists=importing.take_away),
        "/cases/import/start": Route(_OFFICERS, takes=importing.start),
        "/cases/import/cancel": Route(_OFFICERS, takes=importing.forget),
        "/cases/import/progress": Route(_OFFICERS, importing.progress, lists=importing.take_result),
        keeping.KEEPING: Route(_WITH_KEYS, keeping.show, lists=keeping.take_away),
        "/cases/keeping/erase": Route(_OFFICERS, takes=keeping.erase),
        inbox.INBOX: Route(_OFFICERS, inbox.show, lists=inbox.take_away),
        "/cases/report": Route(_OFFICERS, inbox.read, inbox.answer, keeps=True, sealed=True),
        "/cases/report/file": Route(_OFFICERS, takes=inbox.file),
        "/cases/report/case": Route(_OFFICERS, inbox.ask_case, inbox.open_case, keeps=True, sealed=True),
        "/cases/report/erase": Route(_OFFICERS, takes=inbox.erase),
        "/cases/papers": Route(_OFFICERS, papers.show, papers.write),
        "/cases/log": Route(_WITH_KEYS, access.show_log, lists=access.take_log),
    }
)
