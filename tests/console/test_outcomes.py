"""`tocsin outcomes` and `tocsin peer passed-on`, as people use them."""

from pathlib import Path

import pytest

from tests.console.command_line import tocsin
from tests.console.test_network import serving


@pytest.mark.slow
def test_outcomes_are_told_one_by_one_and_as_a_tree(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    assert tocsin("share", "--tier", "public", "--all", "--yes", "--home", alpha).code == 0
    before = tocsin("outcomes", "--format", "json", "--home", alpha).rows
    assert {row["outcome"] for row in before} == {"waiting"}

    with serving(alpha):
        assert tocsin("sync", "alpha", "--home", beta).code == 0
        entry = tocsin("peer", "records", "alpha", "--format", "json", "--home", beta).rows[0]["entry"]
        passed = tocsin("peer", "passed-on", entry, "--by", "mm", "--home", beta)
        assert (passed.code, "Written down" in passed.err) == (0, True)
        assert tocsin("sync", "alpha", "--home", beta).code == 0
    after = tocsin("outcomes", "--format", "json", "--home", alpha).rows
    assert {(row["outcome"], row["by"]) for row in after} == {("sent", "public")}
    assert all(row["confirmed"].endswith("UTC") for row in after)
    assert not tocsin("outcomes", "--only", "withheld", "--format", "json", "--home", alpha).rows
    tree = tocsin("outcomes", "--tree", "--format", "json", "--home", alpha).rows
    told = [row for row in tree if row["outcome"] == "passed on"]
    assert [(row["who has it"].strip(), row["by"]) for row in told] == [
        ("somebody outside the network", "beta says so")
    ]
    one = tocsin("outcomes", after[0]["record"], "--member", "beta", "--home", alpha)
    assert "outcomes: sent 1" in one.out


def test_what_can_not_be_told_or_passed_on_is_refused_with_its_reason(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    wrong = tocsin("outcomes", "--only", "failed", "--home", alpha)
    assert (wrong.code, "is none of" in wrong.err) == (2, True)
    for entry in ("alpha:0", "alpha", "alpha:x"):
        refused = tocsin("peer", "passed-on", entry, "--by", "mm", "--home", beta)
        assert (refused.code, "[PASSING_REFUSED]" in refused.err) == (1, True)
