"""Records that do not hold take their whole page with them; sound ones that we do not keep are refused alone."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crypto.envelope import add_signature, sign_envelope
from crypto.signing import Signer
from node.errors import PeerError
from node.ladders import DIMENSIONS, Chain, Chains
from node.model import Incident
from node.signed import INCIDENT_TYPE, Position, Reason
from node.store.peer_log import Tally, fates
from node.wire import records
from tests.support.incidents import ASSAULT, LOOTING, ROBBERY, SHOOTING
from tests.support.network import Network, Node, rows_of
from tests.support.peer_simulator import Logged, PeerSimulator

Lie = Callable[[PeerSimulator], object]


def replaced(peer: PeerSimulator, logged: Logged, **changes: Any) -> None:
    """Serve another entry in place of one that was logged."""
    peer.entries[logged.position.log_index] = records.encode_entry(logged.entry._replace(**changes))


def opens_anothers_levels(peer: PeerSimulator) -> None:
    first, second = peer.adds(SHOOTING), peer.adds(SHOOTING)
    replaced(peer, second, openings=first.entry.openings)


def opens_a_dimension_twice(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    when, *rest = logged.entry.openings
    replaced(peer, logged, openings=(when, when, *rest))


def opens_a_dimension_as_another(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    when, where, *rest = logged.entry.openings
    replaced(peer, logged, openings=(when._replace(dimension=1), where._replace(dimension=2), *rest[1:]))


def opens_a_dimension_that_there_is_not(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    *rest, last = logged.entry.openings
    replaced(peer, logged, openings=(*rest, last._replace(dimension=len(DIMENSIONS))))


def opens_a_value_that_was_not_signed(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    when, *rest = logged.entry.openings
    replaced(peer, logged, openings=(when._replace(values=(b"2023", *when.values[1:])), *rest))


def opens_a_retraction(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    replaced(peer, peer.retracts(logged), openings=logged.entry.openings)


def shows_leaf_and_record_at_once(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    peer.entries[-1] = (
        records.encode_entry(logged.entry._replace(envelope=None, leaf=b"l" * 128)) + logged.wire
    )


def signs_twice(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    assert logged.entry.envelope is not None
    replaced(peer, logged, envelope=add_signature(Signer.generate(), logged.entry.envelope))


def signs_nothing(peer: PeerSimulator) -> None:
    logged = peer.adds(SHOOTING)
    assert logged.entry.envelope is not None
    replaced(peer, logged, envelope=logged.entry.envelope._replace(signatures=()))


def logs_bytes_that_are_no_record(peer: PeerSimulator) -> None:
    envelope = sign_envelope(peer.identity.signing, INCIDENT_TYPE, b"\xff\xff")
    peer.logs(peer.adds(SHOOTING).record, envelope)


LIES: dict[str, tuple[Lie, str]] = {
    "signed with a key that nobody knows": (
        lambda peer: peer.adds(SHOOTING, signer=Signer.generate()),
        "SIGNATURE_INVALID",
    ),
    "signed with the key for checkpoints": (
        lambda peer: peer.adds(SHOOTING, signer=peer.identity.log),
        "SIGNATURE_INVALID",
    ),
    "signed twice": (signs_twice, "SIGNATURE_INVALID"),
    "not signed at all": (signs_nothing, "SIGNATURE_INVALID"),
    "of a type that nobody knows": (
        lambda peer: peer.adds(SHOOTING, payload_type="application/vnd.tocsin.gossip.v1+protobuf"),
        "SIGNATURE_INVALID",
    ),
    "of another organization": (lambda peer: peer.adds(SHOOTING, origin_id="beta"), "ORIGIN_MISMATCH"),
    "of nobody": (lambda peer: peer.adds(SHOOTING, origin_id=""), "ORIGIN_MISMATCH"),
    "no record at all": (logs_bytes_that_are_no_record, "MESSAGE_MALFORMED"),
    "without a label": (lambda peer: peer.adds(SHOOTING, label=0), "MESSAGE_MALFORMED"),
    "with a uid that is too short": (lambda peer: peer.adds(SHOOTING, heads=(b"h",)), "MESSAGE_MALFORMED"),
    "a first revision that replaces something": (
        lambda peer: peer.adds(SHOOTING, replaces=Position(0, b"l" * 32)),
        "MESSAGE_MALFORMED",
    ),
    "a second revision that replaces nothing": (
        lambda peer: peer.adds(SHOOTING, revision=2),
        "MESSAGE_MALFORMED",
    ),
    "a retraction of another organization's": (
        lambda peer: peer.retracts(peer.adds(SHOOTING), origin_id="beta"),
        "ORIGIN_MISMATCH",
    ),
    "a retraction with values": (opens_a_retraction, "OPENING_INVALID"),
    "opened with the levels of another": (opens_anothers_levels, "OPENING_INVALID"),
    "opened twice in one dimension": (opens_a_dimension_twice, "MESSAGE_MALFORMED"),
    "opened in the place of another dimension": (opens_a_dimension_as_another, "OPENING_INVALID"),
    "opened in a dimension that does not exist": (opens_a_dimension_that_there_is_not, "OPENING_INVALID"),
    "opened with a value that was not signed": (opens_a_value_that_was_not_signed, "OPENING_INVALID"),
    "shown as leaf and as record": (shows_leaf_and_record_at_once, "MESSAGE_MALFORMED"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_page_is_refused_for_a_record(network: Network, beta: Node, peer: PeerSimulator, lie: str) -> None:
    peer.adds(ROBBERY)
    network.sync(beta, peer)
    before = rows_of(beta.store)
    peer.adds(LOOTING)
    tell, reason = LIES[lie]
    tell(peer)
    outcome = network.sync(beta, peer)
    assert isinstance(outcome.error, PeerError)
    assert outcome.error.reason == reason
    assert rows_of(beta.store) == before
    assert beta.faults(*network.origins()) == []


def with_chain(number: int, chain: Chain) -> Callable[[Chains], Chains]:
    """Commit to these values in one dimension, whatever happened."""
    return lambda chains: (*chains[:number], chain, *chains[number + 1 :])


WHEN, WHERE, WHAT, VICTIMS, TARGET, ACTOR, CERTAINTY = range(len(DIMENSIONS))
IMPOSSIBLE: dict[str, tuple[int, Chain]] = {
    "a month that does not follow from the day": (WHEN, ("2024", "2023-03")),
    "a month that does not exist": (WHEN, ("2024", "2024-13")),
    "a month where a year belongs": (WHEN, ("2024-03",)),
    "a year that is no number": (WHEN, ("soon",)),
    "a year before there was aid": (WHEN, ("0000",)),
    "a country that does not exist": (WHERE, ("XXQ",)),
    "an area of another country": (WHERE, ("SSD", "SDN/Unity")),
    "a district where a country belongs": (WHERE, ("SSD/Unity/Leer",)),
    "an area with a control character in its name": (WHERE, ("SSD", "SSD/Unity\x1b[2J")),
    "an area with a zero byte in its name": (WHERE, ("SSD", "SSD/Unity\0")),
    "a cause that does not exist": (WHAT, ("sorcery", "sorcery/shooting")),
    "means that do not exist": (WHAT, ("violence", "violence/sorcery")),
    "a band that does not fit its numbers": (VICTIMS, ("1-3", "killed=25")),
    "the same outcome twice": (VICTIMS, ("1-3", "killed=1;killed=1")),
    "outcomes in another order": (VICTIMS, ("1-3", "injured=1;killed=1")),
    "a number with a leading zero": (VICTIMS, ("1-3", "killed=01")),
    "a number beyond all people": (VICTIMS, ("25+", "killed=99999999")),
    "numbers that together overflow": (VICTIMS, ("25+", ";".join(["killed=9999999"] * 500))),
    "a sector that is none": (TARGET, ("moon",)),
    "a group of actors that is none": (ACTOR, ("elves",)),
    "a certainty that is none": (CERTAINTY, ("divine",)),
}


@pytest.mark.parametrize("value", IMPOSSIBLE)
def test_a_record_is_refused_alone_for(network: Network, beta: Node, peer: PeerSimulator, value: str) -> None:
    peer.adds(ROBBERY)
    peer.adds(SHOOTING, chains_as=with_chain(*IMPOSSIBLE[value]))
    peer.adds(LOOTING)
    outcome = network.sync(beta, peer)
    assert outcome.error is None
    assert (outcome.received.accepted, outcome.received.refused) == (2, 1)
    assert Tally("mirage", "refused", "VIEW_INVALID", 1) in tallies(beta)
    assert beta.counts("means") == {("robbery",): 1, ("looting",): 1}
    assert beta.faults(*network.origins()) == []


def tallies(node: Node) -> tuple[Tally, ...]:
    """What became of the entries of every log that a node knows."""
    with node.store.read() as connection:
        return fates(connection)


UNWANTED: dict[str, tuple[Lie, str]] = {
    "of a ladder schema from the future": (
        lambda peer: peer.adds(SHOOTING, schema=2),
        "LADDER_SCHEMA_UNKNOWN",
    ),
    "with a ladder missing": (
        lambda peer: replaced(peer, peer.adds(SHOOTING, heads=(b"h" * 32,)), openings=()),
        "LADDER_SCHEMA_UNKNOWN",
    ),
    "of sexual violence by its means": (
        lambda peer: peer.adds(replace(ASSAULT, victims=())),
        "SEXUAL_VIOLENCE_RECORD",
    ),
    "of sexual violence by its victims": (
        lambda peer: peer.adds(replace(ASSAULT, means="other")),
        "SEXUAL_VIOLENCE_RECORD",
    ),
    "without its year": (
        lambda peer: replaced(peer, logged := peer.adds(SHOOTING), openings=logged.entry.openings[1:]),
        "VIEW_INVALID",
    ),
}


@pytest.mark.parametrize("kind", UNWANTED)
def test_a_sound_record_is_refused_alone_when_it_is(
    network: Network, beta: Node, peer: PeerSimulator, kind: str
) -> None:
    peer.adds(ROBBERY)
    add, reason = UNWANTED[kind]
    add(peer)
    peer.adds(LOOTING)
    assert network.sync(beta, peer).error is None
    assert Tally("mirage", "refused", reason, 1) in tallies(beta)
    assert beta.counts("means") == {("robbery",): 1, ("looting",): 1}
    assert beta.faults(*network.origins()) == []


@pytest.mark.parametrize("pages", ["one page", "a page each"])
@pytest.mark.parametrize("kind", UNWANTED)
def test_what_a_refused_revision_replaces_no_longer_counts(
    network: Network, beta: Node, peer: PeerSimulator, kind: str, pages: str
) -> None:
    # The origin has taken the older one back, whatever we think of the newer: to go on counting it would be to answer
    # with what nobody stands for any more.
    peer.page_entries = 1 if pages == "a page each" else 1000
    past = peer.adds(ROBBERY)
    peer.adds(LOOTING)
    adds = peer.adds
    add, reason = UNWANTED[kind]

    def revises(incident: Incident, **changes: Any) -> Logged:
        claim: dict[str, Any] = {
            "record_uid": past.record.record_uid,
            "revision": 2,
            "replaces": past.position,
        }
        return adds(incident, **(claim | changes))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peer, "adds", revises)
        add(peer)
    assert network.sync(beta, peer).error is None
    assert Tally("mirage", "refused", reason, 1) in tallies(beta)
    assert beta.counts("means") == {("looting",): 1}
    assert beta.faults(*network.origins()) == []


def a_strange_leaf(peer: PeerSimulator) -> Logged:
    past = peer.adds(ROBBERY)
    return peer.revises(past, SHOOTING, replaces=past.position._replace(leaf_hash=b"l" * 32))


def another_index(peer: PeerSimulator) -> Logged:
    peer.adds(ROBBERY)
    past = peer.adds(LOOTING)
    return peer.revises(past, SHOOTING, replaces=past.position._replace(log_index=0))


def another_record(peer: PeerSimulator) -> Logged:
    return peer.revises(peer.adds(ROBBERY), SHOOTING, record_uid=b"u" * 16)


def an_entry_to_come(peer: PeerSimulator) -> Logged:
    past = peer.adds(ROBBERY)
    return peer.revises(past, SHOOTING, replaces=past.position._replace(log_index=7))


def a_newer_revision(peer: PeerSimulator) -> Logged:
    first = peer.adds(ROBBERY)
    third = peer.revises(first, LOOTING, revision=3)
    return peer.revises(third, SHOOTING, revision=2)


def a_retraction_of_another_record(peer: PeerSimulator) -> Logged:
    return peer.retracts(peer.adds(ROBBERY), record_uid=b"u" * 16, reason=Reason.WITHDRAWN)


@pytest.mark.parametrize(
    "claim",
    [
        a_strange_leaf,
        another_index,
        another_record,
        an_entry_to_come,
        a_newer_revision,
        a_retraction_of_another_record,
    ],
)
@pytest.mark.parametrize("pages", ["one page", "a page each"])
def test_a_revision_that_claims_to_replace(
    network: Network, beta: Node, peer: PeerSimulator, claim: Callable[[PeerSimulator], Logged], pages: str
) -> None:
    peer.page_entries = 1 if pages == "a page each" else 1000
    last = claim(peer)
    before = len(peer.entries) - 1
    assert network.sync(beta, peer).error is None
    assert tallies(beta)[-1] == Tally("mirage", "refused", "PREDECESSOR_MISMATCH", 1)
    assert last.position.log_index == before
    assert ("shooting",) not in beta.counts("means")
    assert beta.faults(*network.origins()) == []
