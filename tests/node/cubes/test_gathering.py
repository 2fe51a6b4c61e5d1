"""What goes into figures that leave: whose it is, what may not count for others, and each event once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import pytest

from node.audience import Purpose, Tier
from node.candidates import pair_of
from node.consent import Said, record_consent
from node.cubes.declaration import Cell, Cube
from node.cubes.table import Atom
from node.gathering import count_atoms, count_ranges, own_records
from node.model import Incident, Outcome, PartialDate, Sex, Staff, Tally
from node.plan import Request
from node.sensitive import Consent
from node.share import release
from node.signed import RecordName
from node.store.matched import all_places
from node.store.records import record_ids_by_key, revisions_by_key
from node.verdict import Ground
from node.wire import records
from tests.support.cubes import yearly
from tests.support.deciding import BASELINE
from tests.support.incidents import ASSAULT, LOOTING, SHOOTING
from tests.support.matches import exchange, pairs_of, says
from tests.support.network import NOW, SOURCE, TODAY, Network, Node

pytestmark = pytest.mark.slow
ROAD = ("SSD", "violence", "shooting", "road")
SUDAN = ("SDN", "violence", "looting", "road")
PLACES = {"purpose": "statistics", "by": ["country"], "public": []}
COUNTED = yearly(**PLACES)
COORDINATORS = frozenset({Tier.COORDINATOR})
EARLIER = TODAY - timedelta(days=2)


def killed(number: int, **changed: object) -> Incident:
    """A shooting in which so many of the national staff were killed."""
    victims = (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, number),) if number else ()
    return replace(SHOOTING, victims=victims, employers=(), **changed)  # type: ignore[arg-type] # any field


@pytest.fixture
def network(new_sqlite_url: Callable[[], str]) -> Iterator[Network]:
    made = Network(new_sqlite_url)
    yield made
    made.close()


@pytest.fixture
def alpha(network: Network) -> Node:
    """A coordinator that knows two incidents since the day before yesterday and one more since today."""
    made = network.node("alpha", Tier.COORDINATOR)
    made.holds(on=EARLIER, a=SHOOTING, b=LOOTING)
    made.holds(a=SHOOTING, b=LOOTING, c=replace(SHOOTING, when=PartialDate(2024)))
    return made


def member(
    network: Network,
    org_id: str,
    purpose: Purpose = Purpose.STATISTICS,
    seen: frozenset[Tier] = COORDINATORS,
    **held: Incident,
) -> Node:
    """A member that shares all that it knows for a purpose."""
    made = network.node(org_id, Tier.COORDINATOR)
    made.holds(on=TODAY, **held)
    shares(made, purpose, *held, seen=seen)
    return made


def shares(node: Node, purpose: Purpose, *keys: str, seen: frozenset[Tier] = COORDINATORS) -> None:
    """Release records for a purpose."""
    with node.store.read() as connection:
        known = revisions_by_key(connection, SOURCE, keys)
    request = Request(tuple(known[key] for key in keys), seen, NOW, BASELINE, purpose=purpose)
    list(release(node.store, request, node.identity, records))


def atoms(node: Node, cube: Cube = COUNTED, as_of: date = TODAY) -> Mapping[Atom, Mapping[str, int]]:
    with node.store.read() as connection:
        return count_atoms(connection, cube, as_of, node.org_id)


def ranges(
    node: Node, cube: Cube = COUNTED, *shared: str, as_of: date = TODAY
) -> Mapping[Cell, tuple[int, int]]:
    with node.store.read() as connection:
        left_out = record_ids_by_key(connection, SOURCE, shared).values()
        return count_ranges(connection, cube, as_of, [*left_out])


def answers(node: Node, key: str, answer: Consent, *purposes: Purpose) -> None:
    """Let a survivor answer."""
    record_consent(node.store, f"{SOURCE}:{key}", Said(answer, frozenset(purposes), TODAY, "kb", NOW))


def decide(network: Network, *nodes: Node, ground: Ground = Ground.OWN_STAFF) -> None:
    """Let the owners call all pairs of their reports the same."""
    exchange(network, *nodes)
    for node in nodes:
        pairs_of(network, node)
    for one, other in combinations(nodes, 2):
        pair = pair_of(name_of(one), name_of(other))
        for node in (one, other):
            says(network, node, pair, ground=ground)
    exchange(network, *nodes)


def name_of(node: Node) -> RecordName:
    """The report `x` of a node, as everybody names it."""
    with node.store.read() as connection:
        key = record_ids_by_key(connection, SOURCE, ["x"])["x"]
        (name,) = {one.name for one in all_places(connection) if one.record_id == key}
    return name


def test_own_records_and_those_of_members_count_as_of_a_day_by_month_place_and_owner(
    network: Network, alpha: Node
) -> None:
    beta = member(network, "beta", x=LOOTING, y=LOOTING)
    assert network.sync(alpha, beta).error is None

    assert atoms(alpha) == {
        Atom("2024-03", ROAD, "incidents"): {"alpha": 1},
        Atom("2024-unknown", ROAD, "incidents"): {"alpha": 1},
        Atom("2024-07", SUDAN, "incidents"): {"alpha": 1, "beta": 2},
    }
    assert atoms(alpha, as_of=EARLIER) == {
        Atom("2024-03", ROAD, "incidents"): {"alpha": 1},
        Atom("2024-07", SUDAN, "incidents"): {"alpha": 1},
    }


@pytest.mark.parametrize(
    ("measures", "counted"),
    [
        (["incidents"], {"incidents": 1}),
        (["killed"], {"killed": 1, "injured": 2}),
        (["affected"], {"killed": 1, "injured": 2}),
        (["incidents", "injured"], {"incidents": 1, "killed": 1, "injured": 2}),
    ],
)
def test_persons_count_by_outcome_where_a_cube_tells_of_persons(
    network: Network, measures: list[str], counted: dict[str, int]
) -> None:
    node = network.node("alpha")
    node.holds(a=SHOOTING)

    found = atoms(node, yearly(**PLACES, measures=measures))

    assert found == {Atom("2024-03", ROAD, one): {"alpha": number} for one, number in counted.items()}
    shown = {one: (number, number) for one, number in counted.items() if one in measures}
    if measures == ["affected"]:
        shown = {"affected": (3, 3)}
    assert ranges(node, yearly(**PLACES, measures=measures)) == {
        ("2024", "SSD", one): numbers for one, numbers in shown.items()
    }


def test_what_a_member_shared_for_another_purpose_is_not_counted_alone_or_in_an_event(
    network: Network, alpha: Node
) -> None:
    beta = member(network, "beta", Purpose.ANALYSIS, x=killed(1))
    alpha.holds(x=killed(2))
    shares(alpha, Purpose.STATISTICS, "x")
    decide(network, alpha, beta)
    cube = yearly(**PLACES, measures=["incidents", "killed"])

    assert atoms(alpha, cube) == {
        Atom("2024-03", ROAD, "incidents"): {"alpha": 1},
        Atom("2024-03", ROAD, "killed"): {"alpha": 2},
    }
    assert {who for parts in atoms(beta, cube).values() for who in parts} == {"alpha+beta"}


def test_an_event_counts_once_as_that_of_all_who_reported_it_from_the_day_on_which_it_was_signed(
    network: Network,
) -> None:
    """Of persons the sum counts while each counts its own staff, and the most once one has handed its report on.

    One dates it a day later, into a month in which nothing is left once the event counts.
    """
    march, april = PartialDate(2024, 3, 31), PartialDate(2024, 4, 1)
    nodes = [
        member(network, "delta", x=killed(1, when=march)),
        member(network, "beta", x=killed(0, when=april)),
        member(network, "alpha", x=killed(3, when=march)),
    ]
    cube = yearly(**PLACES, measures=["incidents", "killed"])
    incidents, deaths = (Atom("2024-03", ROAD, measure) for measure in cube.measures)
    apart = {
        incidents: {"alpha": 1, "delta": 1},
        deaths: {"alpha": 3, "delta": 1},
        Atom("2024-04", ROAD, "incidents"): {"beta": 1},
    }
    exchange(network, *nodes)
    assert all(pairs_of(network, node) for node in nodes)
    assert [atoms(node, cube) for node in nodes] == 3 * [apart]  # what nobody has decided is not one

    network.now += timedelta(days=1)
    decide(network, *nodes)
    network.now += timedelta(days=1)
    decide(network, *nodes, ground=Ground.FORWARDED)

    for node in nodes:
        assert atoms(node, cube) == apart
        for days, dead in ((1, 4), (2, 3)):
            together = {incidents: {"alpha+beta+delta": 1}, deaths: {"alpha+beta+delta": dead}}
            assert atoms(node, cube, TODAY + timedelta(days=days)) == together


def test_an_event_counts_where_those_who_reported_it_let_it_be_seen(network: Network) -> None:
    """Who sees months and means alone counts it there."""
    seen = frozenset({Tier.PEER, Tier.COORDINATOR})
    alpha, beta = (member(network, org_id, seen=seen, x=SHOOTING) for org_id in ("alpha", "beta"))
    other = network.node("other")
    decide(network, alpha, beta)
    for _ in range(2):
        for node in (alpha, beta):
            assert network.sync(other, node).error is None
        pairs_of(network, other)

    found = atoms(other, yearly(**PLACES, measures=["incidents", "injured"]))

    coarse = ("SSD", "violence", "shooting", "unknown")
    assert found == {
        Atom("2024-03", coarse, measure): {"alpha+beta": number}
        for measure, number in (("incidents", 1), ("killed", 2), ("injured", 4))
    }


def test_a_survivor_counts_with_consent_to_the_purpose_alone_and_in_no_finer_cube(network: Network) -> None:
    node = network.node("alpha")
    keys = ("unasked", "yes", "no", "withdrawn", "other")
    in_sudan = replace(ASSAULT, where=LOOTING.where)
    node.holds(on=TODAY, seen=SHOOTING, **{**dict.fromkeys(keys, ASSAULT), "yes": in_sudan})
    answers(node, "yes", Consent.YES, Purpose.STATISTICS)
    answers(node, "no", Consent.NO, Purpose.STATISTICS)
    for said in (Consent.YES, Consent.WITHDRAWN):
        answers(node, "withdrawn", said, Purpose.STATISTICS)
    answers(node, "other", Consent.YES, Purpose.ADVOCACY)
    consented = ("SDN", "violence", "rape_sexual_assault", "road")
    seen = {Atom("2024-03", ROAD, "incidents"): {"alpha": 1}}
    finer = yearly(**{**PLACES, "by": ["country", "cause"]})

    assert atoms(node) == {**seen, Atom("2024-03", consented, "incidents"): {"alpha": 1}}
    assert ranges(node) == {("2024", one, "incidents"): (1, 1) for one in ("SSD", "SDN")}
    assert atoms(node, finer) == seen
    assert ranges(node, finer) == {("2024", "SSD", "violence", "incidents"): (1, 1)}


def test_an_event_that_somebody_reports_for_a_survivor_counts_without_it(network: Network) -> None:
    """A mark that came after the event was signed takes the record out of it."""
    alpha, beta = (member(network, org_id, x=killed(1)) for org_id in ("alpha", "beta"))
    decide(network, alpha, beta)
    alpha.holds(x=replace(ASSAULT, victims=killed(1).victims))

    assert atoms(alpha) == {Atom("2024-03", ROAD, "incidents"): {"beta": 1}}


def test_a_range_is_of_own_records_in_closed_periods_that_are_not_left_out(
    network: Network, alpha: Node
) -> None:
    """What was handed on by others is the most that there can be, and not the least."""
    beta = member(network, "beta", x=SHOOTING)
    assert network.sync(alpha, beta).error is None
    alpha.holds(
        a=SHOOTING,
        b=replace(SHOOTING, source_kind="media"),
        c=replace(SHOOTING, source_kind="media", when=PartialDate(2024, 9)),
        d=LOOTING,
        e=replace(SHOOTING, when=PartialDate(TODAY.year, 1)),
    )
    cube = yearly(**PLACES, measures=["incidents", "affected"])
    year = ("2024", "SSD")

    assert ranges(alpha, cube) == {
        (*year, "incidents"): (1, 3),
        (*year, "affected"): (3, 9),
        ("2024", "SDN", "incidents"): (1, 1),
    }
    assert ranges(alpha, cube, "a", "d") == {(*year, "incidents"): (0, 2), (*year, "affected"): (0, 6)}
    assert ranges(alpha, cube, as_of=EARLIER) == {
        (*year, "incidents"): (1, 1),
        (*year, "affected"): (3, 3),
        ("2024", "SDN", "incidents"): (1, 1),
    }


def test_own_records_are_named_without_those_of_members(network: Network, alpha: Node) -> None:
    beta = member(network, "beta", x=SHOOTING)
    assert network.sync(alpha, beta).error is None

    with alpha.store.read() as connection:
        known = record_ids_by_key(connection, SOURCE, ["a", "b", "c"])
        assert own_records(connection, COUNTED, TODAY) == sorted(known.values())
        assert own_records(connection, COUNTED, EARLIER) == sorted((known["a"], known["b"]))
