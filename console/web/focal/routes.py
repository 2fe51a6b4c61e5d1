"""Pages of focal points and operators, and who reaches each."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.focal import importing
from console.web.focal.waiting import ONE_FILE_BYTES
from console.web.roles import Role
from console.web.route import Route

_FOCAL = frozenset({Role.FOCAL_POINT})
_FORM_BYTES = ONE_FILE_BYTES + (1 << 20)  # a file and what is typed beside it

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "/import": Route(_FOCAL, importing.ask, importing.take, uploads=_FORM_BYTES),
        "/import/preview": Route(_FOCAL, importing.look),
        "/import/refused.xlsx": Route(_FOCAL, importing.refused_rows),
        "/import/template.xlsx": Route(_FOCAL, importing.empty_workbook),
        "/import/confirm": Route(_FOCAL, takes=importing.take_in),
        "/import/cancel": Route(_FOCAL, takes=importing.forget),
    }
)
