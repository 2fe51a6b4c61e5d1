"""A node that answers while it takes in a log, and beside it servers with the same TLS: one without a gate, one bare.

    python -m benchmarks.busy HOME ENDPOINT DATABASE_URL

The database must be new. Prints the ports of all three; each line on standard input lets it pull what is new at
ENDPOINT and is answered by a line.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc

from benchmarks.nodes import ORIGIN
from benchmarks.receiver import open_receiver, pull_all
from console.home import Home, open_home
from console.serve import Node
from crypto.certificates import certificate_pem, private_key_pem
from node.allowance import Allowance
from node.directory import Member
from node.gate import Gatekeeper
from node.logbook import start_log
from node.server import Exchange, make_server, unary_handler
from node.wire.exchange import SERVICE, Call, decode_checkpoint_call, encode_checkpoint

CALLS_PER_SECOND = 10_000  # the asking side asks as fast as it can
HEALTHY = b"\x08\x01"  # a HealthCheckResponse that says SERVING


async def main(home: Home, endpoint: str, url: str) -> None:
    """Serve until standard input ends."""
    node = open_receiver(home, url)
    start_log(node.store, home.identity(None), datetime.now(UTC))
    gatekeeper = Gatekeeper(node.directory, lambda: datetime.now(UTC), Allowance(CALLS_PER_SECOND))
    exchange = Exchange(node.org_id, node.store)
    server, port = make_server(exchange, gatekeeper, node.own, "127.0.0.1:0")
    await server.start()
    ungated, ungated_port = _ungated(node, exchange)
    await ungated.start()
    bare, bare_port = _bare(node, encode_checkpoint(exchange.checkpoint(Call("", ""))))
    await bare.start()
    print(port, ungated_port, bare_port, flush=True)
    peer = node.directory().member(ORIGIN)._replace(endpoints=(endpoint,))
    while (await asyncio.to_thread(sys.stdin.readline)).strip():
        await pull_all(node, peer)
        print("done", flush=True)


class _Ungated(Gatekeeper):
    """Says that everybody is the node itself."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.directory, lambda: datetime.now(UTC))
        self._member = node.directory().member(node.org_id)

    def caller(self) -> Member:
        """The node itself."""
        return self._member


def _ungated(node: Node, exchange: Exchange) -> tuple[grpc.aio.Server, int]:
    """A server that answers as the node does, but lets in whoever passes TLS."""
    server = grpc.aio.server()
    answer = unary_handler(
        exchange.get_checkpoint, _Ungated(node), lambda wire: decode_checkpoint_call(wire).request_id
    )
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(SERVICE, {"GetCheckpoint": answer}),)
    )
    return server, server.add_secure_port("127.0.0.1:0", _tls(node))


def _bare(node: Node, checkpoint: bytes) -> tuple[grpc.aio.Server, int]:
    """A server that lets in whoever passes TLS, and says the same whatever it is asked."""

    def saying(answer: bytes) -> Any:
        async def handle(_wire: bytes, _context: object) -> bytes:
            return answer

        return grpc.unary_unary_rpc_method_handler(handle)

    server = grpc.aio.server()
    for name, method, answer in (
        (SERVICE, "GetCheckpoint", checkpoint),
        ("grpc.health.v1.Health", "Check", HEALTHY),
    ):
        handlers = grpc.method_handlers_generic_handler(name, {method: saying(answer)})
        server.add_generic_rpc_handlers((handlers,))
    return server, server.add_secure_port("127.0.0.1:0", _tls(node))


def _tls(node: Node) -> grpc.ServerCredentials:
    members = b"".join(certificate_pem(one.tls_certificates[0]) for one in node.directory().members)
    own = node.own()
    pair = private_key_pem(own.key), certificate_pem(own.certificate)
    return grpc.ssl_server_credentials([pair], members, require_client_auth=True)


if __name__ == "__main__":
    folder, address, database = sys.argv[1:]
    asyncio.run(main(open_home(Path(folder)), address, database))
