"""One incident that hit several organizations: how they find each other, confirm it, and see one board (CW-19).

A match token is a keyed digest of a week, a host State and a category. Only who holds the key of the group can work one
out; equal tokens of two members propose a link and nothing more. It is a link when both have signed it. What the
members say of it may differ: the board marks it and settles nothing.
"""

import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from casework.casefile import CaseFile
from casework.communications import GRADES
from casework.errors import FieldError, SummaryError
from casework.span import parse_span
from casework.summary import CaseStatusSummary, check_form, read_fields
from casework.values import ID
from casework.vocabulary import codes

JOINT_TYPE = "application/vnd.tocsin.joint-case.v1+json"
JOINT_WITHDRAWAL_TYPE = "application/vnd.tocsin.joint-case-withdrawal.v1+json"
ANSWER_TYPE = "application/vnd.tocsin.joint-answer.v1+json"
MAX_WEEKS = 2  # an incident that may have been in more weeks matches nobody
CONTRADICTING = ("host_state", "incident_quarter", "category", "public_status", "impunity")
_DOMAIN = b"tocsin-joint-case/1 "
_REF, _REFERENCE, _DIGEST = (re.compile(f"[0-9a-f]{{{length}}}") for length in (16, 32, 64))
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_ORG = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


class JointStatement(NamedTuple):
    """One side's word that its case and a member's are about one incident."""

    joint_ref: str
    public_ref: str
    member: str
    member_ref: str
    number: int
    issued: str

    @property
    def subject(self) -> str:
        """What it is about; a newer one replaces it."""
        return f"joint {self.public_ref} {self.member} {self.member_ref}"


class JointWithdrawal(NamedTuple):
    """One side takes its word back; its number is behind that of the confirmation."""

    public_ref: str
    member: str
    member_ref: str
    number: int
    issued: str

    @property
    def subject(self) -> str:
        """That of the confirmation, which it replaces."""
        return f"joint {self.public_ref} {self.member} {self.member_ref}"


class JointNotice(NamedTuple):
    """A co-sender's word that something came in for a joint demarche.

    Attributes:
        joint_ref: The joint case.
        public_ref: Of the case of who signs.
        member: The co-sender that is told.
        document: SHA-256 of the letter that all co-senders signed.
        kind: Code of the list `answer`.
        on: Days on which it came in, as a span is written.
        reference: Id of the event at who signs.
    """

    joint_ref: str
    public_ref: str
    member: str
    document: str
    kind: str
    on: str
    reference: str

    @property
    def subject(self) -> str:
        """What it is about."""
        return f"answer {self.public_ref} {self.member} {self.reference}"


class Side(NamedTuple):
    """One organization's case by its public reference."""

    org_id: str
    public_ref: str


class Claim(NamedTuple):
    """What one organization signed of a joint case."""

    origin: str
    summary: CaseStatusSummary


@dataclass(frozen=True, slots=True)
class JointBoard:
    """A joint case as all its organizations see it.

    Attributes:
        joint_ref: 16 hexadecimal digits.
        claims: What each organization signed, by its id.
        contradictions: Names of fields, `stages.host` among them, of which two say different things.
        sends_next: Who sends the next demarche.
    """

    joint_ref: str
    claims: tuple[Claim, ...]
    contradictions: tuple[str, ...]
    sends_next: str


Signed = Iterable[tuple[str, JointStatement]]


def group_tokens(case: CaseFile, key: bytes) -> tuple[str, ...]:
    """Match tokens of a case, 32 hexadecimal digits each, one for each week and category; none where too vague."""
    if case.incident is None:
        return ()
    monday = case.incident.earliest - timedelta(days=case.incident.earliest.weekday())
    weeks: list[date] = []
    while monday <= case.incident.latest and len(weeks) <= MAX_WEEKS:
        weeks.append(monday)
        monday += timedelta(days=7)
    if len(weeks) > MAX_WEEKS:
        return ()
    texts = {f"{week} {case.host_state} {category}" for week in weeks for category in case.categories}
    return tuple(sorted(hmac.digest(key, _DOMAIN + text.encode(), "sha256").hex()[:32] for text in texts))


def matching(ours: CaseStatusSummary, claims: Iterable[Claim], org_id: str) -> tuple[Claim, ...]:
    """Summaries of other members that share a token with ours: perhaps one incident; people decide."""
    tokens = set(ours.match_tokens)
    return tuple(one for one in claims if one.origin != org_id and tokens & set(one.summary.match_tokens))


def ref_for(us: Side, other: Side, signed: Signed) -> str:
    """The joint reference that a confirmation of ours bears; both sides work out the same.

    Raises:
        SummaryError: Both cases belong to joint cases already, and to different ones.
    """
    listed = tuple(signed)
    refs = [
        {one.joint_ref for org_id, one in listed if (org_id, one.public_ref) == side} for side in (us, other)
    ]
    known = set.union(*refs)
    if len(known) > 1:
        raise SummaryError(
            "both cases belong to joint cases already, and to different ones; one side leaves its own first "
            "(`tocsin case joint withdraw`) and confirms again after the other"
        )
    pair = " ".join(f"{org_id} {ref}" for org_id, ref in sorted((us, other)))
    return known.pop() if known else sha256(_DOMAIN + pair.encode()).hexdigest()[:16]


def sides_of(us: Side, signed: Signed) -> tuple[str, tuple[Side, ...]]:
    """The joint reference of our case and all sides that are linked with it by confirmations of both; else nothing."""
    listed = {(org_id, one.public_ref, one.member, one.member_ref, one.joint_ref) for org_id, one in signed}
    links = [
        (Side(*entry[:2]), Side(*entry[2:4]), entry[4])
        for entry in listed
        if (entry[2], entry[3], entry[0], entry[1], entry[4]) in listed
    ]
    refs = sorted({ref for side, _, ref in links if side == us})
    if not refs:
        return "", ()
    found, waiting = {us}, [us]
    while waiting:
        side = waiting.pop()
        fresh = {other for one, other, ref in links if one == side and ref == refs[0]} - found
        found |= fresh
        waiting += fresh
    return refs[0], tuple(sorted(found))


def board_of(joint_ref: str, sides: Iterable[Side], claims: Iterable[Claim]) -> JointBoard:
    """Put side by side what the organizations of a joint case signed."""
    known = set(sides)
    of_it = tuple(
        sorted(
            (one for one in claims if (one.origin, one.summary.public_ref) in known),
            key=lambda one: (one.origin, one.summary.public_ref),
        )
    )
    marked = [name for name in CONTRADICTING if len({getattr(one.summary, name) for one in of_it} - {""}) > 1]
    if len({one.summary.stages["host"] for one in of_it} - {("unknown", "unknown")}) > 1:
        marked.append("stages.host")
    return JointBoard(joint_ref, of_it, tuple(marked), min(of_it, key=_turn).origin if of_it else "")


def _turn(claim: Claim) -> tuple[object, ...]:
    """Whom the government answers best; of those, of whom it heard longest ago. All work out the same."""
    best = claim.summary.best_reply
    return (GRADES.index(best) if best else len(GRADES), -claim.summary.months_since_event, claim.origin)


def write_joint(statement: JointStatement | JointWithdrawal | JointNotice) -> bytes:
    """The one text form, which is signed."""
    return json.dumps(statement._asdict(), separators=(",", ":")).encode()


def read_joint(payload: bytes) -> JointStatement:
    """Read a confirmation.

    Raises:
        FieldError: A field is unknown, missing or not of its form.
    """
    plain = _read_word(payload, JointStatement._fields, joint_ref=_REF)
    statement = JointStatement(**plain)
    check_form(write_joint(statement), payload)
    return statement


def read_withdrawal(payload: bytes) -> JointWithdrawal:
    """Read what takes a confirmation back.

    Raises:
        FieldError: A field is unknown, missing or not of its form.
    """
    withdrawal = JointWithdrawal(**_read_word(payload, JointWithdrawal._fields))
    check_form(write_joint(withdrawal), payload)
    return withdrawal


def read_notice(payload: bytes) -> JointNotice:
    """Read a notice.

    Raises:
        FieldError: A field is unknown, missing or not of its form.
    """
    plain = read_fields(payload, JointNotice._fields)
    forms = {"document": _DIGEST, "kind": ID, "on": ID, "reference": _REFERENCE}
    _match(plain, joint_ref=_REF, public_ref=_REF, member=_ORG, **forms)
    if plain["kind"] not in codes("answer"):
        raise FieldError("kind", "is no code of the list answer")
    parse_span(plain["on"])
    notice = JointNotice(**plain)
    check_form(write_joint(notice), payload)
    return notice


def _read_word(payload: bytes, names: tuple[str, ...], **forms: re.Pattern[str]) -> dict[str, Any]:
    plain = read_fields(payload, names)
    _match(plain, public_ref=_REF, member=_ORG, member_ref=_REF, issued=_MONTH, **forms)
    if type(plain["number"]) is not int or not 1 <= plain["number"] < 2**31:
        raise FieldError("number", "is not of its form")
    return plain


def _match(plain: Mapping[str, Any], **forms: re.Pattern[str]) -> None:
    for name, form in forms.items():
        if not isinstance(plain[name], str) or not form.fullmatch(plain[name]):
            raise FieldError(name, "{plain!r} is not of its form", plain=str(plain[name])[:40])
