"""Two owners find out over the line that they report one event, sign it, and who holds both learns of it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from node.audience import Tier
from node.client import PeerClient
from node.errors import MatchRequestError, UnavailableError, UnknownRecordError
from node.mark import mark_record
from node.model import Outcome, PartialDate, Place, Sensitive, Sex, Staff, Tally
from node.pairing import ties
from node.policy import baseline, read_policy
from node.rules import Override
from node.stepup import STEPS, Found, Shown, Stop, outcome
from node.stepup import Outcome as Came
from node.store.matched import matched_facts
from node.store.policies import say
from node.store.records import record_ids_by_key
from node.verdict import Ground, Judgement
from tests.support.bystander import Bystander
from tests.support.incidents import SHOOTING
from tests.support.matches import (
    DAY_AND_DISTRICT,
    compares,
    exchange,
    last_comparison,
    only_pair,
    pairs_of,
    proposes,
    says,
    verdicts_of,
    with_policy,
)
from tests.support.network import SOURCE, TODAY, Network, Node, on_sqlite_alone, rows_of
from tests.support.wiretap import Wiretap

pytestmark = on_sqlite_alone
PEERS = frozenset({Tier.PEER})
THEIRS = replace(SHOOTING, when=PartialDate(2024, 3, 15), where=Place("SSD", "UNITY", "Leer County"))


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that lets its records be compared down to the day and the district."""
    return with_policy(network.node("alpha"), DAY_AND_DISTRICT)


@pytest.fixture
def beta(network: Network, alpha: Node) -> Node:
    """Another, which reports the same event a day later; each has seen the other's report by month and province."""
    made = with_policy(network.node("beta"), DAY_AND_DISTRICT)
    alpha.holds(a=SHOOTING)
    made.holds(b=THEIRS)
    alpha.shares("a", tiers=PEERS)
    made.shares("b", tiers=PEERS)
    exchange(network, alpha, made)
    return made


def test_both_owners_find_the_same_pair_with_the_same_weight(
    network: Network, alpha: Node, beta: Node
) -> None:
    ((mine,), (hers,)) = pairs_of(network, alpha), pairs_of(network, beta)
    assert mine == hers
    assert mine.found == "when:same_month where:same_admin1 what:same_means victims:same_numbers"


@pytest.mark.slow
def test_two_records_are_compared_level_by_level_and_both_sides_come_to_the_same(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    proposes(network, alpha, pair)
    mine = compares(network, alpha, beta)
    hers = last_comparison(beta)

    assert mine.stop is hers.stop is Stop.COMPARED
    assert [one.found for one in mine.steps] == [one.found for one in hers.steps]
    assert len(mine.steps) == len(STEPS)
    assert [one.found for one in mine.steps if one.found is not Found.AGREES] == [Found.OPEN]  # the district
    shown_newly = [STEPS[one.number].name for one in mine.steps if one.newly]
    assert shown_newly == ["when=day", "where=admin2"]
    assert {one.rule for one in mine.steps if one.newly} == {"[matching]"}
    for node in (alpha, beta):
        assert node.faults(*network.origins()) == []


@pytest.mark.slow
def test_nothing_that_was_compared_is_kept_or_counted_finer(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    proposes(network, alpha, pair)
    before = [rows_of(node.store)["fact"] for node in (alpha, beta)]
    compares(network, alpha, beta)

    assert [rows_of(node.store)["fact"] for node in (alpha, beta)] == before
    for node, theirs in ((alpha, "Leer County"), (beta, "Leer")):
        kept = [row for name, row in rows_of(node.store).items() if name.startswith("comparison")]
        assert theirs not in str(kept)


@pytest.mark.slow
def test_it_stops_where_a_rule_of_one_side_does_not_let_the_other_see_more(
    network: Network, alpha: Node, beta: Node
) -> None:
    careful = replace(beta, policy=baseline())
    pair = only_pair(network, alpha)
    proposes(network, alpha, pair)
    mine = compares(network, alpha, careful)
    hers = last_comparison(careful)

    assert mine.stop is hers.stop is Stop.RULE_OF_RESPONDER
    assert outcome(Stop.RULE_OF_RESPONDER) is Came.UNSURE
    assert STEPS[mine.done].name == "when=day"
    assert (mine.rule, hers.rule) == ("", "R1")  # whose rule it was is told, which is not
    assert not any(one.newly for one in hers.steps)


@pytest.mark.slow
def test_the_proposers_own_rules_stop_it_for_both(network: Network, alpha: Node, beta: Node) -> None:
    careful = replace(alpha, policy=baseline())
    proposes(network, careful, only_pair(network, careful))
    mine = compares(network, careful, beta)
    hers = last_comparison(beta)

    assert mine.stop is hers.stop is Stop.RULE_OF_PROPOSER
    assert not any(one.newly for one in (*mine.steps, *hers.steps))


@pytest.mark.slow
def test_it_stops_at_the_first_contradiction(network: Network, alpha: Node, beta: Node) -> None:
    beta.holds(b=replace(THEIRS, when=PartialDate(2024, 3, 29)))
    beta.shares()
    exchange(network, alpha, beta)
    proposes(network, alpha, only_pair(network, alpha))
    mine = compares(network, alpha, beta)
    hers = last_comparison(beta)

    assert mine.stop is hers.stop is Stop.DIFFERS
    assert STEPS[mine.done - 1].name == "when=day"
    assert [STEPS[one.number].name for one in hers.steps if one.newly] == ["when=day"]


@pytest.mark.slow
def test_two_signatures_make_one_event_and_each_owner_learns_of_the_other(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    assert only_pair(network, beta) == pair
    says(network, alpha, pair)
    exchange(network, alpha, beta)
    with beta.store.read() as connection:
        assert ties(connection).same == frozenset()
    says(network, beta, pair, ground=Ground.FORWARDED)
    exchange(network, alpha, beta)

    for node in (alpha, beta):
        with node.store.read() as connection:
            assert ties(connection).same == {pair}
        assert len(verdicts_of(node)) == 2
        assert node.faults(*network.origins()) == []
    assert says(network, alpha, pair).number == 1  # the same again is no new one
    assert says(network, alpha, pair, Judgement.UNSURE).number == 2
    exchange(network, alpha, beta)
    with beta.store.read() as connection:
        assert ties(connection).same == frozenset()


@pytest.mark.slow
def test_a_third_member_that_holds_both_records_learns_of_the_verdicts_and_nobody_else_does(
    network: Network, alpha: Node, beta: Node
) -> None:
    holds_both = network.node("gamma")
    holds_one = network.node("delta", Tier.PUBLIC)
    alpha.shares("a", tiers=frozenset({Tier.PUBLIC, Tier.PEER}))
    exchange(network, alpha, beta)
    pair = only_pair(network, alpha)
    only_pair(network, beta)
    says(network, alpha, pair)
    says(network, beta, pair)

    for node in (holds_both, holds_one):
        for origin in (alpha, beta):
            assert network.sync(node, origin).error is None
        pairs_of(network, node)
        for origin in (alpha, beta):
            assert network.sync(node, origin).error is None

    with holds_both.store.read() as connection:
        assert ties(connection).same == {pair}
    assert verdicts_of(holds_one) == []
    assert holds_both.faults(*network.origins()) == []


@pytest.mark.slow
def test_records_that_are_held_never_take_part(network: Network, alpha: Node, beta: Node) -> None:
    pair = only_pair(network, alpha)
    mark_record(beta.store, f"{SOURCE}:b", frozenset({Sensitive.CHILDREN}))
    proposes(network, alpha, pair)
    with pytest.raises(UnavailableError, match="RECORD_UNKNOWN"):
        compares(network, alpha, beta)
    with pytest.raises(UnknownRecordError):
        says(network, beta, pair)
    mark_record(alpha.store, f"{SOURCE}:a", frozenset({Sensitive.CHILDREN}))
    with pytest.raises(UnknownRecordError):
        proposes(network, alpha, pair, "00000000-0000-4000-8000-00000000000b")


@pytest.mark.slow
def test_a_record_that_somebody_holds_takes_no_part_although_it_stands_in_the_log(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    proposes(network, alpha, pair)
    with beta.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["b"]).values()
        say(connection, record_id, Override(held=True), "kb", network.now, waits=False)
    with pytest.raises(UnavailableError, match="RECORD_UNKNOWN"):
        compares(network, alpha, beta)
    with pytest.raises(UnknownRecordError):
        says(network, beta, pair)


@pytest.mark.slow
def test_records_of_sexual_violence_are_in_no_pair(network: Network, alpha: Node, beta: Node) -> None:
    victims = (Tally(Outcome.SEXUALLY_ASSAULTED, Staff.NATIONAL, Sex.FEMALE, 1),)
    beta.holds(b=replace(THEIRS, victims=victims))
    beta.shares()
    exchange(network, alpha, beta)
    assert pairs_of(network, alpha) == ()
    assert pairs_of(network, beta) == ()


@pytest.mark.slow
def test_what_contradicts_already_is_not_proposed(network: Network, alpha: Node, beta: Node) -> None:
    pair = only_pair(network, alpha)
    beta.holds(b=replace(THEIRS, where=Place("SDN", "Khartoum")))
    beta.shares()
    exchange(network, alpha, beta)
    assert pairs_of(network, alpha) == ()
    with pytest.raises(MatchRequestError):
        proposes(network, alpha, pair)


@pytest.mark.slow
def test_a_verdict_stays_with_a_record_through_its_corrections(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    only_pair(network, beta)
    says(network, alpha, pair)
    says(network, beta, pair)
    beta.holds(b=replace(THEIRS, means="bodily_assault"))
    beta.shares()
    exchange(network, alpha, beta)

    with alpha.store.read() as connection:
        facts = matched_facts(connection, 20261123)
    assert {name for name, _, _ in facts} == set(pair)
    assert alpha.faults(*network.origins()) == []


@pytest.mark.slow
def test_what_is_cut_goes_on_where_it_stopped(network: Network, alpha: Node, beta: Node) -> None:
    proposes(network, alpha, only_pair(network, alpha))
    calls = []
    whole = PeerClient.reveal_step

    async def cut_after_three(line: PeerClient, match_id: str, number: int, shown: Shown) -> Shown:
        answer = await whole(line, match_id, number, shown)
        calls.append(number)
        if len(calls) == 3:
            raise UnavailableError("the line is cut")
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PeerClient, "reveal_step", cut_after_three)
        with pytest.raises(UnavailableError):
            compares(network, alpha, beta)
        assert (last_comparison(alpha).done, last_comparison(beta).done) == (2, 3)
        mine = compares(network, alpha, beta)
    assert mine.stop is last_comparison(beta).stop is Stop.COMPARED
    assert len(mine.steps) == len(last_comparison(beta).steps) == len(STEPS)


@pytest.mark.slow
def test_what_the_rules_keep_does_not_go_over_the_line(
    network: Network, alpha: Node, beta: Node, tmp_path: Path
) -> None:
    careful, tap = replace(beta, policy=baseline()), Wiretap(tmp_path)
    proposes(network, alpha, only_pair(network, alpha))
    compares(network, alpha, tap.tapped(careful, alpha))

    members = {one.org_id: one for one in network.directory.members}
    bystander = Bystander({}, {})
    for line in tap.lines:
        bystander.listen(line, members, TODAY)
        for said in (*line.requests(), *line.answers()):
            wire = repr(said).encode()
            assert not any(word in wire for word in (b"2024-03-1", b"Leer"))
    assert bystander.heard["RevealStepResponse"] == 8


@pytest.mark.slow
def test_a_country_at_the_regular_level_is_compared_no_finer_than_that(
    network: Network, alpha: Node, beta: Node
) -> None:
    regular = baseline().text.replace('default = "enhanced"', 'default = "regular"') + DAY_AND_DISTRICT
    careful = replace(beta, policy=read_policy(regular))
    proposes(network, alpha, only_pair(network, alpha))
    assert compares(network, alpha, careful).stop is Stop.RULE_OF_RESPONDER
    assert not any(one.newly for one in last_comparison(beta).steps)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE comparison_step SET newly = 0",
        "UPDATE comparison SET stop = 1",
        "UPDATE verdict SET judgement = 2, ground = 0",
        "UPDATE verdict SET own_uid = other_uid",
        "DELETE FROM matched",
    ],
)
def test_what_was_changed_behind_the_nodes_back_is_found(
    network: Network, alpha: Node, beta: Node, change: str
) -> None:
    pair = only_pair(network, alpha)
    proposes(network, alpha, pair)
    compares(network, alpha, replace(beta, policy=baseline()))
    says(network, alpha, pair)
    assert alpha.faults(*network.origins()) == []
    with alpha.store.write() as connection:
        connection.execute(text(change))
    assert alpha.faults(*network.origins()) != []
