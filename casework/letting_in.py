"""Let officers into a case and take rights back; keys go with them, at expiry too.

Nobody gives what they do not hold. The survivor's advocate shuts out whoever knows the survivor, and nobody else lets
them in again.
"""

from datetime import UTC, date, datetime

from casework.access import Grant, check_grant, check_granter, read_grant
from casework.audit import AuditEntry, write_entry
from casework.desk import Desk
from casework.enrol import officers
from casework.errors import CaseInputError, FieldError, NotFoundError, OfficerError, TamperedError
from casework.keyholder import WORK, Holding
from casework.store.audit import add_audit_entry
from casework.store.database import Database, Transaction
from casework.store.events import case_id_of
from casework.store.people import grant_rows, grants_of, holders_of, keys_of, take_keys
from casework.vocabulary import Group
from crypto.cell import open_cell
from crypto.errors import CryptoError

NODE = "-"  # stands in the audit log where no officer did it, but time


def let_in(
    desk: Desk, uid: str, officer_id: str, rights: frozenset[str], reason: str, expires_on: date | None = None
) -> Grant:
    """Let an officer into a case, or change their rights to it; keys that they no longer need are taken away.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        OfficerError: There is no such officer, or they have no role any more.
        CaseInputError: It may not be given, or not by this officer.
    """
    if not rights:
        raise FieldError("rights", "say which; to take all of them back, revoke them")
    return _give(desk, uid, officer_id, rights, reason, expires_on)


def shut_out(desk: Desk, uid: str, officer_id: str, reason: str, *, for_good: bool = False) -> Grant:
    """Take all rights back; `for_good` is the survivor's advocate's, who alone can let them in again.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        CaseInputError: Not by this officer, or nobody would be left who can act on the case.
    """
    return _give(desk, uid, officer_id, frozenset(), reason, None, for_good=for_good)


def grants(desk: Desk, uid: str) -> tuple[Grant, ...]:
    """The grant that counts of each officer who was ever let into a case, reasons opened.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        TamperedError: A reason does not open.
    """
    with desk.database.read() as connection:
        held = desk.holding(connection, uid)
    desk.write_down("read" if held else "denied", (uid,), "supervision")
    with desk.database.read() as connection:
        key = _held(desk, connection, uid).keys[Group.CASE]
        return tuple(_with_reason(one, key) for one in last_grants(connection, uid).values())


def take_expired(database: Database, now: datetime) -> int:
    """Take away the keys of grants that are over; gives of how many."""
    today, taken = now.astimezone(UTC).date(), 0
    with database.read() as connection:
        last = {(row.case, row.officer_id): read_grant(row.signed.payload) for row in grant_rows(connection)}
        over = [one for one in last.values() if one.expires_on is not None and one.expires_on < today]
        over = [one for one in over if keys_of(connection, one.officer_id, case_id_of(connection, one.case))]
    if not over:
        return 0
    with database.write() as connection:
        for one in over:
            number = case_id_of(connection, one.case)
            if last_grants(connection, one.case).get(one.officer_id) == one:
                take_keys(connection, number, one.officer_id, frozenset(Group))
                taken += 1
                entry = AuditEntry(int(now.timestamp()), NODE, "expire", WORK, (number,))
                add_audit_entry(connection, write_entry(entry))
    return taken


def _give(
    desk: Desk,
    uid: str,
    officer_id: str,
    rights: frozenset[str],
    reason: str,
    expires_on: date | None,
    *,
    for_good: bool = False,
) -> Grant:
    try:
        with desk.database.write() as connection:
            held = _held(desk, connection, uid)
            people = officers(connection)
            to = people.get(officer_id)
            if to is None or (rights and not to.roles):
                raise OfficerError("nobody works on cases here as {officer_id!r}", officer_id=officer_id[:40])
            at = int(desk.clock().timestamp())
            grant = Grant(uid, officer_id, rights, reason, expires_on, desk.officer.officer_id, at)
            grant = check_grant(grant._replace(is_exclusion=for_good), to)
            before = last_grants(connection, uid).get(officer_id)
            check_granter(desk.officer, held.grant, before, grant, desk.today)
            number = case_id_of(connection, uid)
            take_keys(connection, number, officer_id, frozenset(Group) - grant.groups)
            desk.hand_over(connection, number, grant, to, held.keys)
            if not _somebody_acts(desk, connection, uid, number):
                raise FieldError("officer", "nobody would be left who can act on the case")
    except CaseInputError:
        desk.write_down("denied", (uid,), WORK)
        raise
    return grant


def _somebody_acts(desk: Desk, connection: Transaction, uid: str, number: int) -> bool:
    holders = holders_of(connection, number, Group.CASE)
    return any(
        one.holds("write", desk.today) and name in holders
        for name, one in last_grants(connection, uid).items()
    )


def _held(desk: Desk, connection: Transaction, uid: str) -> Holding:
    held = desk.holding(connection, uid)
    if held is None:
        raise NotFoundError("there is no such case")
    return held


def last_grants(connection: Transaction, uid: str) -> dict[str, Grant]:
    """The last grant of each officer to a case."""
    found = (read_grant(signed.payload) for signed in grants_of(connection, case_id_of(connection, uid)))
    return {grant.officer_id: grant for grant in found}


def _with_reason(grant: Grant, key: bytes) -> Grant:
    try:
        return grant._replace(reason=open_cell(key, grant.sealed_reason, grant.place).decode())
    except (CryptoError, UnicodeDecodeError) as error:
        raise TamperedError(
            "the reason of the grant to {officer_id} does not open", officer_id=grant.officer_id
        ) from error
