"""Whoever changes what was asked or decided of share requests, behind the node's back, is found out by `check`."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from node.asking import ask as keep_ours
from node.audience import Tier, request_name
from node.granting import agree_to_grant, grant, reject, revoke
from node.ladders import WHEN
from node.request_check import check_requests
from node.requests import take_request
from node.rules import Override
from node.scan import NO_NAMES
from node.share_request import Refusal
from node.store.database import Transaction
from node.store.policies import say
from node.store.records import record_ids_by_key
from node.tables.audiences import sent_request, share_request, share_step
from node.tables.releases import release
from tests.adversary.test_tampered_store import tampered
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node
from tests.support.requests import DAY, MONTH, decides, wish_for

PUBLIC = frozenset({Tier.PUBLIC})
GUARDED = {  # what the database itself guards is left out: keys, and what they refer to
    share_request: [one.name for one in share_request.c if one.name not in {"id", "record_id"}],
    share_step: [one.name for one in share_step.c if one.name not in {"id", "share_request_id"}],
    sent_request: [one.name for one in sent_request.c if one.name != "id"],
}


@pytest.fixture
def node(network: Network) -> Node:
    """A node that granted one request by two persons, revoked one, rejected one, and made three of its own."""
    alpha, other = network.node("alpha"), network.node("omega")
    network.node("beta")
    for one in (alpha, other):
        one.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
        one.shares("a", "b", "c", tiers=PUBLIC)
    beta = network.directory.member("beta")
    for key, level in (("a", DAY), ("b", MONTH), ("c", MONTH)):
        wish = wish_for(alpha, key, {WHEN.number: level}, request_id=f"{key * 8}-0000-4000-8000-000000000000")
        take_request(alpha.store, wish, beta, NOW)
        keep_ours(alpha.store, "omega", wish_for(other, key), NO_NAMES, asked_by="x", now=NOW)
    decider = decides(network, alpha)
    assert grant(alpha.store, "aaaa", decider, {}).widens
    agree_to_grant(alpha.store, "aaaa", decider._replace(said_by="mo"))
    grant(alpha.store, "bbbb", decider, {})
    revoke(alpha.store, "bbbb", decider, Refusal.NO_LONGER_NEEDED)
    reject(alpha.store, "cccc", decider, Refusal.TOO_SENSITIVE)
    assert alpha.faults(*network.origins()) == []
    return alpha


def faults(node: Node) -> list[str]:
    return [one.what for one in check_requests(node.store) if not isinstance(one, int)]


@pytest.mark.parametrize("table", GUARDED, ids=str)
def test_check_finds_any_changed_value_of(node: Node, table: Any) -> None:
    for name in GUARDED[table]:
        for where in tampered(node, table.c[name]):
            assert faults(node), where
    assert faults(node) == []


def test_check_finds_a_step_that_is_missing(node: Node) -> None:
    with node.store.write() as connection:
        last = select(share_step.c.id).order_by(share_step.c.id.desc()).limit(1).scalar_subquery()
        connection.execute(delete(share_step).where(share_step.c.id == last))

    assert faults(node) == ["it is not what was kept of it"]


def test_check_finds_a_request_of_which_nothing_is_left(node: Node) -> None:
    with node.store.write() as connection:
        (key,) = connection.execute(
            select(share_request.c.id).where(share_request.c.request_id.like("a%"))
        ).one()
        connection.execute(delete(share_step).where(share_step.c.share_request_id == key))
        connection.execute(delete(share_request).where(share_request.c.id == key))

    assert faults(node) == ["it is open by a share request that there is not"]


def _decides_alone(connection: Transaction) -> None:
    connection.execute(update(share_step).values(said_by="KB"))


def _skips_a_step(connection: Transaction) -> None:
    connection.execute(update(share_step).where(share_step.c.action == "propose").values(action="agree"))


def _gives_no_reason(connection: Transaction) -> None:
    connection.execute(update(share_step).where(share_step.c.action == "reject").values(reason=0))


def _grants_more(connection: Transaction) -> None:
    connection.execute(
        update(share_step).where(share_step.c.action == "agree").values(levels="2,3,3,3,1,3,1")
    )


def _moves(connection: Transaction) -> None:
    connection.execute(update(share_request).values(record_id=3))


def _opens(connection: Transaction) -> None:
    name = request_name("cccccccc-0000-4000-8000-000000000000")
    connection.execute(update(release).where(release.c.record_id == 3).values(asked=f"public {name}"))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (_decides_alone, "one person alone has let it widen"),
        (_skips_a_step, "it is asked; agree is not possible, only: accept, narrow, propose, reject, cancel"),
        (_gives_no_reason, "reject does not say what it has to, or more"),
        (_grants_more, "less has left by it than was granted"),
        (_moves, "it is about another record than the one that it names"),
        (_opens, "a record is open by it, and it is not granted"),
    ],
)
def test_check_finds_what_can_not_be_even_where_the_digests_fit(
    node: Node, monkeypatch: pytest.MonkeyPatch, change: Callable[[Transaction], None], what: str
) -> None:
    monkeypatch.setattr("node.request_check.changed_requests", lambda _: ())
    with node.store.write() as connection:
        change(connection)

    assert what in faults(node)


def test_a_grant_that_was_narrowed_since_is_as_it_has_to_be(node: Node, network: Network) -> None:
    with node.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["a"]).values()
        say(connection, record_id, Override(levels=(0, 0, 1, 1, 0, 0, 0)), "kb", NOW, waits=False)
    node.shares()
    assert faults(node) == []

    with node.store.write() as connection:
        say(connection, record_id, Override(held=True), "kb", NOW, waits=False)
    node.shares()
    assert node.faults(*network.origins()) == []
    assert [one for one in check_requests(node.store) if isinstance(one, int)] == [6]
