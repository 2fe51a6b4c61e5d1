"""Attacks by a member on the line: certificates, suspended members that stay, a blind node, floods and slow calls.

Each is refused by name, and what the node holds is the same before and after.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crypto.certificates import certificate_pem, make_member_certificate, server_name
from node import gate, server
from node.allowance import SAVED_SECONDS, Allowance
from node.client import PeerClient
from node.directory import LIFETIME, Member, verify_members
from node.errors import DirectoryError, UnavailableError
from node.peer_line import Credentials
from node.wire.alerts import SERVICE as ALERTS
from node.wire.exchange import SERVICE, Call, encode_checkpoint_call
from tests.support.incidents import ROBBERY, SHOOTING
from tests.support.lines import Refusal, line, refusal_of
from tests.support.network import CERTIFIED, NOW, Network, Node, Rows, make_credentials, rows_of

CHECKPOINT, WATCH = f"/{SERVICE}/GetCheckpoint", f"/{SERVICE}/WatchCheckpoints"
REQUEST = encode_checkpoint_call(Call("00000000-0000-4000-8000-000000000001", ""))
NOT_A_MEMBER = ("PERMISSION_DENIED", "NOT_A_MEMBER")
NO_LINE = ("UNAVAILABLE", "")  # TLS ended it: nobody is told why, and nothing of the node has run


@pytest.fixture
def alpha(network: Network) -> Iterator[Node]:
    """The node that is attacked, with two records; nothing of it may change."""
    node = network.node("alpha")
    node.holds(a=SHOOTING, b=ROBBERY)
    node.shares("a", "b")
    before: Rows = rows_of(node.store)
    yield node
    assert rows_of(node.store) == before


@pytest.fixture
def mallory(network: Network) -> Node:
    """The hostile member."""
    return network.node("mallory")


async def ask(channel: grpc.aio.Channel, method: str = CHECKPOINT, request: bytes = REQUEST) -> Any:
    """An answer to one message."""
    open_line: Any = channel  # its stub has type parameters that calls of bytes can not fill
    return await open_line.unary_unary(method)(request, timeout=5)


async def refused(answer: Awaitable[Any]) -> Refusal:
    """How a call was refused."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await answer
    return refusal_of(caught.value)


async def one_call(peer: Member, own: Credentials, chain: bytes = b"") -> tuple[str, str]:
    """What becomes of one call over a line of its own."""
    async with line(peer, own, chain) as channel:
        try:
            await ask(channel)
        except grpc.aio.AioRpcError as error:
            return refusal_of(error)[:2]
        return "OK", ""


# --- certificates -----------------------------------------------------------------------------------------------------


class Made(NamedTuple):
    """A key and its certificate, also of kinds that no member may use."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def credentials(self) -> Credentials:
        """As a side of a line has them."""
        der, plain = serialization.Encoding.DER, serialization.NoEncryption()
        key = self.key.private_bytes(der, serialization.PrivateFormat.PKCS8, plain)
        return Credentials(key, self.certificate.public_bytes(der))


def make(org_id: str, issuer: Made | None = None) -> Made:
    """A certificate without key usage, with which BoringSSL lets its holder vouch for others once it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, org_id)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(CERTIFIED[0])
        .not_valid_after(CERTIFIED[1])
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(server_name(org_id))]), critical=False)
    )
    return Made(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def of_member(network: Network, credentials: Credentials) -> Member:
    """Mallory with another certificate, as no keeper would sign it."""
    return network.directory.member("mallory")._replace(tls_certificates=(credentials.certificate,))


@pytest.mark.usefixtures("mallory")
def test_a_certificate_without_key_usage_gets_into_no_directory(network: Network) -> None:
    network.admit(of_member(network, make("mallory").credentials))
    with pytest.raises(DirectoryError, match="key usage") as caught:
        verify_members(network.directory, None)
    assert caught.value.reason == "DIRECTORY_REFUSED"


@pytest.mark.usefixtures("mallory")
def test_a_forged_certificate_in_another_members_name_is_nobodys(network: Network, alpha: Node) -> None:
    """With the only kind of certificate that members have, TLS refuses it; were there another, the gate would."""
    network.node("beta")
    smuggled = make("mallory")
    forged, vouched = make("beta", smuggled), certificate_pem(smuggled.credentials.certificate)

    async def call_as_beta() -> list[tuple[str, str]]:
        async with alpha.serving(network) as peer:
            before = await one_call(peer, forged.credentials, vouched)
            network.admit(of_member(network, smuggled.credentials))
            return [before, await one_call(peer, forged.credentials, vouched)]

    assert asyncio.run(call_as_beta()) == [NO_LINE, NOT_A_MEMBER]


def test_a_certificate_in_a_members_name_with_another_key_is_refused(
    network: Network, alpha: Node, mallory: Node
) -> None:
    """On a new line by TLS; on one that stands since before the key was changed, by the gate."""

    async def call_with_the_old_key() -> list[tuple[str, str]]:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as standing:
            await ask(standing)
            network.admit(of_member(network, make_credentials("mallory")))
            told = (await refused(ask(standing)))[:2]
            return [told, await one_call(peer, mallory.credentials)]

    assert asyncio.run(call_with_the_old_key()) == [NOT_A_MEMBER, NO_LINE]


def expired(network: Network) -> Credentials:
    """Mallory with a certificate that ended yesterday, in the directory too."""
    today = datetime.now(UTC)
    days = today - timedelta(days=9), today - timedelta(days=1)
    past = Credentials(*make_member_certificate("mallory", *days))
    network.admit(of_member(network, past))
    return past


async def named(peer: Member, own: Credentials) -> str:
    """Why our own client says that no line was possible."""
    async with PeerClient(peer, own) as client:
        with pytest.raises(UnavailableError) as caught:
            await client.checkpoint()
    return f"{caught.value.reason}: {caught.value}"


@pytest.mark.usefixtures("mallory")
def test_an_expired_certificate_opens_no_line(network: Network, alpha: Node) -> None:
    past = expired(network)

    async def call_too_late() -> tuple[tuple[str, str], str]:
        async with alpha.serving(network) as peer:
            return await one_call(peer, past), await named(peer, past)

    refused, told = asyncio.run(call_too_late())
    assert refused == NO_LINE
    assert told.startswith("CERTIFICATE_EXPIRED: our TLS certificate expired on ")


def test_a_node_with_an_expired_certificate_is_not_called(network: Network, mallory: Node) -> None:
    network.renewed["mallory"] = expired(network)
    beta = network.node("beta")

    async def call_it() -> tuple[tuple[str, str], str]:
        async with mallory.serving(network) as peer:
            return await one_call(peer, beta.credentials), await named(peer, beta.credentials)

    refused, told = asyncio.run(call_it())
    assert refused == NO_LINE
    assert told.startswith("CERTIFICATE_EXPIRED: mallory's TLS certificate expired on ")


# --- suspended, and still connected -----------------------------------------------------------------------------------

STREAMS = (WATCH, "/grpc.health.v1.Health/Watch", f"/{ALERTS}/Subscribe")


@pytest.mark.parametrize("method", STREAMS)
def test_a_suspended_member_keeps_no_stream_however_silent_it_is(
    network: Network, alpha: Node, mallory: Node, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(gate, "CHECK_SECONDS", 0.05)

    async def listen_until_the_end() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            open_line: Any = channel
            stream = open_line.unary_stream(method)(b"" if "Health" in method else REQUEST, timeout=5)
            await stream.read()
            network.suspend("mallory")
            return await refused(stream.read())

    assert asyncio.run(listen_until_the_end())[:2] == NOT_A_MEMBER


def test_a_suspended_member_keeps_no_stream_that_it_could_go_on_asking_on(
    network: Network, alpha: Node, mallory: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "CHECK_SECONDS", 0.05)
    method = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

    async def say_nothing() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            open_line: Any = channel
            stream = open_line.stream_stream(method)(timeout=5)
            await stream.write(b"\x3a\x00")
            await stream.read()
            network.suspend("mallory")
            return await refused(stream.read())

    assert asyncio.run(say_nothing())[:2] == NOT_A_MEMBER


@pytest.mark.slow
def test_a_line_grows_old_and_a_suspended_member_gets_no_other(
    network: Network, alpha: Node, mallory: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "CONNECTION_AGE_SECONDS", 1)
    monkeypatch.setattr(server, "GRACE_SECONDS", 0)

    async def stay() -> list[tuple[str, str]]:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            await ask(channel)
            network.suspend("mallory")
            told = [(await refused(ask(channel)))[:2]]
            while told[-1] != NO_LINE:
                await asyncio.sleep(0.1)
                told.append((await refused(ask(channel)))[:2])
            return told

    told = asyncio.run(asyncio.wait_for(stay(), 8))
    assert set(told[:-1]) == {NOT_A_MEMBER}


# --- a node that can not tell who is a member -------------------------------------------------------------------------

BLIND: dict[str, Callable[[Network], None]] = {
    "can not be read": lambda network: setattr(network, "fault", DirectoryError("gone")),
    "fails in a way that nobody foresaw": lambda network: setattr(network, "fault", RuntimeError("?")),
    "has expired": lambda network: setattr(network, "now", NOW + 2 * LIFETIME),
    "holds what is no certificate": lambda network: network.admit(
        network.directory.member("gamma")._replace(tls_certificates=(b"none",))
    ),
}


@pytest.mark.parametrize("how", BLIND)
def test_nobody_connects_while_the_directory(network: Network, alpha: Node, mallory: Node, how: str) -> None:
    """What gRPC is not given anew it goes on with: a fetcher that fails would let in whoever was a member once."""
    network.node("gamma")
    held = network.directory

    async def connect_again_and_again() -> list[tuple[str, str]]:
        async with alpha.serving(network) as peer:
            told = [await one_call(peer, mallory.credentials)]
            BLIND[how](network)
            told += [await one_call(peer, mallory.credentials) for _ in range(2)]
            network.fault, network.now, network.directory = None, NOW, held
            return [*told, await one_call(peer, mallory.credentials)]

    assert asyncio.run(connect_again_and_again()) == [("OK", ""), NO_LINE, NO_LINE, ("OK", "")]


def test_what_nobody_foresaw_is_told_to_nobody(network: Network, alpha: Node, mallory: Node) -> None:
    async def call_a_broken_node() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            await ask(channel)
            network.fault = RuntimeError("SECRET")
            return await refused(ask(channel))

    told = asyncio.run(call_a_broken_node())
    assert told[:2] == ("INTERNAL", "NODE_FAILED")
    assert "SECRET" not in str(told)


def test_a_node_shows_its_new_certificate_without_a_restart(
    network: Network, alpha: Node, mallory: Node
) -> None:
    new = make_credentials("alpha")

    async def call_before_and_after() -> list[tuple[str, str]]:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as standing:
            await ask(standing)
            network.renewed["alpha"] = new
            pinned_anew = peer._replace(tls_certificates=(new.certificate,))
            await ask(standing)  # what was connected stays so
            return [
                await one_call(pinned_anew, mallory.credentials),
                await one_call(peer, mallory.credentials),
            ]

    assert asyncio.run(call_before_and_after()) == [("OK", ""), NO_LINE]


def test_with_a_key_that_is_not_its_certificates_a_node_lets_nobody_in(
    network: Network, alpha: Node, mallory: Node
) -> None:
    async def break_its_keys() -> list[tuple[str, str]]:
        async with alpha.serving(network) as peer:
            told = [await one_call(peer, mallory.credentials)]
            network.renewed["alpha"] = alpha.credentials._replace(key=mallory.credentials.key)
            told.append(await one_call(peer, mallory.credentials))
            del network.renewed["alpha"]
            return [*told, await one_call(peer, mallory.credentials)]

    assert asyncio.run(break_its_keys()) == [("OK", ""), NO_LINE, ("OK", "")]


# --- floods, and calls that never end ---------------------------------------------------------------------------------

TOO_MANY = ("RESOURCE_EXHAUSTED", "CALLS_TOO_MANY")


@pytest.mark.slow
def test_a_member_that_calls_too_often_is_told_to_wait_and_the_others_are_answered(
    network: Network, alpha: Node, mallory: Node
) -> None:
    network.allowance = Allowance(calls_per_second=2)
    beta = network.node("beta")

    async def flood() -> list[Refusal]:
        async with (
            alpha.serving(network) as peer,
            line(peer, mallory.credentials) as hostile,
            line(peer, beta.credentials) as honest,
        ):
            for _ in range(2 * SAVED_SECONDS):
                await ask(hostile)
            told = [await refused(ask(hostile)), await refused(ask(hostile, "/no.such.Service/Call"))]
            await ask(honest)
            await asyncio.sleep(told[-1].retry_seconds)
            await ask(hostile)
            return told

    for one in asyncio.run(flood()):
        assert one[:2] == TOO_MANY
        assert 0 < one.retry_seconds <= 0.5


@pytest.mark.slow
def test_our_own_client_waits_as_long_as_it_is_told_and_goes_on(
    network: Network, alpha: Node, mallory: Node
) -> None:
    network.allowance = Allowance(calls_per_second=2)

    async def ask_often() -> int:
        async with alpha.serving(network) as peer, PeerClient(peer, mallory.credentials) as client:
            return len([await client.checkpoint() for _ in range(2 * SAVED_SECONDS + 1)])

    assert asyncio.run(ask_often()) == 2 * SAVED_SECONDS + 1


def test_our_own_client_does_not_wait_longer_than_a_call_may_take(
    network: Network, alpha: Node, mallory: Node
) -> None:
    network.allowance = Allowance(calls_per_second=1)

    async def ask_too_often() -> None:
        async with (
            alpha.serving(network) as peer,
            PeerClient(peer, mallory.credentials, call_seconds=0.5) as client,
        ):
            for _ in range(SAVED_SECONDS + 1):
                await client.checkpoint()

    with pytest.raises(UnavailableError, match="CALLS_TOO_MANY"):
        asyncio.run(ask_too_often())


def test_a_member_that_keeps_too_many_calls_open_gets_no_other_until_one_ends(
    network: Network, alpha: Node, mallory: Node
) -> None:
    network.allowance = Allowance(calls_at_once=8)
    beta = network.node("beta")

    async def hold_on() -> Refusal:
        async with (
            alpha.serving(network) as peer,
            line(peer, mallory.credentials) as hostile,
            line(peer, beta.credentials) as honest,
        ):
            open_line: Any = hostile
            held = [open_line.unary_stream(WATCH)(REQUEST, timeout=5) for _ in range(8)]
            for one in held:
                await one.read()
            told = await refused(ask(hostile))
            await ask(honest)
            held[0].cancel()
            await asyncio.sleep(0.1)
            await ask(hostile)
            return told

    told = asyncio.run(hold_on())
    assert told[:2] == TOO_MANY
    assert told.retry_seconds == 1


def test_a_call_whose_request_never_comes_is_given_up(
    network: Network, alpha: Node, mallory: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "REQUEST_SECONDS", 0.1)
    monkeypatch.setattr(gate, "CHECK_SECONDS", 0.05)

    async def never() -> AsyncIterator[bytes]:
        await asyncio.sleep(30)
        yield REQUEST

    async def call_and_say_nothing(method: str) -> Refusal:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            open_line: Any = channel
            if method == WATCH:
                return await refused(open_line.stream_stream(method)(never(), timeout=5).read())
            return await refused(open_line.stream_unary(method)(never(), timeout=5))

    for method in (CHECKPOINT, WATCH):
        told = asyncio.run(call_and_say_nothing(method))
        assert told[:2] == ("DEADLINE_EXCEEDED", "CALL_TOO_SLOW")


def test_an_answer_that_takes_too_long_is_given_up(
    network: Network, alpha: Node, mallory: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(gate, "CHECK_SECONDS", 0.05)

    async def think(*_all: object) -> bytes:
        await asyncio.sleep(30)
        return b""

    async def wait_for_it() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            monkeypatch.setattr(asyncio, "to_thread", think)
            return await refused(ask(channel))

    assert asyncio.run(wait_for_it())[:2] == ("DEADLINE_EXCEEDED", "CALL_TOO_SLOW")


def test_a_call_without_a_request_is_refused(network: Network, alpha: Node, mallory: Node) -> None:
    async def call_with_nothing() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, mallory.credentials) as channel:
            open_line: Any = channel
            return await refused(open_line.stream_unary(CHECKPOINT)(iter(()), timeout=5))

    assert asyncio.run(call_with_nothing())[:2] == ("INVALID_ARGUMENT", "REQUEST_INVALID")
