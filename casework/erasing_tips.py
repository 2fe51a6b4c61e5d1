"""Erase anonymous reports: one who takes reports in proposes, another erases, and the reporter is told in between.

The proposal is a message in the mailbox. Whoever told something can come back and object: a message of theirs after it
ends the proposal. Erasing destroys every key of the report, the reporter's too, and all messages; a signed tombstone
keeps what figures count.
"""

from datetime import date, timedelta
from hashlib import sha256

from casework.chain import Signed
from casework.desk import Desk
from casework.errors import CaseInputError, HoldError, SecondPersonError
from casework.keyholder import WORK
from casework.retention import RetentionRules, is_on_legal_hold, retention_rules
from casework.store.tips import add_tip_tombstone, destroy_tip, messages_of
from casework.tip import ERASURE_PROPOSED, Written, week_ends, week_of
from casework.tips import Report, answer_with, find_tip, opened
from casework.tombstone import TIP_TOMBSTONE_TYPE, TipTombstone, write_tip_tombstone
from crypto.envelope import pae


def propose_erasure(desk: Desk, reference: str, rules: RetentionRules | None = None) -> date:
    """Tell a reporter that their report is to be erased, and give the first day on which it can be.

    Where that was proposed before and the reporter has not written since, nothing is written.

    Raises:
        NotFoundError: There is no such report, or it is not for this officer.
    """
    held, week = find_tip(desk, reference), week_of(desk.today)
    with desk.database.read() as connection:
        report = Report(held.tip.uid, opened(held, messages_of(connection, held.tip.tip_id)))
    if report.proposal:
        return first_day(report.proposal.week, rules)
    day = first_day(week, rules)
    text = ERASURE_PROPOSED.format(day=day)
    answer_with(
        desk, reference, Written(desk.officer.officer_id, week, text, proposes_erasure=True), "tip_propose"
    )
    return day


def erase_tip(desk: Desk, reference: str, rules: RetentionRules | None = None) -> None:
    """Destroy the keys and messages of a report, as another officer proposed.

    Raises:
        NotFoundError: There is no such report, or it is not for this officer.
        HoldError: Nobody proposed it, the reporter has written since, its time has not come, or a case that was opened
            from it is on legal hold.
        SecondPersonError: This officer proposed it.
    """
    held = find_tip(desk, reference)
    try:
        on_hold = _holds(desk)
        with desk.database.write() as connection:
            closed = messages_of(connection, held.tip.tip_id)
            report = Report(held.tip.uid, opened(held, closed))
            _check(desk, report, rules or retention_rules())
            if report.name in on_hold:
                raise HoldError("a case that was opened from {name} is on legal hold", name=report.name)
            payload = write_tip_tombstone(_stone(desk, report))
            signature = desk.unlocked.signer.sign(pae(TIP_TOMBSTONE_TYPE, payload))
            destroy_tip(connection, held.tip.tip_id)
            add_tip_tombstone(connection, Signed(payload, signature))
            digests = {
                "erased_tips": tuple(one.digest(report.uid) for one in closed),
                "tip_tombstones": (sha256(payload).hexdigest(),),
            }
            desk.note(connection, "tip_erase", (), WORK, digests=digests)
    except CaseInputError:
        desk.write_down("denied", (held.tip.uid,), WORK)
        raise


def _check(desk: Desk, report: Report, rules: RetentionRules) -> None:
    proposal = report.proposal
    if proposal is None:
        raise HoldError("nobody has proposed it since the reporter last wrote (--propose)")
    if proposal.author == desk.officer.officer_id:
        raise SecondPersonError("another person than who proposed it erases a report")
    day = first_day(proposal.week, rules)
    if desk.today < day:
        raise HoldError("the reporter may object until {day}", day=day)


def first_day(week: str, rules: RetentionRules | None = None) -> date:
    """The first day on which what was proposed in a week can be done: it counts from the end of that week."""
    return week_ends(week) + timedelta(days=(rules or retention_rules()).grace_days)


def _holds(desk: Desk) -> frozenset[str]:
    """Names of the reports from which cases of this officer were opened that are on legal hold."""
    held = [case for case in desk.read_all() if is_on_legal_hold(case)]
    return frozenset(source for case in held for event in case.of("opened") for source in event.sources)


def _stone(desk: Desk, report: Report) -> TipTombstone:
    tip = report.tip
    return TipTombstone(
        tip.country,
        int(tip.month[:4]),
        tip.what,
        tip.not_reported,
        len(report.messages),
        report.has_case,
        desk.officer.officer_id,
        int(desk.clock().timestamp()),
        report.proposal.author if report.proposal else "",
    )
