"""What columns answer is what the database answers, whatever was changed, on both databases."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from console.database import open_store
from node.audience import Tier
from node.disclose import cut
from node.facts import fact
from node.ladders import chains_of
from node.measures import make_query
from node.model import Incident, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.policy import baseline
from node.query import answer
from node.signed import Position
from node.store.columns import Columns, Sizes
from node.store.database import Store
from node.store.heads import open_log
from node.store.peer_log import add_peer_entries
from node.tables.facts import column_segment, fact_change
from node.tables.facts import fact as fact_table
from node.tables.logs import entry
from node.verify import Fate, Verified
from tests.node.test_query import AS_OF, fill, questions, recent

duckdb = pytest.importorskip("duckdb")
PHASES = (Phase.explicit, Phase.generate)
SMALL = Sizes(fewest=1, segment=4, most_apart=1)
NASTY = 'Bor, "South"\r\nCounty\tno\rline'


class Both:
    """A database that is asked with its columns and without."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.plain = open_store(url)
        self.beside = Store(url, Columns(folder, SMALL))

    def files(self) -> list[str]:
        return sorted(one.name for one in self.folder.iterdir()) if self.folder.is_dir() else []

    def changes(self) -> int:
        with self.plain.read() as connection:
            return int(connection.execute(select(func.count()).select_from(fact_change)).scalar_one())

    def change(self, *statements: Any) -> None:
        with self.plain.write() as connection:
            for one in statements:
                connection.execute(one)


@pytest.fixture
def both(database_url: str, tmp_path: Path) -> Iterator[Both]:
    opened = Both(database_url, tmp_path / "columns")
    yield opened
    opened.plain.close()
    opened.beside.close()


def shares(store: Store, incidents: list[Incident], day: int = 20240501) -> None:
    """A peer shares some more."""
    with store.write() as connection:
        head = open_log(connection, "sharing")
        newest = select(func.coalesce(func.max(entry.c.log_index) + 1, 0)).where(
            entry.c.log_id == head.log_id
        )
        start = connection.execute(newest).scalar_one()
        views = [fact(cut(chains_of(one), baseline().levels[Tier.COORDINATOR])) for one in incidents]
        entries = [
            Verified(Position(start + at, bytes(32)), b"", Fate.ACCEPTED, fact=view)
            for at, view in enumerate(views)
        ]
        add_peer_entries(connection, head, entries, {}, day)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_columns_say_what_the_database_says_whatever_happened_to_it(both: Both) -> None:
    # Making a failing case smaller would take many minutes of writing files.
    @settings(settings.default, max_examples=8, suppress_health_check=list(HealthCheck), phases=PHASES)
    @given(
        st.lists(recent, max_size=5),
        st.lists(recent, max_size=5),
        st.lists(st.tuples(recent, st.sampled_from(list(Tier))), max_size=5),
        st.data(),
    )
    def check(
        first: list[Incident], second: list[Incident], peer: list[tuple[Incident, Tier]], data: st.DataObject
    ) -> None:
        rows = fill(both.plain, first, second, peer)
        for _ in range(3):
            some = fact_table.c.id.in_(data.draw(st.lists(st.integers(1, 15), max_size=3)))
            both.change(
                data.draw(
                    st.sampled_from(
                        [
                            delete(fact_table).where(some),
                            update(fact_table).where(some).values(known_until=20250101),
                        ]
                    )
                )
            )
            shares(
                both.plain,
                data.draw(st.lists(recent, max_size=3)),
                data.draw(st.sampled_from([20230101, 20250101])),
            )
            query = data.draw(questions(rows))

            assert answer(both.beside, query) == answer(both.plain, query)

    check()


def test_files_are_written_once_and_hold_what_was_there(both: Both) -> None:
    odd = Incident(PartialDate(2019, 5, 2), Place("SSD", NASTY, 'a"b'), means="shooting")
    shares(both.plain, [odd, *[Incident(PartialDate(2019), Place("SSD"))] * 9])
    query = make_query(["admin1", "admin2"], ["incidents"], [], as_of=AS_OF[-1])

    first = answer(both.beside, query)
    files = both.files()
    again = answer(both.beside, query)

    assert first == again == answer(both.plain, query)
    assert (NASTY, 'a"b', 1) in first.rows
    assert len(files) == 3, "ten facts in files of four"
    assert both.files() == files, "nothing was written again, and no text was left on the way"


def test_what_is_changed_comes_from_the_database_until_files_are_written_again(both: Both) -> None:
    shares(both.plain, [Incident(PartialDate(2019), Place("SSD"))] * 8)
    query = make_query(["country"], ["incidents"], [], as_of=AS_OF[-1])
    answer(both.beside, query)
    files = both.files()

    both.change(update(fact_table).where(fact_table.c.id == 5).values(known_until=20250101))
    one = answer(both.beside, query)
    kept = both.files()
    both.change(update(fact_table).where(fact_table.c.id < 4).values(known_until=20250101))
    three = answer(both.beside, query)

    assert (one.rows, kept, both.changes()) == ((("SSD", 7),), files, 0)
    assert three.rows == (("SSD", 4),)
    assert not set(both.files()) & set(files), "files of which facts were changed were written again"


def test_what_was_destroyed_is_in_no_file_after_the_next_answer_and_in_none_at_once_when_forgotten(
    both: Both,
) -> None:
    shares(both.plain, [Incident(PartialDate(2019), Place("SSD", "Unity"))] * 8)
    query = make_query(["country"], ["incidents"], [], as_of=AS_OF[-1])
    answer(both.beside, query)
    before = set(both.files())

    both.change(delete(fact_table).where(fact_table.c.id == 2))
    after = answer(both.beside, query)

    assert after.rows == (("SSD", 7),)
    assert len(before & set(both.files())) == 1, "the file of facts that are all there stays"
    both.beside.forget()
    assert both.files() == []
    assert answer(both.beside, query).rows == (("SSD", 7),)


def test_a_damaged_or_missing_file_costs_time_and_no_figure(both: Both) -> None:
    shares(both.plain, [Incident(PartialDate(2019), Place("SSD"))] * 8)
    query = make_query(["country"], ["incidents"], [], as_of=AS_OF[-1])
    answer(both.beside, query)
    first, second = (both.folder / name for name in both.files())

    first.write_bytes(b"PAR1 but no more")
    damaged = answer(both.beside, query)
    second.unlink()
    missing = answer(both.beside, query)

    assert damaged.rows == missing.rows == (("SSD", 8),)


def test_without_triggers_or_with_few_facts_the_database_answers(both: Both) -> None:
    shares(both.plain, [Incident(PartialDate(2019), Place("SSD"))] * 3)
    query = make_query(["country"], ["incidents"], [], as_of=AS_OF[-1])
    both.beside.close()
    few = Store(both.url, Columns(both.folder))
    assert answer(few, query).rows == (("SSD", 3),)
    assert both.files() == []
    few.close()


def test_ids_that_are_given_out_again_are_no_trap(both: Both) -> None:
    shares(both.plain, [Incident(PartialDate(2019), Place("SSD"))] * 8)
    query = make_query(["country"], ["incidents"], [], as_of=AS_OF[-1])
    answer(both.beside, query)

    both.change(delete(fact_table).where(fact_table.c.id == 8))
    shares(both.plain, [Incident(PartialDate(2019), Place("SDN"))])

    assert answer(both.beside, query).rows == (("SDN", 1), ("SSD", 7))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_answers_are_right_while_another_thread_keeps_writing(both: Both) -> None:
    """Each page holds as many killed as injured, in as many incidents: whatever state is seen, they are equal."""
    victims = tuple(
        Tally(outcome, Staff.NATIONAL, Sex.MALE, 1) for outcome in (Outcome.KILLED, Outcome.INJURED)
    )
    one, other = (
        Incident(PartialDate(2019, month, 1), Place("SSD"), victims=victims[at : at + 1])
        for at, month in ((0, 1), (1, 2))
    )
    stop, failed = threading.Event(), list[BaseException]()
    reader = Store(both.url, Columns(both.folder, Sizes(fewest=1, segment=200, most_apart=20)))

    def write() -> None:
        chance = random.Random(5)
        try:
            while not stop.wait(0.005):
                shares(both.plain, [one, other] * chance.randint(1, 4))
                last = select(func.max(fact_table.c.id) - 1).scalar_subquery()
                if chance.random() < 0.3:
                    both.change(delete(fact_table).where(fact_table.c.id >= last))
        except BaseException as error:  # noqa: BLE001 - shown by the test
            failed.append(error)

    query = make_query([], ["incidents", "killed", "injured"], [], as_of=AS_OF[-1])
    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = [answer(reader, query) for _ in range(30)]
    finally:
        stop.set()
        writer.join()
        reader.close()

    assert failed == []
    for found in seen:
        ((incidents, killed, injured),) = found.rows
        assert killed == injured
        assert incidents == (killed or 0) + (injured or 0) == found.caveats.incidents  # type: ignore[operator]
    assert len({found.rows for found in seen}) > 3
    assert answer(both.beside, query) == answer(both.plain, query)


def test_a_change_of_the_table_writes_the_files_again(both: Both) -> None:
    shares(both.plain, [Incident(PartialDate(2019), Place("SSD"))] * 4)
    query = make_query(["country"], ["incidents"], [], as_of=AS_OF[-1])
    answer(both.beside, query)
    files = both.files()
    both.change(update(column_segment).values(form="of an older version"))

    found = answer(both.beside, replace(query, last=date(2020, 1, 1)))

    assert found.rows == (("SSD", 4),)
    assert not set(both.files()) & set(files)
