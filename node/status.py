"""The one table from our errors to gRPC status, and the error details that go with it.

A caller gets a fixed sentence per class, a stable reason and the id of its request; the message of the error itself,
which may name what only we should know, goes to our log.
"""

import re

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from node.errors import (
    BusyError,
    InputError,
    MemberError,
    NodeError,
    PayloadError,
    RequestStateError,
    SlowReaderError,
    TooManyRequestsError,
    UnknownAlertError,
    UnknownLogError,
    UnknownRecordError,
    UnknownRequestError,
    WitnessBehindError,
    WitnessOriginError,
    WitnessProofError,
    WitnessSignatureError,
)

DOMAIN = "tocsin"
_REASON = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
DETAILS = "grpc-status-details-bin"
WITNESSED_SIZE = "tocsin-witnessed-size"  # beside ABORTED: the size that a witness signed last

STATUS: tuple[tuple[type[NodeError], grpc.StatusCode], ...] = (  # the first class that fits
    (MemberError, grpc.StatusCode.PERMISSION_DENIED),
    (UnknownLogError, grpc.StatusCode.NOT_FOUND),
    (UnknownAlertError, grpc.StatusCode.NOT_FOUND),
    (UnknownRecordError, grpc.StatusCode.NOT_FOUND),
    (UnknownRequestError, grpc.StatusCode.NOT_FOUND),
    (RequestStateError, grpc.StatusCode.FAILED_PRECONDITION),
    (TooManyRequestsError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (WitnessOriginError, grpc.StatusCode.NOT_FOUND),
    (WitnessSignatureError, grpc.StatusCode.PERMISSION_DENIED),
    (WitnessBehindError, grpc.StatusCode.ABORTED),
    (WitnessProofError, grpc.StatusCode.FAILED_PRECONDITION),
    (SlowReaderError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (PayloadError, grpc.StatusCode.INVALID_ARGUMENT),
    (InputError, grpc.StatusCode.INVALID_ARGUMENT),
    (BusyError, grpc.StatusCode.ABORTED),
    (NodeError, grpc.StatusCode.INTERNAL),
)


def status_code(error: NodeError) -> grpc.StatusCode:
    """Status that a caller gets for an error."""
    return next(code for kind, code in STATUS if isinstance(error, kind))


def sentence(error: NodeError) -> str:
    """What a caller is told: the first line of the class, never the message."""
    return (type(error).__doc__ or "").partition("\n")[0]


def details(error: NodeError, request_id: str) -> bytes:
    """google.rpc.Status with one ErrorInfo: reason, domain, and the caller's own request id."""
    return packed_details(status_code(error), sentence(error), error.reason, request_id)


def packed_details(code: grpc.StatusCode, message: str, reason: str, request_id: str) -> bytes:
    """The same for an error of any part of Tocsin."""
    packed = AnyMessage()
    packed.Pack(ErrorInfo(reason=reason, domain=DOMAIN, metadata={"request_id": request_id}))
    number: int = code.value[0]
    packed_status: bytes = Status(code=number, message=message, details=[packed]).SerializeToString()
    return packed_status


def reason_of(trailing: tuple[tuple[str, str | bytes], ...]) -> str:
    """Reason in the details that a peer sent, or nothing; it is shown, never acted upon."""
    for key, value in trailing:
        if key == DETAILS and isinstance(value, bytes):
            status = Status()
            info = ErrorInfo()
            try:
                status.ParseFromString(value)
                if status.details and status.details[0].Unpack(info) and info.domain == DOMAIN:
                    return info.reason if _REASON.fullmatch(info.reason) else ""
            except (DecodeError, ValueError):  # a peer may send anything here
                return ""
    return ""
