"""A member gets another key for the log, the line or its seal, while the others go on."""

import asyncio
import io
from dataclasses import replace

import pytest

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.errors import SealError
from crypto.sealing import SealKey
from crypto.signing import Signer
from node.client import PeerClient
from node.directory import (
    Member,
    MemberKey,
    Retirement,
    RetirementReason,
    origin_of,
    retired_keys,
    seal_key_of,
)
from node.errors import LogKeyError, MemberError, UnavailableError
from node.peer_line import Credentials
from node.unbundle import Reader, read_bundle
from node.verify import log_name, read_checkpoint
from node.wire import bundles, records
from tests.support.bundles import written
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.network import NOW, Network, Node, make_credentials, on_sqlite_alone, seal_of
from tests.support.peer_simulator import PeerSimulator

pytestmark = on_sqlite_alone
ROTATED = RetirementReason.ROTATED


@pytest.fixture
def alpha(network: Network) -> Node:
    return network.node("alpha")


@pytest.fixture
def beta(network: Network) -> Node:
    return network.node("beta")


@pytest.fixture
def peer(network: Network) -> PeerSimulator:
    made = PeerSimulator()
    network.admit(made.member)
    return made


def beside(key: MemberKey) -> tuple[Signer, MemberKey]:
    """Another key with the same time."""
    signer = Signer.generate()
    return signer, key._replace(public_key=signer.public_key)


def test_checkpoints_of_either_log_key_are_believed_until_the_old_one_is_retired(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    peer.adds(SHOOTING)
    assert network.sync(beta, peer).error is None
    old = peer.identity.log
    (key,) = peer.member.log_keys
    new, later = beside(key)
    network.admit(peer.member._replace(log_keys=(later, key)))
    peer.adds(ROBBERY)
    assert network.sync(beta, peer).error is None  # still signed with the old one
    peer.identity = peer.identity._replace(log=new)
    peer.adds(ROBBERY)
    assert network.sync(beta, peer).verified == 3
    network.admit(peer.member._replace(log_keys=(later, key._replace(retirement=Retirement(ROTATED, 2)))))
    assert beta.faults(*network.origins()) == []
    peer.identity = peer.identity._replace(log=old)
    peer.adds(ROBBERY)
    refused = network.sync(beta, peer)
    assert (type(refused.error), refused.verified) == (LogKeyError, 3)


def test_what_a_retired_log_key_signed_counts_up_to_its_size(network: Network, peer: PeerSimulator) -> None:
    (key,) = peer.member.log_keys
    _, later = beside(key)
    network.admit(peer.member._replace(log_keys=(later, key._replace(retirement=Retirement(ROTATED, 5)))))
    name = log_name(peer.org_id)
    for origin in (
        origin_of(network.directory, peer.org_id, NOW),
        retired_keys(network.directory.member("mirage")),
    ):
        for size, sound in ((4, True), (5, True), (6, False)):
            note = sign_checkpoint(Checkpoint(name, size, b"r" * 32), name, peer.identity.log)
            if sound:
                assert read_checkpoint(note, origin).size == size
            else:
                with pytest.raises(LogKeyError):
                    read_checkpoint(note, origin)


def test_a_node_checks_its_log_with_the_key_of_before(network: Network, beta: Node, alpha: Node) -> None:
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    renewed = replace(alpha, identity=alpha.identity._replace(log=Signer.generate()))
    both = renewed.origin._replace(log_keys=(*renewed.origin.log_keys, *alpha.origin.log_keys))
    member = network.directory.member("alpha")
    (key,) = member.log_keys
    network.admit(member._replace(log_keys=(key._replace(public_key=both.log_keys[0]), key)))
    assert network.sync(beta, renewed).error is None  # what stands was signed with the old key
    renewed.holds(a=SHOOTING, b=ROBBERY)
    renewed.shares("b")
    assert network.sync(beta, renewed).verified == 2
    assert beta.faults(*network.origins()) == []


def test_a_serving_node_shows_its_new_certificate_and_either_is_let_in(
    network: Network, alpha: Node, beta: Node
) -> None:
    """Nothing is started again: neither the server, nor who calls it with the old directory."""
    old, new = alpha.credentials, make_credentials("alpha")

    async def calls(peer: Member, own: Credentials) -> bool:
        async with PeerClient(peer, own, call_seconds=5.0) as line:
            try:
                await line.checkpoint()
            except UnavailableError:
                return False
            return True

    async def run() -> list[bool]:
        async with alpha.serving(network) as peer:
            told = [await calls(peer, beta.credentials)]
            network.admit(peer._replace(tls_certificates=(new.certificate, old.certificate)))
            both = network.directory.member("alpha")
            told.append(await calls(both, beta.credentials))  # the old one is shown yet
            network.renewed["alpha"] = new
            told.append(await calls(both, beta.credentials))
            told.append(await calls(peer, beta.credentials))  # who has not joined yet refuses the new one
            network.admit(both._replace(tls_certificates=(new.certificate,)))
            told.append(await calls(network.directory.member("alpha"), beta.credentials))
            told += [await calls(network.directory.member("alpha"), own) for own in (new, old)]
            return told

    assert asyncio.run(run()) == [True, True, True, False, True, True, False]


def test_the_next_address_is_tried_where_nobody_answers(network: Network, alpha: Node, beta: Node) -> None:
    async def run() -> tuple[int, int]:
        async with alpha.serving(network) as peer:
            dead = peer._replace(endpoints=("127.0.0.1:1", "127.0.0.1:2", *peer.endpoints))
            outcome = await network.pull(beta, dead)
            with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1, 127\.0\.0\.1:2"):
                async with PeerClient(dead._replace(endpoints=dead.endpoints[:2]), beta.credentials) as line:
                    await line.checkpoint()
            return outcome.verified, len(dead.endpoints)

    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    assert asyncio.run(run()) == (1, 3)


def test_what_is_sealed_goes_to_the_newest_valid_seal_key(network: Network, alpha: Node) -> None:
    member = network.directory.member("alpha")
    (key,) = member.seal_keys
    newest = key._replace(public_key=SealKey.generate().public_key)
    ends = key._replace(valid_until=NOW)
    assert seal_key_of(member._replace(seal_keys=(newest, key)), NOW) == newest.public_key
    stolen = newest._replace(retirement=Retirement(RetirementReason.COMPROMISED, 0))
    assert seal_key_of(member._replace(seal_keys=(stolen, key)), NOW) == seal_of(alpha.identity).public_key
    with pytest.raises(MemberError, match="no seal key of alpha"):
        seal_key_of(member._replace(seal_keys=(stolen, ends)), NOW)


def test_a_bundle_that_was_sealed_to_the_key_of_before_opens_as_long_as_that_is_kept(
    network: Network, alpha: Node, beta: Node
) -> None:
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    wire = written(network, alpha, "beta")
    new, old = SealKey.generate(), seal_of(beta.identity)
    for seals in ((new,), (new, old)):
        who = Reader("beta", seals, network.directory)
        arguments = beta.store, io.BytesIO(wire), who, NOW
        if old in seals:
            assert read_bundle(*arguments, codec=records, bundle_codec=bundles).verified == 1
        else:
            with pytest.raises(SealError):
                read_bundle(*arguments, codec=records, bundle_codec=bundles)
