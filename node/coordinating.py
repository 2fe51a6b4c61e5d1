"""The coordinator service of this node: answers questions of its own organization's operators, and of nobody else.

What members shared with this organization is for its own decisions (R16, R20), and an answer about few records would
tell who reported them: a member is refused, whatever it asks.
"""

from collections.abc import Callable
from typing import TypeAlias

import grpc

from node.directory import Member
from node.errors import NotOwnError
from node.gate import Gatekeeper
from node.server import Service, unary_handler
from node.wire.coordinating import SERVICE, Told, decode_query_call, encode_told

Ask: TypeAlias = Callable[[str], Told]
"""The answer to a question that is written as the text of a link; `console` plugs it in.

Raises:
    QueryError: It is no question.
    PurposeError: Nobody shares anything for that purpose.
    StoreError: The database can not be read.
"""


def coordinator_service(org_id: str, ask: Ask, gatekeeper: Gatekeeper) -> Service:
    """The coordinator service, for `make_server`."""

    def answer_query(wire: bytes, caller: Member) -> bytes:
        if caller.org_id != org_id:
            raise NotOwnError(f"{caller.org_id} asked for figures of {org_id}")
        return encode_told(ask(decode_query_call(wire).query))

    handler = unary_handler(answer_query, gatekeeper, lambda wire: decode_query_call(wire).request_id)
    return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, {"AnswerQuery": handler}))
