"""A member that does not keep to the steps learns nothing more by it, and what it did is written down."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.audience import Audience, Tier
from node.comparing import Move, answer_move, answer_reveal, conclude, next_move, reveal
from node.errors import (
    MatchRequestError,
    StepError,
    TooManyMatchesError,
    UnknownMatchError,
    UnknownRecordError,
    VerdictError,
)
from node.judging import hand_out, keep_verdicts, pairs_with
from node.model import PartialDate
from node.proposing import take_proposal
from node.stepup import PROPOSALS_A_DAY, PROPOSALS_OF_A_RECORD, Proposal, Shown, Stop
from node.store.comparisons import comparisons
from node.store.own_log import Released, released
from node.store.records import record_ids_by_key
from node.verdict import Judgement, token_of
from node.wire import matching
from tests.support.incidents import LOOTING, SHOOTING
from tests.support.matches import (
    DAY_AND_DISTRICT,
    MATCH_ID,
    as_partner,
    desk_of,
    exchange,
    last_comparison,
    only_pair,
    proposes,
    says,
    sides,
    verdicts_of,
    with_policy,
)
from tests.support.network import SOURCE, Network, Node, rows_of

pytestmark = pytest.mark.slow  # each builds two nodes that hold a record of each other
PEERS = frozenset({Tier.PEER})


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


def released_as(node: Node, key: str) -> Released:
    with node.store.read() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, [key]).values()
        return released(connection, [record_id])[record_id]


@pytest.fixture
def alpha(network: Network) -> Node:
    """The owner that proposes."""
    return with_policy(network.node("alpha"), DAY_AND_DISTRICT)


@pytest.fixture
def beta(network: Network, alpha: Node) -> Node:
    """The owner that answers; a second record of it is shown to coordinators alone."""
    made = with_policy(network.node("beta"), DAY_AND_DISTRICT)
    alpha.holds(a=SHOOTING, c=LOOTING)
    made.holds(b=SHOOTING, hidden=replace(SHOOTING, means="looting"))
    alpha.shares("a", "c", tiers=PEERS)
    made.shares("b", tiers=PEERS)
    made.shares("hidden", tiers=frozenset({Tier.COORDINATOR}))
    exchange(network, alpha, made)
    return made


class Both:
    """The two sides of one comparison, whose words a test carries, and may change."""

    def __init__(self, network: Network, alpha: Node, beta: Node) -> None:
        self.network, self.alpha, self.beta = network, alpha, beta
        self.proposal = proposes(network, alpha, only_pair(network, alpha))
        self.key = last_comparison(alpha).key
        self.caller = as_partner(network, beta, "alpha")
        self.partner = as_partner(network, alpha, "beta")
        self.takes(self.proposal)

    def takes(self, proposal: Proposal) -> None:
        take_proposal(self.beta.store, proposal, self.caller, desk_of(self.network, self.beta))

    def commits(self) -> Move:
        return next_move(self.alpha.store, self.key, self.partner, desk_of(self.network, self.alpha))

    def answers(self, move: Move, caller: Audience | None = None) -> Move:
        desk = desk_of(self.network, self.beta)
        return answer_move(self.beta.store, MATCH_ID, move, caller or self.caller, desk)

    def reveals(self, theirs: Move) -> Shown:
        desk = desk_of(self.network, self.alpha)
        shown = reveal(self.alpha.store, self.key, theirs, self.partner, desk)
        assert shown is not None
        return shown

    def shows(self, number: int, shown: Shown) -> Shown:
        desk = desk_of(self.network, self.beta)
        return answer_reveal(self.beta.store, MATCH_ID, number, shown, self.caller, desk)

    def concludes(self, shown: Shown) -> None:
        conclude(self.alpha.store, self.key, shown, self.partner, desk_of(self.network, self.alpha))

    def step(self) -> None:
        move = self.commits()
        shown = self.reveals(self.answers(move))
        self.concludes(self.shows(move.number, shown))


@pytest.fixture
def both(network: Network, alpha: Node, beta: Node) -> Both:
    return Both(network, alpha, beta)


def test_who_reveals_something_else_than_it_committed_to_gets_nothing_and_it_ends(both: Both) -> None:
    both.step()
    move = both.commits()
    theirs = both.answers(move)
    sound = both.reveals(theirs)
    with pytest.raises(StepError):
        both.shows(move.number, sound._replace(nonce=bytes(32)))
    assert last_comparison(both.beta).stop is Stop.BROKEN
    with pytest.raises(StepError):
        both.shows(move.number, sound)


def test_who_answers_with_something_else_than_it_committed_to_is_found_and_it_ends(both: Both) -> None:
    move = both.commits()
    shown = both.reveals(both.answers(move))
    answer = both.shows(move.number, shown)
    values = (b"1999",)
    with pytest.raises(StepError):
        both.concludes(answer._replace(opening=answer.opening._replace(values=values)))
    assert last_comparison(both.alpha).stop is Stop.BROKEN


def test_a_commitment_that_was_copied_from_the_other_side_leads_nowhere(both: Both) -> None:
    move = both.commits()
    both.answers(move)
    shown = both.reveals(Move(move.number, move.commitment))
    with pytest.raises(StepError):
        both.concludes(shown)
    assert last_comparison(both.alpha).stop is Stop.BROKEN


def test_a_step_can_not_be_skipped_or_taken_twice_in_other_words(both: Both) -> None:
    both.step()
    move = both.commits()
    for number in (2, 5, 0):
        with pytest.raises(StepError):
            both.answers(Move(number, b"c" * 32))
    first = both.answers(move)
    assert both.answers(move) == first  # the answer was lost
    with pytest.raises(StepError):
        both.answers(Move(move.number, b"c" * 32))
    with pytest.raises(StepError):
        both.shows(move.number + 1, both.reveals(first))


def test_nothing_is_shown_before_the_other_side_has_committed_and_shown(both: Both) -> None:
    move = both.commits()
    forged = Shown(bytes(32), both.reveals(both.answers(move)).opening)
    with pytest.raises(StepError):
        both.shows(move.number, forged)
    assert last_comparison(both.beta).done == 0


def test_a_step_that_was_taken_may_come_again_and_shows_the_same(both: Both) -> None:
    move = both.commits()
    shown = both.reveals(both.answers(move))
    answer = both.shows(move.number, shown)
    before = rows_of(both.beta.store)
    assert both.shows(move.number, shown) == answer
    assert both.answers(move) is not None
    assert rows_of(both.beta.store) == before


def test_nobody_goes_on_with_the_comparison_of_another(network: Network, both: Both) -> None:
    network.node("gamma")
    with pytest.raises(UnknownMatchError):
        both.answers(both.commits(), Audience(Tier.PEER, "gamma"))
    with pytest.raises(UnknownMatchError):  # the responder does not turn the tables
        answer_move(
            both.alpha.store, MATCH_ID, Move(0, b"c" * 32), both.partner, desk_of(network, both.alpha)
        )


@pytest.mark.parametrize("what", ["hidden", "no entry", "another uid", "not the caller's", "not there"])
def test_who_proposes_what_it_was_not_shown_can_not_tell_whether_it_exists(
    network: Network, alpha: Node, beta: Node, what: str
) -> None:
    sound = proposes(network, alpha, only_pair(network, alpha))
    past = released_as(beta, "hidden")
    lies = {
        "hidden": sound._replace(other_uid=past.uid, other_index=past.log_index),
        "no entry": sound._replace(other_index=999),
        "another uid": sound._replace(other_uid=past.uid),
        "not the caller's": sound._replace(own_uid=b"x" * 16),
        "not there": sound._replace(own_index=999),
    }
    before = rows_of(beta.store)
    with pytest.raises(UnknownRecordError, match=r"^a record does not take part$"):
        take_proposal(beta.store, lies[what], as_partner(network, beta, "alpha"), desk_of(network, beta))
    assert rows_of(beta.store) == before


def test_what_has_nothing_to_do_with_it_is_no_key_to_a_record(
    network: Network, alpha: Node, beta: Node
) -> None:
    sound = proposes(network, alpha, only_pair(network, alpha))
    past = released_as(alpha, "c")
    probe = sound._replace(own_uid=past.uid, own_index=past.log_index)
    with pytest.raises(MatchRequestError):
        take_proposal(beta.store, probe, as_partner(network, beta, "alpha"), desk_of(network, beta))


def test_the_same_proposal_again_is_the_same_and_its_id_stands_for_no_other(both: Both) -> None:
    before = rows_of(both.beta.store)
    both.takes(both.proposal)
    assert rows_of(both.beta.store) == before
    with pytest.raises(MatchRequestError):
        both.takes(both.proposal._replace(other_index=7))


def test_who_proposes_the_same_record_again_and_again_is_stopped_for_a_day(
    network: Network, both: Both
) -> None:
    for number in range(1, PROPOSALS_OF_A_RECORD):
        both.takes(both.proposal._replace(match_id=uuid(number)))
    with pytest.raises(TooManyMatchesError):
        both.takes(both.proposal._replace(match_id=uuid(99)))
    network.now += timedelta(days=1, seconds=1)
    both.takes(both.proposal._replace(match_id=uuid(99)))


def test_who_proposes_too_often_is_stopped_before_anything_is_looked_at(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.proposing.PROPOSALS_A_DAY", 1)
    assert PROPOSALS_A_DAY > 1
    with pytest.raises(TooManyMatchesError):
        both.takes(Proposal(uuid(5), bytes(16), 0, bytes(16), 0))


def test_a_record_that_changed_ends_a_comparison_for_both(network: Network, both: Both) -> None:
    both.step()
    both.beta.holds(b=replace(SHOOTING, when=PartialDate(2024, 3, 20)), hidden=SHOOTING)
    both.beta.shares()
    theirs = both.answers(both.commits())
    assert theirs.stop is Stop.RECORD_CHANGED
    assert last_comparison(both.beta).stop is Stop.RECORD_CHANGED
    with both.alpha.store.read() as connection:
        (mine,) = comparisons(connection)
    assert mine.stop is None
    desk = desk_of(network, both.alpha)
    assert reveal(both.alpha.store, both.key, theirs, both.partner, desk) is None
    assert last_comparison(both.alpha).stop is Stop.RECORD_CHANGED


def test_a_verdict_that_was_not_asked_for_or_signed_by_another_is_refused_whole(
    network: Network, alpha: Node, beta: Node
) -> None:
    pair = only_pair(network, alpha)
    assert only_pair(network, beta) == pair
    says(network, beta, pair)
    (theirs,) = verdicts_of(beta)
    asked = pairs_with(alpha.store, "beta", "alpha")
    before = rows_of(alpha.store)
    for signer, some in ((alpha.origin, asked), (beta.origin, {})):
        with pytest.raises(VerdictError):
            keep_verdicts(alpha.store, signer, [theirs.envelope], some, matching, network.now)
    assert rows_of(alpha.store) == before
    assert keep_verdicts(alpha.store, beta.origin, [theirs.envelope], asked, matching, network.now) == 1
    assert keep_verdicts(alpha.store, beta.origin, [theirs.envelope], asked, matching, network.now) == 0


def test_an_older_verdict_that_comes_again_changes_nothing(network: Network, alpha: Node, beta: Node) -> None:
    pair = only_pair(network, alpha)
    only_pair(network, beta)
    says(network, beta, pair)
    says(network, beta, pair, Judgement.DISTINCT)
    old, new = (one.envelope for one in verdicts_of(beta))
    asked = pairs_with(alpha.store, "beta", "alpha")
    keep_verdicts(alpha.store, beta.origin, [new], asked, matching, network.now)
    assert keep_verdicts(alpha.store, beta.origin, [old], asked, matching, network.now) == 0
    assert [one.verdict.judgement for one in verdicts_of(alpha)] == [Judgement.DISTINCT]


@pytest.mark.usefixtures("beta")
def test_a_verdict_is_handed_to_nobody_who_is_not_shown_the_record_or_can_not_name_both(
    network: Network, alpha: Node
) -> None:
    pair = only_pair(network, alpha)
    says(network, alpha, pair)
    mine, theirs = sides(pair, alpha)
    token = token_of(mine, theirs)
    peer, public = Audience(Tier.PEER, "gamma"), Audience(Tier.PUBLIC, "delta")
    assert len(hand_out(alpha.store, [token], peer, "alpha")) == 1
    assert hand_out(alpha.store, [token], public, "alpha") == []
    assert hand_out(alpha.store, [token_of(theirs, mine), bytes(32)], peer, "alpha") == []
