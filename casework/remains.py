"""What stays of what was erased: of cases for who was let in, of anonymous reports for who takes them in.

Auditors see all of it. It holds no content, and figures count it for everybody.
"""

from typing import NamedTuple

from casework.access import Grant, read_grant
from casework.auditing import AUDITOR
from casework.desk import Desk
from casework.store.people import grants_to
from casework.store.tips import tip_tombstones
from casework.store.tombstones import tombstones
from casework.tip import INTAKE
from casework.tombstone import TipTombstone, Tombstone, read_tip_tombstone, read_tombstone


class Remains(NamedTuple):
    """What stays of erased cases, and of erased anonymous reports."""

    cases: tuple[Tombstone, ...]
    reports: tuple[TipTombstone, ...]


def remains(desk: Desk) -> Remains:
    """What stays, as far as this officer may know of it.

    Raises:
        AuditError: The read could not be written down.
        TamperedError: A tombstone can not be read.
    """
    everything = AUDITOR in desk.officer.roles
    with desk.database.read() as connection:
        signed = grants_to(connection, desk.officer.officer_id)
        last: dict[str, Grant] = {one.case: one for one in (read_grant(grant.payload) for grant in signed)}
        found = {
            uid: stone
            for uid, stone in tombstones(connection)
            if everything or (uid in last and last[uid].holds("read", desk.today))
        }
        reports = tip_tombstones(connection) if everything or desk.officer.roles & INTAKE else ()
    desk.write_down("list", tuple(found), "supervision")
    return Remains(
        tuple(read_tombstone(one.payload) for one in found.values()),
        tuple(read_tip_tombstone(one.payload) for one in reports),
    )
