"""What a record is shared for travels with it, and is all that it is used for (R16)."""

import pytest

from crypto.envelope import sign_envelope
from node.audience import Purpose, Tier
from node.errors import AlertRefusedError, PurposeError
from node.measures import make_query
from node.plan import Plan, Request
from node.query import Answer, answer
from node.share import release
from node.signed import INCIDENT_TYPE
from node.store.peer_log import Tally, fates
from node.store.records import revisions_by_key
from node.urgent import Kind
from node.wire import records
from tests.support.alerts import ring
from tests.support.bundles import read, written
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone, rows_of
from tests.support.peer_simulator import PeerSimulator

PEERS = frozenset({Tier.PEER})
FUTURE = b"\x48\x63"  # the field of the purpose, with a number that nobody knows yet; the last one counts


def shares(node: Node, purpose: Purpose, *keys: str) -> Plan:
    with node.store.read() as connection:
        known = revisions_by_key(connection, SOURCE, keys)
    request = Request(tuple(known[key] for key in keys), PEERS, NOW, BASELINE, purpose=purpose)
    (plan,) = release(node.store, request, node.identity, records)
    return plan


def asks(node: Node, purpose: Purpose) -> Answer:
    return answer(node.store, make_query(["means"], ["incidents"], [], as_of=TODAY, purpose=purpose))


def sharing(network: Network) -> tuple[Node, Node]:
    """A member that shared two records for the safety of staff and one for analysis, and one that holds its own."""
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    beta.holds(x=SHELLING)
    shares(alpha, Purpose.STAFF_SAFETY, "a", "b")
    shares(alpha, Purpose.ANALYSIS, "c")
    return alpha, beta


@pytest.mark.parametrize("way", ["by line", "by stick"])
def test_a_question_counts_what_was_shared_for_its_purpose(network: Network, way: str) -> None:
    alpha, beta = sharing(network)
    if way == "by line":
        assert network.sync(beta, alpha).error is None
    else:
        assert read(network, beta, written(network, alpha, "beta")).error is None

    safety, analysis, statistics = (
        asks(beta, one) for one in (Purpose.STAFF_SAFETY, Purpose.ANALYSIS, Purpose.STATISTICS)
    )

    own = ("shelling", 1)
    assert (safety.rows, safety.left_out) == ((("robbery", 1), own, ("shooting", 1)), 1)
    assert (analysis.rows, analysis.left_out) == ((("looting", 1), own), 2)
    assert (statistics.rows, statistics.left_out) == ((own,), 3)
    assert asks(alpha, Purpose.ADVOCACY).caveats.incidents == 3  # what is our own is no matter of a purpose
    assert beta.faults(*network.origins()) == []


def test_a_question_outside_every_purpose_fails_and_says_why(network: Network) -> None:
    alpha, gamma = sharing(network)[0], network.node("gamma")
    network.sync(gamma, alpha)

    with pytest.raises(
        PurposeError, match="3 records of peers match, and none was shared for advocacy"
    ) as caught:
        asks(gamma, Purpose.ADVOCACY)
    assert caught.value.reason == "PURPOSE_NOT_ALLOWED"
    with pytest.raises(PurposeError, match="'marketing' is none of staff_safety"):
        make_query([], ["incidents"], [], as_of=TODAY, purpose="marketing")


@on_sqlite_alone
def test_sharing_again_for_another_purpose_reaches_who_has_the_record(network: Network) -> None:
    alpha, beta = sharing(network)
    network.sync(beta, alpha)
    assert len(shares(alpha, Purpose.STATISTICS, "a").outgoing) == 1
    assert shares(alpha, Purpose.STATISTICS, "a").unchanged == 1
    alpha.holds(a=SHELLING, b=ROBBERY, c=LOOTING)
    alpha.shares()  # what is sent again because it has changed is for what it was for
    network.sync(beta, alpha)

    assert asks(beta, Purpose.STATISTICS).rows == (("shelling", 2),)
    assert asks(beta, Purpose.STAFF_SAFETY).rows == (("robbery", 1), ("shelling", 1))


@on_sqlite_alone
def test_an_alert_is_for_the_safety_of_staff_alone(network: Network) -> None:
    alpha, _ = sharing(network)
    before = rows_of(alpha.store)

    with pytest.raises(AlertRefusedError, match="shared for analysis; share it for staff_safety first"):
        ring(alpha, "c")
    assert rows_of(alpha.store) == before
    assert ring(alpha, "a").kind is Kind.NEW


@on_sqlite_alone
def test_a_record_for_a_purpose_that_nobody_knows_is_refused_alone(network: Network) -> None:
    beta, mirage = network.node("beta"), PeerSimulator("mirage")
    network.admit(mirage.member)
    mirage.adds(ROBBERY)
    record = mirage.adds(SHOOTING).record
    mirage.entries.pop()
    mirage.leaf_hashes.pop()
    payload = records.encode_incident(record) + FUTURE  # type: ignore[arg-type] # what was added is an incident
    mirage.logs(record, sign_envelope(mirage.identity.signing, INCIDENT_TYPE, payload))

    assert network.sync(beta, mirage).error is None
    with beta.store.read() as connection:
        assert Tally("mirage", "refused", "PURPOSE_UNKNOWN", 1) in fates(connection)
    assert beta.faults(*network.origins()) == []
