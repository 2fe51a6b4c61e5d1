"""`tocsin request`, as the one who asks and the one who decides use it."""

from pathlib import Path

import pytest

from tests.console.command_line import copied, tocsin
from tests.console.test_network import serving


@pytest.fixture(scope="module")
def _pair(_networked: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("pair")
    alpha, beta = (copied(home, folder / home.name) for home in _networked)
    left = tocsin("share", "--tier", "public", "--where", "country=SOM", "--yes", "--home", alpha)
    assert left.code == 0
    with serving(alpha):
        assert tocsin("sync", "alpha", "--home", beta).code == 0
    return alpha, beta


@pytest.fixture
def pair(_pair: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """alpha, which has shared with the public, and beta, which has pulled that; the test may change them."""
    alpha, beta = (copied(home, tmp_path / home.name) for home in _pair)
    return alpha, beta


@pytest.mark.slow
def test_a_request_goes_from_asking_to_granting_to_revoking(pair: tuple[Path, Path]) -> None:
    alpha, beta = pair
    held = tocsin("peer", "records", "alpha", "--format", "json", "--home", beta).rows
    entry = held[0]["entry"]
    words = ("request", "send", entry, "--level", "when=month", "--by", "mm", "--note", "Planning a convoy.")
    refused = tocsin(*words, "--home", beta)
    assert (refused.code, "[TEXT_NOT_REVIEWED]" in refused.err) == (1, True)

    with serving(alpha):
        asked = tocsin(*words, "--reviewed", "--home", beta)
        assert (asked.code, "It was taken" in asked.err) == (0, True)
        (row,) = tocsin("request", "list", "--format", "json", "--home", alpha).rows
        assert (row["member"], row["wants"], row["note"]) == ("beta", "when month", "Planning a convoy.")
        request = row["request"][:8]
        shown = tocsin("request", "show", request, "--format", "json", "--home", alpha).rows
        when = next(one for one in shown if one["dimension"] == "when")
        assert when["they see now"] == when["they would see"][:4]
        assert when["we hold"].startswith(when["they would see"])
        granted = tocsin("request", "accept", request, "--by", "kb", "--home", alpha)
        assert (granted.code, "Granted to beta" in granted.err) == (0, True)
        assert tocsin("sync", "alpha", "--home", beta).code == 0
        (mine,) = tocsin("request", "sent", "--format", "json", "--home", beta).rows
        assert mine["state"] == "granted"
        seen = tocsin("peer", "records", "alpha", "--format", "json", "--home", beta).rows
        assert when["they would see"] in {one["when"] for one in seen}

        revoke = (
            "request",
            "revoke",
            request,
            "--by",
            "kb",
            "--because",
            "no_longer_needed",
            "--home",
            alpha,
        )
        assert tocsin(*revoke).code == 0
        again = tocsin(*revoke)
        assert (again.code, "[SHARE_REQUEST_STATE]" in again.err) == (1, True)
        assert tocsin("sync", "alpha", "--home", beta).code == 0
        (mine,) = tocsin("request", "sent", "--format", "json", "--home", beta).rows
        assert (mine["state"], mine["reason"]) == ("revoked", "no_longer_needed")
    done = tocsin("request", "show", request, "--history", "--format", "json", "--home", alpha).rows
    assert [one["did"] for one in done] == ["asked", "accept", "revoke"]
    assert tocsin("check", "--home", alpha).code == 0


@pytest.mark.slow
def test_more_than_the_policy_waits_for_a_second_person(pair: tuple[Path, Path]) -> None:
    alpha, beta = pair
    entry = tocsin("peer", "records", "alpha", "--format", "json", "--home", beta).rows[0]["entry"]
    with serving(alpha):
        asked = tocsin("request", "send", entry, "--level", "when=day", "--by", "mm", "--home", beta)
    assert asked.code == 0
    (row,) = tocsin("request", "list", "--format", "json", "--home", alpha).rows
    request = row["request"]

    first = tocsin("request", "accept", request, "--by", "kb", "--home", alpha)
    assert (first.code, "A second person has to agree" in first.err) == (0, True)
    (row,) = tocsin("request", "list", "--format", "json", "--home", alpha).rows
    assert row["state"] == "waits for a second person"
    alone = tocsin("request", "agree", request, "--by", "KB", "--home", alpha)
    assert (alone.code, "[SECOND_PERSON_NEEDED]" in alone.err) == (1, True)
    assert tocsin("request", "agree", request, "--by", "mo", "--home", alpha).code == 0


@pytest.mark.slow
def test_a_request_can_be_rejected_and_one_not_told_taken_back(pair: tuple[Path, Path]) -> None:
    alpha, beta = pair
    entry = tocsin("peer", "records", "alpha", "--format", "json", "--home", beta).rows[0]["entry"]
    asked = tocsin("request", "send", entry, "--by", "mm", "--home", beta)
    assert (asked.code, "told again at the next sync" in asked.err) == (0, True)
    (mine,) = tocsin("request", "sent", "--format", "json", "--home", beta).rows
    assert (mine["state"], mine["wants"]) == ("not told yet", "as the policy lets it")
    with serving(alpha):
        assert tocsin("sync", "alpha", "--home", beta).code == 0
    (row,) = tocsin("request", "list", "--format", "json", "--home", alpha).rows
    wrong = tocsin("request", "reject", row["request"], "--by", "kb", "--because", "no", "--home", alpha)
    assert (wrong.code, "[QUERY_INVALID]" in wrong.err) == (1, True)
    words = ("request", "reject", row["request"], "--by", "kb", "--because", "too_sensitive", "--home", alpha)
    assert tocsin(*words).code == 0

    assert tocsin("request", "send", entry, "--by", "mm", "--home", beta).code == 0
    untold = next(
        one
        for one in tocsin("request", "sent", "--format", "json", "--home", beta).rows
        if one["state"] == "not told yet"
    )
    assert tocsin("request", "cancel", untold["request"], "--home", beta).code == 0
    states = {one["state"] for one in tocsin("request", "sent", "--format", "json", "--home", beta).rows}
    assert states == {"asked", "cancelled"}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("send", "alpha:99999", "--by", "mm"), "QUERY_INVALID"),
        (("send", "17", "--by", "mm"), "QUERY_INVALID"),
        (("send", "alpha:0", "--by", "mm", "--level", "when=hour"), "QUERY_INVALID"),
        (("send", "alpha:0", "--by", "mm", "--for", "fun"), "QUERY_INVALID"),
        (
            ("send", "alpha:0", "--by", "mm", "--note", "write to a@example.org", "--reviewed"),
            "TEXT_REVEALS",
        ),
        (("accept", "abc", "--by", "kb"), "SHARE_REQUEST_UNKNOWN"),
        (("show", "abc"), "SHARE_REQUEST_UNKNOWN"),
        (("cancel", "abc"), "QUERY_INVALID"),
    ],
)
def test_what_can_not_be_asked_or_done_is_told_with_its_reason(
    pair: tuple[Path, Path], words: tuple[str, ...], reason: str
) -> None:
    ran = tocsin("request", *words, "--home", pair[1])
    assert (ran.code, f"[{reason}]" in ran.err) == (1, True)
