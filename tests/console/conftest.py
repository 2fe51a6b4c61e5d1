"""A node with a few made-up incidents, and an empty one."""

import shutil
from pathlib import Path

import pytest

from console.generator import PUBLISHED_ON, generate
from tests.console.command_line import tocsin

INCIDENTS = 200


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
    return shutil.copytree(_loaded, tmp_path / "node")


@pytest.fixture(scope="session")
def _empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty") / "node"
    assert tocsin("init", home, "--org", "beta", "--type", "NNGO").code == 0
    return home


@pytest.fixture
def empty_node(_empty: Path, tmp_path: Path) -> Path:
    """Folder of a node that holds nothing yet; the test may change it."""
    return shutil.copytree(_empty, tmp_path / "beta")
