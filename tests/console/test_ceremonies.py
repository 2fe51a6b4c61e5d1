"""The keys of a network through their life, with the commands of the page that people follow."""

import json
import shutil
from pathlib import Path

import pytest

from console.demo_nodes import free_ports
from tests.console.command_line import Ran, tocsin
from tests.console.test_network import serving

KEEPERS = 5
NEEDED = 3
USES = ("signing", "log", "cosigning", "sealing", "TLS")


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


class Walk:
    """Four members and five keepers, of whom three have to agree; the steps that all ceremonies end with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.draft = folder / "draft.pb"
        self.sticks, self.halves = map(list, zip(*(keeper(folder, at) for at in range(KEEPERS)), strict=True))
        self.homes = {name: folder / name for name in ("alpha", "beta", "gamma", "delta")}

    def member(self, name: str, *words: object, **typed: str) -> Ran:
        """Run a command at a member's node, that has to succeed."""
        ran = tocsin(*words, "--home", self.homes[name], **typed)
        assert ran.code == 0, ran.err
        return ran

    def changes(self, *words: object) -> list[Ran]:
        """Draft a change at alpha, let three keepers sign it, and everybody join, beta last; gives what that said."""
        self.member("alpha", *words, "--out", self.draft)
        signed(self.draft, *self.sticks[:NEEDED])
        order = ("alpha", "gamma", "delta", "beta")
        return joined(self.draft, *(self.homes[name] for name in order))

    def counted(self) -> list[dict[str, object]]:
        """What alpha counts of everything that it was shown."""
        return self.member("alpha", "query", "--by", "means", "--format", "json").rows


@pytest.mark.slow
def test_the_whole_life_of_the_keys_of_a_network(tmp_path: Path, publication: Path) -> None:  # noqa: PLR0915 - one walk
    walk = Walk(tmp_path)
    alpha, beta, gamma, delta = homes = list(walk.homes.values())
    for (name, home), port in zip(walk.homes.items(), free_ports(4), strict=True):
        address = f"127.0.0.1:{port}"
        assert tocsin("init", home, "--org", name, "--type", "INGO", "--listen", address).code == 0
    walk.member("beta", "import", publication)

    # Founded by three of five; two more admitted, and the third with two sponsors who heard its words.
    words = [word for half in walk.halves for word in ("--key", half)]
    founding = ("peer", "found", "testnet", *words, "--threshold", str(NEEDED), "--out", walk.draft)
    fingerprint = walk.member("alpha", *founding).out.strip()
    signed(walk.draft, *walk.sticks[:NEEDED])
    joined(walk.draft, alpha, fingerprint=fingerprint)
    requests = {name: tmp_path / f"{name}.request" for name in ("beta", "gamma", "delta")}
    for name, request in requests.items():
        walk.member(name, "peer", "request", "--out", request)
    walk.member("alpha", "peer", "admit", requests["beta"], requests["gamma"], "--yes", "--out", walk.draft)
    assert "+ gamma (INGO, peer)" in signed(walk.draft, *walk.sticks[2:]).err
    joined(walk.draft, alpha)
    joined(walk.draft, beta, gamma, fingerprint=fingerprint)
    for name in ("beta", "gamma"):
        walk.member(name, "peer", "sponsor", requests["delta"], "--yes")
    walk.member("alpha", "peer", "admit", requests["delta"], "--sponsors", "2", "--yes", "--out", walk.draft)
    assert "sponsored by beta, gamma" in signed(walk.draft, *walk.sticks[:NEEDED]).err
    joined(walk.draft, alpha, beta, gamma)
    joined(walk.draft, delta, fingerprint=fingerprint)

    # Beta shares; then all its keys are rotated, while its `serve` runs on and a bundle for it is under way.
    shared = int(
        walk.member("beta", "share", "--tier", "peer", "--all", "--format", "json").rows[0]["released"]
    )
    old = {use: next(key for key, (whose, _) in keys(alpha, use).items() if whose == "beta") for use in USES}
    bundle = tmp_path / "for-beta.bundle"
    walk.member("alpha", "bundle", "write", bundle, "--to", "beta")
    with serving(beta):
        assert walk.member("alpha", "sync", "beta", "--format", "json").rows[0]["accepted"] == shared
        before = walk.counted()
        request = tmp_path / "new-keys.request"
        walk.member("beta", "peer", "rotate", "--all", "--out", request)
        *_, swapped = walk.changes("peer", "admit", request, "--yes")
        assert "uses its new signing, log, cosigning, seal, TLS keys" in swapped.err
        walk.member("alpha", "sync", "beta")  # the same `serve` shows the new certificate
    walk.member("beta", "bundle", "read", bundle)
    assert len([one for one in keys(alpha, "TLS").values() if one[0] == "beta"]) == 2

    # The old keys turn out to be stolen, after the fifth entry.
    said = walk.changes("peer", "retire", "beta", "--key", old["signing"], "--last-good", 5, "--compromised")
    assert f"{shared - 5} entries no longer count" in said[0].err
    assert walk.counted() != before
    assert keys(beta, "signing")[old["signing"]] == ("beta", "compromised, counts below 5")
    for use in ("log", "cosigning", "TLS", "sealing"):
        sized = ("--last-good", shared) if use == "log" else ()
        walk.changes("peer", "retire", "beta", "--key", old[use], *sized, "--compromised")
    assert old["TLS"] not in keys(alpha, "TLS")

    # What beta had itself signed behind the cut is signed again, and counts as before.
    walk.member("beta", "share", "--updates", "--tier", "peer")
    with serving(beta):
        walk.member("alpha", "sync", "beta")
    assert walk.counted() == before
    for home in (alpha, beta):
        assert tocsin("check", "--home", home).code == 0

    # Gamma is suspended and back, delta leaves for good.
    for change in (("suspend", "gamma"), ("suspend", "gamma", "--lift"), ("leave", "delta")):
        walk.changes("peer", *change)
    states = {row["member"]: row["status"] for row in _members(alpha)}
    assert states == {"alpha": "active", "beta": "active", "gamma": "active", "delta": "left"}
    walk.member("alpha", "peer", "suspend", "delta", "--lift", "--out", walk.draft)
    signed(walk.draft, *walk.sticks[:NEEDED])
    assert "left for good" in tocsin("peer", "join", walk.draft, "--home", beta).err

    # One keeper is replaced by old and new ones together.
    stick, half = keeper(tmp_path, KEEPERS)
    walk.member("alpha", "directory", "root", "--add", half, "--remove", walk.halves[0], "--out", walk.draft)
    assert "1 more key has to sign for the root, 1 more key" in signed(walk.draft, *walk.sticks[:NEEDED]).err
    assert "enough have" in signed(walk.draft, stick).err
    joined(walk.draft, *homes)
    assert half in keys(beta, "root")
    assert walk.halves[0] not in keys(beta, "root")
    assert walk.member("beta", "directory", "verify", walk.draft).code == 0

    # Beta's machine burns down: its keys come back out of shares, its database does not.
    shares, copy = tmp_path / "shares", tmp_path / "beta.keys"
    shares.mkdir()
    walk.member("beta", "keys", "backup", "--out", copy, "--shares", shares)
    shutil.rmtree(beta)
    some = [word for share in sorted(shares.iterdir())[1:4] for word in ("--share", share)]
    walk.member("beta", "keys", "restore", copy, *some)
    walk.member("beta", "import", publication)
    assert "[LOG_UNCONFIRMED]" in tocsin("share", "--tier", "peer", "--all", "--home", beta).err
    with serving(alpha):
        assert "[LOG_BEHIND]" in tocsin("log", "confirm", "--home", beta).err
    epoch = tmp_path / "beta.epoch"
    walk.member("beta", "log", "epoch", "--by", "ops", "--out", epoch)
    assert "given up" in walk.member("alpha", "peer", "epoch", epoch, "--by", "focal", "--yes").err
    walk.member("beta", "share", "--tier", "peer", "--all")
    with serving(beta):
        walk.member("alpha", "sync", "beta")
    assert walk.counted() == before
    assert tocsin("check", "--home", alpha).code == 0


def _members(home: Path) -> list[dict[str, str]]:
    return tocsin("peer", "list", "--home", home, "--format", "json").rows
