"""Reports and letters of one officer: what may be written for whom is asked before anything is read, and written down.

What goes to partners or the public needs the right to export; what goes to the public needs a release that two persons
agreed on (casework 5.4). Sexual violence, a case on hold and an abduction that goes on leave in no report of one case.
"""

from collections.abc import Callable
from datetime import date
from types import MappingProxyType

from casework.casefile import CaseFile
from casework.consent import blocked
from casework.desk import Desk
from casework.errors import ActionError, ConsentError, RoleError
from casework.keyholder import WORK
from casework.letter import Draft, letter, may_be_listed, may_be_sent, yearly_request
from casework.lifecycle import OPEN, State, follow
from casework.needs import is_quiet
from casework.report.page import Page
from casework.report.reading import Reading, reading_of
from casework.report.telling import Level
from casework.summary import CASE_STATUS
from casework.values import Gap
from casework.vocabulary.words import Words

PURPOSES = MappingProxyType(
    {Level.INTERNAL: WORK, Level.PARTNER: "partner_report", Level.PUBLIC: "public_report"}
)  # as they are written down: codes of the list `read_purpose`
_LETTER = "letter"
_NOWHERE = frozenset({State.VOID, State.NONE})  # counted and listed nowhere (casework 3.3)


def read_for(
    desk: Desk,
    uid: str,
    level: Level,
    valid_as_of: date | None = None,
    known_as_of: date | None = None,
) -> Reading:
    """Read a case for a report of a level.

    Raises:
        NotFoundError: There is none, or it is not for this officer.
        RoleError: It would leave the organization, and this officer may not export.
        ConsentError: It is a case of sexual violence, which leaves only in statistics.
        ActionError: It is on hold, somebody is still abducted, or the public level was not released.
        AuditError: The read could not be written down.
    """
    if level is not Level.INTERNAL:
        with desk.database.read() as connection:
            held = desk.holding(connection, uid)
        if held is not None and not held.grant.holds("export", desk.today):
            raise RoleError("you may read this case and not export it")
    case = desk.read(uid, PURPOSES[level], valid_as_of, known_as_of)
    # What stops it is asked of the case as it stands now, whatever day the report looks at.
    _may_leave(
        case if valid_as_of is None and known_as_of is None else desk.read(uid, PURPOSES[level]), level
    )
    return reading_of(case, desk.rules)


def read_all_for(
    desk: Desk, level: Level, valid_as_of: date | None = None, known_as_of: date | None = None
) -> tuple[Reading, ...]:
    """Read every case that may stand in a list of a level; those that may not leave are left out, void ones everywhere.

    Raises:
        AuditError: The read could not be written down.
    """
    return _read_all(desk, level, valid_as_of, known_as_of, lambda case: _stopped(case, level) is None)


def read_all_to_count(
    desk: Desk, level: Level, valid_as_of: date | None = None, known_as_of: date | None = None
) -> tuple[Reading, ...]:
    """Read every case that counts in figures of a year; outside only where every survivor agreed to be counted.

    What is on hold counts, as figures name no case.

    Raises:
        AuditError: The read could not be written down.
    """
    return _read_all(desk, level, valid_as_of, known_as_of, lambda case: not blocked(case, "statistics"))


def write_letter(desk: Desk, uid: str, draft: Draft, words: Words) -> Page:
    """Write a letter about a case, which this officer could send today.

    Raises:
        NotFoundError: There is none, or it is not for this officer.
        CaseInputError: It could not be sent, or what the letter needs is missing.
    """
    case = desk.read(uid, _LETTER)
    may_be_sent(case, draft, desk.officer.officer_id, desk.officer.roles)
    return letter(reading_of(case, desk.rules), draft, words)


def write_yearly(desk: Desk, state: str, draft: Draft, words: Words) -> tuple[Page, int]:
    """Write the yearly request to a State, and tell how many of its open cases may not stand in it.

    Raises:
        FieldError: There is no case that may.
    """
    readings = [reading_of(one, desk.rules) for one in desk.read_all(_LETTER) if one.host_state == state]
    opened = [one for one in readings if one.state in OPEN]
    officer = desk.officer
    listed = [one for one in opened if may_be_listed(one, draft, officer.officer_id, officer.roles)]
    return yearly_request(listed, state, draft, words), len(opened) - len(listed)


def _read_all(
    desk: Desk,
    level: Level,
    valid_as_of: date | None,
    known_as_of: date | None,
    may_leave: Callable[[CaseFile], bool],
) -> tuple[Reading, ...]:
    cases = desk.read_all(PURPOSES[level], valid_as_of, known_as_of)
    found = [one for one in (reading_of(case, desk.rules) for case in cases) if one.state not in _NOWHERE]
    if level is Level.INTERNAL:
        return tuple(found)
    with desk.database.read() as connection:
        held = desk.holdings(connection)
    now = {one.uid: one for one in desk.read_all(PURPOSES[level])}
    return tuple(
        one
        for one in found
        if held[one.case.uid].grant.holds("export", desk.today) and may_leave(now[one.case.uid])
    )


def _may_leave(case: CaseFile, level: Level) -> None:
    refusal = _stopped(case, level)
    if refusal is not None:
        raise refusal


def _stopped(case: CaseFile, level: Level) -> ConsentError | ActionError | None:
    """Why a case may not leave in a report of a level; nothing where it may."""
    if level is Level.INTERNAL:
        return None
    if case.is_sexual_violence or Gap.WITHHELD in case.about.values.values():
        return ConsentError("cases of sexual violence leave only in statistics")
    if blocked(case, "share_status"):
        return ConsentError("somebody affected did not agree that the state of the case is shared")
    if follow(case).state is State.ON_HOLD or is_quiet(case):
        return ActionError("this case is on hold, negotiated quietly, or somebody is still abducted")
    if level is Level.PUBLIC and not any(event.text("what") != CASE_STATUS for event in case.of("released")):
        return ActionError("two persons have to agree before this is published: released is missing")
    return None
