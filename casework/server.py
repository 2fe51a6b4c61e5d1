"""Serve casework to the organization's own officers, on a listener of its own; peers have no business here.

Every call but `SignIn` carries the token of an officer who is signed in. What an officer may not see is answered like
what does not exist. Nothing of a request stands in the log but its id and the reason why it was refused.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from casework.casefile import CaseFile, case_name
from casework.desk import WORK
from casework.errors import CallError, CaseworkError, SessionError
from casework.lifecycle import actions, follow
from casework.recovering import notices_for
from casework.sessions import IDLE_SECONDS, Sessions
from casework.status import sentence, status_code
from casework.wire import (
    MAX_PAGE_CASES,
    SERVICE,
    all_events,
    decode_statement,
    encode_action,
    encode_case,
    encode_notice,
    encode_vocabulary,
    parse,
)
from crypto.errors import CryptoError
from tocsin.casework.v1 import casework_service_pb2 as messages

DETAILS = "grpc-status-details-bin"
DEFAULT_PAGE_CASES = 50
MAX_REQUEST_BYTES = 1024 * 1024
CONNECTION_AGE_SECONDS = 3600
_BEARER = "Bearer "

logger = logging.getLogger(__name__)
Context: TypeAlias = (
    Any  # grpc.aio.ServicerContext; its stub has type parameters that handlers of bytes can not fill
)
PackDetails: TypeAlias = Callable[[grpc.StatusCode, str, str, str], bytes]


class Tls(NamedTuple):
    """Key and certificate of the server, PEM."""

    key: bytes
    certificate: bytes


class Casework:
    """The answers of the service; plain functions, run in threads beside the event loop."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def sign_in(self, wire: bytes) -> bytes:
        """SignIn."""
        asked = parse(messages.SignInRequest(), wire)
        token, desk = self._sessions.sign_in(asked.officer_id, asked.passphrase)
        desk.ring()
        return messages.SignInResponse(
            token=token,
            idle_seconds=IDLE_SECONDS,
            roles=sorted(desk.officer.roles),
            notices=map(encode_notice, notices_for(desk)),
        ).SerializeToString()

    def sign_out(self, _wire: bytes, token: str) -> bytes:
        """SignOut."""
        self._sessions.sign_out(token)
        return messages.SignOutResponse().SerializeToString()

    def list_cases(self, wire: bytes, token: str) -> bytes:
        """ListCases."""
        asked = parse(messages.ListCasesRequest(), wire)
        if not 0 <= asked.page_size <= MAX_PAGE_CASES:
            raise CallError(f"page_size: {asked.page_size} is not between 0 and {MAX_PAGE_CASES}")
        desk = self._sessions.desk(token)
        uids = desk.uids()
        start = uids.index(asked.page_token) + 1 if asked.page_token in uids else 0
        if asked.page_token and not start:
            raise CallError("page_token: not one that this server gave")
        chosen = uids[start : start + (asked.page_size or DEFAULT_PAGE_CASES)]
        answer = messages.ListCasesResponse(
            cases=[_case(case) for case in desk.read_some(chosen, asked.purpose or WORK)],
            next_page_token=chosen[-1] if chosen and chosen[-1] != uids[-1] else "",
        )
        return answer.SerializeToString()

    def get_case(self, wire: bytes, token: str) -> bytes:
        """GetCase."""
        asked = parse(messages.GetCaseRequest(), wire)
        case = self._sessions.desk(token).read(asked.uid, asked.purpose or WORK)
        return messages.GetCaseResponse(case=_case(case)).SerializeToString()

    def list_actions(self, wire: bytes, token: str) -> bytes:
        """ListActions."""
        asked = parse(messages.ListActionsRequest(), wire)
        desk = self._sessions.desk(token)
        found = actions(desk.read(asked.uid), desk.officer.officer_id, desk.officer.roles)
        return messages.ListActionsResponse(actions=map(encode_action, found)).SerializeToString()

    def open_case(self, wire: bytes, token: str) -> bytes:
        """OpenCase."""
        asked = parse(messages.OpenCaseRequest(), wire)
        desk = self._sessions.desk(token)
        uid = desk.open_case(decode_statement(asked.opening), request_id=read_request_id(asked.request_id))
        return messages.OpenCaseResponse(uid=uid).SerializeToString()

    def act(self, wire: bytes, token: str) -> bytes:
        """Act."""
        asked = parse(messages.ActRequest(), wire)
        desk = self._sessions.desk(token)
        said = map(decode_statement, asked.statements)
        ids = desk.say(asked.uid, *said, request_id=read_request_id(asked.request_id))
        return messages.ActResponse(event_ids=ids).SerializeToString()

    def get_vocabulary(self, _wire: bytes, token: str) -> bytes:
        """GetVocabulary."""
        self._sessions.desk(token)
        return encode_vocabulary().SerializeToString()


def make_case_server(
    casework: Casework, tls: Tls, listen: str, pack: PackDetails
) -> tuple[grpc.aio.Server, int]:
    """Build a server that is ready to start.

    Args:
        casework: What answers.
        tls: Officers' programs pin this certificate.
        listen: host:port; port 0 takes a free one.
        pack: Makes the details of an error out of status, sentence, reason and request id.

    Returns:
        The server and the port that it is bound to.

    Raises:
        CallError: The address can not be listened on.
    """
    server = grpc.aio.server(
        options=(
            ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
            ("grpc.max_connection_age_ms", CONNECTION_AGE_SECONDS * 1000),
            ("grpc.max_connection_age_grace_ms", 30_000),
            ("grpc.so_reuseport", 0),
        )
    )
    server.add_generic_rpc_handlers((_handlers(casework, pack),))
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    try:
        port = server.add_secure_port(listen, grpc.ssl_server_credentials([tls]))
    except RuntimeError as error:
        raise CallError(f"casework_listen: {listen} can not be listened on; is it taken?") from error
    return server, port


def read_request_id(text: str) -> str:
    """The id that a caller gave its request, in one form.

    Raises:
        CallError: It is no UUID.
    """
    try:
        return str(UUID(text))
    except ValueError as error:
        raise CallError("request_id: not a UUID") from error


def _case(case: CaseFile) -> Any:
    return encode_case(case.uid, case_name(case.uid), all_events(case), follow(case))


def _handlers(casework: Casework, pack: PackDetails) -> grpc.GenericRpcHandler:
    def handler(
        answer: Callable[..., bytes], *, signed_in: bool = True
    ) -> "grpc.RpcMethodHandler[bytes, bytes]":
        async def handle(wire: bytes, context: Context) -> bytes:
            request_id = ""
            try:
                # Every request has its id in the same place, so any of them reads it.
                request_id = read_request_id(parse(messages.SignOutRequest(), wire).request_id)
                token = (_token(context),) if signed_in else ()
                return await asyncio.to_thread(answer, wire, *token)
            except (CaseworkError, CryptoError) as error:
                await _abort(context, error, request_id, pack)
                raise AssertionError("abort does not return") from error

        return grpc.unary_unary_rpc_method_handler(handle)

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "SignIn": handler(casework.sign_in, signed_in=False),
            "SignOut": handler(casework.sign_out),
            "ListCases": handler(casework.list_cases),
            "GetCase": handler(casework.get_case),
            "ListActions": handler(casework.list_actions),
            "OpenCase": handler(casework.open_case),
            "Act": handler(casework.act),
            "GetVocabulary": handler(casework.get_vocabulary),
        },
    )


def _token(context: Context) -> str:
    for key, value in context.invocation_metadata() or ():
        if key == "authorization" and isinstance(value, str) and value.startswith(_BEARER):
            return value.removeprefix(_BEARER)
    raise SessionError("sign in")


async def _abort(
    context: Context, error: CaseworkError | CryptoError, request_id: str, pack: PackDetails
) -> None:
    ours = error if isinstance(error, CaseworkError) else CaseworkError(str(error))
    logger.warning("call refused: reason=%s request=%s", ours.reason, request_id)
    code, text = status_code(ours), sentence(ours)
    await context.abort(code, text, trailing_metadata=((DETAILS, pack(code, text, ours.reason, request_id)),))
