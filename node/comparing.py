"""Compare a record of ours with one of a member, on either side: every step one transaction, done once or not at all.

Only records take part that each side was shown by the other and that no rule holds. What is shown goes no further than
the rules let this member see, and every level that is more than the log shows is written down with its rule (R21).
"""

import secrets
from datetime import datetime
from typing import NamedTuple

from node.audience import Audience
from node.disclose import commit
from node.errors import StepError, UnknownMatchError, UnknownRecordError
from node.ladders import Chain
from node.partaking import Desk, Ours, Theirs, as_shown, taking_part
from node.signed import RecordName
from node.stepup import (
    NONCE_BYTES,
    STEPS,
    Found,
    Role,
    Shown,
    Step,
    Stop,
    commitment,
    compare,
    step,
    verify_shown,
)
from node.store.comparisons import (
    Comparison,
    TakenStep,
    comparisons,
    end_comparison,
    note_taken,
    put_step,
    secret_of,
)
from node.store.database import Store, Transaction

BY_MATCHING = "[matching]"  # the part of the policy that lets more be shown than the log shows
STOPPED = "stopped by"  # and a name, where a person ended it instead of a rule


class Move(NamedTuple):
    """What one side says next: a commitment, or why it ends."""

    number: int
    commitment: bytes
    stop: Stop | None = None


class Coming(NamedTuple):
    """What we would show in a step: `value` as exactly as that, or nothing where `rule` ends the comparison there.

    `newly` is more than the log shows.
    """

    at: Step
    value: str
    rule: str
    newly: bool
    ends: bool


def foresee_steps(store: Store, record_id: int, partner: Audience, desk: Desk) -> tuple[Coming, ...]:
    """Every step as we would take it now, up to the one that a rule of ours does not allow; nothing is shown by it.

    Raises:
        UnknownRecordError: Our record does not take part.
    """
    with store.read() as connection:
        mine = taking_part(connection, record_id, partner, desk)
    if mine is None:
        raise UnknownRecordError("our record does not stand, is held, or is not shown to the other side")
    found: list[Coming] = []
    for at in STEPS:
        choice = mine.decision.choices[at.dimension.number]
        if choice.level < at.level:
            return (*found, Coming(at, "", choice.rule, newly=False, ends=True))
        newly = at.level > mine.shown[at.dimension.number]
        value = mine.chains[at.dimension.number][: at.level + 1][-1]
        found.append(Coming(at, value, BY_MATCHING if newly else choice.rule, newly, ends=False))
    return tuple(found)


def stop_comparing(store: Store, key: int, desk: Desk, by: str) -> Comparison:
    """End a comparison because a person says so, on either side; one that has ended stays as it is."""
    with store.write() as connection:
        one = _comparison(connection, key=key)
        stop = Stop.RULE_OF_PROPOSER if one.role is Role.PROPOSER else Stop.RULE_OF_RESPONDER
        _end(connection, one, stop, desk, f"{STOPPED} {by}")
        return _comparison(connection, key=key)


def note_proposed(store: Store, key: int, now: datetime) -> None:
    """Write down that the member has taken our proposal."""
    with store.write() as connection:
        note_taken(connection, key, int(now.timestamp()))


def next_move(store: Store, key: int, partner: Audience, desk: Desk) -> Move:
    """What the proposer says next; asked again before it went on, it says the same."""
    with store.write() as connection:
        one = _comparison(connection, key=key)
        if one.stop is not None:
            return Move(one.done, b"", one.stop)
        return _move(connection, one, one.pending, partner, desk)


def answer_move(store: Store, match_id: str, theirs: Move, caller: Audience, desk: Desk) -> Move:
    """What the responder says to a commitment, or to the end, of the proposer.

    Raises:
        UnknownMatchError: There is no such comparison of the caller.
        StepError: It is not the next step, or another commitment than before.
    """
    with store.write() as connection:
        one = _comparison(connection, member=caller.member, match_id=match_id, role=Role.RESPONDER)
        taken = next((some for some in one.steps if some.number == theirs.number), None)
        if taken is not None and theirs.stop is None:
            if taken.commitment != theirs.commitment:
                raise StepError("commitment: another than before")
            if taken.found is not None or one.stop is None:  # the answer was lost on its way
                return _move(connection, one, taken, caller, desk)
        if one.stop is not None:
            return Move(theirs.number, b"", one.stop)
        if theirs.number != one.done:
            raise StepError("step: {number} where {done} is the next", number=theirs.number, done=one.done)
        if theirs.stop is not None:
            _end(connection, one, theirs.stop, desk)
            return theirs
        said = _move(connection, one, None, caller, desk)
        if said.stop is None:
            _take_commitment(connection, one.key, theirs)
        return said


def reveal(store: Store, key: int, theirs: Move, partner: Audience, desk: Desk) -> Shown | None:
    """What the proposer shows after the responder has committed; nothing where the responder has ended it.

    Raises:
        StepError: It is the answer to another step, or another commitment than before.
    """
    with store.write() as connection:
        one = _comparison(connection, key=key)
        pending = one.pending
        if theirs.stop is not None and one.stop is None:
            _end(connection, one, theirs.stop, desk)
            return None
        if one.stop is not None:
            return None
        if pending is None or pending.number != theirs.number:
            raise StepError("step: not the one that is open")
        if pending.commitment not in {b"", theirs.commitment}:
            raise StepError("commitment: another than before")
        _take_commitment(connection, key, theirs)
        mine = taking_part(connection, one.record_id, partner, desk)
        if mine is None:
            _end(connection, one, Stop.RECORD_CHANGED, desk)
            return None
        return _shown(connection, mine, step(pending.number), pending.nonce)


def answer_reveal(
    store: Store, match_id: str, number: int, theirs: Shown, caller: Audience, desk: Desk
) -> Shown:
    """What the responder shows, once what the proposer showed has held.

    Raises:
        UnknownMatchError: There is no such comparison of the caller.
        StepError: It is not the step that is open, or not what was committed to and signed; the comparison ends then.
    """
    with store.write() as connection:
        one = _comparison(connection, member=caller.member, match_id=match_id, role=Role.RESPONDER)
        taken = next((some for some in one.steps if some.number == number and some.commitment), None)
        if taken is None or (one.stop is not None and taken.found is None):
            raise StepError("step: not one that is open")
        ours, failed = _both_shown(connection, one, taken, theirs, caller, desk)
    if failed is not None:
        raise failed
    return ours


def conclude(store: Store, key: int, theirs: Shown, partner: Audience, desk: Desk) -> Comparison:
    """Take what the responder has shown; gives the comparison as it stands then.

    Raises:
        StepError: It is not what was committed to and signed; the comparison ends then.
    """
    with store.write() as connection:
        one = _comparison(connection, key=key)
        pending = one.pending
        if pending is None or one.stop is not None:
            return one
        _, failed = _both_shown(connection, one, pending, theirs, partner, desk)
        after = _comparison(connection, key=key)
    if failed is not None:
        raise failed
    return after


def _comparison(
    connection: Transaction, *, key: int = 0, member: str = "", match_id: str = "", role: Role | None = None
) -> Comparison:
    found = comparisons(connection, key=key, member=member, match_id=match_id)
    if len(found) != 1 or (role is not None and found[0].role is not role):
        raise UnknownMatchError("there is no such comparison with the caller")
    return found[0]


def _move(
    connection: Transaction, one: Comparison, taken: TakenStep | None, partner: Audience, desk: Desk
) -> Move:
    """Commit to a step that was begun, or to the next one as the rules let us, or end."""
    mine = taking_part(connection, one.record_id, partner, desk)
    number = one.done if taken is None else taken.number
    if mine is None or mine.past.log_index != one.own_index:
        _end(connection, one, Stop.RECORD_CHANGED, desk)
        return Move(number, b"", Stop.RECORD_CHANGED)
    at = step(number)
    choice = mine.decision.choices[at.dimension.number]
    if choice.level < at.level:
        stop = Stop.RULE_OF_PROPOSER if one.role is Role.PROPOSER else Stop.RULE_OF_RESPONDER
        _end(connection, one, stop, desk, choice.rule)
        return Move(number, b"", stop)
    if taken is None:
        newly = at.level > mine.shown[at.dimension.number]
        nonce = secrets.token_bytes(NONCE_BYTES)
        rule = BY_MATCHING if newly else choice.rule
        taken = TakenStep(number, nonce, b"", None, rule, newly, desk.seconds)
        put_step(connection, one.key, taken)
    shown = _shown(connection, mine, at, taken.nonce)
    return Move(number, commitment(one.match_id, number, one.role, shown))


def _take_commitment(connection: Transaction, key: int, theirs: Move) -> None:
    pending = _comparison(connection, key=key).pending
    assert pending is not None, "a step is open"
    put_step(connection, key, pending._replace(commitment=theirs.commitment))


def _shown(connection: Transaction, ours: Ours, at: Step, nonce: bytes) -> Shown:
    secret = secret_of(connection, ours.past.log_index)
    ladder = commit(ours.past.uid, secret, ours.chains).ladders[at.dimension.number]
    return Shown(nonce, ladder.open(at.level))


def _both_shown(
    connection: Transaction, one: Comparison, taken: TakenStep, theirs: Shown, partner: Audience, desk: Desk
) -> tuple[Shown, StepError | None]:
    """What we show in a step, or why what the other side showed does not hold, in which case it ends."""
    mine = taking_part(connection, one.record_id, partner, desk)
    name = RecordName(one.member, one.other_uid)
    other = as_shown(connection, name, one.other_index, desk.codec)
    if mine is None or other is None or mine.past.log_index != one.own_index:
        _end(connection, one, Stop.RECORD_CHANGED, desk)
        return theirs, StepError("step: a record no longer stands as it was proposed")
    at = step(taken.number)
    try:
        chain = _held_to(one, taken, theirs, at, other)
    except StepError as error:
        if taken.found is None:
            _end(connection, one, Stop.BROKEN, desk)
        return theirs, error
    ours = _shown(connection, mine, at, taken.nonce)
    if taken.found is None:  # else it was lost on its way and came again
        found = compare(at, tuple(value.decode() for value in ours.opening.values), chain)
        put_step(connection, one.key, taken._replace(found=found, at=desk.seconds))
        if found is Found.DIFFERS:
            _end(connection, one, Stop.DIFFERS, desk)
        elif taken.number == len(STEPS) - 1:
            _end(connection, one, Stop.COMPARED, desk)
    return ours, None


def _held_to(one: Comparison, taken: TakenStep, theirs: Shown, at: Step, other: Theirs) -> Chain:
    """The values that the other side showed, if it committed to them and signed them."""
    role = Role.RESPONDER if one.role is Role.PROPOSER else Role.PROPOSER
    if commitment(one.match_id, taken.number, role, theirs) != taken.commitment:
        raise StepError("shown: not what was committed to")
    record = other.record.record_uid, other.record.heads
    return verify_shown(at, theirs, record, len(other.chains[at.dimension.number]))


def _end(connection: Transaction, one: Comparison, stop: Stop, desk: Desk, rule: str = "") -> None:
    if one.stop is None:
        end_comparison(connection, one.key, stop, desk.seconds, rule)
