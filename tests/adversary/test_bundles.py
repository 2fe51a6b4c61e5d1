"""A bundle that is not what it should be is refused by name, and nothing of it is kept; no courier can change that."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crypto.errors import CryptoError, SealCutError, SealError, SealExtendedError
from crypto.sealing import HEAD_BYTES, Sealer
from crypto.signing import Signer
from node.bundle import frame
from node.directory import LIFETIME, MemberKey
from node.errors import (
    BundleError,
    BundleGapError,
    BundleNetworkError,
    BundleRecipientError,
    ForkedError,
    MemberError,
    NodeError,
    OriginError,
    PeerError,
)
from node.signed import INCIDENT_TYPE
from node.store.heads import LogHead, log_head
from node.unbundle import MAX_FRAME_BYTES, Reader, read_bundle
from node.verify import Page
from node.wire import bundles, records
from node.wire.exchange import encode_page
from tests.support.bundles import Forger, read, unsealed
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING
from tests.support.mutants import mutants
from tests.support.network import NOW, Network, Node, rows_of, seal_of
from tests.support.peer_simulator import PeerSimulator
from tocsin.node.v1 import envelope_pb2

TAMPERED = (CryptoError, NodeError)


@pytest.fixture
def forger(network: Network, peer: PeerSimulator) -> Forger:
    """A member with five records, two to a page."""
    peer.page_entries = 2
    for incident in (SHOOTING, ROBBERY, LOOTING, SHELLING, ROBBERY):
        peer.adds(incident)
    return Forger(peer, network)


def refusal(network: Network, reader: Node, wire: bytes) -> str:
    """Reason why a node refuses a bundle before it keeps anything; nothing when it does not."""
    before = rows_of(reader.store)
    try:
        outcome = read(network, reader, wire)
    except TAMPERED as error:
        kept = {name: rows for name, rows in rows_of(reader.store).items() if name != "log"}
        assert kept == {name: rows for name, rows in before.items() if name != "log"}
        return error.reason
    return outcome.error.reason if outcome.error else ""


def resealed(frames: list[bytes], reader: Node) -> bytes:
    """Frames that somebody took out of a bundle, sealed anew."""
    return b"".join(Sealer(seal_of(reader.identity).public_key).seal(map(frame, frames)))


def noted(reader: Node, origin: str) -> str:
    """Why a member was refused at its last contact."""
    head = log_of(reader, origin)
    return head.refused_reason if head else ""


def log_of(reader: Node, origin: str) -> LogHead | None:
    """What a node knows of a member's log."""
    with reader.store.read() as connection:
        return log_head(connection, origin)


# --- the file --------------------------------------------------------------------------------------------------------


def test_a_sound_bundle_is_read(network: Network, beta: Node, forger: Forger) -> None:
    outcome = read(network, beta, forger.writes(beta))
    assert (outcome.error, outcome.received.accepted, outcome.verified) == (None, 5, 5)
    assert beta.faults(*network.origins()) == []


def test_a_flipped_byte_a_cut_and_an_addition_change_nothing(
    network: Network, beta: Node, forger: Forger
) -> None:
    wire = forger.writes(beta)
    before = rows_of(beta.store)
    for at in (*range(0, HEAD_BYTES, 5), *range(HEAD_BYTES, len(wire), 1_499), len(wire) - 1):
        with pytest.raises(SealError):
            read(network, beta, wire[:at] + bytes([wire[at] ^ 1 << at % 8]) + wire[at + 1 :])
        with pytest.raises(SealCutError):
            read(network, beta, wire[:at])
    with pytest.raises(SealExtendedError):
        read(network, beta, wire + b"\0")
    assert rows_of(beta.store) == before


@pytest.mark.parametrize("wire", [b"", b"\0" * 104, b"\0" * 200_000, b"id,year\n1,2024\n" * 9_000])
def test_any_other_file_is_refused(network: Network, beta: Node, wire: bytes) -> None:
    with pytest.raises(SealError):
        read(network, beta, wire)


def test_a_bundle_for_another_member_does_not_open(network: Network, beta: Node, forger: Forger) -> None:
    gamma = network.node("gamma")
    with pytest.raises(SealError, match="another key"):
        read(network, beta, forger.writes(gamma))


def test_a_bundle_that_its_reader_seals_for_somebody_else_is_refused(
    network: Network, beta: Node, forger: Forger
) -> None:
    gamma = network.node("gamma")
    frames = unsealed(forger.writes(gamma), seal_of(gamma.identity))
    with pytest.raises(BundleRecipientError, match="mirage wrote it for 'gamma'"):
        read(network, beta, resealed(frames, beta))


def test_no_other_pages_can_stand_behind_a_signature(network: Network, beta: Node, forger: Forger) -> None:
    frames = unsealed(forger.writes(beta), seal_of(beta.identity))
    assert refusal(network, beta, resealed(frames, beta)) == "BUNDLE_CONTENT_WRONG"


# --- who signed, what and for whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"network": "othernet"}, BundleNetworkError),
        ({"network": ""}, BundleNetworkError),
        ({"recipient_id": "gamma"}, BundleRecipientError),
        ({"recipient_id": "x" * 100_000}, BundleRecipientError),
        ({"origin_id": "gamma"}, OriginError),
        ({"seal_hash": bytes(32)}, PeerError),
        ({"first_index": 1}, BundleGapError),
        ({"first_index": 6}, PeerError),
        ({"first_index": 2**64 - 1}, PeerError),
        ({"log_size": 4}, PeerError),
        ({"log_size": 6}, PeerError),
        ({"log_size": 2**64 - 1}, PeerError),
        ({"checkpoint": b""}, PeerError),
        ({"checkpoint": b"nonsense\n"}, PeerError),
    ],
)
def test_a_signed_statement_that_is_false_is_refused(
    network: Network, beta: Node, forger: Forger, change: dict[str, Any], error: type[NodeError]
) -> None:
    forger.bundle_as = lambda bundle: bundle._replace(**change)
    before = rows_of(beta.store)["entry"]
    with pytest.raises(error) as refused:
        read(network, beta, forger.writes(beta))
    assert len(str(refused.value)) < 300
    assert rows_of(beta.store)["entry"] == before


def test_any_change_to_what_was_signed_is_refused(network: Network, beta: Node, forger: Forger) -> None:
    def changes(frames: list[bytes]) -> list[bytes]:
        """Every change to the first part but to the hint which key signed it."""
        every = mutants(envelope_pb2.Envelope.FromString(frames[0]))
        return [wire for change, wire in every if "keyid" not in change]

    numbers = range(len(changes(unsealed(forger.writes(beta), seal_of(beta.identity)))))
    assert len(numbers) > 10
    for number in numbers:

        def changed(frames: list[bytes], number: int = number) -> list[bytes]:
            return [changes(frames)[number], *frames[1:]]

        forger.frames_as = changed
        assert refusal(network, beta, forger.writes(beta)) in {"BUNDLE_REFUSED", "MESSAGE_MALFORMED"}
    assert log_of(beta, "mirage") is None


def test_only_a_members_signing_key_signs(network: Network, beta: Node, forger: Forger) -> None:
    for signer in (Signer.generate(), forger.peer.identity.log):
        forger.signer = signer
        with pytest.raises(BundleError, match="no member"):
            read(network, beta, forger.writes(beta))
    forger.signer = network.node("gamma").identity.signing
    with pytest.raises(OriginError, match="gamma signed it, but it names 'mirage'"):
        read(network, beta, forger.writes(beta))


def test_an_envelope_of_another_kind_is_no_bundle(network: Network, beta: Node, forger: Forger) -> None:
    forger.payload_type = INCIDENT_TYPE
    assert refusal(network, beta, forger.writes(beta)) == "BUNDLE_REFUSED"


def test_a_suspended_member_and_an_expired_directory_are_refused_by_name(
    network: Network, beta: Node, forger: Forger
) -> None:
    wire = forger.writes(beta)
    network.suspend("mirage")
    with pytest.raises(MemberError, match="mirage is suspended"):
        read(network, beta, wire)
    network.admit(forger.peer.member)
    network.now = NOW + LIFETIME
    network.directory = replace(network.directory, expires=network.now)
    for file in (wire, b"whatever it is"):
        with pytest.raises(MemberError, match="expired"):
            read(network, beta, file)


def test_a_key_that_is_no_longer_valid_does_not_sign(network: Network, beta: Node, forger: Forger) -> None:
    member = forger.peer.member
    old = MemberKey(member.signing_keys[0].public_key, NOW - timedelta(days=9), NOW - timedelta(days=1))
    network.admit(member._replace(signing_keys=(old,)))
    with pytest.raises(BundleError, match="not valid now"):
        read(network, beta, forger.writes(beta))


def test_a_bundle_of_this_node_itself_is_refused(network: Network, beta: Node, forger: Forger) -> None:
    forger.bundle_as = lambda bundle: bundle._replace(recipient_id="mirage")
    who = Reader("mirage", (seal_of(beta.identity),), network.directory)
    with pytest.raises(BundleError, match="this node itself"):
        read_bundle(
            beta.store, io.BytesIO(forger.writes(beta)), who, NOW, codec=records, bundle_codec=bundles
        )


# --- logs that tell two stories ---------------------------------------------------------------------------------------


def other_history(peer: PeerSimulator, entries: int) -> None:
    """Let a peer forget its log and tell another."""
    peer.entries.clear()
    peer.leaf_hashes.clear()
    for _ in range(entries):
        peer.adds(LOOTING)


@pytest.mark.parametrize("entries", [1, 3, 5])
def test_a_log_with_another_history_of_no_more_entries_is_a_fork(
    network: Network, beta: Node, forger: Forger, entries: int
) -> None:
    read(network, beta, forger.writes(beta))
    before = rows_of(beta.store)
    other_history(forger.peer, entries)
    with pytest.raises(ForkedError, match=f"two different logs of {entries} entries"):
        read(network, beta, forger.writes(beta))
    assert rows_of(beta.store) == before
    assert noted(beta, "mirage") == "LOG_FORKED"


def test_a_log_with_another_history_and_more_entries_is_refused(
    network: Network, beta: Node, forger: Forger
) -> None:
    read(network, beta, forger.writes(beta))
    before = rows_of(beta.store)
    other_history(forger.peer, 7)
    outcome = read(network, beta, forger.writes(beta))
    assert outcome.error is not None
    assert (outcome.error.reason, outcome.verified) == ("ROOT_MISMATCH", 5)
    assert rows_of(beta.store) == before
    assert noted(beta, "mirage") == "ROOT_MISMATCH"


def test_an_older_beginning_of_the_same_log_is_none(network: Network, beta: Node, forger: Forger) -> None:
    read(network, beta, forger.writes(beta))
    for size in range(6):
        outcome = read(network, beta, forger.writes(beta, size=size))
        assert (outcome.error, outcome.verified) == (None, 5)
    assert noted(beta, "mirage") == ""


# --- pages ------------------------------------------------------------------------------------------------------------


def of_another_origin(network: Network, beta: Node) -> list[bytes]:
    """Sound pages of somebody else for the same reader."""
    other = PeerSimulator("other", page_entries=2)
    network.admit(other.member)
    for incident in (SHOOTING, ROBBERY, LOOTING, SHELLING, ROBBERY):
        other.adds(incident)
    return unsealed(Forger(other, network).writes(beta), seal_of(beta.identity))


PAGES: dict[str, tuple[int, str, Callable[[list[bytes]], list[bytes]]]] = {
    "the first page left out": (0, "ROOT_MISMATCH", lambda frames: [frames[0], *frames[2:]]),
    "a page left out": (2, "ROOT_MISMATCH", lambda frames: [*frames[:2], frames[3]]),
    "the last page left out": (4, "BUNDLE_CONTENT_WRONG", lambda frames: frames[:3]),
    "no page at all": (0, "BUNDLE_CONTENT_WRONG", lambda frames: frames[:1]),
    "a page twice": (2, "ROOT_MISMATCH", lambda frames: [*frames[:2], *frames[1:]]),
    "two pages swapped": (0, "ROOT_MISMATCH", lambda frames: [frames[0], frames[2], frames[1], frames[3]]),
    "one page too many": (5, "PAGE_MALFORMED", lambda frames: [*frames, frames[3]]),
    "an empty page": (
        2,
        "PAGE_MALFORMED",
        lambda frames: [*frames[:2], encode_page((), (), "5.2"), *frames[2:]],
    ),
    "a page that is none": (2, "MESSAGE_MALFORMED", lambda frames: [*frames[:2], b"nonsense", frames[3]]),
    "an empty part": (2, "PAGE_MALFORMED", lambda frames: [*frames[:2], b"", frames[3]]),
}


@pytest.mark.parametrize("fault", PAGES)
def test_a_bundle_stops_before_the_page_that_does_not_hold(
    network: Network, beta: Node, forger: Forger, fault: str
) -> None:
    verified, reason, forger.frames_as = PAGES[fault]
    outcome = read(network, beta, forger.writes(beta))
    assert outcome.error is not None
    assert (outcome.error.reason, outcome.verified) == (reason, verified)
    assert noted(beta, "mirage") == reason
    assert beta.faults(*network.origins()) == []
    forger.frames_as = list
    assert read(network, beta, forger.writes(beta)).verified == 5  # a sound one goes on there
    assert beta.faults(*network.origins()) == []


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_sound_page_of_another_origin_is_refused(
    network: Network, beta: Node, forger: Forger, at: int
) -> None:
    theirs = of_another_origin(network, beta)
    forger.frames_as = lambda frames: [*frames[:at], theirs[at], *frames[at + 1 :]]
    outcome = read(network, beta, forger.writes(beta))
    assert outcome.error is not None
    assert (outcome.error.reason, outcome.verified) == ("SIGNATURE_INVALID", 2 * (at - 1))
    assert noted(beta, "other") == ""


def test_pages_of_another_size_of_the_log_are_refused(network: Network, beta: Node, forger: Forger) -> None:
    shorter = unsealed(forger.writes(beta, size=4), seal_of(beta.identity))
    forger.frames_as = lambda frames: [frames[0], *shorter[1:]]
    assert refusal(network, beta, forger.writes(beta)) == "ROOT_MISMATCH"


def test_a_token_that_leads_elsewhere_is_refused(network: Network, beta: Node, forger: Forger) -> None:
    forger.peer.page_as = lambda page: Page(page.entries, page.proof, page.next_token and "5.1")
    assert refusal(network, beta, forger.writes(beta)) == "PAGE_TOKEN_MISMATCH"


def test_an_unsound_record_refuses_its_page(network: Network, beta: Node, forger: Forger) -> None:
    forger.peer.adds(ROBBERY, signer=Signer.generate())
    outcome = read(network, beta, forger.writes(beta))
    assert outcome.error is not None
    assert (outcome.error.reason, outcome.verified) == ("SIGNATURE_INVALID", 4)


@pytest.mark.parametrize(
    ("content_as", "verified", "why"),
    [
        (lambda content: content + b"\0\0\0", 5, "in the middle"),
        (lambda content: content[:-1], 4, "in the middle"),
        (lambda content: content + (MAX_FRAME_BYTES + 1).to_bytes(4, "big"), 5, "8388609 bytes"),
        (lambda content: content + b"\xff\xff\xff\xff", 5, "at most"),
    ],
    ids=["a cut length", "a cut page", "a length beyond the limit", "the largest length"],
)
def test_a_part_that_is_cut_or_too_large_is_refused(
    network: Network,
    beta: Node,
    forger: Forger,
    content_as: Callable[[bytes], bytes],
    verified: int,
    why: str,
) -> None:
    forger.content_as = content_as
    outcome = read(network, beta, forger.writes(beta))
    assert outcome.error is not None
    assert (outcome.error.reason, outcome.verified) == ("BUNDLE_CONTENT_WRONG", verified)
    assert why in str(outcome.error)


@pytest.mark.parametrize("content", [b"", b"\0\0\0\0", b"\0\0\0\4nons", b"\xff\xff\xff\xff"])
def test_content_without_a_signed_beginning_is_refused(
    network: Network, beta: Node, forger: Forger, content: bytes
) -> None:
    forger.content_as = lambda _content: content
    assert refusal(network, beta, forger.writes(beta)) in {
        "BUNDLE_REFUSED",
        "MESSAGE_MALFORMED",
        "BUNDLE_CONTENT_WRONG",
    }
