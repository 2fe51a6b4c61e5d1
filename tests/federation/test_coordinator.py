"""An organization's own operators get figures over the line, as its command line gives them; members get none."""

import asyncio
from typing import Any

import grpc
import pytest

from node.client import PeerClient
from node.coordinating import ask_over_the_line
from node.errors import UnavailableError
from node.measures import make_query
from node.query import answer
from node.wire.coordinating import SERVICE, QueryCall, Told, decode_told, encode_query_call, encode_told
from tests.support.incidents import LOOTING, SHOOTING
from tests.support.lines import line, refusal_of
from tests.support.network import Network, Node

METHOD = f"/{SERVICE}/AnswerQuery"
ID = "5d1b4f0e-6c0b-4a51-9d5e-2f6a43d3a001"
TEXT = "by=year,country&measure=incidents,killed&share=all&top=3"


@pytest.fixture
def alpha(network: Network) -> Node:
    node = network.node("alpha")
    node.holds(a=SHOOTING, b=LOOTING)
    return node


def asks(network: Network, alpha: Node, who: Node, text: str) -> Told:
    async def call() -> Told:
        async with alpha.serving(network) as peer, line(peer, who.credentials) as channel:
            method: Any = channel.unary_unary(METHOD)
            return decode_told(await method(encode_query_call(QueryCall(ID, text)), timeout=5))

    return asyncio.run(call())


def test_an_operator_gets_what_the_command_line_gives(network: Network, alpha: Node) -> None:
    told = asks(network, alpha, alpha, TEXT)

    query = make_query(
        ["year", "country"], ["incidents", "killed"], [], as_of=network.now.date(), share=["all"], top=3
    )
    found = answer(alpha.store, query)
    assert (told.columns, told.rows) == (found.header, found.rows)
    assert len(told.rows) > 0
    assert {"unit", "as_of", "sources", "coverage", "definition"} <= told.remarks.keys()


def test_the_command_line_asks_its_own_node_over_the_line(network: Network, alpha: Node) -> None:
    async def call(who: Node) -> Told:
        async with alpha.serving(network) as peer, PeerClient(peer, who.credentials) as client:
            return await ask_over_the_line(client, TEXT)

    assert asyncio.run(call(alpha)) == asks(network, alpha, alpha, TEXT)
    with pytest.raises(UnavailableError, match="NOT_OWN_ORGANIZATION"):
        asyncio.run(call(network.node("beta")))


def test_a_member_gets_no_figures_whatever_it_asks(network: Network, alpha: Node) -> None:
    for text in (TEXT, "by=", "for=outsiders", "no question"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            asks(network, alpha, network.node("beta"), text)

        refused = refusal_of(caught.value)
        assert (refused.status, refused.reason) == ("PERMISSION_DENIED", "NOT_OWN_ORGANIZATION")


def test_a_text_that_is_no_question_is_refused(network: Network, alpha: Node) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        asks(network, alpha, alpha, "by=weather")

    refused = refusal_of(caught.value)
    assert (refused.status, refused.reason) == ("INVALID_ARGUMENT", "QUERY_INVALID")


def test_an_answer_comes_out_of_its_bytes_as_it_went_in() -> None:
    told = Told(
        ("country", "killed", "killed_share"), (("SSD", 0, None), ("unknown", 3, 60.5)), {"unit": "persons"}
    )

    assert decode_told(encode_told(told)) == told
