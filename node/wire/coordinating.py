"""The request and the response of the coordinator service, as bytes."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from node.figures import Cells, Figure
from node.wire.parsing import parse, parse_exactly
from tocsin.node.v1 import coordinator_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["CoordinatorService"].full_name


class QueryCall(NamedTuple):
    """A question: as the text of a link."""

    request_id: str
    query: str


class Told(NamedTuple):
    """An answer: columns, rows, and what stands beside them."""

    columns: tuple[str, ...]
    rows: Sequence[Cells]
    remarks: Mapping[str, str]


def encode_query_call(call: QueryCall) -> bytes:
    """Request for AnswerQuery."""
    return messages.AnswerQueryRequest(**call._asdict()).SerializeToString()


def decode_query_call(wire: bytes) -> QueryCall:
    """Read a request for AnswerQuery.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.AnswerQueryRequest(), wire)
    return QueryCall(message.request_id, message.query)


def encode_told(told: Told) -> bytes:
    """Response to AnswerQuery."""
    return messages.AnswerQueryResponse(
        columns=told.columns,
        rows=(messages.AnswerRow(cells=map(_cell, row)) for row in told.rows),
        remarks=(messages.AnswerRemark(name=name, text=text) for name, text in told.remarks.items()),
    ).SerializeToString()


def decode_told(wire: bytes) -> Told:
    """Read the response to AnswerQuery.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.AnswerQueryResponse(), wire)
    rows = tuple(tuple(map(_figure, row.cells)) for row in message.rows)
    return Told(tuple(message.columns), rows, {one.name: one.text for one in message.remarks})


def _cell(figure: Figure) -> messages.AnswerCell:
    if isinstance(figure, str):
        return messages.AnswerCell(text=figure)
    if isinstance(figure, int):
        return messages.AnswerCell(number=figure)
    return messages.AnswerCell() if figure is None else messages.AnswerCell(fraction=figure)


def _figure(cell: messages.AnswerCell) -> Figure:
    held = cell.WhichOneof("value")
    figure: Figure = None if held is None else getattr(cell, held)
    return figure
