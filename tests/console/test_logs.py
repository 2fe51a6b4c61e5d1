"""`tocsin log`, as people use it, and the script for who has nothing of Tocsin."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.console.command_line import tocsin
from tests.console.test_network import serving

SCRIPT = Path(__file__).parents[2] / "docs" / "verify_record.py"


def script(*words: object) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", SCRIPT, *map(str, words)], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_a_record_is_proven_and_verified_by_members_and_by_anybody(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, beta = network
    assert tocsin("share", "--tier", "public", "--all", "--yes", "--home", alpha).code == 0
    leaving = tocsin("outcomes", "--format", "json", "--home", alpha).rows
    record, file = leaving[0]["record"], tmp_path / "one.tlog-proof"

    proved = tocsin("log", "prove", record, "--by", "kb", "--out", file, "--home", alpha)
    printed = tocsin("log", "prove", record, "--by", "kb", "--home", alpha)
    keys = proved.err.splitlines()[-1].split()[3:]
    (mine, *_) = tocsin("log", "show", "--format", "json", "--home", alpha).rows
    verified = tocsin("log", "verify", file, "--format", "json", "--home", beta)
    by_key = tocsin("log", "verify", file, "--signing-key", keys[0], "--log-key", keys[1])

    assert (proved.code, printed.out) == (0, file.read_text())
    assert (mine["log"], mine["entries"], mine["waiting"]) == ("alpha", len(leaving), 0)
    told = {row["what"]: row["value"] for row in verified.rows}
    assert (told["organization"], told["label"], told["of entries"]) == ("alpha", "CLEAR", len(leaving))
    assert told["root"] == mine["root"]
    assert by_key.code == 0
    code, said = script(file, *keys)
    assert (code, f"where: {told['where']}" in said) == (0, True)
    for wrong in ((file, keys[1], keys[0]), (tmp_path, *keys), (file, *keys[:1])):
        code, said = script(*wrong)
        assert (code, said.startswith("REFUSED: "), "Traceback" in said) == (1, True, False)
    assert [row["record"] for row in tocsin("log", "given", "--format", "json", "--home", alpha).rows] == [
        record
    ] * 2

    with serving(alpha):
        assert tocsin("sync", "--home", beta).code == 0
        entry = tocsin("peer", "records", "alpha", "--format", "json", "--home", beta).rows[0]["entry"]
        passed = tocsin("log", "prove", entry, "--by", "mm", "--out", tmp_path / "two", "--home", beta)
        assert (passed.code, script(tmp_path / "two", *keys)[0]) == (0, 0)
        assert tocsin("share", "--call-back", record, "--yes", "--home", alpha).code == 0
        assert tocsin("sync", "--home", beta).code == 0
    ended = tocsin("log", "verify", file, "--home", beta)
    assert (ended.code, "[RECORD_ENDED]" in ended.err, "called back" in ended.out) == (1, True, True)
    rows = tocsin("log", "show", "--format", "csv", "--home", beta)
    assert [line.partition(",")[0] for line in rows.lines] == ["log", "beta", "alpha"]


def test_what_can_not_be_proven_or_verified_is_refused_with_its_reason(node: Path, tmp_path: Path) -> None:
    file = tmp_path / "none"
    file.write_bytes(b"none")
    for words, reason in (
        (("prove", "made-up:nobody", "--by", "kb"), "QUERY_INVALID"),
        (("prove", "made-up:nobody", "--by", "kb", "--to", "nobody"), "QUERY_INVALID"),
        (("verify", file), "PROOF_INVALID"),
        (("verify", tmp_path / "absent"), "FILE_UNREADABLE"),
    ):
        refused = tocsin("log", *words, "--home", node)
        assert (refused.code, f"[{reason}]" in refused.err) == (1, True), refused.err
    assert tocsin("log", "given", "--home", node).code == 0


@pytest.mark.slow
def test_a_node_that_serves_signs_each_slot_and_a_bundle_the_one_in_which_it_is_written(
    network: tuple[Path, Path], tmp_path: Path
) -> None:
    alpha, beta = network
    slots = {"TOCSIN_LOG_SLOT_SECONDS": "1", "TOCSIN_LOG_PADDING": "3"}
    shared = tocsin("share", "--tier", "public", "--all", "--yes", "--home", alpha, **slots)
    assert (shared.code, "with the next checkpoint" in shared.err) == (0, True)
    (mine, *_) = tocsin("log", "show", "--format", "json", "--home", alpha).rows
    assert (mine["entries"], mine["waiting"] > 100) == (0, True)
    time.sleep(1)
    bundle = tocsin("bundle", "write", tmp_path / "b", "--to", "beta", "--home", alpha, **slots)
    assert bundle.code == 0

    with serving(alpha, **slots):
        before = tocsin("log", "show", "--format", "json", "--home", alpha).rows[0]
        time.sleep(2.5)
        after = tocsin("log", "show", "--format", "json", "--home", alpha).rows[0]
        synced = tocsin("sync", "--format", "json", "--home", beta).rows[0]

    assert before["entries"] >= mine["waiting"]
    assert after["entries"] - before["entries"] in {6, 9}
    assert after["entries"] % 3 == after["waiting"] == 0
    assert after["checkpoint"] > before["checkpoint"]
    assert (synced["accepted"], synced["withheld"] >= 6) == (mine["waiting"], True)
    assert tocsin("check", "--home", alpha).code == tocsin("check", "--home", beta).code == 0
