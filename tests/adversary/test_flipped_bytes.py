"""A peer that changes anything at all in what it sends is refused by name, and nothing of it is kept."""

import asyncio
import re

import pytest

from crypto.merkle import Frontier
from node.errors import PeerError
from node.quorum import NO_QUORUM
from node.verify import VerifiedPage, verify_head, verify_page
from node.wire import records
from node.wire.exchange import decode_checkpoint, decode_page, encode_checkpoint
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.mutants import flips, mutants
from tests.support.network import Network, Node, rows_of
from tests.support.peer_simulator import PeerSimulator, always
from tocsin.node.v1 import exchange_service_pb2 as messages

EMPTY = Frontier()


def talkative(peer: PeerSimulator) -> PeerSimulator:
    """A log with an entry of every kind, of which a page shows all but the last."""
    first = peer.adds(SHOOTING)
    second = peer.adds(ROBBERY)
    peer.revises(first, SHELLING)
    peer.retracts(second)
    peer.pads()
    peer.withholds(LOOTING)
    peer.adds(LOOTING)
    peer.page_entries = 6
    return peer


def refusal(peer: PeerSimulator, note: bytes, answer: bytes) -> str:
    """Reason why the gate refuses these answers; nothing when it does not."""
    try:
        through_the_gate(peer, note, answer)
    except PeerError as error:
        return error.reason
    return ""


def through_the_gate(peer: PeerSimulator, note: bytes, answer: bytes) -> VerifiedPage:
    """Verify the first answers of a peer that nothing is known of yet."""
    checkpoint = verify_head(decode_checkpoint(note), peer.origin, EMPTY, NO_QUORUM)
    return verify_page(decode_page(answer), peer.origin, checkpoint, EMPTY, records)


def changes_that_matter(answer: bytes) -> list[tuple[str, bytes]]:
    """Every change but one: what a peer opens to whom is for the peer to decide."""
    opens_less = re.compile(r"openings dropped$")
    every = mutants(messages.ListEntriesResponse.FromString(answer))
    return [(change, wire) for change, wire in every if not opens_less.search(change)]


@pytest.fixture
def note(peer: PeerSimulator) -> bytes:
    """The sound answer to GetCheckpoint."""
    return encode_checkpoint(talkative(peer).note())


@pytest.fixture
def answer(peer: PeerSimulator, note: bytes) -> bytes:
    """The sound answer to ListEntries."""
    assert note
    return peer.answer(7, 0)


def test_the_sound_answers_pass(peer: PeerSimulator, note: bytes, answer: bytes) -> None:
    fates = [one.fate for one in through_the_gate(peer, note, answer).entries]
    assert fates == ["accepted", "accepted", "accepted", "retracted", "padding", "withheld"]


def test_a_flipped_bit_in_any_byte_of_a_checkpoint_is_refused(
    peer: PeerSimulator, note: bytes, answer: bytes
) -> None:
    for at, flipped in flips(note, every_bit=True):
        assert refusal(peer, flipped, answer), f"a bit of byte {at} does not matter"


def test_a_flipped_bit_in_any_byte_of_a_page_is_refused(
    peer: PeerSimulator, note: bytes, answer: bytes
) -> None:
    for at, flipped in flips(answer):
        assert refusal(peer, note, flipped), f"a bit of byte {at} does not matter"


@pytest.mark.slow
def test_a_flip_of_every_bit_of_a_page_is_refused(peer: PeerSimulator, note: bytes, answer: bytes) -> None:
    for at, flipped in flips(answer, every_bit=True):
        assert refusal(peer, note, flipped), f"a bit of byte {at} does not matter"


def test_a_page_that_ends_early_is_refused(peer: PeerSimulator, note: bytes, answer: bytes) -> None:
    for end in range(0, len(answer), 7):
        assert refusal(peer, note, answer[:end]), f"the first {end} bytes pass"


def test_a_change_to_any_field_of_any_message_is_refused(
    peer: PeerSimulator, note: bytes, answer: bytes
) -> None:
    changes = changes_that_matter(answer)
    assert len(changes) > 700
    for change, wire in changes:
        assert refusal(peer, note, wire), change


def test_an_entry_whose_fields_stand_in_another_order_is_refused(peer: PeerSimulator) -> None:
    sound = peer.adds(SHOOTING)
    envelope_alone = records.encode_entry(sound.entry._replace(openings=()))
    openings_alone = sound.wire[len(envelope_alone) :]
    peer.entries[0] = openings_alone + envelope_alone
    assert refusal(peer, encode_checkpoint(peer.note()), peer.answer(1, 0)) == "MESSAGE_MALFORMED"


def test_a_peer_may_open_less_and_what_it_closes_is_unknown(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    sound = peer.adds(SHOOTING)
    peer.entries[0] = records.encode_entry(sound.entry._replace(openings=sound.entry.openings[:1]))
    assert network.sync(beta, peer).received.accepted == 1
    assert beta.counts("month", "country") == {("2024-03", "unknown"): 1}


@pytest.mark.slow
def test_nothing_of_a_changed_page_is_kept_whichever_field_it_is(
    network: Network, beta: Node, peer: PeerSimulator
) -> None:
    peer.adds(SHOOTING)
    network.sync(beta, peer)
    talkative(peer)
    before = rows_of(beta.store)
    changes = changes_that_matter(peer.answer(8, 1))[::23]

    async def lie_and_lie_again() -> None:
        async with peer.serving(network) as member:
            for change, wire in changes:
                peer.answer_as = always(wire)
                outcome = await network.pull(beta, member)
                assert isinstance(outcome.error, PeerError), change
                assert rows_of(beta.store) == before, change

    asyncio.run(lie_and_lie_again())
    assert beta.faults(*network.origins()) == []
    assert beta.counts() == {(): 1}
