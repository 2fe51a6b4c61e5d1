"""Releases from the command line, and a script that verifies them and knows no Tocsin."""

import subprocess
import sys
from pathlib import Path

import pytest

from console.home import open_home
from tests.console.command_line import tocsin

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_release.py"
DECLARATION = """
name = "yearly"
version = 1
purpose = "statistics"
period = "year"
by = ["country"]
measures = ["incidents"]
revisions = ["07-01"]
public = ["country"]
aggregates = true
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    """A declaration as a file."""
    file = tmp_path / "yearly.toml"
    file.write_text(DECLARATION)
    return file


def verified(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, words)], capture_output=True, text=True, check=False
    )


def test_a_release_is_built_published_and_verified_without_tocsin(
    node: Path, cube: Path, tmp_path: Path
) -> None:
    key = open_home(node).identity(None).signing.public_key.hex()
    here = ("--home", node)

    assert tocsin("release", "declare", cube, "--by", "kb", *here).code == 0
    planned = tocsin("release", "plan", "yearly/1", "--format", "json", *here)
    assert {row["figure"] for row in planned.rows} == {"hidden"}  # one organization alone
    for number in (1, 2):
        assert tocsin("release", "build", "yearly/1", "--by", "kb", *here).code == 0
        assert tocsin("release", "audit", "yearly/1", *here).code == 0
        assert tocsin("release", "publish", "yearly/1", "--by", "KB", *here).code == 1
        published = tocsin("release", "publish", "yearly/1", "--by", "mo", "--out", tmp_path, *here)
        assert published.code == 0, published.err
        assert f"release {number}" in published.err
    assert tocsin("release", "diff", "yearly/1", 1, 2, "--format", "json", *here).rows == []

    first, second = (tmp_path / f"yearly-1-release-{number}.json" for number in (1, 2))
    found = verified(key, second, first)
    assert "Release 2 of alpha holds: 0 figures" in found.stdout, found.stderr
    assert verified(key, tmp_path / "yearly-1-release-2-public.json").returncode == 0
    assert verified("00" * 32, second).returncode != 0
    second.write_bytes(second.read_bytes().replace(b"eyJ", b"eyK", 1))
    assert verified(key, second).returncode != 0


def test_numbers_go_from_a_member_to_the_coordinator_and_to_nobody_else(
    network: tuple[Path, Path], cube: Path, tmp_path: Path
) -> None:
    alpha, beta = network
    numbers = tmp_path / "numbers.bin"
    give = ("release", "give", cube, "--to", "beta", "--home", alpha)
    assert tocsin("release", "declare", cube, "--by", "kb", "--home", beta).code == 0

    shown = tocsin(*give, "--format", "json")
    assert shown.rows
    assert tocsin("release", "given", "--format", "json", "--home", alpha).rows == []
    assert tocsin(*give, "--out", numbers).code == 2
    assert tocsin(*give, "--out", numbers, "--by", "kb").code == 0
    (left,) = tocsin("release", "given", "--format", "json", "--home", alpha).rows
    assert (left["to"], left["numbers"], left["by"]) == ("beta", len(shown.rows), "kb")

    taken = tocsin("release", "take", numbers, "--by", "mo", "--home", beta)
    assert f"Took {len(shown.rows)} numbers of alpha" in taken.err
    wrong = tocsin("release", "take", numbers, "--by", "mo", "--home", alpha)
    assert (wrong.code, "SEAL" in wrong.err) == (1, True)
    whole = numbers.read_bytes()
    for at in (0, 90, len(whole) - 1):
        numbers.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert tocsin("release", "take", numbers, "--by", "mo", "--home", beta).code == 1
    planned = tocsin("release", "plan", "yearly/1", "--format", "json", "--home", beta)
    assert {row["figure"] for row in planned.rows} == {"hidden"}


def test_a_wrong_declaration_is_refused_with_the_field(node: Path, cube: Path) -> None:
    cube.write_text(DECLARATION.replace('"country"', '"village"'))

    refused = tocsin("release", "declare", cube, "--by", "kb", "--home", node)

    assert (refused.code, "by: 'village' is none of country" in refused.err) == (1, True)
