"""What was said of several records narrows what stands for them as much as all of it together, and is said once."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.database import open_store
from node.audience import FINEST
from node.intake import Publication, Row
from node.record import import_publication
from node.rules import Override
from node.said import Teller, narrowest_of
from node.signed import Label
from node.store.database import Store
from node.store.policies import overrides, say
from node.store.records import record_ids_by_key
from node.succession import merge_records
from tests.support.incidents import LOOTING, ROBBERY
from tests.support.network import rows_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SAID = st.builds(
    Override,
    st.booleans(),
    st.none() | st.sampled_from(Label),
    st.tuples(*(st.integers(-1, finest) for finest in FINEST)),
    st.booleans(),
)


@given(st.lists(SAID, max_size=3), st.integers(0, 1))
def test_all_of_it_narrows_and_captivity_is_lifted_by_everybody_or_not(
    said: list[Override], silent: int
) -> None:
    both = narrowest_of(said, len(said) + silent)

    assert both.held == any(one.held for one in said)
    for one in said:
        assert one.label is None or (both.label is not None and both.label <= one.label)
        assert all(mine <= theirs for mine, theirs in zip(both.levels, one.levels, strict=True))
    assert both.label is None or both.label in {one.label for one in said}
    assert both.captivity_released == (not silent and all(one.captivity_released for one in said))
    assert narrowest_of([both], 1) == both


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    rows = tuple(Row(2, key, one, ()) for key, one in {"a": ROBBERY, "b": LOOTING}.items())
    import_publication(opened, Publication("reports", NOW.date(), "", (), rows, (), ()), bytes(32), NOW)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("first", "second", "after", "rows"),
    [
        (None, None, None, 0),
        (Override(held=True), None, Override(held=True), 1),
        (Override(held=True), Override(label=Label.AMBER), Override(held=True, label=Label.AMBER), 3),
        (None, Override(label=Label.RED), Override(label=Label.RED), 2),
        (Override(captivity_released=True), None, Override(), 2),
    ],
)
def test_a_merge_says_what_is_new_and_nothing_else(
    store: Store, first: Override | None, second: Override | None, after: Override | None, rows: int
) -> None:
    with store.write() as connection:
        ids = record_ids_by_key(connection, "reports", ["a", "b"])
        for key, said in (("a", first), ("b", second)):
            if said is not None:
                say(connection, ids[key], said, "kb", NOW, waits=False)

    merge_records(store, ["reports:a", "reports:b"], Teller("kb", NOW))

    with store.read() as connection:
        assert overrides(connection, [ids["a"]]).get(ids["a"]) == after
    assert len(rows_of(store)["override"]) == rows
