"""Private totals, and what else goes over the line, from the command line: what is refused says why."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin

pytestmark = pytest.mark.slow
DECLARATION = """
name = "killed-2025"
measure = "killed"
period = "2025"
areas = ["SSD"]
group = ["c1", "c2", "c3", "c4", "c5"]
closes = 2099-01-01T00:00:00Z
servers = ["alpha", "beta"]
"""


def test_what_can_not_be_declared_taken_or_given_says_why(network: tuple[Path, Path], tmp_path: Path) -> None:
    alpha, _ = network
    declared, nothing = tmp_path / "killed.toml", tmp_path / "nothing.share"
    declared.write_text(DECLARATION)
    nothing.write_bytes(b"nothing")
    few = tmp_path / "few.toml"
    few.write_text(DECLARATION.replace(', "c5"', ""))

    for words, reason in (
        (("total", "declare", declared, "--by", "kb"), "TOTAL_REFUSED"),  # alpha is not of the United Nations
        (("total", "declare", few, "--by", "kb"), "TOTAL_TOO_FEW"),
        (("total", "agree", "killed-2025", "--by", "kb"), "TOTAL_UNKNOWN"),
        (("total", "show", "killed-2025"), "TOTAL_UNKNOWN"),
        (("total", "give", "killed-2025", "--by", "kb"), "TOTAL_UNKNOWN"),
        (("total", "sum", "killed-2025"), "TOTAL_UNKNOWN"),
        (("total", "take", nothing), "TOTAL_REFUSED"),
        (("total", "fetch", "beta"), "can not be reached"),
        (("release", "asked", "beta"), "PEER_UNAVAILABLE"),
        (("release", "give", "yearly/1", "--to", "beta"), "PEER_UNAVAILABLE"),
        (("query", "--at", "127.0.0.1:1"), "PEER_UNAVAILABLE"),
    ):
        ran = tocsin(*words, "--home", alpha)
        assert (ran.code, reason in ran.err) == (1, True), (words, ran.err)
    for wrong in (
        ("query", "--at", "127.0.0.1:1", "--changes"),
        ("release", "give", "yearly/1", "--to", "beta", "--send"),
        ("release", "give", "yearly/1", "--to", "beta", "--send", "--out", tmp_path / "x", "--by", "kb"),
    ):
        assert tocsin(*wrong, "--home", alpha).code == 2, wrong
    assert tocsin("total", "list", "--home", alpha, "--format", "json").rows == []
