"""Officers work at the server over TLS exactly as beside the node, and nobody else does."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest

from casework.client import RemoteDesk
from casework.desk import Desk
from casework.errors import AttemptsError, OfficeUnavailableError, RefusedError, SessionError, SignInError
from casework.event import Statement
from casework.server import Casework, Tls, make_case_server
from casework.sessions import FREE_TRIES, IDLE_SECONDS, LONGEST_SECONDS, PAUSE_SECONDS, Sessions
from casework.span import Range, on, parse_span
from casework.values import Gap, Value
from casework.vocabulary import kinds
from casework.wire import SERVICE, decode_statement, encode_statement
from console.office import Office
from crypto.certificates import certificate_name, certificate_pem, make_member_certificate, private_key_pem
from node.status import packed_details, reason_of
from tests.casework.test_desk import opening, said
from tocsin.casework.v1 import casework_service_pb2 as messages

SignIn = Callable[[str], Desk]
CALLS = {
    "SignOut": messages.SignOutRequest,
    "ListCases": messages.ListCasesRequest,
    "GetCase": messages.GetCaseRequest,
    "ListActions": messages.ListActionsRequest,
    "OpenCase": messages.OpenCaseRequest,
    "Act": messages.ActRequest,
    "GetVocabulary": messages.GetVocabularyRequest,
}


class At:
    """Where a server listens, and the certificate that it shows."""

    def __init__(self, endpoint: str, certificate: bytes) -> None:
        self.endpoint, self.certificate = endpoint, certificate

    def desk(self) -> RemoteDesk:
        pem, name = certificate_pem(self.certificate), certificate_name(self.certificate)
        return RemoteDesk(self.endpoint, pem, name, reason_of)

    def call(self, method: str, request: Any, *metadata: tuple[str, str]) -> grpc.RpcError:
        """Make a call that is refused, and give the refusal."""
        pem, name = certificate_pem(self.certificate), certificate_name(self.certificate)
        options = (("grpc.ssl_target_name_override", name),)
        with grpc.secure_channel(self.endpoint, grpc.ssl_channel_credentials(pem), options) as channel:
            unary: Any = channel.unary_unary(f"/{SERVICE}/{method}")
            with pytest.raises(grpc.RpcError) as refused:
                unary(request.SerializeToString(), metadata=metadata, timeout=10)
        return refused.value


@contextmanager
def serving(sessions: Sessions) -> Iterator[At]:
    now = datetime.now(UTC)
    key, certificate = make_member_certificate("first-aid", now - timedelta(days=1), now + timedelta(days=1))
    tls = Tls(private_key_pem(key), certificate_pem(certificate))
    ports: list[int] = []
    ready, stop = threading.Event(), threading.Event()

    async def run() -> None:
        server, port = make_case_server(Casework(sessions), tls, "127.0.0.1:0", packed_details)
        await server.start()
        ports.append(port)
        ready.set()
        await asyncio.to_thread(stop.wait)
        await server.stop(0)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield At(f"127.0.0.1:{ports[0]}", certificate)
    finally:
        stop.set()
        thread.join()


def opens(office: Office) -> Callable[[str, str], Desk]:
    return lambda name, passphrase: office.desk(name, passphrase or None)


@pytest.fixture
def at(office: Office) -> Iterator[At]:
    with serving(Sessions(opens(office), time.monotonic, lambda _seconds: None)) as where:
        yield where


@pytest.fixture
def focal(at: At, desk: SignIn) -> Iterator[RemoteDesk]:
    desk("country_focal_point")
    remote = at.desk()
    remote.sign_in("country-focal-point", "")
    yield remote
    remote.close()


def reason(error: RefusedError) -> str:
    return error.reason


def test_what_is_said_at_the_server_is_what_the_desk_beside_the_node_reads(
    focal: RemoteDesk, desk: SignIn
) -> None:
    beside = desk("country_focal_point")
    uid = focal.open_case(opening())
    focal.say(
        uid,
        Statement(
            "detention_started",
            parse_span("2026-01"),
            {"detention": "D1", "persons": ("P1", "P2"), "number": Range(2, 3), "place": Gap.UNKNOWN},
            date(2026, 2, 1),
            ("S1",),
            "unsure",
        ),
        said("person_added", person="P1", harm=("detained",), cause="violence", name="somebody"),
    )

    assert focal.read(uid, "work", beside.today, beside.today) == beside.read(uid)
    assert [case.uid for case in focal.read_all()] == [uid] == list(beside.uids())
    assert focal.find(focal.read(uid).name) == uid


def test_a_refusal_tells_its_reason_and_what_is_possible_instead(focal: RemoteDesk) -> None:
    uid = focal.open_case(opening())

    with pytest.raises(RefusedError, match="registered needs: when it happened") as refused:
        focal.say(uid, said("registered"))
    with pytest.raises(RefusedError, match=r"host_state: .* does not fit") as unfit:
        focal.say(uid, said("described", host_state="Nowhere"))

    assert (reason(refused.value), reason(unfit.value)) == ("ACTION_NOT_POSSIBLE", "CASE_FIELD_INVALID")
    assert len(focal.read(uid).events) == 1


def test_what_is_not_for_an_officer_is_answered_like_what_does_not_exist(
    focal: RemoteDesk, at: At, desk: SignIn
) -> None:
    uid = focal.open_case(opening())
    desk("survivor_advocate")
    other = at.desk()
    other.sign_in("survivor-advocate", "")
    told = []
    for asked in (uid, "0" * 32):
        for attempt in (other.read, lambda asked: other.say(asked, said("note", text="x"))):
            with pytest.raises(RefusedError) as refused:
                attempt(asked)
            told.append((str(refused.value), reason(refused.value)))
    other.close()

    assert len(set(told)) == 1
    assert told[0][1] == "CASE_NOT_FOUND"
    assert other_sees(at) == ()


def other_sees(at: At) -> tuple[object, ...]:
    other = at.desk()
    other.sign_in("survivor-advocate", "")
    seen = other.read_all()
    other.close()
    return seen


def test_the_same_request_writes_nothing_twice(office: Office, desk: SignIn) -> None:
    beside = desk("country_focal_point")
    request, second = str(uuid4()), str(uuid4())

    uids = {beside.open_case(opening(), request_id=request) for _ in range(2)}
    (uid,) = uids
    ids = {beside.say(uid, said("note", text="once"), request_id=second) for _ in range(2)}

    assert len(ids) == 1
    assert [event.kind for event in beside.read(uid).events] == ["opened", "note"]
    assert office.desk("country-focal-point", None).uids() == (uid,)


@pytest.mark.parametrize("method", sorted(CALLS))
@pytest.mark.parametrize("shown", ["", "Bearer guessed", "guessed"])
def test_every_call_but_signing_in_needs_a_token(at: At, method: str, shown: str) -> None:
    request = CALLS[method](request_id=str(uuid4()))
    metadata = (("authorization", shown),) if shown else ()
    if method == "SignOut" and shown.startswith("Bearer "):
        return  # signing out whoever is not signed in changes nothing and says nothing

    refused: Any = at.call(method, request, *metadata)

    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED
    assert reason_of(tuple(refused.trailing_metadata())) == "NOT_SIGNED_IN"


@pytest.mark.parametrize("method", ["SignIn", *sorted(CALLS)])
def test_bytes_that_are_no_request_are_refused_by_name(at: At, method: str) -> None:
    class Noise:
        def SerializeToString(self) -> bytes:  # noqa: N802 - as protobuf has it
            return b"\xff\xff\xff"

    refused: Any = at.call(method, Noise())

    assert refused.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert reason_of(tuple(refused.trailing_metadata())) == "CASE_REQUEST_INVALID"


def test_another_certificate_than_the_pinned_one_is_not_believed(at: At) -> None:
    now = datetime.now(UTC)
    _, other = make_member_certificate("first-aid", now - timedelta(days=1), now + timedelta(days=1))

    with pytest.raises(OfficeUnavailableError):
        At(at.endpoint, other).desk().sign_in("country-focal-point", "")


def test_after_signing_out_the_token_opens_nothing(at: At, desk: SignIn) -> None:
    desk("country_focal_point")
    remote = at.desk()
    remote.sign_in("country-focal-point", "")
    token = remote._token
    remote.close()

    refused: Any = at.call(
        "ListCases", messages.ListCasesRequest(request_id=str(uuid4())), ("authorization", f"Bearer {token}")
    )

    assert refused.code() is grpc.StatusCode.UNAUTHENTICATED


class Stopwatch:
    """Seconds as a test sets them; waiting lets them pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def sessions(office: Office, desk: SignIn, stopwatch: Stopwatch) -> Sessions:
    desk("country_focal_point")
    return Sessions(opens(office), stopwatch, stopwatch.wait)


def test_a_session_ends_when_idle_and_after_a_day_of_work(sessions: Sessions, stopwatch: Stopwatch) -> None:
    idle, _ = sessions.sign_in("country-focal-point", "")
    stopwatch.wait(IDLE_SECONDS)
    with pytest.raises(SessionError):
        sessions.desk(idle)

    busy, _ = sessions.sign_in("country-focal-point", "")
    for _ in range(LONGEST_SECONDS // 600 - 1):
        stopwatch.wait(600)
        sessions.desk(busy)
    stopwatch.wait(600)
    with pytest.raises(SessionError):
        sessions.desk(busy)


def test_guessing_is_slow_and_looks_the_same_for_everybody(sessions: Sessions, stopwatch: Stopwatch) -> None:
    told = set()
    for name in ("nobody", "country-focal-point"):
        for _ in range(FREE_TRIES):
            began = stopwatch.now
            with pytest.raises(SignInError) as refused:
                sessions.sign_in(name, "wrong")
            told.add((str(refused.value), stopwatch.now - began))
        with pytest.raises(AttemptsError):
            sessions.sign_in(name, "")
    assert len(told) == 1

    stopwatch.wait(PAUSE_SECONDS)
    sessions.sign_in("country-focal-point", "")


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_of_statement_survives_the_wire(kind: str) -> None:
    values: dict[str, Value] = {
        "text": "words",
        "id": "X1",
        "ids": ("X1", "X2"),
        "day": date(2026, 3, 1),
        "span": parse_span("2026-03-01..2026-03-02~"),
        "count": Range(3, 5),
        "state": "SSD",
        "states": ("SSD", "SDN"),
        "digest": "0" * 64,
        "code": Gap.NOT_APPLICABLE,
        "codes": Gap.NONE,
    }
    fields = {name: values[field.form] for name, field in kinds()[kind].fields.items()}
    statement = Statement(kind, on(date(2026, 3, 2)), fields, date(2026, 3, 3), ("S1",), "unsure", "a" * 32)

    assert decode_statement(encode_statement(statement)) == statement
