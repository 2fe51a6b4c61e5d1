"""Every error has one reason, one sentence and one status, and says no more to a stranger."""

import inspect
import re

import grpc
import pytest
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import CryptoError
from node.errors import IncidentError, InputError, LargeCallError, MemberError, NodeError, UnreachableError
from node.status import (
    DETAILS,
    DOMAIN,
    STATUS,
    WITNESSED_SIZE,
    details,
    reason_of,
    retry_seconds_of,
    sentence,
    status_code,
    witnessed_size_of,
)


def family(root: type[Exception]) -> list[type[Exception]]:
    return [root, *(one for child in root.__subclasses__() for one in family(child))]


OURS = [one for one in family(NodeError) if one.__module__ == "node.errors"]
ALL = [*OURS, *(one for one in family(CryptoError) if one.__module__ == "crypto.errors")]


def made(kind: type[NodeError]) -> NodeError:
    """An error of a kind, whose message nobody outside may read."""
    return kind("SECRET", "SECRET") if issubclass(kind, IncidentError) else kind("SECRET")


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_an_error_has_a_name_a_reason_and_a_sentence(kind: type[NodeError]) -> None:
    assert re.fullmatch(r"([A-Z][a-z]*)+Error", kind.__name__) or kind in {NodeError, CryptoError}
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", kind.reason)
    first = (inspect.getdoc(kind) or "").partition("\n")[0]
    assert re.fullmatch(r"[A-Z][^\n]+\.", first)
    assert first.count(". ") == 0


def test_no_two_errors_have_the_same_reason() -> None:
    reasons = [kind.__dict__.get("reason") for kind in OURS]

    assert None not in reasons
    assert len(set(reasons)) == len(reasons)


def test_the_table_names_a_class_before_its_parents() -> None:
    kinds = [kind for kind, _ in STATUS]

    assert kinds[-1] is NodeError
    for at, kind in enumerate(kinds):
        assert not [later for later in kinds[at + 1 :] if issubclass(later, kind)]


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status_that_fits(kind: type[NodeError]) -> None:
    code = status_code(made(kind))

    assert code not in {grpc.StatusCode.OK, grpc.StatusCode.UNKNOWN}
    if issubclass(kind, InputError):
        assert code is grpc.StatusCode.INVALID_ARGUMENT
    if issubclass(kind, MemberError):
        assert code is grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_who_asked_too_much_or_at_a_bad_moment_is_told_when_to_ask_again_and_nobody_else(
    kind: type[NodeError],
) -> None:
    error = made(kind)
    told = retry_seconds_of(((DETAILS, details(error, "")),))

    exhausted = status_code(error) is grpc.StatusCode.RESOURCE_EXHAUSTED and kind is not LargeCallError
    assert (told > 0) == (exhausted or kind is UnreachableError)
    assert told == error.retry_seconds


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_a_caller_reads_reason_and_sentence_but_never_the_message(kind: type[NodeError]) -> None:
    error = made(kind)
    wire = details(error, "b7c6a2de-0000-4000-8000-000000000000")
    status, info = Status.FromString(wire), ErrorInfo()

    assert b"SECRET" not in wire
    assert status.message == sentence(error)
    assert status.code == status_code(error).value[0]
    assert status.details[0].Unpack(info)
    assert (info.reason, info.domain) == (kind.reason, DOMAIN)
    assert dict(info.metadata) == {"request_id": "b7c6a2de-0000-4000-8000-000000000000"}
    assert reason_of(((DETAILS, wire),)) == kind.reason


@given(st.binary(max_size=60) | st.text(max_size=20), st.sampled_from([DETAILS, "x"]))
def test_whatever_a_peer_sends_as_details_is_no_more_than_shown(value: bytes | str, key: str) -> None:
    assert len(reason_of(((key, value),))) <= 64


def test_details_of_another_domain_are_not_shown() -> None:
    status, info = Status(), ErrorInfo(reason="X", domain="elsewhere")
    status.details.add().Pack(info)

    assert reason_of(((DETAILS, status.SerializeToString()),)) == ""


@pytest.mark.parametrize(
    ("told", "size"), [("12", 12), ("9" * 5000, None), ("²", None), ("-1", None), ("", None)]
)
def test_a_witness_can_tell_any_nonsense_as_the_size_it_signed_last(told: str, size: int | None) -> None:
    assert witnessed_size_of(((WITNESSED_SIZE, told),)) == size
    assert witnessed_size_of(()) is None
