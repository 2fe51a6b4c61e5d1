"""A peer whose log or pages do not hold is refused with the reason, and the node stays as it was."""

from collections.abc import Callable

import pytest

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.signing import Signer
from node.errors import PeerError
from node.peer_line import MAX_MESSAGE_BYTES
from node.verify import MAX_ENTRY_BYTES, MAX_PAGE_ENTRIES, Page, log_name
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.network import Network, Node, Rows, rows_of
from tests.support.peer_simulator import PeerSimulator, always


@pytest.fixture
def before(network: Network, beta: Node, peer: PeerSimulator) -> Rows:
    """What beta holds after a good pull of two entries, before the peer goes on."""
    peer.adds(SHOOTING)
    peer.adds(ROBBERY)
    network.sync(beta, peer)
    return rows_of(beta.store)


@pytest.fixture
def refused_as(network: Network, beta: Node, peer: PeerSimulator, before: Rows) -> Callable[[], str]:
    """Pull once more; gives the reason of the refusal after seeing that it changed nothing."""

    def pull_and_compare() -> str:
        outcome = network.sync(beta, peer)
        assert isinstance(outcome.error, PeerError)
        assert outcome.verified == outcome.held == 2
        assert rows_of(beta.store) == before
        assert beta.faults(*network.origins()) == []
        return outcome.error.reason

    return pull_and_compare


RefusedAs = Callable[[], str]

LIES: dict[str, tuple[Callable[[Page], Page], str]] = {
    "an entry dropped": (lambda page: page._replace(entries=page.entries[1:]), "ROOT_MISMATCH"),
    "its end cut off": (lambda page: page._replace(entries=page.entries[:-1]), "ROOT_MISMATCH"),
    "an entry twice": (
        lambda page: page._replace(entries=(*page.entries, page.entries[-1])),
        "PAGE_MALFORMED",
    ),
    "an entry twice in place of another": (
        lambda page: page._replace(entries=(page.entries[0], *page.entries[:-1])),
        "ROOT_MISMATCH",
    ),
    "its order reversed": (lambda page: page._replace(entries=page.entries[::-1]), "ROOT_MISMATCH"),
    "nothing in it": (lambda page: page._replace(entries=()), "PAGE_MALFORMED"),
    "a proof too many": (lambda page: page._replace(proof=(b"p" * 32,)), "ROOT_MISMATCH"),
    "a hash of a wrong length": (lambda page: page._replace(proof=(b"p" * 31,)), "MESSAGE_MALFORMED"),
    "a token that goes on": (lambda page: page._replace(next_token="5.4"), "PAGE_TOKEN_MISMATCH"),
    "a token that goes back": (lambda page: page._replace(next_token="5.0"), "PAGE_TOKEN_MISMATCH"),
    "an entry too large": (
        lambda page: page._replace(entries=(bytes(MAX_ENTRY_BYTES + 1), *page.entries[1:])),
        "PAGE_MALFORMED",
    ),
    "more entries than are allowed": (
        lambda page: page._replace(entries=page.entries[:1] * (MAX_PAGE_ENTRIES + 1)),
        "PAGE_MALFORMED",
    ),
    "an entry that is no message": (
        lambda page: page._replace(entries=(b"\xff", *page.entries[1:])),
        "MESSAGE_MALFORMED",
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_page_is_refused_with(peer: PeerSimulator, refused_as: RefusedAs, lie: str) -> None:
    peer.adds(LOOTING)
    peer.adds(SHELLING)
    peer.adds(SHOOTING)
    peer.page_as, reason = LIES[lie]
    assert refused_as() == reason


def test_a_shorter_page_is_taken_when_its_proof_says_that_more_follows(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    for _ in range(5):
        peer.adds(LOOTING)
    peer.page_entries = 2
    outcome = network.sync(beta, peer)
    assert (outcome.error, outcome.verified) == (None, 5)


def test_a_page_without_its_proof_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.adds(LOOTING)
    peer.adds(SHELLING)
    peer.page_entries = 1
    peer.page_as = lambda page: page._replace(proof=())
    assert refused_as() == "ROOT_MISMATCH"


def test_pages_before_the_first_bad_one_are_kept(network: Network, beta: Node, peer: PeerSimulator) -> None:
    for _ in range(5):
        peer.adds(LOOTING)
    peer.page_entries = 2
    peer.entries[4] = peer.entries[3]
    outcome = network.sync(beta, peer)
    assert isinstance(outcome.error, PeerError)
    assert outcome.verified == 4
    assert beta.counts() == {(): 4}
    assert beta.faults(*network.origins()) == []


def test_a_log_that_became_shorter_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    del peer.leaf_hashes[1:]
    assert refused_as() == "LOG_ROLLED_BACK"


def test_a_log_with_another_history_of_the_same_length_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    del peer.leaf_hashes[1:], peer.entries[1:]
    peer.adds(LOOTING)
    assert refused_as() == "LOG_FORKED"


def test_a_longer_log_with_another_history_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    del peer.leaf_hashes[1:], peer.entries[1:]
    peer.adds(LOOTING)
    peer.adds(SHELLING)
    peer.adds(SHOOTING)
    assert refused_as() == "ROOT_MISMATCH"


def test_a_log_that_says_it_is_empty_now_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.leaf_hashes.clear()
    assert refused_as() == "LOG_ROLLED_BACK"


def test_a_checkpoint_signed_with_another_key_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    peer.adds(LOOTING)
    peer.identity = peer.identity._replace(log=Signer.generate())
    assert refused_as() == "CHECKPOINT_INVALID"


def test_a_checkpoint_signed_with_the_key_for_records_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    peer.adds(LOOTING)
    peer.identity = peer.identity._replace(log=peer.identity.signing)
    assert refused_as() == "CHECKPOINT_INVALID"


def test_a_checkpoint_of_another_members_log_is_refused(
    peer: PeerSimulator, refused_as: RefusedAs, beta: Node
) -> None:
    name = log_name(beta.org_id)
    peer.note_as = always(sign_checkpoint(Checkpoint(name, 9, b"r" * 32), name, beta.identity.log))
    assert refused_as() == "CHECKPOINT_INVALID"


def test_a_checkpoint_that_names_another_log_is_refused(peer: PeerSimulator, refused_as: RefusedAs) -> None:
    name = log_name("beta")
    peer.note_as = always(sign_checkpoint(Checkpoint(name, 9, b"r" * 32), name, peer.identity.log))
    assert refused_as() == "CHECKPOINT_INVALID"


@pytest.mark.parametrize("note", [b"", b"hello", b"\xff\xfe", b"\n\n", b"a" * 100_000])
def test_what_is_no_checkpoint_is_refused(peer: PeerSimulator, refused_as: RefusedAs, note: bytes) -> None:
    peer.note_as = always(note)
    assert refused_as() == "CHECKPOINT_INVALID"


def test_an_answer_larger_than_any_page_is_not_even_read(
    network: Network, beta: Node, peer: PeerSimulator, before: Rows
) -> None:
    peer.adds(LOOTING)
    peer.answer_as = always(bytes(MAX_MESSAGE_BYTES + 1))
    outcome = network.sync(beta, peer)
    assert outcome.error is not None
    assert outcome.error.reason == "PEER_UNAVAILABLE"
    assert rows_of(beta.store) == before


def test_a_refused_peer_that_comes_to_its_senses_is_taken_up_where_it_was(
    network: Network, beta: Node, peer: PeerSimulator, refused_as: RefusedAs
) -> None:
    peer.adds(LOOTING)
    peer.answer_as = lambda sound: sound[:-1]
    assert refused_as() == "MESSAGE_MALFORMED"
    peer.answer_as = bytes
    outcome = network.sync(beta, peer)
    assert (outcome.error, outcome.held, outcome.verified) == (None, 2, 3)
