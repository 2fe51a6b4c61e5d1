"""Whoever holds a proof learns whether its record still stands, as far as the node that is asked believes the log."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from node.audience import Tier
from node.discredit import discredit
from node.errors import NotProvableError, PassingError
from node.logbook import Pace
from node.proof import verify_proof
from node.prove import Standing, prove_received
from node.signed import Label, Position
from node.slots import issue_checkpoint
from node.wire import records
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, Network, on_sqlite_alone
from tests.support.peer_simulator import Logged, PeerSimulator
from tests.support.proving import proof_of, prover, read_again, refusal, standing_at, to


@on_sqlite_alone
def test_an_entry_of_ours_that_is_no_record_is_none_that_stands(network: Network) -> None:
    alpha = prover(network, Pace(60, padding=4))
    assert "no checkpoint commits to it yet" in refusal(lambda: proof_of(alpha, to(Tier.PUBLIC)))
    assert issue_checkpoint(alpha.store, alpha.identity, records, NOW + timedelta(minutes=1))
    proven = read_again(alpha, proof_of(alpha, to(Tier.PUBLIC)))
    assert standing_at(alpha, proven) == "stands"
    padding = proven._replace(position=proven.position._replace(log_index=3))
    assert standing_at(alpha, padding) is Standing.UNKNOWN


class Heard:
    """What a node says of a record of a peer that was proven to it."""

    def __init__(self, network: Network) -> None:
        self.network, self.beta, self.peer = network, network.node("beta"), PeerSimulator()
        network.admit(self.peer.member)
        self.past = self.peer.adds(SHOOTING, label=Label.CLEAR)
        self.other = self.peer.adds(ROBBERY, label=Label.CLEAR)
        network.sync(self.beta, self.peer)
        self.proof = prove_received(self.beta.store, "mirage", 0, to(Tier.PUBLIC), records)
        self.proven = verify_proof(self.proof, self.peer.origin, {}, records)

    def now(self) -> Standing:
        """Once it has read the log on."""
        assert self.network.sync(self.beta, self.peer).error is None
        return standing_at(self.beta, self.proven)


@pytest.fixture
def heard(network: Network) -> Heard:
    """A node that was given a proof of the first record of a peer, which others follow in its log."""
    return Heard(network)


def corrected_and_called_back(peer: PeerSimulator, past: Logged) -> None:
    peer.retracts(peer.revises(past, SHELLING))


def corrected_and_purged(peer: PeerSimulator, past: Logged) -> None:
    peer.retracts(peer.revises(past, SHELLING), purge=True)


@on_sqlite_alone
@pytest.mark.parametrize(
    ("end", "standing"),
    [
        (lambda peer, past: peer.revises(past, SHELLING), Standing.REPLACED),
        (lambda peer, past: peer.adds(SHELLING, stands_for=(past.position,)), Standing.REPLACED),
        (lambda peer, past: peer.retracts(past), Standing.CALLED_BACK),
        (lambda peer, past: peer.retracts(past, purge=True), Standing.PURGED),
        (corrected_and_called_back, Standing.CALLED_BACK),
        (corrected_and_purged, Standing.PURGED),
    ],
)
def test_what_a_peer_ended_is_not_proven_again_and_an_older_proof_says_so(
    heard: Heard, end: Callable[[PeerSimulator, Logged], Any], standing: Standing
) -> None:
    assert heard.now() is Standing.STANDS
    heard.peer.retracts(heard.peer.revises(heard.other, LOOTING))
    assert heard.now() is Standing.STANDS
    end(heard.peer, heard.past)
    assert heard.now() is standing
    with pytest.raises((NotProvableError, PassingError)):
        prove_received(heard.beta.store, "mirage", 0, to(Tier.PUBLIC), records)


@on_sqlite_alone
def test_of_another_log_than_the_one_that_is_held_nothing_is_known(heard: Heard) -> None:
    proven = heard.proven
    other = proven._replace(checkpoint=proven.checkpoint._replace(root=bytes(32)))
    assert "LOG_FORKED" in refusal(lambda: standing_at(heard.beta, other))
    later = proven._replace(checkpoint=proven.checkpoint._replace(size=99))
    assert standing_at(heard.beta, later) is Standing.UNKNOWN
    assert standing_at(heard.network.node("delta"), proven) is Standing.UNKNOWN


@on_sqlite_alone
def test_of_an_entry_that_is_not_shown_here_nobody_says_that_it_stands(heard: Heard) -> None:
    logged = heard.peer.withholds(SHELLING)
    assert heard.now() is Standing.STANDS
    hidden = heard.proven._replace(position=logged.position)
    assert standing_at(heard.beta, hidden) is Standing.NOT_SHOWN
    heard.peer.retracts(logged)
    heard.now()
    assert (
        standing_at(heard.beta, hidden) is Standing.CALLED_BACK
    )  # which is told to whom it was shown before


@on_sqlite_alone
def test_what_ends_a_record_may_stand_right_behind_it(heard: Heard) -> None:
    proven = heard.proven._replace(position=heard.other.position)
    heard.peer.retracts(heard.other)
    heard.now()
    assert standing_at(heard.beta, proven) is Standing.CALLED_BACK


@on_sqlite_alone
def test_what_contradicts_its_record_neither_ends_it_nor_stands(heard: Heard) -> None:
    back = heard.peer.retracts(heard.past._replace(position=Position(0, bytes(32))))
    wrong = heard.peer.revises(heard.past._replace(position=Position(0, bytes(32))), SHELLING)
    assert back.position.log_index < wrong.position.log_index
    assert heard.now() is Standing.STANDS
    assert standing_at(heard.beta, heard.proven._replace(position=wrong.position)) is Standing.NOT_BELIEVED


@on_sqlite_alone
def test_what_a_retired_key_told_neither_ends_a_record_nor_stands(heard: Heard) -> None:
    late = heard.peer.revises(heard.past, SHELLING)
    assert heard.now() is Standing.REPLACED
    retired = heard.peer.origin._replace(ends=((heard.peer.identity.signing.public_key, 2),))
    discredit(heard.beta.store, retired, records)
    assert standing_at(heard.beta, heard.proven) is Standing.STANDS
    assert standing_at(heard.beta, heard.proven._replace(position=late.position)) is Standing.NOT_BELIEVED


@on_sqlite_alone
def test_what_stands_behind_a_fork_neither_ends_a_record_nor_stands(heard: Heard) -> None:
    other = heard.peer.branches(2)
    late = heard.peer.retracts(heard.past)
    assert heard.now() is Standing.CALLED_BACK
    gamma = heard.network.node("gamma")
    other.adds(LOOTING)
    assert heard.network.sync(gamma, other).error is None
    assert heard.network.hears(heard.beta, gamma) == {"mirage"}
    assert standing_at(heard.beta, heard.proven) is Standing.STANDS
    assert standing_at(heard.beta, heard.proven._replace(position=late.position)) is Standing.NOT_BELIEVED
