"""What can be asked: the dimensions, measures and filters of a query, checked before anything is counted.

Unknown is a value of its own in every dimension and is never dropped. `staff`, `sex` and `org_type` split the affected
persons of an incident, so an incident is counted under each value that any of its affected persons has; their totals
overlap and are not added up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from node.audience import Purpose
from node.codes import code_list, country_from
from node.errors import PurposeError, QueryError
from node.facts import EMPLOYERS, employer_column, sex_column, staff_column
from node.model import NOT_IN_NAMES, Cause, Certainty, Outcome, Sex, Staff

UNKNOWN = "unknown"
COLUMN_DIMENSIONS = (
    "year",
    "country",
    "admin1",
    "admin2",
    "cause",
    "means",
    "context",
    "location_type",
    "motive",
    "actor_type",
    "actor_group",
    "certainty",
    "source_kind",
)
TIME_DIMENSIONS = ("quarter", "month")
SPLIT_DIMENSIONS = ("staff", "sex", "org_type")
DIMENSIONS = (*TIME_DIMENSIONS, *COLUMN_DIMENSIONS, *SPLIT_DIMENSIONS)
MEASURES = ("incidents", "affected", *(str(outcome) for outcome in Outcome))
SYNONYMS: Mapping[str, str] = MappingProxyType({"wounded": "injured", "kidnapped": "abducted"})
_CODED = frozenset({"means", "context", "location_type", "motive", "actor_type", "source_kind"})


@dataclass(frozen=True, slots=True)
class Query:
    """A checked question.

    Attributes:
        by: Dimensions to group by, in order.
        measures: What is counted.
        first: First day, inclusive; an incident dated less precisely counts by the first day that it can mean.
        last: Last day, inclusive.
        as_of: The day as of which things are counted; what became known later is left out.
        where: Per dimension the values that are let through.
        own_only: Leave out what peers shared.
        purpose: Leave out what peers did not share for it (R16); `None` leaves nothing out.
    """

    by: tuple[str, ...]
    measures: tuple[str, ...]
    as_of: date
    first: date | None = None
    last: date | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    own_only: bool = False
    purpose: Purpose | None = Purpose.STAFF_SAFETY

    @property
    def split(self) -> str | None:
        """The dimension that splits affected persons, if one is grouped by or filtered on."""
        used = {*self.by, *(name for name, _ in self.where)}
        return next((name for name in SPLIT_DIMENSIONS if name in used), None)


def make_query(
    by: Sequence[str],
    measures: Sequence[str],
    where: Sequence[str],
    *,
    as_of: date,
    first: date | None = None,
    last: date | None = None,
    own_only: bool = False,
    purpose: str = Purpose.STAFF_SAFETY,
) -> Query:
    """Check a question as somebody wrote it.

    Args:
        by: Names of dimensions.
        measures: Names of measures; `wounded` and `kidnapped` are understood.
        where: `dimension=value` or `dimension=value,value`.
        as_of: Day as of which things are counted.
        first: First day, inclusive.
        last: Last day, inclusive.
        own_only: Leave out what peers shared.
        purpose: What the answer is for (R16).

    Raises:
        QueryError: A name or value is not known, stands twice, or does not go with another; it says which are.
        PurposeError: Nobody shares anything for that purpose.
    """
    if purpose not in set(Purpose):
        raise PurposeError(
            f"--purpose: {purpose!r} is none of {', '.join(Purpose)}; records are used for nothing else"
        )
    counted = tuple(SYNONYMS.get(name, name) for name in measures)
    for field, names, allowed in (("--by", by, DIMENSIONS), ("--measure", counted, MEASURES)):
        for name in names:
            if name not in allowed:
                raise QueryError(f"{field}: {name!r} is none of {', '.join(allowed)}")
        _check_once(field, names)
    if first is not None and last is not None and first > last:
        raise QueryError("--from is later than --to")
    conditions = tuple(map(_condition, where))
    _check_once("--where", [name for name, _ in conditions])
    query = Query(tuple(by), counted, as_of, first, last, conditions, own_only, Purpose(purpose))
    _check_split(query)
    return query


def split_columns(dimension: str, measure: str) -> Mapping[str, tuple[str, ...]]:
    """Columns that hold a measure of affected persons, by value of a dimension that splits them."""
    if dimension == "sex":
        return {sex: (sex_column(sex),) for sex in Sex}
    if dimension == "org_type":
        return {name: (employer_column(name),) for name in EMPLOYERS}
    outcomes = Outcome if measure in {"affected", "incidents"} else (Outcome(measure),)
    return {staff: tuple(staff_column(outcome, staff) for outcome in outcomes) for staff in Staff}


def measure_columns(measure: str) -> tuple[str, ...]:
    """Columns whose sum is a measure of affected persons."""
    outcomes = Outcome if measure == "affected" else (Outcome(measure),)
    return tuple(staff_column(outcome, staff) for outcome in outcomes for staff in Staff)


def _check_once(field: str, names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise QueryError(f"{field}: {twice[0]} stands twice")


def _check_split(query: Query) -> None:
    used = [name for name in SPLIT_DIMENSIONS if name in query.by or name in dict(query.where)]
    if len(used) > 1:
        raise QueryError(f"{' and '.join(used)} can not be crossed: sources give one or the other")
    if used and used[0] != "staff":
        refused = [name for name in query.measures if name not in {"incidents", "affected"}]
        if refused:
            raise QueryError(
                f"--measure: {', '.join(refused)} by {used[0]} is not known; ask for incidents, affected"
            )


def _condition(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, values = text.partition("=")
    if not equals or not values:
        raise QueryError(f"--where: {text!r} is not of the form means=shooting or country=SSD,SDN")
    if name not in DIMENSIONS or name in TIME_DIMENSIONS:
        allowed = [one for one in DIMENSIONS if one not in TIME_DIMENSIONS]
        raise QueryError(f"--where: {name!r} is none of {', '.join(allowed)}")
    return name, tuple(_value(name, value.strip()) for value in values.split(","))


def _value(name: str, value: str) -> str:
    if name == "country" and value != UNKNOWN:
        code = value if value in code_list("country").codes else country_from(value)
        if code is None:
            raise QueryError(f"--where: {value!r} is not a country; use its three-letter code, e.g. SSD")
        return code
    if NOT_IN_NAMES.search(value):
        raise QueryError(f"--where: {name} holds a character that can not stand in a name")
    allowed = _allowed(name)
    if name == "org_type":
        value = value.upper()
    if allowed and value not in allowed:
        raise QueryError(f"--where: {value!r} is no {name}; known are {', '.join(sorted(allowed))}")
    if name == "year" and not (value.isascii() and value.isdigit() and len(value) == 4):
        raise QueryError(f"--where: {value!r} is not a year")
    return value


def _allowed(name: str) -> frozenset[str]:
    if name in _CODED:
        return frozenset(code_list(name).codes)
    closed: Mapping[str, frozenset[str]] = {
        "cause": frozenset(Cause),
        "certainty": frozenset({*Certainty, UNKNOWN}),
        "staff": frozenset(Staff),
        "sex": frozenset(Sex),
        "org_type": frozenset(EMPLOYERS),
        "actor_group": frozenset(code.group for code in code_list("actor_type").codes.values()),
    }
    return closed.get(name, frozenset())
