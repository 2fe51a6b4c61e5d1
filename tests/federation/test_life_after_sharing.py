"""What became of a record reaches everybody who saw it, and its origin knows who has confirmed that."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, update

from crypto.signing import Signer
from node.audience import Tier
from node.holders import Holding, State, disclosures, holders
from node.measures import make_query
from node.model import Place
from node.plan import Request
from node.policy import baseline
from node.query import answer
from node.recall import call_back
from node.share import release
from node.signed import Reason
from node.store.heads import log_head
from node.store.peer_log import stored_entries
from node.store.records import record_ids_by_key, revisions_by_key
from node.tables.facts import fact
from node.tables.logs import entry, log, view
from node.tables.releases import receipt
from node.wire import records
from tests.support.bundles import read, written
from tests.support.deciding import BASELINE
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, on_sqlite_alone, rows_of

COORDINATORS = frozenset({Tier.COORDINATOR})
YESTERDAY = TODAY - timedelta(days=1)


def record_ids(node: Node, *keys: str) -> tuple[int, ...]:
    with node.store.read() as connection:
        known = record_ids_by_key(connection, SOURCE, keys)
    return tuple(known[key] for key in keys)


def calls_back(network: Network, node: Node, *keys: str, purge: bool = False) -> int:
    """Call records back; gives how many were."""
    ids = record_ids(node, *keys)
    why = Reason.SHARED_IN_ERROR
    done = call_back(node.store, ids, why, node.identity, records, now=network.now, purge=purge)
    return len(done.callbacks)


def narrows(node: Node, tier: Tier, *keys: str) -> None:
    with node.store.read() as connection:
        known = revisions_by_key(connection, SOURCE, keys)
    request = Request(tuple(known.values()), frozenset(), NOW, BASELINE, narrow_to=tier)
    list(release(node.store, request, node.identity, records))


def held(node: Node, *keys: str) -> list[Holding]:
    return list(holders(node.store, node.org_id, records, record_ids(node, *keys)))


def states(node: Node, *keys: str) -> dict[str, tuple[str, bool]]:
    """By member: what became of the latest that it was shown, and whether that is still to be confirmed."""
    return {one.member: (str(one.state), one.waiting) for one in held(node, *keys)}


def wires(node: Node, origin: str) -> list[tuple[str, bytes]]:
    """Fate and bytes of every entry of a log, as a node keeps them."""
    with node.store.read() as connection:
        head = log_head(connection, origin)
        assert head is not None
        return [(one.fate, one.wire) for one in stored_entries(connection, head.log_id, 0, 1000)]


@pytest.fixture
def six(network: Network) -> list[Node]:
    """Alpha, whose records these are, three peers, a member of the public tier and a coordinator."""
    alpha, *peers = [network.node(name) for name in ("alpha", "beta", "gamma", "delta")]
    return [alpha, *peers, network.node("echo", Tier.PUBLIC), network.node("foxtrot", Tier.COORDINATOR)]


@pytest.mark.slow
def test_a_withdrawal_reaches_those_on_the_line_at_once_and_the_others_at_their_next_contact(
    network: Network, six: list[Node]
) -> None:
    alpha, *others = six
    on_line, off_line = others[:3], others[3:]
    alpha.holds(a=SHOOTING, b=ROBBERY, on=YESTERDAY)
    alpha.shares("a", "b")
    for node in others:
        network.sync(node, alpha)
    assert states(alpha, "a") == {node.org_id: ("stands", False) for node in others}

    alpha.holds(b=ROBBERY)
    alpha.shares()
    assert states(alpha, "a") == {node.org_id: ("called back", True) for node in others}
    for at, node in enumerate(on_line, 1):
        network.sync(node, alpha)
        assert node.counts("means") == {("robbery",): 1}
        waiting = {node.org_id for node in others[at:]}
        assert {name for name, (_, waits) in states(alpha, "a").items() if waits} == waiting
    for node in off_line:
        assert node.counts("means") == {("shooting",): 1, ("robbery",): 1}

    for node in off_line:
        network.sync(node, alpha)
        assert node.counts("means") == {("robbery",): 1}
    assert states(alpha, "a") == {node.org_id: ("called back", False) for node in others}
    assert states(alpha, "b") == {node.org_id: ("stands", False) for node in others}
    for node in six:
        assert node.faults(*network.origins()) == []


def test_who_comes_late_holds_nothing_of_what_was_called_back(network: Network, six: list[Node]) -> None:
    alpha, beta, gamma, *_ = six
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    alpha.shares("a")
    network.sync(beta, alpha)
    assert calls_back(network, alpha, "a") == 1
    network.sync(gamma, alpha)
    assert states(alpha, "a") == {"beta": ("called back", True)}
    assert gamma.counts() == {(): 0}


@pytest.mark.slow
def test_a_member_holds_what_its_tier_may_see_and_nothing_that_is_not_for_it(
    network: Network, six: list[Node]
) -> None:
    alpha, *others = six
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a")
    alpha.shares("b", tiers=COORDINATORS)
    for node in others:
        network.sync(node, alpha)
    tiers = {one.member: one.audience for one in held(alpha, "a")}
    assert tiers == {
        "beta": "peer",
        "gamma": "peer",
        "delta": "peer",
        "echo": "public",
        "foxtrot": "coordinator",
    }
    assert all(one.levels == baseline().levels[Tier[one.audience.upper()]] for one in held(alpha, "a"))
    assert [one.member for one in held(alpha, "b")] == ["foxtrot"]
    sent = list(disclosures(alpha.store))
    assert len(sent) == 6
    assert {(one.member, one.record, one.revision, one.rule) for one in sent if one.member == "echo"} == {
        ("echo", "reports:a", 1, "R1: released to public, by SLT baseline 1")
    }
    assert [one.member for one in disclosures(alpha.store, member="beta")] == ["beta"]
    assert list(disclosures(alpha.store, before=NOW)) == []
    assert len(list(disclosures(alpha.store, first=NOW))) == 6
    assert list(disclosures(alpha.store, first=NOW + timedelta(seconds=1))) == []


def test_reading_on_extends_a_disclosure_and_reading_again_writes_nothing(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    network.sync(beta, alpha)
    before = rows_of(alpha.store)["disclosure"]
    with beta.store.write() as connection:  # a new disk: beta starts from the first entry
        head = log_head(connection, "alpha")
        assert head is not None
        connection.execute(delete(fact).where(fact.c.log_id == head.log_id))
        connection.execute(delete(entry).where(entry.c.log_id == head.log_id))
        connection.execute(update(log).where(log.c.id == head.log_id).values(size=0, frontier=b""))
    network.sync(beta, alpha)
    assert rows_of(alpha.store)["disclosure"] == before
    assert len(before) == 1


def test_a_purge_destroys_every_revision_at_those_who_hold_it(network: Network, six: list[Node]) -> None:
    alpha, beta, gamma, *_ = six
    alpha.holds(a=SHOOTING, b=ROBBERY, on=date(2026, 1, 1))
    alpha.shares("a", "b")
    network.sync(beta, alpha)
    alpha.holds(a=SHELLING, b=ROBBERY, on=date(2026, 2, 1))
    alpha.shares()
    network.sync(beta, alpha)
    before = wires(beta, "alpha")
    assert calls_back(network, alpha, "a", purge=True) == 1
    assert {one.state for one in held(alpha, "a")} == {State.PURGE_ASKED}

    received = network.sync(beta, alpha).received
    assert (received.retracted, received.purged) == (1, 2)
    kept = wires(beta, "alpha")
    assert [fate for fate, _ in kept] == ["purged", "accepted", "purged", "retracted"]
    for (_, past), (_, wire) in zip(before[:3:2], kept[:3:2], strict=True):
        full, stone = records.decode_entry(past), records.decode_entry(wire)
        assert full.openings
        assert stone == full._replace(openings=())
    for day in (date(2026, 1, 15), date(2026, 2, 15), TODAY):
        assert ("shooting",) not in beta.counts("means", as_of=day)
    assert beta.counts("means") == {("robbery",): 1}
    assert [one.waiting for one in held(alpha, "a")] == [False, False]
    network.sync(gamma, alpha)
    for node in (alpha, beta, gamma):
        assert node.faults(*network.origins()) == []


def test_a_purge_in_the_same_pull_leaves_nothing(network: Network, six: list[Node]) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    calls_back(network, alpha, "a", purge=True)
    assert network.sync(beta, alpha).received.purged == 0  # it was never opened to beta
    assert [fate for fate, _ in wires(beta, "alpha")] == ["withheld", "retracted"]
    assert held(alpha, "a") == []


def test_what_was_called_back_can_be_purged_later_and_once(network: Network, six: list[Node]) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    alpha.shares("a")
    network.sync(beta, alpha)
    alpha.holds(b=LOOTING)
    alpha.shares()
    network.sync(beta, alpha)
    assert states(alpha, "a") == {"beta": ("called back", False)}
    assert calls_back(network, alpha, "a") == 0
    assert calls_back(network, alpha, "a", purge=True) == 1
    assert states(alpha, "a") == {"beta": ("to be destroyed", True)}
    assert calls_back(network, alpha, "a", purge=True) == 0
    assert network.sync(beta, alpha).received.purged == 1
    assert states(alpha, "a") == {"beta": ("to be destroyed", False)}
    assert beta.counts("means", as_of=YESTERDAY) == {}
    assert beta.faults(*network.origins()) == alpha.faults(*network.origins()) == []


def test_what_was_called_back_on_demand_stays_at_home_until_it_is_released_again(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING, b=ROBBERY, on=YESTERDAY)
    alpha.shares("a", "b")
    calls_back(network, alpha, "a", purge=True)
    alpha.holds(a=SHELLING, b=ROBBERY)
    alpha.shares()
    network.sync(beta, alpha)
    assert beta.counts("means") == {("robbery",): 1}
    alpha.shares("a")
    network.sync(beta, alpha)
    assert beta.counts("means") == {("robbery",): 1, ("shelling",): 1}
    assert {one.revision: str(one.state) for one in held(alpha, "a")} == {3: "stands"}
    assert beta.faults(*network.origins()) == alpha.faults(*network.origins()) == []


def test_without_a_purge_figures_as_of_earlier_days_stay(network: Network, six: list[Node]) -> None:
    alpha, beta, *_ = six
    network.now = NOW - timedelta(days=1)
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    alpha.shares("a", now=network.now)
    network.sync(beta, alpha)
    network.now = NOW
    calls_back(network, alpha, "a")
    network.sync(beta, alpha)
    assert beta.counts() == {(): 0}
    assert beta.counts("means", as_of=YESTERDAY) == {("shooting",): 1}


@pytest.mark.slow
def test_who_may_no_longer_see_a_record_is_told_so_and_confirms(network: Network, six: list[Node]) -> None:
    alpha, beta, gamma, delta, echo, foxtrot = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    for node in (beta, echo, foxtrot):
        network.sync(node, alpha)
    narrows(alpha, Tier.COORDINATOR, "a")
    assert all(one.waiting for one in held(alpha, "a"))
    for node in six[1:]:
        assert network.sync(node, alpha).error is None
    for node in (beta, gamma, delta, echo):
        assert node.counts() == {(): 0}
    assert foxtrot.counts() == {(): 1}
    holding = {(one.member, one.revision): (str(one.state), one.waiting) for one in held(alpha, "a")}
    assert holding == {
        ("beta", 1): ("replaced", False),
        ("echo", 1): ("replaced", False),
        ("foxtrot", 1): ("replaced", False),
        ("foxtrot", 2): ("stands", False),
    }
    for node in six:
        assert node.faults(*network.origins()) == []


def test_narrowing_beyond_everybody_who_could_see_it_calls_it_back(network: Network, six: list[Node]) -> None:
    alpha, beta, *_, foxtrot = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a", tiers=frozenset({Tier.PEER}))
    network.sync(beta, alpha)
    narrows(alpha, Tier.COORDINATOR, "a")
    assert network.sync(beta, alpha).received.retracted == 1
    network.sync(foxtrot, alpha)
    assert beta.counts() == foxtrot.counts() == {(): 0}
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


def test_what_was_narrowed_and_then_purged_is_destroyed_at_those_who_saw_it_first(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    network.sync(beta, alpha)
    narrows(alpha, Tier.COORDINATOR, "a")
    calls_back(network, alpha, "a", purge=True)
    assert network.sync(beta, alpha).received.purged == 1
    assert [fate for fate, _ in wires(beta, "alpha")] == ["purged", "withheld", "retracted"]
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


def test_a_correction_is_opened_to_late_comers_alone(network: Network, six: list[Node]) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING, on=date(2026, 1, 1))
    alpha.shares("a")
    alpha.holds(a=replace(SHOOTING, where=Place("YEM")), on=date(2026, 2, 1))
    alpha.shares()
    received = network.sync(beta, alpha).received
    assert (received.withheld, received.accepted) == (1, 1)
    assert [(one.revision, one.member) for one in held(alpha, "a")] == [(2, "beta")]


@pytest.mark.slow
@on_sqlite_alone
def test_a_receipt_that_could_not_be_given_is_given_at_the_next_contact(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    alpha.shares("a")
    network.sync(beta, alpha)
    calls_back(network, alpha, "a")
    silent = replace(
        beta, identity=beta.identity._replace(signing=Signer.generate())
    )  # a key that nobody knows
    assert network.sync(silent, alpha).error is None
    assert beta.counts() == {(): 0}
    assert states(alpha, "a") == {"beta": ("called back", True)}
    network.sync(beta, alpha)
    assert states(alpha, "a") == {"beta": ("called back", False)}
    given = rows_of(alpha.store)["receipt"]
    network.now += timedelta(hours=1)
    network.sync(beta, alpha)
    assert rows_of(alpha.store)["receipt"] == given == rows_of(beta.store)["receipt"]


@on_sqlite_alone
def test_a_receipt_that_was_lost_with_an_older_copy_is_given_anew_in_the_next_month(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING, on=YESTERDAY)
    alpha.shares("a")
    network.sync(beta, alpha)
    calls_back(network, alpha, "a")
    network.sync(beta, alpha)
    with alpha.store.write() as connection:
        connection.execute(delete(receipt))
    network.now += timedelta(hours=1)
    network.sync(beta, alpha)
    assert states(alpha, "a") == {"beta": ("called back", True)}
    network.now += timedelta(days=10)
    network.sync(beta, alpha)
    assert states(alpha, "a") == {"beta": ("called back", False)}
    assert alpha.faults(*network.origins()) == beta.faults(*network.origins()) == []


@on_sqlite_alone
@pytest.mark.parametrize("change", ["an opening put back", "a record destroyed unasked"])
def test_check_finds(network: Network, six: list[Node], change: str) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", "b")
    network.sync(beta, alpha)
    kept = wires(beta, "alpha")
    calls_back(network, alpha, "a", purge=True)
    network.sync(beta, alpha)
    assert beta.faults(*network.origins()) == []
    with beta.store.write() as connection:
        head = log_head(connection, "alpha")
        assert head is not None
        theirs = entry.c.log_id == head.log_id
        if change == "an opening put back":
            values = {"wire": kept[0][1], "fate": "accepted"}
            connection.execute(update(entry).where(theirs, entry.c.log_index == 0).values(values))
        else:
            stone = records.encode_entry(records.decode_entry(kept[1][1])._replace(openings=()))
            values = {"wire": stone, "fate": "purged"}
            connection.execute(update(entry).where(theirs, entry.c.log_index == 1).values(values))
            connection.execute(delete(fact).where(fact.c.log_id == head.log_id))
    found = [fault.what for fault in beta.faults(*network.origins())]
    expected = "entry 0 was to be destroyed and is not" if "put back" in change else "entry 1 was destroyed"
    assert any(expected in one for one in found)


@on_sqlite_alone
def test_check_finds_a_view_that_was_opened_again(network: Network, six: list[Node]) -> None:
    alpha, *_ = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    before = rows_of(alpha.store)["view"]
    calls_back(network, alpha, "a")
    assert alpha.faults(*network.origins()) == []
    with alpha.store.write() as connection:
        for number, index, wire in before:
            connection.execute(
                update(view).where(view.c.audience == number, view.c.log_index == index).values(wire=wire)
            )
    assert [fault.what for fault in alpha.faults(*network.origins())] == [
        "entry 0 is still shown although another has replaced it"
    ]


def test_an_answer_for_outsiders_counts_own_records_and_names_whom_to_ask(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    beta.holds(b=ROBBERY, c=LOOTING)
    network.sync(beta, alpha)
    ours, outside = (
        answer(beta.store, make_query(("means",), ("incidents",), (), as_of=TODAY, own_only=own_only))
        for own_only in (False, True)
    )
    assert (ours.originators, ours.caveats.from_peers) == ((), 1)
    assert outside.rows == (("looting", 1), ("robbery", 1))
    assert (outside.originators, outside.caveats.from_peers) == (("alpha",), 0)


def test_a_bundle_is_written_down_too_and_its_reader_confirms_at_the_next_contact(
    network: Network, six: list[Node]
) -> None:
    alpha, beta, *_ = six
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    wire = written(network, alpha, "beta")
    assert states(alpha, "a") == {"beta": ("stands", False)}
    calls_back(network, alpha, "a", purge=True)
    assert read(network, beta, wire).error is None
    assert beta.counts() == {(): 1}
    assert read(network, beta, written(network, alpha, "beta", 1)).error is None
    assert beta.counts() == {(): 0}
    assert states(alpha, "a") == {"beta": ("to be destroyed", True)}
    network.sync(beta, alpha)
    assert states(alpha, "a") == {"beta": ("to be destroyed", False)}
    assert beta.faults(*network.origins()) == alpha.faults(*network.origins()) == []
