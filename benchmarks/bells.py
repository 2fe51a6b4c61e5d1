"""A node that rings when it is told to, and beside it, in the same process, a bare TLS server that sends as many bytes.

    python -m benchmarks.bells HOME

Prints the ports of both. Then each line on standard input is done and answered by a line: `prepare` stores a new alert,
`ring` pushes it, `shout` sends the same bytes to every bare connection.
"""

import asyncio
import ssl
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.samples import BOUNDS
from console.home import Home, open_home
from console.memory import settle_memory
from console.opened import Node, open_node
from crypto.certificates import certificate_pem, private_key_pem
from node.alert import Order, outgoing, send_alert
from node.alert_life import Sender
from node.alerting import Board
from node.allowance import Allowance
from node.audience import Audience, Tier
from node.gate import Gatekeeper
from node.peer_line import Credentials
from node.server import Exchange, make_server
from node.wire import records
from node.wire.alerts import encode_pushed

STREAMS = 1_000
LENGTH_BYTES = 4


def show_certificate(context: ssl.SSLContext, own: Credentials) -> None:
    """Let a side of a bare connection show the certificate of a node; `ssl` reads it from files only."""
    with TemporaryDirectory() as folder:
        key, chain = Path(folder, "key.pem"), Path(folder, "chain.pem")
        key.write_bytes(private_key_pem(own.key))
        chain.write_bytes(certificate_pem(own.certificate))
        context.load_cert_chain(chain, key)


async def main(home: Home) -> None:
    """Serve until standard input ends."""
    settle_memory()
    node = open_node(home, None)
    gatekeeper = Gatekeeper(node.directory, _now, Allowance(STREAMS, STREAMS))
    board = Board(node.org_id, node.store, gatekeeper, _now, streams_per_member=STREAMS)
    exchange = Exchange(node.org_id, node.store)
    server, port = await make_server(exchange, gatekeeper, node.own, "127.0.0.1:0", (board.service(),))
    await server.start()
    crowd: set[asyncio.StreamWriter] = set()

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        crowd.add(writer)
        await reader.read()
        crowd.discard(writer)

    bare = await asyncio.start_server(join, "127.0.0.1", 0, ssl=_tls(node), backlog=STREAMS)
    _say(f"{port} {bare.sockets[0].getsockname()[1]}")
    sender = Sender(home.identity(None), records)
    message = b""
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        if line == "prepare":
            await (
                board.look()
            )  # what went out last is written down, as it is in a node within a fifth of a second
            message = _prepare(node, sender)
        elif line == "ring":
            await board.look()
        else:
            for writer in crowd:
                writer.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)
        _say("done")


def _prepare(node: Node, sender: Sender) -> bytes:
    before = _now()
    alert = send_alert(node.store, 1, Order(before, BOUNDS, frozenset({Tier.PUBLIC})), sender)
    (one,) = outgoing(node.store, node.org_id, alert.sequence - 1, before, records)
    return encode_pushed(one.views[Audience(Tier.PUBLIC).name].pushed)


def _tls(node: Node) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show_certificate(context, node.own())
    members = node.directory().members
    context.load_verify_locations(
        cadata="".join(certificate_pem(one.tls_certificates[0]).decode() for one in members)
    )
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _now() -> datetime:
    return datetime.now(UTC)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    asyncio.run(main(open_home(Path(sys.argv[1]))))
