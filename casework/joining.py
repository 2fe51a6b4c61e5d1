"""Confirm that cases of members are about one incident, take that back, show the joint board (CW-19).

Nothing is joined by a token alone: each side confirms, and what only one side confirmed, or took back, is on no board.
The board of a case is for who may read that case; it shows what members signed and nothing of any case here.
"""

from typing import NamedTuple

from casework.casefile import fold
from casework.desk import Desk
from casework.errors import ActionError, ConsentError, SummaryError
from casework.event import Statement, check_statement
from casework.joint import (
    JOINT_TYPE,
    JOINT_WITHDRAWAL_TYPE,
    Claim,
    JointBoard,
    JointStatement,
    JointWithdrawal,
    Side,
    board_of,
    matching,
    ref_for,
    sides_of,
    write_joint,
)
from casework.keyholder import WORK
from casework.lifecycle import check_action
from casework.posting import joined, next_number, offer, take_off
from casework.publishing import Us, open_to_write, standing, statements
from casework.signedfile import read_line, write_line
from casework.span import on
from casework.store.database import Transaction
from casework.store.post import Posted, posted, posted_about
from casework.summary import CaseStatusSummary, withheld
from crypto.envelope import sign_envelope
from crypto.sentence import Sentence

NOT_JOINT = Sentence(
    "no member and you have both confirmed that this case is joint (`tocsin case joint find`)"
)


class Candidate(NamedTuple):
    """A member's case that may be about the same incident, and which sides have confirmed it."""

    claim: Claim
    by_us: bool
    by_them: bool


def candidates(desk: Desk, uid: str, org_id: str) -> tuple[Candidate, ...]:
    """Cases of members that may be about the incident of this one.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        SummaryError: Nothing of it is published.
    """
    public_ref = desk.read(uid).about.text("public_ref")
    with desk.database.read() as connection:
        ours, claims = _ours(connection, desk, org_id, public_ref)
        said = {(one, st.public_ref, st.member, st.member_ref) for one, st in statements(connection)}
    found = matching(ours, claims, org_id)
    us = (org_id, public_ref)
    return tuple(
        Candidate(one, (*us, *(them := (one.origin, one.summary.public_ref))) in said, (*them, *us) in said)
        for one in found
    )


def confirm(desk: Desk, uid: str, us: Us, member: str, member_ref: str = "") -> JointStatement:
    """Confirm that a case and a member's are about one incident; it is so once the member has confirmed it too.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        RoleError: This officer may not act on it.
        ConsentError: Nothing may be told of it.
        SummaryError: Nothing of it is published, or the member has no case that matches, or several.
        ActionError: It is confirmed already.
        UnconfirmedError: This node was restored, and this member has not said yet what it holds of ours.
    """
    with desk.database.write() as connection:
        held, events = open_to_write(desk, connection, uid)
        case = fold(uid, events, desk.today, max(desk.today, *(one.known_on for one in events)))
        why = withheld(case)
        if why:
            raise ConsentError("nothing of this case is told to others: {why}", why=why)
        public_ref = case.about.text("public_ref")
        ours, claims = _ours(connection, desk, us.org_id, public_ref)
        fitting = [
            one.summary.public_ref
            for one in matching(ours, claims, us.org_id)
            if one.origin == member and member_ref in {"", one.summary.public_ref}
        ]
        if len(fitting) != 1:
            many = f"several, say which with --ref: {', '.join(fitting)}" if fitting else "none"
            raise SummaryError("cases of {member} that match this one: {many}", member=member[:40], many=many)
        other = Side(member, fitting[0])
        joint_ref = ref_for(Side(us.org_id, public_ref), other, statements(connection))
        statement = JointStatement(joint_ref, public_ref, *other, 1, f"{desk.today:%Y-%m}")
        before = posted(connection, us.org_id, statement.subject)
        if before is not None and read_line(before.line).payload_type == JOINT_TYPE:
            raise ActionError("you have confirmed it already")
        statement = statement._replace(number=next_number(connection, us.org_id, statement.subject))
        said = Statement("joint_confirmed", on(desk.today), {"member": member, "joint_ref": joint_ref})
        check_statement(said, desk.today)
        check_action(case, said, desk.officer.officer_id, desk.officer.roles)
        desk.append(connection, uid, events, said, held.keys)
        envelope = sign_envelope(us.signer, JOINT_TYPE, write_joint(statement))
        line = write_line(envelope)
        new = Posted(us.org_id, statement.subject, statement.number, line, statement.member)
        desk.note(connection, "write", (uid,), WORK, digests=offer(connection, new))
    return statement


def withdraw(desk: Desk, uid: str, us: Us, member: str, member_ref: str = "") -> JointWithdrawal:
    """Take back that a case and a member's are about one incident; one side is enough, at any time.

    What came in for joint demarches is not told to this member any more.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        RoleError: This officer may not act on it.
        SummaryError: It is not confirmed with this member, or with several of its cases.
        UnconfirmedError: As of `confirm`.
    """
    with desk.database.write() as connection:
        held, events = open_to_write(desk, connection, uid)
        case = fold(uid, events, desk.today, max(desk.today, *(one.known_on for one in events)))
        public_ref = case.about.text("public_ref")
        statement = _confirmed(connection, us.org_id, public_ref, member, member_ref)
        said = Statement(
            "joint_withdrawn", on(desk.today), {"member": member, "joint_ref": statement.joint_ref}
        )
        check_statement(said, desk.today)
        check_action(case, said, desk.officer.officer_id, desk.officer.roles)
        desk.append(connection, uid, events, said, held.keys)
        number, issued = next_number(connection, us.org_id, statement.subject), f"{desk.today:%Y-%m}"
        withdrawal = JointWithdrawal(public_ref, member, statement.member_ref, number, issued)
        envelope = sign_envelope(us.signer, JOINT_WITHDRAWAL_TYPE, write_joint(withdrawal))
        new = Posted(us.org_id, withdrawal.subject, number, write_line(envelope), member)
        told = posted_about(connection, public_ref)
        untold = [one for one in told if one.subject.startswith(f"answer {public_ref} {member} ")]
        digests = joined(offer(connection, new), take_off(connection, *untold))
        desk.note(connection, "write", (uid,), WORK, digests=digests)
    return withdrawal


def joint_board(desk: Desk, uid: str, org_id: str) -> JointBoard:
    """The joint board of a case.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        SummaryError: Nothing of it is published, or no member has confirmed with us that it is joint.
    """
    public_ref = desk.read(uid).about.text("public_ref")
    with desk.database.read() as connection:
        _, claims = _ours(connection, desk, org_id, public_ref)
        joint_ref, sides = sides_of(Side(org_id, public_ref), statements(connection))
    if not joint_ref:
        raise SummaryError(NOT_JOINT)
    return board_of(joint_ref, sides, claims)


def _confirmed(
    connection: Transaction, org_id: str, public_ref: str, member: str, member_ref: str
) -> JointStatement:
    """Our word that stands about one case of a member."""
    found = [
        one
        for origin, one in statements(connection)
        if (origin, one.public_ref, one.member) == (org_id, public_ref, member)
        and member_ref in {"", one.member_ref}
    ]
    if len(found) != 1:
        many = f"several, say which with --ref: {', '.join(one.member_ref for one in found)}"
        raise SummaryError(
            "confirmed with {member}: {many}", member=member[:40], many=many if found else Sentence("none")
        )
    return found[0]


def _ours(
    connection: Transaction, desk: Desk, org_id: str, public_ref: str
) -> tuple[CaseStatusSummary, tuple[Claim, ...]]:
    claims = tuple(Claim(*one) for one in standing(connection, desk.today))
    for one in claims:
        if (one.origin, one.summary.public_ref) == (org_id, public_ref):
            return one.summary, claims
    raise SummaryError("nothing of this case is published; `tocsin case status propose` begins it")
