"""The operator's handbook does what it says, line by line; and Sphinx makes pages of all docs, in every language."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from console.demo_nodes import free_ports

ROOT = Path(__file__).parent.parent
HANDBOOK = ROOT / "docs" / "handbook.md"
LANGUAGES = ("ar", "es", "fr", "ru", "zh_CN")  # beside English, in which it is written
PORTS = ("7543", "7643", "9543", "9643")

pytestmark = pytest.mark.slow


def commands() -> str:
    """Every command of the handbook, in its order, but for those that set up the checkout."""
    blocks = re.findall(r"^```sh\n(.*?)^```", HANDBOOK.read_text(), re.DOTALL | re.MULTILINE)
    return "".join(blocks[1:])


@pytest.mark.timeout(480)
def test_every_command_of_the_handbook_does_what_it_says(tmp_path: Path) -> None:
    script = commands()
    for port, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        assert port in script
        script = script.replace(port, str(free))
    (tmp_path / "practice").mkdir()
    prelude = f"set -euo pipefail\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\ncd {tmp_path}/practice\n"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    environment = inherited | {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with (tmp_path / "said").open("w+") as said:
        done = subprocess.run(
            ("bash", "-c", prelude + script),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env=environment,
        )
        said.seek(0)
        assert done.returncode == 0, said.read()[-4000:]
        said.seek(0)
        told = said.read()

    assert "SDN      2025          2       3" in told
    assert "Nobody who answered holds more of your log than there is here: go on." in told
    assert told.count("faults: none") == 2
    assert re.search(r"looked at, 0 bad\.\s*\Z", told)
    assert not (tmp_path / "practice").exists()


def test_all_docs_become_pages_without_a_warning(tmp_path: Path) -> None:
    """Written for none, as the builder that looks alone is ten times as quick as the one for HTML."""
    command = (sys.executable, "-m", "sphinx", "-q", "-W", "-b", "dummy", "-c", "docs", ".", str(tmp_path))
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)

    assert done.stderr == ""
    assert done.returncode == 0


@pytest.mark.parametrize("page", ["handbook", "index"])
def test_what_an_operator_reads_first_is_there_in_six_languages(page: str, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "sphinx", "-q", "-b", "gettext", "-c", "docs", ".", str(tmp_path))
    subprocess.run((*command, f"docs/{page}.md"), cwd=ROOT, check=True, capture_output=True)
    with (tmp_path / "docs" / f"{page}.pot").open("rb") as file:
        wanted = {message.id for message in read_po(file)}

    for language in LANGUAGES:
        with (ROOT / "docs" / "locale" / language / "LC_MESSAGES" / "docs" / f"{page}.po").open("rb") as file:
            found = {message.id: message.string for message in read_po(file) if message.string}
        assert found.keys() == wanted, language
        for text in wanted:
            code = re.findall(r"`[^`]+`|\]\([^)]+\)", str(text))
            assert all(one in found[text] for one in code), (language, text)
