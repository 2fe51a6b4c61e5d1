"""An alert that does not hold is refused by name and changes nothing, and the next sound one gets through."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from crypto.envelope import add_signature
from crypto.signing import Signer
from node.errors import PeerError
from node.inbox import receive_alert
from node.signed import INCIDENT_TYPE
from node.store.heads import log_heads
from node.urgent import MAX_CLOCK_SKEW, MAX_LIFE, MAX_LOG_DELAY, Kind, Pushed, Sound
from node.verify import MAX_ENTRY_BYTES
from node.wire import alerts, records
from node.wire.alerts import encode_pushed
from tests.support.alerts import Alarmist, held, listening, until
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHOOTING
from tests.support.mutants import flips, mutants
from tests.support.network import NOW, Network, Node, rows_of
from tocsin.node.v1 import alert_service_pb2

Lie = Callable[[Alarmist], Pushed]


@pytest.fixture
def peer(network: Network) -> Alarmist:
    """A member that rings."""
    made = Alarmist()
    network.admit(made.member)
    return made


def take(node: Node, peer: Alarmist, pushed: Pushed) -> Sound | None:
    """Let a node take in a message as if it had come over the line."""
    return receive_alert(node.store, pushed, peer.origin, records, NOW)


def said(**changes: object) -> Lie:
    """An alert that is sound but for some fields."""
    return lambda peer: peer.rings(SHOOTING, **changes)


def signed_by(find: Callable[[Alarmist], Signer]) -> Lie:
    def lie(peer: Alarmist) -> Pushed:
        logged = peer.adds(SHOOTING)
        return peer.sign(peer.alert_about(logged), logged.wire, find(peer))

    return lie


def signed_as_a_record(peer: Alarmist) -> Pushed:
    logged = peer.adds(SHOOTING)
    return peer.sign(peer.alert_about(logged), logged.wire, payload_type=INCIDENT_TYPE)


def signed_twice(peer: Alarmist) -> Pushed:
    pushed = peer.rings(SHOOTING)
    envelope = add_signature(Signer.generate(), records.decode_envelope(pushed.envelope))
    return pushed._replace(envelope=records.encode_envelope(envelope))


def shows_another_entry(peer: Alarmist) -> Pushed:
    return peer.rings(SHOOTING)._replace(entry=peer.adds(ROBBERY).wire)


def opens_anothers_levels(peer: Alarmist) -> Pushed:
    one, other = peer.adds(SHOOTING), peer.adds(SHOOTING)
    wrong = records.encode_entry(one.entry._replace(openings=other.entry.openings))
    return peer.sign(peer.alert_about(one), wrong)


def shows_no_values(peer: Alarmist) -> Pushed:
    logged = peer.adds(SHOOTING)
    return peer.sign(peer.alert_about(logged), records.encode_entry(logged.entry._replace(openings=())))


def shows_the_leaf_alone(peer: Alarmist) -> Pushed:
    logged = peer.withholds(SHOOTING)
    return peer.sign(peer.alert_about(logged), peer.entries[-1])


def shows_a_retraction(peer: Alarmist) -> Pushed:
    logged = peer.retracts(peer.adds(SHOOTING))
    return peer.sign(peer.alert_about(logged), logged.wire)


def is_about_sexual_violence(peer: Alarmist) -> Pushed:
    return peer.rings(ASSAULT)


def is_about_a_record_of_another(peer: Alarmist) -> Pushed:
    logged = peer.adds(SHOOTING, origin_id="beta")
    return peer.sign(peer.alert_about(logged), logged.wire)


def shows_a_record_signed_by_nobody(peer: Alarmist) -> Pushed:
    logged = peer.adds(SHOOTING, signer=Signer.generate())
    return peer.sign(peer.alert_about(logged), logged.wire)


def cancels_and_shows_a_record(peer: Alarmist) -> Pushed:
    return peer.rings(SHOOTING, kind=Kind.CANCEL)


LIES: dict[str, tuple[Lie, str]] = {
    "signed with a key that nobody knows": (signed_by(lambda _peer: Signer.generate()), "SIGNATURE_INVALID"),
    "signed with the key for checkpoints": (signed_by(lambda peer: peer.identity.log), "SIGNATURE_INVALID"),
    "signed as a record": (signed_as_a_record, "SIGNATURE_INVALID"),
    "signed twice": (signed_twice, "SIGNATURE_INVALID"),
    "of another organization": (said(origin_id="beta"), "ORIGIN_MISMATCH"),
    "of nobody": (said(origin_id=""), "ORIGIN_MISMATCH"),
    "without a sequence": (said(sequence=0), "MESSAGE_MALFORMED"),
    "with a sequence that no database can count": (said(sequence=2**63), "MESSAGE_MALFORMED"),
    "with an id that is too short": (said(uid=b"u"), "MESSAGE_MALFORMED"),
    "about a record with an id that is too short": (said(record_uid=b"u"), "MESSAGE_MALFORMED"),
    "with half a leaf hash": (said(leaf_hash=b"l" * 16), "MESSAGE_MALFORMED"),
    "without a leaf hash": (said(leaf_hash=b""), "ALERT_INVALID"),
    "with another leaf hash": (said(leaf_hash=b"l" * 32), "ALERT_INVALID"),
    "about another record": (said(record_uid=b"r" * 16), "ALERT_INVALID"),
    "of tomorrow": (said(issued=NOW + MAX_CLOCK_SKEW + timedelta(seconds=1)), "ALERT_INVALID"),
    "of long ago": (said(issued=NOW - MAX_LIFE - timedelta(seconds=1)), "ALERT_INVALID"),
    "of the year 1": (said(issued=NOW.replace(year=1)), "ALERT_INVALID"),
    "over before it began": (said(expires=NOW), "ALERT_INVALID"),
    "without an end": (said(expires=NOW + MAX_LIFE + timedelta(seconds=1)), "ALERT_INVALID"),
    "logged before it was issued": (said(log_by=NOW - timedelta(seconds=1)), "ALERT_INVALID"),
    "logged some day": (said(log_by=NOW + MAX_LOG_DELAY + timedelta(seconds=1)), "ALERT_INVALID"),
    "with advice that nobody reviewed": (said(advice="Stay."), "ALERT_INVALID"),
    "with advice that steers a terminal": (said(advice="\x1b[2J", reviewed=True), "ALERT_INVALID"),
    "with advice that runs backwards": (said(advice="\u202eyats", reviewed=True), "ALERT_INVALID"),
    "with advice of many lines": (said(advice="Go.\nStay.", reviewed=True), "ALERT_INVALID"),
    "with a novel": (said(advice="a" * 281, reviewed=True), "ALERT_INVALID"),
    "too large": (said(advice="a" * 5000, reviewed=True), "ALERT_INVALID"),
    "with an entry that is too large": (
        lambda peer: peer.rings(SHOOTING)._replace(entry=b"e" * (MAX_ENTRY_BYTES + 1)),
        "ALERT_INVALID",
    ),
    "without a record": (lambda peer: peer.rings(SHOOTING)._replace(entry=b""), "ALERT_INVALID"),
    "that shows another entry": (shows_another_entry, "ALERT_INVALID"),
    "opened with the levels of another": (opens_anothers_levels, "OPENING_INVALID"),
    "that shows no values": (shows_no_values, "ALERT_INVALID"),
    "that shows the leaf alone": (shows_the_leaf_alone, "ALERT_INVALID"),
    "about a retraction": (shows_a_retraction, "ALERT_INVALID"),
    "about sexual violence": (is_about_sexual_violence, "ALERT_INVALID"),
    "about a record of another": (is_about_a_record_of_another, "ORIGIN_MISMATCH"),
    "about a record signed by nobody": (shows_a_record_signed_by_nobody, "SIGNATURE_INVALID"),
    "that cancels and shows a record": (cancels_and_shows_a_record, "ALERT_INVALID"),
}


@pytest.mark.parametrize("name", LIES)
def test_an_unsound_alert_is_refused_by_name_and_changes_nothing(
    beta: Node, peer: Alarmist, name: str
) -> None:
    lie, reason = LIES[name]
    pushed = lie(peer)
    before = rows_of(beta.store)
    with pytest.raises(PeerError) as caught:
        take(beta, peer, pushed)
    assert caught.value.reason == reason
    assert rows_of(beta.store) == before


def test_no_field_of_an_alert_can_be_changed(beta: Node, peer: Alarmist) -> None:
    sound = peer.rings(SHOOTING, advice="Stay off the road.", reviewed=True)
    message = alert_service_pb2.SubscribeResponse.FromString(encode_pushed(sound))
    before = rows_of(beta.store)
    unrefused = []
    for how, wire in mutants(message):
        try:
            pushed = alerts.decode_pushed(wire)
            assert pushed is not None
            take(beta, peer, pushed)
        except PeerError:
            continue
        unrefused.append(how)
    assert unrefused == []
    assert rows_of(beta.store) == before


@pytest.mark.slow
def test_no_bit_of_an_alert_can_be_flipped(beta: Node, peer: Alarmist) -> None:
    sound = peer.rings(SHOOTING)
    before = rows_of(beta.store)
    for _, wire in flips(encode_pushed(sound)):
        with pytest.raises(PeerError):
            take(beta, peer, alerts.decode_pushed(wire) or Pushed(b"", b""))
    assert rows_of(beta.store) == before
    assert take(beta, peer, sound) is not None


def test_an_alert_that_came_twice_is_kept_once(beta: Node, peer: Alarmist) -> None:
    pushed = peer.rings(SHOOTING)
    assert take(beta, peer, pushed) is not None
    before = rows_of(beta.store)
    assert take(beta, peer, pushed) is None
    assert rows_of(beta.store) == before


@pytest.mark.parametrize("sequence", [4, 5])
def test_a_sequence_never_goes_back_or_stands_for_two_alerts(
    beta: Node, peer: Alarmist, sequence: int
) -> None:
    take(beta, peer, peer.rings(SHOOTING, sequence=5))
    before = rows_of(beta.store)
    with pytest.raises(PeerError) as caught:
        take(beta, peer, peer.rings(ROBBERY, uid=b"v" * 16, sequence=sequence))
    assert caught.value.reason == "ALERT_SEQUENCE_INVALID"
    assert rows_of(beta.store) == before


def cancellation(peer: Alarmist, sequence: int) -> Pushed:
    """A sound cancellation of the alert that the peer sends by default."""
    logged = peer.adds(SHOOTING, record_uid=b"r" * 16)
    alert = peer.alert_about(logged, kind=Kind.CANCEL, leaf_hash=b"", log_index=None, sequence=sequence)
    return peer.sign(alert, b"")


def test_an_alert_that_was_cancelled_does_not_come_back(beta: Node, peer: Alarmist) -> None:
    take(beta, peer, cancellation(peer, 1))
    for kind in Kind:
        with pytest.raises(PeerError) as caught:
            take(beta, peer, peer.rings(SHOOTING, kind=kind, sequence=2 + kind, record_uid=b"r" * 16))
        assert caught.value.reason == "ALERT_INVALID"
    assert len(held(beta)) == 1


def test_an_update_that_comes_first_is_as_good_as_the_alert(beta: Node, peer: Alarmist) -> None:
    assert take(beta, peer, peer.rings(SHOOTING, kind=Kind.UPDATE, sequence=2)) is not None


def test_an_alert_does_not_turn_to_another_record(beta: Node, peer: Alarmist) -> None:
    take(beta, peer, peer.rings(SHOOTING))
    with pytest.raises(PeerError, match="another record"):
        take(beta, peer, peer.rings(ROBBERY, kind=Kind.UPDATE))
    with pytest.raises(PeerError, match="not new"):
        take(beta, peer, peer.rings(ROBBERY))
    assert len(held(beta)) == 1


def test_one_bad_alert_on_a_line_does_not_hold_up_the_next(
    network: Network, beta: Node, peer: Alarmist
) -> None:
    peer.rings(SHOOTING, origin_id="beta", uid=b"1" * 16)
    peer.rings(LOOTING, uid=b"2" * 16)
    reasons: set[str] = set()

    async def hear_both() -> None:
        async with peer.serving(network) as member, listening(network, beta, member):
            await until(lambda: len(held(beta)) == 1)
            with beta.store.read() as connection:
                reasons.update(head.refused_reason for head in log_heads(connection))

    asyncio.run(hear_both())
    assert [one.uid for one in held(beta)] == [b"2" * 16]
    assert reasons == {"", "ORIGIN_MISMATCH"}


def test_after_a_cut_the_peer_is_asked_for_what_comes_after_the_last_that_is_held(
    network: Network, beta: Node, peer: Alarmist
) -> None:
    peer.rings(SHOOTING, sequence=41)

    async def hear_twice() -> None:
        async with peer.serving(network) as member:
            async with listening(network, beta, member):
                await until(lambda: len(held(beta)) == 1)
            async with listening(network, beta, member):
                await until(lambda: len(peer.asked) == 2)

    asyncio.run(hear_twice())
    calls = [alerts.decode_subscribe_call(wire) for wire in peer.asked]
    assert [call.subscription.after for call in calls] == [0, 41]
