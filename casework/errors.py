"""Everything that can go wrong in casework, by whose fault it is.

Each class carries `reason`, a stable code; the message is for people. What somebody may not see does not exist for
them: there is one error for both, and it says the same.
"""

from crypto.sentence import ToldError, told


class CaseworkError(ToldError):
    """Root of every error that casework raises on purpose."""

    reason = "CASEWORK_FAILED"


class CaseInputError(CaseworkError):
    """Somebody gave something that can not be used; nothing was changed.

    Attributes:
        statement: Which of several statements it is about, from 0.
    """

    reason = "CASE_INPUT_REFUSED"
    statement = 0


class FieldError(CaseInputError):
    """One field of an event is missing, out of its range or contradicts another."""

    reason = "CASE_FIELD_INVALID"

    def __init__(self, field: str, why: str, /, **values: object) -> None:
        said = told(why, **values)
        super().__init__("{field}: {why}", field=field, why=said)
        self.field = field
        self.why = said


class ActionError(CaseInputError):
    """An action is not possible in the state that a case is in; those that are possible are named."""

    reason = "ACTION_NOT_POSSIBLE"


class RoleError(CaseInputError):
    """An action belongs to another role."""

    reason = "ROLE_NOT_ALLOWED"


class SecondPersonError(CaseInputError):
    """What one person proposed needs another person to approve it."""

    reason = "FOUR_EYES_NEEDED"


class ConsentError(CaseInputError):
    """The survivor has not agreed to this use, or has withdrawn."""

    reason = "CONSENT_NEEDED"


class NotFoundError(CaseworkError):
    """There is no such case, or it is not for who asks."""

    reason = "CASE_NOT_FOUND"


class OfficerError(CaseworkError):
    """Nobody of that name may work on cases here, or their key does not open."""

    reason = "OFFICER_UNKNOWN"


class AuditError(CaseworkError):
    """A read could not be written down, so nothing was read."""

    reason = "AUDIT_UNAVAILABLE"


class TamperedError(CaseworkError):
    """What is stored of a case is not what was signed."""

    reason = "CASE_TAMPERED"


class ErasedError(CaseworkError):
    """The keys of this content were destroyed; nobody can read it any more."""

    reason = "CASE_ERASED"


class CaseStoreError(CaseworkError):
    """The database refused, or does not hold what it should."""

    reason = "CASE_STORE_FAILED"


class CallError(CaseInputError):
    """A request can not be answered as it stands."""

    reason = "CASE_REQUEST_INVALID"


class SignInError(CaseworkError):
    """There is no such officer, or the passphrase is another."""

    reason = "SIGN_IN_REFUSED"


class AttemptsError(CaseworkError):
    """Too many tries to sign in, for now."""

    reason = "SIGN_IN_TOO_OFTEN"


class SessionError(CaseworkError):
    """Nobody is signed in with this token, or no longer."""

    reason = "NOT_SIGNED_IN"


class OfficeUnavailableError(CaseworkError):
    """The server of the office could not be reached, or did not answer in time."""

    reason = "OFFICE_UNAVAILABLE"


class LocalOnlyError(CaseworkError):
    """This is done beside the node, and not through the server of the office."""

    reason = "LOCAL_ONLY"


class TransferError(CaseworkError):
    """A file did not arrive whole, or not as it was sent; nothing of it was kept."""

    reason = "TRANSFER_BROKEN"


class RefusedError(CaseworkError):
    """The server refused; its own reason and sentence are told."""

    reason = "OFFICE_REFUSED"

    def __init__(self, sentence: str, reason: str) -> None:
        super().__init__(sentence)
        self.reason = reason or type(self).reason


class VaultError(CaseworkError):
    """A sealed file can not be written, read or removed; nothing half written is left."""

    reason = "EVIDENCE_STORE_FAILED"


class EvidenceError(CaseInputError):
    """There is no such item of evidence, its bytes are not those that were collected, or it may not be changed now."""

    reason = "EVIDENCE_REFUSED"


class HoldError(CaseInputError):
    """A legal hold, or the time that must pass first, keeps something from being erased."""

    reason = "ERASURE_BLOCKED"


class ReleaseError(CaseInputError):
    """A release of figures does not hold, or does not follow the one before."""

    reason = "STATISTIC_INVALID"


class ReceiptError(CaseInputError):
    """A receipt is mistyped, or belongs to another report."""

    reason = "RECEIPT_INVALID"


class MailboxError(CaseworkError):
    """No mailbox belongs to this receipt."""

    reason = "MAILBOX_NOT_FOUND"


class IntakeError(CaseworkError):
    """Nobody takes in reports here yet."""

    reason = "INTAKE_CLOSED"


class SummaryError(CaseInputError):
    """A case status is not a member's, is older than what is held, or may not be published."""

    reason = "CASE_STATUS_REFUSED"


class PostError(CaseworkError):
    """A member's list holds what it did not sign, what is not for us, or something twice; nothing of it was taken."""

    reason = "CASE_STATUS_LIST_REFUSED"


class UnconfirmedError(CaseworkError):
    """This node was restored or copied, and nobody has said yet what members hold of what we signed about cases."""

    reason = "CASE_STATUS_UNCONFIRMED"
