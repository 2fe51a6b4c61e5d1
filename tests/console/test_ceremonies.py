"""The keys of a network through their life, with the commands of the page that people follow."""

import json
from pathlib import Path

import pytest

from tests.console.command_line import Ran, tocsin

KEEPERS = 5
NEEDED = 3


def keeper(folder: Path, number: int) -> tuple[Path, str]:
    """A keeper's stick, and the public half of what is on it."""
    stick = folder / f"keeper-{number}.key"
    made = tocsin("directory", "key", stick)
    assert made.code == 0, made.err
    return stick, made.out.strip()


def signed(draft: Path, *sticks: Path) -> Ran:
    """Let keepers sign at the node of a member, or where there is none; gives what the last one read."""
    home = draft.parent / "alpha"
    told = [tocsin("directory", "sign", draft, "--key", stick, "--yes", "--home", home) for stick in sticks]
    assert {ran.code for ran in told} == {0}, told[-1].err
    return told[-1]


def joined(draft: Path, *homes: Path, fingerprint: str = "") -> list[Ran]:
    """Let everybody take a file over."""
    known = ("--fingerprint", fingerprint) if fingerprint else ()
    done = [tocsin("peer", "join", draft, *known, "--home", home) for home in homes]
    assert [ran.code for ran in done] == [0] * len(homes), [ran.err for ran in done]
    return done


def keys(home: Path, use: str) -> dict[str, tuple[str, str]]:
    """Keys of members for one use, as `directory show` lists them: whose, and what became of each."""
    rows = tocsin("directory", "show", "--home", home, "--format", "json").rows
    return {row["key"]: (row["whose"], row["state"]) for row in rows if row["for"] == use}


def test_a_draft_is_signed_only_by_those_who_may_and_is_in_force_only_when_enough_have(
    empty_node: Path, tmp_path: Path
) -> None:
    sticks, halves = zip(*(keeper(tmp_path, number) for number in range(3)), strict=True)
    stranger, _ = keeper(tmp_path, 9)
    draft = tmp_path / "founding.pb"
    words = [word for half in halves for word in ("--key", half)]
    founding = ("peer", "found", "testnet", *words, "--threshold", "2")
    nowhere = tocsin(*founding, "--home", empty_node)
    assert "[DIRECTORY_REFUSED]" in nowhere.err
    assert "name a file" in nowhere.err
    founded = tocsin(*founding, "--out", draft, "--home", empty_node)
    refused = tocsin("directory", "sign", draft, "--key", stranger, "--yes", "--home", empty_node)
    assert "none of those that sign it" in refused.err
    told = signed(draft, sticks[0])
    assert "2 of 3 keys" in told.err
    assert "1 more key has to sign for the root" in told.err
    assert "Signed already" in signed(draft, sticks[0]).err
    early = tocsin("peer", "join", draft, "--fingerprint", founded.out.strip(), "--home", empty_node)
    assert "[ROOT_REFUSED]" in early.err
    assert not (empty_node / "network").exists()
    assert "enough have" in signed(draft, sticks[2]).err
    joined(draft, empty_node, fingerprint=founded.out.strip())
    assert json.loads(tocsin("peer", "list", "--home", empty_node, "--format", "json").out)["version"] == 1


def test_who_keeps_the_only_key_of_a_network_signs_with_a_new_one_at_once(
    empty_node: Path, tmp_path: Path
) -> None:
    request = tmp_path / "new-key.request"
    assert tocsin("peer", "found", "testnet", "--home", empty_node).code == 0
    (old,) = keys(empty_node, "signing")
    tocsin("peer", "rotate", "--out", request, "--home", empty_node)
    admitted = tocsin("peer", "admit", request, "--yes", "--home", empty_node)
    assert "uses its new signing key" in admitted.err
    assert not (empty_node / "keys" / "signing.next.key").exists()
    retire = ("peer", "retire", "beta", "--last-good", "0", "--home", empty_node, "--key")
    assert (tocsin(*retire, "zz").code, tocsin(*retire, old).code) == (2, 0)
    assert tocsin("check", "--home", empty_node).code == 0


@pytest.mark.slow
def test_the_whole_life_of_the_keys_of_a_network(tmp_path: Path) -> None:
    sticks, halves = zip(*(keeper(tmp_path, number) for number in range(KEEPERS)), strict=True)
    names = ("alpha", "beta", "gamma", "delta")
    alpha, beta, *_ = homes = [tmp_path / name for name in names]
    for name, home in zip(names, homes, strict=True):
        assert tocsin("init", home, "--org", name, "--type", "INGO").code == 0
    draft = tmp_path / "draft.pb"

    # Founded by three of five, and three more admitted.
    words = [word for half in halves for word in ("--key", half)]
    founding = ("peer", "found", "testnet", *words, "--threshold", str(NEEDED), "--out", draft)
    fingerprint = tocsin(*founding, "--home", alpha).out.strip()
    signed(draft, *sticks[:NEEDED])
    joined(draft, alpha, fingerprint=fingerprint)
    requests = [tmp_path / f"{name}.request" for name in names[1:]]
    for request, home in zip(requests, homes[1:], strict=True):
        tocsin("peer", "request", "--out", request, "--endpoint", "127.0.0.1:1", "--home", home)
    tocsin("peer", "admit", *requests, "--yes", "--out", draft, "--home", alpha)
    assert "+ gamma (INGO, peer)" in signed(draft, *sticks[2:]).err
    joined(draft, alpha)
    joined(draft, *homes[1:], fingerprint=fingerprint)

    # Beta gets a new signing key, and its old one turns out to be stolen.
    (old,) = (key for key, (whose, _) in keys(alpha, "signing").items() if whose == "beta")
    request = tmp_path / "new-key.request"
    tocsin("peer", "rotate", "--out", request, "--home", beta)
    tocsin("peer", "admit", request, "--yes", "--out", draft, "--home", alpha)
    assert "beta: signing key: +" in signed(draft, *sticks[:NEEDED]).err
    *_, swapped, _, _ = joined(draft, *homes)
    assert "uses its new signing key" in swapped.err
    assert not (beta / "keys" / "signing.next.key").exists()
    tocsin(
        *("peer", "retire", "beta", "--key", old[:12], "--last-good", "0", "--compromised"),
        *("--out", draft, "--home", alpha),
    )
    signed(draft, *sticks[:NEEDED])
    joined(draft, *homes)
    assert keys(beta, "signing")[old] == ("beta", "compromised, counts below 0")
    assert tocsin("check", "--home", beta).code == 0

    # Gamma is suspended and back, delta leaves for good.
    for change in (("suspend", "gamma"), ("suspend", "gamma", "--lift"), ("leave", "delta")):
        assert tocsin("peer", *change, "--out", draft, "--home", alpha).code == 0
        signed(draft, *sticks[:NEEDED])
        joined(draft, *homes)
    states = {row["member"]: row["status"] for row in _members(alpha)}
    assert states == {"alpha": "active", "beta": "active", "gamma": "active", "delta": "left"}
    tocsin("peer", "suspend", "delta", "--lift", "--out", draft, "--home", alpha)
    signed(draft, *sticks[:NEEDED])
    assert "left for good" in tocsin("peer", "join", draft, "--home", beta).err

    # One keeper is replaced by old and new ones together.
    stick, half = keeper(tmp_path, KEEPERS)
    tocsin("directory", "root", "--add", half, "--remove", halves[0], "--out", draft, "--home", alpha)
    assert "1 more key has to sign for the root, 1 more key" in signed(draft, *sticks[:NEEDED]).err
    assert "enough have" in signed(draft, stick).err
    joined(draft, *homes)
    assert half in keys(beta, "root")
    assert halves[0] not in keys(beta, "root")
    assert tocsin("directory", "verify", draft, "--home", beta).code == 0


def _members(home: Path) -> list[dict[str, str]]:
    return tocsin("peer", "list", "--home", home, "--format", "json").rows
