"""CW-20: a release of figures is verified by a program that is not ours; a later one adds or openly corrects."""

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from casework.errors import ReleaseError
from casework.figures.facts import Facts
from casework.figures.indicators import Scope, measure
from casework.figures.release import (
    STATISTIC_TYPE,
    Correction,
    Counted,
    Statistic,
    compose,
    contribution,
    read_statistic,
    salt_of,
    verify_statistic,
    write_statistic,
)
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from tests.casework.figures.test_cw_15_indicators import case, letter

SIGNER = Signer(bytes(32))
DAYS = (date(2026, 1, 1), date(2026, 1, 1))
LATER = (date(2026, 6, 1), date(2026, 6, 1))
SCRIPT = Path(__file__).parents[3] / "docs" / "verify_statistic.py"


def release(cases: Sequence[Counted], before: Statistic | None = None) -> Statistic:
    lines = measure([one.facts for one in cases], Scope(date(2026, 6, 1)))
    known = (before, write_statistic(before)) if before else None
    return compose("first-aid", date(2026, 6, 2), LATER if before else DAYS, lines, cases, known)


def counted(number: int, now: Facts, before: Facts | None = None) -> Counted:
    return Counted(now, before, salt_of(bytes([number]) * 32))


QUIET, ANSWERED = case(), case(demarches=(letter("2025-01-01", "2025-02-01", "A"),))


@pytest.fixture
def first() -> Statistic:
    return release([counted(1, QUIET), counted(2, ANSWERED)])


@pytest.fixture
def second(first: Statistic) -> Statistic:
    return release([counted(1, ANSWERED, QUIET), counted(2, ANSWERED, ANSWERED), counted(3, QUIET)], first)


def test_a_later_release_adds_cases_and_names_what_it_corrects(first: Statistic, second: Statistic) -> None:
    assert second.commitments[:2] == first.commitments
    assert len(second.commitments) == 4
    assert second.corrections == (Correction(0, 2),)
    assert [one.name for one in second.changed if one.indicator == "I2"] == ["any reply"]
    verify_statistic(second, first, write_statistic(first))


def test_a_case_that_no_longer_counts_is_corrected_to_nothing(first: Statistic) -> None:
    later = release([counted(2, ANSWERED, ANSWERED)], first)

    assert later.corrections == (Correction(0, None),)


def test_nothing_new_changes_nothing(first: Statistic) -> None:
    again = release([counted(1, QUIET, QUIET), counted(2, ANSWERED, ANSWERED)], first)

    assert (again.commitments, again.corrections, again.changed) == (first.commitments, (), ())


def test_the_passing_of_days_is_no_correction(first: Statistic) -> None:
    overdue = replace(QUIET, next_action=False)

    assert release([counted(1, overdue, QUIET), counted(2, ANSWERED, ANSWERED)], first).corrections == ()


def test_equal_cases_have_different_commitments(first: Statistic) -> None:
    same = release([counted(1, QUIET), counted(2, QUIET)])

    assert len(set(same.commitments)) == 2
    assert first.root != same.root


@pytest.mark.parametrize(
    "break_it",
    [
        lambda two: replace(two, commitments=two.commitments[1:], corrections=()),
        lambda two: replace(two, commitments=(bytes(32), *two.commitments[1:])),
        lambda two: replace(two, previous="0" * 64),
        lambda two: replace(two, number=3),
        lambda two: replace(two, organization="another"),
        lambda two: replace(two, corrections=(Correction(0, 2), Correction(0, 3))),
        lambda two: replace(two, corrections=(Correction(2, 0),)),
        lambda two: replace(two, corrections=(Correction(0, 9),)),
    ],
)
def test_what_does_not_follow_is_refused(
    first: Statistic, second: Statistic, break_it: Callable[[Statistic], Statistic]
) -> None:
    with pytest.raises(ReleaseError):
        verify_statistic(break_it(second), first, write_statistic(first))


def test_a_correction_is_never_taken_back(second: Statistic) -> None:
    third = replace(release([counted(1, ANSWERED, ANSWERED)], second), corrections=())

    with pytest.raises(ReleaseError, match="takes a correction back"):
        verify_statistic(third, second, write_statistic(second))


def test_a_release_is_read_as_it_was_written(second: Statistic) -> None:
    assert read_statistic(write_statistic(second)) == second


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"\xff", b'{"commitments": ["00"]}'])
def test_what_is_no_release_is_refused(text: bytes) -> None:
    with pytest.raises(ReleaseError):
        read_statistic(text)


def test_a_root_of_other_commitments_is_refused(first: Statistic) -> None:
    fields = json.loads(write_statistic(first))
    fields["commitments"][0] = "0" * 64

    with pytest.raises(ReleaseError, match="root"):
        read_statistic(json.dumps(fields).encode())


def write_file(path: Path, payload: bytes, signer: Signer = SIGNER) -> str:
    envelope = sign_envelope(signer, STATISTIC_TYPE, payload)
    signature = {"sig": base64.b64encode(envelope.signatures[0].sig).decode()}
    plain = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": STATISTIC_TYPE,
        "signatures": [signature],
    }
    path.write_text(json.dumps(plain))
    return str(path)


def verify(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), SIGNER.public_key.hex(), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_documented_script_verifies_releases_and_an_opening(
    first: Statistic, second: Statistic, tmp_path: Path
) -> None:
    one = write_file(tmp_path / "1.json", write_statistic(first))
    two = write_file(tmp_path / "2.json", write_statistic(second))
    opening = tmp_path / "opening.json"
    opening.write_text(
        json.dumps({"salt": salt_of(bytes([1]) * 32).hex(), "contribution": contribution(ANSWERED).decode()})
    )

    done = verify(two, one, str(opening))

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "Release 2 of first-aid holds: 3 cases.\n"


def test_the_documented_script_refuses_what_does_not_hold(
    first: Statistic, second: Statistic, tmp_path: Path
) -> None:
    one = write_file(tmp_path / "1.json", write_statistic(first))
    dropped = replace(second, commitments=second.commitments[1:], corrections=())
    shorter = write_file(tmp_path / "2.json", write_statistic(dropped))
    forged = write_file(tmp_path / "3.json", write_statistic(second), Signer(bytes([1]) * 32))

    assert "something was dropped" in verify(shorter, one).stderr
    assert "BadSignatureError" in verify(forged).stderr
