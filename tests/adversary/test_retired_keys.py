"""Whoever has stolen a signing key writes nothing that counts after its last good place in the log."""

from dataclasses import replace

import pytest

from crypto.signing import Signer
from node.directory import (
    Member,
    MemberKey,
    Retirement,
    RetirementReason,
    origin_of,
    retired_keys,
    speaker_of,
)
from node.discredit import discredit, discredited
from node.plan import Request
from node.share import preview, release
from node.store.heads import log_head
from node.store.peer_log import stored_entries
from node.wire import records
from tests.support.deciding import BASELINE
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, Network, Node, rows_of
from tests.support.peer_simulator import PeerSimulator

RETIRED = ("refused", "KEY_RETIRED")
ACCEPTED = ("accepted", "")


class Thief:
    """A peer whose key was stolen after two entries: it goes on with a new key, and the thief with the old one."""

    def __init__(self, network: Network, peer: PeerSimulator) -> None:
        self.network, self.peer = network, peer
        self.old, self.new = peer.identity.signing, Signer.generate()
        self.kept = peer.adds(SHOOTING)
        self.wanted = peer.adds(ROBBERY)
        self.publishes(None)

    def publishes(self, retirement: Retirement | None) -> Member:
        """Put both keys into the directory."""
        (key,) = self.network.directory.member(self.peer.org_id).signing_keys[:1]
        old = key._replace(public_key=self.old.public_key, retirement=retirement)
        new = MemberKey(self.new.public_key, key.valid_from, key.valid_until)
        member = self.peer.member._replace(signing_keys=(old, new))
        self.network.admit(member)
        return member

    def signs_with(self, signer: Signer) -> None:
        """Sign what follows with this key."""
        self.peer.identity = self.peer.identity._replace(signing=signer)

    def goes_on(self) -> None:
        """Let the thief add, revise and call back with the old key, and the owner add with the new one."""
        self.peer.adds(LOOTING)
        self.peer.revises(self.kept, SHELLING)
        self.peer.retracts(self.wanted)
        self.signs_with(self.new)
        self.peer.adds(SHELLING)

    def is_found_out(self) -> Member:
        """Say of the old key that it counts for two entries only."""
        return self.publishes(Retirement(RetirementReason.COMPROMISED, 2))


@pytest.fixture
def thief(network: Network, peer: PeerSimulator) -> Thief:
    """The key is stolen, and nobody knows."""
    return Thief(network, peer)


def fates(node: Node) -> list[tuple[str, str]]:
    """What became of each entry, and why."""
    with node.store.read() as connection:
        head = log_head(connection, "mirage")
        assert head is not None
        return [(one.fate, one.reason) for one in stored_entries(connection, head.log_id, 0, 100)]


FOUND_OUT = [ACCEPTED, ACCEPTED, RETIRED, RETIRED, RETIRED, ACCEPTED]
LEFT = {("robbery",): 1, ("shelling",): 1, ("shooting",): 1}


def test_what_is_pulled_after_the_key_was_retired_is_refused_alone(
    network: Network, beta: Node, peer: PeerSimulator, thief: Thief
) -> None:
    thief.goes_on()
    thief.is_found_out()
    assert network.sync(beta, peer).error is None
    assert fates(beta) == FOUND_OUT
    assert beta.faults(*network.origins()) == []


def test_what_was_held_already_no_longer_counts_and_what_it_replaced_does_again(
    network: Network, beta: Node, peer: PeerSimulator, thief: Thief
) -> None:
    thief.goes_on()
    network.sync(beta, peer)
    before = beta.counts("means")
    member = thief.is_found_out()
    assert discredit(beta.store, retired_keys(member), records) == 3
    assert before != beta.counts("means")
    assert fates(beta) == FOUND_OUT
    assert beta.faults(*network.origins()) == []
    assert discredit(beta.store, retired_keys(member), records) == 0


def test_it_is_the_same_whether_it_was_known_before_or_after_the_pull(
    network: Network, beta: Node, peer: PeerSimulator, thief: Thief
) -> None:
    gamma = network.node("gamma")
    thief.goes_on()
    network.sync(beta, peer)
    member = thief.is_found_out()
    discredit(beta.store, retired_keys(member), records)
    network.sync(gamma, peer)
    assert fates(beta) == fates(gamma)
    assert beta.counts("means") == gamma.counts("means")


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_whichever_write_goes_wrong_it_is_all_or_nothing_and_can_be_done_again(
    network: Network, beta: Node, peer: PeerSimulator, thief: Thief, flavour: Flavour
) -> None:
    thief.goes_on()
    network.sync(beta, peer)
    before = rows_of(beta.store)
    ended = retired_keys(thief.is_found_out())
    for number in range(20):
        with failing_at(beta.store, number, flavour) as writes:
            try:
                discredit(beta.store, ended, records)
            except Exception:  # noqa: BLE001 - whatever it is, what is stored counts
                committed = flavour is Flavour.DONE_BUT_REPORTED_AS_FAILED and writes[-1] == "COMMIT"
                assert committed or rows_of(beta.store) == before
            else:
                break
    assert number > 2
    assert fates(beta) == FOUND_OUT
    assert beta.faults(*network.origins()) == []


def test_a_retired_key_speaks_for_nobody_outside_the_log(network: Network, thief: Thief) -> None:
    thief.is_found_out()
    assert thief.old.public_key in origin_of(network.directory, "mirage", NOW).signing_keys
    assert speaker_of(network.directory, "mirage", NOW).signing_keys == (thief.new.public_key,)


def test_a_key_that_was_only_rotated_still_counts_for_what_it_signed_before(
    network: Network, beta: Node, peer: PeerSimulator, thief: Thief
) -> None:
    thief.signs_with(thief.new)
    peer.adds(SHELLING)
    thief.publishes(Retirement(RetirementReason.ROTATED, 2))
    assert network.sync(beta, peer).error is None
    assert fates(beta) == [ACCEPTED] * 3


def test_what_its_owner_signed_too_late_is_shared_again_with_the_new_key(
    network: Network, beta: Node
) -> None:
    """A cut that is too early costs nothing but a second signature, for call-backs as well."""
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING, b=ROBBERY, c=SHELLING)
    alpha.shares("a", "b", "c")
    alpha.holds(a=SHOOTING, b=ROBBERY)
    alpha.shares("a", "b")
    network.sync(beta, alpha)
    shared = beta.counts("means")
    renewed = replace(alpha, identity=alpha.identity._replace(signing=Signer.generate()))
    (old,) = network.directory.member("alpha").signing_keys
    new = old._replace(public_key=renewed.identity.signing.public_key)
    member = network.directory.member("alpha")
    retirement = Retirement(RetirementReason.COMPROMISED, 1)
    network.admit(member._replace(signing_keys=(old._replace(retirement=retirement), new)))
    ended = retired_keys(network.directory.member("alpha"))
    discredit(beta.store, ended, records)
    assert beta.counts("means") != shared

    late = discredited(alpha.store, ended, records)
    assert late == {1, 2, 3}
    request = Request((), frozenset(), NOW, BASELINE, discredited=late)
    (foreseen,) = preview(alpha.store, request)
    (done,) = release(alpha.store, request, renewed.identity, records)
    assert done == foreseen
    assert (len(done.outgoing), len(done.callbacks)) == (1, 1)
    assert network.sync(beta, renewed).error is None
    assert beta.counts("means") == shared
    assert beta.faults(*network.origins()) == []
    (again,) = release(alpha.store, request, renewed.identity, records)
    assert (again.outgoing, again.callbacks) == ((), ())
