"""The one table from casework's errors to gRPC status.

Whoever calls is an officer of the same organization: what is wrong with their own input is told to them in full. Of
everything else they get the fixed sentence of the class; the detail stays here.
"""

from collections.abc import Mapping
from types import MappingProxyType

import grpc

from casework import errors
from casework.errors import (
    AttemptsError,
    CaseInputError,
    CaseworkError,
    NotFoundError,
    OfficerError,
    TransferError,
    UnconfirmedError,
)
from crypto.sentence import Sentence

STATUS: Mapping[type[CaseworkError], grpc.StatusCode] = MappingProxyType(  # every class has its own place
    {
        errors.CaseworkError: grpc.StatusCode.INTERNAL,
        errors.CaseInputError: grpc.StatusCode.INVALID_ARGUMENT,
        errors.FieldError: grpc.StatusCode.INVALID_ARGUMENT,
        errors.CallError: grpc.StatusCode.INVALID_ARGUMENT,
        errors.ReleaseError: grpc.StatusCode.INVALID_ARGUMENT,
        errors.ReceiptError: grpc.StatusCode.INVALID_ARGUMENT,
        errors.SummaryError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.ActionError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.SecondPersonError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.ConsentError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.EvidenceError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.HoldError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.ErasedError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.IntakeError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.LocalOnlyError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.RoleError: grpc.StatusCode.PERMISSION_DENIED,
        errors.NotFoundError: grpc.StatusCode.NOT_FOUND,
        errors.OfficerError: grpc.StatusCode.NOT_FOUND,
        errors.MailboxError: grpc.StatusCode.NOT_FOUND,
        errors.SignInError: grpc.StatusCode.UNAUTHENTICATED,
        errors.SessionError: grpc.StatusCode.UNAUTHENTICATED,
        errors.AttemptsError: grpc.StatusCode.RESOURCE_EXHAUSTED,
        errors.TransferError: grpc.StatusCode.ABORTED,
        errors.PostError: grpc.StatusCode.INVALID_ARGUMENT,
        errors.UnconfirmedError: grpc.StatusCode.FAILED_PRECONDITION,
        errors.TamperedError: grpc.StatusCode.DATA_LOSS,
        errors.AuditError: grpc.StatusCode.UNAVAILABLE,
        errors.VaultError: grpc.StatusCode.UNAVAILABLE,
        errors.CaseStoreError: grpc.StatusCode.UNAVAILABLE,
        # Told by a client and never by a server.
        errors.OfficeUnavailableError: grpc.StatusCode.UNAVAILABLE,
        errors.RefusedError: grpc.StatusCode.INTERNAL,
    }
)
_TOLD_IN_FULL = (
    CaseInputError,
    AttemptsError,
    NotFoundError,
    OfficerError,
    TransferError,
    UnconfirmedError,
)


def status_code(error: CaseworkError) -> grpc.StatusCode:
    """Status that a caller gets for an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def sentence(error: CaseworkError) -> str:
    """What a caller is told."""
    if isinstance(error, _TOLD_IN_FULL):
        return str(error)
    if type(error) is CaseworkError:
        return Sentence("it failed at the server of the office, whose log says why")
    return (type(error).__doc__ or "").partition("\n")[0]
