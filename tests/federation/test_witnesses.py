"""Members cosign each other's logs: only what adds to what they signed last, stored before it is answered."""

import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from hashlib import sha256
from typing import NamedTuple

import grpc
import pytest

from casework.auditlog import Leaves, root_of
from console.opened import Node as ServedNode
from console.witnesses import Cosigned, have_log_cosigned
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import Cosignature, cosign, cosignatures
from crypto.errors import CheckpointError
from crypto.merkle import consistency_path, leaf_hash
from crypto.signing import Signer
from node.client import PeerClient
from node.cosigned import keep_cosignature, standing
from node.directory import Member, quorum_of
from node.errors import (
    NodeError,
    QuorumError,
    StoreError,
    UnavailableError,
    WitnessBehindError,
    WitnessOriginError,
    WitnessProofError,
    WitnessSignatureError,
    WitnessSizeError,
)
from node.status import status_code
from node.store.database import Store
from node.store.forks import all_heard
from node.store.heads import log_head
from node.store.witnessed import last_witnessed
from node.verify import log_name, witness_name
from node.wire.witness import AddCheckpointCall, decode_add_checkpoint_call, encode_add_checkpoint_call
from node.witness import Growth, witness
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.network import NOW, Network, Node, on_sqlite_alone, rows_of
from tests.support.peer_simulator import PeerSimulator
from tests.support.processes import forked

NAME = "tocsin/alpha/casework-audit"
LEAVES = [leaf_hash(bytes((number,))) for number in range(9)]
OTHERS = [leaf_hash(b"forged" + bytes((number,))) for number in range(9)]


@pytest.fixture
def alpha(network: Network) -> Node:
    return network.node("alpha")


@pytest.fixture
def beta(network: Network) -> Node:
    return network.node("beta")


def note(owner: Node, size: int, leaves: list[bytes] = LEAVES, name: str = NAME) -> bytes:
    return sign_checkpoint(Checkpoint(name, size, root_of(leaves[:size])), name, owner.identity.log)


def growth(owner: Node, old: int, new: int, leaves: list[bytes] = LEAVES) -> Growth:
    proof = consistency_path(Leaves(leaves), old, new) if 0 < old < new else ()
    return Growth(old, proof, note(owner, new, leaves))


def asked(network: Network, beta: Node, what: Growth) -> bytes:
    caller = network.directory.member("alpha")
    return witness(beta.store, "beta", beta.identity.witness, caller, what, NOW)


def test_a_log_that_only_adds_is_cosigned_again_and_again(network: Network, alpha: Node, beta: Node) -> None:
    keys = {witness_name("beta"): (beta.identity.witness.public_key,)}
    for old, new in ((0, 1), (1, 4), (4, 4), (4, 9)):
        what = growth(alpha, old, new)
        line = asked(network, beta, what)
        assert cosignatures(what.note + line, keys) == (
            Cosignature(witness_name("beta"), int(NOW.timestamp())),
        )
    with beta.store.read() as connection:
        seen = last_witnessed(connection, NAME)
    assert seen is not None
    assert (seen.size, seen.root) == (9, root_of(LEAVES))


def test_requests_are_refused_in_the_order_of_the_rules(network: Network, alpha: Node, beta: Node) -> None:
    asked(network, beta, growth(alpha, 0, 4))
    stranger = note(alpha, 5, name="tocsin/gamma/casework-audit")
    forged = sign_checkpoint(Checkpoint(NAME, 5, bytes(32)), NAME, Signer.generate())
    expected: tuple[tuple[Growth, type[NodeError], grpc.StatusCode], ...] = (
        (Growth(9, (), stranger), WitnessOriginError, grpc.StatusCode.NOT_FOUND),
        (Growth(9, (), b"\n"), WitnessOriginError, grpc.StatusCode.NOT_FOUND),
        (Growth(9, (), forged), WitnessSignatureError, grpc.StatusCode.PERMISSION_DENIED),
        (growth(alpha, 9, 8), WitnessSizeError, grpc.StatusCode.INVALID_ARGUMENT),
        (growth(alpha, 3, 8), WitnessBehindError, grpc.StatusCode.ABORTED),
        (growth(alpha, 0, 8), WitnessBehindError, grpc.StatusCode.ABORTED),
        (growth(alpha, 4, 8)._replace(proof=()), WitnessProofError, grpc.StatusCode.FAILED_PRECONDITION),
        (growth(alpha, 4, 8, OTHERS), WitnessProofError, grpc.StatusCode.FAILED_PRECONDITION),
        (growth(alpha, 4, 4, OTHERS), WitnessProofError, grpc.StatusCode.FAILED_PRECONDITION),
        (
            growth(alpha, 4, 4)._replace(proof=(bytes(32),)),
            WitnessProofError,
            grpc.StatusCode.FAILED_PRECONDITION,
        ),
    )
    for what, kind, status in expected:
        with pytest.raises(kind) as refusal:
            asked(network, beta, what)
        assert status_code(refusal.value) is status
        if isinstance(refusal.value, WitnessBehindError):
            assert refusal.value.size == 4
    with beta.store.read() as connection:
        seen = last_witnessed(connection, NAME)
    assert seen is not None
    assert seen.size == 4


def test_of_two_histories_at_once_one_is_signed(network: Network, alpha: Node, beta: Node) -> None:
    asked(network, beta, growth(alpha, 0, 4))
    honest, shorter = growth(alpha, 4, 9), growth(alpha, 4, 7)

    def attempt(what: Growth) -> bool:
        try:
            asked(network, beta, what)
        except WitnessBehindError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(attempt, [honest, shorter] * 4))

    assert signed.count(True) == 1
    with beta.store.read() as connection:
        seen = last_witnessed(connection, NAME)
    assert seen is not None
    assert seen.size == (9 if signed.index(True) % 2 == 0 else 7)


class Race(NamedTuple):
    """One request of several at once, as another process of the witness takes it."""

    url: str
    seed: bytes
    caller: Member
    what: Growth


def is_signed(race: Race) -> bool:
    store = Store(race.url)
    try:
        witness(store, "beta", Signer(race.seed), race.caller, race.what, NOW)
    except WitnessBehindError:
        return False
    finally:
        store.close()
    return True


@pytest.mark.slow
def test_processes_that_race_can_not_roll_a_log_back(network: Network, alpha: Node, beta: Node) -> None:
    url = beta.store.engine.url.render_as_string(hide_password=False)
    caller, seed = network.directory.member("alpha"), beta.identity.witness.seed
    size = 0
    with ProcessPoolExecutor(4, mp_context=forked()) as pool:
        for longer, shorter in ((3, 1), (6, 4), (9, 8)):
            asked_for = [growth(alpha, size, longer), growth(alpha, size, shorter)] * 3
            signed = list(pool.map(is_signed, [Race(url, seed, caller, what) for what in asked_for]))
            assert signed.count(True) == 1
            with beta.store.read() as connection:
                seen = last_witnessed(connection, NAME)
            assert seen is not None
            assert seen.size == (longer if signed.index(True) % 2 == 0 else shorter) > size
            size = seen.size


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_what_can_not_be_stored_is_not_signed(
    network: Network, alpha: Node, beta: Node, flavour: Flavour
) -> None:
    for number in range(10):
        with failing_at(beta.store, number, flavour):
            try:
                asked(network, beta, growth(alpha, 0, 4))
                break
            except (StoreError, WitnessBehindError):
                continue
    assert number >= 2
    assert asked(network, beta, growth(alpha, 4, 9))


def test_over_the_line_a_caller_learns_the_size_that_was_signed_last(
    network: Network, alpha: Node, beta: Node
) -> None:
    async def over_mutual_tls() -> bytes:
        async with beta.serving(network) as member, PeerClient(member, alpha.credentials) as line:
            await line.add_checkpoint(growth(alpha, 0, 4))
            with pytest.raises(WitnessBehindError) as behind:
                await line.add_checkpoint(growth(alpha, 0, 9))
            with pytest.raises(UnavailableError, match="WITNESS_PROOF_REFUSED"):
                await line.add_checkpoint(growth(alpha, 4, 9, OTHERS))
            return await line.add_checkpoint(growth(alpha, behind.value.size, 9))

    line = asyncio.run(over_mutual_tls())

    assert cosignatures(note(alpha, 9) + line, {witness_name("beta"): (beta.identity.witness.public_key,)})


def test_a_suspended_member_is_not_answered(network: Network, alpha: Node, beta: Node) -> None:
    network.suspend("alpha")

    async def over_mutual_tls() -> None:
        async with beta.serving(network) as member, PeerClient(member, alpha.credentials) as line:
            await line.add_checkpoint(growth(alpha, 0, 4))

    with pytest.raises(UnavailableError):
        asyncio.run(over_mutual_tls())


def test_a_request_holds_a_name_a_size_and_hashes_alone(alpha: Node) -> None:
    what = growth(alpha, 4, 9)
    wire = encode_add_checkpoint_call(AddCheckpointCall("", what))

    assert decode_add_checkpoint_call(wire).growth == what
    assert len(wire) < 500


@pytest.mark.parametrize("changed", ["time", "text", "key", "name"])
def test_a_cosignature_holds_for_one_text_time_and_witness(changed: str) -> None:
    log, by = Signer(sha256(b"log").digest()), Signer(sha256(b"by").digest())
    signed = sign_checkpoint(Checkpoint("tocsin/alpha/log", 1, bytes(32)), "tocsin/alpha/log", log)
    line = cosign(signed, "beta", by, 1_700_000_000)
    assert cosignatures(signed + line, {"beta": (by.public_key,)}) == (Cosignature("beta", 1_700_000_000),)
    keys = {"beta": (by.public_key,)}
    whole = signed + line
    if changed == "time":
        whole = signed + cosign(signed, "beta", by, 1).replace(b" ", b" ", 1)[:-10] + line[-10:]
    elif changed == "text":
        other = sign_checkpoint(Checkpoint("tocsin/alpha/log", 2, bytes(32)), "tocsin/alpha/log", log)
        whole = other + line
    elif changed == "key":
        keys = {"beta": (log.public_key,)}
    else:
        assert cosignatures(whole, {"gamma": (by.public_key,)}) == ()
        return
    with pytest.raises(CheckpointError):
        cosignatures(whole, keys)


# --- logs of records --------------------------------------------------------------------------------------------------


def cosigned(network: Network, owner: Node, *witnesses: Node) -> Cosigned:
    """Let a node have its log cosigned while these are on line."""

    async def ask() -> Cosigned:
        async with AsyncExitStack() as stack:
            served = {one.org_id: await stack.enter_async_context(one.serving(network)) for one in witnesses}
            members = tuple(served.get(one.org_id, one) for one in network.directory.members)
            known = replace(network.directory, members=members)
            node = ServedNode(
                owner.org_id, owner.store, lambda: owner.credentials, lambda: known, owner.identity
            )
            return await have_log_cosigned(node, NOW)

    return asyncio.run(ask())


def test_a_log_is_believed_when_as_many_have_cosigned_it_as_the_directory_asks_for(
    network: Network, alpha: Node, beta: Node
) -> None:
    gamma, delta = network.node("gamma"), network.node("delta")
    network.asks_witnesses(2)
    alpha.holds(a=SHOOTING, b=ROBBERY)
    for key, size in (("a", 1), ("b", 2)):
        alpha.shares(key)
        before = rows_of(delta.store)["entry"]
        refused = network.sync(delta, alpha).error
        assert isinstance(refused, QuorumError)
        assert "0 of 2" in str(refused)
        assert rows_of(delta.store)["entry"] == before

        assert len(cosigned(network, alpha, beta).by) == 1
        assert isinstance(network.sync(delta, alpha).error, QuorumError)
        assert cosigned(network, alpha, beta, gamma).by == ("tocsin/beta/witness", "tocsin/gamma/witness")

        assert network.sync(delta, alpha).verified == size
        with delta.store.read() as connection:
            head = log_head(connection, "alpha")
        assert head is not None
        assert len(cosignatures(head.checkpoint, quorum_of(network.directory, "alpha").keys)) == 2
    assert delta.faults(*network.origins()) == []


@pytest.mark.slow
@on_sqlite_alone
def test_of_many_witnesses_no_more_are_asked_than_are_needed(
    network: Network, alpha: Node, beta: Node
) -> None:
    network.asks_witnesses(1)
    gamma = network.node("gamma")
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    assert cosigned(network, alpha, beta, gamma).by == ("tocsin/beta/witness",)
    assert rows_of(gamma.store)["witnessed"] == ()
    assert cosigned(network, alpha).refused == ()  # nobody has to be asked again


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
@on_sqlite_alone
def test_a_cosignature_that_could_not_be_kept_is_asked_for_again(
    network: Network, alpha: Node, beta: Node, flavour: Flavour
) -> None:
    network.asks_witnesses(1)
    alpha.holds(a=SHOOTING)
    alpha.shares("a")
    for number in range(10):
        with failing_at(alpha.store, number, flavour):
            done = cosigned(network, alpha, beta)
        if not done.refused:
            break
    assert number == 2 if flavour is Flavour.REFUSED else number >= 1
    ours = standing(alpha.store, "alpha", quorum_of(network.directory, "alpha").keys)
    assert ours is not None
    assert ours.by == {"tocsin/beta/witness"}
    assert ours.note.count(b"tocsin/beta/witness") == 1
    alpha.shares("a", now=NOW)
    assert keep_cosignature(alpha.store, "alpha", b"older\n\n", b"line\n") is False


@on_sqlite_alone
def test_a_witness_signs_no_other_log_than_it_was_shown_as_a_reader_and_looks_into_it(
    network: Network, beta: Node
) -> None:
    mirage = PeerSimulator("mirage")
    network.admit(mirage.member)
    mirage.adds(SHOOTING)
    assert network.sync(beta, mirage).error is None
    other = mirage.branches(0)
    other.adds(ROBBERY)
    with pytest.raises(WitnessProofError):
        witness(beta.store, "beta", beta.identity.witness, mirage.member, Growth(0, (), other.note()), NOW)
    with beta.store.read() as connection:
        assert last_witnessed(connection, log_name("mirage")) is None
        (heard,) = all_heard(connection)
    assert (heard.origin_id, heard.size, heard.agrees) == ("mirage", 1, False)
    assert network.hears(beta, mirage) == {"mirage"}
