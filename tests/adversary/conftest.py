"""Fixtures of the adversary tests: what they attack stands before the database, so one kind of it is enough."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.network import Network, Node
from tests.support.peer_simulator import PeerSimulator


@pytest.fixture
def network(new_sqlite_url: Callable[[], str]) -> Iterator[Network]:
    """A network without members yet."""
    made = Network(new_sqlite_url)
    yield made
    made.close()


@pytest.fixture
def beta(network: Network) -> Node:
    """The node that is being lied to."""
    return network.node("beta")


@pytest.fixture
def peer(network: Network) -> PeerSimulator:
    """A member with an empty log, sound until a test says otherwise."""
    made = PeerSimulator()
    network.admit(made.member)
    return made
