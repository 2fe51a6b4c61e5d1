"""What more is known of own records is counted as by hand, and of peers' records it is unknown."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from console.database import open_store
from node.codes import SCHEMES, code_list
from node.dimensions import DETAIL_DIMENSIONS, HELD_FOR, UNKNOWN
from node.errors import QueryError
from node.facts import fact
from node.intake import Publication, Row
from node.ladders import chains_of
from node.measures import make_query
from node.model import Cause, Detail, Incident, Outcome, PartialDate, Sex, Staff, Tally
from node.query import answer
from node.record import import_publication
from node.signed import Position
from node.store.database import Store
from node.store.heads import open_log
from node.store.peer_log import add_peer_entries
from node.tables.facts import detail
from node.tables.facts import fact as fact_table
from node.tables.incidents import publication, record, revision
from node.tables.logs import entry, log
from node.verify import Fate, Verified
from tests.support.strategies import details

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = NOW.date()


def incident(more: Sequence[Detail], killed: int = 1) -> Incident:
    victims = (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, killed),) if killed else ()
    return Incident(PartialDate(2024, 5, 1), victims=victims, details=tuple(more))


def told(one: Incident, name: str) -> Counter[str]:
    """Codes of an incident in one dimension, each with its numbers added up."""
    found: Counter[str] = Counter()
    for topic, code, number in one.details:
        if name == "resource" and topic == "harm":
            found[code_list("harm").codes[code].resource] += number
        elif name == "held_for" and topic == "duration":
            found[next(band for band, most in HELD_FOR.items() if number <= most)] += number
        elif topic == name:
            found[code] += number
    return found or Counter({UNKNOWN: 0})


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def hold(store: Store, contents: Sequence[Incident], of_peers: Sequence[Incident] = ()) -> None:
    with store.write() as connection:
        for table in (fact_table, detail, revision, record, publication, entry, log):
            connection.execute(delete(table))
    if contents:
        rows = tuple(Row(at, str(at), one, ()) for at, one in enumerate(contents))
        import_publication(store, Publication("own", TODAY, "", (), rows, (), ()), bytes(32), NOW)
    if not of_peers:
        return
    with store.write() as connection:
        entries = [
            Verified(Position(at, bytes(32)), b"", Fate.ACCEPTED, fact=fact(chains_of(one)))
            for at, one in enumerate(of_peers)
        ]
        add_peer_entries(connection, open_log(connection, "peer"), entries, {}, 20261123)


@pytest.mark.slow
def test_every_detail_is_counted_as_by_hand(store: Store) -> None:
    held = st.lists(st.builds(incident, details, st.integers(0, 3)), max_size=5)

    @settings(settings.default, max_examples=12, suppress_health_check=list(HealthCheck))
    @given(
        held,
        st.lists(st.builds(incident, details), max_size=2),
        st.sampled_from([name for name in DETAIL_DIMENSIONS if name not in {"source", *SCHEMES}]),
        st.data(),
    )
    def check(own: list[Incident], peers: list[Incident], name: str, data: st.DataObject) -> None:
        hold(store, own, peers)
        peers = [incident((), one.count()) for one in peers]
        codes = {code for one in own for code in told(one, name)} | {UNKNOWN}
        chosen = data.draw(st.sampled_from([None, *sorted(codes)]))
        measures = ["incidents", "killed", *(["harms"] if name in {"harm", "resource"} else [])]
        expected: dict[str, list[int]] = {}
        for one in [*own, *peers]:
            for code, number in told(one, name).items():
                if chosen in {None, code}:
                    counts = expected.setdefault(code, [0, 0, 0])
                    for at, more in enumerate((1, one.count(), number)):
                        counts[at] += more
        where = [] if chosen is None else [f"{name}={chosen}"]

        found = answer(store, make_query([name], measures, where, as_of=TODAY))

        assert {row[0]: list(row[1:]) for row in found.rows} == {
            code: counts[: len(measures)] for code, counts in expected.items()
        }

    check()


KILLED, INJURED, TAKEN = (
    Tally(outcome, Staff.NATIONAL, Sex.UNKNOWN, number)
    for outcome, number in ((Outcome.KILLED, 2), (Outcome.INJURED, 3), (Outcome.ABDUCTED, 4))
)
HEALTH = Detail("programme", "health")


@pytest.mark.parametrize(
    ("scheme", "one", "expected"),
    [
        (
            "unsms",
            {"victims": (KILLED, INJURED), "cause": Cause.VIOLENCE},
            {"death_violence": 2, "injury_violence": 3},
        ),
        ("unsms", {"victims": (KILLED, TAKEN), "cause": Cause.SAFETY}, {"death_safety": 2, "abduction": 4}),
        ("unsms", {"victims": (KILLED,)}, {UNKNOWN: 0}),
        (
            "unsms",
            {"means": "road_crash", "victims": (INJURED,), "cause": Cause.SAFETY},
            {"road_crash": 1, "injury_safety": 3},
        ),
        (
            "unsms",
            {"details": [Detail("harm", "personnel_threatened", 9), Detail("harm", "personnel_harassed", 2)]},
            {"intimidation": 1},
        ),
        (
            "unsms",
            {"details": [Detail("harm", "premises_looted", 2), Detail("harm", "facility_looted")]},
            {"premises": 3},
        ),
        ("hcid", {"victims": (KILLED,), "details": [HEALTH]}, {"personnel_killed": 2}),
        ("hcid", {"victims": (KILLED,)}, {UNKNOWN: 0}),
        (
            "hcid",
            {"victims": (TAKEN,), "details": [Detail("harm", "transport_stolen", 2)]},
            {"vehicle_stolen": 2, "personnel_kidnapped": 4},
        ),
        (
            "ssa",
            {"means": "shelling", "details": [Detail("harm", "facility_damaged", 5)]},
            {"heavy_weapons": 1},
        ),
        (
            "ssa",
            {"means": "shooting", "victims": (TAKEN,), "details": [HEALTH]},
            {"individual_weapons": 1, "abduction_arrest": 1},
        ),
        ("ssa", {"means": "shooting", "victims": (KILLED,)}, {UNKNOWN: 0}),
    ],
)
def test_own_records_count_in_the_categories_of_others(
    scheme: str, one: dict[str, Any], expected: dict[str, int], store: Store
) -> None:
    hold(store, [Incident(PartialDate(2024), **one | {"details": tuple(one.get("details", ()))})])

    found = answer(store, make_query([scheme], ["incidents", "harms"], [], as_of=TODAY))

    assert {row[0]: row[2] for row in found.rows} == expected
    assert {row[1] for row in found.rows} == {1}


def test_each_source_can_be_asked_alone_and_those_of_peers_are_unknown(store: Store) -> None:
    hold(store, [incident([], 2), incident([])], [incident([])])

    query = make_query(["source"], ["incidents", "killed"], [], as_of=TODAY)
    alone = make_query(["year"], ["killed"], ["source=own"], as_of=TODAY)
    untold = make_query(["year"], ["killed"], ["source=unknown"], as_of=TODAY)

    assert answer(store, query).rows == (("own", 2, 3), (UNKNOWN, 1, 1))
    assert answer(store, alone).rows == ((2024, 3),)
    assert answer(store, untold).rows == ((2024, 1),)


def test_civilians_stand_beside_staff_and_are_never_added_to_them(store: Store) -> None:
    crash = incident([Detail("harm", "civilian_killed", 2), Detail("harm", "civilian_injured", 5)])
    hold(store, [crash, incident([])], [crash])

    found = answer(
        store, make_query([], ["affected", "civilians_killed", "civilians_injured"], [], as_of=TODAY)
    )

    assert found.rows == ((3, 2, 5),)
    assert found.unit == "affected persons and civilians"


def test_a_filter_by_a_detail_goes_with_any_grouping(store: Store) -> None:
    looted = incident([Detail("harm", "premises_looted", 2), Detail("programme", "health")])
    hold(store, [looted, incident([Detail("programme", "health")], 2)])

    for by in (["year"], ["staff"], ["programme"]):
        query = make_query(by, ["incidents", "affected"], ["resource=premises"], as_of=TODAY)
        assert [row[1:] for row in answer(store, query).rows] == [(1, 1)]


def test_what_is_not_shown_of_several_codes_is_not_added_up(store: Store) -> None:
    hold(store, [incident([Detail("programme", code) for code in ("health", "food", "education")])])

    query = make_query(["programme"], ["incidents"], [], as_of=TODAY, top=1)

    assert answer(store, query).not_shown.sums == (None,)


def test_shares_of_what_overlaps_are_refused() -> None:
    with pytest.raises(QueryError, match="counts under each programme"):
        make_query(["programme"], ["incidents"], [], as_of=date(2026, 1, 1), share=["all"])
    make_query(["harm"], ["harms"], [], as_of=date(2026, 1, 1), share=["all"])
