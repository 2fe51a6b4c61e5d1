"""Which HTTP status each kind of error has; the one table of this edge."""

from casework.errors import CaseInputError, CaseworkError, OfficeUnavailableError, RefusedError
from console.errors import (
    ApiBodyError,
    ApiTokenError,
    AreasError,
    ChangedError,
    ConsoleError,
    EntryError,
    ForeignFormError,
    LargeFormError,
    MethodError,
    NoPageError,
    ProviderError,
    SignInError,
    TooManyTriesError,
)
from crypto.errors import CryptoError
from node.errors import (
    BusyError,
    InputError,
    LeakError,
    MatchRequestError,
    MemberError,
    NodeError,
    PeerError,
    RequestStateError,
    StepError,
    TotalError,
    UnknownAlertError,
    UnknownMatchError,
    UnknownRecordError,
    UnknownRequestError,
    UnreachableError,
)

KINDS = (ConsoleError, NodeError, CaseworkError, CryptoError)
_STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NoPageError, 404),
    (MethodError, 405),
    (ForeignFormError, 403),
    (LargeFormError, 413),
    (SignInError, 403),
    (ProviderError, 502),
    (ApiTokenError, 401),
    (ApiBodyError, 400),
    (TooManyTriesError, 429),
    (ChangedError, 409),
    (EntryError, 422),
    (AreasError, 422),
    (InputError, 422),
    (UnknownAlertError, 404),
    (UnknownRequestError, 404),
    (UnknownRecordError, 404),
    (RequestStateError, 409),
    (MemberError, 404),
    (PeerError, 422),
    (UnknownMatchError, 422),
    (MatchRequestError, 422),
    (StepError, 422),
    (TotalError, 422),
    (LeakError, 409),
    (BusyError, 503),
    (UnreachableError, 503),
    (CaseInputError, 422),
    (RefusedError, 422),
    (OfficeUnavailableError, 503),
)


def status_of(error: Exception) -> int:
    """The status of an error; what is nobody's fault outside is one of the node."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
