"""A whole case from the command line, as its officers would go through it: every step is one verb."""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from casework.vocabulary import kinds
from console.cli.main import command_line
from console.verbs import GROUPS, VERBS, Verb
from tests.console.command_line import Ran, tocsin

ROLES = {
    "boss": "approver",
    "ops": "accountability_officer",
    "focal": "country_focal_point",
    "law": "legal_adviser",
}
Work = Callable[..., Ran]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with one officer of each role that a case needs."""
    home = tmp_path_factory.mktemp("node")
    assert tocsin("init", home, "--org", "aid-a", "--type", "INGO").code == 0
    for name, role in ROLES.items():
        made = tocsin("case", "officer", "new", name, "--role", role, "--home", home)
        assert made.code == 0
        if made.out:
            assert tocsin(*made.out.split()[1:], "--as", "boss", "--home", home).code == 0
    return home


@pytest.fixture
def work(node: Path) -> Work:
    """Do something as an officer; what must work fails loudly."""

    def run(officer: str, *words: object, refused: bool = False) -> Ran:
        ran = tocsin("case", *words, "--as", officer, "--home", node)
        assert (ran.code != 0) is refused, ran.err
        return ran

    return run


@pytest.fixture
def opened(work: Work) -> str:
    """A detention of which the focal point and the owner hold the keys."""
    ran = work(
        "focal", "open", "categories=detention", "host_state=CMR", "owner=ops", "no_incident=not_recorded"
    )
    found = re.search(r"Opened case (\S+)", ran.err)
    assert found is not None
    case = found[1]
    work(
        "focal", "person", "add", case, "--harm", "detained", "--cause", "violence", "--name", "Withheld Here"
    )
    work("focal", "detention", "start", case, "--persons", "P1")
    work("focal", "register", case)
    return case


def timeline(work: Work, case: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = work("ops", "timeline", case, "--format", "json").rows
    return rows


def test_a_detention_goes_from_opening_to_the_government_s_answer(
    work: Work, opened: str, tmp_path: Path
) -> None:
    note = tmp_path / "note.pdf"
    note.write_bytes(b"a note verbale")
    assert (
        "Counterpart C1"
        in work("ops", "counterpart", "add", opened, "--authority", "foreign_ministry", "--state", "CMR").err
    )
    sent = work("ops", "demarche", "send", opened, "--kind", "note_verbale", "--document", note)
    assert "Letter sent L1." in sent.err
    assert "Waiting for the government" in sent.err
    assert sha256(b"a note verbale").hexdigest() in timeline(work, opened)[-1]["details"]

    assert "Answer received A1." in work("ops", "demarche", "acknowledge", opened).err
    assert "Letter sent L2." in work("ops", "demarche", "remind", opened, "document=" + "0" * 64).err
    assert timeline(work, opened)[-1]["details"].count("reminder_of L1") == 1
    assert timeline(work, opened)[-1]["details"].count("counterpart C1") == 1
    assert "The government has answered" in work("ops", "demarche", "answer", opened, "--letter", "L2").err
    work("ops", "demarche", "grade", opened, "--answer", "A2", "--grade", "B")

    clocks = {
        row["clock"]: row["state"] for row in work("ops", "clocks", opened, "--all", "--format", "json").rows
    }
    assert {key: clocks[key] for key in ("D1", "D2", "D4:L1", "D5:L1", "D5:A2:grade")} == dict.fromkeys(
        ("D1", "D2", "D4:L1", "D5:L1", "D5:A2:grade"), "met"
    )
    assert "D3:D1:medical:1" in {
        row["clock"] for row in work("ops", "due", "--week", "--format", "json").rows
    }


def test_what_is_missing_is_named_with_its_codes_and_nothing_is_written(work: Work, opened: str) -> None:
    before = timeline(work, opened)
    ran = work("ops", "demarche", "send", opened, refused=True)

    assert "kind: is missing; choose one of note_verbale" in ran.err
    assert "also missing: counterpart, document" in ran.err
    assert (
        "grade: "
        in work("ops", "demarche", "grade", opened, "--answer", "A1", "--grade", "F", refused=True).err
    )
    assert (
        "document: 'nowhere.pdf' can not be read"
        in work(
            "ops", "demarche", "send", opened, "--kind", "letter", "--document", "nowhere.pdf", refused=True
        ).err
    )
    assert "has no such field" in work("ops", "note", opened, "words=x", refused=True).err
    assert timeline(work, opened) == before


def test_a_clock_is_waived_by_its_name_and_one_that_does_not_run_is_refused(work: Work, opened: str) -> None:
    assert (
        "these do: "
        in work("ops", "clock", "waive", opened, "--clock", "D9:J1", "--reason", "x", refused=True).err
    )
    work("ops", "clock", "waive", opened, "--clock", "D3:D1:medical:1", "--reason", "seen by a doctor")

    rows = work("ops", "clocks", opened, "--all", "--format", "json").rows
    assert [(row["state"], row["reason"]) for row in rows if row["clock"] == "D3:D1:medical:1"] == [
        ("waived", "seen by a doctor")
    ]


def test_a_planned_action_is_done_by_its_short_name(work: Work, opened: str) -> None:
    work("ops", "task", "set", opened, "--task", "Call the ministry", "--due", "2099-01-01")
    named = next(
        row["clock"]
        for row in work("ops", "clocks", opened, "--format", "json").rows
        if row["clock"].startswith("task")
    )
    work("ops", "task", "done", opened, "--planned", named)

    rows = work("ops", "clocks", opened, "--all", "--format", "json").rows
    assert [row["state"] for row in rows if row["clock"] == named] == ["met"]


def test_the_calendar_is_written_to_a_file(work: Work, opened: str, tmp_path: Path) -> None:
    out = tmp_path / "case.ics"
    work("ops", "calendar", "--out", out)

    text = out.read_text()
    assert f"SUMMARY:{opened} D3" in text
    assert "Withheld" not in text
    assert "out: " in work("ops", "calendar", "--out", tmp_path / "none" / "x.ics", refused=True).err


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: " ".join(verb.words))
def test_every_verb_names_a_kind_and_fields_that_exist(verb: Verb) -> None:
    fields = kinds()[verb.kind].fields
    fixed, new = verb.fixed, verb.new.partition(":")[0]
    assert fixed.keys() <= fields.keys()
    assert not new or new in fields


def test_every_verb_stands_in_one_place_and_every_kind_has_one() -> None:
    without = {"opened", "released", "erasure_proposed", "erased"}

    assert len({verb.words for verb in VERBS}) == len(VERBS)
    assert {verb.words[0] for verb in VERBS if len(verb.words) > 1} == {*GROUPS, "evidence"}
    assert without.isdisjoint(verb.kind for verb in VERBS)


def test_the_help_of_a_verb_names_every_field_with_its_codes() -> None:
    text = " ".join(tocsin("case", "demarche", "send", "--help", COLUMNS="80").out.split())

    for field in kinds()["letter_sent"].fields.values():
        assert f"--{field.name.replace('_', '-')} " in text
    assert "note_verbale, letter, meeting" in text


def nested() -> Iterator[tuple[str, ...]]:
    case = command_line().commands["case"]
    for name, command in case.commands.items():
        yield from ((name, inner) for inner in getattr(command, "commands", {}))


@pytest.mark.parametrize("words", tuple(nested()), ids=" ".join)
def test_the_help_of_every_verb_fits_the_terminal(words: tuple[str, ...]) -> None:
    helped = tocsin("case", *words, "--help", COLUMNS="80")

    assert helped.code == 0
    assert max(map(len, helped.lines)) <= 80


@pytest.mark.slow
def test_at_a_terminal_one_is_asked_for_what_is_missing_and_for_nothing_else(
    work: Work, node: Path, opened: str, tmp_path: Path
) -> None:
    work("ops", "counterpart", "add", opened, "--authority", "police", "--state", "CMR")
    note = tmp_path / "note.pdf"
    note.write_bytes(b"x")
    ours, theirs = pty.openpty()
    os.write(ours, f"nonsense\nletter\n{note}\n".encode())
    words = [sys.executable, "-m", "console.cli.main", "case", "demarche", "send", opened, "--as", "ops"]
    ran = subprocess.run(
        [*words, "--home", str(node)],
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "TOCSIN_OFFICER_PASSPHRASE": ""},
        check=False,
    )
    os.close(ours)
    os.close(theirs)

    assert ran.returncode == 0, ran.stderr
    assert "note_verbale: Note verbale" in ran.stderr
    assert "'nonsense' does not fit" in ran.stderr
    assert "Letter sent L1." in ran.stderr
    assert "Addressee" not in ran.stderr


def test_closing_needs_another_person_and_reopening_a_new_fact(work: Work, opened: str) -> None:
    work("focal", "grant", opened, "boss", "--right", "read", "--right", "write", "--reason", "approves")
    work("ops", "close", "propose", opened, "--reason", "released", "--proof", "seen")
    assert (
        "closed belongs to approver"
        in work("ops", "close", "agree", opened, "--informed", "family", refused=True).err
    )
    assert "whom of those affected was informed" in work("boss", "close", "agree", opened, refused=True).err
    assert "Closed" in work("boss", "close", "agree", opened, "--informed", "family").err

    refused = work("ops", "note", opened, "--text", "one more", refused=True).err
    assert "note is not possible while a case is closed; possible for you: reopened" in refused
    assert "fact: is missing" in work("ops", "reopen", opened, "--reason", "new_fact", refused=True).err
    assert "Reopened" in work("ops", "reopen", opened, "--reason", "new_fact", "--fact", "a witness").err
