"""Single records as rows with HXL tags: what is not told is an empty cell, which is neither zero nor unknown."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from console.cells import Cell
from console.home import Home
from console.selection import one_revision
from console.sharing import make_request, read_audience
from console.sheets import Sheet
from node.codes import code_list
from node.facts import COLUMNS, EMPLOYERS, Value, employer_column, fact, sex_column, staff_column
from node.given import Given, given_records, held_records
from node.ladders import ACTOR, TARGET, VICTIMS, WHERE, unescape
from node.measures import Query
from node.model import Outcome, Point, Sex, Staff
from node.store.queries import own_revisions

OURSELVES = "ourselves"
_HARM = "harm"
_STRUCK = {"facility": "health_facility", "transport": "health_transport", "supplies": "health_supplies"}
_PRECISION = ("country", "admin1", "admin2")
_SEXES = {Sex.FEMALE: "f", Sex.MALE: "m", Sex.UNKNOWN: "sex_unknown"}


class _Row(NamedTuple):
    given: Given
    seen: Mapping[str, Value]

    def depth(self, number: int) -> int:
        """How many levels of a dimension are told."""
        return len(self.given.chains[number])


class _Column(NamedTuple):
    name: str
    tag: str
    cell: Callable[[_Row], Cell]
    anyway: bool = True  # also where nothing stands in it


def incident_sheet(records: Sequence[Given], notes: Mapping[str, object]) -> Sheet:
    """Records as a table to take away; columns of places, labels and harms that nobody fills are left out."""
    names = [column.name for column in COLUMNS]
    rows = [_Row(one, dict(zip(names, fact(one.chains), strict=True))) for one in records]
    columns = [*_COLUMNS, *_FURTHER, *_harms(records)]
    cells = [[one.cell(row) for row in rows] for one in columns]
    kept = [at for at, one in enumerate(columns) if one.anyway or any(cell is not None for cell in cells[at])]
    return Sheet(
        [columns[at].name for at in kept],
        list(zip(*(cells[at] for at in kept), strict=True)),
        [columns[at].tag for at in kept],
        notes,
        "incidents",
        1,
    )


def chosen_records(
    opened: Home,
    ids: Sequence[str],
    query: Query,
    whom: str,
    purpose: str,
) -> tuple[list[Given], int]:
    """Records to take away, and how many that were asked for its reader was not given.

    Args:
        opened: The node.
        ids: Records by `SOURCE:KEY`; none are all that the question counts.
        query: Filters and days.
        whom: Ourselves, a tier, or a member of the network.
        purpose: For others: what records were shared for.

    Raises:
        QueryError: There is no such record, tier or member, or others are not told what a filter is about.
        PolicyError: The policy does not hold.
    """
    store = opened.store()
    everything = Query((), query.measures, query.as_of)
    chosen = everything if whom != OURSELVES else query
    if ids:
        revision_ids: Sequence[int] = [one_revision(store, name) for name in ids]
    else:
        with store.read() as connection:
            revision_ids = own_revisions(connection, chosen)
    if whom == OURSELVES:
        return held_records(store, revision_ids), 0
    request = make_request(opened, (), (), (), purpose)
    return given_records(store, query, revision_ids, read_audience("--for", whom, request), request)


def incident_remarks(whom: str, purpose: str, left_out: int) -> dict[str, object]:
    """What must stand beside single records."""
    notes: dict[str, object] = {"unit": "incidents", "for": whom}
    if whom == OURSELVES:
        notes["use"] = "for this organization alone; give others a file made with --for"
    else:
        notes |= {
            "purpose": f"shared for {purpose} (R16)",
            "precision": "as it left for them, at most; areas have no point",
            "left_out": f"{left_out} records of ours that were not shared with them, have changed since, or are held",
        }
    notes["peers"] = "what members shared is not in it: their records are theirs to give (R20)"
    notes["empty_cells"] = "not told; neither zero nor unknown"
    notes["coverage"] = "voluntary reporting: no record does not mean no incident"
    return notes


def points(records: Iterable[Given]) -> list[Point | None]:
    """Where each record is, as its source gave it: where it may be told to a point, and nowhere else.

    An area has no point here. Nobody makes one up, so no place looks finer than it was given.
    """
    return [_point(one) for one in records]


def _point(one: Given) -> Point | None:
    chain = one.chains[WHERE.number]
    if len(chain) < len(WHERE.levels):
        return None
    latitude, comma, longitude = chain[-1].rpartition("@")[2].partition(",")
    return Point(float(latitude), float(longitude)) if comma else None


def _settlement(row: _Row) -> str | None:
    chain = row.given.chains[WHERE.number]
    if len(chain) < len(WHERE.levels):
        return None
    return unescape(chain[-1].rpartition("/")[2].rpartition("@")[0]) or None


def _precision(row: _Row) -> Cell:
    if _point(row.given) is not None:  # the middle of an area is none: it is not taken in as one
        return next((one.code for one in row.given.details if one.topic == "geo_precision"), "point")
    if _settlement(row) is not None:
        return "settlement"
    return next((name for name in reversed(_PRECISION) if row.seen[name] is not None), "unknown")


def _date(row: _Row) -> str:
    return row.given.chains[0][-1]


def _country_name(row: _Row) -> str | None:
    code = row.seen["country"]
    return code_list("country").codes[str(code)].label if code else None


def _degrees(row: _Row, at: int) -> float | None:
    point = _point(row.given)
    return None if point is None else point[at]


def _plain(name: str) -> Callable[[_Row], Cell]:
    return lambda row: row.seen[name]


def _total(names: Sequence[str], levels: int) -> Callable[[_Row], Cell]:
    """The sum of some columns of `fact` where so many levels of the affected persons are told."""

    def cell(row: _Row) -> Cell:
        none = row.given.chains[VICTIMS.number][:1] == ("0",)
        told = row.depth(VICTIMS.number)
        return sum(int(row.seen[name] or 0) for name in names) if told and (none or told >= levels) else None

    return cell


def _employers(broad: str) -> Callable[[_Row], Cell]:
    def cell(row: _Row) -> Cell:
        return row.seen[employer_column(broad)] if row.depth(TARGET.number) > 1 else None

    return cell


def _actor_name(row: _Row) -> str | None:
    chain = row.given.chains[ACTOR.number]
    return unescape(chain[-1].rpartition("/")[2]) if len(chain) == len(ACTOR.levels) else None


def _affected() -> Iterable[_Column]:
    every = [staff_column(outcome, staff) for outcome in Outcome for staff in Staff]
    yield _Column("affected", "#affected", _total(every, 2))
    yield _Column(
        "affected_range", "#affected+range", lambda row: next(iter(row.given.chains[VICTIMS.number]), None)
    )
    yield _Column("affected_inexact", "#meta+affected+inexact", _total(["inexact"], 2))
    for outcome in Outcome:
        yield _Column(
            outcome, f"#affected+{outcome}", _total([staff_column(outcome, staff) for staff in Staff], 2)
        )
        for staff in (Staff.NATIONAL, Staff.INTERNATIONAL):
            name = staff_column(outcome, staff)
            yield _Column(name, f"#affected+{outcome}+{staff}", _total([name], 3))
    for sex, attribute in _SEXES.items():
        yield _Column(sex_column(sex), f"#affected+{attribute}", _total([sex_column(sex)], 4))
    for broad in EMPLOYERS:
        yield _Column(employer_column(broad), f"#affected+org_{broad.lower()}", _employers(broad))


def _harms(records: Iterable[Given]) -> Iterable[_Column]:
    """One column for each harm that occurs, of our own records alone."""
    for code in sorted({one.code for record in records for one in record.details if one.topic == _HARM}):
        struck, _, how = code.partition("_")
        tag = f"#indicator+{_STRUCK[struck]}+{how}+num" if struck in _STRUCK else f"#impact+{code}+num"
        yield _Column(code, tag, _counted(code))


def _counted(code: str) -> Callable[[_Row], Cell]:
    return lambda row: sum(one.number for one in row.given.details if (one.topic, one.code) == (_HARM, code))


def _listed(topic: str) -> Callable[[_Row], Cell]:
    """Codes of a list that holds several."""
    return lambda row: ", ".join(one.code for one in row.given.details if one.topic == topic) or None


def _days(kind: str) -> Callable[[_Row], Cell]:
    """Days of captivity of one kind."""
    return lambda row: next(
        (one.number for one in row.given.details if (one.topic, one.code) == ("duration", kind)), None
    )


# What is known beside the ladders: of our own records alone, as it never leaves.
_FURTHER = (
    _Column("fate", "#event+fate", _listed("fate"), anyway=False),
    _Column("days_of_abduction", "#indicator+abduction+days", _days("abduction"), anyway=False),
    _Column("days_of_detention", "#indicator+detention+days", _days("detention"), anyway=False),
    _Column("programme", "#sector", _listed("programme"), anyway=False),
    _Column("impact", "#impact", _listed("impact"), anyway=False),
    _Column("driver", "#event+driver", _listed("driver"), anyway=False),
)
_COLUMNS = (
    _Column("id", "#event+id", lambda row: row.given.name),
    _Column("label", "#meta+label", lambda row: row.given.label or None, anyway=False),
    _Column("date", "#date+occurred", _date),
    _Column(
        "date_precision", "#meta+date+precision", lambda row: ("year", "month", "day")[_date(row).count("-")]
    ),
    _Column("country", "#country+code+v_iso3", _plain("country")),
    _Column("country_name", "#country+name", _country_name),
    _Column("admin1", "#adm1+name", _plain("admin1")),
    _Column("admin2", "#adm2+name", _plain("admin2")),
    _Column("settlement", "#loc+name", _settlement, anyway=False),
    _Column("latitude", "#geo+lat", lambda row: _degrees(row, 0), anyway=False),
    _Column("longitude", "#geo+lon", lambda row: _degrees(row, 1), anyway=False),
    _Column("place_precision", "#meta+geo+precision", _precision),
    _Column("cause", "#event+cause", _plain("cause")),
    _Column("means", "#event+means", _plain("means")),
    _Column("context", "#event+type", _plain("context")),
    _Column("location_type", "#loc+type", _plain("location_type")),
    *_affected(),
    _Column("actor_group", "#group+type+broad", _plain("actor_group")),
    _Column("actor_type", "#group+type", _plain("actor_type")),
    _Column("actor_name", "#group+name", _actor_name, anyway=False),
    _Column("motive", "#x_event_motive", _plain("motive")),
    _Column("certainty", "#status+verification", _plain("certainty")),
    _Column("source_kind", "#meta+source", _plain("source_kind")),
)
