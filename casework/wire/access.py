"""Who may read a case and who has, as messages."""

from casework.access import Grant
from casework.audit import AuditEntry
from casework.auditing import Audited, Cosigned, Verdict
from casework.check import CaseFault
from casework.officer import Officer
from casework.wire.parsing import day_of
from tocsin.casework.v1 import access_service_pb2 as messages


def encode_grant(grant: Grant) -> messages.Grant:
    """Write what counts of an officer's rights."""
    return messages.Grant(
        officer_id=grant.officer_id,
        rights=sorted(grant.rights),
        reason=grant.reason,
        expires_on=str(grant.expires_on or ""),
        granted_by=grant.granted_by,
        excluded=grant.is_exclusion,
    )


def decode_grant(uid: str, message: messages.Grant) -> Grant:
    """Read it; when it was signed is not told.

    Raises:
        FieldError: A day is none.
    """
    return Grant(
        uid,
        message.officer_id,
        frozenset(message.rights),
        message.reason,
        day_of("expires_on", message.expires_on),
        message.granted_by,
        0,
        is_exclusion=message.excluded,
    )


def encode_audited(one: Audited) -> messages.AuditEntry:
    """Write an entry of the audit log."""
    return messages.AuditEntry(
        number=one.number,
        hour_seconds=one.entry.at,
        officer_id=one.entry.officer,
        act=one.entry.act,
        purpose=one.entry.purpose,
        cases=one.cases,
        key_groups=one.entry.groups,
    )


def decode_audited(message: messages.AuditEntry) -> Audited:
    """Read it; of the cases only the names are told."""
    entry = AuditEntry(
        message.hour_seconds,
        message.officer_id,
        message.act,
        message.purpose,
        groups=tuple(message.key_groups),
    )
    return Audited(message.number, entry, tuple(message.cases))


def encode_colleague(one: Officer) -> messages.Colleague:
    """Write who works on cases, in which roles."""
    return messages.Colleague(
        officer_id=one.officer_id,
        roles=sorted(one.roles),
        admitted_by=one.admitted_by,
        signing_key=one.signing_key,
        seal_key=one.seal_key,
    )


def decode_colleague(message: messages.Colleague) -> Officer:
    """Read it; which version of theirs it is and since when is not told."""
    keys = (message.signing_key, message.seal_key)
    return Officer(message.officer_id, 0, frozenset(message.roles), *keys, message.admitted_by, 0)


def encode_fault(one: CaseFault) -> messages.Fault:
    """Write what does not hold."""
    return messages.Fault(where=one.where, what=one.what)


def encode_verdict(verdict: Verdict) -> messages.VerifyAuditLogResponse:
    """Write how the audit log stands."""
    return messages.VerifyAuditLogResponse(
        faults=map(encode_fault, verdict.faults),
        checkpoints=[
            messages.Cosigned(
                size=one.size,
                by=[messages.Cosignature(name=name, time_seconds=at) for name, at in one.by],
            )
            for one in verdict.checkpoints
        ],
        without_witnesses=verdict.without_witnesses,
    )


def decode_verdict(message: messages.VerifyAuditLogResponse) -> Verdict:
    """Read it."""
    return Verdict(
        tuple(CaseFault(one.where, one.what) for one in message.faults),
        tuple(
            Cosigned(one.size, tuple((by.name, by.time_seconds) for by in one.by))
            for one in message.checkpoints
        ),
        message.without_witnesses,
    )
