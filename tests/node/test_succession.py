"""Merges and splits are revisions: what was so stays so as of its day, and either can be taken back."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, update

from console.database import open_store
from node.check import check_records
from node.errors import SuccessionError
from node.intake import Publication, Row
from node.measures import make_query
from node.model import Incident, Outcome, PartialDate, Sensitive, Sex, Staff, Tally
from node.query import answer
from node.record import import_publication
from node.rules import Override
from node.said import Teller
from node.signed import Label
from node.store.database import Store
from node.store.policies import overrides, say
from node.store.records import Imported, current, record_ids_by_key, revisions_by_key
from node.succession import merge_records, split_record
from node.tables import metadata
from node.tables.incidents import revision, succession

SOURCE = "reports"
FIRST = date(2026, 1, 1)


def killed(number: int, **changes: object) -> Incident:
    tally = Tally(Outcome.KILLED, Staff.NATIONAL, Sex.MALE, number)
    return replace(Incident(PartialDate(2025, 3, 1), means="shooting", victims=(tally,)), **changes)  # type: ignore[arg-type]


A, B, C = killed(1), killed(2), killed(4)


class Desk:
    """One organization's records on a day that goes on."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.today = FIRST

    @property
    def teller(self) -> Teller:
        return Teller("kb", datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC))

    def holds(
        self, contents: Mapping[str, Incident], on: date | None = None, source: str = SOURCE
    ) -> Imported:
        rows = tuple(Row(at, key, one, ()) for at, (key, one) in enumerate(contents.items(), 2))
        publication = Publication(source, on or self.today, "--published", (), rows, (), ())
        return import_publication(self.store, publication, bytes(32), self.teller.now)

    def later(self, days: int = 1) -> None:
        self.today += timedelta(days=days)

    def merges(self, *keys: str) -> tuple[str, ...]:
        return self.merges_names(*(f"{SOURCE}:{key}" for key in keys))

    def merges_names(self, *names: str) -> tuple[str, ...]:
        return merge_records(self.store, names, self.teller).standing

    def splits(self, key: str, *parts: Incident, recount: bool = False) -> tuple[str, ...]:
        return split_record(self.store, f"{SOURCE}:{key}", parts, self.teller, recount=recount).standing

    def counts(self, as_of: date | None = None) -> tuple[int, int]:
        """Incidents and persons killed."""
        query = make_query([], ["incidents", "killed"], [], as_of=as_of or self.today)
        ((incidents, persons),) = answer(self.store, query).rows
        return int(incidents or 0), int(persons or 0)

    def said(self, key: str) -> Override:
        with self.store.read() as connection:
            (one,) = record_ids_by_key(connection, SOURCE, [key]).values()
            return overrides(connection, [one]).get(one, Override())

    def marks(self, key: str) -> frozenset[Sensitive]:
        with self.store.read() as connection:
            ids = revisions_by_key(connection, SOURCE, [key])
            (one,) = current(connection, list(ids.values()))
            return one.incident.sensitive

    def faults(self) -> list[object]:
        return [one for one in check_records(self.store) if not isinstance(one, int)]


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


@pytest.fixture
def desk(store: Store) -> Desk:
    made = Desk(store)
    made.holds({"1": A, "2": B, "3": C})
    made.later()
    return made


def test_a_merge_counts_once_from_today_and_a_split_takes_it_back(desk: Desk) -> None:
    assert desk.merges("2", "1") == (f"{SOURCE}:2",)
    assert desk.counts() == (2, 6)
    desk.later()
    assert desk.splits("2") == (f"{SOURCE}:2", f"{SOURCE}:1")

    assert [desk.counts(FIRST + timedelta(days=day)) for day in range(3)] == [(3, 7), (2, 6), (3, 7)]
    with pytest.raises(SuccessionError, match="nothing is merged into reports:2"):
        desk.splits("2")
    assert desk.faults() == []


def test_a_split_counts_its_parts_from_today_and_a_merge_takes_it_back(desk: Desk) -> None:
    parts = desk.splits("3", killed(1), killed(3))
    assert parts == (f"{SOURCE}:3/1", f"{SOURCE}:3/2")
    assert desk.counts() == (4, 7)
    desk.later()
    assert desk.merges("3/2", "3/1") == (f"{SOURCE}:3",)

    assert [desk.counts(FIRST + timedelta(days=day)) for day in range(3)] == [(3, 7), (4, 7), (3, 7)]
    assert desk.splits("3", killed(2), killed(2)) == (f"{SOURCE}:3/3", f"{SOURCE}:3/4")
    assert desk.faults() == []


def test_merges_are_taken_back_one_after_the_other(desk: Desk) -> None:
    desk.merges("1", "2")
    desk.merges("1", "3")
    assert desk.counts() == (1, 1)

    assert desk.splits("1") == (f"{SOURCE}:1", f"{SOURCE}:3")
    assert desk.splits("1") == (f"{SOURCE}:1", f"{SOURCE}:2")
    desk.merges("1", "2")
    desk.splits("1")
    desk.merges("3", "2")
    with pytest.raises(SuccessionError, match="nothing is merged"):  # it is merged into another meanwhile
        desk.splits("1")
    assert desk.counts() == (2, 5)
    assert desk.faults() == []


OTHER = "press"


def test_records_of_two_sources_stand_for_each_other_and_each_keeps_its_own(desk: Desk) -> None:
    desk.holds({"1": killed(8)}, source=OTHER)
    assert desk.counts() == (4, 15)
    desk.later()

    done = merge_records(desk.store, [f"{OTHER}:1", f"{SOURCE}:1", f"{SOURCE}:2"], desk.teller)
    assert done == ((f"{OTHER}:1",), (f"{SOURCE}:1", f"{SOURCE}:2"))
    assert desk.counts() == (2, 12)
    desk.later()
    again = desk.holds({"1": killed(3), "2": B, "3": C})
    assert (again.accepted, again.updated, again.kept, again.changed) == (0, 0, 2, ("1",))
    desk.later()
    back = split_record(desk.store, f"{OTHER}:1", [], desk.teller)

    assert back.standing == (f"{OTHER}:1", f"{SOURCE}:1", f"{SOURCE}:2")
    assert [desk.counts(FIRST + timedelta(days=day)) for day in range(5)] == [
        (3, 7),
        (4, 15),
        (2, 12),
        (2, 12),
        (4, 15),
    ]
    assert desk.faults() == []


def test_one_source_does_not_end_what_stands_for_a_record_of_another(desk: Desk) -> None:
    desk.holds({"1": killed(8), "5": A}, source=OTHER)
    merge_records(desk.store, [f"{OTHER}:1", f"{SOURCE}:1"], desk.teller)
    desk.merges("3", "2")
    desk.later()

    gone = desk.holds({"5": A}, source=OTHER)
    assert (gone.withdrawn, gone.kept, gone.changed) == (0, 1, ("1",))
    assert desk.counts() == (3, 13)
    split_record(desk.store, f"{OTHER}:1", [], desk.teller)
    desk.later()
    gone = desk.holds({"5": A}, source=OTHER)

    assert (gone.withdrawn, gone.kept, gone.changed) == (1, 0, ())
    assert desk.counts() == (3, 6)
    assert desk.faults() == []


def test_what_a_record_of_another_source_was_split_into_stays_too(desk: Desk) -> None:
    desk.holds({"1": killed(8)}, source=OTHER)
    merge_records(desk.store, [f"{SOURCE}:1", f"{OTHER}:1"], desk.teller)
    desk.splits("1", killed(1), killed(0, victims=()))
    desk.later()
    desk.holds({"3": C})

    assert desk.counts() == (3, 5)
    assert desk.faults() == []


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["reports:1"], "at least two"),
        (["reports:1", "reports:1"], "stands twice"),
        (["reports:1", "awsd:2"], "no record 'awsd:2'"),
        (["reports:1", "reports:9"], "no record 'reports:9'"),
        (["1", "2"], "no record '1'"),
    ],
)
def test_a_merge_that_can_not_be_meant_changes_nothing(desk: Desk, names: list[str], said: str) -> None:
    with pytest.raises(SuccessionError, match=said) as caught:
        merge_records(desk.store, names, desk.teller)
    assert caught.value.reason == "SUCCESSION_REFUSED"
    assert desk.counts() == (3, 7)


def test_parts_must_count_whom_the_whole_counted(desk: Desk) -> None:
    with pytest.raises(SuccessionError, match="the parts count 3 affected persons and the record 4"):
        desk.splits("3", killed(1), killed(2))
    other = Tally(Outcome.INJURED, Staff.NATIONAL, Sex.MALE, 3)
    with pytest.raises(SuccessionError, match="of other kinds"):
        desk.splits("3", killed(1), replace(C, victims=(other,)))
    with pytest.raises(SuccessionError, match="at least two parts"):
        desk.splits("3", C)
    assert desk.counts() == (3, 7)

    desk.splits("3", killed(1), killed(2), recount=True)
    assert desk.counts() == (4, 6)


def test_what_narrowed_a_record_narrows_what_stands_for_it(desk: Desk) -> None:
    with desk.store.write() as connection:
        ids = record_ids_by_key(connection, SOURCE, ["1", "2"])
        first, second = (
            Override(label=Label.AMBER),
            Override(levels=(0, 0, 1, 1, 0, 0, 0), captivity_released=True),
        )
        for key, said in (("1", first), ("2", second)):
            say(connection, ids[key], said, "kb", desk.teller.now, waits=False)

    desk.merges("1", "2")
    both = Override(label=Label.AMBER, levels=second.levels)
    assert desk.said("1") == both
    for part in desk.splits("1", killed(0, victims=()), A):
        assert desk.said(part.partition(":")[2]) == both


def test_marks_go_over_to_what_stands_for_a_record(store: Store) -> None:
    desk = Desk(store)
    marked = replace(B, sensitive=frozenset({Sensitive.CHILDREN}))
    desk.holds({"1": A, "2": marked})

    desk.merges("1", "2")
    assert desk.marks("1") == {Sensitive.CHILDREN}
    for part in desk.splits("1", replace(A, means="shelling"), killed(0, victims=())):
        assert desk.marks(part.partition(":")[2]) == {Sensitive.CHILDREN}


def test_a_later_publication_undoes_no_merge_and_tells_what_it_would(desk: Desk) -> None:
    desk.merges("1", "2")
    desk.splits("3", killed(1), killed(3))
    desk.later()
    again = desk.holds({"1": A, "2": B, "3": C})
    assert (again.accepted, again.updated, again.withdrawn, again.kept, again.changed) == (0, 0, 0, 2, ())

    desk.later()
    new = desk.holds({"1": killed(7), "2": killed(5), "3": C})
    assert (new.updated, new.kept, new.changed) == (1, 2, ("2",))
    assert desk.counts() == (3, 11)

    desk.later()
    desk.holds({"2": B})  # the merged record stands for it, and nothing stands for 3
    assert desk.counts() == (1, 7)
    desk.later()
    desk.holds({"9": C})
    assert desk.counts() == (1, 4)
    assert desk.faults() == []


def test_an_older_publication_that_arrives_late_changes_nothing_since_the_merge(desk: Desk) -> None:
    desk.later(9)
    desk.merges("1", "2")
    desk.later()
    assert desk.holds({"1": A, "2": killed(9), "3": C}, FIRST + timedelta(days=2)).updated == 1

    assert desk.counts(FIRST + timedelta(days=1)) == (3, 7)
    assert desk.counts(FIRST + timedelta(days=2)) == (3, 14)
    assert desk.counts() == (2, 5)
    assert desk.faults() == []


def test_check_finds_what_does_not_hold_of_a_merge(desk: Desk) -> None:
    desk.merges("1", "2")
    with desk.store.write() as connection:
        connection.execute(delete(succession))
    assert [str(one) for one in desk.faults()] == [
        "Fault(where='merges and splits', what='revision 5 ended its record, and nothing stands for it')"
    ]


def test_check_finds_a_record_that_did_not_end(desk: Desk) -> None:
    desk.merges("1", "2")
    with desk.store.write() as connection:
        connection.execute(update(revision).where(revision.c.id == 5).values(known_on=20270101))

    told = " ".join(map(str, desk.faults()))
    assert "stands for revision 2, which did not end with it" in told
    assert "revision 5 ended its record, and nothing stands for it" in told


class History(RuleBasedStateMachine):
    """Merges, splits and imports in any order, each on a day of its own."""

    store: Store

    @initialize()
    def start(self) -> None:
        with self.store.write() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(delete(table))
        self.desk = Desk(self.store)
        self.source = {str(number): killed(number) for number in range(1, 4)}
        self.desk.holds(self.source)
        self.desk.holds({"1": killed(5), "2": killed(6)}, source=OTHER)
        self.seen = {self.desk.today: self.desk.counts()}

    def standing(self) -> list[str]:
        keys = [*self.source, *(f"{key}/{at}" for key in self.source for at in range(1, 30))]
        with self.store.read() as connection:
            found = {source: revisions_by_key(connection, source, keys) for source in (SOURCE, OTHER)}
        return sorted(f"{source}:{key}" for source, known in found.items() for key in known)

    @rule(data=st.data())
    def merge_and_take_back(self, data: st.DataObject) -> None:
        names = data.draw(st.permutations(self.standing()))[:2]
        if len(names) < 2:
            return
        before = self.desk.counts()
        self.desk.later()
        merged = self.desk.merges_names(*names) == (names[0],)
        self.note()
        if merged and data.draw(st.booleans()):
            self.desk.later()
            split_record(self.store, names[0], [], self.desk.teller)
            assert self.desk.counts() == before
            self.note()

    @rule(data=st.data())
    def split_and_take_back(self, data: st.DataObject) -> None:
        ours = (one.partition(":") for one in self.standing() if "/" not in one)
        keys = [key for source, _, key in ours if source == SOURCE]
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        before = self.desk.counts()
        self.desk.later()
        with self.store.read() as connection:
            (found,) = current(connection, list(revisions_by_key(connection, SOURCE, [key]).values()))
        parts = self.desk.splits(key, found.incident, replace(found.incident, victims=()))
        assert self.desk.counts() == (before[0] + 1, before[1])
        self.note()
        if data.draw(st.booleans()):
            self.desk.later()
            assert self.desk.merges(*(one.partition(":")[2] for one in parts)) == (f"{SOURCE}:{key}",)
            assert self.desk.counts() == before
            self.note()

    @rule()
    def import_the_same_again(self) -> None:
        before = self.desk.counts()
        self.desk.later()
        done = self.desk.holds(self.source)
        assert (done.accepted, done.updated, done.withdrawn) == (0, 0, 0)
        assert self.desk.counts() == before
        self.note()

    def note(self) -> None:
        self.seen[self.desk.today] = self.desk.counts()

    @invariant()
    def every_day_stays_as_it_was(self) -> None:
        if hasattr(self, "seen"):
            assert {day: self.desk.counts(day) for day in self.seen} == self.seen
            assert self.desk.faults() == []


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_figures_of_a_day_never_change_and_what_is_taken_back_counts_as_before(store: Store) -> None:
    class Here(History):
        pass

    Here.store = store
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=12, stateful_step_count=8, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
