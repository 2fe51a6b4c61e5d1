"""The contract as somebody beside the line knows it: every call, message and field, and what is signed or opened in it.

Every call, message and field has its place here. What has none fails: whoever adds one says here what it may hold.
"""

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from node.directory import Member
from tests.support.wiretap import Headers
from tocsin.node.v1 import (
    alert_pb2,
    alert_service_pb2,
    case_status_service_pb2,
    coordinator_service_pb2,
    envelope_pb2,
    exchange_service_pb2,
    matching_pb2,
    matching_service_pb2,
    receipt_pb2,
    record_pb2,
    release_service_pb2,
    sharing_pb2,
    sharing_service_pb2,
    total_service_pb2,
    witness_service_pb2,
)

CANARIES = (b"Alphaname", b"Bandname", b"sender@", b"+000 000")  # words of narratives, of actors, of persons
FIELDS = {
    "GetCheckpointRequest": "request_id origin_id",
    "GetCheckpointResponse": "checkpoint",
    "WatchCheckpointsRequest": "request_id origin_id",
    "WatchCheckpointsResponse": "checkpoint",
    "ListEntriesRequest": "request_id origin_id page_size page_token",
    "ListEntriesResponse": "entries next_page_token consistency_proof",
    "GetConsistencyProofRequest": "request_id origin_id old_size new_size",
    "GetConsistencyProofResponse": "hashes",
    "ConfirmReceiptRequest": "request_id origin_id receipt",
    "ConfirmReceiptResponse": "",
    "SubscribeRequest": "request_id after_sequence countries means",
    "SubscribeResponse": "envelope entry",
    "AcknowledgeRequest": "request_id sequence",
    "AcknowledgeResponse": "",
    "Entry": "leaf envelope openings",
    "Envelope": "payload payload_type signatures",
    "Signature": "sig keyid",
    "Openings": "depths salts values nexts",
    "IncidentRecord": "record_uid origin_id revision supersedes_leaf ladder_schema heads label supersedes_index "
    "purpose stands_for",
    "StandsFor": "index leaf",
    "Retraction": "record_uid origin_id revision target_leaf target_index reason purge",
    "Alert": "alert_uid origin_id sequence kind record_uid leaf_hash log_index issue_time expire_time log_by_time "
    "advice reviewed",
    "Receipt": "receiver_id origin_id log_size root_hash issue_time refusals passed_on",
    "Refusal": "log_index reason",
    "PassedOn": "log_index member_id pass_time stop_index",
    "ListChartersRequest": "request_id page_size page_token",
    "ListChartersResponse": "charters next_page_token",
    "Charter": "owner_id audience_uid version name members tier countries purposes members_hidden issue_time",
    "CreateShareRequestRequest": "request_id share_request",
    "CreateShareRequestResponse": "share_request",
    "ListShareRequestsRequest": "request_id page_size page_token",
    "ListShareRequestsResponse": "share_requests next_page_token",
    "CancelShareRequestRequest": "request_id share_request_id",
    "CancelShareRequestResponse": "share_request",
    "ShareRequest": "request_id record_uid log_index purpose wanted note note_reviewed state reason granted "
    "create_time update_time",
    "DimensionLevel": "dimension level",
    "AddCheckpointRequest": "request_id old_size consistency_proof checkpoint",
    "AddCheckpointResponse": "cosignature",
    "ListCheckpointsRequest": "request_id known",
    "ListCheckpointsResponse": "checkpoints forks more",
    "GetNetworkRequest": "request_id known",
    "GetNetworkResponse": "document",
    "ListCaseDocumentsRequest": "request_id to_caller after page_size of_caller",
    "ListCaseDocumentsResponse": "documents last of_caller",
    "CaseDocument": "place envelope",
    "AnswerQueryRequest": "request_id query",
    "AnswerQueryResponse": "columns rows remarks",
    "AnswerRow": "cells",
    "AnswerCell": "text number fraction",
    "AnswerRemark": "name text",
    "ListCubesRequest": "request_id",
    "ListCubesResponse": "cubes",
    "GiveAggregateRequest": "request_id box",
    "GiveAggregateResponse": "",
    "ListTotalsRequest": "request_id",
    "ListTotalsResponse": "totals",
    "DeclaredTotal": "declaration outcomes",
    "TellTotalRequest": "request_id declaration",
    "TellTotalResponse": "",
    "GiveShareRequest": "request_id box",
    "GiveShareResponse": "",
    "SettleTotalRequest": "request_id total_id papers",
    "SettleTotalResponse": "papers",
    "SettlingPapers": "held sum outcome",
    "ProposeMatchRequest": "request_id own other",
    "ProposeMatchResponse": "",
    "CommitStepRequest": "request_id match_id step commitment stop",
    "CommitStepResponse": "commitment stop",
    "RevealStepRequest": "request_id match_id step shown",
    "RevealStepResponse": "shown",
    "ListVerdictsRequest": "request_id tokens",
    "ListVerdictsResponse": "verdicts",
    "RecordName": "origin_id record_uid log_index",
    "StepOpening": "dimension salts values next nonce",
    "Verdict": "own other judgement ground number issue_time",
    "Timestamp": "seconds nanos",
}
"""Each message that may go over a line, with every field that it may have."""
CALLS: Mapping[str, tuple[type[Message], type[Message]]] = {
    f"/tocsin.node.v1.{service}/{call}": (
        getattr(module, f"{call}Request"),
        getattr(module, f"{call}Response"),
    )
    for service, module, calls in (
        (
            "ExchangeService",
            exchange_service_pb2,
            "GetCheckpoint ListEntries GetConsistencyProof ConfirmReceipt WatchCheckpoints",
        ),
        ("AlertService", alert_service_pb2, "Subscribe Acknowledge"),
        (
            "SharingService",
            sharing_service_pb2,
            "ListCharters CreateShareRequest ListShareRequests CancelShareRequest",
        ),
        ("WitnessService", witness_service_pb2, "AddCheckpoint ListCheckpoints GetNetwork"),
        ("MatchingService", matching_service_pb2, "ProposeMatch CommitStep RevealStep ListVerdicts"),
        ("CaseStatusService", case_status_service_pb2, "ListCaseDocuments"),
        ("CoordinatorService", coordinator_service_pb2, "AnswerQuery"),
        ("ReleaseService", release_service_pb2, "ListCubes GiveAggregate"),
        ("TotalService", total_service_pb2, "ListTotals TellTotal GiveShare SettleTotal"),
    )
    for call in calls.split()
}
"""Each call that a member may make, with what it asks and what it is told."""
# A signed note says the name of a log, its size, its root and who signed it (C2SP signed-note): nothing of a record.
NOTE = re.compile(
    rb"([a-z0-9./-]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n)?(\xe2\x80\x94 [a-z0-9./-]+ [A-Za-z0-9+/]+=*\n)*"
)
# Padding is not among them: whoever is told which leaves it is can count the records that they are not shown.
PAYLOADS: Mapping[str, type[Message]] = {
    "incident": record_pb2.IncidentRecord,
    "retraction": record_pb2.Retraction,
    "alert": alert_pb2.Alert,
    "receipt": receipt_pb2.Receipt,
    "charter": sharing_pb2.Charter,
    "verdict": matching_pb2.Verdict,
}
# What may be told of a case (casework 5.6), and to whom a paper with the field `member` goes: to that member alone.
CASE_DOCUMENTS = {
    "case-status": "public_ref joint_ref number host_state incident_quarter category employer persons stages "
    "public_status impunity best_reply months_since_event flags match_tokens definition issued expires",
    "case-status-revocation": "public_ref number issued",
    "joint-case": "joint_ref public_ref member member_ref number issued",
    "joint-case-withdrawal": "public_ref member member_ref number issued",
    "joint-answer": "joint_ref public_ref member document kind on reference",
}
CASE_WORD = re.compile(
    r"[A-Za-z0-9_+.-]*"
)  # codes, digits, months and quarters; no sentence, no name of several words
DIMENSIONS = ("when", "where", "what", "victims", "target", "actor", "certainty")


def check_headers(said: Headers) -> None:
    """Check one block of headers or trailers."""
    for name, value in said.fields:
        size = name == "tocsin-witnessed-size" and value.isdecimal()
        assert size or name.startswith((":", "grpc-")) or name in {"content-type", "te", "user-agent"}, name
        check_bytes(value.encode())


def check_bytes(wire: bytes) -> None:
    """Look for words that never leave."""
    for canary in CANARIES:
        assert canary not in wire, f"R8, R9: {canary!r}"


def check_fields(message: Message) -> None:
    """Check that a message and all in it have the fields that the contract knows."""
    name = message.DESCRIPTOR.name
    assert not len(UnknownFieldSet(message)), f"{name} holds a field that the contract does not know"
    assert [one.name for one in message.DESCRIPTOR.fields] == FIELDS[name].split(), (
        f"{name}: say in tests/support/contract.py what its new fields may hold"
    )
    for one, value in message.ListFields():
        if one.message_type is not None:
            for part in value if one.is_repeated else (value,):
                check_fields(part)


def signed(wire: bytes, sender: Member) -> Message:
    """What an envelope holds, if the sender has signed it with its key of today (DSSE v1)."""
    kind, payload = _opened_envelope(wire, sender)
    found = re.fullmatch(r"application/vnd\.tocsin\.(\w+)\.v1\+protobuf", kind)
    assert found
    message = PAYLOADS[found[1]].FromString(payload)
    check_fields(message)
    return message


def check_case_document(wire: bytes, sender: Member, reader: Member) -> str:
    """Check what is said of a case; gives what kind of document it is."""
    kind, payload = _opened_envelope(wire, sender)
    found = re.fullmatch(r"application/vnd\.tocsin\.([a-z-]+)\.v1\+json", kind)
    assert found
    said = json.loads(payload)
    assert list(said) == CASE_DOCUMENTS[found[1]].split(), f"{found[1]} says more or less than it may"
    assert said.get("member", reader.org_id) == reader.org_id, "a joint paper for somebody else"
    assert said.get("category") != "sexual_violence", "R14: sexual violence leaves in statistics alone"
    for word in _words(said):
        assert CASE_WORD.fullmatch(word), f"a summary says {word!r}"
    return found[1]


def _words(said: Any) -> Iterator[str]:
    if isinstance(said, dict | list):
        for one in said.values() if isinstance(said, dict) else said:
            yield from _words(one)
    else:
        yield str(said)


def _opened_envelope(wire: bytes, sender: Member) -> tuple[str, bytes]:
    """Type and payload of an envelope, if the sender has signed it with its key of today (DSSE v1)."""
    envelope = envelope_pb2.Envelope.FromString(wire)
    check_fields(envelope)
    kind, payload = envelope.payload_type, envelope.payload
    (signature,) = envelope.signatures
    pae = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
    Ed25519PublicKey.from_public_bytes(sender.signing_keys[0].public_key).verify(signature.sig, pae)
    return kind, payload


def opened_values(
    record: record_pb2.IncidentRecord, openings: envelope_pb2.Openings
) -> Iterator[tuple[str, ...]]:
    """The values of each dimension, walked back to its signed head (docs/formats.md)."""
    salts, values, nexts = openings.salts, list(openings.values), openings.nexts
    for number, name in enumerate(DIMENSIONS):
        depth = openings.depths[number] if number < len(openings.depths) else 0
        shown, values = values[:depth], values[depth:]
        if depth:
            end, nexts = nexts[:32], nexts[32:]
            for level in reversed(range(depth)):
                salt, value = salts[16 * level : 16 * level + 16], shown[level]
                before = b"slt-ladder/v1\0" + record.record_uid + bytes([len(name)]) + name.encode()
                size = len(value).to_bytes(4, "big")
                end = sha256(before + bytes([level]) + salt + size + value + end).digest()
            assert end == record.heads[number], f"{name}: is not what was signed"
            salts = salts[16 * depth :]
        yield tuple(value.decode() for value in shown)
    assert not salts
    assert not values
    assert not nexts
