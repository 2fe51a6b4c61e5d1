"""Values become bytes and come back; bytes that are no message of ours are refused, whatever they hold."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import Envelope, Signature
from crypto.ladder import SALT_BYTES, Opening
from node.audience import Purpose, Tier
from node.bundle import Bundle
from node.config import ORG_ID
from node.directory import (
    Clearance,
    Directory,
    Member,
    MemberKey,
    MembershipRequest,
    OrganizationType,
    QuorumPolicy,
    Retirement,
    RetirementReason,
    SltLevel,
    Status,
)
from node.errors import PayloadError
from node.receipt import PassedOn, Receipt, Refused
from node.signed import Entry, IncidentRecord, Label, Padding, Position, Reason, Retraction
from node.verify import Page
from node.wire import bundles, exchange, membership, receipts, records
from tocsin.node.v1 import directory_pb2, envelope_pb2, record_pb2

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
indexes = st.integers(0, 2**64 - 1)


def exactly(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


positions = st.builds(Position, indexes, exactly(32))
heads = st.lists(exactly(32), max_size=9).map(tuple)
others = st.lists(positions, max_size=3).map(tuple)
first_records = st.builds(
    IncidentRecord,
    exactly(16),
    texts,
    st.just(1),
    heads,
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(Label)),
    st.none(),
    st.sampled_from(list(Purpose)),
    others,
)
later_records = st.builds(
    IncidentRecord,
    exactly(16),
    texts,
    st.integers(2, 2**32 - 1),
    heads,
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(Label)),
    positions,
    st.sampled_from(list(Purpose)),
    others,
)
retractions = st.builds(
    Retraction,
    exactly(16),
    texts,
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(Reason)),
    positions,
    st.booleans(),
)
envelopes = st.builds(
    Envelope,
    st.binary(max_size=60),
    texts,
    st.lists(st.builds(Signature, st.binary(max_size=64), texts), max_size=3).map(tuple),
)
openings = st.lists(
    st.lists(st.binary(max_size=20), min_size=1, max_size=4).flatmap(
        lambda values: st.builds(
            Opening,
            st.integers(0, 20),
            exactly(SALT_BYTES * len(values)),
            st.just(tuple(values)),
            exactly(32),
        )
    ),
    max_size=4,
    unique_by=lambda one: one.dimension,
).map(lambda some: tuple(sorted(some)))
entries = st.builds(Entry, st.just(b""), envelopes, openings) | st.builds(
    Entry, exactly(128), st.none(), st.just(())
)
# Seconds and microseconds of the years that a timestamp can say.
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(lambda when: when.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware at once
indices = st.integers(0, 2**64 - 1)
receipt_values = st.builds(
    Receipt,
    texts,
    texts,
    st.integers(0, 2**64 - 1),
    exactly(32),
    moments.map(lambda when: when.replace(microsecond=0)),
    st.lists(st.builds(Refused, indices, texts), max_size=2).map(tuple),
    st.lists(st.builds(PassedOn, indices, texts, moments, indices), max_size=2).map(tuple),
)
retirements = st.builds(Retirement, st.sampled_from(list(RetirementReason)), indexes)
keys = st.builds(MemberKey, exactly(32), moments, moments, st.none() | retirements)
some_keys = st.lists(keys, max_size=3).map(tuple)
org_ids = st.from_regex(ORG_ID, fullmatch=True, alphabet=st.characters(codec="ascii"))
members = st.builds(
    Member,
    org_ids,
    st.sampled_from(list(OrganizationType)),
    st.sampled_from(list(Status)),
    st.sampled_from(list(Tier)),
    some_keys,
    st.lists(keys, min_size=1, max_size=2).map(tuple),
    st.lists(st.binary(max_size=40), min_size=1, max_size=2).map(tuple),
    st.lists(st.builds("{}:{}".format, org_ids, st.integers(1, 65_535)), max_size=2).map(tuple),
    st.lists(keys, min_size=1, max_size=2).map(tuple),
    some_keys,
    st.dictionaries(st.sampled_from(["SSD", "AFG", "TCD"]), st.sampled_from(list(SltLevel)), max_size=3).map(
        lambda levels: tuple(Clearance(country, levels[country]) for country in sorted(levels))
    ),
    st.sets(org_ids, max_size=2).map(lambda ids: tuple(sorted(ids))),
)
requests = st.builds(
    MembershipRequest,
    members,
    st.lists(exactly(32), max_size=2).map(tuple),
    st.lists(st.binary(max_size=40), max_size=2).map(tuple),
)
among = st.lists(texts, max_size=3, unique=True).map(sorted).map(tuple)
policies = among.flatmap(
    lambda some: st.builds(
        QuorumPolicy, st.integers(0, len(some) or 9), st.just(some), st.integers(0, 2**32 - 1)
    )
)
bundle_statements = st.builds(
    Bundle, texts, indexes, texts, texts, exactly(32), moments, indexes, indexes, st.binary(max_size=40)
)
directories = st.builds(
    Directory,
    texts,
    indexes,
    moments,
    moments,
    st.lists(members, max_size=3).map(tuple),
    indexes,
    policies,
    moments,
)
pages = st.tuples(
    st.lists(st.binary(max_size=20), max_size=4).map(tuple),
    st.lists(exactly(32), max_size=4).map(tuple),
    texts,
)


@given(first_records | later_records)
def test_a_record_comes_back_as_it_was(record: IncidentRecord) -> None:
    assert records.decode_incident(records.encode_incident(record)) == record


@given(retractions)
def test_a_retraction_comes_back_as_it_was(retraction: Retraction) -> None:
    assert records.decode_retraction(records.encode_retraction(retraction)) == retraction


@given(st.builds(Padding, texts, exactly(32)))
def test_padding_comes_back_as_it_was(padding: Padding) -> None:
    assert records.decode_padding(records.encode_padding(padding)) == padding


@given(receipt_values)
def test_a_receipt_comes_back_as_it_was(receipt: Receipt) -> None:
    assert receipts.decode_receipt(receipts.encode_receipt(receipt)) == receipt


@given(envelopes, texts, texts)
def test_a_call_that_brings_a_receipt_comes_back_as_it_was(
    envelope: Envelope, request_id: str, origin_id: str
) -> None:
    call = exchange.Call(request_id, origin_id)
    brought = receipts.decode_confirm_call(receipts.encode_confirm_call(call, envelope))
    assert brought == (call, envelope, records.encode_envelope(envelope))


@given(entries)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert records.decode_entry(records.encode_entry(entry)) == entry


@given(envelopes)
def test_an_envelope_comes_back_as_it_was(envelope: Envelope) -> None:
    assert records.decode_envelope(records.encode_envelope(envelope)) == envelope


@pytest.mark.slow
@given(directories)
def test_a_directory_comes_back_as_it_was(directory: Directory) -> None:
    assert membership.decode_directory(membership.encode_directory(directory)) == directory


@pytest.mark.slow
@given(requests)
def test_a_request_for_membership_comes_back_as_it_was(request: MembershipRequest) -> None:
    assert membership.decode_request(membership.encode_request(request)) == request


@given(pages)
def test_a_page_comes_back_as_it_was(page: tuple[tuple[bytes, ...], tuple[bytes, ...], str]) -> None:
    assert exchange.decode_page(exchange.encode_page(*page)) == Page(*page)


@given(texts, texts, st.integers(-(2**31), 2**31 - 1), texts, indexes, indexes)
def test_requests_come_back_as_they_were(
    request_id: str, origin: str, size: int, token: str, old: int, new: int
) -> None:
    call = exchange.Call(request_id, origin)
    listed, proof = exchange.ListCall(call, size, token), exchange.ProofCall(call, old, new)

    assert exchange.decode_checkpoint_call(exchange.encode_checkpoint_call(call)) == call
    assert exchange.decode_list_call(exchange.encode_list_call(listed)) == listed
    assert exchange.decode_proof_call(exchange.encode_proof_call(proof)) == proof


@given(st.binary(max_size=60), st.lists(exactly(32), max_size=5).map(tuple))
def test_checkpoints_and_proofs_come_back_as_they_were(note: bytes, hashes: tuple[bytes, ...]) -> None:
    assert exchange.decode_checkpoint(exchange.encode_checkpoint(note)) == note
    assert exchange.decode_proof(exchange.encode_proof(hashes)) == hashes


UNSIGNED: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "entry": (
        records.decode_entry,
        records.encode_entry(
            Entry(
                b"",
                Envelope(b"p", "t", (Signature(b"s", "k"),)),
                (Opening(0, bytes(SALT_BYTES), (b"b",), bytes(32)),),
            )
        ),
    ),
    "leaf": (records.decode_entry, records.encode_entry(Entry(bytes(range(128)), None, ()))),
    "envelope": (
        records.decode_envelope,
        records.encode_envelope(Envelope(b"p", "t", (Signature(b"s", "k"),))),
    ),
    "page": (exchange.decode_page, exchange.encode_page((b"one", b"two"), (bytes(32),), "9.2")),
    "checkpoint": (exchange.decode_checkpoint, exchange.encode_checkpoint(b"note")),
    "proof": (exchange.decode_proof, exchange.encode_proof((bytes(32), bytes(range(32))))),
}
UNKNOWN_FIELD = b"\xf8\x7f\x01"  # field 2047, a number


@pytest.mark.parametrize("name", UNSIGNED)
def test_what_is_not_signed_must_be_what_we_would_write(name: str) -> None:
    decode, wire = UNSIGNED[name]
    decode(wire)
    first_field = wire[: 2 + wire[1]] if wire[1] < 128 else wire

    for changed in (
        wire + UNKNOWN_FIELD,
        UNKNOWN_FIELD + wire,
        bytes((wire[0] | 0x80, 0)) + wire[1:],  # the same field number, written longer
        bytes((wire[0], wire[1] | 0x80, 0)) + wire[2:] if wire[1] < 128 else wire + UNKNOWN_FIELD,
        wire[len(first_field) :] + first_field + UNKNOWN_FIELD,
    ):
        with pytest.raises(PayloadError):
            decode(changed)


@pytest.mark.parametrize(
    ("number", "purpose"),
    [(0, Purpose.STAFF_SAFETY), (1, Purpose.STAFF_SAFETY), (4, Purpose.STATISTICS), (5, None)],
)
def test_a_record_that_names_no_purpose_is_for_the_safety_of_staff(
    number: int, purpose: Purpose | None
) -> None:
    message = record_pb2.IncidentRecord()
    message.CopyFrom(RECORD)
    message.purpose = record_pb2.Purpose.ValueType(number)

    assert records.decode_incident(message.SerializeToString()).purpose is purpose


def test_signed_messages_may_say_more_than_this_version_knows() -> None:
    record = IncidentRecord(bytes(16), "alpha", 1, (bytes(32),), 1, Label.GREEN, None)
    retraction = Retraction(bytes(16), "alpha", 2, Reason.WITHDRAWN, Position(0, bytes(32)))
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    directory = Directory("net", 1, moment, moment, ())

    assert records.decode_incident(records.encode_incident(record) + UNKNOWN_FIELD) == record
    assert records.decode_retraction(records.encode_retraction(retraction) + UNKNOWN_FIELD) == retraction
    assert membership.decode_directory(membership.encode_directory(directory) + UNKNOWN_FIELD) == directory


@given(bundle_statements)
def test_what_a_bundle_says_of_itself_comes_back_and_may_say_more(bundle: Bundle) -> None:
    wire = bundles.encode_bundle(bundle)
    assert bundles.decode_bundle(wire) == bundles.decode_bundle(wire + UNKNOWN_FIELD) == bundle


@pytest.mark.parametrize(
    ("changes", "said"), [({"seal_hash": b""}, "seal_hash"), ({"seal_hash": bytes(31)}, "seal_hash")]
)
def test_a_bundle_with_a_wrong_field_is_refused_by_name(changes: dict[str, Any], said: str) -> None:
    sound = Bundle("net", 1, "alpha", "beta", bytes(32), datetime(2026, 1, 1, tzinfo=UTC), 0, 1, b"note")
    with pytest.raises(PayloadError, match=said):
        bundles.decode_bundle(bundles.encode_bundle(sound._replace(**changes)))


RECORD = record_pb2.IncidentRecord(
    record_uid=bytes(16),
    origin_id="alpha",
    revision=1,
    ladder_schema=1,
    heads=[bytes(32)],
    label=record_pb2.LABEL_GREEN,
)
KEY = directory_pb2.MemberKey(public_key=bytes(32), alg="ed25519")
SEAL_KEY = directory_pb2.MemberKey(public_key=bytes(32), alg="x25519")
CLEARED = directory_pb2.Clearance(country="SSD", level=directory_pb2.SLT_LEVEL_ENHANCED)
MEMBER = directory_pb2.Member(
    org_id="alpha",
    type=directory_pb2.ORGANIZATION_TYPE_UN,
    status=directory_pb2.MEMBER_STATUS_ACTIVE,
    tier=directory_pb2.TIER_PEER,
    log_keys=[KEY],
    tls_certificates=[b"DER"],
    endpoints=["127.0.0.1:7443"],
    seal_keys=[SEAL_KEY],
    sponsors=["beta", "gamma"],
    clearances=[CLEARED],
)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"record_uid": b""}, "record_uid"),
        ({"record_uid": bytes(17)}, "record_uid"),
        ({"heads": [bytes(31)]}, "heads"),
        ({"label": 0}, "label"),
        ({"label": 6}, "label"),
        ({"revision": 0}, "revision"),
        ({"revision": 2}, "supersedes_leaf"),
        ({"supersedes_leaf": bytes(32)}, "revision"),
        ({"supersedes_index": 0}, "supersedes_leaf"),
        ({"revision": 2, "supersedes_leaf": bytes(31)}, "supersedes_leaf"),
    ],
)
def test_a_record_with_a_wrong_field_is_refused_by_name(fields: dict[str, object], said: str) -> None:
    message = record_pb2.IncidentRecord()
    message.CopyFrom(RECORD)
    for name, value in fields.items():
        if isinstance(value, list):
            message.ClearField("heads")
            message.heads.extend(value)
        else:
            setattr(message, name, value)

    with pytest.raises(PayloadError, match=said):
        records.decode_incident(message.SerializeToString())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"org_id": "Alpha"}, "org_id"),
        ({"org_id": "alpha\n"}, "org_id"),
        ({"endpoints": ["127.0.0.1:7443", "nowhere"]}, "endpoints"),
        ({"type": 0}, "type"),
        ({"type": 9}, "type"),
        ({"status": 0}, "status"),
        ({"tier": 4}, "tier"),
        ({"seal_keys": []}, "seal_keys"),
        ({"seal_keys": [directory_pb2.MemberKey(public_key=bytes(33), alg="x25519")]}, "public_key"),
        ({"seal_keys": [KEY]}, "alg"),
        ({"log_keys": []}, "log_keys"),
        ({"log_keys": [directory_pb2.MemberKey(public_key=bytes(31), alg="ed25519")]}, "public_key"),
        ({"log_keys": [KEY, directory_pb2.MemberKey(public_key=bytes(32), alg="rsa")]}, "alg"),
        ({"cosign_keys": [SEAL_KEY]}, "alg"),
        ({"tls_certificates": []}, "tls_certificates"),
        ({"sponsors": ["gamma", "beta"]}, "sponsors"),
        ({"sponsors": ["ga\x1bmma"]}, "sponsors"),
        ({"clearances": [CLEARED, CLEARED]}, "clearances"),
        (
            {"clearances": [directory_pb2.Clearance(country="XYZ", level=directory_pb2.SLT_LEVEL_REGULAR)]},
            "clearances",
        ),
        ({"clearances": [directory_pb2.Clearance(country="SSD")]}, "level"),
    ],
)
def test_a_member_with_a_wrong_field_is_refused_by_name(fields: dict[str, Any], said: str) -> None:
    message: Any = directory_pb2.Member()
    message.CopyFrom(MEMBER)
    for name, value in fields.items():
        if isinstance(value, list):
            message.ClearField(name)
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)

    with pytest.raises(PayloadError, match=said):
        membership.decode_request(directory_pb2.MembershipRequest(member=message).SerializeToString())


def test_a_time_that_no_calendar_has_is_refused() -> None:
    message = directory_pb2.Directory(network="net", version=1)
    for seconds, nanos in ((10**15, 0), (-(10**15), 0), (0, -1), (0, 2_000_000_000)):
        message.issue_time.seconds, message.issue_time.nanos = seconds, nanos
        with pytest.raises(PayloadError, match="issue_time"):
            membership.decode_directory(message.SerializeToString())


@pytest.mark.parametrize(
    "entry",
    [
        record_pb2.Entry(),
        record_pb2.Entry(leaf=bytes(127)),
        record_pb2.Entry(leaf=bytes(128), openings=envelope_pb2.Openings(depths=[1])),
        record_pb2.Entry(leaf=bytes(128), envelope=envelope_pb2.Envelope(payload=b"x")),
    ],
    ids=["empty", "with a short leaf", "opened without an envelope", "with leaf and envelope"],
)
def test_an_entry_is_a_leaf_or_an_envelope(entry: record_pb2.Entry) -> None:
    with pytest.raises(PayloadError):
        records.decode_entry(entry.SerializeToString())


DECODERS: tuple[Callable[[bytes], object], ...] = (
    records.decode_incident,
    records.decode_retraction,
    records.decode_padding,
    records.decode_entry,
    records.decode_envelope,
    membership.decode_directory,
    membership.decode_request,
    exchange.decode_checkpoint_call,
    exchange.decode_list_call,
    exchange.decode_proof_call,
    exchange.decode_checkpoint,
    exchange.decode_proof,
    exchange.decode_page,
    receipts.decode_receipt,
    receipts.decode_confirm_call,
    receipts.decode_confirmed,
)
written = st.one_of(
    (first_records | later_records).map(records.encode_incident),
    retractions.map(records.encode_retraction),
    entries.map(records.encode_entry),
    directories.map(membership.encode_directory),
    requests.map(membership.encode_request),
    receipt_values.map(receipts.encode_receipt),
    pages.map(lambda page: exchange.encode_page(*page)),
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sound message with a byte changed, cut off or put in."""
    wire = bytearray(draw(written))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(wire)))
        wire[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(wire)


@pytest.mark.slow
@pytest.mark.parametrize("decode", DECODERS, ids=lambda decode: decode.__name__)
@given(wire=st.binary(max_size=80) | damaged())
def test_whatever_the_bytes_are_only_our_error_comes_out(
    decode: Callable[[bytes], object], wire: bytes
) -> None:
    try:
        decode(wire)
    except PayloadError as error:
        assert error.reason == "MESSAGE_MALFORMED"  # noqa: PT017 - most bytes are refused, some are a message
