"""Whatever somebody sends or hands over, each reader takes it or refuses it by a name of ours."""

import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.kept import FOLDER, NASTY, kept
from tests.fuzz.messages import any_message, changed
from tests.fuzz.targets import MESSAGES, TARGETS, attack, kind_of

pytestmark = pytest.mark.slow
ROUNDS = 60
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("name", TARGETS)
def test_a_reader_takes_it_or_refuses_it(name: str) -> None:
    chance = Random(name)
    corpus = kept(name)
    for one in (*NASTY, *corpus):
        attack(name, one)
    for one in corpus:
        for _ in range(ROUNDS // 10):
            attack(name, changed(one, chance))


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_of_any_values_is_read_or_refused_and_so_is_what_a_line_makes_of_it(name: str) -> None:
    chance, kind, taken = Random(name), kind_of(name), 0
    for _ in range(ROUNDS):
        wire = any_message(kind, chance).SerializeToString(deterministic=True)
        taken += attack(name, wire)
        attack(name, changed(wire, chance))


def test_every_file_of_the_corpus_is_of_a_target() -> None:
    names = {name.replace(" ", "-") for name in TARGETS}
    assert {file.stem for file in FOLDER.glob("*.txt")} <= names


@pytest.mark.parametrize("name", ["exchange page", "publication", "records entry"])
def test_a_look_for_what_nobody_thought_of_finds_nothing(name: str, tmp_path: Path) -> None:
    """Some seconds for what strangers send most; hours are for a night: see CONTRIBUTING.md."""
    pytest.importorskip("atheris", reason="there is no atheris for this version of Python or this system")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, one in enumerate((*NASTY, *kept(name))):
        (corpus / str(number)).write_bytes(one)
    command = (
        sys.executable,
        "-m",
        "tests.fuzz.one",
        name,
        str(corpus),
        "-max_total_time=3",
        "-max_len=4096",
    )
    said = subprocess.run(
        (*command, f"-artifact_prefix={tmp_path}/"), cwd=ROOT, check=False, capture_output=True, text=True
    )

    assert said.returncode == 0, said.stderr[-3000:]
