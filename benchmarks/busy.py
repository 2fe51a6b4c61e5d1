"""A node that answers while it takes in a whole log, and beside it a bare server with the same TLS.

    python -m benchmarks.busy HOME ENDPOINT DATABASE_URL

The database must be new. Prints the ports of both servers; each line on standard input lets it pull what is new at
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
from node.logbook import start_log
from node.server import Exchange, Gatekeeper, make_server
from node.wire.exchange import SERVICE, Call, encode_checkpoint

HEALTHY = b"\x08\x01"  # a HealthCheckResponse that says SERVING


async def main(home: Home, endpoint: str, url: str) -> None:
    """Serve until standard input ends."""
    node = open_receiver(home, url)
    start_log(node.store, home.identity(None), datetime.now(UTC))
    gatekeeper = Gatekeeper(node.directory, lambda: datetime.now(UTC))
    exchange = Exchange(node.org_id, node.store)
    server, port = make_server(exchange, gatekeeper, node.own, node.directory, "127.0.0.1:0")
    await server.start()
    bare, bare_port = _bare(node, encode_checkpoint(exchange.checkpoint(Call("", ""))))
    await bare.start()
    print(port, bare_port, flush=True)
    peer = node.directory().member(ORIGIN)._replace(endpoint=endpoint)
    while (await asyncio.to_thread(sys.stdin.readline)).strip():
        await pull_all(node, peer)
        print("done", flush=True)


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
    members = b"".join(certificate_pem(one.tls_certificate) for one in node.directory().members)
    pair = private_key_pem(node.own.key), certificate_pem(node.own.certificate)
    credentials = grpc.ssl_server_credentials([pair], members, require_client_auth=True)
    return server, server.add_secure_port("127.0.0.1:0", credentials)


if __name__ == "__main__":
    folder, address, database = sys.argv[1:]
    asyncio.run(main(open_home(Path(folder)), address, database))
