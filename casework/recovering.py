"""Open cases with the recovery key, when nobody else can, for an officer who goes on with them.

The key exists as shares only, each kept by another person. What it does stands in the case and in the audit log before
anybody reads, and who answers for the case is told until they take note. It never lets in whom the survivor's advocate
has shut out.
"""

from datetime import date
from typing import NamedTuple

from casework.access import ALL_RIGHTS, KEY_OF, Grant, check_grant
from casework.casefile import fold
from casework.desk import Desk
from casework.enrol import officers, working
from casework.errors import ErasedError, FieldError, NotFoundError, RoleError, TamperedError
from casework.event import Statement, check_statement
from casework.glass import BROKEN, Notice, notices
from casework.keyholder import WORK
from casework.keyring import close_for, open_key
from casework.letting_in import last_grants
from casework.officer import RECOVERY, Officer
from casework.span import on
from casework.store.database import Transaction
from casework.store.events import case_id_of
from casework.store.notices import add_notice, noticed_cases
from casework.store.people import keys_of, put_key
from casework.vocabulary import Group


class Recovered(NamedTuple):
    """Uids of what the recovery key opened, and of what not, as the survivor's advocate has shut the officer out."""

    opened: tuple[str, ...]
    shut: tuple[str, ...]


def recoverable(desk: Desk) -> tuple[str, ...]:
    """Uids of all cases that a recovery key opens."""
    with desk.database.read() as connection:
        closed = keys_of(connection, desk.officer.officer_id)
    return tuple(dict.fromkeys(one.case for one in closed if one.group is Group.CASE))


def recover(desk: Desk, uids: tuple[str, ...], officer_id: str, reason: str, shares: str = "") -> Recovered:
    """Let an officer into cases with the recovery key, all or nothing.

    Args:
        desk: Of the recovery key.
        uids: Of the cases.
        officer_id: Who goes on with them; they get every right to which there is a key.
        reason: Why nobody else can open them; stands in each case.
        shares: Which shares were put in, in words.

    Raises:
        RoleError: This is no recovery key, or the officer is shut out of all of these cases.
        OfficerError: There is no such officer, or they have no role any more.
        NotFoundError: There is no such case, or it is not sealed to this key.
        FieldError: There is no reason, or the officer has a role that works on no cases.
    """
    if RECOVERY not in desk.officer.roles:
        raise RoleError("only a recovery key does this")
    if not reason.strip():
        raise FieldError("reason", "say why nobody else can open it")
    opened, shut = [], []
    with desk.database.write() as connection:
        to = working(officers(connection), officer_id)
        for uid in dict.fromkeys(uids):
            before = last_grants(connection, uid).get(to.officer_id)
            if before is not None and before.is_exclusion:
                shut.append(uid)
                continue
            _open(desk, connection, uid, to, reason, shares)
            opened.append(uid)
    if shut and not opened:
        raise RoleError("the survivor's advocate has shut them out, and alone can let them in again")
    return Recovered(tuple(opened), tuple(shut))


def seal_to_recovery(desk: Desk) -> int:
    """Seal the keys that an officer holds to every recovery key that lacks them; gives of how many cases."""
    done = []
    with desk.database.write() as connection:
        current, holdings = desk.epochs.current, desk.holdings(connection)
        for one in officers(connection).values():
            if RECOVERY not in one.roles:
                continue
            there = {(key.case, key.group) for key in keys_of(connection, one.officer_id)}
            for uid, held in holdings.items():
                lacking = [group for group in held.keys if (uid, group) not in there]
                for group in lacking:
                    key = close_for(current, one.officer_id, one.seal_key, uid, group, held.keys[group])
                    put_key(connection, case_id_of(connection, uid), key)
                done += [uid] * bool(lacking)
        if done:
            desk.note(connection, "recovery_keys", tuple(dict.fromkeys(done)), WORK)
    return len(set(done))


def notices_for(desk: Desk) -> tuple[Notice, ...]:
    """Uses of the recovery key that this officer has taken no note of, after writing down that they are read.

    Raises:
        AuditError: That could not be written down.
    """
    with desk.database.read() as connection:
        noticed = noticed_cases(connection, desk.officer.officer_id)
        found = tuple(one for uid in noticed for one in _of_case(desk, connection, uid))
    if found:
        desk.write_down("read", tuple(dict.fromkeys(one.case for one in found)), "supervision", (Group.CASE,))
    return found


def _open(
    desk: Desk,
    connection: Transaction,
    uid: str,
    to: Officer,
    reason: str,
    shares: str,
) -> None:
    """Say in a case who is let in and why, and seal its keys to them, inside an open write."""
    number = case_id_of(connection, uid)
    closed = keys_of(connection, desk.officer.officer_id, number)
    if Group.CASE not in {one.group for one in closed}:
        raise NotFoundError("there is no such case, or it is not sealed to this recovery key")
    months = desk.epochs.keys
    keys = {one.group: open_key(months, desk.unlocked, one) for one in closed}
    fields = {"reason": reason, "to": to.officer_id, **({"by": shares} if shares else {})}
    said = check_statement(Statement(BROKEN, on(desk.today), fields), desk.today)
    events = desk.events(connection, uid, keys)
    desk.append(connection, uid, events, said, keys)
    add_notice(connection, number, len(events) + 1)
    at = int(desk.clock().timestamp())
    there = keys.keys() | {one.group for one in keys_of(connection, to.officer_id, number)}
    rights = frozenset(one for one in ALL_RIGHTS if KEY_OF.get(one, Group.CASE) in there)
    grant = Grant(uid, to.officer_id, rights, reason, None, desk.officer.officer_id, at)
    desk.note(connection, "break_glass", (uid,), "break_glass", groups=keys)
    desk.hand_over(connection, number, check_grant(grant, to), to, keys)


def _of_case(desk: Desk, connection: Transaction, uid: str) -> tuple[Notice, ...]:
    """Notices of one case; none where this officer may not write, and so could take no note."""
    held = desk.holding(connection, uid)
    if held is None or not held.grant.holds("write", desk.today):
        return ()
    try:
        case = fold(uid, desk.events(connection, uid, held.keys), date.max, date.max)
    except (ErasedError, TamperedError):
        return ()  # `check` names it; what else this officer does goes on
    return notices(case, desk.officer.officer_id, desk.officer.roles)
