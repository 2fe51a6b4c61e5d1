"""Evidence that comes from another machine, and goes to one: whole and as it was, or not at all."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import pytest

from casework.access import ALL_RIGHTS
from casework.client.desk import RemoteDesk
from casework.errors import (
    CaseworkError,
    RefusedError,
    TransferError,
)
from casework.evidence import items
from casework.package import write_package
from casework.wire.services import EVIDENCE
from console.office import Office
from node.status import reason_of
from tests.casework.remote import TERMS, At, Remote, SignIn, left_in, photograph
from tests.casework.test_cw_11_access import faults
from tests.casework.test_desk import opening, said
from tests.support.faults import Flavour, failing_at

pytestmark = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)
FILM = b"canary film " * 60_000  # three pieces


def test_evidence_goes_in_and_comes_out_as_it_was(
    remote_owner: RemoteDesk, remote: Remote, office: Office, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    approver = remote("approver")
    uid = remote_owner.open_for(opening())
    remote_owner.let_in(uid, "approver", ALL_RIGHTS, "second person")

    made = remote_owner.add_evidence(uid, photograph(), [FILM[:9], FILM[9:]])
    redacted = remote_owner.add_evidence(uid, photograph("E2", copy="redacted"), [b"no faces"], "E1")
    remote_owner.handle_evidence(uid, "E1", "transfer", {"by": "field office", "to": "head office"})
    remote_owner.handle_evidence(uid, "E1", "verify")

    assert (made.id, made.digest) == ("E1", sha256(FILM).hexdigest())
    assert b"".join(remote_owner.evidence_content(uid, "E1", "to look at it")) == FILM
    write_package(tmp_path / "out", remote_owner.evidence_package(uid, ("E1", "E2"), TERMS))
    script = str(pytestconfig.rootpath / "docs" / "verify_evidence.py")
    done = subprocess.run(
        [sys.executable, "-I", script, str(tmp_path / "out"), remote_owner.first_key.hex()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    first, second = items(remote_owner.read(uid))
    assert (second.added.text("derived_from"), second.digest) == ("E1", redacted.digest)
    assert [act.text("act") for act in first.acts] == [
        "collect",
        "copy",
        "transfer",
        "verify",
        "access",
        "export",
    ]
    with pytest.raises(RefusedError, match="belongs to approver"):
        remote_owner.destroy_evidence(uid, "E2", "duplicate")
    approver.destroy_evidence(uid, "E2", "duplicate")
    assert len(left_in(office)) == 1
    assert faults(office) == []


def test_a_file_that_ends_half_way_leaves_nothing(
    remote_owner: RemoteDesk, office: Office, at: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    uid = remote_owner.open_for(opening())
    monkeypatch.setattr("casework.server.listener.PIECE_SECONDS", 0.2)
    other = at.desk()
    other.sign_in("accountability-officer", "")

    def breaks() -> Iterator[bytes]:
        yield FILM
        raise OSError(5, "Input/output error")

    def dawdles() -> Iterator[bytes]:
        yield FILM
        time.sleep(0.6)
        yield FILM

    def hangs_up() -> Iterator[bytes]:
        yield FILM
        other._channel.close()
        yield FILM

    with pytest.raises(OSError, match="Input/output"):
        remote_owner.add_evidence(uid, photograph(), breaks())
    with pytest.raises(RefusedError) as refused:
        remote_owner.add_evidence(uid, photograph(), dawdles())
    assert refused.value.reason == TransferError.reason
    with pytest.raises((CaseworkError, ValueError)):
        other.add_evidence(uid, photograph(), hangs_up())

    until = time.monotonic() + 10
    while left_in(office) and time.monotonic() < until:
        time.sleep(0.02)
    assert left_in(office) == []
    assert items(remote_owner.read(uid)) == ()
    remote_owner.add_evidence(uid, photograph(), [b"after that"])
    assert faults(office) == []


def test_what_may_not_be_added_is_refused_before_it_is_sent(remote_owner: RemoteDesk, remote: Remote) -> None:
    uid, adviser = remote_owner.open_for(opening()), remote("legal_adviser")
    remote_owner.let_in(uid, "legal-adviser", frozenset({"read", "evidence"}), "to look")
    sent: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(200):
            sent.append(number)
            yield FILM

    for who, statement in ((adviser, photograph()), (remote_owner, said("evidence_added", evidence="E1"))):
        with pytest.raises(RefusedError):
            who.add_evidence(uid, statement, pieces())
    assert len(sent) < 200


@pytest.mark.slow
@pytest.mark.usefixtures("public_halves")
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_the_same_request_seals_and_destroys_nothing_twice_whichever_write_fails(
    office: Office, desk: SignIn, flavour: Flavour
) -> None:
    owner, approver = desk("accountability_officer"), desk("approver")
    uid = owner.open_case(opening())
    owner.let_in(uid, "approver", ALL_RIGHTS, "second person")
    works: tuple[Callable[[], object], ...] = (
        lambda: owner.add_evidence(uid, photograph(), [FILM], request_id="1"),
        lambda: owner.add_evidence(uid, photograph("E2", copy="redacted"), [b"x"], "E1", request_id="2"),
        lambda: owner.handle_evidence(uid, "E1", "verify", request_id="3"),
        lambda: approver.destroy_evidence(uid, "E1", "asked for", request_id="4"),
    )
    for work in works:
        for number in range(20):
            with failing_at(office.database.store, number, flavour):
                try:
                    work()
                    break
                except CaseworkError:
                    assert faults(office) == []
        assert number < 19
        before = len(owner.read(uid).events)
        work()
        assert len(owner.read(uid).events) == before
    first, second = items(owner.read(uid))
    assert [act.text("act") for act in first.acts] == ["collect", "copy", "verify", "destroy"]
    assert len(second.acts) == 1
    assert len(left_in(office)) == 1


def test_whoever_opens_a_line_for_a_file_and_says_nothing_is_let_go(
    remote_owner: RemoteDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casework.server.listener.PIECE_SECONDS", 0.1)
    call: Any = remote_owner._channel.stream_unary(f"/{EVIDENCE}/AddEvidence")

    def silent() -> Iterator[bytes]:
        time.sleep(0.4)
        yield b""

    with pytest.raises(grpc.RpcError) as refused:
        call(silent(), metadata=remote_owner._metadata, timeout=10)

    told: Any = refused.value
    assert reason_of(tuple(told.trailing_metadata())) == TransferError.reason


def test_whoever_is_shut_out_while_a_file_comes_in_adds_nothing(
    remote_owner: RemoteDesk, remote: Remote, office: Office
) -> None:
    uid, focal = remote_owner.open_for(opening()), remote("country_focal_point")
    remote_owner.let_in(uid, "country-focal-point", ALL_RIGHTS, "second person")

    def shut_out() -> Iterator[bytes]:
        yield FILM
        remote_owner.shut_out(uid, "country-focal-point", "done")
        yield FILM

    with pytest.raises(RefusedError) as refused:
        focal.add_evidence(uid, photograph(), shut_out())

    assert refused.value.reason == "CASE_NOT_FOUND"
    assert left_in(office) == []
    assert items(remote_owner.read(uid)) == ()


def test_nobody_says_the_hash_of_an_act_of_custody_themselves(remote_owner: RemoteDesk) -> None:
    uid = remote_owner.open_for(opening())
    remote_owner.add_evidence(uid, photograph(), [FILM])
    for field in ("before", "after", "result", "evidence", "act"):
        with pytest.raises(RefusedError, match=f"{field}: of an act of custody is said"):
            remote_owner.handle_evidence(uid, "E1", "verify", {field: "0" * 64})
    with pytest.raises(RefusedError, match="access is written down when the content is asked for"):
        remote_owner.handle_evidence(uid, "E1", "access")
