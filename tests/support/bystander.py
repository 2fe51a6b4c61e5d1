"""Somebody beside the line who knows the contract and the words of the rules, and nothing of the code that decides."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from google.protobuf.message import Message

from node.audience import Tier
from node.directory import Member
from tests.support.contract import (
    CALLS,
    DIMENSIONS,
    NOTE,
    check_bytes,
    check_case_document,
    check_fields,
    check_headers,
    opened_values,
    signed,
)
from tests.support.rule_texts import Group, Told, check_how_finely, check_values, check_whether
from tests.support.wiretap import Headers, Line
from tocsin.node.v1 import (
    alert_pb2,
    alert_service_pb2,
    case_status_service_pb2,
    envelope_pb2,
    exchange_service_pb2,
    matching_pb2,
    matching_service_pb2,
    receipt_pb2,
    record_pb2,
    sharing_pb2,
    sharing_service_pb2,
    total_service_pb2,
    witness_service_pb2,
)


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
                check_headers(said)
                calls[said.stream] = dict(said.fields)[":path"]
                assert calls[said.stream] in CALLS, f"{calls[said.stream]} is no call that anybody told of"
            else:
                self._message(CALLS[calls[said.stream]][0], said.wire, callers, today)
        for said in line.answers():
            if isinstance(said, Headers):
                check_headers(said)
            else:
                opened.update(self._message(CALLS[calls[said.stream]][1], said.wire, callers[::-1], today))

    def _message(
        self, kind: type[Message], wire: bytes, sides: tuple[Member, Member], today: date
    ) -> list[bytes]:
        """Check one message from one member to another; gives what was opened in it, by record."""
        check_bytes(wire)
        message: Any = kind()
        message.ParseFromString(wire)
        check_fields(message)
        self.heard[kind.DESCRIPTOR.name] += 1
        sender, reader = sides
        entries, opened = [], []
        assert NOTE.fullmatch(getattr(message, "checkpoint", b"") + getattr(message, "cosignature", b""))
        self._sharing(message, sender, reader)
        self._matching(message, sender, reader)
        _check_witnessing(message, sender)
        _check_totals(message, sender, reader)
        match message:
            case case_status_service_pb2.ListCaseDocumentsResponse():
                for document in message.documents:
                    if message.of_caller:
                        self.heard["shown " + check_case_document(document.envelope, reader, sender)] += 1
                    else:
                        self.heard[check_case_document(document.envelope, sender, reader)] += 1
            case exchange_service_pb2.ListEntriesResponse():
                entries = list(message.entries)
                opened = [uid for entry in entries if (uid := self._entry(entry, sender, reader, today))]
                assert len(set(opened)) == len(opened), "R18: an old version is opened beside the new one"
            case exchange_service_pb2.ConfirmReceiptRequest():
                receipt = signed(message.receipt, sender)
                assert isinstance(receipt, receipt_pb2.Receipt)
                assert (receipt.receiver_id, receipt.origin_id) == (sender.org_id, reader.org_id)
            case alert_service_pb2.SubscribeResponse() if message.envelope:
                alert = signed(message.envelope, sender)
                assert isinstance(alert, alert_pb2.Alert)
                assert alert.reviewed or not alert.advice, "R9: words that nobody has read again"
                if message.entry:
                    opened = [self._entry(message.entry, sender, reader, today)]
                    assert opened == [alert.record_uid], "an alert for somebody who may not see its record"
            case _:
                pass
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
                    self._charter(signed(charter, sender), sender, reader)
            case _:
                pass

    def _matching(self, message: Any, sender: Member, reader: Member) -> None:
        """Check what is said to find out whether two records are of one event."""
        match message:
            case matching_service_pb2.ListVerdictsResponse():
                for envelope in message.verdicts:
                    verdict = signed(envelope, sender)
                    assert isinstance(verdict, matching_pb2.Verdict)
                    assert verdict.own.origin_id == sender.org_id, "R5: a verdict of another is handed on"
            case matching_service_pb2.ProposeMatchRequest():
                owners = message.own.origin_id, message.other.origin_id
                assert owners == (sender.org_id, reader.org_id), "somebody proposes the record of another"
            case matching_service_pb2.RevealStepRequest() | matching_service_pb2.RevealStepResponse():
                # When, where, what and victims down to day, district, means and outcome; more is never compared.
                assert message.shown.dimension < 4
                assert len(message.shown.values) <= (3, 3, 2, 2)[message.shown.dimension]
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
        check_fields(entry)
        if not entry.HasField("envelope"):
            assert len(entry.leaf) == 128
            assert not entry.HasField("openings")
            return b""
        record = signed(entry.envelope.SerializeToString(), sender)
        assert isinstance(record, record_pb2.IncidentRecord | record_pb2.Retraction)
        assert record.origin_id == sender.org_id, "R5: passed on"
        if not entry.HasField("openings"):
            return b""
        assert isinstance(record, record_pb2.IncidentRecord)
        told = self._told[record.record_uid]
        assert told.owner == sender.org_id, "R5: passed on"
        values = dict(zip(DIMENSIONS, opened_values(record, entry.openings), strict=True))
        self.seen[reader.tier] += 1
        self.points += len(values["where"]) == 4
        grouped = {
            name
            for name, shared in told.groups.items()
            if self._groups[name].gives(reader.org_id, told, shared)
        }
        self.grouped += bool(grouped)
        named = bool(grouped) or reader.org_id in told.members or reader.org_id in told.grants
        check_whether(told, reader, record.label, today, named=named)
        assert record_pb2.Purpose.Name(record.purpose) == f"PURPOSE_{told.purpose.name}", (
            "R16: names another purpose"
        )
        check_how_finely(told, reader, tuple(map(len, values.values())))
        check_values(told, values)
        return record.record_uid


def _check_totals(message: Any, sender: Member, reader: Member) -> None:
    """Check what is said of private totals: to whom they are told, and that nobody beside the line sees a share."""
    match message:
        case total_service_pb2.ListTotalsResponse():
            for told in message.totals:
                declared = json.loads(envelope_pb2.Envelope.FromString(told.declaration).payload)
                assert reader.org_id in {*declared["group"], *declared["servers"]}, (
                    "R5: a total for somebody else"
                )
                assert sender.org_id in declared["servers"]
                for outcome in told.outcomes:
                    said = envelope_pb2.Envelope.FromString(outcome).payload
                    assert not any(f'"{name}"'.encode() in said for name in declared["group"]), "R6: who gave"
        case total_service_pb2.GiveShareRequest():
            assert sender.org_id.encode() not in message.box
            assert b"total" not in message.box
        case total_service_pb2.SettleTotalRequest():
            held = envelope_pb2.Envelope.FromString(message.papers.held).payload
            assert not held or json.loads(held)["server"] == sender.org_id
        case _:
            pass


def _check_witnessing(message: Any, sender: Member) -> None:
    """Check what is said of logs: whose each is, its size, hashes, and who has signed that."""
    match message:
        case witness_service_pb2.AddCheckpointRequest():
            # What a witness sees of casework (R19), and of records: whose log it is, its size, hashes.
            name, size, *_ = message.checkpoint.split(b"\n")
            logs = {b"tocsin/%b/%b" % (sender.org_id.encode(), log) for log in (b"casework-audit", b"log")}
            assert name in logs
            assert 0 <= message.old_size <= int(size)
            assert {len(one) for one in message.consistency_proof} <= {32}
        case witness_service_pb2.ListCheckpointsRequest():
            assert {len(one) for one in message.known} <= {16}
        case witness_service_pb2.GetNetworkRequest():
            assert len(message.known) == 32
        case witness_service_pb2.GetNetworkResponse():
            assert not message.document, "everybody holds the same directory"
        case witness_service_pb2.ListCheckpointsResponse():
            # What is told of logs: whose each is, its size, hashes; that of casework is told to nobody else.
            assert all(NOTE.fullmatch(one) for one in message.checkpoints)
            assert all(one.split(b"\n")[0].endswith(b"/log") for one in message.checkpoints)
            assert not message.forks, "nobody has told two stories"
        case witness_service_pb2.AddCheckpointResponse():
            dash, name, *_ = message.cosignature.split()
            assert (dash.decode(), name) == ("\u2014", b"tocsin/%b/witness" % sender.org_id.encode())
        case _:
            pass
