"""What can be grouped by, filtered on and counted: one line each, from which everything else about it follows.

A dimension is an index column of `node.facts` of its name, but for periods, those that `node.store.queries` derives,
and `staff`, `sex` and `org_type`, which split the affected persons of an incident: an incident is counted under each
value that any of its affected persons has, so their totals overlap and are not added up. So do those of details
(`node.model.Detail`), of which an incident may have several, and which are told of our own records alone. Unknown is a
value of its own in every dimension and is never dropped.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from node.codes import SCHEMES, code_list
from node.facts import CAPTIVITY, EMPLOYERS, employer_column, sex_column, staff_column
from node.model import MAX_COUNT, Cause, Certainty, Outcome, Sex, Staff

UNKNOWN = "unknown"
SYNONYMS: Mapping[str, str] = MappingProxyType({"wounded": "injured", "kidnapped": "abducted"})
DELAYS = ("0 months", "1 month", "2-3 months", "4-12 months", "over a year")
VICTIMS = ("none", "some")
HELD_FOR: Mapping[str, int] = MappingProxyType(  # bands of days, each up to and with
    {"up to a week": 7, "up to a month": 31, "up to a year": 366, "over a year": MAX_COUNT}
)


class Kind(StrEnum):
    """How a dimension follows from the columns of an incident."""

    COLUMN = "column"
    DERIVED = "derived"
    PERIOD = "period"  # of time: grouped by, never filtered on
    SPLIT = "split"
    DETAIL = "detail"


class Unit(StrEnum):
    """What a measure counts."""

    INCIDENTS = "incidents"
    PERSONS = "affected persons"
    ORGANIZATIONS = "organizations"
    HARMS = "harms"
    CIVILIANS = "civilians"


class Dimension(NamedTuple):
    """Something to group by.

    Attributes:
        name: As it is asked for.
        tag: HXL tag of its column in an export.
        codes: Code list of its values, or of the groups that those belong to; empty for none.
        values: Its values where there is no list; empty for any text.
        kind: Where it comes from.
    """

    name: str
    tag: str
    codes: str = ""
    values: frozenset[str] = frozenset()
    kind: Kind = Kind.COLUMN


class Measure(NamedTuple):
    """Something to count: the sum of some columns, or without any what `node.store.queries` counts.

    Attributes:
        name: As it is asked for.
        unit: What it counts.
        tag: HXL tag of its column in an export.
        columns: Of `node.facts`.
        harm: Code of the list whose numbers are added up, in the place of columns.
    """

    name: str
    unit: Unit
    tag: str
    columns: tuple[str, ...] = ()
    harm: str = ""


_DIMENSIONS = (
    Dimension("quarter", "#date+quarter", kind=Kind.PERIOD),
    Dimension("month", "#date+month", kind=Kind.PERIOD),
    Dimension("year", "#date+year"),
    Dimension("country", "#country+code+v_iso3", codes="country"),
    Dimension("admin1", "#adm1+name"),
    Dimension("admin2", "#adm2+name"),
    Dimension("cause", "#event+cause", values=frozenset(Cause)),
    Dimension("means", "#event+means", codes="means"),
    Dimension("context", "#event+type", codes="context"),
    Dimension("location_type", "#loc+type", codes="location_type"),
    Dimension("motive", "#x_event_motive", codes="motive"),
    Dimension("actor_type", "#group+type", codes="actor_type"),
    Dimension("actor_group", "#group+type+broad", codes="actor_type"),
    Dimension("certainty", "#status+verification", values=frozenset({*Certainty, UNKNOWN})),
    Dimension("source_kind", "#meta+source", codes="source_kind"),
    Dimension("victims", "#event+victims", values=frozenset({*VICTIMS, UNKNOWN}), kind=Kind.DERIVED),
    Dimension("delay", "#meta+delay", values=frozenset({*DELAYS, UNKNOWN}), kind=Kind.DERIVED),
    Dimension("staff", "#x_staff+type", values=frozenset(Staff), kind=Kind.SPLIT),
    Dimension("sex", "#x_sex", values=frozenset(Sex), kind=Kind.SPLIT),
    Dimension("org_type", "#org+type", values=frozenset(EMPLOYERS), kind=Kind.SPLIT),
    Dimension("source", "#meta+source+name", kind=Kind.DETAIL),
    Dimension("harm", "#impact+type", codes="harm", kind=Kind.DETAIL),
    Dimension("resource", "#impact+resource", codes="harm", kind=Kind.DETAIL),
    *(Dimension(name, f"#event+category+{name}", codes=name, kind=Kind.DETAIL) for name in SCHEMES),
    Dimension("programme", "#sector", codes="programme", kind=Kind.DETAIL),
    Dimension("impact", "#impact+aid", codes="impact", kind=Kind.DETAIL),
    Dimension("driver", "#event+driver", codes="driver", kind=Kind.DETAIL),
    Dimension("fate", "#event+fate", codes="fate", kind=Kind.DETAIL),
    Dimension("held_for", "#event+duration", values=frozenset({*HELD_FOR, UNKNOWN}), kind=Kind.DETAIL),
)


def _cells(*outcomes: Outcome) -> tuple[str, ...]:
    return tuple(staff_column(outcome, staff) for outcome in outcomes for staff in Staff)


# Somebody killed in captivity is killed, and nothing else. Insecurity Insight counts such a person as taken too.
_MEASURES = (
    Measure("incidents", Unit.INCIDENTS, "#indicator+incidents+num"),
    Measure("affected", Unit.PERSONS, "#affected", _cells(*Outcome)),
    *(Measure(str(one), Unit.PERSONS, f"#affected+{one}", _cells(one)) for one in Outcome),
    *(Measure(name, Unit.PERSONS, f"#affected+{name}", (name,)) for name in CAPTIVITY),
    Measure(
        "abducted_kika",
        Unit.PERSONS,
        "#affected+abducted+kika",
        (*_cells(Outcome.ABDUCTED), "killed_in_captivity"),
    ),
    Measure(
        "detained_kika",
        Unit.PERSONS,
        "#affected+detained+kika",
        (*_cells(Outcome.DETAINED), "killed_in_detention"),
    ),
    Measure("harms", Unit.HARMS, "#impact+num"),
    Measure("civilians_killed", Unit.CIVILIANS, "#affected+civilian+killed", harm="civilian_killed"),
    Measure("civilians_injured", Unit.CIVILIANS, "#affected+civilian+injured", harm="civilian_injured"),
    Measure("contributors", Unit.ORGANIZATIONS, "#indicator+organizations+num"),
)

BY_NAME: Mapping[str, Dimension] = MappingProxyType({one.name: one for one in _DIMENSIONS})
MEASURED: Mapping[str, Measure] = MappingProxyType({one.name: one for one in _MEASURES})
DIMENSIONS = tuple(BY_NAME)
MEASURES = tuple(MEASURED)
TIME_DIMENSIONS = tuple(name for name, one in BY_NAME.items() if one.kind is Kind.PERIOD)
SPLIT_DIMENSIONS = tuple(name for name, one in BY_NAME.items() if one.kind is Kind.SPLIT)
DETAIL_DIMENSIONS = tuple(name for name, one in BY_NAME.items() if one.kind is Kind.DETAIL)
COLUMN_DIMENSIONS = tuple(name for name, one in BY_NAME.items() if one.kind in {Kind.COLUMN, Kind.DERIVED})


def values_of(name: str) -> frozenset[str]:
    """Every value that a dimension may be filtered by; nothing where any text will do."""
    one = BY_NAME[name]
    if not one.codes:
        return one.values
    codes = code_list(one.codes).codes
    if name == "actor_group":
        return frozenset(code.group for code in codes.values())
    if one.kind is not Kind.DETAIL:
        return frozenset(codes)
    return frozenset(
        {UNKNOWN, *((code.resource for code in codes.values()) if name == "resource" else codes)}
    )


def split_columns(dimension: str, measure: str) -> Mapping[str, tuple[str, ...]]:
    """Columns that hold a measure of affected persons, by value of a dimension that splits them."""
    if dimension == "sex":
        return {sex: (sex_column(sex),) for sex in Sex}
    if dimension == "org_type":
        return {name: (employer_column(name),) for name in EMPLOYERS}
    outcomes = Outcome if measure in {"affected", "incidents"} else (Outcome(measure),)
    return {staff: tuple(staff_column(outcome, staff) for outcome in outcomes) for staff in Staff}
