"""What an operator says and reads of witnesses, forks and logs that others pass on."""

from pathlib import Path

import pytest

from console.home import open_home
from crypto.checkpoint import Checkpoint, sign_checkpoint
from node.fork import Fork
from node.verify import log_name
from node.wire.witness import encode_fork
from tests.console.command_line import tocsin


@pytest.fixture
def proof(network: tuple[Path, Path], tmp_path: Path) -> Path:
    """A proof that alpha has signed two logs of one size."""
    alpha, _ = network
    name, signer = log_name("alpha"), open_home(alpha).identity(None).log
    roots = bytes(32), b"r" * 32
    first, second = (sign_checkpoint(Checkpoint(name, 2, root), name, signer) for root in roots)
    file = tmp_path / "alpha.fork"
    file.write_bytes(encode_fork(Fork(first, second, roots[1], (), None)))
    return file


def test_the_directory_asks_for_as_many_witnesses_as_there_can_be(network: tuple[Path, Path]) -> None:
    alpha, beta = network
    words = ("directory", "witnesses", "--home", alpha, "--needed")
    assert "at most 1" in tocsin(*words, "2").err
    assert "no active members: delta" in tocsin(*words, "1", "--witness", "delta").err
    asked = tocsin(*words, "1", "--stale-after", "48")
    assert asked.code == 0, asked.err
    shown = tocsin("directory", "show", "--home", alpha).out
    assert "checkpoints are cosigned by: 1 of all members; stale after 48 h" in shown
    diff = tocsin("directory", "diff", alpha / "network" / "network.pb", "--home", beta)
    assert "checkpoints are cosigned by: 1 of all members" in diff.out + diff.err
    # Whatever else changes, this stays.
    assert tocsin("peer", "renew", "--home", alpha).code == 0
    assert "1 of all members" in tocsin("directory", "show", "--home", alpha).out


def test_cosignatures_are_asked_for_by_hand_where_nobody_serves(network: tuple[Path, Path]) -> None:
    alpha, _ = network
    nobody = tocsin("log", "cosign", "--home", alpha)
    assert nobody.code == 0
    assert "asks for no witnesses" in nobody.err
    tocsin("directory", "witnesses", "--needed", "1", "--home", alpha)
    failed = tocsin("log", "cosign", "--home", alpha)
    assert failed.code == 1
    assert "beta can not be reached" in failed.err
    assert "cosigned by 0 of 1: nobody" in failed.err


def test_a_proof_of_a_fork_is_verified_kept_shown_and_handed_on(
    network: tuple[Path, Path], proof: Path, tmp_path: Path
) -> None:
    alpha, beta = network
    assert tocsin("log", "forks", "--home", beta, "--format", "json").rows == []
    kept = tocsin("log", "forks", proof, "--home", beta, "--format", "json")
    assert "It holds, and is kept: alpha" in kept.err
    assert [(row["log"], row["both agree up to"]) for row in kept.rows] == [("alpha", "nothing known")]
    assert "says as much" in tocsin("log", "forks", proof, "--home", beta).err
    copy = tmp_path / "copy.fork"
    assert tocsin("log", "forks", "--of", "alpha", "--out", copy, "--home", beta).code == 0
    assert copy.read_bytes() == proof.read_bytes()
    assert "forked: nothing that both share is known" in tocsin("peer", "list", "--home", beta).out
    for words in (("check",), ("sync",)):
        assert "The log of alpha told two stories" in tocsin(*words, "--home", beta).err
    # Its own node is told, too.
    assert tocsin("log", "forks", proof, "--home", alpha).code == 0
    assert "Your own log told two stories" in tocsin("check", "--home", alpha).err


def test_what_proves_nothing_is_refused_with_its_reason(network: tuple[Path, Path], proof: Path) -> None:
    _, beta = network
    wire = proof.read_bytes()
    proof.write_bytes(wire.replace(b"tocsin/alpha/log", b"tocsin/alphb/log"))
    assert "[NOT_A_MEMBER]" in tocsin("log", "forks", proof, "--home", beta).err
    proof.write_bytes(wire.replace(b"\n2\n", b"\n3\n", 1))
    assert "[FORK_NOT_PROVEN]" in tocsin("log", "forks", proof, "--home", beta).err
    proof.write_bytes(wire[:-1])
    assert "[MESSAGE_MALFORMED]" in tocsin("log", "forks", proof, "--home", beta).err
    assert tocsin("log", "forks", "--of", "alpha", "--home", beta).code == 2
    missing = tocsin("log", "forks", "--of", "alpha", "--out", proof, "--home", beta)
    assert "[QUERY_INVALID]" in missing.err


def test_to_sync_by_another_member_one_has_to_say_whose_log(network: tuple[Path, Path]) -> None:
    _, beta = network
    assert tocsin("sync", "--via", "alpha", "--home", beta).code == 2
    away = tocsin("sync", "beta", "--via", "alpha", "--home", beta)
    assert away.code == 1
    assert "beta by alpha" in away.out


def test_a_log_that_was_never_heard_is_stale_when_the_directory_says_how_long_that_takes(
    network: tuple[Path, Path],
) -> None:
    alpha, beta = network
    assert "stale" not in tocsin("peer", "list", "--home", beta).out
    tocsin("directory", "witnesses", "--needed", "0", "--stale-after", "1", "--home", alpha)
    assert tocsin("peer", "join", alpha / "network" / "network.pb", "--home", beta).code == 0
    assert "stale: never heard" in tocsin("peer", "list", "--home", beta).out
