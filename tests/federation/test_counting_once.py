"""A question counts an event once, however many members report it, and says what is still open."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from console.web.coordinator.asking import FACETS, facets
from node.audience import Tier
from node.counting import Once
from node.figures import Counted
from node.gathering import count_atoms
from node.measures import make_query
from node.model import Outcome, PartialDate, Sex, Staff, Tally
from node.query import ONCE, answer, changes
from node.verdict import Ground, Judgement
from tests.support.cubes import yearly
from tests.support.incidents import LOOTING, SHOOTING
from tests.support.matches import exchange, only_pair, pairs_of, says
from tests.support.network import Network, Node, postgresql_when_slow

pytestmark = [postgresql_when_slow, pytest.mark.slow]
COORDINATORS = frozenset({Tier.COORDINATOR})
OURS = replace(
    SHOOTING, when=PartialDate(2024, 3, 31), victims=(Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, 2),)
)
THEIRS = replace(
    SHOOTING, when=PartialDate(2024, 4, 1), victims=(Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, 1),)
)


@pytest.fixture
def alpha(network: Network) -> Node:
    made = network.node("alpha", Tier.COORDINATOR)
    made.holds(a=OURS, c=LOOTING)
    made.shares("a", "c", tiers=COORDINATORS)
    return made


@pytest.fixture
def beta(network: Network, alpha: Node) -> Node:
    """Another, which dates the event into the next month and counts one of its own staff."""
    made = network.node("beta", Tier.COORDINATOR)
    made.holds(b=THEIRS)
    made.shares("b", tiers=COORDINATORS)
    exchange(network, alpha, made)
    return made


def once(network: Network, node: Node, *by: str, days_ago: int = 0) -> Once:
    as_of = network.now.date() - timedelta(days=days_ago)
    found = answer(node.store, make_query(by, ("incidents", "killed"), (), as_of=as_of)).once
    assert found is not None
    return found


def best(network: Network, node: Node, *by: str, days_ago: int = 0) -> Counted:
    return once(network, node, *by, days_ago=days_ago).best


def assert_narrowing_counts_as_the_answer_does(network: Network, node: Node) -> None:
    """The numbers beside which Explore narrows a question down are those of its answer."""
    question = make_query(("country",), ("incidents",), (), as_of=network.now.date())
    for name in FACETS:
        values = dict(facets(node.store, question, name))[name]
        assert values is not None
        counted = {str(group[0]): numbers[0] for group, numbers in best(network, node, name).items()}
        assert {one.value: one.number for one in values} == counted, name


def confirmed(network: Network, alpha: Node, beta: Node, ground: Ground = Ground.OWN_STAFF) -> None:
    pair = only_pair(network, alpha)
    assert only_pair(network, beta) == pair
    says(network, alpha, pair, ground=Ground.OWN_STAFF)
    says(network, beta, pair, ground=ground)
    exchange(network, alpha, beta)


def test_what_is_open_is_told_as_a_range(network: Network, alpha: Node, beta: Node) -> None:
    assert only_pair(network, beta) == only_pair(network, alpha)
    found = once(network, alpha)
    assert (found.low, found.high) == ({(): (2, 2)}, {(): (3, 3)})
    assert (found.open, found.events) == (1, 0)
    assert_narrowing_counts_as_the_answer_does(network, alpha)


def test_a_decided_event_counts_once_for_both_owners_and_own_staff_is_added_up(
    network: Network, alpha: Node, beta: Node
) -> None:
    network.now += timedelta(days=3)
    confirmed(network, alpha, beta)
    for node in (alpha, beta):
        found = once(network, node, "country")
        assert found.best == found.low == found.high == {("SSD",): (1, 3), ("SDN",): (1, 0)}
        assert (found.reports, found.events, found.open) == (2, 1, 0)
        assert best(network, node, "country", days_ago=3)["SSD",] == (2, 3)  # as it was known then
        assert_narrowing_counts_as_the_answer_does(network, node)


def test_a_list_of_changes_adds_up_to_the_difference_when_an_event_counts_once_since(
    network: Network, alpha: Node, beta: Node
) -> None:
    network.now += timedelta(days=3)
    confirmed(network, alpha, beta)
    today, before = network.now.date(), str(network.now.date() - timedelta(days=3))
    asked = make_query(("month",), ("incidents", "killed"), (), as_of=today, compare=before)

    listed = changes(alpha.store, asked).rows

    assert {row[0] for row in listed} == {ONCE}  # no record changed
    differences = {row[0]: (row[3], row[6]) for row in answer(alpha.store, asked).rows if row[3] or row[6]}
    assert {row[1]: (row[4], row[7]) for row in listed} == differences
    assert differences


def test_a_group_in_which_only_a_counted_report_stood_is_gone(
    network: Network, alpha: Node, beta: Node
) -> None:
    confirmed(network, alpha, beta)
    assert best(network, alpha, "month") == {("2024-03",): (1, 3), ("2024-07",): (1, 0)}


def test_a_forwarded_copy_adds_nobody(network: Network, alpha: Node, beta: Node) -> None:
    confirmed(network, alpha, beta, Ground.FORWARDED)
    assert best(network, alpha, "country")["SSD",] == (1, 2)


def test_who_holds_both_and_owns_neither_counts_once_too(network: Network, alpha: Node, beta: Node) -> None:
    gamma = network.node("gamma", Tier.COORDINATOR)
    confirmed(network, alpha, beta)
    for _ in range(2):
        for origin in (alpha, beta):
            assert network.sync(gamma, origin).error is None
        pairs_of(network, gamma)
    assert best(network, gamma, "country") == {("SSD",): (1, 3), ("SDN",): (1, 0)}


def test_a_release_counts_it_as_that_of_all_of_them(network: Network, alpha: Node, beta: Node) -> None:
    cube = yearly(measures=["incidents", "killed"], purpose="staff_safety")

    def counted(node: Node) -> Counter[tuple[str, str]]:
        with node.store.read() as connection:
            found = count_atoms(connection, cube, network.now.date(), node.org_id)
        return sum(
            (Counter({(place.measure, who): parts[who]}) for place, parts in found.items() for who in parts),
            Counter(),
        )

    assert counted(alpha)["incidents", "alpha"] + counted(alpha)["incidents", "beta"] == 3
    confirmed(network, alpha, beta)

    together = {("incidents", "alpha"): 1, ("incidents", "alpha+beta"): 1, ("killed", "alpha+beta"): 3}
    assert counted(alpha) == counted(beta) == together


def test_distinct_is_a_wall_and_a_record_that_ends_leaves_the_other(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    only_pair(network, beta)
    says(network, beta, pair, Judgement.DISTINCT)
    exchange(network, alpha, beta)
    found = once(network, alpha)
    assert found.low == found.high == {(): (3, 3)}
    says(network, beta, pair)
    says(network, alpha, pair)
    exchange(network, alpha, beta)
    beta.holds(z=LOOTING)
    beta.shares()
    exchange(network, alpha, beta)
    assert best(network, alpha) == {(): (2, 2)}


def test_questions_about_details_keep_our_own_report(network: Network, alpha: Node, beta: Node) -> None:
    confirmed(network, alpha, beta)
    query = make_query(("programme",), ("incidents", "killed"), (), as_of=network.now.date())
    assert answer(alpha.store, query).rows == (("unknown", 2, 2),)


def test_an_answer_for_outsiders_counts_own_records_alone(network: Network, alpha: Node, beta: Node) -> None:
    confirmed(network, alpha, beta)
    query = make_query((), ("incidents",), (), as_of=network.now.date(), own_only=True)
    assert answer(alpha.store, query).rows == ((2,),)
