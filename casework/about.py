"""What a signed document between organizations is about: the one place that knows every type of them."""

from typing import NamedTuple

from casework.errors import SummaryError
from casework.joint import (
    ANSWER_TYPE,
    JOINT_TYPE,
    JOINT_WITHDRAWAL_TYPE,
    read_joint,
    read_notice,
    read_withdrawal,
)
from casework.summary import REVOCATION_TYPE, SUMMARY_TYPE, read_revocation, read_summary
from crypto.envelope import Envelope

FILE_TYPES = (SUMMARY_TYPE, REVOCATION_TYPE, JOINT_TYPE, JOINT_WITHDRAWAL_TYPE)  # that `status write` writes
TYPES = (*FILE_TYPES, ANSWER_TYPE)
WHILE_TOLD = frozenset(
    {SUMMARY_TYPE, JOINT_TYPE, ANSWER_TYPE}
)  # the others take something back and always leave


class About(NamedTuple):
    """What a document is: a word for it, what of its origin it is about, which number, and for whom it is.

    Attributes:
        addressee: The one member for whom it is; empty for all.
    """

    what: str
    subject: str
    number: int
    addressee: str = ""


def status_subject(public_ref: str) -> str:
    """What a summary and its revocation are about."""
    return f"status {public_ref}"


def about(envelope: Envelope) -> About:
    """Read what a document is about; its signature was verified before.

    Raises:
        FieldError: A field is unknown, missing or not of its form.
        SummaryError: A later version made it, or it is of another type.
    """
    payload = envelope.payload
    if envelope.payload_type == SUMMARY_TYPE:
        summary = read_summary(payload)
        return About("summary", status_subject(summary.public_ref), summary.number)
    if envelope.payload_type == REVOCATION_TYPE:
        revocation = read_revocation(payload)
        return About("revocation", status_subject(revocation.public_ref), revocation.number)
    if envelope.payload_type == JOINT_TYPE:
        joint = read_joint(payload)
        return About("joint case", joint.subject, joint.number, joint.member)
    if envelope.payload_type == JOINT_WITHDRAWAL_TYPE:
        withdrawal = read_withdrawal(payload)
        return About("joint case withdrawn", withdrawal.subject, withdrawal.number, withdrawal.member)
    if envelope.payload_type == ANSWER_TYPE:
        notice = read_notice(payload)
        return About("answer", notice.subject, 1, notice.member)
    raise SummaryError(
        "documents of the type {payload_type!r} are not known here", payload_type=envelope.payload_type[:60]
    )
