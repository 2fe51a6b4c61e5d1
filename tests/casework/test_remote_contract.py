"""What every call has in common: both desks answer alike, every reason has its status, pieces of files add up."""

import inspect
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import DecodeError

import casework.errors
from casework.client.desk import RemoteDesk
from casework.errors import CaseworkError, FieldError, RefusedError, TransferError
from casework.package import write_package
from casework.status import STATUS, sentence, status_code
from casework.tipdesk import TipDesk
from casework.wire.pieces import PIECE_BYTES, receive, send
from casework.workplace import Workplace
from tests.support.mutants import flips
from tocsin.casework.v1 import evidence_service_pb2


def test_both_desks_answer_the_same_calls() -> None:
    theirs = {name for name in dir(RemoteDesk) if not name.startswith("_")} - {"close", "sign_in"}
    for name in theirs - {"first_key", "rules", "tables", "treaties", "today"}:
        here, there = (
            [one for one in inspect.signature(getattr(kind, name)).parameters if one != "request_id"]
            for kind in (Workplace, RemoteDesk)
        )
        assert (name, here) == (name, there)
    own = {name for kind in (Workplace, TipDesk) for name in vars(kind) if not name.startswith("_")}
    assert own - theirs == {"officers_named"}


def test_every_reason_has_its_status_and_a_sentence() -> None:
    kinds = {
        kind
        for _, kind in inspect.getmembers(casework.errors, inspect.isclass)
        if issubclass(kind, CaseworkError)
    }
    assert STATUS.keys() == kinds
    for kind in kinds:
        error = (
            kind("f", "why") if kind is FieldError else kind("why", "") if kind is RefusedError else kind("w")
        )
        assert status_code(error) is STATUS[kind]
        assert sentence(error)
    assert [kind for kind, code in STATUS.items() if code is grpc.StatusCode.INTERNAL] == [
        CaseworkError,
        RefusedError,
    ]


def test_no_bit_of_a_file_on_its_way_can_be_flipped() -> None:
    message = evidence_service_pb2.GetEvidenceContentResponse
    sound = [one.SerializeToString() for one in send([b"what was found"], message)]
    assert b"".join(receive((message.FromString(one) for one in sound), 99)) == b"what was found"
    for at, whole in enumerate(sound):
        for _, flipped in flips(whole, every_bit=True):
            wires = [*sound[:at], flipped, *sound[at + 1 :]]
            try:
                parts = [message.FromString(one) for one in wires]
            except DecodeError:
                continue  # no message at all
            with pytest.raises(TransferError):
                b"".join(receive(iter(parts), 99))


@pytest.mark.parametrize("parts", [[], [b"x" * (PIECE_BYTES + 1)], [b"x" * 60, b"x" * 40]])
def test_a_file_without_end_or_beyond_its_bounds_is_refused(parts: list[bytes]) -> None:
    message = evidence_service_pb2.GetEvidenceContentResponse
    sent = [message(content=one) for one in parts]
    with pytest.raises(TransferError):
        list(receive(iter(sent), 99))
    with pytest.raises(TransferError):
        list(receive(iter([*sent, message(sha256=b"0" * 32)]), 99))


def test_a_package_chooses_no_place_outside_of_its_folder(tmp_path: Path) -> None:
    for name in ("../out", "evidence/../../out", "/etc/x", "evidence/", "other.json"):
        with pytest.raises(CaseworkError):
            write_package(tmp_path / "out", [(name, iter((b"x",)))])
    assert list(tmp_path.rglob("out")) == []
