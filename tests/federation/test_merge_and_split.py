"""Peers learn what was merged and split: they stop counting the old at once, keep a tombstone, and count the new."""

from datetime import timedelta

import pytest

from node.audience import Tier
from node.holders import State, holders
from node.intake import Publication, Row
from node.measures import make_query
from node.model import Incident
from node.plan import Plan, Request
from node.query import answer
from node.recall import call_back, callbacks_on_demand
from node.record import import_publication
from node.rules import Override
from node.said import Teller
from node.share import release
from node.signed import IncidentRecord, Label, Position, Reason, Retraction
from node.store.heads import log_head
from node.store.peer_log import stored_entries
from node.store.policies import say
from node.store.records import record_ids_by_key, revisions_by_key
from node.store.successions import stand_for
from node.succession import merge_records, split_record
from node.verify import Fate
from node.wire import records
from tests.adversary.test_unsound_records import tallies
from tests.support.bundles import read, written
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone
from tests.support.peer_simulator import PeerSimulator

PEERS = frozenset({Tier.PEER})
TELLER = Teller("kb", NOW)


def merges(node: Node, *keys: str) -> None:
    merge_records(node.store, [f"{SOURCE}:{key}" for key in keys], TELLER)


def splits(node: Node, key: str, *parts: Incident) -> None:
    split_record(node.store, f"{SOURCE}:{key}", parts, TELLER, recount=True)


def updates(node: Node) -> Plan:
    """Share nothing new, only what has changed."""
    (plan,) = release(node.store, Request((), frozenset(), NOW, BASELINE), node.identity, records)
    return plan


def told(network: Network, node: Node, origin: Node, way: str) -> None:
    """Let a node learn what is new by line or by stick."""
    if way == "by line":
        assert network.sync(node, origin).error is None
    else:
        assert read(network, node, written(network, origin, node.org_id)).error is None


def means(node: Node, days: int = 0) -> dict[str, int]:
    query = make_query(["means"], ["incidents"], [], as_of=TODAY + timedelta(days=days))
    return {str(name): int(number or 0) for name, number in answer(node.store, query).rows}


def payloads(node: Node, origin: str, start: int) -> list[IncidentRecord | Retraction]:
    """What a node holds of a log from an index on."""
    with node.store.read() as connection:
        head = log_head(connection, origin)
        assert head is not None
        entries = [
            records.decode_entry(one.wire) for one in stored_entries(connection, head.log_id, start, 100)
        ]
    signed = [entry.envelope for entry in entries if entry.envelope is not None]
    return [
        records.decode_retraction(one.payload)
        if "retraction" in one.payload_type
        else records.decode_incident(one.payload)
        for one in signed
    ]


@pytest.fixture
def alpha(network: Network) -> Node:
    node = network.node("alpha")
    node.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    node.shares("a", "b", "c", tiers=PEERS)
    return node


@pytest.mark.parametrize("way", ["by line", "by stick"])
def test_a_merge_and_its_taking_back_reach_every_peer(network: Network, alpha: Node, way: str) -> None:
    beta = network.node("beta")
    told(network, beta, alpha, way)
    network.now += timedelta(days=1)

    merges(alpha, "a", "b")
    plan = updates(alpha)
    assert [one.reason for one in plan.callbacks] == [Reason.SUPERSEDED]
    told(network, beta, alpha, way)
    assert means(beta, 1) == {"looting": 1, "shooting": 1}
    assert means(beta) == {"looting": 1, "robbery": 1, "shooting": 1}  # as of the day before
    back, merged = payloads(beta, "alpha", 3)
    assert isinstance(back, Retraction)
    assert isinstance(merged, IncidentRecord)
    assert merged.stands_for == (back.replaces,)

    splits(alpha, "a")
    updates(alpha)
    told(network, beta, alpha, way)
    assert means(beta, 1) == {"looting": 1, "robbery": 1, "shooting": 1}
    assert updates(alpha) == Plan((), (), (), 0)
    for node in (alpha, beta):
        assert node.faults(*network.origins()) == []


def test_the_parts_of_a_split_go_to_whom_the_whole_went(network: Network, alpha: Node) -> None:
    beta, public = network.node("beta"), network.node("public", Tier.PUBLIC)
    with alpha.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["a"]).values()
        say(connection, record_id, Override(levels=(0, 0, 3, 3, 1, 3, 1)), "kb", NOW, waits=False)
    updates(alpha)
    told(network, beta, alpha, "by line")

    splits(alpha, "a", SHELLING, ROBBERY)
    told(network, beta, alpha, "by line")
    assert means(beta)["shooting"] == 1  # nothing was told yet
    plan = updates(alpha)
    assert {one.current.name for one in plan.outgoing} == {f"{SOURCE}:a/1", f"{SOURCE}:a/2"}
    for going in plan.outgoing:  # what was said to narrow the whole narrows its parts
        assert going.views == {"peer": (0, 0, 1, 1, 0, 0, 1)}
    for node in (beta, public):
        told(network, node, alpha, "by line")
    assert means(beta) == {"looting": 1, "robbery": 2, "shelling": 1}
    assert means(public) == {}

    merges(alpha, "a/1", "a/2")
    assert {one.reason for one in updates(alpha).callbacks} == {Reason.SUPERSEDED}
    told(network, beta, alpha, "by line")
    assert means(beta) == {"looting": 1, "robbery": 1, "shooting": 1}
    for node in (alpha, beta):
        assert node.faults(*network.origins()) == []


def destroyed(node: Node, origin: str) -> tuple[int, int]:
    """How many entries of a log are destroyed here, and how many still show something."""
    with node.store.read() as connection:
        head = log_head(connection, origin)
        assert head is not None
        entries = stored_entries(connection, head.log_id, 0, 100)
    shown = sum(bool(records.decode_entry(one.wire).openings) for one in entries)
    return sum(one.fate == Fate.PURGED for one in entries), shown


def press(node: Node) -> None:
    """Learn of the shooting from another source too, and share that."""
    publication = Publication("press", TODAY, "--published", (), (Row(2, "a", SHOOTING, ()),), (), ())
    import_publication(node.store, publication, bytes(32), NOW)
    with node.store.read() as connection:
        revision_ids = tuple(revisions_by_key(connection, "press", ["a"]).values())
    list(release(node.store, Request(revision_ids, PEERS, NOW, BASELINE), node.identity, records))


def ids_of(node: Node, *names: str) -> list[int]:
    with node.store.read() as connection:
        known = [record_ids_by_key(connection, source, [key]) for source, _, key in map(_parts, names)]
    return [next(iter(one.values())) for one in known]


def _parts(name: str) -> tuple[str, str, str]:
    return name.partition(":")


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        ("merged", {"reports:a": 2, "reports:b": 1, "reports:c": 1}),
        ("of two sources", {"reports:a": 2, "press:a": 1}),
        ("split", {"reports:a/1": 1, "reports:a": 1}),
    ],
)
def test_a_purge_of_what_stands_destroys_what_it_stands_for_and_says_who_did(
    network: Network, alpha: Node, kind: str, entries: dict[str, int]
) -> None:
    beta = network.node("beta")
    press(alpha)
    told(network, beta, alpha, "by line")
    if kind == "split":
        splits(alpha, "a", SHELLING, ROBBERY)
    elif kind == "merged":
        merges(alpha, "b", "c")
        merges(alpha, "a", "b")
    else:
        merge_records(alpha.store, ["reports:a", "press:a"], TELLER)
    updates(alpha)
    told(network, beta, alpha, "by line")
    before = destroyed(beta, "alpha")

    ids, why = ids_of(alpha, *entries), Reason.SHARED_IN_ERROR
    planned = callbacks_on_demand(alpha.store, ids[:1], why, records, purge=True)
    done = call_back(alpha.store, ids[:1], why, alpha.identity, records, now=network.now, purge=True)
    assert done.callbacks == planned
    assert sorted(one.before.record_id for one in planned) == sorted(ids)
    told(network, beta, alpha, "by line")

    number = sum(entries.values())
    assert destroyed(beta, "alpha") == (before[0] + number, before[1] - number)
    confirmed = [
        (one.record, one.state, one.confirmed is not None)
        for one in holders(alpha.store, "alpha", records, ids)
    ]
    assert sorted(confirmed) == sorted(
        (name, State.PURGE_ASKED, True) for name, some in entries.items() for _ in range(some)
    )
    for node in (alpha, beta):
        assert node.faults(*network.origins()) == []


@on_sqlite_alone
def test_a_call_back_destroys_nothing_and_reaches_nothing_else_unless_that_is_asked_for(alpha: Node) -> None:
    merges(alpha, "a", "b")
    first, second = ids_of(alpha, "reports:a", "reports:b")
    why = Reason.SHARED_IN_ERROR

    purged = callbacks_on_demand(alpha.store, [first], why, records, purge=True)
    assert sorted(one.before.record_id for one in purged) == [first, second]
    (planned,) = callbacks_on_demand(alpha.store, [first], why, records)
    assert (planned.before.record_id, planned.purge) == (first, False)
    done = call_back(alpha.store, [first, first], why, alpha.identity, records, now=NOW)
    assert done == ((planned,), ())


@on_sqlite_alone
def test_what_was_taken_out_of_a_merge_again_is_not_destroyed_with_it(alpha: Node) -> None:
    merges(alpha, "a", "b")
    splits(alpha, "a")
    updates(alpha)
    ids = ids_of(alpha, "reports:a")
    with alpha.store.read() as connection:
        assert stand_for(connection, ids) == frozenset()


@on_sqlite_alone
def test_a_merge_shows_nobody_what_they_had_not_seen(network: Network) -> None:
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("b", tiers=PEERS)
    told(network, beta, alpha, "by line")

    merges(alpha, "a", "b")
    plan = updates(alpha)
    told(network, beta, alpha, "by line")

    assert (plan.outgoing, plan.held, len(plan.callbacks)) == ((), (), 1)
    assert means(beta) == {}
    assert updates(alpha) == Plan((), (), (), 0)


@on_sqlite_alone
def test_what_was_called_back_before_a_split_stays_at_home(alpha: Node) -> None:
    with alpha.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["a"]).values()
        say(connection, record_id, Override(label=Label.RED), "kb", NOW, waits=False)
    updates(alpha)
    splits(alpha, "a", SHELLING, ROBBERY)

    plan = updates(alpha)
    assert (plan.outgoing, plan.callbacks) == ((), ())


@on_sqlite_alone
def test_whoever_comes_late_sees_of_what_ended_only_that_it_did(network: Network, alpha: Node) -> None:
    merges(alpha, "a", "b")
    updates(alpha)
    late = network.node("late")
    told(network, late, alpha, "by line")

    assert means(late) == {"looting": 1, "shooting": 1}
    assert late.faults(*network.origins()) == []


@pytest.mark.parametrize("lie", ["another leaf", "an entry to come", "an entry of its own record"])
def test_a_record_that_stands_for_what_it_may_not_is_refused_alone(network: Network, lie: str) -> None:
    beta, mirage = network.node("beta"), PeerSimulator("mirage")
    network.admit(mirage.member)
    first, second = mirage.adds(SHOOTING), mirage.adds(ROBBERY)
    target = {
        "another leaf": Position(0, bytes(32)),
        "an entry to come": Position(3, bytes(32)),
        "an entry of its own record": second.position,
    }[lie]
    mirage.revises(second, LOOTING, stands_for=(target,))
    assert network.sync(beta, mirage).error is None
    assert ("mirage", "refused", "PREDECESSOR_MISMATCH", 1) in tallies(beta)
    assert means(beta)["shooting"] == 1
    assert beta.faults(*network.origins()) == []

    mirage.adds(SHELLING, stands_for=(first.position,))
    assert network.sync(beta, mirage).error is None
    assert "shooting" not in means(beta)
    assert beta.faults(*network.origins()) == []
