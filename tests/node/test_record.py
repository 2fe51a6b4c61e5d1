"""Imports keep two times: what was so, and since when it is known; their order does not matter."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from console.database import open_store
from node.check import check_records
from node.document import read_document
from node.errors import NothingAcceptedError, PublicationDateError
from node.intake import Publication, Reject, Row
from node.model import Detail, Incident, Outcome, PartialDate, Sex, Staff, Tally
from node.record import foresee, import_publication
from node.store.database import Store
from node.store.records import Imported, day_number, publications
from node.tables.facts import detail, fact
from node.tables.incidents import record, revision

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = tuple(date(2020 + year, 3, 1) for year in range(4))
KEYS = ("1", "2", "3")
ALWAYS = "0"
INCIDENTS = {
    means: Incident(
        PartialDate(2019, 5, number),
        means=means,
        victims=(Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, number),),
    )
    for number, means in enumerate(("shooting", "kidnapping", "shelling"), 1)
}
UNREADABLE = "unreadable"


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def publication(source: str, day: date | None, contents: Mapping[str, str]) -> Publication:
    """A publication that says of each key what happened, or holds a row that can not be read."""
    rows = [
        Row(at, key, INCIDENTS[means], ())
        for at, (key, means) in enumerate(contents.items(), 2)
        if means != UNREADABLE
    ]
    rejects = [
        Reject(at, key, ("Year: 'x' is not a whole number.",), ())
        for at, (key, means) in enumerate(contents.items(), 2)
        if means == UNREADABLE
    ]
    return Publication(source, day, "--published", (), tuple(rows), tuple(rejects), ())


class Counted(NamedTuple):
    """One incident of a source and the days, YYYYMMDD, from and up to which it counts."""

    key: str
    means: str
    known_from: int
    known_until: int | None


def counted(store: Store, source: str) -> list[Counted]:
    """Everything of a source that counts or once counted."""
    with store.read() as connection:
        rows = connection.execute(
            select(
                record.c.source_key,
                fact.c.means,
                fact.c.known_from,
                fact.c.known_until,
                revision.c.document,
            )
            .join_from(fact, revision)
            .join(record, record.c.id == revision.c.record_id)
            .where(record.c.source == source)
        ).all()
    for row in rows:
        assert read_document(row.document) == INCIDENTS[row.means]
    return [Counted(*row[:4]) for row in rows]


def as_of(facts: Sequence[Counted], day: date) -> dict[str, str]:
    """Means of each incident that counts as of a day, by key."""
    at = day_number(day)
    found = [
        one for one in facts if one.known_from <= at and (one.known_until is None or one.known_until > at)
    ]
    assert len({one.key for one in found}) == len(found), "an incident counts twice"
    return {one.key: one.means for one in found}


def known_as_of(store: Store, source: str, day: date) -> dict[str, str]:
    return as_of(counted(store, source), day)


def stored(store: Store) -> tuple[int, int, int]:
    """Numbers of records, revisions and imports."""
    with store.read() as connection:
        counts = [connection.execute(select(func.count()).select_from(table)) for table in (record, revision)]
        return counts[0].scalar_one(), counts[1].scalar_one(), len(publications(connection))


def faults(store: Store) -> list[object]:
    return [found for found in check_records(store) if not isinstance(found, int)]


def bring(store: Store, source: str, day: date, contents: Mapping[str, str]) -> Imported:
    return import_publication(store, publication(source, day, contents), bytes(32), NOW)


class NaiveSource:
    """What a source said, kept as it came: per day its statements in order of arrival."""

    def __init__(self) -> None:
        self._said: dict[date, list[Mapping[str, str]]] = {}

    def add(self, day: date, contents: Mapping[str, str]) -> None:
        self._said.setdefault(day, []).append(contents)

    def last(self, day: date) -> Mapping[str, str] | None:
        said = self._said.get(day)
        return said[-1] if said else None

    def as_of(self, day: date) -> dict[str, str]:
        """The last statement of the latest publication that could be read, for each key."""
        state: dict[str, str] = {}
        for said_on in sorted(one for one in self._said if one <= day):
            for key in (ALWAYS, *KEYS):
                readable = [said.get(key) for said in self._said[said_on] if said.get(key) != UNREADABLE]
                if not readable:
                    continue
                if readable[-1] is None:
                    state.pop(key, None)
                else:
                    state[key] = readable[-1]
        return state


# A publication without one good row is refused, so each has one.
contents_of_a_publication = st.dictionaries(
    st.sampled_from(KEYS), st.sampled_from([*INCIDENTS, UNREADABLE]), max_size=len(KEYS)
).map(lambda contents: {ALWAYS: "shooting", **contents})


class Imports(RuleBasedStateMachine):
    """Publications of one source in any order, among them corrections of the same day and repetitions."""

    store: Store

    @initialize()
    def start(self) -> None:
        # Sources do not touch each other, so each run takes a new one in the same database.
        self.source = secrets.token_hex(8)
        self.other = secrets.token_hex(8)
        self.naive = NaiveSource()
        bring(self.store, self.other, DAYS[1], {ALWAYS: "shooting", "2": "shelling"})

    @rule(day=st.sampled_from(DAYS), contents=contents_of_a_publication)
    def import_one(self, day: date, contents: dict[str, str]) -> None:
        before = self.naive.as_of(day)
        done = bring(self.store, self.source, day, contents)
        self.naive.add(day, contents)
        after = self.naive.as_of(day)

        assert done.accepted == len(after.keys() - before.keys())
        assert done.withdrawn == len(before.keys() - after.keys())
        assert done.updated == sum(before[key] != after[key] for key in before.keys() & after.keys())
        assert done.quarantined == sum(means == UNREADABLE for means in contents.values())

    @rule(day=st.sampled_from(DAYS))
    def import_one_again(self, day: date) -> None:
        contents = self.naive.last(day)
        if contents is None:
            return
        before = stored(self.store)

        done = bring(self.store, self.source, day, contents)

        assert (done.accepted, done.updated, done.withdrawn) == (0, 0, 0)
        assert stored(self.store) == before

    @invariant()
    def every_day_shows_what_its_publication_said(self) -> None:
        facts = counted(self.store, self.source)
        for day in (date(2010, 1, 1), *DAYS, date(2026, 1, 1)):
            for asked in (day, day + timedelta(days=1)):
                assert as_of(facts, asked) == self.naive.as_of(asked)

    @invariant()
    def other_sources_stay_as_they_are(self) -> None:
        facts = counted(self.store, self.other)
        assert as_of(facts, DAYS[0]) == {}
        assert as_of(facts, DAYS[3]) == {ALWAYS: "shooting", "2": "shelling"}


@pytest.mark.slow
@pytest.mark.timeout(600)  # when it fails, finding the smallest case takes its time
def test_each_day_shows_what_its_publication_said_in_whatever_order_they_came(store: Store) -> None:
    machine = type("ImportsHere", (Imports,), {"store": store})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20, stateful_step_count=7, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )

    assert faults(store) == []


HISTORY = (
    (DAYS[0], {ALWAYS: "shooting", "1": "shooting", "2": "kidnapping"}),
    (DAYS[1], {ALWAYS: "shooting", "1": UNREADABLE, "2": "shelling"}),
    (DAYS[2], {ALWAYS: "shooting", "2": UNREADABLE, "3": "shelling"}),
    (DAYS[3], {ALWAYS: "shooting", "1": "shooting"}),
)
SEEN = (
    {ALWAYS: "shooting", "1": "shooting", "2": "kidnapping"},
    {ALWAYS: "shooting", "1": "shooting", "2": "shelling"},
    {ALWAYS: "shooting", "2": "shelling", "3": "shelling"},
    {ALWAYS: "shooting", "1": "shooting"},
)


@pytest.mark.slow
def test_all_orders_of_four_publications_end_alike(store: Store) -> None:
    for number, order in enumerate(permutations(HISTORY)):
        source = f"source {number}"
        for day, contents in order:
            bring(store, source, day, contents)
        facts = counted(store, source)

        assert [as_of(facts, day) for day in DAYS] == list(SEEN), order
        assert as_of(facts, date(2019, 12, 31)) == {}

    assert faults(store) == []


def test_a_row_that_can_not_be_read_is_not_taken_for_gone(store: Store) -> None:
    bring(store, "awsd", DAYS[0], {ALWAYS: "shooting", "1": "shooting"})

    done = bring(store, "awsd", DAYS[1], {ALWAYS: "shooting", "1": UNREADABLE})

    assert (done.withdrawn, done.quarantined) == (0, 1)
    assert known_as_of(store, "awsd", DAYS[1])["1"] == "shooting"


def test_a_row_that_vanished_is_withdrawn_and_can_come_back(store: Store) -> None:
    for day, contents in zip(DAYS, ({"1": "shooting"}, {}, {"1": "shooting"}), strict=False):
        bring(store, "awsd", day, {ALWAYS: "shooting", **contents})

    assert ["1" in known_as_of(store, "awsd", day) for day in DAYS] == [True, False, True, True]
    assert stored(store) == (2, 4, 3)


def test_a_correction_of_the_same_day_counts_from_that_day(store: Store) -> None:
    bring(store, "awsd", DAYS[0], {"1": "shooting"})
    bring(store, "awsd", DAYS[1], {"1": "kidnapping", "2": "shelling"})
    bring(store, "awsd", DAYS[1], {"1": "shelling"})

    assert known_as_of(store, "awsd", DAYS[0]) == {"1": "shooting"}
    assert known_as_of(store, "awsd", DAYS[1]) == {"1": "shelling"}


def test_a_publication_imported_twice_changes_nothing(store: Store) -> None:
    first = bring(store, "awsd", DAYS[0], {"1": "shooting", "2": UNREADABLE})
    before = stored(store)

    second = bring(store, "awsd", DAYS[0], {"1": "shooting", "2": UNREADABLE})

    assert (first.accepted, first.unchanged) == (1, 0)
    assert (second.accepted, second.updated, second.unchanged, second.withdrawn) == (0, 0, 1, 0)
    assert stored(store) == before == (1, 1, 1)


def test_what_was_imported_is_written_down(store: Store) -> None:
    done = bring(store, "awsd", DAYS[0], {"1": "shooting", "2": UNREADABLE})

    with store.read() as connection:
        assert publications(connection) == (done,)
    assert done == Imported("awsd", DAYS[0], bytes(32), int(NOW.timestamp()), 1, 0, 0, 0, 1)


@pytest.mark.parametrize("day", [None, date(2026, 11, 24)], ids=["unknown", "in the future"])
def test_a_publication_that_can_not_be_placed_in_time_is_refused(store: Store, day: date | None) -> None:
    with pytest.raises(PublicationDateError):
        import_publication(store, publication("awsd", day, {"1": "shooting"}), bytes(32), NOW)

    assert stored(store) == (0, 0, 0)


def test_a_publication_without_one_good_row_is_refused(store: Store) -> None:
    bring(store, "awsd", DAYS[0], {"1": "shooting"})

    for contents in ({}, {"1": UNREADABLE}):
        with pytest.raises(NothingAcceptedError):
            bring(store, "awsd", DAYS[1], contents)

    assert known_as_of(store, "awsd", DAYS[1]) == {"1": "shooting"}


def test_each_record_has_an_id_of_its_own_for_good(store: Store) -> None:
    uids = select(record.c.source_key, record.c.uid)
    bring(store, "awsd", DAYS[0], {"1": "shooting", "2": "shooting"})
    with store.read() as connection:
        before = {key: uid for key, uid in connection.execute(uids)}  # noqa: C416 - rows are not pairs to the type checker
    bring(store, "awsd", DAYS[1], {"1": "shelling", "2": "shooting"})

    with store.read() as connection:
        after = {key: uid for key, uid in connection.execute(uids)}  # noqa: C416 - rows are not pairs to the type checker
    assert before == after
    assert len(set(after.values())) == 2
    assert {len(uid) for uid in after.values()} == {16}


def bring_part(store: Store, day: date, contents: Mapping[str, str], *, only_new: bool = False) -> Imported:
    part = publication("field", day, contents)._replace(whole=False)
    return import_publication(store, part, bytes(32), NOW, only_new=only_new)


def test_a_part_adds_and_revises_and_withdraws_nothing(store: Store) -> None:
    bring_part(store, DAYS[0], {"1": "shooting", "2": "shelling"})
    done = bring_part(store, DAYS[1], {"2": "kidnapping", "3": "shelling", "4": UNREADABLE})
    before = stored(store)

    again = bring_part(store, DAYS[1], {"2": "kidnapping", "3": "shelling", "4": UNREADABLE})

    assert (done.accepted, done.updated, done.withdrawn, done.quarantined) == (1, 1, 0, 1)
    assert (again.accepted, again.updated, again.unchanged, again.withdrawn) == (0, 0, 2, 0)
    assert stored(store) == before
    assert known_as_of(store, "field", DAYS[0]) == {"1": "shooting", "2": "shelling"}
    assert known_as_of(store, "field", DAYS[1]) == {"1": "shooting", "2": "kidnapping", "3": "shelling"}
    assert faults(store) == []


def test_a_whole_file_withdraws_what_parts_brought_before_its_day_and_spares_that_of_the_day(
    store: Store,
) -> None:
    bring_part(store, DAYS[0], {"1": "shooting", "2": "shelling"})
    bring_part(store, DAYS[1], {"3": "shelling"})

    done = bring(store, "field", DAYS[1], {"1": "kidnapping"})

    assert (done.updated, done.withdrawn) == (1, 1)
    assert known_as_of(store, "field", DAYS[1]) == {"1": "kidnapping", "3": "shelling"}
    assert bring(store, "field", DAYS[2], {"1": "kidnapping"}).withdrawn == 1


def test_a_row_that_was_refused_is_corrected_with_a_part(store: Store) -> None:
    bring(store, "field", DAYS[0], {"1": "shooting", "2": "shelling"})
    bring(store, "field", DAYS[1], {"1": "shooting", "2": UNREADABLE})

    bring_part(store, DAYS[1], {"2": "kidnapping"})

    assert known_as_of(store, "field", DAYS[1]) == {"1": "shooting", "2": "kidnapping"}
    assert bring(store, "field", DAYS[2], {"1": "shooting"}).withdrawn == 1


def test_what_may_only_be_new_leaves_alone_what_is_known_and_what_was_withdrawn(store: Store) -> None:
    bring_part(store, DAYS[0], {"1": "shooting", "2": "shelling"})
    bring(store, "field", DAYS[1], {"1": "kidnapping"})

    done = bring_part(store, DAYS[2], {"1": "shooting", "2": "shelling", "3": "shelling"}, only_new=True)

    assert (done.accepted, done.updated, done.unchanged) == (1, 0, 2)
    assert known_as_of(store, "field", DAYS[2]) == {"1": "kidnapping", "3": "shelling"}


def test_what_an_import_would_change_is_told_without_changing_it(store: Store) -> None:
    bring(store, "awsd", DAYS[0], {"1": "shooting", "2": "shelling", "3": "shelling"})
    before = stored(store)
    coming = publication("awsd", DAYS[1], {"1": "shooting", "2": "kidnapping", "4": "shelling"})

    counts, changes = foresee(store, coming, NOW)

    assert stored(store) == before
    assert {(one.what, one.key) for one in changes} == {("changed", "2"), ("new", "4"), ("vanished", "3")}
    assert {one.key: one.incident for one in changes}["2"] == INCIDENTS["kidnapping"]
    done = import_publication(store, coming, bytes(32), NOW)
    assert counts == done._replace(sha256=b"")


def test_details_stay_with_the_revision_that_says_them_and_a_changed_one_is_found(store: Store) -> None:
    told = replace(INCIDENTS["shooting"], details=(Detail("harm", "vehicle_stolen", 2),))
    row = Row(2, "1", told, ())
    import_publication(store, publication("awsd", DAYS[0], {})._replace(rows=(row,)), bytes(32), NOW)
    bring(store, "awsd", DAYS[1], {"1": "shooting"})
    with store.read() as connection:
        held = connection.execute(select(detail.c.topic, detail.c.code, detail.c.number)).all()
    assert held == [("harm", "vehicle_stolen", 2)]
    assert faults(store) == []

    with store.write() as connection:
        connection.execute(detail.update().values(number=3))

    assert len(faults(store)) == 1
