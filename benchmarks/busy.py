"""A node that answers while it takes in a log, and beside it servers with the same TLS: one blind, one bare.

    python -m benchmarks.busy HOME ENDPOINT DATABASE_URL

The database must be new. Prints the ports of all three; each line on standard input lets it pull what is new at
ENDPOINT and is answered by a line.
"""

import asyncio
import sys
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import grpc

from benchmarks.nodes import ORIGIN
from benchmarks.receiver import open_receiver, pull_all
from console.database import open_store
from console.home import Home, open_home
from console.opened import Node
from crypto.certificates import certificate_pem, private_key_pem
from node.allowance import Allowance
from node.directory import Member
from node.gate import Context, Gatekeeper
from node.logbook import start_log
from node.server import Exchange, make_server
from node.wire.exchange import SERVICE, Call, encode_checkpoint

CALLS_PER_SECOND = 10_000  # the asking side asks as fast as it can
HEALTHY = b"\x08\x01"  # a HealthCheckResponse that says SERVING


async def main(home: Home, endpoint: str, url: str) -> None:
    """Serve until standard input ends."""
    with closing(open_store(url)) as store:  # without its log it would be a copy of another node
        start_log(store, home.identity(None), datetime.now(UTC))
    node = open_receiver(home, url)
    gatekeeper = Gatekeeper(node.directory, lambda: datetime.now(UTC), Allowance(CALLS_PER_SECOND))
    exchange = Exchange(node.org_id, node.store)
    server, port = await make_server(exchange, gatekeeper, node.own, "127.0.0.1:0")
    await server.start()
    blind = _Blind(node.directory, lambda: datetime.now(UTC), Allowance(CALLS_PER_SECOND))
    unchecked, unchecked_port = await make_server(exchange, blind, node.own, "127.0.0.1:0")
    await unchecked.start()
    bare, bare_port = _bare(node, encode_checkpoint(exchange.checkpoint(Call("", ""))))
    await bare.start()
    print(port, unchecked_port, bare_port, flush=True)
    peer = node.directory().member(ORIGIN)._replace(endpoints=(endpoint,))
    while (await asyncio.to_thread(sys.stdin.readline)).strip():
        await pull_all(node, peer)
        print("done", flush=True)


class _Blind(Gatekeeper):
    """Takes every caller for the same member, without a look at certificate and directory."""

    @cached_property
    def _somebody(self) -> tuple[bytes, Member]:
        member = self._directory().members[0]
        return certificate_pem(member.tls_certificates[0]), member

    def identify(self, _context: Context) -> tuple[bytes, Member]:
        """Always the same."""
        return self._somebody


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
    members = (one for member in node.directory().members for one in member.tls_certificates)
    own = node.own()
    pair = private_key_pem(own.key), certificate_pem(own.certificate)
    credentials = grpc.ssl_server_credentials(
        [pair], b"".join(map(certificate_pem, members)), require_client_auth=True
    )
    return server, server.add_secure_port("127.0.0.1:0", credentials)


if __name__ == "__main__":
    folder, address, database = sys.argv[1:]
    asyncio.run(main(open_home(Path(folder)), address, database))
