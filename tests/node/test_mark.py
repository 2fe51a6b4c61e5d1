"""Marks stay on a record whatever its source publishes, move no figure, and are kept as revisions."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from console.database import open_store
from node.check import check_records
from node.errors import OverrideError, QueryError
from node.intake import Publication, Row
from node.mark import agree_to_unmark, ask_to_unmark, mark_record
from node.measures import make_query
from node.model import Incident, Sensitive
from node.query import answer
from node.record import import_publication
from node.store.database import Store
from node.store.records import Imported, current, revisions_by_key
from node.tables.incidents import revision
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAYS = [date(2026, month, 1) for month in range(1, 6)]
CHILDREN = frozenset({Sensitive.CHILDREN})
NOBODY: frozenset[Sensitive] = frozenset()


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def bring(store: Store, day: date, **contents: Incident) -> Imported:
    rows = tuple(Row(2, key, incident, ()) for key, incident in {"other": LOOTING, **contents}.items())
    return import_publication(
        store, Publication("reports", day, "--published", (), rows, (), ()), bytes(32), NOW
    )


def stored(incident: Incident, **changes: object) -> Incident:
    """An incident as it comes back: its tallies in order."""
    return replace(incident, victims=tuple(sorted(incident.victims)), **changes)  # type: ignore[arg-type] # any field


def now(store: Store, key: str = "a") -> Incident | None:
    with store.read() as connection:
        found = current(connection, list(revisions_by_key(connection, "reports", [key]).values()))
    return found[0].incident if found else None


def means_as_of(store: Store, day: date) -> dict[object, object]:
    asked = make_query(["means"], ["incidents"], [], as_of=day)
    return {row[0]: row[1] for row in answer(store, asked).rows if row[0] != LOOTING.means}


def revisions(store: Store) -> int:
    with store.read() as connection:
        return len(connection.execute(select(revision.c.id)).all())


def sound(store: Store) -> bool:
    return not [found for found in check_records(store) if not isinstance(found, int)]


def test_a_mark_is_one_more_revision_and_moves_no_figure(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    before = revisions(store)

    assert mark_record(store, "reports:a", CHILDREN) == NOBODY

    assert now(store) == stored(SHOOTING, sensitive=CHILDREN)
    assert revisions(store) == before + 1
    assert [means_as_of(store, day) for day in (date(2025, 1, 1), DAYS[0], NOW.date())] == [
        {},
        {"shooting": 1},
        {"shooting": 1},
    ]
    assert sound(store)


def test_an_equal_mark_changes_nothing(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)
    before = revisions(store)

    assert mark_record(store, "reports:a", CHILDREN) == CHILDREN

    assert revisions(store) == before


def test_marks_add_up_and_two_persons_take_them_off(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING, b=ROBBERY)
    mark_record(store, "reports:a", CHILDREN)
    mark_record(store, "reports:a", frozenset({Sensitive.PATIENTS}))
    both = frozenset({Sensitive.CHILDREN, Sensitive.PATIENTS})
    number = ask_to_unmark(store, "reports:a", frozenset(Sensitive), "kb", NOW)

    assert now(store) == stored(SHOOTING, sensitive=both)  # one person alone takes nothing off
    for by, asked, said in (
        ("KB", number, "can not be the second"),
        ("mo", number + 1, "nothing with the number"),
    ):
        with pytest.raises(OverrideError, match=said):
            agree_to_unmark(store, asked, by, NOW)
    assert now(store) == stored(SHOOTING, sensitive=both)

    assert agree_to_unmark(store, number, "mo", NOW) == ("reports:a", both)
    assert now(store) == stored(SHOOTING)
    assert now(store, "b") == ROBBERY
    with pytest.raises(OverrideError, match="nothing with the number"):
        agree_to_unmark(store, number, "mo", NOW)
    with pytest.raises(QueryError, match="has no such mark"):
        ask_to_unmark(store, "reports:a", CHILDREN, "kb", NOW)
    assert sound(store)


def test_a_mark_that_came_after_it_was_asked_for_stays(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)
    number = ask_to_unmark(store, "reports:a", frozenset(Sensitive), "kb", NOW)
    mark_record(store, "reports:a", frozenset({Sensitive.SURVIVORS}))
    agree_to_unmark(store, number, "mo", NOW)

    assert now(store) == stored(SHOOTING, sensitive=frozenset({Sensitive.SURVIVORS}))


def test_the_same_publication_again_changes_nothing(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)

    again = bring(store, DAYS[0], a=SHOOTING)
    later = bring(store, DAYS[1], a=SHOOTING)

    assert [(one.accepted, one.updated, one.unchanged) for one in (again, later)] == [(0, 0, 2)] * 2
    assert now(store) == stored(SHOOTING, sensitive=CHILDREN)


def test_a_correction_by_the_source_is_taken_over_and_keeps_the_mark(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)

    assert bring(store, DAYS[1], a=SHELLING).updated == 1

    assert now(store) == stored(SHELLING, sensitive=CHILDREN)
    assert means_as_of(store, DAYS[0]) == {"shooting": 1}
    assert means_as_of(store, DAYS[1]) == {"shelling": 1}


def test_a_late_older_publication_neither_takes_the_mark_off_nor_becomes_current(store: Store) -> None:
    bring(store, DAYS[2], a=SHOOTING)
    bring(store, DAYS[4], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)

    bring(store, DAYS[0], a=SHELLING)
    assert now(store) == stored(SHOOTING, sensitive=CHILDREN)
    bring(store, DAYS[3], a=ROBBERY)

    assert now(store) == stored(SHOOTING, sensitive=CHILDREN)
    assert [means_as_of(store, day) for day in DAYS] == [
        {"shelling": 1},
        {"shelling": 1},
        {"shooting": 1},
        {"robbery": 1},
        {"shooting": 1},
    ]
    assert sound(store)


def test_a_record_that_vanishes_and_comes_back_is_still_marked(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)
    bring(store, DAYS[1])
    assert now(store) is None

    bring(store, DAYS[2], a=SHELLING)

    assert now(store) == stored(SHELLING, sensitive=CHILDREN)


def test_a_mark_that_was_taken_off_stays_off(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    mark_record(store, "reports:a", CHILDREN)
    agree_to_unmark(store, ask_to_unmark(store, "reports:a", CHILDREN, "kb", NOW), "mo", NOW)

    bring(store, DAYS[1], a=SHELLING)

    assert now(store) == stored(SHELLING)


def test_no_narrative_is_taken_for_a_mark(store: Store) -> None:
    told = replace(
        SHOOTING, narrative='he wrote "sensitive":["children"]', source_text=(('"sensitive":[', "x"),)
    )
    bring(store, DAYS[0], a=told)

    bring(store, DAYS[1], a=replace(told, means="shelling"))

    assert now(store) == stored(told, means="shelling")


@pytest.mark.parametrize("name", ["reports:b", "reports", "", ":", "others:a", "reports:", "a"])
def test_what_is_no_record_can_not_be_marked(store: Store, name: str) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    before = revisions(store)

    with pytest.raises(QueryError):
        mark_record(store, name, CHILDREN)

    assert revisions(store) == before


def test_a_record_that_no_longer_stands_can_not_be_marked(store: Store) -> None:
    bring(store, DAYS[0], a=SHOOTING)
    bring(store, DAYS[1])

    with pytest.raises(QueryError):
        mark_record(store, "reports:a", CHILDREN)
