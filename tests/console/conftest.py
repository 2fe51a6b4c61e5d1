"""A node with a few made-up incidents, an empty one, and both in a network: made once, and copied for every test."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from console.demo_nodes import free_ports
from console.generator import PUBLISHED_ON, generate
from crypto.keyfile import MIN_COST, save_key
from tests.console.command_line import copied, joins, tocsin

INCIDENTS = 200


@pytest.fixture(scope="module", autouse=True)
def _keys_open_quickly() -> Iterator[None]:
    """A key file says itself what opening it costs, so that the least that is allowed changes nothing else."""
    with patch.object(save_key, "__defaults__", (MIN_COST,)):
        yield


@pytest.fixture(scope="session")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up publication that tells its day by its name."""
    file = tmp_path_factory.mktemp("publication") / f"made-up_{PUBLISHED_ON}.csv"
    file.write_bytes(generate(seed=7, incidents=INCIDENTS))
    return file


@pytest.fixture(scope="session")
def _loaded(tmp_path_factory: pytest.TempPathFactory, publication: Path) -> Path:
    home = tmp_path_factory.mktemp("loaded") / "node"
    assert tocsin("init", home, "--org", "alpha", "--type", "INGO").code == 0
    assert tocsin("import", publication, "--home", home).code == 0
    return home


@pytest.fixture
def node(_loaded: Path, tmp_path: Path) -> Path:
    """Folder of a node that holds the publication; the test may change it."""
    return copied(_loaded, tmp_path / "node")


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty") / "node"
    assert tocsin("init", home, "--org", "beta", "--type", "NNGO").code == 0
    return home


@pytest.fixture
def empty_node(_empty: Path, tmp_path: Path) -> Path:
    """Folder of a node that holds nothing yet; the test may change it."""
    return copied(_empty, tmp_path / "beta")


@pytest.fixture(scope="session")
def _networked(tmp_path_factory: pytest.TempPathFactory, _loaded: Path, _empty: Path) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("networked")
    alpha, beta = copied(_loaded, folder / "alpha"), copied(_empty, folder / "beta")
    settings = alpha / "tocsin.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1:7443", f"127.0.0.1:{free_ports(1)[0]}"))
    request = folder / "beta.req"
    made = [
        founded := tocsin("peer", "found", "testnet", "--home", alpha),
        tocsin("peer", "request", "--out", request, "--endpoint", "127.0.0.1:1", "--home", beta),
        tocsin("peer", "admit", request, "--yes", "--home", alpha),
        joins(alpha, beta, founded.out.strip()),
    ]
    assert [ran.code for ran in made] == [0] * 4
    return alpha, beta


@pytest.fixture
def network(_networked: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """(alpha, which holds records and founded the network; beta, which has joined it); the test may change them."""
    alpha, beta = (copied(home, tmp_path / home.name) for home in _networked)
    return alpha, beta
