"""The calls of casework that the gateway beside the officers' server has: all but files of any size."""

from collections.abc import Callable, Iterator, Mapping

from casework.server.call import Call as CaseCall
from casework.server.listener import SERVICES as CASE_CALLS
from casework.server.listener import signed_in, signed_out
from casework.sessions import Sessions
from casework.wire.parsing import request_id_of
from casework.wire.services import CASEWORK
from console.web.api.calls import Answers, Call, calls_of
from console.web.api.document import make_document
from console.web.api.gateway import Gateway
from tocsin.casework.v1 import (
    access_service_pb2,
    casework_service_pb2,
    evidence_service_pb2,
    intake_service_pb2,
    portfolio_service_pb2,
)

CASE_SERVICES = tuple(
    service
    for file in (
        casework_service_pb2,
        access_service_pb2,
        evidence_service_pb2,
        intake_service_pb2,
        portfolio_service_pb2,
    )
    for service in file.DESCRIPTOR.services_by_name.values()
)
FILES = ("GetEvidenceContent", "ExportEvidence")  # files of any size go over gRPC


def case_gateway(sessions: Sessions) -> Gateway:
    """The gateway beside the officers' server: everything that an officer does, by the token of their session."""

    def answers(service: str, method: str) -> Answers:
        if service == CASEWORK and method == "SignIn":
            return lambda wire, _token: iter((signed_in(sessions, wire).SerializeToString(),))
        if service == CASEWORK and method == "SignOut":
            return lambda _wire, token: iter((signed_out(sessions, token).SerializeToString(),))
        call = CASE_CALLS[service][method]
        return lambda wire, token: _case_answers(call, sessions, wire, token)

    calls = case_calls(answers)
    return Gateway(calls, make_document(calls, "Tocsin: casework of an office", ""))


def case_calls(answers: Callable[[str, str], Answers]) -> Mapping[str, Call]:
    """Calls of casework that the gateway has."""
    return calls_of(CASE_SERVICES, answers, without=FILES, open_to_all=("SignIn",))


def _case_answers(call: CaseCall, sessions: Sessions, wire: bytes, token: str) -> Iterator[bytes]:
    request_id_of(wire)
    found = call.answer(wire, sessions.desk(token))
    for one in found if call.streams else (found,):  # type: ignore[attr-defined] # an iterator, as the call says
        yield one.SerializeToString()
