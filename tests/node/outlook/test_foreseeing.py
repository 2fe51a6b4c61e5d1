"""What was known from when until when is what was counted as of each month, on both databases and with columns."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, update

from console.database import open_store
from node.audience import Tier
from node.dimensions import SPLIT_DIMENSIONS, TIME_DIMENSIONS, UNKNOWN
from node.foreseeing import look_ahead
from node.measures import make_query
from node.model import Incident, PartialDate, Place
from node.outlook.history import label
from node.query import answer
from node.store.columns import Columns, Sizes
from node.store.database import Store
from node.store.queries import known_spans
from node.tables.facts import fact
from tests.node.test_query import AS_OF, FIRST, SECOND, fill, questions, recent


@pytest.fixture
def stores(database_url: str, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    pytest.importorskip("duckdb")
    plain, beside = open_store(database_url), Store(database_url, Columns(tmp_path, Sizes(1, 4, 1)))
    yield plain, beside
    plain.close()
    beside.close()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_spans_add_up_to_what_was_counted_as_of_the_first_of_every_month(stores: tuple[Store, Store]) -> None:
    plain, _ = stores
    phases = (Phase.explicit, Phase.generate)

    @settings(settings.default, max_examples=5, suppress_health_check=list(HealthCheck), phases=phases)
    @given(
        st.lists(recent, max_size=5),
        st.lists(recent, max_size=5),
        st.lists(st.tuples(recent, st.sampled_from(list(Tier))), max_size=5),
        st.data(),
    )
    def check(
        first: list[Incident], second: list[Incident], peer: list[tuple[Incident, Tier]], data: st.DataObject
    ) -> None:
        rows = fill(plain, first, second, peer)
        with plain.write() as connection:  # also on the last and the first day of a month
            for rest, since in enumerate((20221231, 20230101, 20230102)):
                some = and_(fact.c.id % 5 == rest, fact.c.known_from < 20260101)
                connection.execute(update(fact).where(some).values(known_from=since, known_until=20240101))
        asked = data.draw(questions(rows).filter(lambda query: query.measures[0] != "contributors"))
        grouped = tuple(
            name for name in asked.by if name not in {"year", *TIME_DIMENSIONS, *SPLIT_DIMENSIONS}
        )
        where = data.draw(st.sampled_from([(), asked.where]))  # often nothing is left by all of them
        query = replace(
            asked,
            by=grouped,
            measures=asked.measures[:1],
            where=where,
            first=None,
            last=None,
            as_of=date(2030, 1, 1),
        )
        told = []
        for store in stores:
            with store.counting() as (_, run):
                told.append(known_spans(run, query))

        assert sorted(told[0], key=str) == sorted(told[1], key=str)
        days = {
            *AS_OF,
            FIRST,
            SECOND,
            date(2022, 12, 31),
            date(2022, 11, 30),
            date(2023, 12, 31),
            date(2023, 11, 30),
        }
        for day in {date(each.year + each.month // 12, each.month % 12 + 1, 1) for each in days}:
            at = day.year * 12 + day.month - 1
            spans: Counter[tuple[object, ...]] = Counter()
            for cells, month, since, until, number in told[0]:
                if since <= at and (until is None or until > at):
                    spans[*cells, UNKNOWN if month is None else label(month)] += number
            counted = answer(plain, replace(query, by=(*query.by, "month"), as_of=day)).rows
            assert spans == {row[:-1]: row[-1] for row in counted if row[-1]} | {
                group: 0 for group, number in spans.items() if not number
            }

    check()


def test_a_history_holds_whole_months_and_what_has_none_is_told(stores: tuple[Store, Store]) -> None:
    plain, _ = stores
    dated = [Incident(PartialDate(2019, month), Place("SSD")) for month in (3, 3, 5)]
    fill(plain, [], [*dated, Incident(PartialDate(2019), Place("SSD"))], [])

    found = look_ahead(plain, make_query(["country"], ["incidents"], [], as_of=AS_OF[-1]))

    (told,) = found.histories
    assert (told.group, told.counts[:4], sum(told.counts)) == (("SSD",), (2, 0, 1, 0), 3)
    assert (label(found.first), found.undated) == ("2019-03", 1)
    assert label(found.last) < str(SECOND)[:7]
    assert len(told.counts) == found.last - found.first + 1
