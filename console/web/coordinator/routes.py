"""Pages of coordinators, and who reaches them."""

from collections.abc import Mapping
from types import MappingProxyType

from console.web.coordinator import (
    areas,
    comparing,
    differing,
    explore,
    matches,
    outlook,
    releases,
    taking,
    totals,
)
from console.web.roles import Role
from console.web.route import Route

_ANALYSTS = frozenset({Role.COORDINATOR, Role.FOCAL_POINT})
_MAPPERS = frozenset({Role.COORDINATOR, Role.OPERATOR})
_PLANNERS = frozenset({Role.COORDINATOR})
_GIVERS = frozenset({Role.FOCAL_POINT})
_PUBLISHERS = frozenset({Role.COORDINATOR, Role.APPROVER})
_READERS = frozenset({Role.COORDINATOR, Role.APPROVER, Role.AUDITOR})

ROUTES: Mapping[str, Route] = MappingProxyType(
    {
        "/explore": Route(_ANALYSTS, explore.explore, lists=explore.take_answer),
        "/explore/changes": Route(_ANALYSTS, explore.show_changes, lists=explore.take_changes),
        "/areas": Route(
            _MAPPERS, areas.show_areas, areas.take_file, uploads=areas.FORM_BYTES, lists=areas.take_list
        ),
        "/outlook": Route(_ANALYSTS, outlook.show_outlook, lists=outlook.take_outlook),
        "/matches": Route(_ANALYSTS, matches.list_pairs, lists=matches.take_pairs),
        "/matches/look": Route(_ANALYSTS, takes=matches.look_again),
        "/match": Route(_ANALYSTS, matches.show_pair),
        "/match/compare": Route(_ANALYSTS, comparing.show_comparison, comparing.take_steps),
        "/match/stop": Route(_ANALYSTS, takes=comparing.take_stop),
        "/match/decide": Route(_ANALYSTS, takes=matches.take_verdict),
        "/releases": Route(_READERS, releases.list_releases, lists=releases.take_releases),
        "/release": Route(_READERS, releases.show_release, lists=releases.take_release),
        "/release/diff": Route(_READERS, differing.show_difference, lists=differing.take_difference),
        "/release/numbers": Route(
            _PLANNERS, taking.list_taken, taking.take_file, uploads=taking.FORM_BYTES, lists=taking.take_list
        ),
        "/totals": Route(_ANALYSTS, totals.list_totals, lists=totals.take_list),
        "/total": Route(_ANALYSTS, totals.show_total, lists=totals.take_figures),
        "/total/declaration": Route(_ANALYSTS, totals.take_declared),
        "/total/declare": Route(_PLANNERS, takes=totals.take_declaration),
        "/total/agree": Route(_PLANNERS, takes=totals.take_agreement),
        "/total/fetch": Route(_ANALYSTS, takes=totals.fetch),
        "/total/take": Route(_ANALYSTS, takes=totals.take_file, uploads=totals.FORM_BYTES),
        "/total/sum": Route(_PLANNERS, takes=totals.take_sum),
        "/total/numbers": Route(_GIVERS, totals.ask_numbers, totals.look),
        "/total/give": Route(_GIVERS, takes=totals.send),
        "/total/share": Route(_GIVERS, totals.take_share),
        "/release/declare": Route(_PLANNERS, takes=releases.take_declaration),
        "/release/plan": Route(_PLANNERS, releases.show_plan, lists=releases.take_plan),
        "/release/build": Route(_PLANNERS, takes=releases.take_build),
        "/release/audit": Route(_READERS, releases.show_audit),
        "/release/publish": Route(_PUBLISHERS, takes=releases.take_publication),
        "/release/correct": Route(_PUBLISHERS, takes=releases.take_notice),
    }
)
