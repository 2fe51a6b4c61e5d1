"""Fixtures of the adversary tests: what they attack stands before the database, so one kind of it is enough."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.support.network import Network, Node
from tests.support.peer_simulator import PeerSimulator


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    numbers = count(1)
    made = Network(lambda: f"sqlite:///{tmp_path / f'node-{next(numbers)}.db'}")
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
