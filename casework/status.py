"""The one table from casework's errors to gRPC status.

Whoever calls is an officer of the same organization: what is wrong with their own input is told to them in full. Of
everything else they get the fixed sentence of the class; the detail stays here.
"""

import grpc

from casework.errors import (
    ActionError,
    AttemptsError,
    AuditError,
    CaseInputError,
    CaseStoreError,
    CaseworkError,
    ConsentError,
    ErasedError,
    NotFoundError,
    RoleError,
    SecondPersonError,
    SessionError,
    SignInError,
    TamperedError,
    VaultError,
)

STATUS: tuple[tuple[type[CaseworkError], grpc.StatusCode], ...] = (  # the first class that fits
    (SignInError, grpc.StatusCode.UNAUTHENTICATED),
    (SessionError, grpc.StatusCode.UNAUTHENTICATED),
    (AttemptsError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (NotFoundError, grpc.StatusCode.NOT_FOUND),
    (RoleError, grpc.StatusCode.PERMISSION_DENIED),
    (ActionError, grpc.StatusCode.FAILED_PRECONDITION),
    (SecondPersonError, grpc.StatusCode.FAILED_PRECONDITION),
    (ConsentError, grpc.StatusCode.FAILED_PRECONDITION),
    (ErasedError, grpc.StatusCode.FAILED_PRECONDITION),
    (CaseInputError, grpc.StatusCode.INVALID_ARGUMENT),
    (TamperedError, grpc.StatusCode.DATA_LOSS),
    (AuditError, grpc.StatusCode.UNAVAILABLE),
    (VaultError, grpc.StatusCode.UNAVAILABLE),
    (CaseStoreError, grpc.StatusCode.UNAVAILABLE),
    (CaseworkError, grpc.StatusCode.INTERNAL),
)


def status_code(error: CaseworkError) -> grpc.StatusCode:
    """Status that a caller gets for an error."""
    return next(code for kind, code in STATUS if isinstance(error, kind))


def sentence(error: CaseworkError) -> str:
    """What a caller is told."""
    if isinstance(error, CaseInputError | AttemptsError):
        return str(error)
    return (type(error).__doc__ or "").partition("\n")[0]
