"""A request to destroy reaches what is its origin's own record, all of it, and nothing else."""

import pytest

from node.store.heads import log_head
from node.store.peer_log import stored_entries
from node.wire import records
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import Network, Node
from tests.support.peer_simulator import PeerSimulator

PAGES = pytest.mark.parametrize("page_entries", [1, 2, 1000])


def fates_of(node: Node) -> list[str]:
    with node.store.read() as connection:
        head = log_head(connection, "mirage")
        assert head is not None
        return [one.fate for one in stored_entries(connection, head.log_id, 0, 1000)]


def pulls(network: Network, node: Node, peer: PeerSimulator) -> list[str]:
    """Pull all; gives what became of the entries."""
    assert network.sync(node, peer).error is None
    assert node.faults(*network.origins()) == []
    return fates_of(node)


@PAGES
def test_every_revision_is_destroyed_whichever_page_it_came_with(
    network: Network, beta: Node, peer: PeerSimulator, page_entries: int
) -> None:
    peer.page_entries = page_entries
    last = peer.adds(SHOOTING)
    for _ in range(5):
        last = peer.revises(last, SHELLING)
    last = peer.retracts(last)
    last = peer.revises(last, ROBBERY)
    peer.adds(LOOTING)
    peer.retracts(last, purge=True)
    fates = pulls(network, beta, peer)
    assert fates == ["purged"] * 6 + ["retracted", "purged", "accepted", "retracted"]
    assert beta.counts("means") == {("looting",): 1}
    with beta.store.read() as connection:
        head = log_head(connection, "mirage")
        assert head is not None
        kept = [records.decode_entry(one.wire) for one in stored_entries(connection, head.log_id, 0, 100)]
    assert [bool(one.openings) for one in kept].count(True) == 1


@PAGES
def test_a_purge_in_the_name_of_another_record_destroys_nothing(
    network: Network, beta: Node, peer: PeerSimulator, page_entries: int
) -> None:
    peer.page_entries = page_entries
    peer.retracts(peer.adds(SHOOTING), record_uid=b"u" * 16, purge=True)
    assert pulls(network, beta, peer) == ["accepted", "refused"]
    assert beta.counts() == {(): 1}


@PAGES
def test_a_purge_does_not_reach_what_a_revision_only_claimed_to_replace(
    network: Network, beta: Node, peer: PeerSimulator, page_entries: int
) -> None:
    peer.page_entries = page_entries
    false = peer.revises(peer.adds(ROBBERY), SHOOTING, record_uid=b"u" * 16)
    peer.retracts(false, purge=True)
    assert pulls(network, beta, peer) == ["accepted", "purged", "retracted"]
    assert beta.counts("means") == {("robbery",): 1}


@PAGES
def test_what_was_refused_is_destroyed_too(
    network: Network, beta: Node, peer: PeerSimulator, page_entries: int
) -> None:
    peer.page_entries = page_entries
    unsound = peer.adds(SHOOTING, chains_as=lambda chains: (("2024", "2025-03"), *chains[1:]))
    peer.retracts(unsound, purge=True)
    assert pulls(network, beta, peer) == ["purged", "retracted"]


@PAGES
def test_a_record_that_comes_back_after_its_purge_counts_and_can_be_destroyed_again(
    network: Network, beta: Node, peer: PeerSimulator, page_entries: int
) -> None:
    peer.page_entries = page_entries
    stone = peer.retracts(peer.adds(SHOOTING), purge=True)
    again = peer.revises(stone, SHELLING)
    assert pulls(network, beta, peer) == ["purged", "retracted", "accepted"]
    assert beta.counts("means") == {("shelling",): 1}
    peer.retracts(again, purge=True)
    assert pulls(network, beta, peer) == ["purged", "retracted", "purged", "retracted"]
    assert beta.counts() == {(): 0}


def test_nothing_is_destroyed_behind_an_entry_that_is_withheld(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    first = peer.adds(SHOOTING)
    hidden = peer.withholds(ROBBERY)
    last = peer.revises(first, SHELLING, replaces=hidden.position)
    peer.retracts(last, purge=True)
    assert pulls(network, beta, peer) == ["accepted", "withheld", "purged", "retracted"]
