"""Confirm that cases of members are about one incident, show the joint board, pass on answers to co-senders (CW-19).

Nothing is joined by a token alone: each side confirms, and what only one side confirmed is on no board. The board of a
case is for who may read that case; it shows what members signed and nothing of any case here.
"""

from typing import NamedTuple

from casework.casefile import CaseFile, fold
from casework.desk import WORK, Desk
from casework.errors import ActionError, CaseInputError, ConsentError, SummaryError
from casework.event import Event, Statement, check_statement
from casework.joint import (
    ANSWER_TYPE,
    JOINT_TYPE,
    Claim,
    JointBoard,
    JointNotice,
    JointStatement,
    Side,
    board_of,
    matching,
    read_notice,
    ref_for,
    sides_of,
    write_joint,
)
from casework.lifecycle import check_action
from casework.publishing import Members, Outcome, Us, open_to_write, signed_by, standing, statements
from casework.signedfile import read_file, write_file, write_line
from casework.span import on, parse_span
from casework.store.database import Transaction
from casework.store.post import Posted, posted, put_posted
from casework.summary import CaseStatusSummary, withheld
from crypto.envelope import Envelope, sign_envelope


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
    """
    with desk.database.write() as connection:
        held, events = open_to_write(desk, connection, uid)
        case = fold(uid, events, desk.today, max(desk.today, *(one.known_on for one in events)))
        why = withheld(case)
        if why:
            raise ConsentError(f"nothing of this case is told to others: {why}")
        public_ref = case.about.text("public_ref")
        ours, claims = _ours(connection, desk, us.org_id, public_ref)
        fitting = [
            one.summary.public_ref
            for one in matching(ours, claims, us.org_id)
            if one.origin == member and member_ref in {"", one.summary.public_ref}
        ]
        if len(fitting) != 1:
            many = f"several, say which with --ref: {', '.join(fitting)}" if fitting else "none"
            raise SummaryError(f"cases of {member[:40]} that match this one: {many}")
        other = Side(member, fitting[0])
        joint_ref = ref_for(Side(us.org_id, public_ref), other, statements(connection))
        statement = JointStatement(joint_ref, public_ref, *other, 1, f"{desk.today:%Y-%m}")
        if posted(connection, us.org_id, statement.subject):
            raise ActionError("you have confirmed it already")
        said = Statement("joint_confirmed", on(desk.today), {"member": member, "joint_ref": joint_ref})
        check_statement(said, desk.today)
        check_action(case, said, desk.officer.officer_id, desk.officer.roles)
        desk.append(connection, uid, events, said, held.keys)
        envelope = sign_envelope(us.signer, JOINT_TYPE, write_joint(statement))
        put_posted(connection, Posted(us.org_id, statement.subject, 1, write_line(envelope)))
        desk.note(connection, "write", (uid,), WORK)
    return statement


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
        raise SummaryError("no member and you have both confirmed that this case is joint")
    return board_of(joint_ref, sides, claims)


def notices(desk: Desk, uid: str, us: Us) -> bytes:
    """The file that tells co-senders what came in for joint demarches of a case.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        ConsentError: Nothing may be told of it.
        SummaryError: It is no joint case.
    """
    case = desk.read(uid)
    why = withheld(case)
    if why:
        raise ConsentError(f"nothing of this case is told to others: {why}")
    joint_ref = joint_board(desk, uid, us.org_id).joint_ref
    public_ref = case.about.text("public_ref")
    letters = {one.text("letter"): one for one in case.of("letter_sent") if one.many("co_senders")}
    found = [
        JointNotice(
            joint_ref,
            public_ref,
            letters[one.text("letter")].text("document"),
            one.text("kind"),
            str(one.when),
            one.event_id,
        )
        for one in case.of("answer_received")
        if one.text("letter") in letters and not one.text("co_sender")
    ]
    return write_file(write_line(sign_envelope(us.signer, ANSWER_TYPE, write_joint(one))) for one in found)


def take_notices(desk: Desk, members: Members, org_id: str, content: bytes) -> tuple[Outcome, ...]:
    """Write down in our cases what came in at co-senders, which stops our clocks, and say what became of each notice.

    Raises:
        SummaryError: It is no such file; nothing is taken.
    """
    keys, outcomes = members.keys(), []
    for number, envelope in enumerate(read_file(content), 1):
        try:
            origin = signed_by(envelope, (ANSWER_TYPE,), keys)
            outcomes.append(_take_notice(desk, origin, org_id, envelope))
        except CaseInputError as error:
            outcomes.append(Outcome("", f"line {number}", 0, "", str(error)))
    return tuple(outcomes)


def _take_notice(desk: Desk, origin: str, org_id: str, envelope: Envelope) -> Outcome:
    notice = read_notice(envelope.payload)
    outcome = Outcome(origin, f"answer {notice.reference[:16]}", 0, notice.kind)
    case = _joint_case(desk, Side(origin, notice.public_ref), org_id, notice.joint_ref)
    if case is None:
        return outcome._replace(refused="you have no joint case with that case of this member")
    answer = f"{origin}.{notice.reference[:16]}"[-64:]
    if any(one.text("answer") == answer for one in case.of("answer_received")):
        return outcome._replace(refused="replayed: it is written down already")
    letter = _letter(case, notice.document, origin)
    if letter is None:
        return outcome._replace(refused="you have sent no such letter together with this member")
    fields = {"answer": answer, "kind": notice.kind, "letter": letter.text("letter"), "co_sender": origin}
    desk.say(case.uid, Statement("answer_received", parse_span(notice.on), fields))
    return outcome


def _joint_case(desk: Desk, theirs: Side, org_id: str, joint_ref: str) -> CaseFile | None:
    with desk.database.read() as connection:
        known = statements(connection)
    for case in desk.read_all():
        found, sides = sides_of(Side(org_id, case.about.text("public_ref")), known)
        if found == joint_ref and theirs in sides:
            return case
    return None


def _letter(case: CaseFile, document: str, co_sender: str) -> Event | None:
    return next(
        (
            one
            for one in case.of("letter_sent")
            if one.text("document") == document and co_sender in one.many("co_senders")
        ),
        None,
    )


def _ours(
    connection: Transaction, desk: Desk, org_id: str, public_ref: str
) -> tuple[CaseStatusSummary, tuple[Claim, ...]]:
    claims = tuple(Claim(*one) for one in standing(connection, desk.today))
    for one in claims:
        if (one.origin, one.summary.public_ref) == (org_id, public_ref):
            return one.summary, claims
    raise SummaryError("nothing of this case is published; `tocsin case status propose` begins it")
