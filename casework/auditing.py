"""Read the audit log: who read a case, and what was done by whom; itself written down before it is answered.

An auditor sees all of it and no content; whoever holds a case sees who read that one. So can be told to a person
concerned who asks.
"""

from typing import NamedTuple

from casework.access import GRANTERS
from casework.audit import ACTS, AuditEntry, read_entry
from casework.casefile import case_name, find_case
from casework.check import CaseFault, Trusted, check_office
from casework.desk import Desk
from casework.errors import AuditError, CaseworkError, RoleError
from casework.store.audit import audit_checkpoints, audit_entries
from casework.store.database import Database
from casework.store.events import case_ids
from crypto.cosignature import cosignatures

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


class Cosigned(NamedTuple):
    """A checkpoint of the log by its size, and who has cosigned it: key names with seconds since 1970, UTC."""

    size: int
    by: tuple[tuple[str, int], ...]


class Verdict(NamedTuple):
    """How the log stands: what does not hold, and its checkpoints in their order.

    Attributes:
        faults: Everything in casework that does not hold without a key of a case.
        checkpoints: With whoever has cosigned them.
        without_witnesses: Why nobody's cosignature could be verified; empty where they could.
    """

    faults: tuple[CaseFault, ...]
    checkpoints: tuple[Cosigned, ...]
    without_witnesses: str = ""


def verdict(database: Database, trusted: Trusted, without_witnesses: str = "") -> Verdict:
    """Hold the log, and all that it tells of, against its checkpoints; no key of a case is needed.

    Raises:
        CaseStoreError: The database can not be read.
    """
    faults = tuple(one for one in check_office(database, trusted) if isinstance(one, CaseFault))
    with database.read() as connection:
        checkpoints = tuple(
            Cosigned(one.size, tuple((by.name, by.at) for by in cosignatures(one.note, trusted.witnesses)))
            for one in audit_checkpoints(connection)
        )
    return Verdict(faults, checkpoints, without_witnesses)


def may_verify(desk: Desk) -> None:
    """Let an auditor pass, after writing down that they verify the log.

    Raises:
        RoleError: It belongs to auditors.
        AuditError: It could not be written down.
    """
    if AUDITOR not in desk.officer.roles:
        raise RoleError("verifying the audit log from elsewhere belongs to {auditor}", auditor=AUDITOR)
    desk.write_down("check", (), "check")


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
        raise RoleError(
            "reading all of the audit log belongs to {auditor}; name one of your cases", auditor=AUDITOR
        )
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
