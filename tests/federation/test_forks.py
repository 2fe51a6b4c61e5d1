"""A log that told two stories is found out by whoever hears of both, proven to everybody, and believed no further."""

import asyncio
import random
from datetime import timedelta
from hashlib import sha256
from itertools import permutations
from typing import Any

import pytest

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.cosignature import cosign
from crypto.merkle import Frontier
from crypto.signing import Signer
from node.client import PeerClient
from node.contain import Search, drop_disproven, keep_fork, story_of
from node.directory import Retirement, RetirementReason, quorum_of
from node.errors import ForkedError, ForkProofError
from node.fork import Common, verify_fork
from node.freshness import silent_since
from node.gossip import Doubt, Told, known_digests, tell
from node.gossiping import CODECS
from node.quorum import verify_quorum
from node.store.forks import StoredFork, fork_of
from node.store.heads import advance_log, log_head, open_log
from node.store.peer_log import stored_entries
from node.sync import Outcome, pull
from node.verify import log_name, witness_name
from node.wire import witness
from node.wire.witness import encode_checkpoints_call, encode_told
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import (
    NOW,
    Network,
    Node,
    make_credentials,
    make_identity,
    member_of,
    on_sqlite_alone,
    rows_of,
)
from tests.support.peer_simulator import PeerSimulator

MIRAGE = "mirage"


class Liar:
    """A member with one log for beta and another for gamma, the same for the first three entries."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.one = PeerSimulator(MIRAGE)
        network.admit(self.one.member)
        self.beta, self.gamma = network.node("beta"), network.node("gamma")
        first = self.one.adds(SHOOTING)
        self.one.adds(ROBBERY)
        self.one.adds(LOOTING)
        self.other = self.one.branches(3)
        self.one.revises(first, SHELLING)
        for _ in range(3):
            self.one.adds(SHELLING)
        for _ in range(2):
            self.other.adds(ROBBERY)

    def is_read(self) -> None:
        """Let both pull what they are shown."""
        assert self.network.sync(self.beta, self.one).error is None
        assert self.network.sync(self.gamma, self.other).error is None

    def proof(self, node: Node) -> StoredFork | None:
        """What a node holds against it."""
        with node.store.read() as connection:
            return fork_of(connection, MIRAGE)


@pytest.fixture
def liar(network: Network) -> Liar:
    """Nobody knows yet."""
    return Liar(network)


def fates(node: Node) -> list[tuple[str, str]]:
    with node.store.read() as connection:
        head = log_head(connection, MIRAGE)
        assert head is not None
        return [(one.fate, one.reason) for one in stored_entries(connection, head.log_id, 0, 100)]


def test_whoever_hears_what_another_was_shown_stops_to_count_what_they_do_not_share(
    network: Network, liar: Liar
) -> None:
    liar.is_read()
    assert network.hears(liar.beta, liar.gamma) == {MIRAGE}
    found = liar.proof(liar.beta)
    assert found is not None
    assert (found.common_size, found.first_size, found.told_by) == (3, 5, "gamma")
    assert fates(liar.beta) == [("accepted", "")] * 3 + [("refused", "LOG_FORKED")] * 4
    # The first record was corrected behind the fork: what it said before counts again.
    assert liar.beta.counts("means") == {("shooting",): 1, ("robbery",): 1, ("looting",): 1}
    assert liar.beta.faults(*network.origins()) == []
    refusal = network.sync(liar.beta, liar.one).error
    assert isinstance(refusal, ForkedError)
    assert "up to entry 3" in str(refusal)


@pytest.mark.slow
def test_a_proof_is_told_on_and_verified_by_each_who_hears_it(network: Network, liar: Liar) -> None:
    delta, last = network.node("delta"), network.node("omega")
    liar.is_read()
    network.sync(delta, liar.other)
    network.hears(liar.beta, liar.gamma)
    assert network.hears(delta, liar.beta) == {MIRAGE}
    assert network.hears(last, delta) == {MIRAGE}
    assert network.hears(liar.gamma, last) == {MIRAGE}
    proofs = {liar.proof(one).proof for one in (liar.beta, liar.gamma, delta, last)}  # type: ignore[union-attr] # all hold one
    assert len(proofs) == 1
    assert fates(liar.gamma) == fates(delta) == [("accepted", "")] * 3 + [("refused", "LOG_FORKED")] * 2
    assert network.hears(last, delta) == frozenset()
    for node in (liar.beta, liar.gamma, delta, last):
        assert node.faults(*network.origins()) == []


def test_who_shows_another_log_of_the_same_size_later_proves_it_itself(network: Network, liar: Liar) -> None:
    network.sync(liar.beta, liar.one)
    later = liar.one.branches(6)
    later.adds(LOOTING)
    refused = network.sync(liar.beta, later)
    assert isinstance(refused.error, ForkedError)
    assert liar.proof(liar.beta) is None
    assert network.hears(liar.beta, later, refused.doubtful) == {
        MIRAGE
    }  # it tells nothing of logs, and answers what is asked of its own
    found = liar.proof(liar.beta)
    assert found is not None
    assert found.common_size == 6  # the member itself has proven where its stories part
    assert fates(liar.beta)[3:6] == [("accepted", "")] * 3


def test_a_log_that_was_shown_to_others_is_not_shown_shorter_to_us(network: Network, liar: Liar) -> None:
    network.sync(liar.gamma, liar.one)
    assert network.hears(liar.beta, liar.gamma) == frozenset()
    shorter = liar.one.branches(4)
    refused = network.sync(liar.beta, shorter).error
    assert refused is not None
    assert refused.reason == "LOG_ROLLED_BACK"
    assert "7 entries to others" in str(refused)
    assert network.sync(liar.beta, liar.one).error is None
    assert network.hears(liar.beta, liar.gamma) == frozenset()
    assert liar.proof(liar.beta) is None


def test_a_log_that_rests_with_us_while_it_grew_with_others_is_refused(network: Network, liar: Liar) -> None:
    shorter = liar.one.branches(4)
    network.sync(liar.gamma, liar.one)
    assert [network.sync(liar.beta, shorter).error for _ in range(2)] == [None, None]
    assert network.hears(liar.beta, liar.gamma) == frozenset()
    refused = network.sync(liar.beta, shorter).error
    assert refused is not None
    assert refused.reason == "LOG_ROLLED_BACK"


def test_what_others_passed_on_while_a_checkpoint_was_on_its_way_is_no_fault_of_its_log(
    network: Network, liar: Liar
) -> None:
    """A checkpoint is asked for while we look what we hold, so it may be older than that."""
    network.sync(liar.beta, liar.one)
    older = [liar.one.note(4)]

    class Overtaken(PeerClient):
        async def checkpoint(self, origin_id: str = "") -> bytes:
            return older.pop() if older else await super().checkpoint(origin_id)

    async def over_mutual_tls() -> Outcome:
        async with liar.one.serving(network) as peer, Overtaken(peer, liar.beta.credentials) as line:
            return await pull(liar.beta.store, line, network.directory, clock=lambda: network.now)

    outcome = asyncio.run(over_mutual_tls())
    assert (outcome.error, outcome.verified, older) == (None, 7, [])


@pytest.mark.slow
def test_a_slow_reader_proves_nothing(network: Network, liar: Liar) -> None:
    network.sync(liar.gamma, liar.one.branches(5))
    network.sync(liar.beta, liar.one)
    assert network.hears(liar.beta, liar.gamma) == frozenset()
    assert network.hears(liar.gamma, liar.beta) == frozenset()
    assert liar.proof(liar.beta) is liar.proof(liar.gamma) is None


@pytest.mark.slow
@on_sqlite_alone
def test_in_whatever_order_it_is_heard_the_verdict_is_the_same(network: Network, liar: Liar) -> None:
    liar.is_read()
    story = story_of(liar.beta.store, MIRAGE)
    assert story is not None
    third = liar.one.branches(2)
    for _ in range(5):
        third.adds(LOOTING)
    proofs = [
        forked(story, branch, size, told=told)
        for branch, size, told in (
            (liar.other, 5, True),
            (liar.other, 5, False),
            (third, 4, True),
            (third, 6, True),
        )
    ]
    before = rows_of(liar.beta.store)
    verdicts: set[Any] = set()
    for order in permutations(proofs):
        node = network.node(f"n{len(verdicts)}-{random.Random(repr(order)).randrange(10**9)}")
        network.sync(node, liar.one)
        for wire in order:
            keep(network, node, wire)
        found = liar.proof(node)
        assert found is not None
        verdicts.add(
            (found.proof, found.common_size, tuple(fates(node)), tuple(node.counts("means").items()))
        )
        assert node.faults(*network.origins()) == []
        if len(verdicts) > 1:
            break
    assert len(verdicts) == 1
    assert rows_of(liar.beta.store) == before


@pytest.mark.slow
@on_sqlite_alone
def test_whoever_is_heard_first_the_verdict_is_the_same(network: Network, liar: Liar) -> None:
    third = liar.one.branches(2)
    for _ in range(5):
        third.adds(LOOTING)
    tellers = [liar.gamma, network.node("delta"), network.node("epsilon")]
    liar.is_read()
    network.sync(tellers[1], third)
    network.sync(tellers[2], liar.one.branches(6))
    verdicts = set()
    for number, order in enumerate(permutations(tellers)):
        node = network.node(f"reader-{number}")
        network.sync(node, liar.one)
        for teller in order:
            network.hears(node, teller)
        found = liar.proof(node)
        assert found is not None
        verdicts.add(
            (found.proof, found.common_size, tuple(fates(node)), tuple(node.counts("means").items()))
        )
        assert node.faults(*network.origins()) == []
    assert len(verdicts) == 1
    assert verdicts.pop()[1] == 3


def forked(story: Any, branch: PeerSimulator, size: int, *, told: bool) -> bytes:
    """A proof against the story that is held, with what both share if it was told."""
    root = Frontier().append(branch.leaf_hashes[:size]).root
    doubt = Doubt(MIRAGE, Checkpoint(log_name(MIRAGE), size, root), branch.note(size))
    search = Search(story, doubt)
    while told and (asked := search.asks):
        search.answered(branch.consistency(asked, size))
    return witness.encode_fork(search.fork())


def keep(network: Network, node: Node, wire: bytes) -> str | None:
    return keep_fork(node.store, wire, network.directory, node.org_id, CODECS, told_by="somebody", now=NOW)


@on_sqlite_alone
def test_nothing_that_is_no_proof_changes_anything(network: Network, liar: Liar) -> None:
    liar.is_read()
    story = story_of(liar.beta.store, MIRAGE)
    assert story is not None
    sound = witness.decode_fork(forked(story, liar.other, 5, told=True))
    assert sound.common is not None
    assert verify_fork(sound, liar.one.origin).common_size == 3
    grown = liar.one.note(5)
    stranger = sign_checkpoint(
        Checkpoint(log_name(MIRAGE), 5, bytes(32)), log_name(MIRAGE), Signer.generate()
    )
    empty = sign_checkpoint(
        Checkpoint(log_name(MIRAGE), 0, bytes(32)), log_name(MIRAGE), liar.one.identity.log
    )
    wrong = (
        sound._replace(first=grown),
        sound._replace(first=grown, common=None),  # one only adds to the other
        sound._replace(first=stranger),
        sound._replace(first=empty),
        sound._replace(first=sound.second, second=sound.first),
        sound._replace(second=sound.first, root=bytes(32), path=()),
        sound._replace(root=bytes(32)),
        sound._replace(path=sound.path[1:]),
        sound._replace(common=sound.common._replace(size=4)),
        sound._replace(common=sound.common._replace(root=bytes(32))),
        sound._replace(common=sound.common._replace(to_first=())),
        sound._replace(common=Common(5, sound.root, (), sound.path)),
    )
    before = rows_of(liar.beta.store)
    for fork in wrong:
        with pytest.raises(ForkProofError) as refusal:
            keep(network, liar.beta, witness.encode_fork(fork))
        assert refusal.value.reason == "FORK_NOT_PROVEN"
    assert rows_of(liar.beta.store) == before


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
@on_sqlite_alone
def test_a_fork_is_kept_with_all_that_follows_or_not_at_all(
    network: Network, liar: Liar, flavour: Flavour
) -> None:
    liar.is_read()
    story = story_of(liar.beta.store, MIRAGE)
    assert story is not None
    wire = forked(story, liar.other, 5, told=True)
    before = rows_of(liar.beta.store)
    for number in range(20):
        with failing_at(liar.beta.store, number, flavour) as writes:
            try:
                keep(network, liar.beta, wire)
            except Exception:  # noqa: BLE001 - whatever it is, what is stored counts
                committed = flavour is Flavour.DONE_BUT_REPORTED_AS_FAILED and writes[-1] == "COMMIT"
                assert committed or rows_of(liar.beta.store) == before
            else:
                break
    assert number > 3
    assert fates(liar.beta)[3:] == [("refused", "LOG_FORKED")] * 4
    assert liar.beta.faults(*network.origins()) == []


@on_sqlite_alone
def test_what_a_thief_of_the_log_key_told_proves_nothing_once_the_key_has_its_end(
    network: Network, liar: Liar
) -> None:
    liar.is_read()
    before = fates(liar.beta), liar.beta.counts("means")
    network.hears(liar.beta, liar.gamma)
    assert fates(liar.beta) != before[0]
    member = network.directory.member(MIRAGE)
    (old,) = member.log_keys
    signer = Signer.generate()
    liar.one.identity = liar.one.identity._replace(log=signer)
    ended = old._replace(retirement=Retirement(RetirementReason.COMPROMISED, 4))
    network.admit(member._replace(log_keys=(old._replace(public_key=signer.public_key), ended)))

    assert drop_disproven(liar.beta.store, network.directory, "beta", CODECS) == (MIRAGE,)

    assert liar.proof(liar.beta) is None
    assert (fates(liar.beta), liar.beta.counts("means")) == before
    liar.one.adds(LOOTING)
    assert network.sync(liar.beta, liar.one).error is None
    assert network.hears(liar.beta, liar.gamma) == frozenset()
    assert liar.beta.faults(*network.origins()) == []
    assert drop_disproven(liar.beta.store, network.directory, "beta", CODECS) == ()


@on_sqlite_alone
def test_a_silent_log_becomes_stale_and_nothing_worse(network: Network, liar: Liar) -> None:
    liar.is_read()
    with liar.beta.store.read() as connection:
        head = log_head(connection, MIRAGE)
    assert silent_since(head, {}) == int(NOW.timestamp())
    assert silent_since(None, {}) == 0
    network.now = NOW + timedelta(days=3)
    assert network.hears(liar.beta, liar.gamma) == {MIRAGE}  # the other story; silence alone proves nothing


@on_sqlite_alone
def test_what_is_told_of_two_hundred_logs_takes_less_than_two_hundred_kilobytes(network: Network) -> None:
    network.asks_witnesses(3)
    gamma, witnesses = network.node("gamma"), [network.node(f"witness-{number}") for number in range(3)]
    many = [make_identity(f"organization-{number:03}-of-many") for number in range(200)]
    certificate = make_credentials("any")
    network.admit_all(member_of(one, certificate) for one in many)
    with gamma.store.write() as connection:
        for one in many:
            name, peak = log_name(one.org_id), sha256(one.org_id.encode()).digest()
            frontier = Frontier(100_000, (peak,) * (100_000).bit_count())
            note = sign_checkpoint(Checkpoint(name, frontier.size, frontier.root), name, one.log)
            lines = [
                cosign(note, witness_name(by.org_id), by.identity.witness, int(NOW.timestamp()))
                for by in witnesses
            ]
            advance_log(connection, open_log(connection, one.org_id), frontier, note + b"".join(lines), 1)

    told = tell(gamma.store, network.directory, frozenset(), "beta")

    assert len(told.checkpoints) == 200
    assert not told.more
    assert all(len(verify_quorum(one, quorum_of(network.directory, ""))) == 3 for one in told.checkpoints)
    assert len(encode_told(told)) < 200_000
    known = known_digests(gamma.store)
    assert len(encode_checkpoints_call("", known)) < 5_000
    assert tell(gamma.store, network.directory, known, "beta") == Told((), ())
