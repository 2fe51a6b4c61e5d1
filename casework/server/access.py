"""Calls about who may read a case, and who has."""

from collections.abc import Iterator

from casework.errors import CallError
from casework.server.call import Call, batches
from casework.wire.access import encode_audited, encode_colleague, encode_fault, encode_grant, encode_verdict
from casework.wire.parsing import day_of, page_of, parse
from casework.workplace import Workplace
from tocsin.casework.v1 import access_service_pb2 as messages

KEY_BYTES = 32


def list_grants(wire: bytes, work: Workplace) -> messages.ListGrantsResponse:
    """ListGrants."""
    asked = parse(messages.ListGrantsRequest(), wire)
    found = work.grants(asked.uid)
    page, following = page_of(found, asked.page_size, asked.page_token, lambda one: one.officer_id)
    return messages.ListGrantsResponse(grants=map(encode_grant, page), next_page_token=following)


def let_in(wire: bytes, work: Workplace) -> messages.LetInResponse:
    """LetIn."""
    asked = parse(messages.LetInRequest(), wire)
    until = day_of("expires_on", asked.expires_on)
    given = work.let_in(asked.uid, asked.officer_id, frozenset(asked.rights), asked.reason, until)
    return messages.LetInResponse(grant=encode_grant(given))


def shut_out(wire: bytes, work: Workplace) -> messages.ShutOutResponse:
    """ShutOut."""
    asked = parse(messages.ShutOutRequest(), wire)
    work.shut_out(asked.uid, asked.officer_id, asked.reason, for_good=asked.for_good)
    return messages.ShutOutResponse()


def read_audit_log(wire: bytes, work: Workplace) -> Iterator[messages.ReadAuditLogResponse]:
    """ReadAuditLog."""
    asked = parse(messages.ReadAuditLogRequest(), wire)
    for some in batches(work.read_log(asked.case, asked.officer_id)):
        yield messages.ReadAuditLogResponse(entries=map(encode_audited, some))


def verify_audit_log(wire: bytes, work: Workplace) -> Iterator[messages.VerifyAuditLogResponse]:
    """VerifyAuditLog."""
    parse(messages.VerifyAuditLogRequest(), wire)
    found = work.verify_log()
    yield encode_verdict(found._replace(faults=(), checkpoints=()))
    for faults in batches(found.faults):
        yield encode_verdict(found._replace(faults=tuple(faults), checkpoints=()))
    for checkpoints in batches(found.checkpoints):
        yield encode_verdict(found._replace(faults=(), checkpoints=tuple(checkpoints)))


def list_officers(wire: bytes, work: Workplace) -> messages.ListOfficersResponse:
    """ListOfficers."""
    asked = parse(messages.ListOfficersRequest(), wire)
    page, following = page_of(
        work.colleagues(), asked.page_size, asked.page_token, lambda one: one.officer_id
    )
    return messages.ListOfficersResponse(officers=map(encode_colleague, page), next_page_token=following)


def admit_officer(wire: bytes, work: Workplace) -> messages.AdmitOfficerResponse:
    """AdmitOfficer."""
    asked = parse(messages.AdmitOfficerRequest(), wire)
    keys = (asked.signing_key, asked.seal_key)
    if any(keys) and {len(key) for key in keys} != {KEY_BYTES}:
        raise CallError("signing_key: both keys have {needed} bytes, or neither is given", needed=KEY_BYTES)
    admitted = work.admit(asked.officer_id, frozenset(asked.roles), keys if any(keys) else None)
    return messages.AdmitOfficerResponse(officer=encode_colleague(admitted))


def erase_case(wire: bytes, work: Workplace) -> messages.EraseCaseResponse:
    """EraseCase."""
    asked = parse(messages.EraseCaseRequest(), wire)
    return messages.EraseCaseResponse(key_groups=sorted(work.erase(asked.uid, asked.proposal_id)))


def check_cases(wire: bytes, work: Workplace) -> Iterator[messages.CheckCasesResponse]:
    """CheckCases."""
    parse(messages.CheckCasesRequest(), wire)
    found = work.check()
    yield messages.CheckCasesResponse(verified=found.verified)
    for faults in batches(found.faults):
        yield messages.CheckCasesResponse(faults=map(encode_fault, faults))


CALLS = {
    "ListGrants": Call(list_grants),
    "LetIn": Call(let_in),
    "ShutOut": Call(shut_out),
    "ReadAuditLog": Call(read_audit_log, streams=True),
    "VerifyAuditLog": Call(verify_audit_log, streams=True),
    "ListOfficers": Call(list_officers),
    "AdmitOfficer": Call(admit_officer),
    "EraseCase": Call(erase_case),
    "CheckCases": Call(check_cases, streams=True),
}
