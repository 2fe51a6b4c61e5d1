"""Boards, figures, imports and joint cases as messages."""

from collections.abc import Iterable

from casework.board import Figures, Standing
from casework.figures.printing import Printed
from casework.importing import Imported
from casework.intake.rows import Problem
from casework.joining import Candidate
from casework.joint import Claim, JointBoard
from casework.remains import Remains
from casework.reports import Ending, Wanted, WantedLetter
from casework.retention import Retention
from casework.summary import read_summary, write_summary
from casework.tombstone import TipTombstone, Tombstone
from casework.wire.cases import decode_day, decode_span, encode_span
from casework.wire.parsing import day_of
from tocsin.casework.v1 import portfolio_service_pb2 as messages

_LISTS = frozenset({"what", "not_reported"})
_DAYS = ("valid_as_of", "known_as_of", "first", "last")  # in the order of `Wanted`


def encode_standing(one: Standing) -> messages.Standing:
    """Write where a case stands."""
    return messages.Standing(
        uid=one.uid,
        categories=one.categories,
        host_state=one.host_state,
        incident=encode_span(one.incident) if one.incident else None,
        state=one.state,
        since=str(one.since),
        public_status=one.public_status,
        impunity=one.impunity,
        days_overdue=one.days_overdue,
        idle=one.idle,
        owner=one.owner,
    )


def decode_standing(message: messages.Standing) -> Standing:
    """Read it.

    Raises:
        FieldError: A day is none.
    """
    return Standing(
        message.uid,
        tuple(message.categories),
        message.host_state,
        decode_span("incident", message.incident) if message.HasField("incident") else None,
        message.state,
        decode_day("since", message.since),
        message.public_status,
        message.impunity,
        message.days_overdue if message.HasField("days_overdue") else None,
        message.idle,
        message.owner,
    )


def encode_figures(found: Figures) -> messages.GetFiguresResponse:
    """Write indicators."""
    return messages.GetFiguresResponse(
        indicators=[messages.Indicator(**line._asdict()) for line in found.lines],
        cases=found.cases,
        definition=found.definition,
    )


def decode_figures(message: messages.GetFiguresResponse) -> Figures:
    """Read them."""
    return Figures(tuple(map(_decode_indicator, message.indicators)), message.cases, message.definition)


def _decode_indicator(message: messages.Indicator) -> Printed:
    return Printed(
        message.indicator,
        message.name,
        message.unit,
        message.figure,
        message.at_most if message.HasField("at_most") else None,
        message.n if message.HasField("n") else None,
        message.unknown if message.HasField("unknown") else None,
    )


def encode_wanted(wanted: Wanted, style: str) -> messages.WriteReportRequest:
    """Ask for a report."""
    days = {name: str(getattr(wanted, name) or "") for name in _DAYS}
    return messages.WriteReportRequest(**{**wanted._asdict(), **days}, format=style)


def decode_wanted(message: messages.WriteReportRequest) -> Wanted:
    """Read which report is asked for.

    Raises:
        FieldError: A day is none.
    """
    return Wanted(
        message.report,
        message.uid,
        message.level,
        message.language,
        message.state,
        *(day_of(name, getattr(message, name)) for name in _DAYS),
    )


def encode_wanted_letter(wanted: WantedLetter, style: str) -> messages.WriteLetterRequest:
    """Ask for a letter."""
    return messages.WriteLetterRequest(**wanted._asdict(), format=style)


def decode_wanted_letter(message: messages.WriteLetterRequest) -> WantedLetter:
    """Read which letter is asked for."""
    return WantedLetter(*(getattr(message, name) for name in WantedLetter._fields))


def encode_imported(one: Imported) -> messages.ImportedCase:
    """Write what became of a case of a file."""
    return messages.ImportedCase(
        case_id=one.case_id,
        uid=one.uid,
        result=one.result,
        events=one.events,
        problems=[
            messages.ImportProblem(row=problem.row, column=problem.column, why=problem.why)
            for problem in one.problems
        ],
    )


def decode_imported(message: messages.ImportedCase) -> Imported:
    """Read it."""
    problems = tuple(Problem(one.row, one.column, one.why) for one in message.problems)
    return Imported(message.case_id, message.uid, message.result, message.events, problems)


def encode_ending(one: Ending) -> messages.Ending:
    """Write what is due of a case or report."""
    return messages.Ending(
        name=one.name,
        what=one.due.what,
        on=str(one.due.on),
        within_days=one.due.warning or 0,
        blocked=one.due.blocked,
    )


def decode_ending(message: messages.Ending) -> Ending:
    """Read it.

    Raises:
        FieldError: A day is none.
    """
    due = Retention(message.what, decode_day("on", message.on), message.within_days, message.blocked)
    return Ending(message.name, due)


def encode_case_remains(one: Tombstone) -> messages.CaseRemains:
    """Write what stays of an erased case."""
    return messages.CaseRemains(**one._asdict())


def encode_report_remains(one: TipTombstone) -> messages.ReportRemains:
    """Write what stays of an erased report."""
    return messages.ReportRemains(**one._asdict())


def decode_remains(answers: Iterable[messages.ListRemainsResponse]) -> Remains:
    """Read them."""
    cases: list[Tombstone] = []
    reports: list[TipTombstone] = []
    for answer in answers:
        cases += (
            Tombstone(
                **{name: getattr(one, name) for name in Tombstone._fields if name != "categories"},
                categories=tuple(one.categories),
            )
            for one in answer.cases
        )
        reports += (
            TipTombstone(
                **{name: getattr(one, name) for name in TipTombstone._fields if name not in _LISTS},
                what=tuple(one.what),
                not_reported=tuple(one.not_reported),
            )
            for one in answer.reports
        )
    return Remains(tuple(cases), tuple(reports))


def encode_candidate(one: Candidate) -> messages.JointCandidate:
    """Write a case of another organization that may be about the same incident."""
    return messages.JointCandidate(
        claim=_encode_claim(one.claim), confirmed_by_us=one.by_us, confirmed_by_them=one.by_them
    )


def decode_candidate(message: messages.JointCandidate) -> Candidate:
    """Read it.

    Raises:
        FieldError: Its summary is none.
    """
    return Candidate(_decode_claim(message.claim), message.confirmed_by_us, message.confirmed_by_them)


def encode_joint_board(board: JointBoard) -> messages.GetJointBoardResponse:
    """Write what each organization signed of a joint case."""
    return messages.GetJointBoardResponse(
        joint_ref=board.joint_ref,
        claims=map(_encode_claim, board.claims),
        contradictions=board.contradictions,
        sends_next=board.sends_next,
    )


def decode_joint_board(message: messages.GetJointBoardResponse) -> JointBoard:
    """Read it.

    Raises:
        FieldError: A summary is none.
    """
    claims = tuple(map(_decode_claim, message.claims))
    return JointBoard(message.joint_ref, claims, tuple(message.contradictions), message.sends_next)


def _encode_claim(claim: Claim) -> messages.JointClaim:
    return messages.JointClaim(org_id=claim.origin, summary=write_summary(claim.summary))


def _decode_claim(message: messages.JointClaim) -> Claim:
    return Claim(message.org_id, read_summary(message.summary))
