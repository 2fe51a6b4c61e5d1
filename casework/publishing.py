"""Tell other organizations how a case stands, in a signed summary, and take it back (CW-18).

One person proposes, an approver who is another person publishes with a note on the risk. Anybody who may write to the
case takes it back at once. Members fetch it, or get it in a file.
"""

from datetime import date
from typing import NamedTuple

from casework.about import status_subject
from casework.casefile import CaseFile, fold
from casework.desk import Desk
from casework.errors import (
    ActionError,
    ConsentError,
    NotFoundError,
    RoleError,
    SecondPersonError,
    SummaryError,
)
from casework.event import Event, Statement, check_statement
from casework.joint import (
    ANSWER_TYPE,
    JOINT_TYPE,
    Claim,
    JointStatement,
    Side,
    group_tokens,
    read_joint,
    sides_of,
)
from casework.keyholder import WORK, Holding
from casework.lifecycle import check_action
from casework.posting import newest, next_number, offer
from casework.signedfile import read_line, write_file, write_line
from casework.span import on
from casework.store.database import Database, Transaction
from casework.store.post import Posted, all_posted
from casework.summary import (
    CASE_STATUS,
    REVOCATION_TYPE,
    SUMMARY_TYPE,
    CaseStatusSummary,
    Revocation,
    read_summary,
    summary_of,
    withheld,
    write_revocation,
    write_summary,
)
from crypto.envelope import sign_envelope
from crypto.signing import Signer


class Us(NamedTuple):
    """Our organization: its id, its signing key, and the key that the members of the group share; empty for none."""

    org_id: str
    signer: Signer
    group_key: bytes = b""


def propose(desk: Desk, uid: str) -> str:
    """Propose to publish how a case stands; gives the id of the proposal.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        ConsentError: Nothing may be told of it; the reason is said.
    """
    _may_leave(desk.read(uid))
    return desk.say(uid, Statement("release_proposed", on(desk.today), {"what": CASE_STATUS}))[0]


def publish(desk: Desk, uid: str, us: Us, risk: str) -> CaseStatusSummary:
    """Sign how a case stands, which supersedes what was published of it before.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        RoleError: It belongs to approvers who may write to the case.
        ActionError: Nobody proposed it since it was last published.
        SecondPersonError: This officer proposed it.
        ConsentError: Nothing may be told of it; the reason is said.
        FieldError: It lacks something, or its public reference is not random.
        UnconfirmedError: This node was restored, and no member has said yet what it holds of ours.
    """
    with desk.database.write() as connection:
        held, events = open_to_write(desk, connection, uid)
        case = fold(uid, events, desk.today, max(desk.today, *(one.known_on for one in events)))
        _may_leave(case)
        proposal = _proposal(case)
        fields = {"what": CASE_STATUS, "risk": risk, "proposed_by": proposal.recorded_by}
        said = Statement("released", on(desk.today), fields)
        check_statement(said, desk.today)
        check_action(case, said, desk.officer.officer_id, desk.officer.roles)
        if proposal.recorded_by == desk.officer.officer_id:
            raise SecondPersonError("another person than who proposed it publishes the state of a case")
        subject = status_subject(case.about.text("public_ref"))
        number = next_number(connection, us.org_id, subject)
        tokens = group_tokens(case, us.group_key) if us.group_key else ()
        joint_ref, _ = sides_of(Side(us.org_id, case.about.text("public_ref")), statements(connection))
        summary = summary_of(case, number, joint_ref, tokens)
        desk.append(connection, uid, events, said, held.keys)
        envelope = sign_envelope(us.signer, SUMMARY_TYPE, write_summary(summary))
        digests = offer(connection, Posted(us.org_id, subject, number, write_line(envelope)))
        desk.note(connection, "write", (uid,), WORK, digests=digests)
    return summary


def revoke(desk: Desk, uid: str, us: Us) -> Revocation:
    """Take back what was published of a case; one person is enough, so that it is quick.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        RoleError: This officer may not write to it.
        SummaryError: Nothing is published of it.
        UnconfirmedError: As of `publish`.
    """
    with desk.database.write() as connection:
        held, events = open_to_write(desk, connection, uid)
        case = fold(uid, events, desk.today, max(desk.today, *(one.known_on for one in events)))
        public_ref = case.about.text("public_ref")
        subject = status_subject(public_ref)
        before = newest(connection, us.org_id, subject)
        if before is None or read_line(before.line).payload_type != SUMMARY_TYPE:
            raise SummaryError("nothing is published of this case")
        said = Statement("release_withdrawn", on(desk.today), {"what": CASE_STATUS})
        check_action(case, said, desk.officer.officer_id, desk.officer.roles)
        desk.append(connection, uid, events, said, held.keys)
        revocation = Revocation(public_ref, before.number + 1, f"{desk.today:%Y-%m}")
        envelope = sign_envelope(us.signer, REVOCATION_TYPE, write_revocation(revocation))
        digests = offer(connection, Posted(us.org_id, subject, revocation.number, write_line(envelope)))
        desk.note(connection, "write", (uid,), WORK, digests=digests)
    return revocation


def statuses(database: Database, today: date) -> tuple[Claim, ...]:
    """Every summary that stands, by origin and public reference: neither revoked nor expired."""
    with database.read() as connection:
        return standing(connection, today)


def standing(connection: Transaction, today: date) -> tuple[Claim, ...]:
    """Likewise, inside an open read."""
    found = []
    for one in all_posted(connection):
        envelope = read_line(one.line)
        if envelope.payload_type == SUMMARY_TYPE:
            summary = read_summary(envelope.payload)
            if summary.is_shown(today):
                found.append(Claim(one.origin, summary))
    return tuple(found)


def statements(connection: Transaction) -> tuple[tuple[str, JointStatement], ...]:
    """Every confirmation of a joint case that is held, with whose it is."""
    found = ((one.origin, read_line(one.line)) for one in all_posted(connection))
    return tuple(
        (origin, read_joint(envelope.payload))
        for origin, envelope in found
        if envelope.payload_type == JOINT_TYPE
    )


def outgoing(desk: Desk, org_id: str) -> tuple[bytes, tuple[str, ...]]:
    """The file of our signed documents for members, and public references that stay behind.

    A summary leaves only if its case is this officer's to read and may be told of today; what takes one back always
    leaves.
    """
    may = {case.about.text("public_ref") for case in desk.read_all() if not withheld(case)}
    lines, left = [], []
    with desk.database.read() as connection:
        for one in all_posted(connection):
            envelope = read_line(one.line)
            if one.origin != org_id or envelope.payload_type == ANSWER_TYPE:  # those are for co-senders alone
                continue
            if envelope.payload_type == SUMMARY_TYPE:
                summary = read_summary(envelope.payload)
                if summary.public_ref not in may or not summary.is_shown(desk.today):
                    left.append(summary.public_ref)
                    continue
            elif envelope.payload_type == JOINT_TYPE and read_joint(envelope.payload).public_ref not in may:
                continue
            lines.append(one.line)
    return write_file(lines), tuple(left)


def open_to_write(desk: Desk, connection: Transaction, uid: str) -> tuple[Holding, tuple[Event, ...]]:
    """What an officer holds of a case that they may write to, and its events, inside an open write.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        RoleError: They may only read it.
    """
    held = desk.holding(connection, uid)
    if held is None:
        raise NotFoundError("there is no such case")
    if not held.grant.holds("write", desk.today):
        raise RoleError("you may read this case and not act on it")
    return held, desk.events(connection, uid, held.keys)


def _may_leave(case: CaseFile) -> None:
    why = withheld(case)
    if why:
        raise ConsentError("nothing of this case is told to others: {why}", why=why)


def _proposal(case: CaseFile) -> Event:
    last = None
    for event in case.of("release_proposed", "released"):
        if event.text("what") == CASE_STATUS:
            last = event
    if last is None or last.kind == "released":
        raise ActionError("released needs: a proposal (`tocsin case status propose`)")
    return last
