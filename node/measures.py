"""What somebody asks: one immutable question, checked before anything is counted.

The same question comes from the command line, from a link and from a call; `node.query_text` writes it as text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from crypto.sentence import listed
from node.audience import Purpose
from node.codes import SCHEMES, country_from
from node.dimensions import (
    BY_NAME,
    DETAIL_DIMENSIONS,
    DIMENSIONS,
    MEASURED,
    MEASURES,
    SPLIT_DIMENSIONS,
    SYNONYMS,
    TIME_DIMENSIONS,
    UNKNOWN,
    Unit,
    values_of,
)
from node.errors import PurposeError, QueryError
from node.model import NOT_IN_NAMES, Outcome
from node.periods import whole_years

MAX_TOP = 10_000
PREVIOUS = "previous"
EVERYTHING = "all"  # of which a share is taken
_GRAINS = ("year", *TIME_DIMENSIONS)


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
        previous: Put beside each figure that of the period before: of the year, quarter or month before, if grouped by
            one, else of as long a time before the first day.
        since: Put beside each figure the one as of this earlier day.
        top: Show only so many groups, those with the most of the first measure; groups that are not known stay. 0: all.
        share: Put beside each figure its share, in percent, of all groups alike in these dimensions; `None`: no.
        rate: Put beside each figure the rate per 10,000 staff, where staff numbers are loaded.
    """

    by: tuple[str, ...]
    measures: tuple[str, ...]
    as_of: date
    first: date | None = None
    last: date | None = None
    where: tuple[tuple[str, tuple[str, ...]], ...] = ()
    own_only: bool = False
    purpose: Purpose | None = Purpose.STAFF_SAFETY
    previous: bool = False
    since: date | None = None
    top: int = 0
    share: tuple[str, ...] | None = None
    rate: bool = False

    @property
    def split(self) -> str | None:
        """The dimension that splits affected persons, if one is grouped by or filtered on."""
        used = {*self.by, *(name for name, _ in self.where)}
        return next((name for name in SPLIT_DIMENSIONS if name in used), None)

    @property
    def grain(self) -> str | None:
        """The period that is grouped by, if one is."""
        return next((name for name in self.by if name in _GRAINS), None)

    @property
    def counted(self) -> "Query":
        """The same question without anything that is worked out from what was counted."""
        return replace(self, previous=False, since=None, top=0, share=None, rate=False)


def make_query(
    by: Sequence[str],
    measures: Sequence[str],
    where: Sequence[str | tuple[str, Sequence[str]]],
    *,
    as_of: date,
    first: date | None = None,
    last: date | None = None,
    own_only: bool = False,
    purpose: str = Purpose.STAFF_SAFETY,
    compare: str = "",
    top: int = 0,
    share: Sequence[str] | None = None,
    rate: bool = False,
) -> Query:
    """Check a question as somebody wrote it.

    Args:
        by: Names of dimensions.
        measures: Names of measures; `wounded` and `kidnapped` are understood.
        where: `dimension=value` or `dimension=value,value`, or a dimension and its values.
        as_of: Day as of which things are counted.
        first: First day, inclusive.
        last: Last day, inclusive.
        own_only: Leave out what peers shared.
        purpose: What the answer is for (R16).
        compare: `previous`, an earlier day as of which to count as well, or nothing.
        top: How many groups are shown; 0 is all.
        share: Dimensions within which shares are taken, or `all`.
        rate: Whether rates per 10,000 staff are wanted.

    Raises:
        QueryError: A name or value is not known, stands twice, or does not go with another; it says which are.
        PurposeError: Nobody shares anything for that purpose.
    """
    if purpose not in set(Purpose):
        raise PurposeError(
            "--purpose: {purpose!r} is none of {purposes}; records are used for nothing else",
            purpose=purpose,
            purposes=listed(Purpose),
        )
    counted = tuple(SYNONYMS.get(name, name) for name in measures)
    for field, names, allowed in (("--by", by, DIMENSIONS), ("--measure", counted, MEASURES)):
        for name in names:
            if name not in allowed:
                raise QueryError(
                    "{field}: {name!r} is none of {allowed}",
                    field=field,
                    name=name,
                    allowed=", ".join(allowed),
                )
        _check_once(field, names)
    if first is not None and last is not None and first > last:
        raise QueryError("--from is later than --to")
    conditions = tuple(map(_condition, where))
    _check_once("--where", [name for name, _ in conditions])
    query = Query(
        tuple(by),
        counted,
        as_of,
        first,
        last,
        conditions,
        own_only,
        Purpose(purpose),
        compare == PREVIOUS,
        _since(compare, as_of),
        top,
        None if share is None else tuple(name for name in share if list(share) != [EVERYTHING]),
        rate,
    )
    _check_split(query)
    _check_detail(query)
    _check_beside(query)
    return query


def _check_once(field: str, names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise QueryError("{field}: {twice} stands twice", field=field, twice=twice[0])


def _check_split(query: Query) -> None:
    used = [name for name in SPLIT_DIMENSIONS if name in query.by or name in dict(query.where)]
    if len(used) > 1:
        raise QueryError("{used} can not be crossed: sources give one or the other", used=" and ".join(used))
    if used:
        known = {"incidents", "affected", "contributors", *(Outcome if used[0] == "staff" else ())}
        refused = [name for name in query.measures if name not in known]
        if refused:
            raise QueryError(
                "--measure: {refused} by {used} is not known; ask for incidents, affected",
                refused=", ".join(refused),
                used=used[0],
            )


def _check_detail(query: Query) -> None:
    used = [name for name in query.by if name in DETAIL_DIMENSIONS]
    if len(used) > 1 or (used and query.split in query.by):
        told = [name for name in query.by if name in {*DETAIL_DIMENSIONS, *SPLIT_DIMENSIONS}]
        raise QueryError(
            "--by: an incident may have several of {told}; name one, filter by others",
            told=" and of ".join(told),
        )
    counted = ("harm", "resource", *SCHEMES)
    if "harms" in query.measures and not {*counted} & {*used}:
        raise QueryError(
            "--measure: harms are counted by one of {counted}; name one with --by", counted=", ".join(counted)
        )


def _check_beside(query: Query) -> None:
    """What is put beside figures has to mean something for them."""
    if query.previous:
        _check_previous(query)
    if not 0 <= query.top <= MAX_TOP:
        raise QueryError("--top: {top} is not between 0 and {most}", top=query.top, most=MAX_TOP)
    if query.top and not (query.by and query.measures):
        raise QueryError("--top: there are no groups to choose from; name some with --by")
    if query.share is not None:
        _check_share(query, query.share)
    if query.rate and (set(query.by) & set(TIME_DIMENSIONS) or not _has_years(query)):
        raise QueryError(
            "--rate: staff numbers are of whole years; group by year, or name years with --from and --to"
        )
    overlapping = [name for name in query.measures if MEASURED[name].unit is Unit.ORGANIZATIONS]
    if overlapping and (query.share is not None or query.rate):
        raise QueryError(
            "--share, --rate: there are no shares and rates of {overlapping}; leave it out",
            overlapping=overlapping[0],
        )


def _has_years(query: Query) -> bool:
    named = "year" in query.by or "year" in dict(query.where)
    return named or whole_years(query.first, query.last) is not None


def _check_previous(query: Query) -> None:
    grains = [name for name in query.by if name in _GRAINS]
    if len(grains) > 1:
        raise QueryError(
            "--compare: of {grains} only one can have one before; leave one out", grains=" and ".join(grains)
        )
    if not grains and (query.first is None or query.last is None):
        raise QueryError(
            "--compare: which period has one before? Name it with --from and --to, or group by year"
        )
    if "year" in dict(query.where):
        raise QueryError("--compare: name the period with --from and --to, not with year=")


def _check_share(query: Query, within: Sequence[str]) -> None:
    foreign = [name for name in within if name not in query.by]
    if foreign:
        raise QueryError("--share: {foreign!r} is not grouped by", foreign=foreign[0])
    _check_once("--share", within)
    if query.split in query.by and query.split not in within and "incidents" in query.measures:
        raise QueryError(
            "--share: an incident counts under each {split}, so shares of incidents mean nothing; "
            "leave incidents out",
            split=query.split,
        )
    overlap = [name for name in query.by if name in DETAIL_DIMENSIONS and name not in within]
    if overlap and list(query.measures) != ["harms"]:
        raise QueryError(
            "--share: an incident counts under each {overlap}, so only shares of harms mean something",
            overlap=overlap[0],
        )


def _since(compare: str, as_of: date) -> date | None:
    if compare in {"", PREVIOUS}:
        return None
    try:
        since = date.fromisoformat(compare)
    except ValueError as error:
        raise QueryError(
            "--compare: {compare!r} is neither {previous} nor a day like 2015-03-14",
            compare=compare,
            previous=PREVIOUS,
        ) from error
    if since >= as_of:
        raise QueryError("--compare: that day is not before the one as of which is counted")
    return since


def _condition(given: str | tuple[str, Sequence[str]]) -> tuple[str, tuple[str, ...]]:
    if isinstance(given, str):
        name, equals, text = given.partition("=")
        if not equals or not text:
            raise QueryError(
                "--where: {given!r} is not of the form means=shooting or country=SSD,SDN", given=given
            )
        values: Sequence[str] = text.split(",")
    else:
        name, values = given
    if name not in BY_NAME or name in TIME_DIMENSIONS:
        allowed = [one for one in DIMENSIONS if one not in TIME_DIMENSIONS]
        raise QueryError("--where: {name!r} is none of {allowed}", name=name, allowed=", ".join(allowed))
    if not all(map(str.strip, values)) or not values:
        raise QueryError("--where: a value of {name} is empty", name=name)
    return name, tuple(_value(name, value.strip()) for value in values)


def _value(name: str, value: str) -> str:
    if name == "country" and value != UNKNOWN:
        code = value if value in values_of(name) else country_from(value)
        if code is None:
            raise QueryError(
                "--where: {value!r} is not a country; use its three-letter code, e.g. SSD", value=value
            )
        return code
    if NOT_IN_NAMES.search(value):
        raise QueryError("--where: {name} holds a character that can not stand in a name", name=name)
    if name == "org_type":
        value = value.upper()
    allowed = values_of(name) if name != "country" else frozenset()
    if allowed and value not in allowed:
        raise QueryError(
            "--where: {value!r} is no {name}; known are {allowed}",
            value=value,
            name=name,
            allowed=", ".join(sorted(allowed)),
        )
    if name == "year" and not (value.isascii() and value.isdigit() and len(value) == 4):
        raise QueryError("--where: {value!r} is not a year", value=value)
    return value
