"""Anonymous reports as messages."""

from collections.abc import Iterator

from casework.errors import TransferError
from casework.tip import MAX_FILE_BYTES, Tip, Written
from casework.tips import Report
from casework.wire.pieces import receive, send
from tocsin.casework.v1 import intake_service_pb2 as messages


def encode_listed(report: Report) -> messages.AnonymousReport:
    """Write a report as it stands in a list: without words and files."""
    bare = (one._replace(text="", file=b"") for one in report.messages)
    found = [_encode_message(one) for one in bare]
    found[0].told.account = ""
    return messages.AnonymousReport(uid=report.uid, messages=found)


def decode_listed(message: messages.AnonymousReport) -> Report:
    """Read it."""
    return Report(message.uid, tuple(map(_decode_message, message.messages)))


def send_report(report: Report) -> Iterator[messages.GetReportResponse]:
    """Messages that carry a report with its files."""
    yield messages.GetReportResponse(uid=report.uid)
    for one in report.messages:
        yield messages.GetReportResponse(message=_encode_message(one))
        yield from send((one.file,), messages.GetReportResponse)


def receive_report(answers: Iterator[messages.GetReportResponse]) -> Report:
    """The report that they carry.

    Raises:
        TransferError: It did not arrive whole.
    """
    first, found = next(answers, None), []
    for answer in answers:
        if answer.WhichOneof("part") != "message":
            raise TransferError("the report did not arrive whole")
        written = _decode_message(answer.message)
        found.append(written._replace(file=b"".join(receive(answers, MAX_FILE_BYTES))))
    if first is None or not found or found[0].tip is None:
        raise TransferError("the report did not arrive whole")
    return Report(first.uid, tuple(found))


def _encode_message(one: Written) -> messages.ReportMessage:
    told = one.tip
    return messages.ReportMessage(
        author=one.author,
        week=one.week,
        text=one.text,
        opened_case=one.opened_case,
        proposes_erasure=one.proposes_erasure,
        told=messages.Told(
            account=told.account,
            country=told.country,
            month=told.month,
            what=told.what,
            not_reported=told.not_reported,
        )
        if told
        else None,
    )


def _decode_message(message: messages.ReportMessage) -> Written:
    told = message.told
    tip = Tip(told.account, told.country, told.month, tuple(told.what), tuple(told.not_reported))
    return Written(
        message.author,
        message.week,
        message.text,
        b"",
        message.opened_case,
        message.proposes_erasure,
        tip if message.HasField("told") else None,
    )
