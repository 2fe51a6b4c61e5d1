"""Whatever an officer's program asks, every call answers it or refuses it by a reason of ours, and nothing breaks."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from google.protobuf.message_factory import GetMessageClass

from casework.errors import CaseworkError, FieldError
from casework.server import access, cases, evidence, intake, portfolio
from casework.server.call import Call
from casework.values import Value, parse_value
from casework.vocabulary import Field, codes, kinds
from casework.wire.cases import encode_statement
from casework.wire.parsing import request_id_of
from crypto.errors import CryptoError
from tests.casework.remote import METHODS, SignIn, photograph
from tests.casework.test_desk import opening, said
from tests.support.mutants import flips
from tocsin.casework.v1 import case_pb2, evidence_service_pb2

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True),
]
CALLS = {**cases.CALLS, **access.CALLS, **evidence.CALLS, **intake.CALLS, **portfolio.CALLS}
KINDS = {method.name: GetMessageClass(method.input_type) for method in METHODS}
ID = str(UUID(int=7))
LONG = 2**63 - 1


def complete(uid: str) -> dict[str, list[dict[str, Any]]]:
    """A request of each call in which every field says something, as its messages."""
    words = {"reason": "x", "officer_id": "approver"}
    days = {"valid_as_of": "2026-03-01", "known_as_of": "2026-03-01"}
    note, photo = encode_statement(said("note", text="x")), encode_statement(photograph("E9"))
    text = case_pb2.Value(text="x")
    return {
        "ListCases": [{"page_size": 2, "page_token": uid, "purpose": "work"}],
        "FindCase": [{"reference": uid}],
        "GetCase": [{"uid": uid, "purpose": "work"}],
        "ListActions": [{"uid": uid}],
        "OpenCase": [{"opening": encode_statement(opening()), "owners": ["approver"]}],
        "Act": [{"uid": uid, "statements": [note]}],
        "GetVocabulary": [{}],
        "ListGrants": [{"uid": uid, "page_size": 2, "page_token": "approver"}],
        "LetIn": [{"uid": uid, "rights": ["read"], "expires_on": "2026-04-01", **words}],
        "ShutOut": [{"uid": uid, "for_good": True, **words}],
        "ReadAuditLog": [{"case": uid, "officer_id": "approver"}],
        "VerifyAuditLog": [{}],
        "ListOfficers": [{"page_size": 2, "page_token": "approver"}],
        "AdmitOfficer": [
            {"officer_id": "new-1", "roles": ["auditor"], "signing_key": b"k" * 32, "seal_key": b"s" * 32}
        ],
        "EraseCase": [{"uid": uid, "proposal_id": "0" * 32}],
        "CheckCases": [{}],
        "AddEvidence": [
            {"item": evidence_service_pb2.NewEvidence(uid=uid, said=photo, copy_of="E1")},
            {"content": b"x"},
            {"sha256": b"x" * 32},
        ],
        "HandleEvidence": [{"uid": uid, "evidence": "E1", "act": "transfer", "fields": {"by": text}}],
        "DestroyEvidence": [{"uid": uid, "evidence": "E1", "purpose": "x"}],
        "GetEvidenceContent": [{"uid": uid, "evidence": "E1", "purpose": "x"}],
        "ExportEvidence": [
            {"uid": uid, "evidence": ["E1"], "recipient": "a", "purpose": "x", "to_host_government": True}
        ],
        "ListReports": [{}],
        "GetReport": [{"reference": "T-7F3A"}],
        "AnswerReport": [{"reference": "T-7F3A", "text": "x"}],
        "OpenReportedCase": [
            {"reference": "T-7F3A", "opening": encode_statement(opening()), "owners": ["approver"]}
        ],
        "ProposeReportErasure": [{"reference": "T-7F3A"}],
        "EraseReport": [{"reference": "T-7F3A"}],
        "GetBoard": [{}],
        "GetFigures": [{"state": "CMR", "population": LONG, "staff": LONG, **days}],
        "GetTables": [{}],
        "WriteReport": [
            {"report": "dossier", "uid": uid, "level": "internal", "language": "fr", "format": "html", **days}
        ],
        "WriteLetter": [
            {
                "uid": uid,
                "kind": "note_verbale",
                "state": "CMR",
                "language": "ar",
                "sender": "x",
                "counterpart": "C1",
                "names": True,
                "place": True,
                "text": "x",
                "days": 2**32 - 1,
                "format": "html",
            }
        ],
        "ImportCases": [{"content": b"case_id,event_no"}, {"sha256": b"x" * 32}],
        "ExportCases": [{"uids": [uid]}],
        "ListEndings": [{}],
        "ListRemains": [{}],
        "ListJointCandidates": [{"uid": uid}],
        "GetJointBoard": [{"uid": uid}],
        "ConfirmJoint": [{"uid": uid, "member": "aid-b", "member_ref": "b" * 16}],
        "WithdrawJoint": [{"uid": uid, "member": "aid-b", "member_ref": "b" * 16}],
    }


def outcome(call: Call, wires: list[bytes], desk: object) -> str:
    """The reason of a refusal, or `answered`; anything else breaks the test."""
    try:
        request_id_of(wires[0])
        found: Any = call.answer(iter(wires) if call.uploads else wires[0], desk)
        for one in found if call.streams else [found]:
            one.SerializeToString()
    except (CaseworkError, CryptoError) as error:
        return error.reason
    return "answered"


@pytest.fixture
def ask(desk: SignIn, public_halves: None) -> Callable[[str, list[bytes]], str]:  # noqa: ARG001 - they are there
    owner = desk("accountability_officer")
    return lambda name, wires: outcome(CALLS[name], wires, owner)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_no_flipped_bit_of_a_request_ends_in_anything_but_an_answer_or_a_reason(
    desk: SignIn, ask: Callable[[str, list[bytes]], str], name: str
) -> None:
    desk("approver")
    owner = desk("accountability_officer")
    uid = owner.open_case(opening())
    owner.say(uid, said("counterpart_added", counterpart="C1", authority="police", state="CMR"))
    owner.add_evidence(uid, photograph(), [b"found"])
    parts = complete(uid)[name]
    wires = [KINDS[name](request_id=ID, **part).SerializeToString() for part in parts]

    ask(name, wires)
    for at, whole in enumerate(wires):
        for _, flipped in flips(whole):
            assert ask(name, [*wires[:at], flipped, *wires[at + 1 :]]) != CaseworkError.reason
        for length in range(len(whole)):
            assert ask(name, [*wires[:at], whole[:length], *wires[at + 1 :]]) != CaseworkError.reason


def _value(field: Field, text: str) -> Value:
    """A value as it comes over the line, whether it fits or not."""
    try:
        return parse_value(field, text)
    except FieldError:
        return date.fromisoformat(text) if field.form == "day" else text


@pytest.mark.parametrize("day", ["0001-01-01", "1900-01-01", "1969-12-31", "2999-12-31", "9999-12-31"])
def test_days_at_the_ends_of_time_are_answered_or_refused(
    desk: SignIn, ask: Callable[[str, list[bytes]], str], day: str
) -> None:
    owner = desk("accountability_officer")
    uid = owner.open_case(opening())
    owner.say(
        uid,
        said("detention_started", detention="D1", persons=("P1",), state="CMR"),
        said("person_added", person="P1", harm=("detained",), cause="violence"),
    )
    for kind, field in (("task_set", "due"), ("hearing_set", "day"), ("limitation_set", "ends_on")):
        planned = {
            "text": "x",
            "id": "X1",
            "day": day,
            "span": day,
            "count": "1",
            "state": "CMR",
            "states": "CMR",
        }
        fields = {
            name: _value(one, next(iter(codes(one.codes)), "") if one.codes else planned.get(one.form, "X1"))
            for name, one in kinds()[kind].fields.items()
            if one.required or name == field or one.form in {"day", "span"}
        }
        act = KINDS["Act"](
            request_id=ID, uid=uid, statements=[encode_statement(said(kind, "2026-02-20", **fields))]
        )
        written = "1900" <= day <= "2999-12-31"
        assert ask("Act", [act.SerializeToString()]) == ("answered" if written else "CASE_FIELD_INVALID")
    for name in ("GetFigures", "WriteReport"):
        fields = {**complete(uid)[name][0], "valid_as_of": day, "known_as_of": day}
        for report in ("dossier", "state", "worklist", "ageing", "yearly", "detention"):
            more = {"report": report, "state": "CMR"} if name == "WriteReport" else {}
            wire = KINDS[name](request_id=ID, **{**fields, **more}).SerializeToString()
            assert ask(name, [wire]) != CaseworkError.reason
    far = encode_statement(said("note", day, text="x"))
    for name, field in (("Act", "statements"), ("OpenCase", "opening")):
        value: Any = [far] if name == "Act" else encode_statement(opening())
        wire = KINDS[name](request_id=ID, **{**complete(uid)[name][0], field: value}).SerializeToString()
        assert ask(name, [wire]) != CaseworkError.reason
