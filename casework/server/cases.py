"""Calls about single cases: list, read, open, act."""

from casework.casefile import CaseFile, case_name
from casework.errors import CallError
from casework.keyholder import WORK
from casework.lifecycle import actions, follow
from casework.server.call import Call
from casework.wire.cases import (
    all_events,
    decode_statement,
    encode_action,
    encode_case,
    encode_vocabulary,
)
from casework.wire.parsing import page_of, parse, request_id_of
from casework.workplace import Workplace
from tocsin.casework.v1 import case_pb2
from tocsin.casework.v1 import casework_service_pb2 as messages

MAX_PAGE_BYTES = 8 * 1024 * 1024  # a page ends with the case that goes beyond
MAX_OWNERS = 20  # besides whoever opens a case


def list_cases(wire: bytes, work: Workplace) -> messages.ListCasesResponse:
    """ListCases."""
    asked = parse(messages.ListCasesRequest(), wire)
    uids = work.uids()
    chosen, _ = page_of(uids, asked.page_size, asked.page_token, str)
    cases: list[case_pb2.Case] = []
    size = 0
    for case in work.read_some(tuple(chosen), asked.purpose or WORK):
        cases.append(_case(case))
        size += cases[-1].ByteSize()
        if size > MAX_PAGE_BYTES:
            break
    more = bool(cases) and cases[-1].uid != uids[-1]
    return messages.ListCasesResponse(cases=cases, next_page_token=cases[-1].uid if more else "")


def find_case(wire: bytes, work: Workplace) -> messages.FindCaseResponse:
    """FindCase."""
    return messages.FindCaseResponse(uid=work.find(parse(messages.FindCaseRequest(), wire).reference))


def get_case(wire: bytes, work: Workplace) -> messages.GetCaseResponse:
    """GetCase."""
    asked = parse(messages.GetCaseRequest(), wire)
    return messages.GetCaseResponse(case=_case(work.read(asked.uid, asked.purpose or WORK)))


def list_actions(wire: bytes, work: Workplace) -> messages.ListActionsResponse:
    """ListActions."""
    asked = parse(messages.ListActionsRequest(), wire)
    found = actions(work.read(asked.uid), work.officer.officer_id, work.officer.roles)
    return messages.ListActionsResponse(actions=map(encode_action, found))


def open_case(wire: bytes, work: Workplace) -> messages.OpenCaseResponse:
    """OpenCase."""
    asked = parse(messages.OpenCaseRequest(), wire)
    if len(asked.owners) > MAX_OWNERS:
        raise CallError("owners: more than {most}", most=MAX_OWNERS)
    opening = decode_statement(asked.opening)
    return messages.OpenCaseResponse(
        uid=work.open_for(opening, tuple(asked.owners), request_id=request_id_of(wire))
    )


def act(wire: bytes, work: Workplace) -> messages.ActResponse:
    """Act."""
    asked = parse(messages.ActRequest(), wire)
    said = map(decode_statement, asked.statements)
    return messages.ActResponse(event_ids=work.say(asked.uid, *said, request_id=request_id_of(wire)))


def get_vocabulary(_wire: bytes, _work: Workplace) -> messages.GetVocabularyResponse:
    """GetVocabulary."""
    return encode_vocabulary()


def _case(case: CaseFile) -> case_pb2.Case:
    return encode_case(case.uid, case_name(case.uid), all_events(case), follow(case))


CALLS = {
    "ListCases": Call(list_cases),
    "FindCase": Call(find_case),
    "GetCase": Call(get_case),
    "ListActions": Call(list_actions),
    "OpenCase": Call(open_case),
    "Act": Call(act),
    "GetVocabulary": Call(get_vocabulary),
}
