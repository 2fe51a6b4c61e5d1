"""Case files without a database: events as a test says them, in their order, folded as of a day."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from casework.casefile import CaseFile, fold
from casework.event import Event
from casework.span import parse_span
from casework.values import Value

UID = "8f3a" * 8
TODAY = date(2022, 7, 1)


def said(what: str, when: str, /, **fields: Value) -> tuple[str, str, dict[str, Value]]:
    return what, when, fields


def case_of(
    *statements: tuple[str, str, dict[str, Value]], uid: str = UID, today: date = TODAY, supersedes: str = ""
) -> CaseFile:
    """Fold statements; the last one may supersede an event, named by its place: `event_id(3)`."""
    return fold(uid, events_of(statements, supersedes), today, today)


def events_of(
    statements: Iterable[tuple[str, str, dict[str, Value]]], supersedes: str = ""
) -> tuple[Event, ...]:
    listed = list(statements)
    found = []
    for sequence, (what, when, fields) in enumerate(listed, 1):
        span = parse_span(when)
        found.append(
            Event(
                event_id(sequence),
                what,
                span,
                span.latest,
                datetime(2022, 1, 1, tzinfo=UTC),
                "officer-1",
                fields,
                ("S1",),
                "likely_reliable",
                supersedes if sequence == len(listed) else "",
                sequence,
            )
        )
    return tuple(found)


def event_id(sequence: int) -> str:
    return f"{sequence:032x}"


def detention_case(*more: tuple[str, str, dict[str, Value]]) -> CaseFile:
    """Four persons of an NGO held in Cameroon, two of them released by now; a government that acknowledged only."""
    return case_of(
        said(
            "opened",
            "2021-12-27",
            categories=("detention",),
            host_state="CMR",
            sensitivity="normal",
            owner="officer-1",
            public_ref="a1b2c3d4",
        ),
        said(
            "person_added", "2021-12-27", person="P1", harm=("detained",), cause="violence", staff="national"
        ),
        said(
            "person_added", "2021-12-27", person="P2", harm=("detained",), cause="violence", staff="national"
        ),
        said(
            "person_added",
            "2022-01-20",
            person="P3",
            harm=("detained",),
            cause="violence",
            staff="locally_recruited",
        ),
        said("detention_started", "2021-12-26", detention="D1", persons=("P1", "P2"), state="CMR"),
        said("detention_started", "2022-01", detention="D2", persons=("P3",), state="CMR"),
        said("registered", "2021-12-28"),
        said("counterpart_added", "2021-12-28", counterpart="C1", authority="foreign_ministry", state="CMR"),
        said(
            "letter_sent",
            "2022-01-05",
            letter="L1",
            kind="note_verbale",
            counterpart="C1",
            document="0" * 64,
        ),
        said("answer_received", "2022-01-19", answer="R1", kind="acknowledgement", letter="L1"),
        said("access_requested", "2022-01-05", access="A1", detention="D1", kind="legal_counsel"),
        said("access_answered", "2022-01-12", access="A1", answer="granted"),
        said("visited", "2022-01-15", access="A1", detention="D1", kind="legal_counsel"),
        said("access_requested", "2022-01-05", access="A2", detention="D1", kind="medical"),
        said("investigation_opened", "2022-02", investigation="I1", body="military", state="CMR"),
        said(
            "charged",
            "2022-03-01",
            proceeding="T1",
            state="CMR",
            forum="Military tribunal",
            court="military",
            accused=("P1", "P2"),
            charge="complicity",
        ),
        said("charged", "2022-04-01", proceeding="T2", state="USA", accused=("A9",), court="civilian"),
        said(
            "detention_ended",
            "2022-05-19",
            detention="D1",
            persons=("P1", "P2"),
            outcome="released_provisionally",
        ),
        said(
            "detention_ended",
            "2022-05-25",
            detention="D1",
            persons=("P1", "P2"),
            outcome="released_provisionally",
        ),
        said("task_set", "2022-06-20", task="Ask for the reply again", due=date(2022, 7, 4)),
        *more,
    )
