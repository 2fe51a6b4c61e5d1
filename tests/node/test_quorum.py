"""So many different witnesses of those that the directory names, of whom none is the log's own member."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import cosign
from crypto.merkle import Frontier
from node.directory import LIFETIME, Directory, QuorumPolicy, Status, quorum_of
from node.errors import LogKeyError, QuorumError
from node.quorum import Quorum, verify_quorum
from node.verify import Origin, verify_head, witness_name
from tests.support.network import NOW, make_credentials, make_identity, member_of

NAMES = ("alpha", "beta", "delta", "gamma")
MEMBERS = {name: make_identity(name) for name in NAMES}
DIRECTORY = Directory(
    "testnet", 1, NOW, NOW + LIFETIME, tuple(member_of(MEMBERS[one], make_credentials(one)) for one in NAMES)
)
LOG = "tocsin/alpha/log"
NOTE = sign_checkpoint(Checkpoint(LOG, 1, bytes(32)), LOG, MEMBERS["alpha"].log)


def line(name: str, at: int = 1) -> bytes:
    return cosign(NOTE, witness_name(name), MEMBERS[name].witness, at)


def quorum(needed: int, *among: str) -> Quorum:
    return quorum_of(replace(DIRECTORY, witnesses=QuorumPolicy(needed, among)), "alpha")


@given(
    some.lists(some.sampled_from(NAMES), max_size=6), some.integers(0, 4), some.sets(some.sampled_from(NAMES))
)
def test_different_witnesses_that_count_are_counted_and_nobody_else(
    signers: list[str], needed: int, among: set[str]
) -> None:
    note = NOTE + b"".join(line(name, at) for at, name in enumerate(signers))
    enough = len(set(signers) & (among or set(NAMES)) - {"alpha"}) >= needed
    try:
        verify_quorum(note, quorum(needed, *sorted(among)))
    except QuorumError:
        assert not enough
    else:
        assert enough


def test_a_suspended_member_is_no_witness() -> None:
    members = (*DIRECTORY.members[:1], DIRECTORY.members[1]._replace(status=Status.SUSPENDED))
    found = quorum_of(replace(DIRECTORY, members=members, witnesses=QuorumPolicy(1)), "alpha")
    with pytest.raises(QuorumError, match="0 of 1"):
        verify_quorum(NOTE + line("beta"), found)


def test_the_line_of_a_witness_that_does_not_hold_is_refused_by_the_name_of_what_is_wrong() -> None:
    forged = cosign(NOTE, witness_name("beta"), MEMBERS["gamma"].witness, 1)
    with pytest.raises(LogKeyError):
        verify_quorum(NOTE + line("gamma") + forged, quorum(1))


def test_what_says_no_more_than_is_held_needs_no_witness() -> None:
    alpha = MEMBERS["alpha"]
    empty = sign_checkpoint(Checkpoint(LOG, 0, Frontier().root), LOG, alpha.log)
    known = Origin("alpha", (), (alpha.log.public_key,))
    assert verify_head(empty, known, Frontier(), Quorum(3, {})).size == 0
    with pytest.raises(QuorumError):
        verify_head(NOTE, known, Frontier(), Quorum(3, {}))
