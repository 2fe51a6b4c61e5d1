"""What is decided about share requests, what it lets leave and what it closes, without any line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from node.audience import ALL_CLOSED, CLOSED, Levels, Purpose, Tier, narrowest
from node.errors import (
    OverrideError,
    RequestError,
    RequestStateError,
    UnknownRecordError,
    UnknownRequestError,
)
from node.granting import agree_to_grant, find_request, foresee_grant, grant, reject, revoke
from node.ladders import WHEN, WHERE
from node.model import Place
from node.plan import Request
from node.policy import baseline
from node.recall import call_back
from node.requests import take_request
from node.rules import Override
from node.said import Teller
from node.share import release
from node.share_request import Action, Refusal, Step
from node.signed import Reason
from node.store.own_log import Terms, released
from node.store.policies import say
from node.store.records import record_ids_by_key, revisions_by_key
from node.succession import split_record
from node.wire import records
from tests.support.audiences import bounds_of
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node
from tests.support.requests import DAY, MONTH, YEAR, asked_of, decides, wish_for

pytestmark = pytest.mark.slow
PUBLIC = frozenset({Tier.PUBLIC})
LEVELS = baseline().levels
ONE, TWO = "10000000-0000-4000-8000-000000000000", "12000000-0000-4000-8000-000000000000"
THEN = int(NOW.timestamp())


@pytest.fixture
def network(new_sqlite_url: Callable[[], str]) -> Iterator[Network]:
    made = Network(new_sqlite_url)
    yield made
    made.close()


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that shows two records to the public; beta and gamma are peers."""
    made = network.node("alpha")
    network.node("beta")
    network.node("gamma")
    made.holds(a=SHOOTING, b=ROBBERY)
    made.shares("a", "b", tiers=PUBLIC)
    return made


def asks(
    network: Network,
    alpha: Node,
    wanted: Mapping[int, int],
    *,
    key: str = "a",
    member: str = "beta",
    request_id: str = ONE,
    purpose: Purpose = Purpose.STAFF_SAFETY,
) -> None:
    wish = wish_for(alpha, key, wanted, request_id=request_id, purpose=purpose)
    take_request(alpha.store, wish, network.directory.member(member), NOW)


def left(node: Node, key: str = "a") -> Terms:
    """The terms on which a record left last."""
    with node.store.read() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, [key]).values()
        return released(connection, [record_id])[record_id].terms


def said(node: Node, override: Override, key: str = "a") -> None:
    with node.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, [key]).values()
        say(connection, record_id, override, "kb", NOW, waits=False)


def shared_for(network: Network, node: Node, purpose: Purpose, key: str = "a") -> None:
    with node.store.read() as connection:
        revisions = tuple(revisions_by_key(connection, SOURCE, [key]).values())
    request = Request(revisions, PUBLIC, NOW, bounds_of(network, node), purpose=purpose)
    assert [len(one.outgoing) for one in release(node.store, request, node.identity, records)] == [1]


def steps(node: Node, at: int = 0) -> tuple[Step, ...]:
    return asked_of(node)[at].steps


def test_a_request_is_found_by_how_its_id_begins(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    asks(network, alpha, {WHEN.number: MONTH}, key="b", request_id=TWO)

    with alpha.store.read() as connection:
        assert find_request(connection, "12").request.wish.request_id == TWO
        assert find_request(connection, ONE).request.wish.request_id == ONE
        for text, told in (("1", "2 requests have"), ("9", "no request has"), ("", "no request has")):
            with pytest.raises(UnknownRequestError, match=told):
                find_request(connection, text)


def test_what_the_policy_gives_by_name_leaves_at_once(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    decider = decides(network, alpha)._replace(now=NOW + timedelta(milliseconds=500))

    foreseen = foresee_grant(alpha.store, ONE, decider, {})
    done = grant(alpha.store, ONE, decider, {})

    assert (done.now_sees, done.by_policy, done.would_see) == (
        LEVELS[Tier.PUBLIC],
        LEVELS[Tier.PEER],
        LEVELS[Tier.PEER],
    )
    assert not done.widens
    assert (done.hold, foreseen.plan, foreseen.outgoing) == (None, done.plan, done.outgoing)
    assert done.outgoing is not None
    assert done.outgoing.views == left(alpha).views
    assert left(alpha).views == {"public": LEVELS[Tier.PUBLIC], "@beta": LEVELS[Tier.PEER]}
    assert left(alpha).asked == {"public", f"?{ONE}"}
    assert steps(alpha) == (Step(Action.ACCEPT, "kb", THEN, LEVELS[Tier.PEER]),)
    assert foresee_grant(alpha.store, ONE, decider, {}).now_sees == LEVELS[Tier.PEER]
    with pytest.raises(RequestStateError):
        grant(alpha.store, ONE, decider, {})


def test_more_than_the_policy_leaves_when_another_person_agrees(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: DAY})
    before = left(alpha)
    with pytest.raises(RequestStateError):
        agree_to_grant(alpha.store, ONE, decides(network, alpha, "mo"))

    proposed = grant(alpha.store, ONE, decides(network, alpha), {})

    assert proposed.widens
    finer = (DAY, *LEVELS[Tier.PEER][1:])
    assert steps(alpha) == (Step(Action.PROPOSE, "kb", THEN, finer),)
    assert left(alpha) == before
    with pytest.raises(OverrideError):
        agree_to_grant(alpha.store, ONE, decides(network, alpha, "KB"))
    assert agree_to_grant(alpha.store, ONE, decides(network, alpha, "mo")).request.member == "beta"
    assert steps(alpha)[1:] == (Step(Action.AGREE, "mo", THEN, finer),)
    assert left(alpha).views["@beta"] == finer


@pytest.mark.parametrize("narrowed", [False, True], ids=["by whom proposed it", "by a rule since"])
def test_a_second_person_agrees_to_no_more_than_was_proposed_and_the_rules_let_leave_now(
    network: Network,
    alpha: Node,
    narrowed: bool,  # noqa: FBT001
) -> None:
    asks(network, alpha, {WHEN.number: DAY, WHERE.number: 3})
    grant(alpha.store, ONE, decides(network, alpha), {} if narrowed else {WHERE.number: 1})
    if narrowed:
        said(alpha, Override(levels=(DAY, 1, *LEVELS[Tier.PEER][2:])))

    agree_to_grant(alpha.store, ONE, decides(network, alpha, "mo"))

    assert left(alpha).views["@beta"] == (DAY, 1, *LEVELS[Tier.PEER][2:])
    assert steps(alpha)[-1].levels == (DAY, 1, *LEVELS[Tier.PEER][2:])


def test_a_second_person_opens_nothing_that_is_held_since(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: DAY})
    grant(alpha.store, ONE, decides(network, alpha), {})
    said(alpha, Override(held=True))

    with pytest.raises(RequestError, match="P3"):
        agree_to_grant(alpha.store, ONE, decides(network, alpha, "mo"))
    assert len(steps(alpha)) == 1


def test_less_than_was_asked_for_may_be_granted_and_no_more(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    decider = decides(network, alpha)
    with pytest.raises(RequestError, match="more of when"):
        grant(alpha.store, ONE, decider, {WHEN.number: DAY})
    less = {WHEN.number: MONTH, WHERE.number: CLOSED}

    assert not grant(alpha.store, ONE, decider, less).widens
    levels = (MONTH, LEVELS[Tier.PUBLIC][1], *LEVELS[Tier.PEER][2:])  # what it saw before stays
    assert levels != LEVELS[Tier.PEER]
    assert left(alpha).views["@beta"] == levels
    assert steps(alpha) == (Step(Action.NARROW, "kb", THEN, levels),)


def test_what_would_open_nothing_is_not_granted(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: YEAR})
    closed = dict(enumerate(ALL_CLOSED))
    with pytest.raises(RequestError, match="no more than it sees now"):
        grant(alpha.store, ONE, decides(network, alpha), closed)

    said(alpha, Override(levels=narrowest([LEVELS[Tier.PUBLIC], (YEAR, 0, 0, 0, 0, 0, 0)])))
    with pytest.raises(RequestError, match="no more than it sees now"):
        grant(alpha.store, ONE, decides(network, alpha), {})
    assert steps(alpha) == ()


def test_what_a_rule_holds_is_not_granted(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    said(alpha, Override(held=True))

    foreseen = foresee_grant(alpha.store, ONE, decides(network, alpha), {})

    assert foreseen.outgoing is None
    assert foreseen.hold is not None
    assert foreseen.hold.rule == "P3"
    assert [one.hold.rule for one in foreseen.plan.held] == ["P3"]
    with pytest.raises(RequestError, match="P3"):
        grant(alpha.store, ONE, decides(network, alpha), {})


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (
            Place("SSD", "ask +000 000 000 001", "Leer"),
            {WHEN.number: MONTH},
        ),  # in what its name alone gives it
        (Place("SSD", "Unity", "ask +000 000 000 001"), {WHERE.number: 2}),  # in what it asks for
    ],
    ids=["by name", "on request"],
)
def test_a_name_that_reveals_is_not_granted(
    network: Network, alpha: Node, where: Place, wanted: Mapping[int, int]
) -> None:
    alpha.holds(a=replace(SHOOTING, where=where))
    alpha.shares("a", tiers=PUBLIC)
    asks(network, alpha, wanted)

    with pytest.raises(RequestError, match="R8"):
        grant(alpha.store, ONE, decides(network, alpha), {})


def test_a_record_is_granted_for_what_it_is_shared_for(network: Network, alpha: Node) -> None:
    purposes = {tier: frozenset({Purpose.ANALYSIS, Purpose.STATISTICS}) for tier in Tier}
    bounds = bounds_of(network, alpha)
    bounds = bounds._replace(policy=replace(bounds.policy, purposes=purposes, text=bounds.policy.text + "\n"))
    decider = decides(network, alpha, bounds=bounds)
    asks(network, alpha, {WHEN.number: MONTH}, key="b", request_id=TWO, purpose=Purpose.STATISTICS)
    shared_for(network, alpha, Purpose.ANALYSIS)
    asks(network, alpha, {WHEN.number: MONTH}, purpose=Purpose.ANALYSIS)

    grant(alpha.store, ONE, decider, {})
    assert (left(alpha).purpose, left(alpha).views["@beta"]) == (Purpose.ANALYSIS, LEVELS[Tier.PEER])
    revoke(alpha.store, ONE, decider, Refusal.NO_LONGER_NEEDED)
    assert (left(alpha).purpose, sees(alpha)) == (Purpose.ANALYSIS, LEVELS[Tier.PUBLIC])

    held = foresee_grant(alpha.store, TWO, decider, {}).hold
    assert held is not None
    assert (held.rule, str(held.reason), str(held.release)) == (
        "R16",
        "it is shared for staff_safety, not for statistics",
        "sharing it for that",
    )


def test_a_grant_takes_nothing_from_those_who_were_granted_something_before(
    network: Network, alpha: Node
) -> None:
    asks(network, alpha, {WHEN.number: MONTH}, member="gamma", request_id=TWO)
    grant(alpha.store, TWO, decides(network, alpha), {})
    asks(network, alpha, {WHEN.number: MONTH})

    foreseen = foresee_grant(alpha.store, ONE, decides(network, alpha), {})

    assert foreseen.outgoing is not None
    assert foreseen.outgoing.views.keys() == {"public", "@beta", "@gamma"}


def test_a_rejection_is_written_down_with_its_reason_and_opens_nothing(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    before = left(alpha)

    assert reject(alpha.store, ONE, decides(network, alpha), Refusal.TOO_SENSITIVE).request.member == "beta"

    assert steps(alpha) == (Step(Action.REJECT, "kb", THEN, ALL_CLOSED, Refusal.TOO_SENSITIVE),)
    assert left(alpha) == before
    with pytest.raises(RequestStateError):
        revoke(alpha.store, ONE, decides(network, alpha), Refusal.NO_LONGER_NEEDED)


def test_what_was_granted_is_closed_again(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    grant(alpha.store, ONE, decides(network, alpha), {})

    done = revoke(alpha.store, ONE, decides(network, alpha), Refusal.NO_LONGER_NEEDED)

    assert done.request.member == "beta"
    assert steps(alpha)[1:] == (Step(Action.REVOKE, "kb", THEN, ALL_CLOSED, Refusal.NO_LONGER_NEEDED),)
    assert left(alpha).asked == {"public"}
    assert sees(alpha) == LEVELS[Tier.PUBLIC]


def sees(node: Node) -> Levels:
    """What beta sees of the record."""
    return left(node).views.get("@beta", left(node).views["public"])


def test_revoking_closes_the_parts_of_a_record_and_leaves_them_what_they_are_shared_for(
    network: Network, alpha: Node
) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    grant(alpha.store, ONE, decides(network, alpha), {})
    split_record(alpha.store, f"{SOURCE}:a", [SHOOTING, SHOOTING], Teller("kb", NOW), recount=True)
    update = Request((), frozenset(), NOW, bounds_of(network, alpha))
    (plan,) = release(alpha.store, update, alpha.identity, records)
    parts = [one.current for one in plan.outgoing]
    assert [one.views["@beta"] for one in plan.outgoing] == [LEVELS[Tier.PEER]] * 2
    analysis = update._replace(revision_ids=(parts[0].revision_id,), purpose=Purpose.ANALYSIS)
    list(release(alpha.store, analysis, alpha.identity, records))

    revoke(alpha.store, ONE, decides(network, alpha), Refusal.NO_LONGER_NEEDED)

    with alpha.store.read() as connection:
        now = released(connection, [one.record_id for one in parts])
    assert [now[one.record_id].terms.purpose for one in parts] == [Purpose.ANALYSIS, Purpose.STAFF_SAFETY]
    assert all(LEVELS[Tier.PEER] not in one.terms.views.values() for one in now.values())


def test_what_is_not_shown_to_the_member_is_not_granted(network: Network, alpha: Node) -> None:
    asks(network, alpha, {WHEN.number: MONTH})
    asks(network, alpha, {WHEN.number: MONTH}, key="b", request_id=TWO)
    alone = decides(network, alpha, bounds=bounds_of(network, alpha)._replace(network={}))
    with pytest.raises(UnknownRecordError):
        grant(alpha.store, ONE, alone, {})
    with alpha.store.read() as connection:
        ids = list(record_ids_by_key(connection, SOURCE, ["a"]).values())
    call_back(alpha.store, ids, Reason.SHARED_IN_ERROR, alpha.identity, records, now=NOW)
    with pytest.raises(UnknownRecordError):
        grant(alpha.store, ONE, decides(network, alpha), {})
    alpha.holds(a=SHOOTING)  # b no longer stands, and was not called back yet
    with pytest.raises(UnknownRecordError):
        grant(alpha.store, TWO, decides(network, alpha), {})
