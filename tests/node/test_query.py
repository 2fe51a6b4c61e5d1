"""Every figure is the one that counting by hand gives, whatever is asked, on both databases."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from console.database import open_store
from node.audience import Tier
from node.dimensions import (
    DELAYS,
    DETAIL_DIMENSIONS,
    DIMENSIONS,
    MEASURED,
    MEASURES,
    SPLIT_DIMENSIONS,
    TIME_DIMENSIONS,
    UNKNOWN,
)
from node.disclose import cut
from node.errors import QueryError
from node.facts import COLUMNS, EMPLOYERS, Value, employer_column, fact, sex_column, staff_column
from node.intake import Publication, Row
from node.ladders import chains_of
from node.measures import Query, make_query
from node.model import (
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Qualifier,
    Sex,
    Staff,
    Tally,
)
from node.policy import baseline
from node.query import answer, changes
from node.record import import_publication
from node.signed import Position
from node.store.database import Store
from node.store.heads import open_log
from node.store.peer_log import add_peer_entries
from node.store.queries import Caveats, own_revisions
from node.store.records import day_number
from node.tables.facts import detail
from node.tables.facts import fact as fact_table
from node.tables.incidents import publication, record, revision
from node.tables.logs import entry, log
from node.verify import Fate, Verified
from tests.support.strategies import incidents, partial_dates

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST, SECOND = date(2022, 5, 1), date(2024, 5, 1)
AS_OF = (date(2021, 1, 1), FIRST, date(2023, 1, 1), SECOND, date(2026, 1, 1))


class Counted(dict[str, Value]):
    """The columns of one incident, the days, YYYYMMDD, from and up to which it counts, and whether a peer shared it."""

    def __init__(
        self, columns: Sequence[Value], known_from: int, known_until: int | None, *, shared: bool = False
    ) -> None:
        super().__init__(zip((column.name for column in COLUMNS), columns, strict=True))
        self.known_from = known_from
        self.known_until = known_until
        self.shared = shared

    def number(self, names: Sequence[str]) -> int:
        return sum(number for name in names if isinstance(number := self[name], int))

    def shown(self, dimension: str) -> str | int:
        """Value of a dimension as it stands in a table."""
        if dimension == "month":
            return UNKNOWN if self["month"] is None else f"{self['year']}-{self['month']:02}"
        if dimension == "quarter":
            return (
                UNKNOWN if self["month"] is None else f"{self['year']}-Q{(self.number(['month']) + 2) // 3}"
            )
        if dimension == "victims":
            affected = self.number([staff_column(outcome, staff) for outcome in Outcome for staff in Staff])
            return UNKNOWN if self["undisclosed"] else "some" if affected else "none"
        if dimension == "delay":
            return UNKNOWN if self["month"] is None else self.delay()
        value = self[dimension]
        return UNKNOWN if value is None else value

    def delay(self) -> str:
        """How long it took until the incident counted here."""
        happened, known = self.number(["year"]) * 12 + self.number(["month"]), str(self.known_from)
        months = int(known[:4]) * 12 + int(known[4:6]) - happened
        return next(
            (band for most, band in zip((0, 1, 3, 12), DELAYS, strict=False) if months <= most), DELAYS[4]
        )


def members(dimension: str) -> Mapping[str, str]:
    """Columns that together split the affected persons, by what a table shows."""
    if dimension == "sex":
        return {sex: sex_column(sex) for sex in Sex}
    return {name.lower(): employer_column(name) for name in EMPLOYERS}


def persons(
    one: Counted, split: str | None, values: Sequence[str], measure: str, *, known: bool | None = None
) -> int:
    """Affected persons of a measure, of some values of the dimension that splits them.

    With `known`, whether its organization was counted before, also the incident and its organization.
    """
    if known is not None and measure in {"incidents", "contributors"}:
        return measure == "incidents" or not known
    if measure in {"killed_in_captivity", "killed_in_detention"}:
        return one.number([measure])
    if measure in {"abducted_kika", "detained_kika"}:
        died = "killed_in_captivity" if measure == "abducted_kika" else "killed_in_detention"
        return one.number([died]) + persons(one, split, values, measure.removesuffix("_kika"))
    outcomes = Outcome if measure in {"affected", "incidents"} else (Outcome(measure),)
    if split in {"sex", "org_type"}:
        return one.number([members(split)[value.lower()] for value in values])
    staff = Staff if split is None else [Staff(value) for value in values]
    return one.number([staff_column(outcome, each) for outcome in outcomes for each in staff])


def by_hand(rows: Sequence[Counted], query: Query) -> dict[tuple[str | int, ...], tuple[int, ...]]:
    """Count without a database: what each group of the answer must be."""
    at = day_number(query.as_of)
    where = dict(query.where)
    split = query.split
    groups: dict[tuple[str | int, ...], list[int]] = {}
    heard: set[tuple[object, ...]] = set()
    if not query.by:
        groups[()] = [0] * len(query.measures)
    every = [] if split is None else list(Staff if split == "staff" else members(split))
    chosen = [value.lower() for value in where.get(split or "", every)]
    buckets = [[value] for value in chosen] if split in query.by else [chosen]
    for one in rows:
        if one.known_from > at or (one.known_until is not None and one.known_until <= at):
            continue
        if query.first is not None and one.number(["first_day"]) < day_number(query.first):
            continue
        if query.last is not None and one.number(["first_day"]) > day_number(query.last):
            continue
        if any(str(one.shown(name)) not in values for name, values in where.items() if name != split):
            continue
        for bucket in buckets:
            if split is not None and not persons(one, split, bucket, "affected"):
                continue
            group = tuple(bucket[0] if name == split else one.shown(name) for name in query.by)
            counts = groups.setdefault(group, [0] * len(query.measures))
            for number, measure in enumerate(query.measures):
                counts[number] += persons(one, split, bucket, measure, known=(group, one.shared) in heard)
            heard.add((group, one.shared))
    return {group: tuple(counts) for group, counts in groups.items()}


def fill(
    store: Store,
    first: Sequence[Incident],
    second: Sequence[Incident],
    peer: Sequence[tuple[Incident, Tier]],
) -> list[Counted]:
    """Hold two publications of one source and what a peer shared on the day of the second, and nothing else."""
    rows = []
    with store.write() as connection:
        for table in (fact_table, detail, revision, record, publication, entry, log):
            connection.execute(delete(table))
    for day, contents, until in ((FIRST, first, SECOND), (SECOND, second, None)):
        if not contents:
            continue
        published = tuple(Row(at, str(at), incident, ()) for at, incident in enumerate(contents))
        import_publication(store, Publication("awsd", day, "", (), published, (), ()), bytes(32), NOW)
        kept = until if second else None
        rows += [
            Counted(
                fact(chains_of(one), captivity=(one.killed_in_captivity, one.killed_in_detention)),
                day_number(day),
                day_number(kept) if kept else None,
            )
            for one in contents
        ]
    with store.write() as connection:
        head = open_log(connection, "peer")
        views = [fact(cut(chains_of(one), baseline().levels[tier])) for one, tier in peer]
        add_peer_entries(
            connection,
            head,
            [
                Verified(Position(at, bytes(32)), b"", Fate.ACCEPTED, fact=view)
                for at, view in enumerate(views)
            ],
            {},
            day_number(SECOND),
        )
    return rows + [Counted(view, day_number(SECOND), None, shared=True) for view in views]


@st.composite
def questions(draw: st.DrawFn, rows: Sequence[Counted]) -> Query:
    """Anything that can be asked, mostly about values that occur."""
    split = draw(st.sampled_from([None, None, *SPLIT_DIMENSIONS]))
    plain = [name for name in DIMENSIONS if name not in {*SPLIT_DIMENSIONS, *DETAIL_DIMENSIONS}]
    by = draw(st.lists(st.sampled_from(plain), max_size=3, unique=True))
    whole = ("incidents", "affected", "contributors")
    columned = tuple(name for name in MEASURES if MEASURED[name].columns or name in whole)
    measures = {None: columned, "staff": (*whole, *map(str, Outcome))}.get(split, whole)
    asked = draw(st.lists(st.sampled_from(measures), min_size=1, max_size=4, unique=True))
    filtered = draw(
        st.lists(
            st.sampled_from([name for name in plain if name not in TIME_DIMENSIONS]), max_size=2, unique=True
        )
    )
    where = []
    for name in filtered:
        values = {str(one.shown(name)) for one in rows} | ({"2019"} if name == "year" else {UNKNOWN})
        values -= {UNKNOWN} if name == "year" else set()
        usable = sorted(
            value for value in values if value == value.strip() and value.isprintable() and "," not in value
        )
        chosen = draw(st.lists(st.sampled_from(usable), min_size=1, max_size=3, unique=True))
        where.append(f"{name}={','.join(chosen)}")
    if split is not None:
        how = draw(st.integers(1, 3))
        by += [split] if how & 1 else []
        every = list(Staff if split == "staff" else members(split))
        chosen = draw(st.lists(st.sampled_from(every), min_size=1, max_size=3, unique=True))
        where += [f"{split}={','.join(chosen)}"] if how & 2 else []
    first, last = sorted(draw(st.tuples(*[st.dates(date(2017, 1, 1), date(2021, 12, 31))] * 2)))
    return make_query(
        by,
        asked,
        where,
        as_of=draw(st.sampled_from(AS_OF)),
        first=draw(st.sampled_from([None, first])),
        last=draw(st.sampled_from([None, last])),
    )


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


recent = incidents(partial_dates(2018, 2020))


@pytest.mark.slow
@pytest.mark.timeout(600)  # when it fails, finding the smallest case takes its time
def test_every_figure_is_the_one_that_counting_by_hand_gives(store: Store) -> None:
    @settings(settings.default, max_examples=40, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(recent, max_size=4),
        st.lists(recent, max_size=4),
        st.lists(st.tuples(recent, st.sampled_from(list(Tier))), max_size=4),
        st.data(),
    )
    def check(
        first: list[Incident], second: list[Incident], peer: list[tuple[Incident, Tier]], data: st.DataObject
    ) -> None:
        rows = fill(store, first, second, peer)
        for _ in range(4):
            query = data.draw(questions(rows))
            found = answer(store, query)
            width = len(query.by)
            groups = [row[:width] for row in found.rows]

            assert len(set(groups)) == len(groups), "a group stands twice"
            assert {row[:width]: row[width:] for row in found.rows} == by_hand(rows, query)

    check()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_changes_between_two_days_add_up_to_the_difference_whatever_is_asked(store: Store) -> None:
    @settings(settings.default, max_examples=15, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(recent, max_size=4),
        st.lists(recent, max_size=4),
        st.lists(st.tuples(recent, st.sampled_from(list(Tier))), max_size=4),
        st.data(),
    )
    def check(
        first: list[Incident], second: list[Incident], peer: list[tuple[Incident, Tier]], data: st.DataObject
    ) -> None:
        rows = fill(store, first, second, peer)
        asked = data.draw(questions(rows).filter(lambda query: "contributors" not in query.measures))
        since = data.draw(st.sampled_from([day for day in (date(2020, 1, 1), *AS_OF) if day < asked.as_of]))
        query = replace(asked, since=since)
        beside, listed = answer(store, query), changes(store, query)
        width, sums = len(query.by), dict[tuple[object, ...], list[int]]()
        for _, *row in listed.rows:
            total = sums.setdefault(tuple(row[:width]), [0] * len(query.measures))
            for at, change in enumerate(row[width + 2 :: 3]):
                total[at] += change if isinstance(change, int) else 0

        compared = {row[:width]: list(row[width + 2 :: 3]) for row in beside.rows if any(row[width + 2 :: 3])}
        assert {group: numbers for group, numbers in sums.items() if any(numbers)} == compared
        assert [row[width + 1 :: 3] for row in beside.rows if any(row[width + 1 :: 3])] == [
            row[width:] for row in answer(store, replace(asked, as_of=since)).rows if any(row[width:])
        ]

    check()


def test_a_change_list_names_own_records_and_no_peer(store: Store) -> None:
    fill(
        store,
        [Incident(PartialDate(2019, 3)), Incident(PartialDate(2019, 4))],
        [Incident(PartialDate(2019, 3)), Incident(PartialDate(2020, 4)), Incident(PartialDate(2019, 5))],
        [(Incident(PartialDate(2019, 6)), Tier.PEER), (Incident(PartialDate(2019, 7)), Tier.PEER)],
    )
    query = make_query(["year"], ["incidents"], [], as_of=AS_OF[4], compare="2023-01-01")

    found = changes(store, query)

    assert found.header == ("record", "year", "incidents", "incidents_before", "incidents_change")
    assert found.rows == (
        ("awsd:1", 2019, 0, 1, -1),
        ("awsd:1", 2020, 1, 0, 1),
        ("awsd:2", 2019, 1, 0, 1),
        ("records of peers", 2019, 2, 0, 2),
    )


@pytest.mark.parametrize(
    "refused",
    [
        make_query(["year"], ["incidents"], [], as_of=AS_OF[4]),
        make_query(["year"], ["contributors"], [], as_of=AS_OF[4], compare="2023-01-01"),
        make_query(["year"], ["incidents"], [], as_of=AS_OF[4], compare="2023-01-01", top=3),
        make_query(["year"], ["incidents"], [], as_of=AS_OF[4], compare="2023-01-01", share=["all"]),
    ],
)
def test_a_change_list_needs_a_day_and_lists_records_alone(store: Store, refused: Query) -> None:
    with pytest.raises(QueryError, match="--changes"):
        changes(store, refused)


def test_figures_stand_beside_those_of_the_year_before(store: Store) -> None:
    fill(
        store, [], [Incident(PartialDate(year, 5, 1), Place("SSD")) for year in (2018, 2019, 2019, 2020)], []
    )
    query = make_query(
        ["year", "country"],
        ["incidents"],
        [],
        as_of=AS_OF[-1],
        first=date(2019, 1, 1),
        last=date(2020, 12, 31),
        compare="previous",
    )

    found = answer(store, query)

    assert found.rows == ((2019, "SSD", 2, 1, 1), (2020, "SSD", 1, 2, -1))
    assert found.beside is not None
    assert (found.beside.first, found.beside.last) == (date(2018, 1, 1), date(2019, 12, 31))


def test_every_caveat_counts_the_incidents_it_speaks_of(store: Store) -> None:
    loose = Tally(Outcome.KILLED, Staff.NATIONAL, Sex.MALE, 2, Qualifier.AT_LEAST)
    fill(
        store,
        [],
        [Incident(PartialDate(2018)), Incident(PartialDate(2018, 3, 1), victims=(loose,))],
        [(Incident(PartialDate(2018, 5, 1)), Tier.PUBLIC), (Incident(PartialDate(2019)), Tier.PEER)],
    )
    with store.write() as connection:
        head = open_log(connection, "second peer")
        closed = fact((("2018", "2018-04"), *[()] * 6))
        entry_of_a_peer = Verified(Position(0, bytes(32)), b"", Fate.ACCEPTED, fact=closed)
        add_peer_entries(connection, head, [entry_of_a_peer], {}, 20240501)

    found = answer(
        store,
        make_query((), ["incidents"], [], as_of=AS_OF[-1], first=date(2018, 1, 1), last=date(2018, 6, 30)),
    )

    assert found.rows == ((4,),)
    # Two are dated by the year alone; what a public view says of a day of 2018 is the year, too.
    assert found.caveats == Caveats(incidents=4, undisclosed=1, inexact=1, straddling=2, from_peers=2)


def test_what_is_unknown_is_one_row_whoever_does_not_know_it(store: Store) -> None:
    fill(
        store,
        [],
        [
            Incident(PartialDate(2019), actor_type="unknown"),
            Incident(PartialDate(2019), actor_type="criminal"),
        ],
        [(Incident(PartialDate(2019), actor_type="criminal"), Tier.PUBLIC)],
    )

    found = answer(store, make_query(["actor_type"], ["incidents"], [], as_of=AS_OF[-1]))

    assert found.rows == (("criminal", 1), ("unknown", 2))


def test_an_answer_says_what_was_counted_and_from_what(store: Store) -> None:
    fill(store, [Incident(PartialDate(2019))], [Incident(PartialDate(2019))], [])
    asked = {day: answer(store, make_query((), ["incidents"], [], as_of=day)) for day in AS_OF}

    assert asked[AS_OF[0]].sources == ()
    assert asked[AS_OF[2]].sources == (("awsd", FIRST),)
    assert asked[AS_OF[4]].sources == (("awsd", SECOND),)
    assert [asked[day].rows for day in AS_OF] == [((0,),), *[((1,),)] * 4]
    assert {found.as_of for found in asked.values()} == set(AS_OF)
    assert asked[AS_OF[0]].definition == "1"


@pytest.mark.parametrize(
    ("measures", "unit"),
    [
        (["incidents"], "incidents"),
        (["killed", "affected"], "affected persons"),
        (["incidents", "wounded"], "incidents and affected persons"),
    ],
)
def test_an_answer_names_its_unit(store: Store, measures: list[str], unit: str) -> None:
    assert answer(store, make_query((), measures, [], as_of=AS_OF[0])).unit == unit


def test_rows_stand_in_order_with_unknown_last(store: Store) -> None:
    fill(
        store,
        [],
        [
            Incident(PartialDate(year, *month), Place(country))
            for year, month, country in [
                (2020, (), "SSD"),
                (2019, (12,), ""),
                (2019, (2,), "YEM"),
                (2019, (), "AFG"),
                (2019, (2, 3), "AFG"),
            ]
        ],
        [],
    )

    months = answer(store, make_query(["month", "country"], ["incidents"], [], as_of=AS_OF[-1])).rows
    quarters = answer(store, make_query(["quarter"], ["incidents"], [], as_of=AS_OF[-1])).rows

    assert months == (
        ("2019-02", "AFG", 1),
        ("2019-02", "YEM", 1),
        ("2019-12", "unknown", 1),
        ("unknown", "AFG", 1),
        ("unknown", "SSD", 1),
    )
    assert quarters == (("2019-Q1", 2), ("2019-Q4", 1), ("unknown", 2))


def test_an_incident_counts_under_every_employer_it_hit_and_once_without_that_split(store: Store) -> None:
    both = Incident(
        PartialDate(2019),
        victims=(Tally(Outcome.INJURED, Staff.NATIONAL, Sex.MALE, 3),),
        employers=(EmployerTally("un", 1), EmployerTally("ingo", 2)),
    )
    fill(store, [], [both], [])

    split = answer(store, make_query(["org_type"], ["incidents", "affected"], [], as_of=AS_OF[-1]))
    chosen = answer(store, make_query((), ["incidents", "affected"], ["org_type=un,ingo"], as_of=AS_OF[-1]))

    assert split.rows == (("ingo", 1, 2), ("un", 1, 1))
    assert chosen.rows == ((1, 3),)


def test_revisions_of_ones_own_are_found_by_the_same_question(store: Store) -> None:
    fill(
        store,
        [],
        [Incident(PartialDate(2019), means="shooting"), Incident(PartialDate(2019), means="shelling")],
        [(Incident(PartialDate(2019), means="shooting"), Tier.COORDINATOR)],
    )
    query = make_query((), ["incidents"], ["means=shooting"], as_of=AS_OF[-1])

    with store.read() as connection:
        assert len(own_revisions(connection, query)) == 1
    assert answer(store, query).rows == ((2,),)
