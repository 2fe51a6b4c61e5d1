"""Whatever write goes wrong, and however, a node is sound afterwards and its work can be done again to its end."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from node.asking import ask as ask_later
from node.audience import Tier
from node.contain import Search, story_of
from node.errors import StoreError, UnavailableError
from node.gossip import Doubt
from node.ladders import WHEN
from node.receive import follow
from node.scan import NO_NAMES
from node.store.audiences import copies_of
from node.urgent import Kind
from node.verify import read_checkpoint
from node.wire.witness import encode_fork
from tests.support.alerts import ring
from tests.support.audiences import bounds_of, group, join, share_with
from tests.support.bundles import Forger, ReadBundle
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.matches import as_partner, exchange, probed
from tests.support.network import NOW, Network, Node, on_sqlite_alone, postgresql_when_slow, rows_of
from tests.support.peer_simulator import PeerSimulator, served_in_the_background
from tests.support.requests import MONTH, wish_for
from tests.support.total_works import add_up_and_give, added_up
from tests.support.witness_works import watching_logs
from tests.support.works import (
    FIRST,
    ChangeForum,
    GrantTo,
    HearFromOwner,
    KeepFork,
    MatchWith,
    ServeTo,
    SyncWith,
    Work,
    call_everything_back,
    cancelled,
    consented,
    contained,
    do_in_a_process_that_fails_at,
    exchange_numbers,
    figures_released,
    granted,
    grouped,
    import_first,
    import_second,
    imported,
    learnt,
    mark_one,
    matched,
    merge_and_split,
    numbers_exchanged,
    release_figures,
    served,
    share_everything,
    shared,
    sign_slot,
    slot_signed,
    submit_one,
    synced,
    unmark_and_consent,
)

FEWEST_WRITES, MOST_WRITES = 3, 60  # that any of the works needs


def importing(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
    return Work(nodes[0], import_second, imported), nodes[1]


def submitting(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    return Work(network.node("alpha"), submit_one, imported), network.node("beta")


def marking(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
    return Work(nodes[0], mark_one, imported), nodes[1]


def sharing(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
        node.shares("a", "b", "d1")
        import_second(node)
    return Work(nodes[0], share_everything, shared), nodes[1]


def syncing(network: Network, until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    peer = PeerSimulator(page_entries=2)
    network.admit(peer.member)
    first, second = peer.adds(SHOOTING), peer.adds(ROBBERY)
    for _ in range(5):
        peer.adds(LOOTING)
    peer.revises(first, SHELLING)
    peer.retracts(second)
    third = peer.adds(ROBBERY)
    peer.retracts(peer.revises(third, SHOOTING), purge=True)
    for node in nodes:
        follow(node.store, peer.org_id)
    member = until.enter_context(served_in_the_background(peer, network))
    return Work(nodes[0], SyncWith(member, network.directory), synced), nodes[1]


def reading_a_bundle(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    peer = PeerSimulator(page_entries=2)
    network.admit(peer.member)
    first, second = peer.adds(SHOOTING), peer.adds(ROBBERY)
    for _ in range(5):
        peer.adds(LOOTING)
    peer.revises(first, SHELLING)
    peer.retracts(second)
    for node in nodes:
        follow(node.store, peer.org_id)
    wires = tuple((node.org_id, Forger(peer, network).writes(node)) for node in nodes)
    return Work(nodes[0], ReadBundle(wires, network.directory), synced), nodes[1]


def serving(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    reader = network.node("reader")
    for node in nodes:
        import_first(node)
        node.shares(*FIRST)
    member = network.directory.member("reader")
    return Work(nodes[0], ServeTo(member, reader.identity.signing.seed), served), nodes[1]


def signing_a_slot(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
        node.shares("a", "b", "d1")
    return Work(nodes[0], sign_slot, slot_signed), nodes[1]


def calling_back(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
        node.shares("a", "b", "d1")
    return Work(nodes[0], call_everything_back, shared), nodes[1]


def changing_an_audience(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("omega")]
    for name in ("beta", "gamma", "delta"):
        network.node(name)
    for node in nodes:
        import_first(node)
        group(network, node, "forum", "beta", "delta")
        share_with(network, node, "forum", *FIRST)
    return Work(nodes[0], ChangeForum(bounds_of(network, nodes[0])), grouped), nodes[1]


def cancelling(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
        for key in ("a", "b"):
            ring(node, key)
    return Work(nodes[0], call_everything_back, cancelled), nodes[1]


def hearing_from_an_owner(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    owner, reader, other = network.node("alpha"), network.node("beta"), network.node("omega")
    import_first(owner)
    owner.shares("a")
    for name in ("forum", "council"):
        group(network, owner, name, "beta")
    with owner.store.read() as connection:
        before = tuple(wire for _, wire in copies_of(connection, "beta", b"", 9))
    for node in (reader, other):
        HearFromOwner(owner.origin, before)(node)
        for note in ("one", "two", "three"):  # the same again would be the same request
            wish = wish_for(owner, "a")._replace(note=note, note_reviewed=True)
            ask_later(node.store, "alpha", wish, NO_NAMES, asked_by="x", now=NOW)
    join(network, owner, "forum", "all", "omega")
    with owner.store.read() as connection:
        wires = tuple(wire for _, wire in copies_of(connection, "beta", b"", 9))
    return Work(reader, HearFromOwner(owner.origin, wires), learnt), other


def granting(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("omega")]
    network.node("beta")
    for node in nodes:
        import_first(node)
        node.shares("a", tiers=frozenset({Tier.PUBLIC}))
    wishes = {node.org_id: wish_for(node, "a", {WHEN.number: MONTH}) for node in nodes}
    work = GrantTo(network.directory.member("beta"), bounds_of(network, nodes[0]), wishes)
    return Work(nodes[0], work, granted), nodes[1]


def unmarking(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
        mark_one(node)
    return Work(nodes[0], unmark_and_consent, consented), nodes[1]


def releasing_figures(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
    return Work(nodes[0], release_figures, figures_released), nodes[1]


def exchanging_numbers(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
    return Work(nodes[0], exchange_numbers, numbers_exchanged), nodes[1]


def adding_up_and_giving(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    return Work(nodes[0], add_up_and_give(network, nodes), added_up), nodes[1]


def merging_and_splitting(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    for node in nodes:
        import_first(node)
        node.shares("a", "b", "d1")
    return Work(nodes[0], merge_and_split, shared), nodes[1]


def being_matched(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("omega")]
    asker = network.node("beta")
    asker.holds(b=SHOOTING)
    asker.shares("b")
    for node in nodes:
        node.holds(a=SHOOTING)
        node.shares("a")
        exchange(network, asker, node)
    said = {node.org_id: probed(network, asker, node) for node in nodes}
    member = as_partner(network, nodes[0], "beta")
    work = MatchWith(member, asker.origin, bounds_of(network, nodes[0]), said)
    return Work(nodes[0], work, matched), nodes[1]


def keeping_a_fork(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    nodes = [network.node("alpha"), network.node("beta")]
    peer = PeerSimulator()
    network.admit(peer.member)
    first, second = peer.adds(SHOOTING), peer.adds(ROBBERY)
    other = peer.branches(2)
    other.adds(LOOTING)
    peer.revises(first, SHELLING)
    peer.retracts(second)
    for node in nodes:
        assert network.sync(node, peer).error is None
    story = story_of(nodes[0].store, peer.org_id)
    assert story is not None
    note = other.note()
    search = Search(story, Doubt(peer.org_id, read_checkpoint(note, peer.origin), note))
    while size := search.asks:
        search.answered(other.consistency(size, 3))
    return Work(nodes[0], KeepFork(encode_fork(search.fork()), network.directory), contained), nodes[1]


def watching(network: Network, _until: ExitStack) -> tuple[Work, Node]:
    return watching_logs(network)


@pytest.fixture(
    params=[
        importing,
        submitting,
        marking,
        sharing,
        syncing,
        keeping_a_fork,
        pytest.param(watching, marks=pytest.mark.slow),
        reading_a_bundle,
        serving,
        signing_a_slot,
        calling_back,
        changing_an_audience,
        cancelling,
        granting,
        hearing_from_an_owner,
        pytest.param(being_matched, marks=pytest.mark.slow),
        merging_and_splitting,
        releasing_figures,
        exchanging_numbers,
        pytest.param(adding_up_and_giving, marks=pytest.mark.slow),
        unmarking,
    ]
)
def work_and_undisturbed(request: pytest.FixtureRequest, network: Network) -> Iterator[tuple[Work, Node]]:
    """Work to be interrupted, and another node on which the same is done undisturbed."""
    with ExitStack() as until:
        yield request.param(network, until)


def goes_through(work: Work, number: int, flavour: Flavour) -> bool:
    """Try the work with one write going wrong; tells whether it had no such write."""
    with failing_at(work.node.store, number, flavour):
        try:
            work.do(work.node)
        except StoreError:
            return False
    return True


def survives(work: Work, number: int, flavour: Flavour) -> bool:
    """Try the work in a process that is killed at one write; tells whether it had no such write."""
    exit_code = do_in_a_process_that_fails_at(work, number, flavour)
    assert exit_code in {0, -signal.SIGKILL}
    return exit_code == 0


def assert_whole_and_sound(network: Network, work: Work, undisturbed: Node) -> None:
    """See that everything is there once, as on a node on which nothing went wrong."""
    work.do(undisturbed)
    assert work.result(work.node) == work.result(undisturbed)
    work.do(work.node)  # once more, though nothing is left to do
    assert work.result(work.node) == work.result(undisturbed)
    assert work.node.faults(*network.origins()) == []


@pytest.mark.slow
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_work_in_which_one_write_after_the_other_fails_ends_whole(
    network: Network, work_and_undisturbed: tuple[Work, Node], flavour: Flavour
) -> None:
    work, undisturbed = work_and_undisturbed
    for number in range(MOST_WRITES):
        if goes_through(work, number, flavour):
            break
        assert work.node.faults(*network.origins()) == []
    assert FEWEST_WRITES < number < MOST_WRITES - 1
    assert_whole_and_sound(network, work, undisturbed)


@pytest.mark.slow
@postgresql_when_slow
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_work_that_is_killed_at_one_write_after_the_other_ends_whole(
    network: Network, work_and_undisturbed: tuple[Work, Node], flavour: Flavour
) -> None:
    work, undisturbed = work_and_undisturbed
    for number in range(MOST_WRITES):
        if survives(work, number, flavour):
            break
        assert work.node.faults(*network.origins()) == []
    assert FEWEST_WRITES < number < MOST_WRITES - 1
    assert_whole_and_sound(network, work, undisturbed)


@postgresql_when_slow
def test_a_refused_write_takes_its_whole_transaction_with_it(work_and_undisturbed: tuple[Work, Node]) -> None:
    work, _undisturbed = work_and_undisturbed
    before = rows_of(work.node.store)
    refused = []
    for number in range(MOST_WRITES):
        with failing_at(work.node.store, number, Flavour.REFUSED) as writes, suppress(StoreError):
            work.do(work.node)
        if "COMMIT" in writes[:number]:
            break
        assert rows_of(work.node.store) == before
        refused.append(writes[number])
    assert len(refused) >= 2  # one write at the least, and its commit
    assert refused[-1] == "COMMIT"


@on_sqlite_alone
@pytest.mark.parametrize(
    "flavour", [pytest.param(one, marks=[pytest.mark.slow] if "killed" in one else []) for one in Flavour]
)
def test_a_call_back_comes_with_the_end_of_its_alert_or_not_at_all(
    network: Network, flavour: Flavour
) -> None:
    node = network.node("alpha")
    import_first(node)
    ring(node, "a")
    work = Work(node, call_everything_back, cancelled)
    called_back = False
    attempt = survives if "killed" in flavour else goes_through
    for number in range(MOST_WRITES):
        ended = attempt(work, number, flavour)
        rows = rows_of(node.store)
        called_back = any(views == "" for *_, views, _, _, _ in rows["release"])
        assert called_back == any(row[4] == Kind.CANCEL for row in rows["alert"])
        if ended:
            break
    assert called_back
    assert FEWEST_WRITES < number < MOST_WRITES - 1


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_a_page_that_can_not_be_written_down_is_not_sent(network: Network, flavour: Flavour) -> None:
    origin, reader = network.node("alpha"), network.node("reader")
    import_first(origin)
    origin.shares("a", "b")
    follow(reader.store, "alpha")
    with failing_at(origin.store, 0, flavour):
        assert isinstance(network.sync(reader, origin).error, UnavailableError)
    assert [one[1] for one in rows_of(reader.store)["log"]] == ["reader", "alpha"]
    assert rows_of(reader.store)["entry"] == ()
    assert network.sync(reader, origin).verified == 2
