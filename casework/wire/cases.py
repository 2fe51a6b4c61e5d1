"""Cases, events and statements as messages."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from casework.casefile import CaseFile
from casework.errors import CallError, FieldError
from casework.event import Event, Statement
from casework.glass import Notice
from casework.lifecycle import Action, Followed
from casework.span import Basis, Range, Span
from casework.values import Gap, Value
from casework.vocabulary import code_lists, kinds
from tocsin.casework.v1 import case_pb2
from tocsin.casework.v1 import casework_service_pb2 as messages

_BASES = {
    Basis.EXACT: case_pb2.DATE_BASIS_EXACT,
    Basis.ESTIMATE: case_pb2.DATE_BASIS_ESTIMATE,
    Basis.MONTH: case_pb2.DATE_BASIS_MONTH,
    Basis.YEAR: case_pb2.DATE_BASIS_YEAR,
}
_GAPS = {
    Gap.UNKNOWN: case_pb2.GAP_UNKNOWN,
    Gap.NONE: case_pb2.GAP_NONE,
    Gap.NOT_APPLICABLE: case_pb2.GAP_NOT_APPLICABLE,
    Gap.WITHHELD: case_pb2.GAP_WITHHELD,
}


def encode_case(uid: str, name: str, events: Iterable[Event], followed: Followed) -> case_pb2.Case:
    """Write a case with all its events."""
    return case_pb2.Case(
        uid=uid,
        name=name,
        events=map(_encode_event, events),
        state=followed.state,
        state_since=str(followed.since),
    )


def decode_events(case: case_pb2.Case) -> tuple[Event, ...]:
    """Read the events of a case.

    Raises:
        CallError: One of them is none.
    """
    return tuple(map(_decode_event, case.events))


def all_events(case: CaseFile) -> tuple[Event, ...]:
    """Events of a case in their order, superseded ones too."""
    return tuple(sorted((*case.events, *case.superseded), key=lambda event: event.sequence))


def encode_notice(notice: Notice) -> messages.RecoveryNotice:
    """Write that the recovery key was used."""
    return messages.RecoveryNotice(
        uid=notice.case,
        event_id=notice.event_id,
        on=str(notice.on),
        by=notice.by,
        to=notice.to,
        reason=notice.reason,
    )


def decode_notice(message: messages.RecoveryNotice) -> Notice:
    """Read that the recovery key was used.

    Raises:
        FieldError: Its day is none.
    """
    day = decode_day("on", message.on)
    return Notice(message.uid, message.event_id, day, message.by, message.to, message.reason)


def encode_statement(statement: Statement) -> case_pb2.Statement:
    """Write what somebody says."""
    return case_pb2.Statement(
        kind=statement.kind,
        when=encode_span(statement.when),
        fields={name: encode_value(value) for name, value in statement.fields.items()},
        known_on=str(statement.known_on or ""),
        source_ids=statement.sources,
        reliability=statement.reliability,
        supersedes=statement.supersedes,
    )


def decode_statement(message: case_pb2.Statement) -> Statement:
    """Read what somebody says.

    Raises:
        FieldError: A field holds nothing that can be said.
    """
    return Statement(
        message.kind,
        decode_span("when", message.when),
        {name: decode_value(name, value) for name, value in sorted(message.fields.items())},
        decode_day("known_on", message.known_on) if message.known_on else None,
        tuple(message.source_ids),
        message.reliability or "unknown",
        message.supersedes,
    )


def encode_action(action: Action) -> case_pb2.Action:
    """Write what can be done."""
    return case_pb2.Action(kind=action.kind.name, missing=action.missing)


def encode_vocabulary() -> messages.GetVocabularyResponse:
    """Write the tables of kinds and codes."""
    return messages.GetVocabularyResponse(
        kinds=[
            messages.Kind(
                name=kind.name,
                text=kind.text,
                lane=kind.lane,
                roles=sorted(kind.roles),
                states=sorted(kind.states),
                fields=[
                    messages.Field(
                        name=field.name,
                        form=field.form,
                        required=field.required,
                        codes=field.codes,
                        key_group=field.group,
                    )
                    for field in kind.fields.values()
                ],
            )
            for kind in kinds().values()
        ],
        lists=[
            messages.CodeList(
                name=name,
                codes=[
                    messages.Code(code=one.code, label=one.label, references=one.references)
                    for one in codes.values()
                ],
            )
            for name, codes in code_lists().items()
        ],
    )


def _encode_event(event: Event) -> case_pb2.Event:
    said = Statement(
        event.kind,
        event.when,
        event.fields,
        event.known_on,
        event.sources,
        event.reliability,
        event.supersedes,
    )
    return case_pb2.Event(
        event_id=event.event_id,
        sequence=event.sequence,
        said=encode_statement(said),
        recorded_at_seconds=int(event.recorded_at.timestamp()),
        recorded_by=event.recorded_by,
    )


def _decode_event(message: case_pb2.Event) -> Event:
    try:
        said = decode_statement(message.said)
        recorded_at = datetime.fromtimestamp(message.recorded_at_seconds, UTC)
    except (FieldError, ValueError, OverflowError, OSError) as error:
        raise CallError("an event can not be read") from error
    return Event(
        message.event_id,
        said.kind,
        said.when,
        said.known_on or recorded_at.date(),
        recorded_at,
        message.recorded_by,
        said.fields,
        said.sources,
        said.reliability,
        said.supersedes,
        message.sequence,
    )


def encode_span(span: Span) -> case_pb2.Span:
    """Write the days on which something can have happened."""
    return case_pb2.Span(earliest=str(span.earliest), latest=str(span.latest), basis=_BASES[span.basis])


def decode_span(field: str, message: case_pb2.Span) -> Span:
    """Read them.

    Raises:
        FieldError: They are no days.
    """
    found = [basis for basis, number in _BASES.items() if number == message.basis]
    if not found:
        raise FieldError(field, "no basis is given; an exact day has the basis EXACT")
    span = Span(decode_day(field, message.earliest), decode_day(field, message.latest), found[0])
    if span.latest < span.earliest:
        raise FieldError(field, "ends before it begins")
    return span


def decode_day(field: str, text: str) -> date:
    """Read an ISO 8601 day.

    Raises:
        FieldError: It is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(field, "{text!r} is no day; write it like 2015-03-14", text=text[:40]) from error


def encode_value(value: Value) -> case_pb2.Value:
    """Write a value of a field."""
    match value:
        case Gap():
            return case_pb2.Value(gap=_GAPS[value])
        case str():
            return case_pb2.Value(text=value)
        case Span():
            return case_pb2.Value(span=encode_span(value))
        case Range():
            return case_pb2.Value(count=case_pb2.Count(low=value.low, high=value.high))
        case date():
            return case_pb2.Value(day=str(value))
        case _:
            return case_pb2.Value(texts=case_pb2.Texts(texts=value))


def decode_value(field: str, message: case_pb2.Value) -> Value:
    """Read one.

    Raises:
        FieldError: It is of no form.
    """
    match message.WhichOneof("value"):
        case "text":
            return message.text
        case "texts":
            return tuple(message.texts.texts)
        case "day":
            return decode_day(field, message.day)
        case "span":
            return decode_span(field, message.span)
        case "count" if message.count.low <= message.count.high:
            return Range(message.count.low, message.count.high)
        case "gap":
            found = [gap for gap, number in _GAPS.items() if number == message.gap]
            if found:
                return found[0]
        case _:
            pass
    raise FieldError(field, "holds no value of any form")
