"""Calls about all cases of an officer at once: boards, figures, reports, letters, import and export, joint cases."""

from collections.abc import Iterator

from casework.board import Counting
from casework.errors import FieldError
from casework.server.call import Call, batches
from casework.wire.parsing import day_of, parse
from casework.wire.pieces import receive, send
from casework.wire.portfolio import (
    decode_wanted,
    decode_wanted_letter,
    encode_candidate,
    encode_case_remains,
    encode_ending,
    encode_figures,
    encode_imported,
    encode_joint_board,
    encode_report_remains,
    encode_standing,
)
from casework.workplace import Workplace
from tocsin.casework.v1 import portfolio_service_pb2 as messages

MAX_IMPORT_BYTES = 32 * 1024**2


def get_board(_wire: bytes, work: Workplace) -> Iterator[messages.GetBoardResponse]:
    """GetBoard."""
    for some in batches(work.board()):
        yield messages.GetBoardResponse(cases=map(encode_standing, some))


def get_figures(wire: bytes, work: Workplace) -> messages.GetFiguresResponse:
    """GetFigures."""
    asked = parse(messages.GetFiguresRequest(), wire)
    days = (day_of("valid_as_of", asked.valid_as_of), day_of("known_as_of", asked.known_as_of))
    return encode_figures(work.figures(Counting(asked.state, *days, asked.population, asked.staff)))


def get_tables(_wire: bytes, work: Workplace) -> messages.GetTablesResponse:
    """GetTables."""
    return messages.GetTablesResponse(**work.tables._asdict())


def write_report(wire: bytes, work: Workplace) -> Iterator[messages.WriteReportResponse]:
    """WriteReport."""
    asked = parse(messages.WriteReportRequest(), wire)
    return send((work.report(decode_wanted(asked), asked.format),), messages.WriteReportResponse)


def write_letter(wire: bytes, work: Workplace) -> Iterator[messages.WriteLetterResponse]:
    """WriteLetter."""
    asked = parse(messages.WriteLetterRequest(), wire)
    content, left_out = work.letter(decode_wanted_letter(asked), asked.format)
    yield messages.WriteLetterResponse(left_out=left_out)
    yield from send((content,), messages.WriteLetterResponse)


def import_cases(wires: Iterator[bytes], work: Workplace) -> Iterator[messages.ImportCasesResponse]:
    """ImportCases."""
    pieces = (parse(messages.ImportCasesRequest(), wire) for wire in wires)
    try:
        text = b"".join(receive(pieces, MAX_IMPORT_BYTES)).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FieldError("content", "is not UTF-8 text") from error
    for one in work.importing(text):  # told one by one, so that who waits sees how far it is
        yield messages.ImportCasesResponse(cases=[encode_imported(one)])


def export_cases(wire: bytes, work: Workplace) -> Iterator[messages.ExportCasesResponse]:
    """ExportCases."""
    asked = parse(messages.ExportCasesRequest(), wire)
    found = work.export_cases(tuple(asked.uids))
    left_out = messages.LeftOut(kept_back=found.kept_back, not_allowed=found.not_allowed)
    yield messages.ExportCasesResponse(left_out=left_out)
    yield from send((found.text.encode(),), messages.ExportCasesResponse)


def list_endings(_wire: bytes, work: Workplace) -> Iterator[messages.ListEndingsResponse]:
    """ListEndings."""
    for some in batches(work.endings()):
        yield messages.ListEndingsResponse(endings=map(encode_ending, some))


def list_remains(_wire: bytes, work: Workplace) -> Iterator[messages.ListRemainsResponse]:
    """ListRemains."""
    found = work.remains()
    for some in batches(found.cases):
        yield messages.ListRemainsResponse(cases=map(encode_case_remains, some))
    for told in batches(found.reports):
        yield messages.ListRemainsResponse(reports=map(encode_report_remains, told))


def list_joint_candidates(wire: bytes, work: Workplace) -> messages.ListJointCandidatesResponse:
    """ListJointCandidates."""
    asked = parse(messages.ListJointCandidatesRequest(), wire)
    return messages.ListJointCandidatesResponse(
        candidates=map(encode_candidate, work.joint_candidates(asked.uid))
    )


def get_joint_board(wire: bytes, work: Workplace) -> messages.GetJointBoardResponse:
    """GetJointBoard."""
    asked = parse(messages.GetJointBoardRequest(), wire)
    return encode_joint_board(work.joint_board(asked.uid))


def confirm_joint(wire: bytes, work: Workplace) -> messages.ConfirmJointResponse:
    """ConfirmJoint."""
    asked = parse(messages.ConfirmJointRequest(), wire)
    return messages.ConfirmJointResponse(
        joint_ref=work.confirm_joint(asked.uid, asked.member, asked.member_ref)
    )


def withdraw_joint(wire: bytes, work: Workplace) -> messages.WithdrawJointResponse:
    """WithdrawJoint."""
    asked = parse(messages.WithdrawJointRequest(), wire)
    return messages.WithdrawJointResponse(
        number=work.withdraw_joint(asked.uid, asked.member, asked.member_ref)
    )


CALLS = {
    "GetBoard": Call(get_board, streams=True),
    "GetFigures": Call(get_figures),
    "GetTables": Call(get_tables),
    "WriteReport": Call(write_report, streams=True),
    "WriteLetter": Call(write_letter, streams=True),
    "ImportCases": Call(import_cases, uploads=True, streams=True),
    "ExportCases": Call(export_cases, streams=True),
    "ListEndings": Call(list_endings, streams=True),
    "ListRemains": Call(list_remains, streams=True),
    "ListJointCandidates": Call(list_joint_candidates),
    "GetJointBoard": Call(get_joint_board),
    "ConfirmJoint": Call(confirm_joint),
    "WithdrawJoint": Call(withdraw_joint),
}
