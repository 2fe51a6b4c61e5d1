"""Nobody but an active member gets an answer, whatever is asked; and a member's bad question gets a clear one."""

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from grpc_reflection.v1alpha.reflection_pb2 import ServerReflectionRequest, ServerReflectionResponse
from sqlalchemy import text

from crypto.certificates import certificate_pem
from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.merkle import Frontier
from node.client import PeerClient
from node.directory import LIFETIME
from node.errors import NodeError, UnavailableError
from node.gate import MAX_REQUEST_BYTES
from node.peer_line import Credentials
from node.receipt import Receipt, sign_receipt
from node.status import sentence
from node.store.heads import log_head
from node.urgent import Subscription
from node.verify import MAX_ASKED_ENTRIES
from node.wire.aggregates import SERVICE as RELEASES
from node.wire.alerts import SERVICE as ALERTS
from node.wire.alerts import AcknowledgeCall, SubscribeCall, encode_acknowledge_call, encode_subscribe_call
from node.wire.coordinating import SERVICE as COORDINATOR
from node.wire.exchange import SERVICE, Call, ListCall, ProofCall
from node.wire.exchange import encode_checkpoint_call as checkpoint_call
from node.wire.exchange import encode_list_call as list_call
from node.wire.exchange import encode_proof_call as proof_call
from node.wire.matching import SERVICE as MATCHING
from node.wire.receipts import encode_confirm_call, encode_receipt
from node.wire.sharing import SERVICE as SHARING
from node.wire.sharing import (
    CancelCall,
    PageCall,
    encode_cancel_call,
    encode_charters_call,
    encode_create_call,
    encode_requests_call,
)
from node.wire.statuses import SERVICE as STATUSES
from node.wire.statuses import DocumentsCall, encode_documents_call
from node.wire.totals import SERVICE as TOTALS
from node.wire.witness import SERVICE as WITNESS
from node.wire.witness import (
    AddCheckpointCall,
    NetworkCall,
    encode_add_checkpoint_call,
    encode_checkpoints_call,
    encode_network_call,
)
from node.witness import Growth
from tests.support.alerts import COORDINATORS, ring
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.lines import Refusal, line, refusal_of
from tests.support.matches import sound_requests
from tests.support.network import CERTIFIED, NOW, Network, Node, make_credentials
from tests.support.requests import wish_for

REQUEST_ID = "00000000-0000-4000-8000-000000000001"
CALL = Call(REQUEST_ID, "")
UNARY = ("GetCheckpoint", "ListEntries", "GetConsistencyProof", "ConfirmReceipt")
METHODS = {
    **{f"/{SERVICE}/{name}": "unary" for name in UNARY},
    f"/{SERVICE}/WatchCheckpoints": "stream",
    "/grpc.health.v1.Health/Check": "unary",
    "/grpc.health.v1.Health/Watch": "stream",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": "both",
    f"/{ALERTS}/Subscribe": "stream",
    f"/{ALERTS}/Acknowledge": "unary",
    f"/{SHARING}/ListCharters": "unary",
    f"/{SHARING}/CreateShareRequest": "unary",
    f"/{SHARING}/ListShareRequests": "unary",
    f"/{SHARING}/CancelShareRequest": "unary",
    f"/{WITNESS}/AddCheckpoint": "unary",
    f"/{COORDINATOR}/AnswerQuery": "unary",
    f"/{WITNESS}/ListCheckpoints": "unary",
    f"/{WITNESS}/GetNetwork": "unary",
    **{
        f"/{MATCHING}/{name}": "unary"
        for name in ("ProposeMatch", "CommitStep", "RevealStep", "ListVerdicts")
    },
    f"/{STATUSES}/ListCaseDocuments": "unary",
    **{f"/{TOTALS}/{name}": "unary" for name in ("ListTotals", "TellTotal", "GiveShare", "SettleTotal")},
    **{f"/{RELEASES}/{name}": "unary" for name in ("ListCubes", "GiveAggregate")},
}


async def ask(channel: grpc.aio.Channel, method: str, request: bytes = b"") -> Any:
    """Call any method of any kind and give its first answer."""
    open_line: Any = channel  # its stub has type parameters that calls of bytes can not fill
    if METHODS[method] == "unary":
        return await open_line.unary_unary(method)(request, timeout=5)
    if METHODS[method] == "stream":
        return await anext(aiter(open_line.unary_stream(method)(request, timeout=5)))
    return await anext(aiter(open_line.stream_stream(method)(iter([request]), timeout=5)))


async def refused(channel: grpc.aio.Channel, method: str, request: bytes = b"") -> Refusal:
    """Call a method and give the refusal that must come."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ask(channel, method, request)
    return refusal_of(caught.value)


@pytest.fixture
def alpha(network: Network) -> Node:
    """The node that is asked, with three records."""
    node = network.node("alpha")
    node.holds(a=SHOOTING, b=ROBBERY, c=LOOTING)
    node.shares("a", "b", "c")
    return node


def test_the_methods_of_these_tests_are_all_that_a_node_has(
    network: Network, alpha: Node, beta: Node
) -> None:
    async def list_services() -> set[str]:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            asked = ServerReflectionRequest(list_services="").SerializeToString()
            answer = await ask(
                channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", asked
            )
            return {
                one.name for one in ServerReflectionResponse.FromString(answer).list_services_response.service
            }

    assert asyncio.run(list_services()) == {method.split("/")[1] for method in METHODS}


def test_a_member_is_answered(network: Network, alpha: Node, beta: Node) -> None:
    # Figures are for the own organization alone; what these three answer stands in tests of their own.
    answered = [method for method in METHODS if method.split("/")[1] not in {COORDINATOR, TOTALS, RELEASES}]
    rung = ring(alpha, "a")
    with alpha.store.read() as connection:
        head = log_head(connection, "alpha")
    assert head is not None
    confirmed = Receipt("beta", "alpha", head.frontier.size, head.frontier.root, NOW)
    receipt = sign_receipt(confirmed, beta.identity.signing, encode_receipt)
    matching = sound_requests(network, beta, alpha)
    log_of_beta = "tocsin/beta/casework-audit"
    note = sign_checkpoint(Checkpoint(log_of_beta, 0, Frontier().root), log_of_beta, beta.identity.log)

    async def ask_everything() -> list[bytes]:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            requests = (
                checkpoint_call(CALL),
                list_call(ListCall(CALL, 0, "3.0")),
                proof_call(ProofCall(CALL, 1, 3)),
                encode_confirm_call(CALL, receipt),
                checkpoint_call(CALL),
                b"",
                b"",
                b"\x3a\x00",
                encode_subscribe_call(SubscribeCall(REQUEST_ID, Subscription(0, frozenset(), frozenset()))),
                encode_acknowledge_call(AcknowledgeCall(REQUEST_ID, rung.sequence)),
                encode_charters_call(PageCall(REQUEST_ID, 0, "")),
                encode_create_call(wish_for(alpha, "a")),
                encode_requests_call(PageCall(REQUEST_ID, 0, "")),
                encode_cancel_call(CancelCall(REQUEST_ID, REQUEST_ID)),
                encode_add_checkpoint_call(AddCheckpointCall(REQUEST_ID, Growth(0, (), note))),
                encode_checkpoints_call(REQUEST_ID, ()),
                encode_network_call(NetworkCall(REQUEST_ID, bytes(32))),
                *matching,
                encode_documents_call(DocumentsCall(REQUEST_ID, to_caller=False, after=0)),
            )
            return [await ask(channel, method, one) for method, one in zip(answered, requests, strict=True)]

    answers = asyncio.run(ask_everything())
    said_nothing = {
        method.rpartition("/")[2] for method, one in zip(answered, answers, strict=True) if not one
    }
    assert said_nothing == {
        "ConfirmReceipt",
        "Acknowledge",
        "GetNetwork",
        "ListCharters",
        "ListCaseDocuments",
        "ProposeMatch",
        "ListVerdicts",
    }


# --- who is not a member --------------------------------------------------------------------------------------------


def forged_in_the_name_of(org_id: str, forger: Credentials) -> tuple[Credentials, bytes]:
    """A certificate that a member issues in another member's name, and the issuer's own as its chain."""
    own = x509.load_der_x509_certificate(forger.certificate)
    made = make_credentials(org_id)
    subject = x509.load_der_x509_certificate(made.certificate)
    signer = serialization.load_der_private_key(forger.key, None)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, org_id)])
    builder = x509.CertificateBuilder(
        issuer_name=own.subject,
        subject_name=name,
        public_key=subject.public_key(),
        serial_number=9,
        not_valid_before=CERTIFIED[0],
        not_valid_after=CERTIFIED[1],
        extensions=list(subject.extensions),
    )
    forged = builder.sign(signer, hashes.SHA256())  # type: ignore[arg-type]
    return Credentials(made.key, forged.public_bytes(serialization.Encoding.DER)), certificate_pem(
        forger.certificate
    )


@pytest.mark.parametrize("method", METHODS)
def test_strangers_get_no_answer_from(network: Network, alpha: Node, beta: Node, method: str) -> None:
    forged, chain = forged_in_the_name_of(beta.org_id, network.node("gamma").credentials)

    async def ask_as_everybody_else() -> list[str]:
        async with alpha.serving(network) as peer:
            lines = (
                line(peer, None),
                line(peer, make_credentials("nobody")),
                line(peer, make_credentials(beta.org_id)),
                line(peer, Credentials(forged.key, forged.certificate), chain),
                grpc.aio.insecure_channel(peer.endpoints[0]),
            )
            statuses = []
            for one in lines:
                async with one as channel:
                    statuses.append((await refused(channel, method)).status)
            return statuses

    assert asyncio.run(ask_as_everybody_else()) == ["UNAVAILABLE"] * 5


@pytest.mark.parametrize("method", METHODS)
def test_whoever_is_suspended_while_connected_is_refused_at_the_next_call_of(
    network: Network, alpha: Node, beta: Node, method: str
) -> None:
    async def ask_before_and_after() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            await ask(channel, f"/{SERVICE}/GetCheckpoint", checkpoint_call(CALL))
            network.suspend("beta")
            return await refused(channel, method, checkpoint_call(CALL))

    answer = asyncio.run(ask_before_and_after())
    assert (answer.status, answer.reason) == ("PERMISSION_DENIED", "NOT_A_MEMBER")


@pytest.mark.parametrize("method", METHODS)
def test_with_an_expired_directory_nobody_is_answered_by(
    network: Network, alpha: Node, beta: Node, method: str
) -> None:
    async def ask_too_late() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            await ask(channel, f"/{SERVICE}/GetCheckpoint", checkpoint_call(CALL))
            network.now = NOW + 2 * LIFETIME
            return await refused(channel, method)

    assert asyncio.run(ask_too_late()).status == "PERMISSION_DENIED"


def test_whoever_is_suspended_can_not_even_connect(network: Network, alpha: Node, beta: Node) -> None:
    async def connect_after() -> Refusal:
        network.suspend("beta")
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            return await refused(channel, f"/{SERVICE}/GetCheckpoint", checkpoint_call(CALL))

    assert asyncio.run(connect_after()).status == "UNAVAILABLE"


@pytest.mark.slow
def test_an_open_stream_ends_when_its_member_is_suspended(network: Network, alpha: Node, beta: Node) -> None:
    async def watch_until_the_end() -> list[str]:
        seen = []
        async with alpha.serving(network) as peer, PeerClient(peer, beta.credentials) as client:
            try:
                async for _note in client.watch():
                    seen.append("checkpoint")
                    network.suspend("beta")
            except UnavailableError as error:
                seen.append(str(error))
        return seen

    assert asyncio.run(watch_until_the_end()) == ["checkpoint", "alpha refused: NOT_A_MEMBER"]


def test_a_member_can_not_stand_in_for_another(network: Network, alpha: Node, beta: Node) -> None:
    async def call_alpha_and_reach_beta() -> None:
        async with beta.serving(network) as impostor:
            victim = network.directory.member(alpha.org_id)._replace(endpoints=impostor.endpoints)
            async with PeerClient(victim, network.node("gamma").credentials) as client:
                await client.checkpoint()

    with pytest.raises(UnavailableError):
        asyncio.run(call_alpha_and_reach_beta())


# --- bad questions --------------------------------------------------------------------------------------------------

HUGE = "9" * 5000
BAD_QUESTIONS: list[tuple[str, bytes, str, str, str]] = [
    *((name, b"\xff\xff", "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "") for name in UNARY),
    *((name, b"", "INVALID_ARGUMENT", "REQUEST_INVALID", "") for name in UNARY),
    *(
        (name, checkpoint_call(Call("not-a-uuid", "")), "INVALID_ARGUMENT", "REQUEST_INVALID", "")
        for name in (*UNARY, "WatchCheckpoints")
    ),
    *(
        (name, checkpoint_call(Call(REQUEST_ID, "gamma")), "NOT_FOUND", "LOG_UNKNOWN", REQUEST_ID)
        for name in ("GetCheckpoint", "ListEntries", "GetConsistencyProof", "WatchCheckpoints")
    ),
    *(
        (
            "ListEntries",
            list_call(ListCall(CALL, size, "3.0")),
            "INVALID_ARGUMENT",
            "REQUEST_INVALID",
            REQUEST_ID,
        )
        for size in (-1, MAX_ASKED_ENTRIES + 1, -(2**31), 2**31 - 1)
    ),
    *(
        (
            "ListEntries",
            list_call(ListCall(CALL, 0, token)),
            "INVALID_ARGUMENT",
            "PAGE_TOKEN_INVALID",
            REQUEST_ID,
        )
        for token in (
            "",
            "x",
            "3",
            ".",
            "3.",
            ".0",
            "3.3",
            "4.0",
            "-3.0",
            "3.-1",
            "3.0.0",
            "\N{ARABIC-INDIC DIGIT THREE}.0",
            "3. 0",
            f"{HUGE}.0",
            f"3.{HUGE}",
        )
    ),
    *(
        (
            "GetConsistencyProof",
            proof_call(ProofCall(CALL, old, new)),
            "INVALID_ARGUMENT",
            "REQUEST_INVALID",
            REQUEST_ID,
        )
        for old, new in ((0, 3), (3, 2), (1, 4), (0, 0), (2**64 - 1, 2**64 - 1))
    ),
]


@pytest.fixture(scope="module")
def sentences() -> set[str]:
    """Everything that a caller may ever be told in words."""

    def kinds(kind: type[NodeError]) -> Iterator[type[NodeError]]:
        yield kind
        for narrower in kind.__subclasses__():
            yield from kinds(narrower)

    return {sentence(kind.__new__(kind)) for kind in kinds(NodeError)}


def test_every_bad_question_gets_its_status_its_reason_and_its_own_id(
    network: Network, alpha: Node, beta: Node, sentences: set[str]
) -> None:
    async def ask_badly() -> None:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            for name, request, status, reason, request_id in BAD_QUESTIONS:
                answer = await refused(channel, f"/{SERVICE}/{name}", request)
                assert answer[:3] == (status, reason, request_id), (name, request[:80])
                assert answer.sentence in sentences

    asyncio.run(ask_badly())


def test_a_request_that_is_too_large_is_not_read(network: Network, alpha: Node, beta: Node) -> None:
    async def ask_at_length() -> list[Refusal]:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            sizes = MAX_REQUEST_BYTES + 1, 5 * MAX_REQUEST_BYTES
            return [await refused(channel, f"/{SERVICE}/ListEntries", bytes(size)) for size in sizes]

    named, unread = asyncio.run(ask_at_length())
    assert named[:2] == ("RESOURCE_EXHAUSTED", "CALL_TOO_LARGE")
    assert unread.status == "RESOURCE_EXHAUSTED"


DAMAGE = {
    "a tile is gone": ["DELETE FROM tile"],
    "a tile is short": ["UPDATE tile SET hashes = substr(hashes, 1, 33)"],
    "an entry is gone": ["DELETE FROM view", "DELETE FROM entry WHERE log_index = 1"],
    "the head does not fit": ["UPDATE log SET size = 4"],
    "a table is gone": ["DROP TABLE view"],
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_here_is_told_as_ours_and_says_no_more(
    network: Network, alpha: Node, beta: Node, sentences: set[str], damage: str
) -> None:
    with alpha.store.write() as connection:
        for statement in DAMAGE[damage]:
            connection.execute(text(statement))

    async def ask_for_a_page() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            return await refused(channel, f"/{SERVICE}/ListEntries", list_call(ListCall(CALL, 2, "3.0")))

    answer = asyncio.run(ask_for_a_page())
    assert answer[:3] == ("INTERNAL", "STORE_DAMAGED", REQUEST_ID)
    assert answer.sentence in sentences


@pytest.mark.parametrize(
    ("method", "request_bytes", "status", "reason"),
    [
        ("Subscribe", b"", "INVALID_ARGUMENT", "REQUEST_INVALID"),
        ("Subscribe", b"\xff", "INVALID_ARGUMENT", "MESSAGE_MALFORMED"),
        (
            "Subscribe",
            encode_subscribe_call(
                SubscribeCall(REQUEST_ID, Subscription(0, frozenset(map(str, range(301))), frozenset()))
            ),
            "INVALID_ARGUMENT",
            "MESSAGE_MALFORMED",
        ),
        (
            "Subscribe",
            encode_subscribe_call(SubscribeCall(REQUEST_ID, Subscription(2**63, frozenset(), frozenset()))),
            "INVALID_ARGUMENT",
            "MESSAGE_MALFORMED",
        ),
        ("Acknowledge", b"", "INVALID_ARGUMENT", "REQUEST_INVALID"),
        (
            "Acknowledge",
            encode_acknowledge_call(AcknowledgeCall(REQUEST_ID, 7)),
            "NOT_FOUND",
            "ALERT_UNKNOWN",
        ),
    ],
)
def test_a_bad_question_about_alerts_gets_a_clear_answer(
    network: Network, alpha: Node, beta: Node, method: str, request_bytes: bytes, status: str, reason: str
) -> None:
    async def ask_it() -> Refusal:
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            return await refused(channel, f"/{ALERTS}/{method}", request_bytes)

    assert asyncio.run(ask_it())[:2] == (status, reason)


def test_an_alert_for_others_is_as_unknown_as_one_that_there_is_not(
    network: Network, alpha: Node, beta: Node
) -> None:
    rung = ring(alpha, "a", COORDINATORS)

    async def ask_about(sequence: int) -> Refusal:
        request = encode_acknowledge_call(AcknowledgeCall(REQUEST_ID, sequence))
        async with alpha.serving(network) as peer, line(peer, beta.credentials) as channel:
            return await refused(channel, f"/{ALERTS}/Acknowledge", request)

    assert asyncio.run(ask_about(rung.sequence)) == asyncio.run(ask_about(7))
