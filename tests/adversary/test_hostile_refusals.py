"""What a peer says when it refuses us is shown, at most; it is never believed, and never more than a word."""

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from node.errors import UnavailableError
from node.status import DETAILS, DOMAIN
from tests.support.incidents import SHOOTING
from tests.support.network import Network, Node
from tests.support.peer_simulator import PeerSimulator


def details(reason: str, domain: str = DOMAIN) -> bytes:
    """Error details in the common form."""
    packed = AnyMessage()
    packed.Pack(ErrorInfo(reason=reason, domain=domain))
    return bytes(Status(code=7, message="no", details=[packed]).SerializeToString())


TYPE = "type.googleapis.com/google.rpc.ErrorInfo"
TRAILING = {
    "a reason": (details("NOT_A_MEMBER"), "NOT_A_MEMBER"),
    "a reason that steers the terminal": (details("\x1b[2JHELLO"), ""),
    "a reason with a line for our log": (details("A\nrefused: peer=alpha"), ""),
    "a reason without end": (details("A" * 5000), ""),
    "a reason from elsewhere": (details("NOT_A_MEMBER", "elsewhere"), ""),
    "details that are no message": (b"\xff\xff\xff", ""),
    "details of no type": (Status(details=[AnyMessage(type_url="x", value=b"\xff")]).SerializeToString(), ""),
    "details of a wrong type": (
        Status(details=[AnyMessage(type_url=TYPE, value=b"\xff")]).SerializeToString(),
        "",
    ),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize("said", TRAILING)
def test_a_refusal_shows_its_reason_and_nothing_else_when_its_details_hold(
    network: Network, beta: Node, peer: PeerSimulator, said: str
) -> None:
    trailing, shown = TRAILING[said]

    async def refuse(_request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        await context.abort(grpc.StatusCode.PERMISSION_DENIED, "\x1b[2Jnonsense", ((DETAILS, trailing),))

    peer.adds(SHOOTING)
    peer.pause = refuse
    outcome = network.sync(beta, peer)
    assert isinstance(outcome.error, UnavailableError)
    assert (shown or "PERMISSION_DENIED") in str(outcome.error)
    assert str(outcome.error).isprintable()
    assert len(str(outcome.error)) < 200


@pytest.mark.parametrize("status", [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK])
def test_every_status_that_a_peer_may_answer_with_is_an_absence(
    network: Network, beta: Node, peer: PeerSimulator, status: grpc.StatusCode
) -> None:
    async def fail(_request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> None:
        await context.abort(status, "x" * 1000)

    peer.adds(SHOOTING)
    peer.pause = fail
    assert isinstance(network.sync(beta, peer).error, UnavailableError)
