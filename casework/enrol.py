"""Admit officers: each entry is signed by the officer who admits, the first by themselves.

Whoever runs the node could write a row, but not sign one: an entry that does not lead back to the first officer counts
for nothing, and `tocsin check` names it.
"""

from collections.abc import Mapping
from hashlib import sha256

from casework.audit import AuditEntry, write_entry
from casework.chain import Signed
from casework.errors import OfficerError, RoleError, TamperedError
from casework.officer import (
    OFFICER_TYPE,
    RECOVERY,
    Officer,
    Unlocked,
    check_officer,
    read_officer,
    write_officer,
)
from casework.store.audit import add_audit_entry
from casework.store.database import Database, Transaction
from casework.store.people import add_officer, officer_versions, take_all_keys
from crypto.envelope import pae
from crypto.errors import CryptoError
from crypto.signing import verify_signature

ADMITS = "approver"


def found_office(database: Database, first: Officer, unlocked: Unlocked) -> None:
    """Admit the first officer, who signs for themselves.

    Raises:
        OfficerError: There is one already.
        FieldError: A role does not exist.
    """
    with database.write() as connection:
        if officer_versions(connection):
            raise OfficerError("there are officers already; one of them who is an approver admits more")
        _keep(connection, unlocked, check_officer(first))


def admit(database: Database, by: Officer, unlocked: Unlocked, wanted: Officer) -> Officer:
    """Admit an officer, or give one other roles; without roles they may do nothing more. Gives them as admitted.

    Raises:
        RoleError: Whoever admits is no approver, or changes their own roles.
        OfficerError: The keys are not those of an officer of that id who was admitted before.
        FieldError: A role does not exist.
    """
    check_admits(by)
    if wanted.officer_id == by.officer_id:
        raise RoleError("nobody changes their own roles")
    with database.write() as connection:
        before = officers(connection).get(wanted.officer_id)
        if before is not None and (before.signing_key, before.seal_key) != (
            wanted.signing_key,
            wanted.seal_key,
        ):
            raise OfficerError(
                "{officer_id} was admitted with other keys; choose another id", officer_id=wanted.officer_id
            )
        version = before.version + 1 if before else 1
        admitted = check_officer(wanted._replace(version=version, admitted_by=by.officer_id))
        _keep(connection, unlocked, admitted)
        if before is not None and RECOVERY in before.roles - admitted.roles:
            take_all_keys(
                connection, admitted.officer_id
            )  # no grant stands behind them that would be taken back
    return admitted


def check_admits(by: Officer) -> None:
    """See whether an officer may admit others.

    Raises:
        RoleError: They are no approver.
    """
    if ADMITS not in by.roles:
        raise RoleError("admitting officers belongs to {admits}", admits=ADMITS)


def working(people: Mapping[str, Officer], officer_id: str) -> Officer:
    """The officer of an id who works on cases here.

    Raises:
        OfficerError: There is none, or they have no role any more.
    """
    found = people.get(officer_id)
    if found is None or not found.roles:
        raise OfficerError("nobody works on cases here as {officer_id!r}", officer_id=officer_id[:40])
    return found


def officers(connection: Transaction) -> dict[str, Officer]:
    """Every officer by id, as last admitted; entries that do not lead back to the first officer are refused.

    Raises:
        TamperedError: An entry is not signed by an approver who was admitted before, or by the first officer.
    """
    found: dict[str, Officer] = {}
    waiting = [(read_officer(signed.payload), signed) for signed in officer_versions(connection)]
    waiting.sort(
        key=lambda pair: (pair[0].admitted_at, pair[0].admitted_by != pair[0].officer_id, pair[0].version)
    )
    for officer, signed in waiting:
        signer = officer if not found else found.get(officer.admitted_by)
        if signer is None or (found and ADMITS not in signer.roles):
            raise TamperedError(
                "officer {officer_id} was not admitted by an approver", officer_id=officer.officer_id
            )
        try:
            verify_signature(signer.signing_key, pae(OFFICER_TYPE, signed.payload), signed.signature)
        except CryptoError as error:
            raise TamperedError(
                "the entry of officer {officer_id} is not signed", officer_id=officer.officer_id
            ) from error
        found[officer.officer_id] = officer
    return found


def _keep(connection: Transaction, unlocked: Unlocked, officer: Officer) -> None:
    payload = write_officer(officer)
    signature = unlocked.signer.sign(pae(OFFICER_TYPE, payload))
    add_officer(connection, officer.officer_id, officer.version, Signed(payload, signature))
    digests = {"officers": (sha256(payload).hexdigest(),)}
    entry = AuditEntry(officer.admitted_at, officer.admitted_by, "admit", "work", digests=digests)
    add_audit_entry(connection, write_entry(entry))
