"""The twenty questions of coordinators give the answers that the docs print, over the published data sets."""

import re
import shlex
from pathlib import Path

import pytest

from tests.console.command_line import tocsin

PAGE = (Path(__file__).parents[2] / "docs" / "questions.md").read_text()
PUBLISHED = {
    "awsd_security_incidents_2016-10-03.csv": (),
    "awsd_security_incidents_2025-12-18.csv": (),
    "ii_aid_worker_kika_2020-2024.json": ("--published", "2024-02-26"),
    "ii_attacks_on_health_care_2016-2023.xlsx": ("--published", "2024-02-26"),
    "shcc_2022_incident_data.xlsx": ("--published", "2024-02-26"),
}
OUTLOOK = (Path(__file__).parents[2] / "docs" / "outlook.md").read_text()
COMMAND = re.compile(r"^    \$ tocsin (.+)\n((?:    .*\n)*)", re.MULTILINE)


def ask(home: Path, words: str) -> list[str]:
    """Lines that a command prints, without the blanks that fill a column."""
    asked = tocsin(*shlex.split(words), TOCSIN_HOME=str(home))
    assert asked.code == 0, asked.err
    return [line.rstrip() for line in asked.lines]


def as_printed(found: list[str], shown: list[str]) -> list[str]:
    """What was found, with `...` where the page leaves lines out."""
    lines: list[str] = []
    for line in found:
        if line in shown:
            lines.append(line)
        elif lines[-1:] != ["..."]:
            lines.append("...")
    return lines if "..." in shown else found


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_question_gets_the_answer_that_the_page_prints(
    shared: Path, empty_node: Path, tmp_path: Path
) -> None:
    for name, more in PUBLISHED.items():
        assert tocsin("import", shared / "data" / "incidents" / name, *more, "--home", empty_node).code == 0
    own = tmp_path / "own.csv"
    own.write_text(PAGE.partition("```csv\n")[2].partition("```")[0])
    for words in re.findall(r"^    tocsin (.+)\n", PAGE, re.MULTILINE):
        ask(empty_node, words.replace("own.csv", str(own)))

    differing = {}
    for words, text in COMMAND.findall(PAGE + OUTLOOK):
        shown = [line.strip() if line.strip() == "..." else line[4:] for line in text.splitlines()]
        found = as_printed(ask(empty_node, words), shown)
        if found != shown:
            differing[words] = found
    assert differing == {}


def test_the_page_answers_every_question() -> None:
    assert re.findall(r"^## (Q[0-9]+)\. ", PAGE, re.MULTILINE) == [f"Q{number}" for number in range(1, 21)]
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    assert all(COMMAND.search(section) for section in sections)
