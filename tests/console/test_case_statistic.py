"""Figures leave when one officer proposed them and another, an approver, released exactly that."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.console.command_line import tocsin

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_statistic.py"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOCSIN_OFFICER_PASSPHRASE", "")
    home = tmp_path / "office"
    tocsin("init", home, "--org", "first-aid", "--type", "INGO")
    for name, role in (("boss", "approver"), ("ann", "accountability_officer"), ("deputy", "approver")):
        line = tocsin("case", "officer", "new", name, "--role", role, "--home", home).out.strip()
        if line:
            tocsin(*line.split()[1:], "--home", home, "--as", "boss")
    opening = ("categories=detention", "host_state=CMR", "no_incident=not_recorded")
    tocsin("case", "open", *opening, "--home", home, "--as", "ann")
    return home


def statistic(home: Path, by: str, *words: str | Path) -> tuple[int, str]:
    ran = tocsin("case", "statistic", *words, "--home", home, "--as", by)
    return ran.code, ran.err


def test_one_proposes_and_another_releases_exactly_that(office: Path, tmp_path: Path) -> None:
    draft, out = tmp_path / "draft.json", tmp_path / "release.json"

    assert statistic(office, "ann", "--out", draft)[0] == 0
    assert statistic(office, "boss", "--approve", draft, "--out", out)[0] == 0

    assert json.loads(out.read_text())["payload"] == json.loads(draft.read_text())["payload"]
    key = (office / "keys" / "signing.pub.hex").read_text()
    checked = subprocess.run([sys.executable, SCRIPT, key, out], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_nobody_releases_what_they_proposed(office: Path, tmp_path: Path) -> None:
    draft, out = tmp_path / "draft.json", tmp_path / "release.json"
    statistic(office, "boss", "--out", draft)

    code, told = statistic(office, "boss", "--approve", draft, "--out", out)

    assert code == 1
    assert "[FOUR_EYES_NEEDED]" in told
    assert not out.exists()
    assert statistic(office, "deputy", "--approve", draft, "--out", out)[0] == 0


def test_a_draft_that_no_officer_signed_or_that_was_changed_is_refused(office: Path, tmp_path: Path) -> None:
    draft, out = tmp_path / "draft.json", tmp_path / "release.json"
    statistic(office, "ann", "--out", draft)
    plain = json.loads(draft.read_text())
    plain["payload"] = plain["payload"][:-8] + "AAAAAAA="
    draft.write_text(json.dumps(plain))

    assert "[STATISTIC_INVALID]" in statistic(office, "boss", "--approve", draft, "--out", out)[1]
    assert "[ROLE_NOT_ALLOWED]" in statistic(office, "ann", "--approve", draft, "--out", out)[1]
    assert not out.exists()
