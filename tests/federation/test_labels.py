"""A label that is raised later reaches everybody who has the record, and closes it for whom it shuts out."""

from datetime import timedelta

import pytest

from node.audience import Tier
from node.holders import holders
from node.plan import Plan, Request
from node.rules import Override
from node.share import release
from node.signed import IncidentRecord, Label
from node.store.heads import log_head
from node.store.own_log import own_page
from node.store.peer_log import stored_entries
from node.store.policies import agree, say
from node.store.records import record_ids_by_key
from node.wire import records
from tests.support.bundles import read, written
from tests.support.deciding import BASELINE
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.network import NOW, SOURCE, Network, Node

TIERS = {"public": Tier.PUBLIC, "peer": Tier.PEER, "coordinator": Tier.COORDINATOR}
# Who still sees a record with a label (TLP 2.0); RED is for named members alone.
SEE = {
    Label.GREEN: {"peer", "coordinator"},
    Label.AMBER: {"coordinator"},
    Label.AMBER_STRICT: {"coordinator"},
    Label.RED: set[str](),
}


def updates(node: Node, days: int = 0) -> Plan:
    request = Request((), frozenset(), NOW + timedelta(days=days), BASELINE)
    (plan,) = release(node.store, request, node.identity, records)
    return plan


def labels(node: Node, label: Label, *, second: str = "") -> None:
    """Say how a record is labelled; to widen a second person agrees."""
    with node.store.write() as connection:
        (record_id,) = record_ids_by_key(connection, SOURCE, ["a"]).values()
        said = say(connection, record_id, Override(label=label), "kb", NOW, waits=bool(second))
        if second:
            agree(connection, said.saying_id, second, NOW)


def told(network: Network, node: Node, origin: Node, way: str) -> None:
    if way == "by line":
        assert network.sync(node, origin).error is None
    else:
        assert read(network, node, written(network, origin, node.org_id)).error is None


def newest_label(node: Node) -> Label | None:
    """The label of the newest signed record that a node holds of alpha's log; nothing when it was called back."""
    with node.store.read() as connection:
        head = log_head(connection, "alpha")
        assert head is not None
        envelopes = [
            records.decode_entry(one.wire).envelope for one in stored_entries(connection, head.log_id, 0, 100)
        ]
    last = [one for one in envelopes if one is not None][-1]
    if "retraction" in last.payload_type:
        return None
    record: IncidentRecord = records.decode_incident(last.payload)
    return record.label


@pytest.mark.slow
@pytest.mark.parametrize("way", ["by line", "by stick"])
@pytest.mark.parametrize("label", SEE)
def test_a_raised_label_reaches_every_holder_and_closes_what_it_closes(
    network: Network, label: Label, way: str
) -> None:
    alpha = network.node("alpha")
    nodes = {name: network.node(name, tier) for name, tier in TIERS.items()}
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("b")
    alpha.shares("a")
    for node in nodes.values():
        told(network, node, alpha, way)
        assert node.counts("means") == {("shooting",): 1, ("robbery",): 1}

    labels(alpha, label)
    plan = updates(alpha)
    assert len(plan.outgoing) + len(plan.callbacks) == 1
    for name, node in nodes.items():
        told(network, node, alpha, way)
        seen = {("robbery",): 1} | ({("shooting",): 1} if name in SEE[label] else {})
        assert node.counts("means") == seen
        assert newest_label(node) is (
            min(label, Label.AMBER) if SEE[label] else None
        )  # AMBER: coordinators see finer than peers
    with alpha.store.read() as connection:  # who pulls only now sees of the older one what everybody may
        head = log_head(connection, "alpha")
        assert head is not None
        for tier in Tier:
            (older,) = own_page(connection, head.log_id, 1, 2, tier)
            assert records.decode_entry(older).openings == ()
    if way == "by line":
        with alpha.store.read() as connection:
            ids = list(record_ids_by_key(connection, SOURCE, ["a"]).values())
        assert not [one for one in holders(alpha.store, "alpha", records, ids) if one.waiting]
    for node in (alpha, *nodes.values()):
        assert node.faults(*network.origins()) == []


def test_a_label_that_two_persons_lower_again_opens_no_older_entry(network: Network) -> None:
    alpha, peer = network.node("alpha"), network.node("peer")
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    labels(alpha, Label.AMBER)
    updates(alpha)
    told(network, peer, alpha, "by line")
    assert peer.counts("means") == {}

    labels(alpha, Label.GREEN, second="mo")
    updates(alpha)
    told(network, peer, alpha, "by line")
    assert peer.counts("means") == {("shooting",): 1}
    assert newest_label(peer) is Label.AMBER  # as before somebody said so: coordinators see finer than peers
    assert peer.faults(*network.origins()) == []
