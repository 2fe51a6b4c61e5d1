"""The one table from our errors to gRPC status, and the error details that go with it.

A caller gets a fixed sentence per class, a stable reason and the id of its request; the message of the error itself,
which may name what only we should know, goes to our log.
"""

import re
from typing import TypeAlias, TypeVar

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError, Message
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from node.errors import (
    BusyError,
    ClosedTotalError,
    InputError,
    LargeCallError,
    MemberError,
    NodeError,
    PayloadError,
    RequestStateError,
    SlowCallError,
    SlowReaderError,
    StepError,
    TooManyCallsError,
    TooManyMatchesError,
    TooManyRequestsError,
    TotalError,
    TotalOverlapError,
    UnknownAlertError,
    UnknownLogError,
    UnknownMatchError,
    UnknownRecordError,
    UnknownRequestError,
    UnknownTotalError,
    UnreachableError,
    WitnessBehindError,
    WitnessOriginError,
    WitnessProofError,
    WitnessSignatureError,
)

Trailing: TypeAlias = tuple[tuple[str, str | bytes], ...]
D = TypeVar("D", bound=Message)

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
    (TooManyCallsError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (LargeCallError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (SlowCallError, grpc.StatusCode.DEADLINE_EXCEEDED),
    (UnknownMatchError, grpc.StatusCode.NOT_FOUND),
    (StepError, grpc.StatusCode.FAILED_PRECONDITION),
    (TooManyMatchesError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (WitnessOriginError, grpc.StatusCode.NOT_FOUND),
    (WitnessSignatureError, grpc.StatusCode.PERMISSION_DENIED),
    (WitnessBehindError, grpc.StatusCode.ABORTED),
    (WitnessProofError, grpc.StatusCode.FAILED_PRECONDITION),
    (SlowReaderError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (UnknownTotalError, grpc.StatusCode.NOT_FOUND),
    (ClosedTotalError, grpc.StatusCode.FAILED_PRECONDITION),
    (TotalOverlapError, grpc.StatusCode.FAILED_PRECONDITION),
    (TotalError, grpc.StatusCode.INVALID_ARGUMENT),
    (PayloadError, grpc.StatusCode.INVALID_ARGUMENT),
    (InputError, grpc.StatusCode.INVALID_ARGUMENT),
    (BusyError, grpc.StatusCode.ABORTED),
    (UnreachableError, grpc.StatusCode.UNAVAILABLE),
    (NodeError, grpc.StatusCode.INTERNAL),
)


def status_code(error: NodeError) -> grpc.StatusCode:
    """Status that a caller gets for an error."""
    return next(code for kind, code in STATUS if isinstance(error, kind))


def sentence(error: NodeError) -> str:
    """What a caller is told: the first line of the class, never the message."""
    return (type(error).__doc__ or "").partition("\n")[0]


def details(error: NodeError, request_id: str) -> bytes:
    """google.rpc.Status with an ErrorInfo: reason, domain, and the caller's own request id; and when to ask again."""
    pause = error.retry_seconds
    return packed_details(status_code(error), sentence(error), error.reason, request_id, pause)


def packed_details(
    code: grpc.StatusCode, message: str, reason: str, request_id: str, retry_seconds: float = 0.0
) -> bytes:
    """The same for an error of any part of Tocsin."""
    status = Status(code=code.value[0], message=message)
    info = ErrorInfo(reason=reason, domain=DOMAIN, metadata={"request_id": request_id})
    status.details.add().Pack(info)
    if retry_seconds:
        pause = Duration()
        pause.FromNanoseconds(round(retry_seconds * 1e9))
        status.details.add().Pack(RetryInfo(retry_delay=pause))
    packed: bytes = status.SerializeToString()
    return packed


def reason_of(trailing: Trailing) -> str:
    """Reason in the details that a peer sent, or nothing; it is shown, never acted upon."""
    info = _told(trailing, ErrorInfo())
    return info.reason if info and info.domain == DOMAIN and _REASON.fullmatch(info.reason) else ""


def retry_seconds_of(trailing: Trailing) -> float:
    """How long a peer wants us to wait before we ask again; 0 where it does not say."""
    told = _told(trailing, RetryInfo())
    return told.retry_delay.ToNanoseconds() / 1e9 if told else 0.0


def witnessed_size_of(trailing: Trailing) -> int | None:
    """How many entries a witness signed last, where it tells that with its refusal."""
    found = re.fullmatch("[0-9]{1,19}", str(dict(trailing).get(WITNESSED_SIZE, "")))
    return int(found[0]) if found else None


def _told(trailing: Trailing, detail: D) -> D | None:
    """The first detail of a kind in what a peer sent, if there is one."""
    for key, value in trailing:
        if key == DETAILS and isinstance(value, bytes):
            try:
                found = any(one.Unpack(detail) for one in Status.FromString(value).details)
            except (DecodeError, ValueError):  # a peer may send anything here
                return None
            return detail if found else None
    return None
