"""Officers work at the server over TLS exactly as beside the node, and nobody else does."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import grpc
import pytest

from casework.client.desk import RemoteDesk
from casework.desk import Desk
from casework.errors import AttemptsError, OfficeUnavailableError, RefusedError, SessionError, SignInError
from casework.event import Statement
from casework.sessions import FREE_TRIES, IDLE_SECONDS, LONGEST_SECONDS, PAUSE_SECONDS, Sessions
from casework.span import Range, on, parse_span
from casework.values import Gap, Value
from casework.vocabulary import kinds
from casework.wire.cases import decode_statement, encode_statement
from casework.wire.sentences import KEY, decode_sentence, encode_sentence
from console.office import Office
from crypto.certificates import make_member_certificate
from crypto.sentence import Sentence
from node.status import reason_of
from tests.casework.remote import METHODS, At, opens
from tests.casework.test_desk import opening, said
from tocsin.casework.v1 import casework_service_pb2 as messages

SignIn = Callable[[str], Desk]


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
    uid = focal.open_for(opening())
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
    uid = focal.open_for(opening())

    with pytest.raises(RefusedError, match="registered needs: when it happened") as refused:
        focal.say(uid, said("registered"))
    with pytest.raises(RefusedError, match=r"host_state: .* does not fit") as unfit:
        focal.say(uid, said("described", host_state="Nowhere"))

    assert (reason(refused.value), reason(unfit.value)) == ("ACTION_NOT_POSSIBLE", "CASE_FIELD_INVALID")
    parts = str(unfit.value)
    assert isinstance(parts, Sentence)
    assert (parts.text, parts.values["field"]) == ("{field}: {why}", "host_state")
    assert isinstance(parts.values["why"], Sentence)
    assert decode_sentence("another text", [(KEY, encode_sentence(parts))]) == "another text"
    assert not isinstance(decode_sentence("a", [(KEY, b"[" * 2000)]), Sentence)
    assert len(focal.read(uid).events) == 1


def test_what_is_not_for_an_officer_is_answered_like_what_does_not_exist(
    focal: RemoteDesk, at: At, desk: SignIn
) -> None:
    uid = focal.open_for(opening())
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


@pytest.mark.parametrize("shown", ["", "Bearer guessed", "guessed"])
def test_every_call_but_signing_in_needs_a_token(at: At, shown: str) -> None:
    request = messages.SignOutRequest(request_id=str(uuid4()))  # every request has its id in the same place
    metadata = (("authorization", shown),) if shown else ()
    for method in METHODS:
        if method.name == "SignIn" or (method.name == "SignOut" and shown.startswith("Bearer ")):
            continue  # signing out whoever is not signed in changes nothing and says nothing

        refused = at.call(method, request, *metadata)

        assert (method.name, refused.code()) == (method.name, grpc.StatusCode.UNAUTHENTICATED)
        assert reason_of(tuple(refused.trailing_metadata())) == "NOT_SIGNED_IN"


def test_bytes_that_are_no_request_are_refused_by_name(at: At) -> None:
    class Noise:
        def SerializeToString(self) -> bytes:  # noqa: N802 - as protobuf has it
            return b"\xff\xff\xff"

    for method in METHODS:
        refused = at.call(method, Noise())

        assert (method.name, refused.code()) == (method.name, grpc.StatusCode.INVALID_ARGUMENT)
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

    method = next(one for one in METHODS if one.name == "ListCases")
    refused = at.call(
        method, messages.ListCasesRequest(request_id=str(uuid4())), ("authorization", f"Bearer {token}")
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
