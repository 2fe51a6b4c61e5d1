"""A member that asks for what is not its to ask for, too often, or twice, learns nothing and changes nothing."""

from uuid import uuid4

import pytest

from node.asking import ask as keep_ours
from node.asking import keep_answers
from node.audience import ALL_CLOSED, Tier
from node.directory import Member
from node.errors import (
    PayloadError,
    RequestReusedError,
    TooManyRequestsError,
    UnavailableError,
    UnknownRecordError,
    UnknownRequestError,
)
from node.requests import answers_for, cancel_request, take_request
from node.scan import NO_NAMES
from node.share_request import OPEN_REQUESTS, REQUESTS_A_DAY, Refusal, State, Wish
from node.store.requests import sent_requests
from tests.support.incidents import LOOTING, SHOOTING
from tests.support.network import NOW, Network, Node, rows_of
from tests.support.requests import REQUEST_ID, ask, asked_of, wish_for


@pytest.fixture
def alpha(network: Network) -> Node:
    """A node that shows one record to peers and another to coordinators alone; beta and gamma are peers."""
    made = network.node("alpha")
    made.holds(a=SHOOTING, b=LOOTING)
    made.shares("a", tiers=frozenset({Tier.PEER}))
    made.shares("b", tiers=frozenset({Tier.COORDINATOR}))
    for name in ("beta", "gamma"):
        network.node(name)
    return made


def fresh(wish: Wish) -> Wish:
    """The same with an id of its own."""
    return wish._replace(request_id=str(uuid4()))


def member(network: Network, name: str) -> Member:
    return network.directory.member(name)


@pytest.mark.parametrize("what", ["not shown", "no such entry", "another record", "a retraction"])
def test_who_asks_for_what_it_is_not_shown_can_not_even_tell_whether_it_exists(
    network: Network, alpha: Node, what: str
) -> None:
    shown, hidden = wish_for(alpha, "a"), wish_for(alpha, "b")
    wishes = {
        "not shown": hidden,
        "no such entry": shown._replace(log_index=999),
        "another record": shown._replace(record_uid=hidden.record_uid),
        "a retraction": shown._replace(log_index=hidden.log_index),
    }
    before = rows_of(alpha.store)

    with pytest.raises(UnknownRecordError, match="no record that the caller is shown"):
        take_request(alpha.store, wishes[what], member(network, "beta"), NOW)

    assert rows_of(alpha.store) == before


def test_the_refusal_over_the_line_names_no_record(network: Network, alpha: Node) -> None:
    beta = network.node("delta")

    with pytest.raises(UnavailableError, match="RECORD_UNKNOWN"):
        ask(network, beta, alpha, wish_for(alpha, "b"))


def test_the_same_request_again_is_the_same_request(network: Network, alpha: Node) -> None:
    beta = member(network, "beta")
    first = take_request(alpha.store, wish_for(alpha, "a"), beta, NOW)
    before = rows_of(alpha.store)

    assert take_request(alpha.store, wish_for(alpha, "a"), beta, NOW) == first
    assert rows_of(alpha.store) == before
    with pytest.raises(RequestReusedError):
        take_request(alpha.store, wish_for(alpha, "a", {}), beta, NOW)
    assert rows_of(alpha.store) == before


def test_nobody_sees_or_takes_back_the_request_of_another(network: Network, alpha: Node) -> None:
    take_request(alpha.store, wish_for(alpha, "a"), member(network, "beta"), NOW)

    assert answers_for(alpha.store, "gamma", 0, 100) == []
    with pytest.raises(UnknownRequestError):
        cancel_request(alpha.store, "gamma", REQUEST_ID, NOW)
    take_request(alpha.store, wish_for(alpha, "a"), member(network, "gamma"), NOW)
    assert cancel_request(alpha.store, "gamma", REQUEST_ID, NOW).state is State.CANCELLED
    assert [(one.member, one.state) for one in asked_of(alpha)] == [
        ("beta", State.ASKED),
        ("gamma", State.CANCELLED),
    ]


def test_a_flood_is_stopped_for_that_member_alone(network: Network, alpha: Node) -> None:
    beta, wish = member(network, "beta"), wish_for(alpha, "a")
    for _ in range(OPEN_REQUESTS):
        take_request(alpha.store, fresh(wish), beta, NOW)
    with pytest.raises(TooManyRequestsError):
        take_request(alpha.store, fresh(wish), beta, NOW)

    assert len(asked_of(alpha)) == OPEN_REQUESTS
    assert take_request(alpha.store, wish, member(network, "gamma"), NOW).state is State.ASKED


@pytest.mark.slow
def test_who_takes_back_everything_at_once_can_still_not_ask_without_end(
    network: Network, alpha: Node
) -> None:
    beta, wish = member(network, "beta"), wish_for(alpha, "a")
    for _ in range(REQUESTS_A_DAY):
        one = fresh(wish)
        take_request(alpha.store, one, beta, NOW)
        cancel_request(alpha.store, "beta", one.request_id, NOW)
    with pytest.raises(TooManyRequestsError):
        take_request(alpha.store, fresh(wish), beta, NOW)


def test_an_owner_that_answers_what_was_not_asked_changes_nothing(network: Network, alpha: Node) -> None:
    beta = network.node("delta")
    sent = keep_ours(beta.store, "alpha", wish_for(alpha, "a"), NO_NAMES, asked_by="x", now=NOW)
    told = sent.answer._replace(state=State.GRANTED, granted=sent.answer.wish.wanted, received_at=1)
    before = rows_of(beta.store)

    with pytest.raises(PayloadError):
        keep_answers(beta.store, "alpha", [told._replace(wish=told.wish._replace(wanted=ALL_CLOSED))])
    for lie in (
        told._replace(state=State.PROPOSED),
        told._replace(granted=ALL_CLOSED),
        told._replace(reason=Refusal.NOT_NEEDED),
        told._replace(state=State.REJECTED, reason=Refusal.NOT_NEEDED),
        told._replace(state=State.REJECTED, granted=ALL_CLOSED),
    ):
        with pytest.raises(PayloadError):
            keep_answers(beta.store, "alpha", [lie])
    keep_answers(beta.store, "gamma", [told])
    keep_answers(beta.store, "alpha", [told._replace(wish=fresh(told.wish))])
    assert rows_of(beta.store) == before

    keep_answers(beta.store, "alpha", [told])
    with beta.store.read() as connection:
        assert [one.answer for one in sent_requests(connection)] == [told]
