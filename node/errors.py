"""Everything that can go wrong in a node, by whose fault it is.

Each class carries `reason`, a stable code that the command line, the logs and the wire show; the message is for
people. Cryptographic failures are `crypto.errors.CryptoError` and are turned into one of these where a peer's bytes
enter.
"""

from crypto.sentence import ToldError, told


class NodeError(ToldError):
    """Root of every error that a node raises on purpose."""

    reason = "NODE_FAILED"
    retry_seconds = 0.0  # after which the same may go well; 0 where waiting alone changes nothing


class InputError(NodeError):
    """Somebody gave us something that can not be used; nothing was changed."""

    reason = "INPUT_REFUSED"


class IncidentError(InputError):
    """One field of an incident is out of its range or contradicts another."""

    reason = "INCIDENT_INVALID"

    def __init__(self, field: str, why: str, /, **values: object) -> None:
        said = told(why, **values)
        super().__init__("{field}: {why}", field=field, why=said)
        self.field = field
        self.why = said


class IntakeError(InputError):
    """A file can not be read as a publication; nothing of it was taken in."""

    reason = "FILE_REFUSED"


class EmptyFileError(IntakeError):
    """A file holds nothing, or column names without a single row."""

    reason = "FILE_EMPTY"


class NotATableError(IntakeError):
    """A file is not a table: another kind of file, a damaged workbook, or text that can not be decoded."""

    reason = "FILE_NOT_A_TABLE"


class TooLargeError(IntakeError):
    """A file, or one part of it, is larger than any publication is; it was not read to its end."""

    reason = "FILE_TOO_LARGE"


class ColumnsError(IntakeError):
    """The columns of a table are not those of a publication that we can read."""

    reason = "COLUMNS_UNKNOWN"


class ProfileError(IntakeError):
    """A profile does not say in its form which column of a source is what; nothing was read by it."""

    reason = "PROFILE_REFUSED"


class SubmissionError(IntakeError):
    """A submission of a form can not be taken in; nothing of it was."""

    reason = "SUBMISSION_REFUSED"


class ViewError(InputError):
    """A shared value is not in the form that its ladder schema fixes."""

    reason = "VIEW_INVALID"


class DirectoryError(InputError):
    """A directory document can not be trusted."""

    reason = "DIRECTORY_REFUSED"


class TwoDirectoriesError(DirectoryError):
    """The keepers of a network have signed two directories of one version."""

    reason = "DIRECTORY_FORKED"


class RootError(DirectoryError):
    """A root, which says whose directories count, can not be trusted."""

    reason = "ROOT_REFUSED"


class MemberError(NodeError):
    """Somebody does not, or does no longer, belong to the network."""

    reason = "NOT_A_MEMBER"


class NotOwnError(MemberError):
    """Only operators of the node's own organization may ask that."""

    reason = "NOT_OWN_ORGANIZATION"


class PeerError(NodeError):
    """A peer sent something that does not hold; nothing of it was stored."""

    reason = "PEER_REFUSED"


class PayloadError(PeerError):
    """Bytes that should be a message are not one, or a field is missing or of the wrong size."""

    reason = "MESSAGE_MALFORMED"


class PageError(PeerError):
    """A page is empty, too large, or goes beyond the checkpoint it was asked for."""

    reason = "PAGE_MALFORMED"


class PageTokenError(PeerError):
    """The token for the next page does not follow from the page."""

    reason = "PAGE_TOKEN_MISMATCH"


class LogKeyError(PeerError):
    """A checkpoint is not signed with the log key that the directory names."""

    reason = "CHECKPOINT_INVALID"


class QuorumError(PeerError):
    """Too few witnesses have cosigned a checkpoint; it is looked at again with the next sync."""

    reason = "WITNESSES_TOO_FEW"


class RolledBackError(PeerError):
    """A log is shorter than it has been before."""

    reason = "LOG_ROLLED_BACK"


class ForkedError(PeerError):
    """A log shows two different histories."""

    reason = "LOG_FORKED"


class ForkProofError(PeerError):
    """What is said to prove that a log has forked proves nothing."""

    reason = "FORK_NOT_PROVEN"


class RelayError(PeerError):
    """A member passed on more of another's record than it may."""

    reason = "RELAY_WIDENS"


class RootMismatchError(PeerError):
    """The entries of a page do not belong to the log that the checkpoint commits to."""

    reason = "ROOT_MISMATCH"


class RecordSignatureError(PeerError):
    """A record is not signed with a key that the directory binds to its origin."""

    reason = "SIGNATURE_INVALID"


class DisclosureError(PeerError):
    """An opening does not belong to the signed record, or its values contradict each other."""

    reason = "OPENING_INVALID"


class OriginError(PeerError):
    """A record names another origin than the log it stands in."""

    reason = "ORIGIN_MISMATCH"


class AlertError(PeerError):
    """An alert contradicts itself, its record or what was sent before."""

    reason = "ALERT_INVALID"


class SequenceError(PeerError):
    """The sequence of a peer's alerts goes back, or stands for two different ones."""

    reason = "ALERT_SEQUENCE_INVALID"


class TooManyAlertsError(PeerError):
    """A peer has sent more alerts than a node keeps of one peer."""

    reason = "ALERTS_TOO_MANY"


class UnavailableError(NodeError):
    """A peer could not be reached or did not answer in time; what was received before is kept."""

    reason = "PEER_UNAVAILABLE"


class LateError(UnavailableError):
    """A peer did not answer in time: it, or the line to it, is slow or dead."""

    reason = "PEER_LATE"


class ExpiredError(UnavailableError):
    """No line is possible, as the TLS certificate of one side is past its last day."""

    reason = "CERTIFICATE_EXPIRED"


class ConfigError(InputError):
    """A setting is missing, unknown or out of its range."""

    reason = "SETTING_INVALID"


class ServedError(ConfigError):
    """A node is to be served by more processes than can."""

    reason = "ALREADY_SERVED"


class PolicyError(InputError):
    """A policy says something that it can not mean; the line is named."""

    reason = "POLICY_INVALID"


class ConsentError(InputError):
    """What a survivor is said to have answered can not be so."""

    reason = "CONSENT_INVALID"


class SuccessionError(InputError):
    """Records can not be merged or split as somebody wants."""

    reason = "SUCCESSION_REFUSED"


class OverrideError(InputError):
    """What somebody says of a record widens it alone, or agrees with themselves."""

    reason = "SECOND_PERSON_NEEDED"


class StoreError(NodeError):
    """The database does not hold what it should, or is of another version."""

    reason = "STORE_DAMAGED"


class UnreachableError(StoreError):
    """The database can not be reached at this moment."""

    reason = "DATABASE_UNREACHABLE"
    retry_seconds = 2.0


class EpochError(NodeError):
    """A log is not to go on in another epoch, or not in this one."""

    reason = "LOG_EPOCH_REFUSED"


class OtherEpochError(PeerError):
    """A log goes on in an epoch that is not followed here."""

    reason = "LOG_EPOCH_OTHER"


class LogBehindError(NodeError):
    """Others hold more of our own log than there is here, or another one: what is here is an old copy."""

    reason = "LOG_BEHIND"


class LogUnconfirmedError(NodeError):
    """This node was restored or copied, and nobody has said yet what they hold of its log."""

    reason = "LOG_UNCONFIRMED"


class BusyError(NodeError):
    """Another process of this node wrote at the same moment; nothing was changed, try again."""

    reason = "STORE_BUSY"


class PublicationDateError(InputError):
    """A publication can not be placed in time."""

    reason = "PUBLICATION_DATE_INVALID"


class QueryError(InputError):
    """A question names something that does not exist or does not go together."""

    reason = "QUERY_INVALID"


class PurposeError(QueryError):
    """A question is for a purpose for which nothing was shared."""

    reason = "PURPOSE_NOT_ALLOWED"


class CallError(InputError):
    """A request that a peer made can not be answered as it stands."""

    reason = "REQUEST_INVALID"


class PageTokenUnknownError(CallError):
    """A page token that this node never gave, or that goes beyond its log."""

    reason = "PAGE_TOKEN_INVALID"


class ReceiptError(CallError):
    """A receipt is not the caller's, not for this log as it is, or older than the one held."""

    reason = "RECEIPT_REFUSED"


class UnknownLogError(NodeError):
    """The log of another organization was asked for; each node serves its own."""

    reason = "LOG_UNKNOWN"


class NothingAcceptedError(InputError):
    """Every row of a publication was rejected."""

    reason = "NO_ROW_ACCEPTED"


class UnreadableError(InputError):
    """A file that somebody named can not be read or written."""

    reason = "FILE_UNREADABLE"


class BundleError(InputError):
    """A bundle can not be read: no active member signed it for this node; nothing was changed."""

    reason = "BUNDLE_REFUSED"


class BundleRecipientError(BundleError):
    """A bundle was written for another member."""

    reason = "BUNDLE_FOR_ANOTHER"


class BundleNetworkError(BundleError):
    """A bundle was written in another network."""

    reason = "BUNDLE_OF_ANOTHER_NETWORK"


class BundleGapError(BundleError):
    """A bundle starts beyond the entries that are held, or beyond the end of the log."""

    reason = "BUNDLE_GAP"


class BundleContentError(PeerError):
    """A bundle does not hold what its signed first part says."""

    reason = "BUNDLE_CONTENT_WRONG"


class NamesError(InputError):
    """A list of names holds a line that is no name."""

    reason = "NAMES_INVALID"


class TextNotReviewedError(InputError):
    """A text was to leave that nobody has marked reviewed."""

    reason = "TEXT_NOT_REVIEWED"


class TextRevealsError(InputError):
    """A text was to leave that seems to point at a person."""

    reason = "TEXT_REVEALS"


class AlertRefusedError(InputError):
    """An alert can not be sent as it was asked for; nothing left."""

    reason = "ALERT_REFUSED"


class UnknownAlertError(NodeError):
    """There is no such alert, or it is not for who asks."""

    reason = "ALERT_UNKNOWN"


class TooManyCallsError(NodeError):
    """A member calls more often than it may, or has too many calls under way."""

    reason = "CALLS_TOO_MANY"

    def __init__(self, text: str, retry_seconds: float = 1.0, /, **values: object) -> None:
        super().__init__(text, **values)
        self.retry_seconds = retry_seconds


class LargeCallError(NodeError):
    """A request is larger than any that can be answered."""

    reason = "CALL_TOO_LARGE"


class SlowCallError(NodeError):
    """A request did not come, or was not answered, in the time that it may take."""

    reason = "CALL_TOO_SLOW"


class SlowReaderError(NodeError):
    """A subscriber reads more slowly than alerts come and must subscribe again."""

    reason = "SUBSCRIBER_TOO_SLOW"
    retry_seconds = 1.0


class AudienceError(InputError):
    """An audience can not be made or changed as it was asked for."""

    reason = "AUDIENCE_REFUSED"


class UnknownAudienceError(AudienceError):
    """There is no audience of that name."""

    reason = "AUDIENCE_UNKNOWN"


class CharterError(PeerError):
    """A charter of an audience does not hold."""

    reason = "CHARTER_INVALID"


class RequestError(CallError):
    """A share request is not as it has to be."""

    reason = "SHARE_REQUEST_REFUSED"


class RequestReusedError(RequestError):
    """The id of a share request was used for another one before."""

    reason = "SHARE_REQUEST_ID_REUSED"


class RequestStateError(NodeError):
    """Something can not be done about a share request as it stands."""

    reason = "SHARE_REQUEST_STATE"


class UnknownRequestError(NodeError):
    """There is no such share request, or it is not the caller's."""

    reason = "SHARE_REQUEST_UNKNOWN"


class UnknownRecordError(NodeError):
    """There is no such record, or it is not shown to who asks."""

    reason = "RECORD_UNKNOWN"


class TooManyRequestsError(NodeError):
    """A member asks more often than it may."""

    reason = "SHARE_REQUESTS_TOO_MANY"
    retry_seconds = 3600.0


class MatchRequestError(CallError):
    """A comparison is not proposed as it has to be."""

    reason = "MATCH_REFUSED"


class UnknownMatchError(NodeError):
    """There is no such comparison or pair, or it is not the caller's."""

    reason = "MATCH_UNKNOWN"


class StepError(NodeError):
    """A step of a comparison is not the next one, or not what was committed to or signed."""

    reason = "MATCH_STEP_REFUSED"


class TooManyMatchesError(NodeError):
    """A member proposes more comparisons than it may."""

    reason = "MATCHES_TOO_MANY"
    retry_seconds = 3600.0


class VerdictError(PeerError):
    """A verdict about two records does not hold."""

    reason = "VERDICT_INVALID"


class WitnessOriginError(NodeError):
    """A checkpoint was brought of a log that the caller does not have."""

    reason = "WITNESS_ORIGIN_UNKNOWN"


class WitnessSignatureError(NodeError):
    """A checkpoint that was brought is not signed with the log key of who brings it."""

    reason = "WITNESS_SIGNATURE_REFUSED"


class WitnessSizeError(CallError):
    """The size that was signed last is said to be more than that of the new checkpoint."""

    reason = "WITNESS_SIZE_INVALID"


class WitnessBehindError(NodeError):
    """The size that was signed last is another than the caller says."""

    reason = "WITNESS_SIZE_OTHER"

    def __init__(self, text: str, size: int = 0, /, **values: object) -> None:
        super().__init__(text, **values)
        self.size = size


class WitnessProofError(NodeError):
    """A log does not only add to what was signed of it before."""

    reason = "WITNESS_PROOF_REFUSED"


class PassingError(InputError):
    """A record may not be passed on like that."""

    reason = "PASSING_REFUSED"


class NotProvableError(InputError):
    """A record can not be proven to somebody: it never left for them, no longer stands, or is in no checkpoint yet."""

    reason = "RECORD_NOT_PROVABLE"


class EndedError(NodeError):
    """A record that is proven to be in a log no longer stands there, or is not believed."""

    reason = "RECORD_ENDED"


class CubeError(InputError):
    """A declaration of figures to be released says something that it can not mean."""

    reason = "CUBE_INVALID"


class SolverError(NodeError):
    """What figures tell together can not be worked out, so that none are released."""

    reason = "SOLVER_FAILED"


class LeakError(NodeError):
    """A release would give away what it hides; nothing was published."""

    reason = "RELEASE_REFUSED"


class AggregateError(InputError):
    """Numbers without records can not be given or taken in."""

    reason = "AGGREGATE_REFUSED"


class TotalError(NodeError):
    """A private total, or something for one, can not be as it was asked for."""

    reason = "TOTAL_REFUSED"


class UnknownTotalError(TotalError):
    """No total is known by that name to who asks."""

    reason = "TOTAL_UNKNOWN"


class ClosedTotalError(TotalError):
    """A total has closed already, or not yet, or both owners have not signed it."""

    reason = "TOTAL_NOT_OPEN"


class TotalOverlapError(TotalError):
    """Another total counts the same of some of the same members; the difference would tell on few."""

    reason = "TOTAL_OVERLAPS"


class FewForTotalError(TotalError):
    """Too few organizations for a total."""

    reason = "TOTAL_TOO_FEW"
