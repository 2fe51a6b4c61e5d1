"""`tocsin case letter` and `tocsin case report`, as an officer types them."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.console.command_line import Ran, tocsin

REPORTS = ("dossier", "timeline", "correction", "state", "worklist", "ageing", "yearly", "detention")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with one officer and one case of a detention."""
    folder = tmp_path_factory.mktemp("papers") / "node"
    assert tocsin("init", folder, "--org", "first-aid", "--type", "INGO").code == 0
    roles = ("--role", "accountability_officer", "--role", "country_focal_point")
    assert tocsin("case", "officer", "new", "ops-1", *roles, "--home", folder).code == 0
    office(folder, "open", "categories=detention", "host_state=CMR", "no_incident=not_recorded")
    person = ("person=P1", "harm=detained", "cause=violence", "staff=national", "name=Somebody Known")
    for words in (
        ("detention_started", "detention=D1", "persons=P1", "--when", "2026-02-20"),
        ("person_added", *person),
        ("registered",),
        ("counterpart_added", "counterpart=C1", "authority=foreign_ministry", "state=CMR"),
    ):
        office(folder, "act", case_name(folder), *words)
    return folder


def office(home: Path, *words: object) -> Ran:
    ran = tocsin("case", *words, "--home", home, "--as", "ops-1")
    assert ran.code == 0, ran.err
    return ran


def case_name(home: Path) -> str:
    return str(office(home, "list", "--format", "json").rows[0]["case"])


def arguments(home: Path, report: str) -> tuple[str, ...]:
    if report == "state":
        return ("--state", "CMR")
    return (case_name(home),) if report in REPORTS[:3] else ()


@pytest.mark.slow
@pytest.mark.parametrize("report", REPORTS)
def test_every_report_is_printed_in_every_form(home: Path, tmp_path: Path, report: str) -> None:
    shown = office(home, "report", report, *arguments(home, report), "--language", "ru")
    for form in ("csv", "html"):
        file = tmp_path / f"report.{form}"
        said = office(home, "report", report, *arguments(home, report), "--format", form, "--out", file)

        assert sha256(file.read_bytes()).hexdigest() in said.err
    assert shown.out.strip()
    assert "Somebody" not in shown.out + (tmp_path / "report.html").read_text()


def test_a_letter_is_written_with_the_digest_that_its_demarche_names(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "note.html"

    said = office(
        home,
        "letter",
        case_name(home),
        "--kind",
        "note_verbale",
        "--language",
        "fr",
        "--format",
        "html",
        "--out",
        file,
    )

    assert sha256(file.read_bytes()).hexdigest() in said.err
    assert "first-aid présente ses compliments" in file.read_text()
    assert "Somebody" not in file.read_text()
    named = office(home, "letter", case_name(home), "--names", "--sender", "First Aid")
    assert "Somebody Known" in named.out
    assert "First Aid presents its compliments" in named.out


def test_the_yearly_request_is_one_letter_to_a_state(home: Path) -> None:
    text = office(home, "letter", "--yearly", "--state", "CMR", "--language", "es").out

    assert "Solicitud anual" in text
    assert "Camerún" in text


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("letter",), "CASE"),
        (("letter", "--yearly"), "--state"),
        (("report", "state"), "--state"),
        (("report", "worklist", "--level", "partner"), "internal use only"),
        (("report", "worklist", "--language", "de"), "none of en, fr, es, ar, ru, zh"),
        (("report", "worklist", "--format", "svg"), "no picture"),
        (("report", "worklist", "--format", "pdf"), "--out"),
    ],
)
def test_what_is_missing_or_wrong_is_named(home: Path, words: tuple[str, ...], wrong: str) -> None:
    ran = tocsin("case", *words, "--home", home, "--as", "ops-1")

    assert ran.code != 0
    assert wrong in ran.err
    assert "Traceback" not in ran.err
