"""JSON over HTTP to calls: reads a request, lets the call answer, and writes the answer or why there is none."""

import json
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import uuid4

import grpc
from google.protobuf import json_format
from google.protobuf.message_factory import GetMessageClass

from casework.errors import CaseworkError
from casework.status import sentence as casework_sentence
from casework.status import status_code as casework_status
from console.errors import ApiBodyError, ApiTokenError, ConsoleError, MethodError, NoPageError
from console.web.api.calls import Call
from console.web.statuses import status_of
from crypto.errors import CryptoError
from node.errors import NodeError
from node.status import sentence as node_sentence
from node.status import status_code as node_status

MAX_REQUEST_BYTES = 1 << 20
MAX_ANSWER_BYTES = 64 << 20
MAX_DEPTH = 32
_HTTP: Mapping[grpc.StatusCode, int] = {
    grpc.StatusCode.INVALID_ARGUMENT: 422,
    grpc.StatusCode.UNAUTHENTICATED: 401,
    grpc.StatusCode.PERMISSION_DENIED: 403,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.FAILED_PRECONDITION: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 503,
}

logger = logging.getLogger(__name__)


class Posted(NamedTuple):
    """A request as the edge read it; `body` is nothing where it was too large."""

    method: str
    path: str
    media_type: str
    authorization: str
    body: bytes | None


class Told(NamedTuple):
    """What comes back: the status of HTTP, and JSON."""

    status: int
    body: bytes


class Gateway:
    """Calls that are answered as JSON, and the document that describes them."""

    def __init__(self, calls: Mapping[str, Call], document: Mapping[str, Any]) -> None:
        self._calls = calls
        self._document = json.dumps(document, indent=1).encode()

    def answer(self, posted: Posted) -> Told:
        """Answer a request; a refusal is JSON too."""
        try:
            if posted.path == "/openapi.json" and posted.method == "GET":
                return Told(200, self._document)
            return Told(200, json.dumps(self._answered(posted), separators=(",", ":")).encode())
        except (ConsoleError, NodeError, CaseworkError, CryptoError) as error:
            status, text = _refusal(error)
            if status >= 500:
                logger.warning("a call failed: reason=%s", error.reason)
            return Told(status, json.dumps({"reason": error.reason, "message": text}).encode())

    def _answered(self, posted: Posted) -> Any:
        call = self._calls.get(posted.path)
        token = posted.authorization.removeprefix("Bearer ").strip()
        if (call is None or not call.open) and (not token or token == posted.authorization):
            raise ApiTokenError("show a token: Authorization: Bearer ...")
        if call is None:
            raise NoPageError("there is no such call")
        if posted.method != "POST":
            raise MethodError("calls are made with POST")
        request = _read(call, posted)
        size, found = 0, []
        for wire in call.answers(request, token):
            size += len(wire)
            if size > MAX_ANSWER_BYTES:
                raise ApiBodyError(413, "the answer is larger than a call of the gateway may be")
            answer = GetMessageClass(call.method.output_type)()
            answer.ParseFromString(wire)
            found.append(json_format.MessageToDict(answer))
        return found if call.streams else found[0]


def _read(call: Call, posted: Posted) -> bytes:
    """The bytes of a request.

    Raises:
        ApiBodyError: It is not of the form of its message.
    """
    if posted.media_type.partition(";")[0].strip().lower() != "application/json":
        raise ApiBodyError(415, "send application/json")
    if posted.body is None:
        raise ApiBodyError(413, "a request has at most {most} bytes", most=MAX_REQUEST_BYTES)
    message = GetMessageClass(call.method.input_type)()
    try:
        held = json.loads(posted.body.decode(), object_hook=_without_nulls)
        if not isinstance(held, dict):
            raise ApiBodyError(400, "a request is a JSON object")
        if "request_id" in call.method.input_type.fields_by_name and not held.keys() & {
            "requestId",
            "request_id",
        }:
            held["requestId"] = str(uuid4())  # whoever asks again gives their own
        json_format.ParseDict(held, message, max_recursion_depth=MAX_DEPTH)
        return bytes(message.SerializeToString())
    except (ValueError, RecursionError, json_format.ParseError, TypeError) as error:
        raise ApiBodyError(400, "it is not a {name}", name=call.method.input_type.name) from error


def _without_nulls(held: dict[str, Any]) -> dict[str, Any]:
    """An object as it was, in which nothing is null: what is not said is left out."""
    if None in held.values():
        raise ValueError("null")
    return held


def _refusal(error: Exception) -> tuple[int, str]:
    if isinstance(error, ApiBodyError):
        return error.status, str(error)
    if isinstance(error, ConsoleError):
        return status_of(error), str(error)
    if isinstance(error, CaseworkError):
        return _HTTP.get(casework_status(error), 500), casework_sentence(error)
    if isinstance(error, NodeError):
        return _HTTP.get(node_status(error), 500), node_sentence(error)
    return 500, "a key can not be used"
