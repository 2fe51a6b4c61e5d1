"""A member that lies in what it serves, over real mutual TLS: each attack by its name, refused by name.

What a node holds is the same before and after, row by row; only when it last heard the member and why it refused is
noted.
"""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from crypto.envelope import Signature, keyid, leaf, pae, sign_envelope
from crypto.merkle import leaf_hash
from node.bundle import BUNDLE_TYPE
from node.charter import CHARTER_TYPE
from node.directory import DIRECTORY_TYPE, LIFETIME, REQUEST_TYPE, Retirement, RetirementReason
from node.peer_line import MAX_MESSAGE_BYTES
from node.receipt import RECEIPT_TYPE
from node.signed import PADDING_TYPE, RETRACTION_TYPE, Entry
from node.store.peer_log import fates
from node.sync import Outcome
from node.trust import ROOT_TYPE
from node.urgent import ALERT_TYPE
from node.verify import Page, page_token
from node.wire import records
from tests.support.edwards import IDENTITY, ORDER, encode, signed_with_a_mixed_nonce, small_order
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import NOW, Network, Node, Rows, rows_of
from tests.support.peer_simulator import Logged, PeerSimulator, always

RefusedAs = Callable[[], str]
HALF = 32  # of a signature: R, then S


@pytest.fixture
def network(new_database_url: Callable[[], str]) -> Iterator[Network]:
    """A network without members yet, whose databases are of either kind."""
    made = Network(new_database_url)
    yield made
    made.close()


@pytest.fixture
def before(network: Network, beta: Node, peer: PeerSimulator) -> Rows:
    """What beta holds after an honest pull of two entries; then the member has four more, a page of each two."""
    peer.adds(SHOOTING)
    peer.adds(ROBBERY)
    assert network.sync(beta, peer).error is None
    for one in (LOOTING, SHELLING, SHOOTING, ROBBERY):
        peer.adds(one)
    return rows_of(beta.store)


@pytest.fixture
def refused_as(network: Network, beta: Node, peer: PeerSimulator, before: Rows) -> RefusedAs:
    """Pull once more; gives the reason of the refusal after seeing that it changed nothing."""
    known = network.origins()

    def pull_and_compare() -> str:
        outcome = network.sync(beta, peer)
        assert outcome.error is not None
        assert outcome.verified == outcome.held == 2
        assert rows_of(beta.store) == before
        assert beta.faults(*known) == []
        return outcome.error.reason

    return pull_and_compare


# --- pages ------------------------------------------------------------------------------------------------------------


def test_a_replayed_page_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    earlier = peer.page(2, 0)
    peer.page_as = lambda _page: earlier
    assert refused_as() == "ROOT_MISMATCH"


def test_a_replayed_page_with_the_token_that_would_follow_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    earlier = peer.page(6, 0, 2)
    peer.page_as = lambda _page: earlier._replace(next_token=page_token(6, 4))
    assert refused_as() == "ROOT_MISMATCH"


def test_a_reordered_page_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.page_as = lambda page: page._replace(entries=page.entries[::-1])
    assert refused_as() == "ROOT_MISMATCH"


def test_a_truncated_page_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.page_as = lambda page: page._replace(entries=page.entries[:-1])
    assert refused_as() == "ROOT_MISMATCH"


def test_a_truncated_page_that_says_that_more_follows_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    peer.page_as = lambda page: Page(page.entries[:1], page.proof, page_token(6, 3))
    assert refused_as() == "ROOT_MISMATCH"


def test_a_dropped_entry_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.page_as = lambda page: page._replace(entries=(page.entries[0], *page.entries[2:]))
    assert refused_as() == "ROOT_MISMATCH"


def test_an_entry_dropped_and_another_put_in_its_place_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    other = PeerSimulator()
    other.identity = peer.identity
    wire = other.adds(LOOTING, record_uid=b"u" * 16).wire
    peer.page_as = lambda page: page._replace(entries=(wire, *page.entries[1:]))
    assert refused_as() == "ROOT_MISMATCH"


def test_an_oversized_entry_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.page_as = lambda page: page._replace(entries=(bytes(16 * 1024 + 1), *page.entries[1:]))
    assert refused_as() == "PAGE_MALFORMED"


def test_an_oversized_message_is_not_read(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.answer_as = always(bytes(MAX_MESSAGE_BYTES + 1))
    assert refused_as() == "PEER_UNAVAILABLE"


def test_a_slow_answer_is_given_up(network: Network, beta: Node, peer: PeerSimulator, before: Rows) -> None:
    async def never(_request: bytes, _context: object) -> None:
        await asyncio.sleep(60)

    async def pull_with_little_patience() -> Outcome:
        async with peer.serving(network) as member:
            return await network.pull(beta, member, call_seconds=0.3)

    peer.pause = never
    outcome = asyncio.run(pull_with_little_patience())
    assert outcome.error is not None
    assert outcome.error.reason == "PEER_LATE"
    assert rows_of(beta.store) == before


# --- logs -------------------------------------------------------------------------------------------------------------


def test_a_rolled_back_log_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    del peer.leaf_hashes[1:]
    assert refused_as() == "LOG_ROLLED_BACK"


def test_another_history_of_the_same_size_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    del peer.leaf_hashes[1:], peer.entries[1:]
    peer.adds(LOOTING)
    assert refused_as() == "LOG_FORKED"


def test_another_history_that_is_longer_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    del peer.leaf_hashes[1:2], peer.entries[1:2]
    assert refused_as() == "ROOT_MISMATCH"


# --- keys that no longer count, and directories -----------------------------------------------------------------------


def retire(network: Network, peer: PeerSimulator, last_good_size: int) -> None:
    """Say of the member's signing key that it was stolen when the log had so many entries."""
    member = network.directory.member(peer.org_id)
    (key,) = member.signing_keys
    end = Retirement(RetirementReason.COMPROMISED, last_good_size)
    network.admit(member._replace(signing_keys=(key._replace(retirement=end),)))


@pytest.mark.usefixtures("before")
def test_a_back_dated_record_with_a_revoked_key_counts_for_nothing(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    """Whatever day such a record says, its place in the log is behind the cut; it stays there as evidence."""
    counted = beta.counts("means")
    retire(network, peer, 2)
    assert network.sync(beta, peer).error is None
    assert beta.counts("means") == counted
    with beta.store.read() as connection:
        told = {(one.fate, one.reason) for one in fates(connection)}
    assert told == {("accepted", ""), ("refused", "KEY_RETIRED")}
    assert beta.faults(*network.origins()) == []


def test_with_a_frozen_directory_nobody_is_pulled_from(network: Network, refused_as: RefusedAs) -> None:
    network.now = NOW + LIFETIME
    assert refused_as() == "NOT_A_MEMBER"


def test_a_suspended_member_is_not_pulled_from(
    network: Network, peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    network.suspend(peer.org_id)
    assert refused_as() == "NOT_A_MEMBER"


# --- signatures -------------------------------------------------------------------------------------------------------

OTHER_TYPES = {
    "an alert": ALERT_TYPE,
    "a bundle": BUNDLE_TYPE,
    "a charter": CHARTER_TYPE,
    "a directory": DIRECTORY_TYPE,
    "a receipt": RECEIPT_TYPE,
    "a request for membership": REQUEST_TYPE,
    "a root": ROOT_TYPE,
}


@pytest.mark.slow
@pytest.mark.parametrize("what", OTHER_TYPES)
def test_a_record_signed_as(peer: PeerSimulator, refused_as: RefusedAs, what: str) -> None:
    """The type is under the signature, so nothing that was signed for one use counts for another."""
    peer.adds(SHOOTING, payload_type=OTHER_TYPES[what])
    assert refused_as() == "SIGNATURE_INVALID"


@pytest.mark.slow
@pytest.mark.parametrize("what", OTHER_TYPES)
def test_a_record_with_the_signature_of(peer: PeerSimulator, refused_as: RefusedAs, what: str) -> None:
    """It says that it is a record, and the bytes were signed as something else."""
    logged = peer.adds(SHOOTING)
    assert logged.entry.envelope is not None
    payload = logged.entry.envelope.payload
    ((borrowed, _),) = sign_envelope(peer.identity.signing, OTHER_TYPES[what], payload).signatures
    relog(peer, logged, borrowed)
    assert refused_as() == "SIGNATURE_INVALID"


@pytest.mark.parametrize("kind", [RETRACTION_TYPE, PADDING_TYPE])
def test_a_record_signed_as_another_kind_of_entry_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs, kind: str
) -> None:
    peer.adds(SHOOTING, payload_type=kind)
    assert refused_as() == "MESSAGE_MALFORMED"


def test_a_checkpoint_signed_with_the_key_for_records_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    peer.identity = peer.identity._replace(log=peer.identity.signing)
    assert refused_as() == "CHECKPOINT_INVALID"


def relog(peer: PeerSimulator, logged: Logged, signature: bytes, public_key: bytes = b"") -> None:
    """Give a record that was logged another signature, perhaps by another key."""
    at, key = logged.position.log_index, public_key or peer.identity.signing.public_key
    assert logged.entry.envelope is not None
    envelope = logged.entry.envelope._replace(signatures=(Signature(signature, keyid(key)),))
    peer.entries[at] = records.encode_entry(Entry(b"", envelope, logged.entry.openings))
    peer.leaf_hashes[at] = leaf_hash(leaf(envelope, key))


def bind(network: Network, peer: PeerSimulator, public_key: bytes) -> None:
    """Let the directory say that this is another signing key of the member."""
    member = network.directory.member(peer.org_id)
    (key,) = member.signing_keys
    network.admit(member._replace(signing_keys=(key, key._replace(public_key=public_key))))


def test_a_signature_whose_scalar_is_not_reduced_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    logged = peer.adds(SHOOTING)
    assert logged.entry.envelope is not None
    ((sound, _),) = logged.entry.envelope.signatures
    scalar = int.from_bytes(sound[HALF:], "little") + ORDER
    relog(peer, logged, sound[:HALF] + scalar.to_bytes(HALF, "little"))
    assert refused_as() == "SIGNATURE_INVALID"


@pytest.mark.slow
@pytest.mark.parametrize("point", small_order(), ids=bytes.hex)
def test_a_signature_by_a_point_of_small_order_is_refused(
    network: Network, peer: PeerSimulator, refused_as: RefusedAs, point: bytes
) -> None:
    """Even where a directory binds such a key to the member, with which anybody could sign."""
    bind(network, peer, point)
    relog(peer, peer.adds(SHOOTING), encode(IDENTITY) + bytes(HALF), point)
    assert refused_as() == "SIGNATURE_INVALID"


def test_a_signature_that_only_other_verifiers_take_is_refused(
    network: Network, peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    """R with a point of order eight too many: some libraries take it, and would split the network from the others."""
    logged = peer.adds(SHOOTING)
    assert logged.entry.envelope is not None
    odd = signed_with_a_mixed_nonce(pae(logged.entry.envelope.payload_type, logged.entry.envelope.payload))
    bind(network, peer, odd.public_key)
    relog(peer, logged, odd.signature, odd.public_key)
    assert refused_as() == "SIGNATURE_INVALID"
