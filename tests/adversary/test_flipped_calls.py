"""Calls of which any field or any bit was changed: read as exactly what was sent, or refused by a name of ours.

Questions and their answers are not signed, so a change that TLS would have caught may still be a question; what is
signed or sealed is refused, and changes nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from google.protobuf.message import Message

from console.asking import asker
from crypto.envelope import Envelope, Signature
from crypto.errors import CryptoError
from node.adding_up import Step
from node.agreeing import Told, declaration
from node.collecting import AggregateDesk, sealed_for
from node.contributing import Coordinator, give_aggregate
from node.directory import Member
from node.errors import NodeError, PayloadError, QueryError
from node.releasing import declare
from node.said import Teller
from node.totalling import TotalDesk
from node.wire import aggregates, coordinating, totals
from tests.support.cubes import yearly
from tests.support.incidents import SHOOTING
from tests.support.mutants import flips, mutants
from tests.support.network import NOW, TODAY, Network, rows_of, seal_of
from tests.support.totals import AFTER, parties
from tocsin.node.v1 import coordinator_service_pb2, release_service_pb2, total_service_pb2

ID = "5d1b4f0e-6c0b-4a51-9d5e-2f6a43d3a001"
QUESTION = "by=year,country&measure=incidents,killed&from=2024-01-01&share=all&top=3"
PAPER = Envelope(b"{}", "application/x", (Signature(b"s" * 64, ""),))
TOLD = coordinating.Told(
    ("country", "killed", "killed_share"), (("SSD", 3, 60.5), ("x", 0, None)), {"unit": "persons"}
)
CUBE = yearly(by=["country"], public=[], purpose="statistics", aggregates=True)
MESSAGES: tuple[tuple[bytes, type[Message], Callable[[bytes], Any], Callable[[Any], bytes]], ...] = (
    (
        coordinating.encode_told(TOLD),
        coordinator_service_pb2.AnswerQueryResponse,
        coordinating.decode_told,
        coordinating.encode_told,
    ),
    (
        totals.encode_totals([Told(PAPER, (PAPER, PAPER))]),
        total_service_pb2.ListTotalsResponse,
        totals.decode_totals,
        totals.encode_totals,
    ),
    (
        totals.encode_tell_call("", PAPER),
        total_service_pb2.TellTotalRequest,
        totals.decode_tell_call,
        lambda one: totals.encode_tell_call("", one),
    ),
    (
        totals.encode_give_call("", b"box"),
        total_service_pb2.GiveShareRequest,
        totals.decode_give_call,
        lambda one: totals.encode_give_call("", one),
    ),
    (
        totals.encode_settle_call(totals.SettleCall(ID, "ab" * 32, Step(PAPER, PAPER, PAPER))),
        total_service_pb2.SettleTotalRequest,
        totals.decode_settle_call,
        totals.encode_settle_call,
    ),
    (
        totals.encode_settled(Step(PAPER, PAPER, PAPER)),
        total_service_pb2.SettleTotalResponse,
        totals.decode_settled,
        totals.encode_settled,
    ),
    (
        aggregates.encode_cubes([CUBE]),
        release_service_pb2.ListCubesResponse,
        aggregates.decode_cubes,
        aggregates.encode_cubes,
    ),
    (
        aggregates.encode_give_call("", b"box"),
        release_service_pb2.GiveAggregateRequest,
        aggregates.decode_give_call,
        lambda one: aggregates.encode_give_call("", one),
    ),
)


def changes(wire: bytes, kind: type[Message]) -> Iterator[bytes]:
    """One bit of each byte, and each field dropped, doubled or changed."""
    yield from (changed for _, changed in flips(wire))
    yield from (changed for _, changed in mutants(kind.FromString(wire)))
    yield from (wire[:end] for end in range(len(wire)))


@pytest.mark.parametrize("sample", MESSAGES, ids=[kind.DESCRIPTOR.name for _, kind, *_ in MESSAGES])
def test_a_changed_message_is_read_as_exactly_what_it_says_or_refused(
    sample: tuple[bytes, type[Message], Callable[[bytes], Any], Callable[[Any], bytes]],
) -> None:
    wire, kind, decode, encode = sample
    assert encode(decode(wire)) == wire
    for changed in changes(wire, kind):
        with suppress(PayloadError):
            found = decode(changed)
            # Where a call leaves out its id, that was changed.
            assert encode(found) == changed or decode(encode(found)) == found


@pytest.mark.slow
def test_a_changed_question_is_another_question_or_none(network: Network) -> None:
    alpha = network.node("alpha")
    alpha.holds(a=SHOOTING)
    ask, before = asker(alpha.store, lambda: NOW), rows_of(alpha.store)
    wire = coordinating.encode_query_call(coordinating.QueryCall(ID, QUESTION))
    answered = 0
    for changed in changes(wire, coordinator_service_pb2.AnswerQueryRequest):
        with suppress(PayloadError, QueryError):
            told = ask(coordinating.decode_query_call(changed).query)
            answered += coordinating.decode_told(coordinating.encode_told(told)) == told
    assert answered > len(ID)  # whoever changes the id changes no question
    assert rows_of(alpha.store) == before


@pytest.mark.slow
def test_a_changed_call_of_totals_changes_nothing(network: Network) -> None:
    some = parties(network)
    held, (un, ngo), alpha = some.agreed(), some.servers, some.members[0]
    gave = some.gives(alpha, held, 1, 2)

    def desk() -> TotalDesk:
        keys = (seal_of(un.identity),)
        return TotalDesk(un.identity, un.store, network.current, lambda: keys, lambda: network.now)

    def refuses(answer: Callable[[bytes, Member], bytes], who: str, wire: bytes, kind: type[Message]) -> None:
        caller = network.directory.member(who)
        answer(wire, caller)
        before = rows_of(un.store)
        for changed in changes(wire, kind):
            with suppress(NodeError, CryptoError):
                answer(changed, caller)
        assert rows_of(un.store) == before

    refuses(
        desk().tell_total,
        ngo.org_id,
        totals.encode_tell_call(ID, declaration(held)),
        total_service_pb2.TellTotalRequest,
    )
    refuses(
        desk().give_share,
        "alpha",
        totals.encode_give_call(ID, gave.boxes[0]),
        total_service_pb2.GiveShareRequest,
    )
    network.now = AFTER
    call = totals.SettleCall(ID, held.digest, Step(None))
    refuses(
        desk().settle_total, ngo.org_id, totals.encode_settle_call(call), total_service_pb2.SettleTotalRequest
    )


@pytest.mark.slow
def test_changed_numbers_without_records_are_refused(network: Network) -> None:
    alpha, ocha = network.node("alpha"), network.node("ocha")
    alpha.holds(on=TODAY, a=SHOOTING)
    declare(ocha.store, CUBE, Teller("kb", NOW))
    member = network.directory.member("ocha")
    who = alpha.identity, Coordinator("ocha", member.tier)
    _, envelope = give_aggregate(alpha.store, CUBE, who, TODAY, Teller("kb", NOW))
    wire = aggregates.encode_give_call(ID, sealed_for(member, envelope, NOW))
    keys = (seal_of(ocha.identity),)
    desk = AggregateDesk("ocha", ocha.store, network.current, lambda: keys, lambda: NOW)
    caller, before = network.directory.member("alpha"), rows_of(ocha.store)

    for changed in changes(
        aggregates.encode_give_call("", sealed_for(member, envelope, NOW)),
        release_service_pb2.GiveAggregateRequest,
    ):
        with pytest.raises((NodeError, CryptoError)):
            desk.give_aggregate(changed, caller)
    assert rows_of(ocha.store) == before
    desk.give_aggregate(wire, caller)
    assert len(rows_of(ocha.store)["aggregate"]) == 1
