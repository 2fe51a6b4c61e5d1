"""`tocsin audience`, as a security focal point uses it."""

from pathlib import Path

import pytest

from tests.console.command_line import Ran, tocsin
from tests.console.test_network import serving


@pytest.fixture
def alpha(network: tuple[Path, Path]) -> Path:
    """A node that holds records, in a network with beta."""
    return network[0]


def audience(home: Path, *words: object) -> Ran:
    return tocsin("audience", *words, "--home", home)


@pytest.mark.slow
def test_an_audience_is_made_shared_with_and_left(alpha: Path, network: tuple[Path, Path]) -> None:
    beta = network[1]
    made = audience(alpha, "new", "forum", "--by", "kb", "--hidden")
    assert (made.code, "Nobody belongs to it yet" in made.err) == (0, True)
    held = tocsin("share", "--audience", "forum", "--all", "--yes", "--format", "json", "--home", alpha)
    assert held.rows[0]["released"] == 0

    joined = audience(alpha, "add", "forum", "beta", "--back-fill", "none", "--by", "kb", "--format", "json")
    assert joined.rows == [{"released": 0, "called back": 0, "held": 0, "unchanged": 0}]
    left = tocsin("share", "--audience", "forum", "--all", "--yes", "--format", "json", "--home", alpha)
    assert left.rows[0]["released"] > 0
    shown = audience(alpha, "show", "forum", "--format", "json").rows
    assert [(row["member"], row["state"], row["back-fill"], row["decided by"]) for row in shown] == [
        ("beta", "belongs", "none", "kb")
    ]

    with serving(alpha):
        assert tocsin("sync", "alpha", "--home", beta).code == 0
    mine = audience(beta, "mine", "--format", "json").rows
    assert [(row["owner"], row["audience"], row["members"]) for row in mine] == [
        ("alpha", "forum", "not shown")
    ]

    previewed = audience(alpha, "remove", "forum", "beta", "--by", "kb", "--dry-run")
    assert "this was a preview" in previewed.out
    gone = audience(alpha, "remove", "forum", "beta", "--by", "kb", "--yes", "--format", "json")
    assert gone.rows[0]["called back"] == left.rows[0]["released"]
    history = audience(alpha, "show", "forum", "--history", "--format", "json").rows
    assert [(row["version"], row["joined"], row["left"]) for row in history] == [
        (1, "", ""),
        (2, "beta (old records: none)", ""),
        (3, "", "beta"),
    ]
    assert tocsin("check", "--home", alpha).code == 0
    assert tocsin("check", "--home", beta).code == 0


def test_an_audience_of_a_tier_starts_with_all_who_are_in_it(alpha: Path) -> None:
    assert audience(alpha, "new", "peers", "--tier", "peer", "--by", "kb").out.split() == ["member", "beta"]
    (row,) = audience(alpha, "list", "--format", "json").rows
    assert (row["audience"], row["members"], row["from tier"], row["countries"]) == (
        "peers",
        1,
        "peer",
        "all",
    )
    assert audience(alpha, "hide", "peers", "--by", "kb").code == 0
    (row,) = audience(alpha, "list", "--format", "json").rows
    assert (row["members see each other"], row["version"]) == ("no", 2)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("new", "Bad Name", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("new", "x-forum", "--member", "nobody", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("new", "x-forum", "--country", "XXX", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("new", "x-forum", "--tier", "all", "--by", "kb"), "QUERY_INVALID"),
        (("new", "x-forum", "--for", "fun", "--by", "kb"), "QUERY_INVALID"),
        (("new", "there", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("add", "there", "nobody", "--back-fill", "all", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("add", "there", "beta", "--back-fill", "some", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("add", "gone", "beta", "--back-fill", "all", "--by", "kb"), "AUDIENCE_UNKNOWN"),
        (("remove", "there", "beta", "--by", "kb"), "AUDIENCE_REFUSED"),
        (("show", "gone"), "AUDIENCE_UNKNOWN"),
    ],
)
def test_what_can_not_be_done_is_told_with_its_reason(
    alpha: Path, words: tuple[str, ...], reason: str
) -> None:
    assert audience(alpha, "new", "there", "--by", "kb").code == 0

    ran = audience(alpha, *words)

    assert ran.code == 1
    assert f"[{reason}]" in ran.err


def test_joining_without_a_decision_about_old_records_is_no_joining(alpha: Path) -> None:
    assert audience(alpha, "new", "there", "--by", "kb").code == 0
    ran = audience(alpha, "add", "there", "beta", "--by", "kb")
    assert (ran.code, "--back-fill" in ran.err) == (2, True)


def test_sharing_with_an_audience_that_is_not_there_is_refused(alpha: Path) -> None:
    ran = tocsin("share", "--audience", "gone", "--all", "--yes", "--home", alpha)
    assert (ran.code, "[AUDIENCE_UNKNOWN]" in ran.err) == (1, True)
