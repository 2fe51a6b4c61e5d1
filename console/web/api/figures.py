"""The calls of a node that the gateway beside the console has: figures."""

from collections.abc import Iterator, Mapping

from console.asking import asker
from console.errors import ApiTokenError, NoPageError
from console.web.api.calls import Answers, Call, calls_of
from console.web.api.document import make_document
from console.web.api.gateway import Gateway
from console.web.routes import reaches
from console.web.tokens import account_by_token
from console.web.visit import Works
from node.wire.coordinating import decode_query_call, encode_told
from tocsin.node.v1 import coordinator_service_pb2

API = "/api"  # before each path, at the console
INCIDENTS = "/incidents"  # who reads this page may ask for figures
NODE_SERVICES = tuple(coordinator_service_pb2.DESCRIPTOR.services_by_name.values())


def node_gateway(works: Works) -> Gateway:
    """The gateway beside the console: figures, for the tokens of who reads incidents there."""
    ask = asker(works.store, works.clock)

    def answer_query(wire: bytes, token: str) -> Iterator[bytes]:
        who = account_by_token(works.store, token, works.clock())
        if who is None:
            raise ApiTokenError("this token does not count")
        if not reaches(who.roles, INCIDENTS):
            raise NoPageError("there is no such call")
        yield encode_told(ask(decode_query_call(wire).query))

    calls = node_calls({"AnswerQuery": answer_query})
    return Gateway(calls, make_document(calls, "Tocsin: figures of a node", API))


def node_calls(answers: Mapping[str, Answers]) -> Mapping[str, Call]:
    """Calls of a node that the gateway has."""
    return calls_of(NODE_SERVICES, lambda _service, method: answers[method])
