"""Pages of focal points and operators, and who reaches each."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.focal import (
    ceremonies,
    grouping,
    health,
    holding,
    importing,
    members,
    numbers,
    recalling,
    requesting,
    ringing,
)
from console.web.focal.waiting import ONE_FILE_BYTES
from console.web.roles import ANYBODY, Role
from console.web.route import Route

_FOCAL = frozenset({Role.FOCAL_POINT})
_READERS = frozenset({Role.FOCAL_POINT, Role.COORDINATOR})
_LOOKERS = frozenset({Role.FOCAL_POINT, Role.AUDITOR})
_NEIGHBOURS = ANYBODY - {Role.REPORTER}
_OPERATORS = frozenset({Role.OPERATOR})
_CARRIERS = _FOCAL | _OPERATORS
_FORM_BYTES = ONE_FILE_BYTES + (1 << 20)  # a file and what is typed beside it

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "/import": Route(_FOCAL, importing.ask, importing.take, uploads=_FORM_BYTES),
        "/import/preview": Route(_FOCAL, importing.look),
        "/import/refused.xlsx": Route(_FOCAL, importing.refused_rows),
        "/import/template.xlsx": Route(_FOCAL, importing.empty_workbook),
        "/import/confirm": Route(_FOCAL, takes=importing.take_in),
        "/import/cancel": Route(_FOCAL, takes=importing.forget),
        "/holders": Route(_READERS, holding.list_holders, lists=holding.take_holders),
        "/outcomes": Route(_READERS, holding.list_outcomes, lists=holding.take_outcomes),
        "/disclosures": Route(_LOOKERS, holding.list_disclosures, lists=holding.take_disclosures),
        "/recall": Route(_FOCAL, recalling.choose),
        "/recall/preview": Route(_FOCAL, recalling.look),
        "/recall/send": Route(_FOCAL, takes=recalling.send),
        "/alerts": Route(_READERS, ringing.list_alerts, lists=ringing.take_alerts),
        "/alert": Route(_READERS, ringing.show_alert),
        "/alert/new": Route(_FOCAL, ringing.ask, ringing.look, keeps=True),
        "/alert/send": Route(_FOCAL, takes=ringing.send),
        "/alert/cancel": Route(_FOCAL, takes=ringing.cancel),
        "/alert/note": Route(_READERS, takes=ringing.note),
        "/requests": Route(_FOCAL, requesting.list_requests, lists=requesting.take_requests),
        "/requests/sent": Route(_FOCAL, requesting.list_requests, lists=requesting.take_sent),
        "/request": Route(_FOCAL, requesting.show_request),
        "/request/decide": Route(_FOCAL, takes=requesting.decide),
        "/request/new": Route(_FOCAL, requesting.ask, requesting.take, keeps=True),
        "/request/cancel": Route(_FOCAL, takes=requesting.take_back),
        "/audiences": Route(_FOCAL, grouping.list_audiences, lists=grouping.take_audiences),
        "/audience": Route(_FOCAL, grouping.show_audience),
        "/audience/new": Route(_FOCAL, grouping.ask, grouping.take),
        "/audience/preview": Route(_FOCAL, takes=grouping.look),
        "/audience/change": Route(_FOCAL, takes=grouping.change),
        "/numbers": Route(_FOCAL, numbers.list_given, lists=numbers.take_given),
        "/numbers/asked": Route(_FOCAL, numbers.show_asked),
        "/numbers/preview": Route(_FOCAL, takes=numbers.look),
        "/numbers/send": Route(_FOCAL, takes=numbers.send),
        "/member": Route(_NEIGHBOURS, members.show_member),
        "/records": Route(_READERS, members.show_records, lists=members.take_records),
        "/bundle": Route(_CARRIERS, members.ask_bundle, members.take_bundle, uploads=_FORM_BYTES),
        "/bundle/write": Route(_CARRIERS, takes=members.write_bundle),
        "/ceremonies": Route(
            _OPERATORS, ceremonies.show_ceremonies, ceremonies.take_file, uploads=_FORM_BYTES
        ),
        "/ceremonies/file": Route(_OPERATORS, ceremonies.look),
        "/ceremonies/sponsor": Route(_OPERATORS, takes=ceremonies.sign),
        "/ceremonies/join": Route(_OPERATORS, takes=ceremonies.join),
        "/ceremonies/cancel": Route(_OPERATORS, takes=ceremonies.forget),
        "/health": Route(_OPERATORS, health.show_health, lists=health.take_keys),
    }
)
