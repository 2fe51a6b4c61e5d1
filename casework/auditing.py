"""Read the audit log: who read a case, and what was done by whom; itself written down before it is answered.

An auditor sees all of it and no content; whoever holds a case sees who read that one. So can be told to a person
concerned who asks.
"""

from typing import NamedTuple

from casework.access import GRANTERS
from casework.audit import ACTS, AuditEntry, read_entry
from casework.casefile import case_name, find_case
from casework.desk import Desk
from casework.errors import AuditError, CaseworkError, RoleError
from casework.store.audit import audit_entries
from casework.store.events import case_ids

AUDITOR = "auditor"


class Audited(NamedTuple):
    """An entry at its place, 0 being the first, with the names of the cases that it is about."""

    number: int
    entry: AuditEntry
    cases: tuple[str, ...]

    @property
    def words(self) -> str:
        """What was done."""
        return ACTS.get(self.entry.act, self.entry.act)


def read_log(desk: Desk, case: str = "", officer_id: str = "") -> tuple[Audited, ...]:
    """Entries of the log, of one case or officer or all.

    Args:
        desk: Of an auditor; or of somebody who holds the case, and then of that one.
        case: First signs of its name, or its uid.
        officer_id: Whose reads and writes.

    Raises:
        RoleError: Only an auditor reads all of it.
        NotFoundError: There is no such case, or it is not for who asks.
        AuditError: That the log is read could not be written down.
    """
    with desk.database.read() as connection:
        numbers = case_ids(connection)
    if AUDITOR in desk.officer.roles:
        chosen = (find_case(numbers, case),) if case.strip() else ()
    elif case and desk.officer.roles & GRANTERS:
        chosen = (desk.find(case),)
    else:
        raise RoleError(f"reading all of the audit log belongs to {AUDITOR}; name one of your cases")
    try:
        with desk.database.write() as connection:
            desk.note(connection, "audit", chosen, AUDITOR_PURPOSE)
    except CaseworkError as error:
        raise AuditError("the read could not be written down, so nothing is shown") from error
    names = {number: case_name(uid) for uid, number in numbers.items()}
    wanted = {numbers[uid] for uid in chosen}
    found = []
    with desk.database.read() as connection:
        for stored in audit_entries(connection):
            entry = read_entry(stored.entry)
            if (not case or wanted & set(entry.cases)) and officer_id in {"", entry.officer}:
                about = tuple(names.get(one, str(one)) for one in entry.cases if not case or one in wanted)
                found.append(Audited(stored.number, entry, about))
    return tuple(found)


AUDITOR_PURPOSE = "audit"
