"""The coordinator service of this node: answers questions of its own organization's operators, and of nobody else.

What members shared with this organization is for its own decisions (R16, R20), and an answer about few records would
tell who reported them: a member is refused, whatever it asks.
"""

from collections.abc import Callable
from typing import TypeAlias
from uuid import uuid4

import grpc

from node.client import PeerClient
from node.directory import Member
from node.errors import NotOwnError
from node.gate import Gatekeeper
from node.server import Service, unary_handler
from node.wire.coordinating import (
    SERVICE,
    QueryCall,
    Told,
    decode_query_call,
    decode_told,
    encode_query_call,
    encode_told,
)

Ask: TypeAlias = Callable[[str], Told]
"""The answer to a question that is written as the text of a link; `console` plugs it in.

Raises:
    QueryError: It is no question.
    PurposeError: Nobody shares anything for that purpose.
    StoreError: The database can not be read.
"""


async def ask_over_the_line(client: PeerClient, query: str) -> Told:
    """The answer of our own node to a question that is written as the text of a link.

    Raises:
        UnavailableError: No answer, or a refusal.
        PayloadError: The answer is none to this call.
    """
    wire = encode_query_call(QueryCall(str(uuid4()), query))
    return decode_told(await client.call(SERVICE, "AnswerQuery", wire))


def coordinator_service(org_id: str, ask: Ask, gatekeeper: Gatekeeper) -> Service:
    """The coordinator service, for `make_server`."""

    def answer_query(wire: bytes, caller: Member) -> bytes:
        if caller.org_id != org_id:
            raise NotOwnError("{org_id} asked for figures of {whose}", org_id=caller.org_id, whose=org_id)
        return encode_told(ask(decode_query_call(wire).query))

    handler = unary_handler(answer_query, gatekeeper, lambda wire: decode_query_call(wire).request_id)
    return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, {"AnswerQuery": handler}))
