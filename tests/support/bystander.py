"""Somebody beside the line who knows the contract and the words of the rules, and nothing of the code that decides.

Every call, message and field of the contract has its place here. What has none fails: whoever adds one has to say here
what it may hold.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from node.audience import Purpose, Tier
from node.directory import Member
from node.model import Custody, Incident, Outcome
from node.rules import Override
from node.signed import Label
from tests.support.wiretap import Headers, Line
from tocsin.node.v1 import (
    alert_pb2,
    alert_service_pb2,
    case_status_service_pb2,
    envelope_pb2,
    exchange_service_pb2,
    receipt_pb2,
    record_pb2,
    sharing_pb2,
    sharing_service_pb2,
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
    "PassedOn": "log_index member_id pass_time",
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
    "ListCaseDocumentsRequest": "request_id to_caller after page_size",
    "ListCaseDocumentsResponse": "documents last",
    "CaseDocument": "place envelope",
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
        ("WitnessService", witness_service_pb2, "AddCheckpoint"),
        ("CaseStatusService", case_status_service_pb2, "ListCaseDocuments"),
    )
    for call in calls.split()
}
"""Each call that a member may make, with what it asks and what it is told."""
# A signed note says the name of a log, its size, its root and who signed it (C2SP signed-note): nothing of a record.
NOTE = re.compile(
    rb"([a-z0-9./-]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n)?(\xe2\x80\x94 [a-z0-9./-]+ [A-Za-z0-9+/]+=*\n)*"
)
PAYLOADS: Mapping[str, type[Message]] = {
    "incident": record_pb2.IncidentRecord,
    "retraction": record_pb2.Retraction,
    "alert": alert_pb2.Alert,
    "receipt": receipt_pb2.Receipt,
    "charter": sharing_pb2.Charter,
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
# The table of docs/sharing.md: how many levels each tier sees of each dimension.
TABLE = {
    Tier.PUBLIC: (1, 1, 2, 2, 0, 0, 1),
    Tier.PEER: (2, 2, 2, 2, 1, 1, 2),
    Tier.COORDINATOR: (3, 3, 4, 4, 2, 3, 2),
}
BROAD = {"un", "ngo", "ingo", "nngo", "io", "rcrc", "nngo_or_rcrc", "ngo_or_rcrc", "other"}
# Where a label ends (TLP 2.0); what is RED is for named members.
COARSEST = {
    Label.AMBER_STRICT: Tier.COORDINATOR,
    Label.AMBER: Tier.COORDINATOR,
    Label.GREEN: Tier.PEER,
    Label.CLEAR: Tier.PUBLIC,
}


NOTHING_SAID = Override()


@dataclass
class Group:
    """Who belongs to an audience: since which moment of the day, and which old records were given to them."""

    owner: str
    countries: frozenset[str]
    hidden: bool
    members: dict[str, tuple[int, str]]

    def gives(self, reader: str, told: "Told", shared: int) -> bool:
        """Whether a record that was first shared with it at a moment may go to somebody because they belong to it."""
        if reader not in self.members or (
            self.countries and told.incident.where.country not in self.countries
        ):
            return False
        joined, old = self.members[reader]
        if shared >= joined or old == "all":
            return True
        return old != "none" and told.incident.when.latest >= date.fromisoformat(old)


@dataclass
class Told:
    """What people decided about one record, and what the policy of its organization says."""

    owner: str
    incident: Incident
    purpose: Purpose
    rcrc_consents: bool
    agreed: tuple[str, str]  # with which member, for which country: the place down to the point
    tiers: frozenset[Tier] = frozenset()
    members: frozenset[str] = frozenset()
    groups: dict[str, int] = field(
        default_factory=dict
    )  # audiences by name, and when it was first shared with each
    grants: dict[str, tuple[int, ...]] = field(
        default_factory=dict
    )  # levels that a member asked for and was granted
    said: Override = NOTHING_SAID
    gone: bool = False  # called back, or withdrawn


class Bystander:
    """Holds lines against what was told of each record.

    It counts messages (`heard`), records that were opened (`seen`), those down to the point (`points`) and those
    that somebody might see because of an audience (`grouped`).
    """

    def __init__(self, told: Mapping[bytes, Told], groups: Mapping[str, Group]) -> None:
        self.heard: Counter[str] = Counter()
        self.seen: Counter[Tier] = Counter()
        self.points = 0
        self.grouped = 0
        self._told = told
        self._groups = groups
        self._asked: dict[str, str] = {}  # who asked, by the id of the request

    def listen(self, line: Line, members: Mapping[str, Member], today: date) -> None:
        """Check everything that two members said to each other.

        Raises:
            AssertionError: A rule was broken, or there is something that nobody can account for.
        """
        callers = members[line.caller], members[line.callee]
        calls: dict[int, str] = {}
        opened: Counter[bytes] = Counter()
        for said in line.requests():
            if isinstance(said, Headers):
                _check_headers(said)
                calls[said.stream] = dict(said.fields)[":path"]
                assert calls[said.stream] in CALLS, f"{calls[said.stream]} is no call that anybody told of"
            else:
                self._message(CALLS[calls[said.stream]][0], said.wire, callers, today)
        for said in line.answers():
            if isinstance(said, Headers):
                _check_headers(said)
            else:
                opened.update(self._message(CALLS[calls[said.stream]][1], said.wire, callers[::-1], today))

    def _message(
        self, kind: type[Message], wire: bytes, sides: tuple[Member, Member], today: date
    ) -> list[bytes]:
        """Check one message from one member to another; gives what was opened in it, by record."""
        _check_bytes(wire)
        message: Any = kind()
        message.ParseFromString(wire)
        _check_fields(message)
        self.heard[kind.DESCRIPTOR.name] += 1
        sender, reader = sides
        entries, opened = [], []
        assert NOTE.fullmatch(getattr(message, "checkpoint", b"") + getattr(message, "cosignature", b""))
        self._sharing(message, sender, reader)
        match message:
            case case_status_service_pb2.ListCaseDocumentsResponse():
                for document in message.documents:
                    self.heard[_case_document(document.envelope, sender, reader)] += 1
            case exchange_service_pb2.ListEntriesResponse():
                entries = list(message.entries)
                opened = [uid for entry in entries if (uid := self._entry(entry, sender, reader, today))]
                assert len(set(opened)) == len(opened), "R18: an old version is opened beside the new one"
            case exchange_service_pb2.ConfirmReceiptRequest():
                receipt = _signed(message.receipt, sender)
                assert isinstance(receipt, receipt_pb2.Receipt)
                assert (receipt.receiver_id, receipt.origin_id) == (sender.org_id, reader.org_id)
            case alert_service_pb2.SubscribeResponse() if message.envelope:
                alert = _signed(message.envelope, sender)
                assert isinstance(alert, alert_pb2.Alert)
                assert alert.reviewed or not alert.advice, "R9: words that nobody has read again"
                if message.entry:
                    opened = [self._entry(message.entry, sender, reader, today)]
                    assert opened == [alert.record_uid], "an alert for somebody who may not see its record"
        return opened

    def _sharing(self, message: Any, sender: Member, reader: Member) -> None:
        """Check what is said of audiences and share requests."""
        match message:
            case sharing_service_pb2.CreateShareRequestRequest():
                self._asked[message.request_id] = sender.org_id
                self._request(message.share_request, sender, answered=False)
            case sharing_service_pb2.CreateShareRequestResponse():
                self._request(message.share_request, reader, answered=True)
            case sharing_service_pb2.ListShareRequestsResponse():
                for share_request in message.share_requests:
                    self._request(share_request, reader, answered=True)
            case sharing_service_pb2.ListChartersResponse():
                for charter in message.charters:
                    self._charter(_signed(charter, sender), sender, reader)
            case _:
                pass

    def _request(self, request: sharing_pb2.ShareRequest, asker: Member, *, answered: bool) -> None:
        """Check that a request tells what its asker knew, and an answer to it no more than what was decided."""
        assert self._asked[request.request_id] == asker.org_id, "somebody learns what another asked"
        assert request.note_reviewed or not request.note, "R9: words that nobody has read again"
        assert bool(request.state) == answered
        assert bool(request.granted) <= (request.state == sharing_pb2.SHARE_REQUEST_STATE_GRANTED)
        if request.granted:
            assert asker.org_id in self._told[request.record_uid].grants, "told of a grant that nobody made"
            self.heard["grants"] += 1

    def _charter(self, charter: Message, sender: Member, reader: Member) -> None:
        """Check what a member is told of an audience: only that it belongs, and who else only if that is not hidden."""
        assert isinstance(charter, sharing_pb2.Charter)
        self.heard["Charter"] += 1
        group = self._groups[charter.name]
        assert charter.owner_id == group.owner == sender.org_id
        assert charter.members_hidden == group.hidden
        assert frozenset(charter.countries) == group.countries
        assert reader.org_id in group.members, "somebody learns of an audience that it does not belong to"
        known = {reader.org_id} if group.hidden else set(group.members)
        assert set(charter.members) == known, "somebody learns who else belongs"

    def _entry(self, wire: bytes, sender: Member, reader: Member, today: date) -> bytes:
        """Check an entry of a log; gives the record that it opens, or nothing."""
        entry = record_pb2.Entry.FromString(wire)
        _check_fields(entry)
        if not entry.HasField("envelope"):
            assert len(entry.leaf) == 128
            assert not entry.HasField("openings")
            return b""
        record = _signed(entry.envelope.SerializeToString(), sender)
        assert isinstance(record, record_pb2.IncidentRecord | record_pb2.Retraction)
        assert record.origin_id == sender.org_id, "R5: passed on"
        if not entry.HasField("openings"):
            return b""
        assert isinstance(record, record_pb2.IncidentRecord)
        told = self._told[record.record_uid]
        assert told.owner == sender.org_id, "R5: passed on"
        values = dict(zip(DIMENSIONS, _opened(record, entry.openings), strict=True))
        self.seen[reader.tier] += 1
        self.points += len(values["where"]) == 4
        grouped = {
            name
            for name, shared in told.groups.items()
            if self._groups[name].gives(reader.org_id, told, shared)
        }
        self.grouped += bool(grouped)
        named = bool(grouped) or reader.org_id in told.members or reader.org_id in told.grants
        _check_whether(told, reader, record.label, today, named=named)
        assert record_pb2.Purpose.Name(record.purpose) == f"PURPOSE_{told.purpose.name}", (
            "R16: names another purpose"
        )
        _check_how_finely(told, reader, tuple(map(len, values.values())))
        _check_values(told, values)
        return record.record_uid


def _check_headers(said: Headers) -> None:
    for name, value in said.fields:
        assert name.startswith((":", "grpc-")) or name in {"content-type", "te", "user-agent"}, name
        _check_bytes(value.encode())


def _check_bytes(wire: bytes) -> None:
    for canary in CANARIES:
        assert canary not in wire, f"R8, R9: {canary!r}"


def _check_fields(message: Message) -> None:
    name = message.DESCRIPTOR.name
    assert not len(UnknownFieldSet(message)), f"{name} holds a field that the contract does not know"
    assert [one.name for one in message.DESCRIPTOR.fields] == FIELDS[name].split(), (
        f"{name}: say in tests/support/bystander.py what its new fields may hold"
    )
    for one, value in message.ListFields():
        if one.message_type is not None:
            for part in value if one.is_repeated else (value,):
                _check_fields(part)


def _signed(wire: bytes, sender: Member) -> Message:
    """What an envelope holds, if the sender has signed it with its key of today (DSSE v1)."""
    kind, payload = _opened_envelope(wire, sender)
    found = re.fullmatch(r"application/vnd\.tocsin\.(\w+)\.v1\+protobuf", kind)
    assert found
    message = PAYLOADS[found[1]].FromString(payload)
    _check_fields(message)
    return message


def _case_document(wire: bytes, sender: Member, reader: Member) -> str:
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
    _check_fields(envelope)
    kind, payload = envelope.payload_type, envelope.payload
    (signature,) = envelope.signatures
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload)
    Ed25519PublicKey.from_public_bytes(sender.signing_keys[0].public_key).verify(signature.sig, signed)
    return kind, payload


def _opened(record: record_pb2.IncidentRecord, openings: envelope_pb2.Openings) -> Iterator[tuple[str, ...]]:
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


def _check_whether(told: Told, reader: Member, label: int, today: date, *, named: bool) -> None:
    """Check that the record may be opened to a member at all, by the text of the rules."""
    incident, tier = told.incident, reader.tier
    assert not told.gone, "R18: what was called back is still opened"
    assert named or any(one <= tier for one in told.tiers), "R1"
    assert label, "R3: no label"
    asked = told.said.label
    if asked is not None:
        assert label <= asked, "R3: a wider label than was said"
        assert named or (asked in COARSEST and tier >= COARSEST[asked]), "R3: further than its label says"
    assert not incident.sensitive, "R8, R14"
    assert incident.means != "rape_sexual_assault", "R14"
    assert not incident.count(Outcome.SEXUALLY_ASSAULTED), "R14"
    if not told.said.captivity_released:
        assert incident.custody is not Custody.ONGOING, "R15"
        captured = incident.count(Outcome.ABDUCTED) + incident.count(Outcome.DETAINED)
        if captured and incident.custody is Custody.UNKNOWN:
            assert (today - incident.when.latest).days >= 365, "R15"
    if tier is Tier.PUBLIC:
        assert (today - incident.when.latest).days > 30, "R11: too early"
    assert not told.said.held, "P3"


def _check_how_finely(told: Told, reader: Member, depths: tuple[int, ...]) -> None:
    most = list(TABLE[reader.tier])
    if (
        told.purpose is Purpose.ADVOCACY and reader.tier is not Tier.PUBLIC
    ):  # R16: for the public alone, and what it may see everybody may
        assert Tier.PUBLIC in told.tiers, "R16"
        most = list(TABLE[Tier.PUBLIC])
    if told.incident.where.country == "KEN":
        most[:2] = min(most[0], 2), min(most[1], 2)  # P1
    elif told.agreed == (reader.org_id, told.incident.where.country):
        most[1] = 4  # P2
    if reader.org_id in told.grants:  # P4
        most = [max(depth, level + 1) for depth, level in zip(most, told.grants[reader.org_id], strict=True)]
    for name, depth, allowed, said in zip(DIMENSIONS, depths, most, told.said.levels, strict=True):
        assert depth <= allowed, f"R3, R6, R8, R10, R11, R17, P1: {name}"
        assert depth <= said + 1, f"P3: {name}"


def _check_values(told: Told, values: Mapping[str, tuple[str, ...]]) -> None:
    """Check that no value tells more than its level may."""
    for value, form in zip(values["when"], (r"\d{4}", r"\d{4}-\d\d", r"\d{4}-\d\d-\d\d"), strict=False):
        assert re.fullmatch(form, value), "R11"
    for level, value in enumerate(values["where"]):
        assert value.count("/") == level, "R10"
    for value, form in zip(values["victims"], (r"[\d+-]+", r"[^/]*", r"[^/]*(/[^/]*)*"), strict=False):
        assert re.fullmatch(form, value), "R8"
    target = " ".join(values["target"]).lower()
    assert told.rcrc_consents or "rcrc" not in target, "R7"
    assert set(filter(None, re.split(r"[ +;=\d]", target))) <= BROAD, "R6"
