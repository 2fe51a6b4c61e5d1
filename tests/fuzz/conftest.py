"""A network whose nodes are called with bytes that nobody's client would send."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.network import Network


@pytest.fixture
def network(new_sqlite_url: Callable[[], str]) -> Iterator[Network]:
    """An empty network."""
    made = Network(new_sqlite_url)
    yield made
    made.close()
