"""A receipt is believed only as far as it is the caller's own word about the log as it is."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

import pytest

from crypto.envelope import Envelope, sign_envelope
from crypto.signing import Signer
from node.client import PeerClient
from node.errors import UnavailableError
from node.holders import holders
from node.receipt import RECEIPT_TYPE, Receipt, sign_receipt
from node.signed import INCIDENT_TYPE
from node.store.heads import log_head
from node.store.receipts import Held, newest_receipt
from node.wire import records
from node.wire.receipts import encode_receipt
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.network import NOW, Network, Node


class Scene(NamedTuple):
    """An origin whose first record was called back, and a member that has pulled up to before that."""

    network: Network
    origin: Node
    member: Node
    other: Node


@pytest.fixture
def scene(network: Network) -> Scene:
    made = Scene(network, *(network.node(name) for name in ("alpha", "beta", "gamma")))
    made.origin.holds(a=SHOOTING, b=ROBBERY)
    made.origin.shares("a", "b")
    assert network.sync(made.member, made.origin).error is None
    made.origin.holds(b=ROBBERY, c=LOOTING)
    made.origin.shares("c")
    network.now += timedelta(minutes=1)
    return made


def true_receipt(scene: Scene) -> Receipt:
    """What the member will sign once it has pulled all."""
    with scene.origin.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    return Receipt("beta", "alpha", head.frontier.size, head.frontier.root, scene.network.now)


def held(scene: Scene) -> Held | None:
    with scene.origin.store.read() as connection:
        return newest_receipt(connection, "alpha", "beta")


def give(scene: Scene, envelope: Envelope, giver: Node | None = None) -> str:
    """Hand a receipt over as a member; gives why it was refused, or nothing."""

    async def over_mutual_tls() -> None:
        credentials = (giver or scene.member).credentials
        async with scene.origin.serving(scene.network) as peer, PeerClient(peer, credentials) as line:
            await line.confirm(envelope)

    try:
        asyncio.run(over_mutual_tls())
    except UnavailableError as error:
        return str(error).rpartition(": ")[2]
    return ""


def signed(scene: Scene, receipt: Receipt) -> Envelope:
    return sign_receipt(receipt, scene.member.identity.signing, encode_receipt)


def waiting(scene: Scene) -> list[str]:
    return [one.member for one in holders(scene.origin.store, "alpha", records, waiting=True)]


def test_the_true_receipt_is_taken_and_may_come_twice(scene: Scene) -> None:
    assert waiting(scene) == ["beta"]
    envelope = signed(scene, true_receipt(scene))
    assert give(scene, envelope) == ""
    assert waiting(scene) == []
    first = held(scene)
    assert give(scene, envelope) == ""
    assert held(scene) == first


BROKEN: dict[str, Callable[[Scene, Receipt], Receipt]] = {
    "of another member": lambda _scene, true: true._replace(receiver_id="gamma"),
    "for another log": lambda _scene, true: true._replace(origin_id="gamma"),
    "for a size that the log never had": lambda _scene, true: true._replace(log_size=true.log_size + 1),
    "for a size beyond all numbers": lambda _scene, true: true._replace(log_size=2**64 - 1),
    "for nothing": lambda _scene, true: true._replace(log_size=0),
    "with another root": lambda _scene, true: true._replace(root_hash=b"r" * 32),
    "with the root of another size": lambda _scene, true: true._replace(log_size=true.log_size - 1),
    "from the future": lambda _scene, true: true._replace(issued=true.issued + timedelta(minutes=6)),
    "from before the one that is held": lambda _scene, true: true._replace(issued=NOW - timedelta(days=1)),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_receipt_is_refused_that_is(scene: Scene, kind: str) -> None:
    before = held(scene)
    assert before is not None
    envelope = signed(scene, BROKEN[kind](scene, true_receipt(scene)))
    assert give(scene, envelope) == "RECEIPT_REFUSED"
    assert held(scene) == before
    assert waiting(scene) == ["beta"]


def test_an_older_receipt_that_comes_again_takes_nothing_back(scene: Scene) -> None:
    old = held(scene)
    assert old is not None
    assert give(scene, signed(scene, true_receipt(scene))) == ""
    assert give(scene, records.decode_envelope(old.envelope)) == "RECEIPT_REFUSED"
    assert waiting(scene) == []


def test_a_member_can_not_hand_over_the_receipt_of_another(scene: Scene) -> None:
    assert give(scene, signed(scene, true_receipt(scene)), scene.other) == "RECEIPT_REFUSED"
    assert waiting(scene) == ["beta"]


@pytest.mark.parametrize("kind", ["unsigned", "by a stranger", "by the log key", "of another type", "twice"])
def test_a_receipt_that_is_not_signed_as_it_must_be_is_refused(scene: Scene, kind: str) -> None:
    true = true_receipt(scene)
    good, member = signed(scene, true), scene.member.identity
    broken = {
        "unsigned": good._replace(signatures=()),
        "by a stranger": sign_receipt(true, Signer.generate(), encode_receipt),
        "by the log key": sign_receipt(true, member.log, encode_receipt),
        "of another type": sign_envelope(member.signing, INCIDENT_TYPE, encode_receipt(true)),
        "twice": good._replace(signatures=good.signatures * 2),
    }[kind]
    before = held(scene)
    assert give(scene, broken) == "RECEIPT_REFUSED"
    assert held(scene) == before


def test_signed_bytes_that_are_no_receipt_are_refused(scene: Scene) -> None:
    for payload in (b"", b"\xff", encode_receipt(true_receipt(scene)) + b"\x78\x01"):
        envelope = sign_envelope(scene.member.identity.signing, RECEIPT_TYPE, payload)
        assert give(scene, envelope) == "MESSAGE_MALFORMED"


def test_a_key_that_is_no_longer_valid_signs_no_receipt(scene: Scene) -> None:
    network, envelope = scene.network, signed(scene, true_receipt(scene))
    member = network.directory.member("beta")
    (key,) = member.signing_keys
    network.admit(member._replace(signing_keys=(key._replace(valid_until=network.now),)))
    assert give(scene, envelope) == "RECEIPT_REFUSED"


def test_a_node_that_was_restored_from_a_backup_holds_what_it_says(scene: Scene) -> None:
    true = true_receipt(scene)
    assert give(scene, signed(scene, true)) == ""
    with scene.member.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    later = Receipt(
        "beta", "alpha", head.frontier.size, head.frontier.root, true.issued + timedelta(minutes=1)
    )
    scene.network.now = later.issued
    assert give(scene, signed(scene, later)) == ""
    assert waiting(scene) == ["beta"]
