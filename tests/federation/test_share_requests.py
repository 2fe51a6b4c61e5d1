"""Share requests between real nodes: asked over the line, decided by people, seen by the one who asked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from node.asking import ask as keep_ours
from node.audience import Audience, Purpose, Tier
from node.errors import OverrideError, RequestError, RequestStateError, UnknownRecordError
from node.granting import agree_to_grant, foresee_grant, grant, reject, revoke
from node.ladders import ACTOR, TARGET, WHEN, WHERE
from node.plan import Request
from node.recall import call_back
from node.rules import Override
from node.said import Teller
from node.share import release
from node.share_request import Refusal, State
from node.signed import Reason
from node.store.policies import say
from node.store.records import record_ids_by_key
from node.store.requests import sent_requests
from node.succession import split_record
from node.wire import records
from tests.support.audiences import bounds_of
from tests.support.incidents import SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node, on_sqlite_alone
from tests.support.requests import DAY, MONTH, REQUEST_ID, THE_DAY, YEAR, ask, asked_of, decides, wish_for

pytestmark = on_sqlite_alone
POINT = {WHERE.number: 3}


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that has shared one record with everybody, which only the public sees so far."""
    made = network.node("alpha")
    made.holds(a=SHOOTING)
    made.shares("a", tiers=frozenset({Tier.PUBLIC}))
    return made


@pytest.fixture
def beta(network: Network, alpha: Node) -> Node:
    """A peer, and gamma, another."""
    made = network.node("beta")
    network.node("gamma")
    assert network.sync(made, alpha).error is None
    assert month(made) == "unknown"
    return made


def month(node: Node) -> str:
    """The month of the one incident that a node counts."""
    ((key,),) = node.counts("month")
    return str(key)


def grants(network: Network, alpha: Node, by: str = "kb", **levels: int) -> None:
    narrower = {{"when": WHEN, "where": WHERE}[name].number: level for name, level in levels.items()}
    grant(alpha.store, REQUEST_ID, decides(network, alpha, by), narrower)


def test_what_the_policy_gives_a_member_by_name_is_granted_by_one_person(
    network: Network, alpha: Node, beta: Node
) -> None:
    told = ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}))
    assert told.state is State.ASKED

    foreseen = foresee_grant(alpha.store, REQUEST_ID, decides(network, alpha), {})
    assert (foreseen.now_sees[0], foreseen.would_see[0], foreseen.widens) == (YEAR, MONTH, False)
    grants(network, alpha)

    assert network.sync(beta, alpha).error is None
    assert month(beta) == "2024-03"
    assert not alpha.faults(*network.origins())
    assert not beta.faults(*network.origins())


def test_what_would_leave_is_what_leaves(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}))
    foreseen = foresee_grant(alpha.store, REQUEST_ID, decides(network, alpha), {})

    done = grant(alpha.store, REQUEST_ID, decides(network, alpha), {})

    assert done.outgoing is not None
    assert foreseen.outgoing == done.outgoing
    assert done.outgoing.views["@beta"] == foreseen.would_see


def test_more_than_the_policy_takes_a_second_person(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", THE_DAY))

    grants(network, alpha)
    assert network.sync(beta, alpha).error is None
    assert (asked_of(alpha)[0].state, month(beta)) == (State.PROPOSED, "unknown")
    with pytest.raises(OverrideError):
        agree_to_grant(alpha.store, REQUEST_ID, decides(network, alpha, "KB"))
    assert asked_of(alpha)[0].state is State.PROPOSED

    agree_to_grant(alpha.store, REQUEST_ID, decides(network, alpha, "mo"))

    assert asked_of(alpha)[0].state is State.GRANTED
    assert asked_of(alpha)[0].levels[WHEN.number] == DAY
    assert network.sync(beta, alpha).error is None
    assert month(beta) == "2024-03"


def test_narrowing_grants_no_more_than_it_says(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", THE_DAY | POINT))
    with pytest.raises(RequestError, match="level: more of target"):
        grant(alpha.store, REQUEST_ID, decides(network, alpha), {TARGET.number: 1})

    grants(network, alpha, when=YEAR, where=1)

    (request,) = asked_of(alpha)
    assert (request.state, request.levels[:2]) == (State.GRANTED, (YEAR, 1))
    assert network.sync(beta, alpha).error is None
    assert month(beta) == "unknown"
    assert beta.counts("admin1") == {("Unity",): 1}


def test_what_a_rule_holds_stays_whatever_is_granted(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", THE_DAY))
    with alpha.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["a"]).values()
        say(connection, record_id, Override(levels=(MONTH, 0, 0, 0, 0, 0, 0)), "kb", NOW, waits=False)

    foreseen = foresee_grant(alpha.store, REQUEST_ID, decides(network, alpha), {})

    assert foreseen.would_see[:2] == (MONTH, 0)
    assert not foreseen.widens


def test_the_name_of_an_actor_stays_whoever_agrees(network: Network, alpha: Node, beta: Node) -> None:
    alpha.holds(a=replace(SHOOTING, actor_name="Bandname"))
    alpha.shares("a", tiers=frozenset({Tier.PUBLIC}))
    ask(network, beta, alpha, wish_for(alpha, "a", {ACTOR.number: 3}))

    foreseen = foresee_grant(alpha.store, REQUEST_ID, decides(network, alpha), {})

    assert foreseen.outgoing is not None
    member = Audience(Tier.PEER, "beta")
    assert foreseen.would_see[ACTOR.number] == 2
    assert "Bandname" not in str(foreseen.outgoing.seen_by(member))
    grants(network, alpha)
    agree_to_grant(alpha.store, REQUEST_ID, decides(network, alpha, "mo"))
    assert asked_of(alpha)[0].levels[ACTOR.number] == 2


def test_a_grant_ends_when_it_is_revoked_and_the_member_sees_that(
    network: Network, alpha: Node, beta: Node
) -> None:
    keep = keep_ours(
        beta.store,
        "alpha",
        wish_for(alpha, "a", {WHEN.number: MONTH}),
        decides(network, beta).bounds.names,
        asked_by="x",
        now=NOW,
    )
    assert network.sync(beta, alpha).error is None
    request_id = keep.answer.wish.request_id
    grant(alpha.store, request_id, decides(network, alpha), {})
    assert network.sync(beta, alpha).error is None
    assert (state_of(beta), month(beta)) == (State.GRANTED, "2024-03")

    revoke(alpha.store, request_id, decides(network, alpha), Refusal.NO_LONGER_NEEDED)

    assert network.sync(beta, alpha).error is None
    assert (state_of(beta), month(beta)) == (State.REVOKED, "unknown")
    with pytest.raises(RequestStateError):
        revoke(alpha.store, request_id, decides(network, alpha), Refusal.NO_LONGER_NEEDED)
    assert not alpha.faults(*network.origins())


def test_a_revoked_grant_ends_for_the_parts_of_a_split_record_too(
    network: Network, alpha: Node, beta: Node
) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}))
    grants(network, alpha)
    split_record(alpha.store, f"{SOURCE}:a", [SHOOTING, SHOOTING], Teller("kb", NOW), recount=True)
    update = Request((), frozenset(), NOW, bounds_of(network, alpha))
    list(release(alpha.store, update, alpha.identity, records))
    assert network.sync(beta, alpha).error is None
    assert beta.counts("month") == {("2024-03",): 2}

    revoke(alpha.store, REQUEST_ID, decides(network, alpha), Refusal.NO_LONGER_NEEDED)

    assert network.sync(beta, alpha).error is None
    assert beta.counts("month") == {("unknown",): 2}
    for node in (alpha, beta):
        assert not node.faults(*network.origins())


def state_of(node: Node) -> State:
    """The state of the one request of ours."""
    with node.store.read() as connection:
        (sent,) = sent_requests(connection)
    return sent.answer.state


def test_a_rejection_tells_its_reason_and_nothing_leaves(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a"))
    reject(alpha.store, REQUEST_ID, decides(network, alpha), Refusal.TOO_SENSITIVE)

    told = ask(network, beta, alpha, wish_for(alpha, "a"))

    assert (told.state, told.reason) == (State.REJECTED, Refusal.TOO_SENSITIVE)
    assert network.sync(beta, alpha).error is None
    assert month(beta) == "unknown"
    with pytest.raises(RequestStateError, match="rejected"):
        grants(network, alpha)


def test_what_was_called_back_and_shared_again_is_not_open_to_who_asked_before(
    network: Network, alpha: Node, beta: Node
) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}))
    grants(network, alpha)
    with alpha.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, ["a"]).values())
    call_back(alpha.store, ids, Reason.SHARED_IN_ERROR, alpha.identity, records, now=network.now)

    alpha.shares("a", tiers=frozenset({Tier.PUBLIC}))

    assert network.sync(beta, alpha).error is None
    assert month(beta) == "unknown"
    revoke(alpha.store, REQUEST_ID, decides(network, alpha), Refusal.GRANTED_IN_ERROR)


def test_a_grant_stays_through_a_correction(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}))
    grants(network, alpha)
    alpha.holds(a=replace(SHOOTING, means="shelling"))
    updates = Request((), frozenset(), network.now, bounds_of(network, alpha))
    assert [len(one.outgoing) for one in release(alpha.store, updates, alpha.identity, records)] == [1]

    assert network.sync(beta, alpha).error is None
    assert beta.counts("month", "means") == {("2024-03", "shelling"): 1}


def test_a_record_is_not_granted_for_a_purpose_that_it_is_not_shared_for(
    network: Network, alpha: Node, beta: Node
) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a", {WHEN.number: MONTH}, purpose=Purpose.STATISTICS))

    assert foresee_grant(alpha.store, REQUEST_ID, decides(network, alpha), {}).hold is not None
    with pytest.raises(RequestError, match="R16"):
        grants(network, alpha)
    assert asked_of(alpha)[0].state is State.ASKED


def test_what_no_longer_stands_can_not_be_granted(network: Network, alpha: Node, beta: Node) -> None:
    ask(network, beta, alpha, wish_for(alpha, "a"))
    alpha.holds(b=SHOOTING)

    with pytest.raises(UnknownRecordError):
        grants(network, alpha)


def test_a_member_that_can_not_be_reached_is_told_at_the_next_contact(
    network: Network, alpha: Node, beta: Node
) -> None:
    names = decides(network, beta).bounds.names
    keep_ours(beta.store, "alpha", wish_for(alpha, "a"), names, asked_by="x", now=NOW)
    assert not asked_of(alpha)

    network.now += timedelta(days=1)
    assert network.sync(beta, alpha).error is None
    assert network.sync(beta, alpha).error is None

    assert len(asked_of(alpha)) == 1
